# SPDX-License-Identifier: Apache-2.0
"""RFC 9113 section 8 and RFC 8441: what a request may look like, what of it reaches an HTTP/1.1 node, and what of the
node's answer comes back. What is malformed never reaches the node as a whole request."""
import base64
import hashlib
import json
import ssl

import pytest

from running import connect, eventually, fetch
from wire import (CANCEL, ENHANCE_YOUR_CALM, INITIAL_WINDOW_SIZE, NO_ERROR, PROTOCOL_ERROR, ContinuationFrame,
                  DataFrame, HeadersFrame, RstStreamFrame, WindowUpdateFrame)
from witness import pattern


@pytest.fixture
def witness(front):
    """Before and after: what the node keeps for later is a connection on which the next request is itself alone."""
    front.witness.seen.clear()
    front.witness.plays.clear()
    yield front.witness
    with front.wire() as wire:
        assert wire.get("/afterwards", fields=[("x-token", "after")]).body == b"hello"
    assert front.witness.at("/afterwards")[-1].one("x-token") == "after"
    assert front.proxy.alive()


# -- 8.1 content-length and DATA

BODIES = {"more": (5, [b"hello world"]), "more-later": (5, [b"hello", b" world"]), "less": (50, [b"hello"]),
          "nothing": (5, [b""]), "smuggled": (0, [b"GET /smuggled HTTP/1.1\r\nHost: site.test\r\n\r\n"])}


@pytest.mark.parametrize("case", BODIES)
def test_8_1_1_content_length_and_data_that_disagree_reach_no_node_as_a_request(witness, wire, case):
    length, pieces = BODIES[case]
    stream = wire.request("/disagree", method="POST", end=False, fields=[("content-length", str(length))])
    frames = [DataFrame(stream, piece) for piece in pieces]
    frames[-1].flags.add("END_STREAM")
    wire.send(*frames)
    wire.wait(lambda: wire.answer(stream).over, "an end of the stream")
    # Whole by its head alone it may be answered before more of it comes, and its node's connection is good.
    answered = length == 0 and wire.answer(stream).status == 200
    if not answered:
        wire.expect_refused(stream)
    assert not witness.at("/smuggled")
    if answered:
        return
    for seen in witness.at("/disagree"):
        # What began at the node lost its connection. Where the first bytes were all that the length promised it had
        # looked whole by then; there is nothing behind it that could be taken for another request.
        witness.closed(seen)
        assert not seen.whole or seen.one("content-length") == str(len(seen.body)), seen


def test_8_1_1_a_length_without_a_body_on_headers_that_end_the_stream(witness, wire):
    stream = wire.request("/disagree", method="POST", fields=[("content-length", "5")])
    wire.expect_refused(stream)
    assert not [seen for seen in witness.at("/disagree") if seen.whole]


def test_8_1_1_the_client_resets_in_the_middle_and_the_nodes_connection_is_not_kept(witness, wire):
    stream = wire.request("/broken", method="POST", end=False, fields=[("content-length", "100")])
    wire.send(DataFrame(stream, b"half"))
    seen = eventually(lambda: witness.at("/broken"), "the request at the node")[0]
    wire.send(RstStreamFrame(stream, CANCEL))
    witness.closed(seen)
    assert not seen.whole


@pytest.mark.parametrize("lengths", [["5", "6"], ["+5"], ["5, 6"], [""], ["0x5"], ["-1"], ["5 5"], ["9" * 30]])
def test_8_1_1_a_length_that_is_none_is_malformed(witness, wire, lengths):
    stream = wire.new_stream()
    fields = wire.fields_of("POST", "/length", more=[("content-length", one) for one in lengths])
    wire.send(wire.headers(stream, fields, end=False), DataFrame(stream, b"hello", flags=["END_STREAM"]))
    wire.expect_refused(stream, 400, 413)
    assert not [seen for seen in witness.at("/length") if seen.whole]


def test_8_1_a_body_without_length_reaches_the_node_chunked_and_whole(witness, wire):
    assert wire.whole(wire.request("/chunked", method="POST", body=b"x" * 100_000)).body == b"x" * 100_000
    seen = witness.only("/chunked")
    assert seen.one("transfer-encoding") == "chunked" and seen.one("content-length") is None


def test_8_1_a_body_with_length_keeps_it(witness, wire):
    stream = wire.request("/sized", method="PUT", body=b"hello", fields=[("content-length", "5")])
    assert wire.whole(stream).body == b"hello"
    seen = witness.only("/sized")
    assert seen.one("content-length") == "5" and seen.one("transfer-encoding") is None


def test_8_1_a_get_without_a_body_says_nothing_of_one(witness, wire):
    wire.get("/plain")
    seen = witness.only("/plain")
    assert seen.one("content-length") is None and seen.one("transfer-encoding") is None


def test_8_1_trailers_of_a_request_reach_the_node(witness, wire):
    stream = wire.request("/trailers", method="POST", end=False)
    wire.send(DataFrame(stream, b"body"), wire.headers(stream, [("x-sum", "42")]))
    assert wire.whole(stream).status == 200
    assert ("x-sum", "42") in [(name.lower(), value) for name, value in witness.only("/trailers").trailers]


@pytest.mark.parametrize("trailer", [[(":path", "/other")], [(":status", "200")], [("X-Upper", "a")],
                                     [("connection", "close")]])
def test_8_1_wrong_trailers_are_malformed(witness, wire, trailer):
    stream = wire.request("/trailers", method="POST", end=False)
    wire.send(DataFrame(stream, b"body"), wire.headers(stream, trailer))
    wire.expect_refused(stream)
    assert not [seen for seen in witness.at("/trailers") if seen.whole]


def test_8_1_framing_fields_in_trailers_go_no_further(witness, wire):
    stream = wire.request("/trailers", method="POST", end=False)
    wire.send(DataFrame(stream, b"body"), wire.headers(stream, [("host", "evil.test"), ("authorization", "x"),
                                                                ("x-sum", "42")]))
    wire.wait(lambda: wire.answer(stream).over, "an answer or a refusal")
    for seen in witness.at("/trailers"):
        assert not {name.lower() for name, _ in seen.trailers} & {"host", "authorization", "content-length"}


def test_8_1_a_second_head_that_does_not_end_the_stream_is_malformed(witness, wire):
    stream = wire.request("/second", method="POST", end=False)
    wire.send(wire.headers(stream, [("x-sum", "42")], end=False))
    wire.expect_refused(stream)
    assert not [seen for seen in witness.at("/second") if seen.whole]


# -- 8.2 fields

@pytest.mark.parametrize("name", ["X-Upper", "x upper", "x:colon", "x\0nul", "x\rcr", "x\nlf", "", "x\x7f", "größe",
                                  ":late", "x\ttab", "x(y"])
def test_8_2_1_a_name_with_what_may_not_stand_there_is_malformed(witness, wire, name):
    stream = wire.request("/field", fields=[(name.encode("latin-1"), b"value")])
    wire.expect_refused(stream)
    assert not witness.at("/field")


@pytest.mark.parametrize("value", ["nul\0", "cr\r", "lf\n", "a\r\nX-Injected: 1", " leading", "trailing ", "\ttab",
                                   "tab\t", "del\x7f", "\x01"],
                         ids=lambda value: value.encode("unicode_escape").decode())
def test_8_2_1_a_value_with_what_may_not_stand_there_is_malformed_or_cleaned(witness, wire, value):
    # nghttp2 and others take white space around a value off; whatever else would be a second line or field to HTTP/1.
    stream = wire.request("/field", fields=[(b"x-value", value.encode("latin-1"))])
    wire.wait(lambda: wire.answer(stream).over, "an answer or a refusal")
    if value.strip(" \t") == value or not witness.at("/field"):
        wire.expect_refused(stream)
        assert not witness.at("/field")
    else:
        assert witness.only("/field").one("x-value") == value.strip(" \t")


def test_8_2_1_bytes_above_ascii_and_empty_values_pass(witness, wire):
    wire.get("/field", fields=[(b"x-value", "größe".encode()), ("x-empty", "")])
    seen = witness.only("/field")
    assert seen.one("x-value").encode("latin-1") == "größe".encode()
    assert seen.one("x-empty") == ""


@pytest.mark.parametrize("field", [("connection", "close"), ("connection", "x-other"), ("keep-alive", "timeout=5"),
                                   ("proxy-connection", "keep-alive"), ("transfer-encoding", "chunked"),
                                   ("upgrade", "websocket"), ("te", "gzip"), ("te", "trailers, deflate")])
def test_8_2_2_fields_of_the_connection_are_malformed(witness, wire, field):
    stream = wire.request("/field", fields=[field])
    wire.expect_refused(stream)
    assert not witness.at("/field")


def test_8_2_2_te_trailers_is_fine(witness, wire):
    assert wire.get("/field", fields=[("te", "trailers")]).status == 200


def test_8_2_3_cookie_crumbs_are_joined_for_http1(witness, wire):
    wire.get("/cookies", fields=[("cookie", "a=1"), ("x-between", "x"), ("cookie", "b=2"), ("cookie", "c=3; d=4")])
    assert witness.only("/cookies").one("cookie") == "a=1; b=2; c=3; d=4"


# -- 8.3 pseudo fields

REQUEST = [(":method", "GET"), (":scheme", "http"), (":path", "/pseudo"), (":authority", "site.test")]


def without(name):
    return [field for field in REQUEST if field[0] != name]


def changed(name, value):
    return [(one, value if one == name else old) for one, old in REQUEST]


@pytest.mark.parametrize("fields", [
    without(":method"), without(":scheme"), without(":path"), *[REQUEST + [field] for field in REQUEST],
    REQUEST + [(":unknown", "x")], REQUEST + [(":status", "200")], REQUEST[:3] + [("x-early", "1")] + REQUEST[3:],
    changed(":path", ""), changed(":path", "no-slash"), changed(":path", "*"), changed(":path", "/sp ace"),
    changed(":path", "/a\r\nX-Injected: 1"), changed(":path", "/fragment#here"), changed(":path", "/%zz"),
    changed(":path", "http://other.test/"), changed(":method", ""), changed(":method", "GE T"),
    changed(":method", "GET / HTTP/1.1\r\nHost: x"), changed(":scheme", ""), changed(":scheme", "ht tp"),
    changed(":scheme", "http://x/"), changed(":authority", "user@site.test"), changed(":authority", "site.test/path"),
    changed(":authority", "site.test:port"), changed(":authority", "a b"), changed(":authority", ""),
    without(":authority"), REQUEST + [("host", "other.test")], REQUEST + [("host", "site.test"), ("host", "site.test")],
    without(":authority") + [("host", "a"), ("host", "b")],
], ids=repr)
def test_8_3_1_a_malformed_request_line_goes_nowhere(witness, wire, fields):
    stream = wire.new_stream()
    wire.send(wire.headers(stream, fields))
    wire.expect_refused(stream)
    assert not witness.seen


def test_8_3_1_options_may_ask_about_the_server_itself(witness, wire):
    stream = wire.new_stream()
    wire.send(wire.headers(stream, wire.fields_of("OPTIONS", "*")))
    assert wire.whole(stream).status in (200, 404)


@pytest.mark.parametrize("fields", [REQUEST + [("host", "site.test")], without(":authority") + [("host", "site.test")],
                                    REQUEST + [("host", "SITE.test")]], ids=["both", "host-alone", "another-case"])
def test_8_3_1_authority_or_an_equal_host_becomes_one_host(witness, wire, fields):
    stream = wire.new_stream()
    wire.send(wire.headers(stream, fields))
    assert wire.whole(stream).status == 200
    assert witness.only("/pseudo").one("host").lower() == "site.test"


def test_8_3_1_a_query_and_escapes_go_out_as_they_came(witness, wire):
    wire.get("/a%2Fb;c=d?e=%20&f")
    assert witness.only("/a%2Fb;c=d?e=%20&f")


def test_8_3_1_one_canonical_path(witness, wire):
    wire.get("/x/%2e%2e/y/./%7Ez")
    assert witness.only("/y/~z")


def test_8_3_1_what_the_proxy_adds_for_the_node(witness, front, wire):
    wire.get("/added")
    seen = witness.only("/added")
    assert seen.one("x-forwarded-for") == "127.0.0.1"
    assert seen.one("x-forwarded-proto") == ("https" if wire.tls else "http")
    assert len(seen.one("x-request-id")) == 32


def test_8_5_connect_is_501(witness, wire):
    stream = wire.new_stream()
    wire.send(wire.headers(stream, [(":method", "CONNECT"), (":authority", "site.test:443")], end=False))
    assert wire.head(stream).status == 501
    assert not witness.seen


@pytest.mark.parametrize("more", [[(":path", "/")], [(":scheme", "http")]])
def test_8_5_connect_with_a_path_or_scheme_is_malformed(witness, wire, more):
    stream = wire.new_stream()
    wire.send(wire.headers(stream, [(":method", "CONNECT"), (":authority", "site.test:443"), *more]))
    wire.expect_refused(stream)


def test_8_trace_is_501(witness, wire):
    assert wire.get(method="TRACE").status == 501


@pytest.mark.parametrize("fields", [[("x-large", "y" * 17_000)] * 2 + [("x", "y" * 9000)],
                                    [(f"x-{number}", "y") for number in range(140)]], ids=["bytes", "fields"])
def test_8_2_a_head_over_the_limits_is_431_and_the_connection_goes_on(witness, wire, fields):
    block = wire.block(wire.fields_of(path="/large", more=fields))
    stream = wire.new_stream()
    frames = [HeadersFrame(stream, block[:16000], flags=["END_STREAM"])]
    frames += [ContinuationFrame(stream, block[at:at + 16000]) for at in range(16000, len(block), 16000)]
    frames[-1].flags.add("END_HEADERS")
    wire.send(*frames)
    wire.expect_refused(stream, 431, codes=(PROTOCOL_ERROR, ENHANCE_YOUR_CALM))
    assert not witness.at("/large")


# -- answers

def play(answer: bytes, keep=False):
    def run(exchange):
        exchange.read_body()
        exchange.link.sendall(answer)
        return keep
    return run


def test_8_1_head_has_the_length_of_a_body_that_does_not_come(witness, wire):
    witness.plays["/x"] = play(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", True)
    answer = wire.get("/x", method="HEAD")
    assert (answer.status, answer.field("content-length"), answer.body) == (200, "1000", b"")


@pytest.mark.parametrize("status", [204, 304])
def test_8_1_answers_that_never_have_a_body(witness, wire, status):
    witness.plays["/x"] = play(b"HTTP/1.1 %d Fine\r\nETag: \"1\"\r\n\r\n" % status, True)
    answer = wire.get("/x")
    assert (answer.status, answer.field("etag"), answer.body) == (status, '"1"', b"")


def test_8_1_interim_heads_come_before_the_final_one(witness, wire):
    witness.plays["/x"] = play(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
                               b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", True)
    answer = wire.get("/x")
    assert (answer.status, answer.body) == (200, b"ok")
    assert [(status, ("link", "</a.css>") in fields) for status, fields in answer.interim] == [(103, True)]


def test_8_1_expect_100_continue_is_asked_of_the_node(witness, wire):
    def run(exchange):
        exchange.link.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        exchange.answer(exchange.read_body())
        return True
    witness.plays["/x"] = run
    stream = wire.request("/x", method="POST", end=False, fields=[("expect", "100-continue"), ("content-length", "4")])
    wire.wait(lambda: wire.answer(stream).interim, "100")
    wire.upload(stream, b"body")
    assert wire.whole(stream).body == b"body"
    assert [status for status, _ in wire.answer(stream).interim] == [100]


def test_8_1_trailers_of_an_answer_come_as_trailers(witness, wire):
    witness.plays["/x"] = play(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n"
                               b"5\r\nhello\r\n0\r\nx-sum: 42\r\nContent-Length: 3\r\n\r\n", True)
    answer = wire.get("/x", fields=[("te", "trailers")])
    assert answer.body == b"hello"
    assert answer.trailers == [("x-sum", "42")]


def test_8_2_2_fields_of_the_nodes_connection_stay_there(witness, wire):
    # Wire fails by itself on any of them.
    witness.plays["/x"] = play(b"HTTP/1.1 200 OK\r\nConnection: X-Hop, close\r\nX-Hop: 1\r\nKeep-Alive: timeout=1\r\n"
                               b"Proxy-Connection: close\r\nTransfer-Encoding: chunked\r\nX-Kept: Yes\r\n\r\n0\r\n\r\n")
    answer = wire.get("/x")
    assert answer.field("x-kept") == "Yes" and answer.field("x-hop") is None
    assert answer.field("date")


@pytest.mark.parametrize("answer", [b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello",
                                    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"])
def test_8_1_an_answer_the_node_broke_off_is_never_a_regular_end(witness, wire, answer):
    witness.plays["/x"] = play(answer)
    stream = wire.request("/x")
    wire.wait(lambda: wire.answer(stream).over, "the end of the stream")
    assert wire.answer(stream).reset is not None and not wire.answer(stream).ended
    assert wire.answer(stream).reset != NO_ERROR
    wire.expect_alive()


def test_8_1_a_body_that_ends_with_the_nodes_connection_is_whole(witness, wire):
    witness.plays["/x"] = play(b"HTTP/1.1 200 OK\r\n\r\nuntil the end")
    assert wire.get("/x").body == b"until the end"


@pytest.mark.parametrize("answer", [b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
                                    b"HTTP/1.1 abc\r\n\r\n", b""])
def test_8_1_what_is_no_answer_is_502(witness, wire, answer):
    witness.plays["/x"] = play(answer)
    got = wire.get("/x", method="POST")
    assert got.status == 502
    assert json.loads(got.body)["error"]["code"] == "bad_gateway"


def test_8_1_the_gateways_own_answers(own_front):
    front = own_front(routes=[{"name": "one", "match": {"path": {"prefix": "/one"}}, "service": "app"}])
    with front.wire() as wire:
        answer = wire.get("/nowhere")
        assert (answer.status, answer.field("content-type")) == (404, "application/json")
        assert json.loads(answer.body)["error"]["code"] == "no_route"
        assert wire.get("/one").status == 200


@pytest.mark.parametrize("window", [1000, 65535, 1 << 20])
def test_8_1_a_large_answer_through_a_small_window(witness, connect_wire, window):
    wire = connect_wire(settings={INITIAL_WINDOW_SIZE: window})
    assert wire.get("/bytes/1000000").body == pattern(1_000_000)


def test_8_1_a_large_request_and_its_echo(witness, wire):
    assert wire.whole(wire.request("/echo", method="POST", body=pattern(1_000_000))).body == pattern(1_000_000)


def test_8_1_a_final_answer_before_the_body_has_come(witness, wire):
    def run(exchange):
        exchange.link.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno\n")
        exchange.wait_for_end()
    witness.plays["/early"] = run
    stream = wire.request("/early", method="POST", end=False, fields=[("content-length", "1000000")])
    wire.send(DataFrame(stream, b"x" * 1000))
    answer = wire.whole(stream)
    assert (answer.status, answer.body) == (413, b"no\n")
    # 8.1: RST_STREAM with NO_ERROR asks to stop sending. What was on its way by then is no error.
    wire.wait(lambda: wire.answer(stream).reset is not None, "RST_STREAM behind the answer")
    assert wire.answer(stream).reset == NO_ERROR
    assert wire.get().status == 200


# -- streams side by side

def test_5_many_streams_of_a_connection_get_each_its_own_answer(witness, wire):
    streams = {wire.request("/echo", method="POST", body=b"token-%d" % number): number for number in range(90)}
    for stream, number in streams.items():
        assert wire.whole(stream).body == b"token-%d" % number


def test_5_2_a_stream_whose_client_does_not_read_holds_up_no_other(witness, connect_wire):
    wire = connect_wire(settings={INITIAL_WINDOW_SIZE: 10_000}, credit=False)
    stalled = wire.request("/bytes/1000000")
    wire.wait(lambda: len(wire.answer(stalled).body) == 10_000, "what the window allows")
    for _ in range(5):
        assert wire.get().body == b"hello"
    wire.credit = True
    wire.send(WindowUpdateFrame(0, 1 << 24), WindowUpdateFrame(stalled, 1 << 24))
    assert len(wire.whole(stalled).body) == 1_000_000


def test_5_2_a_stream_whose_node_does_not_read_holds_up_no_other(witness, wire):
    witness.plays["/unread"] = lambda exchange: exchange.wait_for_test()
    wire.get()  # SETTINGS have come
    stalled = wire.request("/unread", method="POST", end=False)
    for _ in range(2000):  # until no credit is left, or enough went into the buffers of sockets
        while wire.step(0.02 if wire.windows[stalled] <= 0 else 0):
            pass
        if wire.windows[stalled] <= 0 or wire.windows[0] <= 200_000:
            break
        piece = min(wire.windows[stalled], 16384)
        wire.windows[stalled] -= piece
        wire.windows[0] -= piece
        wire.send(DataFrame(stalled, bytes(piece)))
    for _ in range(5):
        assert wire.whole(wire.request("/echo", method="POST", body=b"beside")).body == b"beside"


@pytest.mark.parametrize("when", ["before the node answers", "in the request's body", "in the answer's body",
                                  "with no window left"])
def test_5_4_2_a_stream_the_client_resets_is_given_up_at_the_node(witness, wire, when):
    def run(exchange):
        if when == "in the request's body":
            exchange.wait_for_end()
            return
        exchange.read_body()
        if when != "before the node answers":
            exchange.link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n" + bytes(1000))
        if when == "with no window left":
            try:
                exchange.link.sendall(bytes(99_999_000))
            except OSError:
                return
        exchange.wait_for_end()
    witness.plays["/given-up"] = run
    wire.credit = False
    stream = wire.request("/given-up", method="POST", end=when != "in the request's body")
    if when == "in the request's body":
        wire.send(DataFrame(stream, b"some"))
    seen = eventually(lambda: witness.at("/given-up"), "the request at the node")[0]
    if when == "in the answer's body":
        wire.wait(lambda: wire.answer(stream).body, "some of the answer")
    if when == "with no window left":
        wire.wait(lambda: len(wire.answer(stream).body) == 65535, "a full window")
    wire.send(RstStreamFrame(stream, CANCEL))
    witness.closed(seen)
    wire.expect_alive()


def test_5_4_a_client_that_closes_the_connection_frees_every_node(witness, connect_wire):
    witness.plays["/held"] = lambda exchange: exchange.wait_for_end()
    wire = connect_wire()
    for _ in range(20):
        wire.request("/held")
    held = eventually(lambda: len(witness.at("/held")) == 20 and witness.at("/held"), "20 requests at the node")
    wire.close()
    for seen in held:
        witness.closed(seen)


# -- RFC 8441 over an HTTP/1.1 node

def extended(protocol="websocket", path="/ws", more=()):
    return [(":method", "CONNECT"), (":protocol", protocol), (":scheme", "http"), (":path", path),
            (":authority", "site.test"), ("sec-websocket-version", "13"), *more]


def test_rfc8441_5_an_extended_connect_becomes_an_upgrade(witness, wire):
    def run(exchange):
        assert exchange.seen.method == "GET"
        assert exchange.seen.one("upgrade").lower() == "websocket"
        assert "upgrade" in exchange.seen.one("connection").lower()
        assert exchange.seen.one("sec-websocket-version") == "13"
        exchange.link.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                              b"Sec-WebSocket-Accept: " + accept_for(exchange.seen.one("sec-websocket-key")) +
                              b"\r\nSec-WebSocket-Protocol: chat\r\n\r\nearly")
        while piece := exchange.link.recv(1000):
            exchange.link.sendall(piece.upper())
        exchange.link.sendall(b"bye")
    witness.plays["/ws"] = run
    stream = wire.new_stream()
    wire.send(wire.headers(stream, extended(more=[("sec-websocket-protocol", "chat")]), end=False))
    answer = wire.head(stream)
    assert answer.status == 200
    assert answer.field("sec-websocket-protocol") == "chat"
    assert answer.field("sec-websocket-accept") is None
    wire.wait(lambda: answer.body == b"early", "what the node said first")
    wire.send(DataFrame(stream, b"loud"))
    wire.wait(lambda: answer.body == b"earlyLOUD", "what the node makes of it")
    wire.send(DataFrame(stream, b"", flags=["END_STREAM"]))
    wire.wait(lambda: answer.over, "the end of the tunnel")
    assert answer.body.startswith(b"earlyLOUD")


def accept_for(key: str) -> bytes:
    return base64.b64encode(hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest())


def test_rfc8441_5_a_node_that_refuses_the_upgrade_answers_as_it_likes(witness, wire):
    witness.plays["/ws"] = play(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", True)
    stream = wire.new_stream()
    wire.send(wire.headers(stream, extended(), end=False))
    answer = wire.whole(stream)
    assert (answer.status, answer.body) == (403, b"no")


def test_rfc8441_4_a_reset_tunnel_is_closed_at_the_node(witness, wire):
    def run(exchange):
        exchange.link.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                              b"Sec-WebSocket-Accept: " + accept_for(exchange.seen.one("sec-websocket-key")) +
                              b"\r\n\r\n")
        exchange.wait_for_end()
    witness.plays["/ws"] = run
    stream = wire.new_stream()
    wire.send(wire.headers(stream, extended(), end=False))
    assert wire.head(stream).status == 200
    wire.send(RstStreamFrame(stream, CANCEL))
    witness.closed(witness.at("/ws")[0])
    wire.expect_alive()


def test_rfc8441_4_another_protocol_is_501(witness, wire):
    stream = wire.new_stream()
    wire.send(wire.headers(stream, extended("connect-udp"), end=False))
    assert wire.head(stream).status == 501
    assert not witness.seen


@pytest.mark.parametrize("fields", [[(":method", "GET"), *extended()[1:]],
                                    [field for field in extended() if field[0] != ":path"],
                                    [field for field in extended() if field[0] != ":scheme"],
                                    [field for field in extended() if field[0] != ":authority"],
                                    [*extended()[:2], (":protocol", "websocket"), *extended()[2:]]],
                         ids=["get", "no-path", "no-scheme", "no-authority", "twice"])
def test_rfc8441_4_a_malformed_extended_connect(witness, wire, fields):
    stream = wire.new_stream()
    wire.send(wire.headers(stream, fields, end=False))
    wire.expect_refused(stream)
    assert not witness.seen


# -- 3.2 to 3.4: which protocol a connection speaks

def test_3_4_http1_and_h2c_on_one_port(witness, front):
    assert fetch(f"http://{front.plain}/one").text == "hello"
    with front.wire() as wire:
        assert wire.get("/two").body == b"hello"


def test_3_4_the_preface_on_an_http1_listener_is_505(witness, front):
    with connect(front.old) as link:
        link.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0")
        answer = b""
        while piece := link.recv(65536):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 505 ")
    assert answer.count(b"HTTP/1.1 ") == 1


def test_3_4_the_beginning_of_a_preface_that_goes_on_otherwise_is_http1(witness, front):
    with connect(front.plain) as link:
        link.sendall(b"PRI")
        link.sendall(b"NT /printed HTTP/1.1\r\nHost: site.test\r\nConnection: close\r\n\r\n")
        answer = link.recv(65536)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert witness.only("/printed").method == "PRINT"


@pytest.mark.parametrize("offered, spoken", [(["h2", "http/1.1"], "h2"), (["http/1.1"], "http/1.1"),
                                             (["http/1.1", "h2"], "h2"), (["h3", "http/1.1"], "http/1.1"), ([], None)])
def test_3_2_alpn_chooses(witness, front, offered, spoken):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if offered:
        context.set_alpn_protocols(offered)
    with context.wrap_socket(connect(front.secure), server_hostname="site.test") as link:
        assert link.selected_alpn_protocol() == spoken
        if spoken != "h2":
            link.sendall(b"GET /old HTTP/1.1\r\nHost: site.test\r\nConnection: close\r\n\r\n")
            assert link.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_9_2_2_tls_1_2_with_a_suite_of_the_list_is_fine_or_refused_in_words(witness, front):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with context.wrap_socket(connect(front.secure), server_hostname="site.test") as link:
        assert "GCM" in link.cipher()[0] or "CHACHA20" in link.cipher()[0]
        assert link.selected_alpn_protocol() == "h2"
