# SPDX-License-Identifier: Apache-2.0
"""What the tests of this folder share: the binary's schema, YAML as the loader reads it, and every key of the schema
with its first place in conf/full.yaml."""
import functools
import json
import os
import pathlib
import re
import subprocess

import jsonschema
import yaml

SOURCE = pathlib.Path(__file__).parents[2]
FULL = SOURCE / "conf/full.yaml"


def sluice(*arguments, status=0):
    """Runs the binary and gives what it prints."""
    binary = os.environ.get("SLUICE_BINARY", "build/release/sluice")
    run = subprocess.run([binary, *map(str, arguments)], capture_output=True, text=True, check=False, cwd=SOURCE)
    assert status is None or run.returncode == status, run.stdout + run.stderr
    return run.stdout


class Loader(yaml.SafeLoader):
    """YAML 1.2: on, off, yes and no are texts, and so is 1:30."""
    yaml_implicit_resolvers = {}


for tag, pattern, first in (("bool", "true|false", "tf"), ("null", "~|null|", "~n"),
                            ("int", "0|[1-9][0-9]*", "0123456789"), ("float", "[0-9]+[.][0-9]+", "0123456789")):
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), list(first))


def read_yaml(text):
    return yaml.load(text, Loader)


@functools.cache
def schema():
    return json.loads(sluice("schema"))


@functools.cache
def validator():
    return jsonschema.Draft7Validator(schema())


def complaints(document):
    """Where the schema refuses the document, as lists of keys and indexes."""
    return [list(error.absolute_path) for error in validator().iter_errors(document)]


def holds_keys(node):
    """Whether keys stand somewhere below this one."""
    return "properties" in node or any(isinstance(part, dict) and holds_keys(part) for part in
                                       [*node.get("anyOf", []), node.get("items"), node.get("additionalProperties")])


def keys_of(node, value, path, place, found):
    """Puts every key below a schema node into `found`: {"services[].pool.max": (its node, the places of values)}."""
    for part in node.get("anyOf", []):
        keys_of(part, value, path, place, found)
    if "items" in node:
        elements = value if isinstance(value, list) else []
        for index, element in enumerate(elements or [None]):
            keys_of(node["items"], element, path + "[]", place + [index], found)
    if isinstance(node.get("additionalProperties"), dict):
        members = value if isinstance(value, dict) else {}
        for name, member in (members or {None: None}).items():
            keys_of(node["additionalProperties"], member, path + ".NAME", place + [name], found)
    for key, inner in node.get("properties", {}).items():
        here = f"{path}.{key}" if path else key
        has_it = isinstance(value, dict) and key in value
        places = found.setdefault(here, (inner, []))[1]
        if has_it:
            places.append(place + [key])
        keys_of(inner, value[key] if has_it else None, here, place + [key], found)


@functools.cache
def all_keys():
    found = {}
    keys_of(schema(), read_yaml(FULL.read_text()), "", [], found)
    return found
