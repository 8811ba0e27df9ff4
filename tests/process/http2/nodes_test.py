# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 towards nodes: sharing of connections, GOAWAY and REFUSED_STREAM, flow control, trailers, what is broken off;
all four pairs of protocols; real servers. The node is python3-h2, which refuses what the proxy would send wrong."""
import re
import socket
import subprocess
import threading

import httpx
import pytest

import servers
from h2_node import H2Node
from nodes import need
from running import Sluice, configuration, connect, eventually, fetch
from tls_nodes import TlsNode
from wire import (CANCEL, ENHANCE_YOUR_CALM, HEADER_TABLE_SIZE, INITIAL_WINDOW_SIZE, INTERNAL_ERROR,
                  MAX_CONCURRENT_STREAMS, MAX_FRAME_SIZE, REFUSED_STREAM, DataFrame, RstStreamFrame, Wire)
from witness import pattern


@pytest.fixture
def node(started):
    return lambda identity=None, **options: started(H2Node(identity, **options))


@pytest.fixture
def proxy_to(started, folder):
    """The proxy before nodes that speak HTTP/2, with one worker: what is shared is then shared by all."""
    def start(*addresses, service=None, **changes):
        settings = configuration(addresses, **({"workers": 1} | changes))
        settings["listeners"] = [{"name": "web", "address": "127.0.0.1:0", "protocols": ["http1", "h2c"]}]
        settings["services"][0] |= {"protocol": "http2"} | (service or {})
        return started(Sluice(folder, settings))
    return start


@pytest.fixture
def wire_to(started):
    return lambda proxy, **options: started(Wire(proxy.address, **options))


# -- the four pairs

@pytest.mark.parametrize("client", ["http1", "h2"])
@pytest.mark.parametrize("kind", ["http1", "h2"])
def test_every_pair_of_protocols(node, proxy_to, wire_to, backend, client, kind):
    proxy = proxy_to(node().address) if kind == "h2" else proxy_to(backend().address, service={"protocol": "http1"})

    def ask(method, path, body=None):
        if client == "http1":
            with httpx.Client() as session:
                answer = session.request(method, proxy.url + path, content=body, timeout=30)
            return answer.status_code, answer.content, answer.headers
        answer = wire_to(proxy).get(path) if body is None and method == "GET" else None
        if answer is None:
            wire = wire_to(proxy)
            answer = wire.whole(wire.request(path, method=method, body=body))
        return answer.status, answer.body, dict(answer.fields)

    assert ask("GET", "/x")[0] == 200
    status, body, fields = ask("GET", "/bytes/1000000")
    assert (status, len(body), fields["content-length"]) == (200, 1_000_000, "1000000")
    status, body, fields = ask("HEAD", "/bytes/1000")
    assert (status, body) == (200, b"")
    status, body, _ = ask("POST", "/echo", pattern(1_000_000))
    assert status == 200
    assert body == pattern(1_000_000) if kind == "h2" else b'"body_bytes":1000000' in body


def test_what_an_http1_request_becomes(node, proxy_to):
    made = node()
    proxy = proxy_to(made.address)
    with connect(proxy.address) as link:
        link.sendall(b"POST /a%2Fb?c=d HTTP/1.1\r\nHost: Site.test:99\r\nConnection: X-Hop, TE, close\r\nX-Hop: 1\r\n"
                     b"TE: trailers, gzip\r\nKeep-Alive: 5\r\nCookie: a=1; b=2\r\nX-MiXed: Kept\r\n"
                     b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 42\r\n\r\n")
        assert link.recv(65536).startswith(b"HTTP/1.1 200 ")
    one = made.first("/a%2Fb?c=d")
    assert [field[0] for field in one.fields[:4]] and one.one(":authority").lower() == "site.test:99"
    assert (one.one(":method"), one.one(":scheme"), one.one("host")) == ("POST", "http", None)
    assert one.one("x-mixed") == "Kept"
    assert one.one("x-hop") is None and one.one("keep-alive") is None and one.one("te") in (None, "trailers")
    assert "; ".join(value for name, value in one.fields if name == "cookie") == "a=1; b=2"
    assert one.body == b"hello"
    eventually(lambda: one.trailers == [("x-sum", "42")], "the trailers")


def test_trailers_of_the_node_reach_both_kinds_of_clients(node, proxy_to, wire_to):
    made = node()
    made.answers["/x"] = lambda one: one.connection.answer(one.stream, b"hello", trailers=[("x-sum", "42")])
    proxy = proxy_to(made.address)
    answer = wire_to(proxy).get("/x")
    assert (answer.body, answer.trailers) == (b"hello", [("x-sum", "42")])
    with connect(proxy.address) as link:
        link.sendall(b"GET /x HTTP/1.1\r\nHost: x\r\nTE: trailers\r\nConnection: TE, close\r\n\r\n")
        got = b""
        while piece := link.recv(65536):
            got += piece
    assert re.search(rb"\r\n0\r\nx-sum: ?42\r\n\r\n$", got, re.I), got


def test_interim_heads_of_the_node(node, proxy_to, wire_to):
    made = node()

    def play(one):
        one.connection.headers(one.stream, [(":status", "103"), ("link", "</a.css>")])
        one.connection.answer(one.stream)
    made.plays["/x"] = play
    answer = wire_to(proxy_to(made.address)).get("/x")
    assert (answer.status, answer.body, [status for status, _ in answer.interim]) == (200, b"hello", [103])


@pytest.mark.parametrize("status", [204, 304])
def test_answers_without_a_body(node, proxy_to, wire_to, status):
    made = node()
    made.answers["/x"] = lambda one: one.connection.headers(one.stream, [(":status", str(status))], end=True)
    proxy = proxy_to(made.address)
    assert wire_to(proxy).get("/x").status == status
    assert fetch(f"{proxy.url}/x").status_code == status


# -- sharing

def hold(made, path="/held"):
    """Requests at that path are answered when the function given back is called."""
    held, lock = [], threading.Lock()

    def play(one):
        with lock:
            held.append(one)
    made.plays[path] = play

    def let_go():
        with lock:
            for one in held:
                one.connection.answer(one.stream)
            held.clear()
    let_go.held = held
    return let_go


def test_5_1_2_streams_share_one_connection(node, proxy_to, wire_to):
    made = node()
    let_go = hold(made)
    wire = wire_to(proxy_to(made.address))
    wire.get()
    streams = [wire.request("/held") for _ in range(60)]
    eventually(lambda: len(let_go.held) == 60, "60 requests at the node")
    assert len(made.connections) == 1
    let_go()
    assert all(wire.whole(one).body == b"hello" for one in streams)


def test_5_1_2_a_full_connection_gets_another_one_beside_it(node, proxy_to, wire_to):
    made = node(settings={MAX_CONCURRENT_STREAMS: 5})
    let_go = hold(made)
    wire = wire_to(proxy_to(made.address))
    wire.get()
    streams = [wire.request("/held") for _ in range(12)]
    eventually(lambda: len(let_go.held) == 12, "12 requests at the node")
    assert 3 <= len(made.connections) <= 5
    print(f"{made.refused} refused before the node's SETTINGS were known, {len(made.connections)} connections")
    assert max(sum(one.connection is each for one in let_go.held) for each in made.connections) <= 5
    let_go()
    assert all(wire.whole(one).status == 200 for one in streams)


def test_6_8_goaway_finishes_what_is_there_and_opens_another(node, proxy_to, wire_to):
    made = node()
    let_go = hold(made)
    wire = wire_to(proxy_to(made.address))
    stream = wire.request("/held")
    one = made.first("/held")
    one.connection.go_away(one.stream)
    eventually(lambda: wire.get("/next").status == 200 and made.at("/next")[-1].connection is not one.connection,
               "another connection")
    let_go()
    assert wire.whole(stream).body == b"hello"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_6_8_a_request_above_the_last_stream_of_goaway_is_asked_again(node, proxy_to, wire_to, method):
    made = node()
    first = []

    def play(one):
        if not first:
            first.append(one)
            one.connection.go_away(0)
        else:
            one.connection.answer(one.stream, b"second")
    made.plays["/x"] = play
    wire = wire_to(proxy_to(made.address))
    assert wire.whole(wire.request("/x", method=method)).body == b"second"
    assert len(made.at("/x")) == 2


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_8_7_a_refused_stream_is_asked_again(node, proxy_to, wire_to, method):
    made = node()

    def play(one):
        if len(made.at("/x")) == 1:
            one.connection.reset(one.stream, REFUSED_STREAM)
        else:
            one.connection.answer(one.stream, b"second")
    made.plays["/x"] = play
    wire = wire_to(proxy_to(made.address))
    assert wire.whole(wire.request("/x", method=method)).body == b"second"


@pytest.mark.parametrize("code", [INTERNAL_ERROR, CANCEL, ENHANCE_YOUR_CALM])
def test_8_7_a_reset_that_proves_nothing_does_not_repeat_a_post(node, proxy_to, wire_to, code):
    made = node()
    made.plays["/x"] = lambda one: one.connection.reset(one.stream, code)
    wire = wire_to(proxy_to(made.address))
    assert wire.whole(wire.request("/x", method="POST")).status == 502
    assert len(made.at("/x")) == 1
    assert wire.get("/next").status == 200
    assert len(made.connections) == 1, "the connection itself was fine"


def test_a_stream_reset_inside_a_body_is_broken_for_the_client_too(node, proxy_to, wire_to):
    made = node()

    def play(one):
        one.connection.headers(one.stream, [(":status", "200")])
        one.connection.body(one.stream, b"half", end=False)
        one.connection.reset(one.stream, INTERNAL_ERROR)
    made.plays["/x"] = play
    proxy = proxy_to(made.address)
    wire = wire_to(proxy)
    stream = wire.request("/x")
    wire.wait(lambda: wire.answer(stream).over, "the end")
    assert wire.answer(stream).reset not in (None, 0)
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        fetch(f"{proxy.url}/x")


def test_a_reset_with_no_error_behind_a_whole_answer_is_fine(node, proxy_to, wire_to):
    made = node()

    def play(one):
        one.connection.answer(one.stream, b"early")
        one.connection.reset(one.stream, 0)
    made.plays["/early"] = play
    wire = wire_to(proxy_to(made.address))
    stream = wire.request("/early", method="POST", end=False, fields=[("content-length", "100000")])
    assert wire.whole(stream).body == b"early"
    assert wire.get().status == 200


def test_a_body_shorter_than_its_length_is_broken_for_the_client_too(node, proxy_to, wire_to):
    made = node()
    made.answers["/x"] = lambda one: one.connection.answer(one.stream, b"half", fields=[("content-length", "1000")])
    proxy = proxy_to(made.address)
    wire = wire_to(proxy)
    stream = wire.request("/x")
    wire.wait(lambda: wire.answer(stream).over, "the end")
    assert wire.answer(stream).reset not in (None, 0)


def test_a_node_that_closes_all_in_the_middle(node, proxy_to, wire_to):
    made = node()
    hold(made)
    wire = wire_to(proxy_to(made.address))
    streams = [wire.request("/held", method="POST") for _ in range(10)]
    eventually(lambda: len(made.at("/held")) == 10, "10 requests at the node")
    for one in made.connections:
        one.close()
    assert [wire.whole(one).status for one in streams] == [502] * 10
    assert wire.get().status == 200


def test_a_client_that_resets_cancels_the_nodes_stream_alone(node, proxy_to, wire_to):
    made = node()
    hold(made)
    wire = wire_to(proxy_to(made.address))
    stream = wire.request("/held")
    one = made.first("/held")
    wire.send(RstStreamFrame(stream, CANCEL))
    eventually(lambda: one.reset is not None, "RST_STREAM at the node")
    assert one.reset == CANCEL
    assert wire.get().status == 200
    assert len(made.connections) == 1


def test_a_client_that_resets_inside_bodies_cancels_the_nodes_stream(node, proxy_to, wire_to):
    made = node()

    def play(one):
        one.connection.headers(one.stream, [(":status", "200")])
        one.connection.body(one.stream, bytes(50_000_000), end=False)
    made.plays["/x"] = play
    wire = wire_to(proxy_to(made.address), credit=False)
    stream = wire.request("/x")
    wire.wait(lambda: len(wire.answer(stream).body) == 65535, "a full window")
    upload = wire.request("/up", method="POST", end=False)
    wire.send(DataFrame(upload, b"some"))
    first, second = made.first("/x"), made.first("/up")
    wire.send(RstStreamFrame(stream, CANCEL), RstStreamFrame(upload, CANCEL))
    eventually(lambda: first.reset == CANCEL and second.reset == CANCEL, "RST_STREAM of both at the node")


# -- flow control

@pytest.mark.parametrize("settings", [{INITIAL_WINDOW_SIZE: 1000}, {INITIAL_WINDOW_SIZE: 65535},
                                      {MAX_FRAME_SIZE: 1 << 20}, {HEADER_TABLE_SIZE: 0}], ids=str)
def test_6_9_what_the_node_settles_is_obeyed(node, proxy_to, wire_to, settings):
    wire = wire_to(proxy_to(node(settings=settings).address))
    wire.get()
    assert wire.whole(wire.request("/echo", method="POST", body=pattern(300_000))).body == pattern(300_000)


def test_6_9_2_a_node_without_a_window_at_first(node, proxy_to, wire_to):
    made = node(settings={INITIAL_WINDOW_SIZE: 0})
    wire = wire_to(proxy_to(made.address))
    wire.get("/first", method="HEAD")
    stream = wire.request("/echo", method="POST", body=b"patience")
    one = made.first("/echo")
    wire.expect_alive()
    assert not one.body and not one.ended
    with one.connection.lock:
        one.connection.h2.increment_flow_control_window(100, one.stream)
        one.connection.flush()
    assert wire.whole(stream).body == b"patience"


def test_5_2_an_answer_nobody_reads_holds_up_no_other_on_the_same_node_connection(node, proxy_to, wire_to):
    made = node()
    proxy = proxy_to(made.address)
    wire = wire_to(proxy, credit=False)
    stalled = wire.request("/bytes/5000000")
    wire.wait(lambda: len(wire.answer(stalled).body) == 65535, "a full window")
    other = wire_to(proxy)
    for _ in range(10):
        assert len(other.get("/bytes/100000").body) == 100_000
    assert len(made.connections) == 1


def test_5_2_a_node_that_gives_no_credit_stops_the_client_too(node, proxy_to, wire_to):
    made = node(reads=False)
    wire = wire_to(proxy_to(made.address))
    wire.get()
    stream = wire.request("/x", method="POST", end=False)
    sent = 0
    while sent < 8_000_000:
        while wire.step(0.3 if min(wire.windows[0], wire.windows[stream]) <= 0 else 0):
            pass
        room = min(wire.windows[0], wire.windows[stream], 16384)
        if room <= 0:
            break
        wire.windows[0] -= room
        wire.windows[stream] -= room
        wire.send(DataFrame(stream, bytes(room)))
        sent += room
    assert sent < 2_000_000, "the proxy takes what it cannot pass on"


# -- nodes that are something else

def test_a_node_that_speaks_http1_only_is_502(backend, proxy_to, wire_to):
    assert wire_to(proxy_to(backend().address)).get().status == 502


@pytest.mark.parametrize("wrong", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\0\0\0\6\0\0\0\0\0", b"\xff" * 100, b""])
def test_3_4_a_node_that_does_not_begin_with_settings_is_502(proxy_to, wire_to, wrong, started):
    class Server:
        def __init__(self):
            self.listener = socket.create_server(("127.0.0.1", 0))
            self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
            threading.Thread(target=self.run, daemon=True).start()

        def run(self):
            while True:
                try:
                    link, _ = self.listener.accept()
                except OSError:
                    return
                link.sendall(wrong)
                link.recv(1000)
                link.close()

        def stop(self):
            self.listener.close()

    assert wire_to(proxy_to(started(Server()).address)).get(method="POST").status == 502


TLS = {"mode": "tls", "verify": False}


@pytest.mark.parametrize("protocol", ["http2", "auto"])
def test_a_node_that_chooses_h2_by_alpn(node, identity, proxy_to, wire_to, protocol):
    made = node(identity)
    wire = wire_to(proxy_to(made.address, service={"protocol": protocol, "tls": TLS}))
    assert [wire.get().status for _ in range(5)] == [200] * 5
    assert len(made.connections) == 1
    assert made.asked[0].one(":scheme") == "https"


def test_auto_takes_http1_where_that_is_chosen(identity, proxy_to, wire_to, started):
    made = started(TlsNode(identity))
    wire = wire_to(proxy_to(made.address, service={"protocol": "auto", "tls": TLS}))
    assert wire.get().body == b"hello"
    assert made.handshakes[0][1] == "http/1.1"


def test_http2_is_not_forced_on_a_tls_node_that_does_not_choose_it(identity, proxy_to, wire_to, started):
    made = started(TlsNode(identity))
    assert wire_to(proxy_to(made.address, service={"tls": TLS})).get().status == 502
    assert made.requests == 0


@pytest.mark.parametrize("kind", ["nghttpd", "nginx"])
@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
def test_real_nodes(started, folder, identity, proxy_to, wire_to, kind, secure):
    made = started(getattr(servers, kind)(folder / "node", identity if secure else None))
    content = pattern(3_000_000)
    (made.root / "large").write_bytes(content)
    proxy = proxy_to(made.address, service={"tls": TLS} if secure else {})
    wire = wire_to(proxy)
    assert wire.get("/files/large").body == content
    with httpx.Client() as client:
        assert client.get(f"{proxy.url}/files/large").content == content
        if kind == "nginx":
            assert client.put(f"{proxy.url}/files/stored", content=content).status_code == 201
            assert (made.root / "stored").read_bytes() == content
        else:
            assert client.post(f"{proxy.url}/echo", content=content).content == content
    load = subprocess.run([need("h2load"), "-n", "2000", "-c", "4", "-m", "20", f"{proxy.url}/files/index.html"],
                          capture_output=True, text=True, timeout=60, check=True)
    assert re.search(r"2000 succeeded, 0 failed, 0 errored", load.stdout), load.stdout
    assert proxy.alive()


def test_a_node_that_restarts_is_used_again(started, folder, proxy_to, wire_to):
    made = started(servers.nghttpd(folder / "node"))
    proxy = proxy_to(made.address)
    wire = wire_to(proxy)
    assert wire.get("/files/index.html").status == 200
    made.stop()
    assert wire.get("/files/index.html").status == 502
    again = started(servers.nghttpd(folder / "node", None, port=made.address.rpartition(":")[2]))
    assert again.address == made.address
    assert wire.get("/files/index.html").status == 200


def test_a_node_killed_under_load_costs_no_request_while_another_lives(node, proxy_to, wire_to):
    dying, living = node(), node()
    proxy = proxy_to(dying.address, living.address)
    wire = wire_to(proxy)
    for number in range(10):
        assert wire.get(f"/{number}").status == 200
    dying._listener.close()  # pylint: disable=protected-access
    for one in dying.connections:
        one.close()
    for number in range(50):
        assert wire.get(f"/after/{number}").status == 200
