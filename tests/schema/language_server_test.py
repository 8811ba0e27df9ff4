# SPDX-License-Identifier: Apache-2.0
"""The schema where it is meant to be used: an editor that speaks to YAML's language server opens configurations."""
import itertools

import pytest

from language_server import LanguageServer, Missing, installed
from schema_of import FULL, SOURCE, sluice


@pytest.fixture(scope="module")
def editor(tmp_path_factory):
    try:
        command = installed()
    except Missing as why:
        pytest.skip(f"no YAML language server: {why}")
    schema = tmp_path_factory.mktemp("schema") / "sluice.schema.json"
    schema.write_text(sluice("schema"))
    server = LanguageServer(command, schema.as_uri())
    yield server
    server.stop()


@pytest.fixture
def document(editor, request):
    """Opens a text under a name of its own; its place and what is said about it."""
    names = (f"file:///{abs(hash(request.node.name))}-{number}.yaml" for number in itertools.count())

    def open_it(text):
        uri = next(names)
        return uri, editor.open(uri, text)

    return open_it


SMALL = """listeners:
  - name: web
    address: 127.0.0.1:8080
services:
  - name: app
    url: 10.0.0.1:80, 10.0.0.2:80 weight=3
routes:
  - name: all
    service: app
"""


@pytest.mark.parametrize("file", [FULL, SOURCE / "conf/sluice.yaml", SOURCE / "docs/examples/sluice.yaml"],
                         ids=lambda file: file.name)
def test_good_files_are_left_alone(document, file):
    assert document(file.read_text())[1] == []


def test_references_are_left_alone(document):
    text = SMALL + "workers: ${env:WORKERS}\nlimits: {body: \"${env:BODY:-1MiB}\"}\nlog: {level: \"${env:LEVEL}\"}\n"
    assert document(text)[1] == []


@pytest.mark.parametrize("text, said", [
    ("worker: 3", "worker"),
    ("limits: {haed: 32KiB}", "haed"),
    ("breaker: {requests: 3}", "breaker"),
])
def test_a_key_nobody_knows_is_flagged(document, text, said):
    problems = document(SMALL + text + "\n")[1]
    assert [line for line, _ in problems] == [SMALL.count("\n") + 1]
    assert said in problems[0][1] and "not allowed" in problems[0][1]


@pytest.mark.parametrize("text, expected", [
    ("limits: {head: 64K}", "expected a size from 1KiB to 1MiB"),
    ("limits: {body: 64K}", "expected none or a size such as 64KiB or 10MB"),
    ("timeouts: {connect: 3}", "expected a duration from 1ms to 1h"),
    ("workers: 0", "expected auto or a whole number from 1 to 1024"),
    ("log: {level: wran}", "expected debug, info, warn or error"),
    ("metrics: {per_route: on}", "expected true or false"),
    ("admin: {address: 9901}", "expected an IP address and a port such as 0.0.0.0:8080"),
])
def test_a_wrong_value_is_flagged_in_the_words_of_the_loader(document, text, expected):
    problems = document(SMALL + text + "\n")[1]
    assert {line for line, _ in problems} == {SMALL.count("\n") + 1}
    assert any(expected in message for _, message in problems), problems


def test_a_route_that_leads_nowhere_is_flagged(document):
    problems = document(SMALL.replace("    service: app\n", ""))[1]
    assert [line for line, _ in problems] == [8]
    assert "service" in problems[0][1]


def test_a_key_says_what_it_is(editor, document):
    uri, _ = document(SMALL + "timeouts:\n  connect: 3s\nworkers: 2\n")
    line = SMALL.count("\n") + 2
    hover = editor.hover(uri, line, 5).replace("\\", "")
    assert "Connecting to a node, and waiting for a free connection." in hover
    assert "a duration from 1ms to 1h" in hover
    assert "Takes effect on restart." in editor.hover(uri, line + 1, 3).replace("\\", "")
    assert "What routes, logs, metrics and the admin API call it." in editor.hover(uri, 2, 6).replace("\\", "")


def test_keys_are_completed_with_their_defaults(editor, document):
    uri, _ = document(SMALL + "timeouts:\n  \n")
    offered = editor.complete(uri, SMALL.count("\n") + 2, 3)
    assert {"connect", "drain", "stream_idle", "min_rate"} <= set(offered)
    assert offered["drain"].startswith("drain: ") and "30s" in offered["drain"]
    uri, _ = document(SMALL + "\n")
    offered = set(editor.complete(uri, SMALL.count("\n") + 1, 1))
    assert {"workers", "admin", "access_log"} <= offered
    assert not {"listeners", "consumers", "state_dir"} & offered


def test_words_are_completed(editor, document):
    uri, _ = document(SMALL + "log:\n  level: \n")
    assert {"debug", "info", "warn", "error"} <= set(editor.complete(uri, SMALL.count("\n") + 2, 10))
