# SPDX-License-Identifier: Apache-2.0
"""One table of keys drives the loader, the schema and the reference page: here they are held against each other, key
by key. Every key stands in conf/full.yaml, so every key can be given a wrong value there."""
import copy
import json

import jsonschema
import pytest
import yaml

from schema_of import FULL, SOURCE, all_keys, complaints, holds_keys, read_yaml, schema, sluice

# Given to every key in turn. What the schema refuses of these, the loader has to refuse as well.
WRONG = [[], {}, [[]], ["?"], {"?": "?"}, "", "?", "no such word", "8080", "-1", "1.5s", "1h30m", "64kib", "10 MB",
         "150%", "08", "a b", "/a b", "10.0.0.1", "10.0.0.0/33:1", 0, 7, 10 ** 30, 1.5, True, False, None]
# Right for some keys: there the schema must not refuse them.
RIGHT = ["0%", "100%", "2kB", "1GiB", "0ms", "90s", "[::1]:53", "::1", "10.0.0.0/8", "2001:db8::/32", "*.example.org",
         "[::1]", "unix:/run/a b,c.sock", "unix:/run/x.sock weight=0", "systemd:web", "localhost", "a_b.example",
         "a.example.:80", "123", "_a._tcp.b.c", "10.0.0.1:80\tweight=5", " 10.0.0.1:80 , [::1]:81 ", ["10.0.0.1:80"],
         "/", "/a%20b;c/~d/*", "PATCH", "M-SEARCH", "TLSv1.3", "none", "auto", "off", "upstream", "x@y/z-1", "ü", 1,
         12, 128, 100000, 12.5, ["a", 5], [True]]
GOOD = ["conf/full.yaml", "conf/sluice.yaml", "docs/examples/sluice.yaml",
        *sorted(str(path.relative_to(SOURCE)) for path in SOURCE.glob("tests/check/cases/warn_*.yaml"))]


def put(document, place, value):
    """A copy of the document with another value in one place."""
    changed = copy.deepcopy(document)
    inner = changed
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    return changed


def lines_of(tree, place):
    """The lines, from 1, of the key at a place of a YAML tree and of everything it holds."""
    node, first = tree, 1
    for step in place:
        if isinstance(node, yaml.MappingNode):
            key, node = next(pair for pair in node.value if pair[0].value == str(step))
            first = key.start_mark.line + 1
        else:
            node = node.value[step]
            first = node.start_mark.line + 1
    last = node.end_mark.line + (1 if node.end_mark.column > 0 else 0)
    return range(first, max(last, first) + 1)


def check(folder, document, *places):
    """What `sluice check` says about a document: the errors at each of these places of it."""
    text = yaml.safe_dump(document, sort_keys=False, width=10000)
    file = folder / "changed.yaml"
    file.write_text(text)
    problems = json.loads(sluice("check", "--format", "json", "--config", file, status=None))["problems"]
    tree = yaml.compose(text)
    return [[one["message"] for one in problems if one["severity"] == "error" and one["line"] in lines_of(tree, place)]
            for place in places]


def refuses(node, value):
    return not jsonschema.Draft7Validator(node).is_valid(value)


@pytest.fixture(scope="module")
def full():
    """conf/full.yaml without its include, and with files that are found from everywhere."""
    document = read_yaml(FULL.read_text())
    document["include"] = []
    text = json.dumps(document).replace('"tls/', f'"{FULL.parent}/tls/')
    return json.loads(text)


def test_the_schema_is_one():
    jsonschema.Draft7Validator.check_schema(schema())
    assert len(all_keys()) > 100


@pytest.mark.parametrize("name", GOOD)
def test_what_the_loader_takes_the_schema_takes(name):
    assert complaints(read_yaml((SOURCE / name).read_text())) == []


def test_an_included_file_needs_nothing_but_its_lists():
    assert complaints({"routes": [{"name": "all", "service": "app"}]}) == []


@pytest.mark.parametrize("name", ["bad_hosts", "bad_quantities", "bad_words", "missing_keys", "not_in_this_version",
                                  "on_and_off_are_texts", "quoted_numbers", "service_and_services", "unknown_key",
                                  "wrong_types"])
def test_what_needs_no_knowledge_of_the_world_the_schema_refuses_too(name):
    assert complaints(read_yaml((SOURCE / f"tests/check/cases/{name}.yaml").read_text())) != []


def test_a_reference_may_stand_for_any_scalar(full):
    scalars = [places[0] for node, places in all_keys().values()
               if places and node.get("type") not in ("array", "object")]
    document = full
    for place in scalars:
        document = put(document, place, "${env:SOMETHING}")
    assert complaints(document) == []


@pytest.mark.parametrize("key", sorted(all_keys()))
def test_every_key_stands_in_full_yaml(key):
    assert all_keys()[key][1], f"{key} is not shown in conf/full.yaml"


@pytest.mark.parametrize("key", sorted(all_keys()))
def test_a_wrong_value_is_refused_at_its_line(key, full, tmp_path):
    node, places = all_keys()[key]
    wrong = [value for value in WRONG if refuses(node, value)]
    assert wrong, f"the schema takes anything for {key}"
    for value in (wrong[0], wrong[len(wrong) // 2], wrong[-1]):
        assert check(tmp_path, put(full, places[0], value), places[0]) != [[]], f"the loader takes {value!r}"


@pytest.mark.parametrize("value", WRONG + RIGHT, ids=repr)
def test_what_the_schema_refuses_the_loader_refuses(value, full, tmp_path):
    """The same for all keys that hold no others at once; a wrong `source` would keep `url` from being looked at."""
    document, places = full, []
    for key, (node, found) in all_keys().items():
        if not holds_keys(node) and key != "services[].source" and refuses(node, value):
            document = put(document, found[0], value)
            places.append(found[0])
    for place, problems in zip(places, check(tmp_path, document, *places), strict=True):
        assert problems, f"{place} takes {value!r}"


def rows():
    """The reference page as {"services[].pool.max": {"type": "whole number", ...}}."""
    found, path, columns = {}, "", []
    for line in sluice("schema", "--format", "markdown").splitlines():
        cells = [cell.strip().replace("\\|", "|") for cell in line.replace("\\|", "\0").split("|")[1:-1]]
        cells = [cell.replace("\0", "|") for cell in cells]
        if line.startswith("## "):
            path = "" if line == "## The whole" else line[3:].strip("`") + "."
        elif line.startswith("| key"):
            columns = cells
        elif line.startswith("| `"):
            found[path + cells[0].strip("`")] = dict(zip(columns, cells, strict=True))
    return found


def test_the_page_has_every_key_with_all_there_is_to_say():
    page = rows()
    assert set(page) == set(all_keys())
    for key, row in page.items():
        assert len(row["what it is"]) > 8 and row["what it is"].endswith("."), key
        assert row["type"] and row["default"], key
        assert row["takes effect on"] in ("reload", "restart", "key by key"), key
    assert [key for key, row in page.items() if row["takes effect on"] == "restart"] == ["workers", "admin.address"]


def test_the_page_in_the_tree_is_the_one_the_program_writes():
    written = (SOURCE / "docs/configuration.md").read_text()
    assert written == sluice("schema", "--format", "markdown"), "run scripts/reference.sh"


UNITS = {"": 1, "ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "%": 1, "B": 1, "KiB": 2 ** 10, "MiB": 2 ** 20}
SMALLEST = {"duration": "ms", "size": "B", "share": "%"}


def beyond(bounds, kind):
    """The nearest values outside of "1ms to 24h", in the smallest unit."""
    outside = []
    for bound, step in zip(bounds.split(" to "), (-1, 1), strict=True):
        digits = "".join(one for one in bound if one.isdigit())
        number = int(digits) * UNITS[bound[len(digits):]] + step
        if number >= 0:
            outside.append(f"{number}{SMALLEST[kind]}" if kind in SMALLEST else number)
    return outside


@pytest.mark.parametrize("key", sorted(key for key, row in rows().items()
                                       if row["type"].split()[-1] in ("number", "duration", "size", "share")
                                       and " to " in row["bounds"]))
def test_the_bounds_on_the_page_are_those_of_the_loader(key, full, tmp_path):
    row = rows()[key]
    place = all_keys()[key][1][0]
    kind = row["type"].split()[-1]
    for value in beyond(row["bounds"], kind):
        problems, = check(tmp_path, put(full, place, value), place)
        assert any("out of range" in one for one in problems), f"{value} is taken"
    for bound in row["bounds"].split(" to "):
        problems, = check(tmp_path, put(full, place, bound if kind in SMALLEST else int(bound)), place)
        assert not any("out of range" in one for one in problems), f"{bound} is refused"


def test_every_default_is_taken(full, tmp_path):
    document, places = full, []
    for key, (node, found) in all_keys().items():
        if "default" in node and not holds_keys(node):
            assert not refuses(node, node["default"]), key
            document = put(document, found[0], node["default"])
            places.append(found[0])
    problems = check(tmp_path, document, *places)
    told = {".".join(map(str, place)): what for place, what in zip(places, problems, strict=True) if what}
    assert not told
