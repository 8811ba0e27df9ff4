# SPDX-License-Identifier: Apache-2.0
"""The measure is measured: the strict reader, the maker of streams and the comparison find what they are there for."""
import socket

import pytest

from differential import comparing, sending, streams, strict

HEAD = b"POST /a HTTP/1.1\r\nHost: a\r\n"
END = b"GET /end HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.mark.parametrize("request_bytes, body", [
    (HEAD + b"\r\n", b""),
    (HEAD + b"Content-Length: 5\r\n\r\nhello", b"hello"),
    (HEAD + b"content-length:\t005 \r\n\r\nhello", b"hello"),
    (HEAD + b"Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n", b"hello"),
    (HEAD + b"transfer-encoding:CHUNKED\r\n\r\n02\r\nhe\r\n3\r\nllo\r\n00\r\n\r\n", b"hello"),
    (b"\r\n\r\n" + HEAD + b"\r\n", b""),
])
def test_the_strict_reader_reads_what_is_right_and_what_follows(request_bytes, body):
    first, second = strict.read_all(request_bytes + END)
    assert (first.body, second.target) == (body, b"/end")


@pytest.mark.parametrize("request_bytes", [
    HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    HEAD + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
    HEAD + b"Content-Length: +5\r\n\r\nhello",
    HEAD + b"Content-Length:\r\n\r\n",
    HEAD + b"Content-Length: 9223372036854775808\r\n\r\n",
    HEAD + b"Transfer-Encoding: gzip\r\n\r\n",
    HEAD + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    HEAD + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    HEAD + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n",
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n5;\n\r\nhello\r\n0\r\n\r\n",
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\n0\r\n\r\n",
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\n\r\n",
    HEAD + b"X: y\nZ: y\r\n\r\n",
    HEAD + b"X: y\rZ: y\r\n\r\n",
    HEAD + b"X: \x00\r\n\r\n",
    HEAD + b"Host: a\r\n\r\n",
    b"POST /a HTTP/1.1\r\n\r\n",
    b"POST /a#b HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST  /a HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST /a HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /a HTTP/2.0\r\nHost: a\r\n\r\n",
])
def test_the_strict_reader_serves_nothing_of_a_bad_request_nor_after_it(request_bytes):
    assert strict.read_all(request_bytes + END) == []


def test_the_strict_reader_stops_where_the_connection_ends():
    assert len(strict.read_all(HEAD + b"Connection: close\r\n\r\n" + END)) == 1
    assert len(strict.read_all(b"GET / HTTP/1.0\r\n\r\n" + END)) == 1


@pytest.mark.parametrize("wrong", [
    b"POST /a HTTP/1.0\r\nHost: a\r\n\r\n",
    b"POST /a HTTP/1.1\r\nHost:  a\r\n\r\n",
    b"\r\nPOST /a HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST /a HTTP/1.1\r\nHost: a\r\nConnection: x\r\n\r\n",
    b"POST /a HTTP/1.1\r\nHost: a\r\nContent_Length: 5\r\n\r\n",
    b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 00\r\n\r\n",
    b"POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0;a\r\n\r\n",
])
def test_what_the_proxy_may_not_write_is_a_fault(wrong):
    with pytest.raises(strict.Fault):
        strict.check_canonical(wrong, 0, strict.read(wrong))


def test_the_same_seed_and_number_make_the_same_stream():
    assert streams.make(3, 14) == streams.make(3, 14)
    assert streams.make(3, 14).data != streams.make(4, 14).data


def test_every_mutation_is_made_and_some_streams_are_right_all_the_same():
    made = [streams.make(1, number) for number in range(2000)]
    assert {kind for stream in made for kind in stream.kinds} >= {kind.__name__ for kind in streams.KINDS}
    whole = sum(strict.read_all(stream.data)[-1:] != [] for stream in made)
    assert 500 < whole < 1900


LINE = {"request_id": "1", "status": 200, "error": None, "attempts": 1, "method": "GET", "path": "/a", "bytes_in": 0}
EMPTY = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
RECORD = {"id": "1", "method": "GET", "target": "/a", "status": 200, "length": 0, "digest": EMPTY}
STREAM = streams.Stream(0, b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n", [], 1, [])


def disagreements(lines, records, seen) -> list:
    side = comparing.Comparison("node", 0, {"127.1.0.0": lines}, records, {0: seen})
    side.compare([STREAM])
    return side.found


def test_agreement_is_silent():
    assert disagreements([LINE], [RECORD], ["1"]) == []


@pytest.mark.parametrize("lines, records, seen", [
    ([LINE], [], ["1"]),  # the node did not see it
    ([LINE], [RECORD, RECORD], ["1"]),  # twice
    ([LINE], [RECORD, RECORD | {"id": "hidden"}], ["1"]),  # one that came by itself
    ([LINE], [RECORD | {"target": "/b"}], ["1"]),
    ([LINE], [RECORD | {"length": 5}], ["1"]),
    ([LINE], [RECORD | {"digest": "0"}], ["1"]),
    ([LINE], [RECORD], ["2"]),  # another's answer
    ([LINE], [RECORD], []),
    ([LINE, LINE | {"request_id": "2"}], [RECORD, RECORD | {"id": "2"}], ["1", "2"]),  # more than the stream holds
    ([LINE], [RECORD, {"id": "", "status": 400}], ["1"]),  # the node refused bytes that were nobody's
    ([LINE], [RECORD, {"fault": "bare LF", "raw": ""}], ["1"]),
])
def test_every_kind_of_disagreement_is_found(lines, records, seen):
    assert len(disagreements(lines, records, seen)) >= 1


ASTERISK = b"OPTIONS * HTTP/1.1\r\nHost: a\r\n"
BODY = b"Content-Length: 5\r\n\r\nhello"
UNROUTED = LINE | {"error": "no_route", "status": 404, "attempts": 0, "method": "OPTIONS", "path": "*"}
SLOW = LINE | {"error": "request_timeout", "status": 408, "method": None}


@pytest.mark.parametrize("data, lines, cut", [
    (ASTERISK + BODY + END, [UNROUTED], True),
    (END + ASTERISK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + END, [LINE, UNROUTED], True),
    (ASTERISK + BODY + b"GET", [UNROUTED], True),
    (ASTERISK + BODY, [UNROUTED], False),  # nothing was left to read
    (ASTERISK + b"\r\n" + END, [UNROUTED], False),  # no body to wait for
    (ASTERISK + b"Content-Length: +5\r\n\r\nhello" + END, [UNROUTED], False),  # should not have got as far
    (ASTERISK + BODY + END, [UNROUTED, LINE], False),  # it did go on
    (END + END, [LINE], False),
    (END + END, [LINE, SLOW], True),
    (END + END, [], True),
])
def test_only_a_deadline_or_an_own_answer_before_the_body_excuses_a_stream_that_ends_early(data, lines, cut):
    stream = streams.Stream(0, data, [], 1, [])
    assert comparing.cut_by_timing(stream, strict.read_all(data), lines) is cut


def side(name, read, cut=()) -> comparing.Comparison:
    one = comparing.Comparison(name, 0, {}, [], {})
    one.read, one.cut = {0: read}, set(cut)
    return one


@pytest.mark.parametrize("first, second, found", [
    (["a", "b"], ["a", "b"], 0),
    (["a", "b"], ["a"], 1),
    (["a", "b"], ["a", "c"], 1),
])
def test_nodes_must_have_read_the_same(first, second, found):
    assert len(comparing.compare_nodes([side("one", first), side("two", second)])) == found
    assert len(comparing.compare_nodes([side("two", second), side("one", first)])) == found


def test_timing_excuses_fewer_requests_and_neither_more_nor_other_ones():
    assert comparing.compare_nodes([side("one", ["a", "b"]), side("two", ["a"], cut=[0])]) == []
    assert comparing.compare_nodes([side("one", ["a"], cut=[0]), side("two", ["a", "b"])]) == []
    assert len(comparing.compare_nodes([side("one", ["a", "b"], cut=[0]), side("two", ["a"])])) == 1
    assert len(comparing.compare_nodes([side("one", ["a", "b"]), side("two", ["c"], cut=[0])])) == 1


def test_a_proxy_that_takes_no_connection_is_told_soon(monkeypatch):
    monkeypatch.setattr(sending, "PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as hung:
        address = hung.getsockname()
        fillers = [socket.socket() for _ in range(3)]
        for one in fillers:
            one.setblocking(False)
            one.connect_ex(address)
        seen = sending.send([STREAM], {"node": "127.0.0.1:%d" % address[1]})
        for one in fillers:
            one.close()
    assert seen == {"node": {0: [sending.NOT_TAKEN]}}


def test_a_proxy_that_never_answers_is_told_soon(monkeypatch):
    monkeypatch.setattr(sending, "PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        seen = sending.send([STREAM], {"node": "127.0.0.1:%d" % silent.getsockname()[1]})
    assert seen == {"node": {0: [sending.LEFT_OPEN]}}
