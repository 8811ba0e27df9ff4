# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 nodes that break the protocol: the client hears 502 or of a broken answer, never a wrong one; nothing piles
up, and the next request is served."""
import itertools
import json
import socket
import struct
import threading

import hpack
import pytest

from running import Sluice, configuration, own_memory_kib
from wire import (INITIAL_WINDOW_SIZE, LARGEST_WINDOW, MAX_CONCURRENT_STREAMS, MAX_FRAME_SIZE, PREFACE,
                  ContinuationFrame, DataFrame, GoAwayFrame, HeadersFrame, PingFrame, PushPromiseFrame, RstStreamFrame,
                  SettingsFrame, WindowUpdateFrame, Wire, raw_frame)


class RawNode:
    """Greets, waits for the head of a request, and sends what `behave(stream)` gives, piece by piece; only on its
    connections before `good`, and as a good node behind it."""

    def __init__(self, behave, settings=None):
        self._behave, self._settings = behave, settings or {}
        self.good = False
        self.refused = threading.Event()    # the proxy closed, or said GOAWAY
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                link, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(link,), daemon=True).start()

    def _serve(self, link):
        link.settimeout(30)
        encoder = hpack.Encoder()
        try:
            link.sendall(SettingsFrame(0, settings={} if self.good else self._settings).serialize())
            reader = link.makefile("rb")
            assert reader.read(len(PREFACE)) == PREFACE
            while head := reader.read(9):
                size, kind, stream = int.from_bytes(head[:3], "big"), head[3], int.from_bytes(head[5:], "big")
                reader.read(size)
                if kind == 7:
                    self.refused.set()
                if kind == 4 and not head[4] & 1:
                    link.sendall(SettingsFrame(0, flags=["ACK"]).serialize())
                if kind == 1 and self.good:
                    link.sendall(HeadersFrame(stream, encoder.encode([(":status", "200")]),
                                              flags=["END_HEADERS", "END_STREAM"]).serialize())
                elif kind == 1:
                    for piece in self._behave(stream, encoder):
                        link.sendall(piece)
        except OSError:
            pass
        finally:
            self.refused.set()
            link.close()

    def stop(self):
        self._listener.close()


@pytest.fixture
def proxy_to(started, folder):
    def start(node):
        settings = configuration([node.address], workers=1)
        settings["listeners"] = [{"name": "web", "address": "127.0.0.1:0", "protocols": ["http1", "h2c"]}]
        settings["services"][0]["protocol"] = "http2"
        settings["timeouts"] = {"upstream_head": "10s"}
        return started(Sluice(folder, settings))
    return start


def head(stream, encoder, *fields, end=False, status="200"):
    return HeadersFrame(stream, encoder.encode([(":status", status), *fields]),
                        flags=["END_HEADERS", *(["END_STREAM"] if end else [])]).serialize()


def answer_with(*fields):
    """An answer whose head holds these."""
    return lambda stream, encoder: [HeadersFrame(stream, encoder.encode(list(fields)),
                                                 flags=["END_HEADERS"]).serialize(),
                                    DataFrame(stream, b"hello", flags=["END_STREAM"]).serialize()]


def and_closes(last: bytes):
    yield last
    raise ConnectionAbortedError  # RawNode closes


OK = (":status", "200")
BEFORE_A_HEAD = {
    "no status": answer_with(("x", "y")), "two statuses": answer_with(OK, OK),
    "a status behind a field": answer_with(("x", "y"), OK), "a status of letters": answer_with((":status", "abc")),
    "a status of four digits": answer_with((":status", "2000")), "status 99": answer_with((":status", "99")),
    "status 101": answer_with((":status", "101")), "a request's pseudo field": answer_with(OK, (":path", "/")),
    "an upper-case name": answer_with(OK, (b"X-Upper", b"y")), "a name with a colon": answer_with(OK, (b"x:y", b"z")),
    "an empty name": answer_with(OK, (b"", b"z")),
    "a line end in a value": answer_with(OK, ("x", "a\r\nset-cookie: b")),
    "a NUL in a value": answer_with(OK, ("x", "a\0b")), "connection": answer_with(OK, ("connection", "close")),
    "transfer-encoding": answer_with(OK, ("transfer-encoding", "chunked")),
    "two lengths": answer_with(OK, ("content-length", "5"), ("content-length", "6")),
    "a length of letters": answer_with(OK, ("content-length", "x")),
    "130 fields": answer_with(OK, *[(f"x-{number}", "y") for number in range(130)]),
    "40 KiB of fields": answer_with(OK, *[(f"x-{number}", "y" * 10_000) for number in range(4)]),
    "DATA without a head": lambda stream, _: [DataFrame(stream, b"hello", flags=["END_STREAM"]).serialize()],
    "HEADERS of another stream": lambda stream, encoder: [head(stream + 2, encoder, end=True)],
    "an even stream": lambda stream, encoder: [head(2, encoder, end=True)],
    "PUSH_PROMISE": lambda stream, encoder: [PushPromiseFrame(stream, 2, encoder.encode([OK]),
                                                              flags=["END_HEADERS"]).serialize()],
    "a block that does not decode": lambda stream, _: [raw_frame(1, 5, stream, b"\xff\xff\xff\xff\x0f")],
    "a frame too large": lambda stream, _: [raw_frame(1, 5, stream, bytes(20000))],
    "a settings error": lambda *_: [raw_frame(4, 0, 0, struct.pack(">HL", 5, 1))],
    "a window of zero more": lambda stream, _: [raw_frame(8, 0, stream, bytes(4))],
    "a window too large": lambda *_: [WindowUpdateFrame(0, LARGEST_WINDOW).serialize()] * 2,
    "GOAWAY with an error": lambda stream, _: and_closes(GoAwayFrame(0, stream, 2).serialize()),
    "an end": lambda *_: and_closes(b""),
    "1xx without end": lambda stream, encoder: [head(stream, encoder, status="103") for _ in range(200)],
    "RST_STREAM": lambda stream, _: [RstStreamFrame(stream, 2).serialize()],
}


@pytest.mark.parametrize("case", BEFORE_A_HEAD)
def test_what_is_no_answer_is_502(proxy_to, started, case):
    node = started(RawNode(BEFORE_A_HEAD[case]))
    proxy = proxy_to(node)
    with Wire(proxy.address) as wire:
        got = wire.whole(wire.request("/x", method="POST"))
        assert got.status == 502, (got.status, got.fields)
        assert json.loads(got.body)["error"]["code"] == "bad_gateway"
        node.good = True
        assert wire.get("/next").status == 200


INSIDE_A_BODY = {
    "more than the length": lambda stream, encoder: [head(stream, encoder, ("content-length", "3")),
                                                     DataFrame(stream, b"hello", flags=["END_STREAM"]).serialize()],
    "less than the length": lambda stream, encoder: [head(stream, encoder, ("content-length", "30")),
                                                     DataFrame(stream, b"hello", flags=["END_STREAM"]).serialize()],
    "a length and no body": lambda stream, encoder: [head(stream, encoder, ("content-length", "3"), end=True)],
    "a second head": lambda stream, encoder: [head(stream, encoder), DataFrame(stream, b"hello").serialize(),
                                              head(stream, encoder)],
    "a pseudo field in trailers": lambda stream, encoder: [head(stream, encoder),
                                                           DataFrame(stream, b"hello").serialize(),
                                                           head(stream, encoder, end=True)],
    "RST_STREAM": lambda stream, encoder: [head(stream, encoder), DataFrame(stream, b"hello").serialize(),
                                           RstStreamFrame(stream, 2).serialize()],
    "a connection error": lambda stream, encoder: [head(stream, encoder), DataFrame(stream, b"hello").serialize(),
                                                   raw_frame(6, 0, 0, b"short")],
    "padding beyond the frame": lambda stream, encoder: [head(stream, encoder), raw_frame(0, 8, stream, b"\xffx")],
}


@pytest.mark.parametrize("case", INSIDE_A_BODY)
def test_an_answer_that_goes_wrong_is_never_a_regular_end(proxy_to, started, case):
    node = started(RawNode(INSIDE_A_BODY[case]))
    proxy = proxy_to(node)
    with Wire(proxy.address) as wire:
        stream = wire.request("/x", method="POST")
        wire.wait(lambda: wire.answer(stream).over, "the end")
        answer = wire.answer(stream)
        assert answer.status == 502 or answer.reset not in (None, 0), answer
        node.good = True
        assert wire.get("/next").status == 200


def endless(piece: bytes):
    return lambda *_: itertools.repeat(piece * 64)


FLOODS = {
    "PING": endless(PingFrame(0, b"pingping").serialize()), "SETTINGS": endless(SettingsFrame(0).serialize()),
    "empty CONTINUATION": lambda stream, encoder: itertools.chain(
        [HeadersFrame(stream, encoder.encode([OK])).serialize()],
        itertools.repeat(ContinuationFrame(stream, b"").serialize() * 64)),
    "CONTINUATION": lambda stream, encoder: itertools.chain(
        [HeadersFrame(stream, encoder.encode([OK])).serialize()],
        itertools.repeat(ContinuationFrame(stream, b"\x00\x01a\x01b" * 3000).serialize())),
    "an HPACK bomb": lambda stream, encoder: itertools.chain(
        [head(stream, encoder, ("x-bomb", "y" * 3900), status="103")],
        itertools.repeat(HeadersFrame(stream, encoder.encode([OK]) + encoder.encode([("x-bomb", "y" * 3900)]) * 16000,
                                      flags=["END_HEADERS"]).serialize())),
    "empty DATA": lambda stream, encoder: itertools.chain([head(stream, encoder)],
                                                          itertools.repeat(DataFrame(stream).serialize() * 64)),
    "PUSH_PROMISE": lambda stream, encoder: itertools.chain(
        [head(stream, encoder)],
        (PushPromiseFrame(stream, 2 + 2 * number, b"\x88", flags=["END_HEADERS"]).serialize()
         for number in range(2**29))),
    "heads for nobody": lambda stream, encoder: itertools.chain(
        [RstStreamFrame(stream, 2).serialize()],
        itertools.repeat(head(stream, encoder) * 64)),
    "DATA for nobody": lambda stream, _: itertools.chain(
        [RstStreamFrame(stream, 2).serialize()], itertools.repeat(DataFrame(stream, b"x").serialize() * 64)),
    "DATA beyond the window": lambda stream, encoder: itertools.chain(
        [head(stream, encoder)], itertools.repeat(DataFrame(stream, bytes(16384)).serialize())),
}


@pytest.mark.parametrize("kind", FLOODS)
def test_a_node_that_floods_is_left(proxy_to, started, kind):
    node = started(RawNode(FLOODS[kind]))
    proxy = proxy_to(node)
    # A client without any window: the flood of DATA cannot go on to it.
    with Wire(proxy.address, settings={INITIAL_WINDOW_SIZE: 0}) as wire:
        wire.request("/x", method="POST")
        assert node.refused.wait(10 if proxy.sanitized() else 5), "the flood goes on"
        assert own_memory_kib(proxy.pid) < 100 * 1024 or proxy.sanitized()
        node.good = True
        assert wire.get("/next", method="HEAD").status == 200


@pytest.mark.parametrize("settings", [{MAX_CONCURRENT_STREAMS: 0}, {INITIAL_WINDOW_SIZE: 0},
                                      {MAX_FRAME_SIZE: 2**24 - 1}], ids=str)
def test_settings_a_node_may_choose_but_hardly_should(proxy_to, started, settings):
    node = started(RawNode(lambda stream, encoder: [head(stream, encoder, end=True)], settings))
    proxy = proxy_to(node)
    with Wire(proxy.address) as wire:
        got = wire.whole(wire.request("/x"), 20)
        # Without a single stream allowed it is too late for what was sent before its SETTINGS had come.
        assert got.status == 200 or MAX_CONCURRENT_STREAMS in settings and got.status in (502, 503, 504)
    assert proxy.alive()
