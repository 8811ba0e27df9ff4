# SPDX-License-Identifier: Apache-2.0
"""SIGTERM: what was begun is finished, what was sent is answered, nothing is reset."""
import itertools
import re
import signal
import threading
import time

import httpx
import pytest

from running import connect, connectable, eventually, fetch

REQUEST = b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n"


def read_to_end(link) -> bytes:
    answer = b""
    while piece := link.recv(65536):
        answer += piece
    return answer


def read_to_end_of_answer(link):
    """True when a whole JSON answer with status 200 came, else what came."""
    answer = b""
    while piece := link.recv(65536):
        answer += piece
        head, _, body = answer.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        if length and len(body) == int(length[1]):
            return head.startswith(b"HTTP/1.1 200 ") or answer
    return answer


def test_a_request_in_flight_is_answered_and_the_process_ends_cleanly(sluice, scripted):
    node = scripted()
    proxy = sluice(node.address)
    arrived, go_on = threading.Event(), threading.Event()

    def play(link):
        arrived.set()
        go_on.wait(20)
        link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")

    node.play(play)
    client = connect(proxy.address)
    client.sendall(REQUEST % 1)
    assert arrived.wait(20)
    proxy.signal(signal.SIGTERM)
    eventually(lambda: fetch(f"{proxy.admin}/readyz").status_code == 503, "/readyz says draining")
    assert fetch(f"{proxy.admin}/healthz").status_code == 200
    go_on.set()
    answer = read_to_end(client)
    assert answer.startswith(b"HTTP/1.1 200 ") and answer.endswith(b"hello")
    assert b"connection: close" in answer.lower()
    assert proxy.exit_code() == 0
    assert not connectable(proxy.address)


@pytest.mark.parametrize("connections", [100])
def test_no_connection_whose_bytes_were_sent_before_is_reset(sluice, backend, connections):
    proxy = sluice(backend().address)
    links = [connect(proxy.address) for _ in range(connections)]
    for number, link in enumerate(links):
        link.sendall(REQUEST % number)
    proxy.signal(signal.SIGTERM)
    for number, link in enumerate(links):
        answer = read_to_end(link)
        assert answer.startswith(b"HTTP/1.1 200 "), (number, answer)
        assert b'"path":"/%d"' % number in answer
    assert proxy.exit_code() == 0


@pytest.mark.parametrize("seconds", [1, pytest.param(10, marks=pytest.mark.long)])
def test_with_a_connection_per_request_under_load_whatever_was_sent_before_is_answered(sluice, backend, seconds):
    proxy = sluice(backend().address)
    told = float("inf")  # when SIGTERM was sent
    answered, lost = [], []

    def hammer(client):
        for number in itertools.count():
            try:
                link = connect(proxy.address)
                link.sendall(REQUEST % number)
            except OSError:
                return  # nobody listens any more
            sent = time.monotonic()
            try:
                whole = read_to_end_of_answer(link)
            except OSError as problem:
                whole = repr(problem)
            if sent < told:
                (answered if whole is True else lost).append((client, number, whole))
            link.close()

    threads = [threading.Thread(target=hammer, args=(client,)) for client in range(8)]
    for thread in threads:
        thread.start()
    threading.Event().wait(seconds)
    told = time.monotonic()
    proxy.signal(signal.SIGTERM)
    for thread in threads:
        thread.join()
    print(f"{len(answered)} connections answered")
    assert not lost
    assert len(answered) > 100
    assert proxy.exit_code() == 0


def test_what_waits_in_the_queue_because_no_more_connections_are_allowed_is_served_too(sluice, backend):
    proxy = sluice(backend().address, limits={"connections": 4})
    links = [connect(proxy.address) for _ in range(20)]
    for number, link in enumerate(links):
        link.sendall(REQUEST % number)
    proxy.signal(signal.SIGTERM)
    for number, link in enumerate(links):
        assert b'"path":"/%d"' % number in read_to_end(link)
    assert proxy.exit_code() == 0


def test_a_pipelined_second_request_never_destroys_the_first_answer(sluice, scripted):
    node = scripted()
    proxy = sluice(node.address)
    arrived, go_on = threading.Event(), threading.Event()

    def play(link):
        arrived.set()
        go_on.wait(20)
        link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst")
        if link.recv(1):  # the second request, should the proxy serve it too
            link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond")

    node.play(play)
    client = connect(proxy.address)
    client.sendall(REQUEST % 1 + REQUEST % 2)
    assert arrived.wait(20)
    proxy.signal(signal.SIGTERM)
    eventually(lambda: fetch(f"{proxy.admin}/readyz").status_code == 503, "/readyz says draining")
    go_on.set()
    answers = read_to_end(client)  # a reset would raise
    assert answers.startswith(b"HTTP/1.1 200 ") and b"\r\n\r\nfirst" in answers
    assert answers.lower().count(b"connection: close") == 1 and answers.endswith((b"first", b"second"))
    assert proxy.exit_code() == 0


def test_idle_connections_do_not_hold_the_drain_up(sluice, backend):
    proxy = sluice(backend().address, timeouts={"drain": "20s"})
    idle = [connect(proxy.address) for _ in range(20)]
    with httpx.Client() as client:
        assert client.get(f"{proxy.url}/warm").status_code == 200
        proxy.signal(signal.SIGTERM)
        assert proxy.exit_code(10) == 0
    for link in idle:
        link.close()


def test_a_stream_that_never_ends_is_cut_at_the_deadline_and_the_exit_is_clean(sluice, backend):
    proxy = sluice(backend().address, timeouts={"drain": "1s"})
    client = connect(proxy.address)
    client.sendall(b"GET /sse/1000000?interval=50 HTTP/1.1\r\nHost: x\r\n\r\n")
    assert client.recv(4096).startswith(b"HTTP/1.1 200 ")
    proxy.signal(signal.SIGTERM)
    assert proxy.exit_code(15) == 0


def test_a_second_signal_stops_at_once(sluice, backend):
    proxy = sluice(backend().address, timeouts={"drain": "10m"})
    client = connect(proxy.address)
    client.sendall(b"GET /sse/1000000?interval=50 HTTP/1.1\r\nHost: x\r\n\r\n")
    assert client.recv(4096)
    proxy.signal(signal.SIGTERM)
    eventually(lambda: fetch(f"{proxy.admin}/readyz").status_code == 503, "draining")
    proxy.signal(signal.SIGTERM)
    assert proxy.exit_code(10) == 0


def test_sigint_drains_too(sluice, backend):
    proxy = sluice(backend().address)
    proxy.signal(signal.SIGINT)
    assert proxy.exit_code() == 0
