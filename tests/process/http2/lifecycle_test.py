# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 connections while the proxy ends or reloads: GOAWAY in two steps, what was begun is finished, a reload cuts
nothing; and many clients of several workers at once."""
import json
import os
import signal
import threading

import httpx
import pytest

from running import connectable, eventually, fetch
from wire import CANCEL, LARGEST_WINDOW, NO_ERROR, DataFrame, PingFrame, RstStreamFrame, Wire

TOKEN = "planted-token-5c1e"


class Gate:
    """A play of the node that answers when the test says so."""

    def __init__(self, front, path="/held"):
        self._go = threading.Event()
        self._front, self._path = front, path
        front.witness.plays[path] = self._play

    def _play(self, exchange):
        exchange.read_body()
        self._go.wait(30)
        exchange.answer(b"late but whole")
        return True

    def arrived(self, count: int = 1) -> None:
        eventually(lambda: len(self._front.witness.at(self._path)) >= count, f"{count} requests at the node")

    def open(self) -> None:
        self._go.set()


@pytest.mark.parametrize("how", ["h2c", "tls"])
def test_6_8_drain_is_goaway_in_two_steps_and_finishes_what_was_begun(own_front, started, how):
    front = own_front()
    gate = Gate(front)
    wire = started(front.wire(how))
    wire.get()
    wire.acknowledge = False
    held = wire.request("/held")
    gate.arrived()
    front.proxy.signal(signal.SIGTERM)
    wire.wait(lambda: wire.goaways, "the first GOAWAY")
    assert (wire.goaways[0].last_stream_id, wire.goaways[0].error_code) == (LARGEST_WINDOW, NO_ERROR)
    # What the client sent before it read that is served as well. A PING may tell the proxy when it was read.
    crossing = wire.request("/crossing")
    wire.acknowledge = True
    wire.send(*(PingFrame(0, one.opaque_data, flags=["ACK"]) for one in wire.frames if isinstance(one, PingFrame)))
    assert wire.whole(crossing).body == b"hello"
    wire.wait(lambda: len(wire.goaways) > 1, "the second GOAWAY")
    assert wire.goaways[1].error_code == NO_ERROR
    assert held <= wire.goaways[1].last_stream_id < LARGEST_WINDOW
    assert not wire.ended
    gate.open()
    assert wire.whole(held).body == b"late but whole"
    wire.wait(lambda: wire.ended, "the end of the connection")
    assert front.proxy.exit_code() == 0
    assert not connectable(front.plain)


def test_6_8_an_idle_connection_is_told_and_closed(own_front, started):
    front = own_front()
    wire = started(front.wire())
    wire.get()
    front.proxy.signal(signal.SIGTERM)
    wire.wait(lambda: wire.ended, "the end of the connection")
    assert wire.goaways and all(one.error_code == NO_ERROR for one in wire.goaways)
    assert front.proxy.exit_code() == 0


def test_6_8_what_was_sent_before_sigterm_is_answered_on_every_connection(own_front, started):
    front = own_front()
    wires = [started(front.wire()) for _ in range(50)]
    streams = [[wire.request(f"/{number}") for number in range(4)] for wire in wires]
    front.proxy.signal(signal.SIGTERM)
    for wire, mine in zip(wires, streams, strict=True):
        for stream in mine:
            assert wire.whole(stream).status == 200
    assert front.proxy.exit_code() == 0


def test_6_8_the_deadline_of_the_drain_cuts_what_does_not_end(own_front, started):
    front = own_front(timeouts={"drain": "1s"})
    gate = Gate(front)
    wire = started(front.wire())
    wire.request("/held")
    gate.arrived()
    front.proxy.signal(signal.SIGTERM)
    wire.wait(lambda: wire.ended, "the end of the connection", 20)
    assert front.proxy.exit_code() == 0
    gate.open()


def reload(front, settings) -> httpx.Response:
    fresh = front.proxy.file.with_suffix(".new")
    fresh.write_text(json.dumps(settings), encoding="utf-8")
    os.replace(fresh, front.proxy.file)
    with httpx.Client(timeout=60) as client:
        return client.post(f"{front.proxy.admin}/api/v1/reload", headers={"Authorization": f"Bearer {TOKEN}"})


@pytest.mark.parametrize("how", ["h2c", "tls"])
def test_a_reload_keeps_connections_and_streams(own_front, started, how):
    front = own_front(admin={"address": "127.0.0.1:0", "token": TOKEN})
    gate = Gate(front)
    wire = started(front.wire(how))
    held = wire.request("/held")
    upload = wire.request("/echo", method="POST", end=False)
    wire.send(DataFrame(upload, b"before "))
    gate.arrived()
    settings = front.settings | {"routes": [{"name": "fresh", "match": {"path": {"prefix": "/fresh"}},
                                            "service": "app"}]}
    assert reload(front, settings).status_code == 200
    wire.send(DataFrame(upload, b"and after", flags=["END_STREAM"]))
    assert wire.whole(upload).body == b"before and after"
    gate.open()
    assert wire.whole(held).body == b"late but whole"
    # The same connection meets the new table.
    assert wire.get("/fresh").status == 200
    assert wire.get("/echo").status == 404
    wire.expect_alive()


def test_a_broken_reload_changes_nothing(own_front, started):
    front = own_front(admin={"address": "127.0.0.1:0", "token": TOKEN})
    wire = started(front.wire())
    wire.get()
    assert reload(front, {"listeners": []}).status_code == 422
    assert wire.get().status == 200


def test_a_listener_that_goes_with_a_reload_lets_its_streams_end(own_front, started):
    front = own_front(admin={"address": "127.0.0.1:0", "token": TOKEN})
    gate = Gate(front)
    wire = started(front.wire())
    held = wire.request("/held")
    gate.arrived()
    left = [one for one in front.settings["listeners"] if one["name"] != "web"]
    assert reload(front, front.settings | {"listeners": left}).status_code == 200
    gate.open()
    assert wire.whole(held).body == b"late but whole"


def test_clients_of_all_workers_at_once_get_each_its_own(own_front):
    front = own_front(workers=4)
    wrong = []

    def ask(number: int):
        with Wire(front.plain) as wire:
            for turn in range(10):
                streams = {wire.request("/echo", method="POST", body=b"%d/%d/%d" % (number, turn, nth)): nth
                           for nth in range(20)}
                for stream, nth in streams.items():
                    if wire.whole(stream).body != b"%d/%d/%d" % (number, turn, nth):
                        wrong.append((number, turn, nth))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert fetch(f"{front.proxy.admin}/healthz").status_code == 200


def first_line(log) -> dict:
    text = eventually(lambda: log.exists() and "\n" in (found := log.read_text()) and found, "a line in the access log")
    return json.loads(text.splitlines()[0])


def test_the_access_log_says_how_it_was_asked(own_front, folder):
    log = folder / "access.log"
    front = own_front(access_log={"path": str(log), "format": "json"})
    with front.wire("tls") as wire:
        wire.whole(wire.request("/logged", method="POST", body=b"12345"))
    line = first_line(log)
    assert line["protocol"] == "HTTP/2.0"
    assert (line["method"], line["host"], line["path"], line["status"]) == ("POST", "site.test", "/logged", 200)
    assert (line["bytes_in"], line["bytes_out"]) == (5, 5)


def test_a_client_that_resets_is_logged_as_gone(own_front, folder):
    log = folder / "access.log"
    front = own_front(access_log={"path": str(log), "format": "json"})
    gate = Gate(front)
    with front.wire() as wire:
        stream = wire.request("/held")
        gate.arrived()
        wire.send(RstStreamFrame(stream, CANCEL))
        line = first_line(log)
    assert (line["status"], line["error"]) == (499, "client_gone")
    gate.open()
