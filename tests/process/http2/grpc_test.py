# SPDX-License-Identifier: Apache-2.0
"""gRPC through the proxy with grpcio as client and as server: the four kinds of calls, large messages, cancellation on
both sides, deadlines, and the gateway's own errors as grpc-status. Messages are bytes: no schema is compiled."""
import itertools
import threading
import time
from concurrent import futures

import grpc
import pytest

from h2_node import H2Node
from running import Sluice, configuration, eventually
from wire import CANCEL, DataFrame, RstStreamFrame, Wire
from witness import pattern

MESSAGE_LIMIT = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


class Guide(grpc.GenericRpcHandler):
    """What the server of these tests offers."""

    def __init__(self):
        self.cancelled = threading.Semaphore(0)
        self.entered = threading.Semaphore(0)
        self.metadata = []

    def service(self, call):
        kinds = {"Echo": grpc.unary_unary_rpc_method_handler, "Sum": grpc.stream_unary_rpc_method_handler,
                 "Count": grpc.unary_stream_rpc_method_handler, "Chat": grpc.stream_stream_rpc_method_handler,
                 "Hang": grpc.unary_unary_rpc_method_handler, "Refuse": grpc.unary_unary_rpc_method_handler,
                 "Endless": grpc.unary_stream_rpc_method_handler, "Break": grpc.unary_stream_rpc_method_handler}
        name = call.method.rpartition("/")[2]
        return kinds[name](getattr(self, name.lower())) if name in kinds else None

    def echo(self, request, context):
        self.metadata = list(context.invocation_metadata())
        context.send_initial_metadata((("x-initial", "1"),))
        context.set_trailing_metadata((("x-trailing", "2"), ("x-binary-bin", b"\0\xff")))
        return request

    def sum(self, requests, _):
        return str(sum(len(one) for one in requests)).encode()

    def count(self, request, _):
        for number in range(int(request)):
            yield str(number).encode()

    def chat(self, requests, _):
        for one in requests:
            yield one.upper()

    def hang(self, _, context):
        context.add_callback(self.cancelled.release)
        self.entered.release()
        while context.is_active():
            time.sleep(0.01)
        return b""

    def endless(self, _, context):
        context.add_callback(self.cancelled.release)
        for number in itertools.count():
            if not context.is_active():
                return
            yield b"%d" % number * 1000

    def refuse(self, _, context):
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, "not like this: 100 % größe")

    def break_(self, _, context):
        yield b"one"
        context.abort(grpc.StatusCode.DATA_LOSS, "broken")


setattr(Guide, "break", Guide.break_)


class Server:
    """grpcio's server on a port of its own."""

    def __init__(self):
        self.guide = Guide()
        self._server = grpc.server(futures.ThreadPoolExecutor(16), handlers=[self.guide], options=MESSAGE_LIMIT)
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def stop(self):
        self._server.stop(0).wait(20)


@pytest.fixture
def server(started):
    return started(Server())


@pytest.fixture
def proxy_to(started, folder, identity):
    def start(*addresses, protocol="http2", **changes):
        settings = configuration(addresses, **changes)
        certificate = {"certificate": str(identity.certificate), "key": str(identity.key)}
        settings["listeners"] = [{"name": "web", "address": "127.0.0.1:0", "protocols": ["http1", "h2c"]},
                                 {"name": "websecure", "address": "127.0.0.1:0",
                                  "tls": {"certificates": [certificate]}}]
        settings["services"][0]["protocol"] = protocol
        return started(Sluice(folder, settings))
    return start


class Channel:
    """grpcio's client; closed at the test's end."""

    def __init__(self, proxy, authority=None):
        if authority is None:
            self.channel = grpc.insecure_channel(proxy.addresses["web"], options=MESSAGE_LIMIT)
        else:
            trusted = grpc.ssl_channel_credentials(authority.certificate.read_bytes())
            self.channel = grpc.secure_channel(proxy.addresses["websecure"], trusted, options=[
                *MESSAGE_LIMIT, ("grpc.ssl_target_name_override", "site.test")])

    def __getattr__(self, name):
        kind = {"Echo": "unary_unary", "Sum": "stream_unary", "Count": "unary_stream", "Chat": "stream_stream",
                "Hang": "unary_unary", "Refuse": "unary_unary", "Endless": "unary_stream", "Break": "unary_stream",
                "Missing": "unary_unary"}[name]
        return getattr(self.channel, kind)(f"/routeguide.RouteGuide/{name}")

    def stop(self):
        self.channel.close()


@pytest.fixture
def channel(started):
    return lambda proxy, authority=None: started(Channel(proxy, authority))


@pytest.fixture(params=["h2c", "tls"])
def guide(request, server, proxy_to, channel, authority):
    """A client before the proxy before the server."""
    proxy = proxy_to(server.address)
    return channel(proxy, authority if request.param == "tls" else None)


def test_unary_with_metadata_both_ways(guide, server):
    answer, call = guide.Echo.with_call(b"hello", metadata=(("x-asked", "yes"), ("x-binary-bin", b"\xff\0")),
                                        timeout=20)
    assert answer == b"hello"
    assert ("x-asked", "yes") in server.guide.metadata and ("x-binary-bin", b"\xff\0") in server.guide.metadata
    assert ("x-initial", "1") in call.initial_metadata()
    assert {("x-trailing", "2"), ("x-binary-bin", b"\0\xff")} <= set(call.trailing_metadata())


@pytest.mark.parametrize("size", [0, 1, 16379, 16384, 65536, 1_000_000, 4_000_000])
def test_messages_of_any_size(guide, size):
    assert guide.Echo(pattern(size), timeout=20) == pattern(size)


def test_client_streaming(guide):
    assert guide.Sum(iter([b"x" * 1000] * 500), timeout=20) == b"500000"


def test_server_streaming(guide):
    assert list(guide.Count(b"2000", timeout=20)) == [str(number).encode() for number in range(2000)]


def test_both_sides_streaming_in_turn(guide):
    asked, heard = threading.Semaphore(1), []

    def requests():
        for number in range(50):
            assert asked.acquire(timeout=20)
            yield b"say %d" % number

    for answer in guide.Chat(requests(), timeout=20):
        heard.append(answer)
        asked.release()
    assert heard == [b"SAY %d" % number for number in range(50)]


def test_many_calls_at_once(guide):
    calls = [guide.Echo.future(b"%d" % number, timeout=20) for number in range(300)]
    assert [one.result() for one in calls] == [b"%d" % number for number in range(300)]


def test_a_status_of_the_server_comes_through(guide):
    with pytest.raises(grpc.RpcError) as failed:
        guide.Refuse(b"", timeout=20)
    assert (failed.value.code(), failed.value.details()) == (grpc.StatusCode.FAILED_PRECONDITION,
                                                             "not like this: 100 % größe")


def test_a_status_behind_messages_comes_through(guide):
    heard = []
    with pytest.raises(grpc.RpcError) as failed:
        for one in guide.Break(b"", timeout=20):
            heard.append(one)
    assert heard == [b"one"]
    assert failed.value.code() == grpc.StatusCode.DATA_LOSS


def test_a_method_the_server_has_not(guide):
    with pytest.raises(grpc.RpcError) as failed:
        guide.Missing(b"", timeout=20)
    assert failed.value.code() == grpc.StatusCode.UNIMPLEMENTED


def test_a_client_that_cancels_is_heard_by_the_server(guide, server):
    call = guide.Hang.future(b"")
    assert server.guide.entered.acquire(timeout=20)
    call.cancel()
    assert server.guide.cancelled.acquire(timeout=20), "the server works on for nobody"


def test_a_client_that_cancels_a_stream_is_heard_by_the_server(guide, server):
    call = guide.Endless(b"")
    for _ in range(100):
        next(call)
    call.cancel()
    assert server.guide.cancelled.acquire(timeout=20), "the server works on for nobody"


def test_the_clients_deadline_ends_the_call_on_both_sides(guide, server):
    begun = time.monotonic()
    with pytest.raises(grpc.RpcError) as failed:
        guide.Hang(b"", timeout=0.5)
    assert failed.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    assert time.monotonic() - begun < 5
    assert server.guide.cancelled.acquire(timeout=20)


# -- the gateway's own answers: always 200, trailers alone, application/grpc

def grpc_request(wire: Wire, path="/routeguide.RouteGuide/Echo", *, more=(), message=b"\0\0\0\0\0", end=True) -> int:
    stream = wire.request(path, method="POST", end=False,
                          fields=[("content-type", "application/grpc"), ("te", "trailers"), *more])
    if message is not None:
        wire.send(DataFrame(stream, message, flags=["END_STREAM"] if end else []))
    return stream


def expect_status(wire: Wire, stream: int, status: int) -> None:
    answer = wire.whole(stream)
    assert answer.status == 200 and not answer.trailers and not answer.body
    assert answer.field("content-type").startswith("application/grpc")
    assert answer.field("grpc-status") == str(status)
    assert answer.field("grpc-message")


@pytest.fixture
def wire_to(started):
    return lambda proxy: started(Wire(proxy.address))


def test_no_route_is_unimplemented(server, proxy_to, wire_to, channel):
    proxy = proxy_to(server.address,
                     routes=[{"name": "one", "match": {"path": {"prefix": "/elsewhere"}}, "service": "app"}])
    wire = wire_to(proxy)
    expect_status(wire, grpc_request(wire), 12)
    with pytest.raises(grpc.RpcError) as failed:
        channel(proxy).Echo(b"", timeout=20)
    assert failed.value.code() == grpc.StatusCode.UNIMPLEMENTED


def test_no_node_that_answers_is_unavailable(proxy_to, wire_to, channel):
    proxy = proxy_to("127.0.0.1:1")
    wire = wire_to(proxy)
    expect_status(wire, grpc_request(wire), 14)
    with pytest.raises(grpc.RpcError) as failed:
        channel(proxy).Echo(b"", timeout=20)
    assert failed.value.code() == grpc.StatusCode.UNAVAILABLE


def test_an_http1_node_is_unimplemented(backend, proxy_to, wire_to):
    wire = wire_to(proxy_to(backend().address, protocol="http1"))
    expect_status(wire, grpc_request(wire), 12)


def test_grpc_timeout_is_kept_by_the_gateway_itself(proxy_to, wire_to, started):
    node = started(H2Node())
    node.plays["/routeguide.RouteGuide/Hang"] = lambda one: None
    wire = wire_to(proxy_to(node.address))
    begun = time.monotonic()
    stream = grpc_request(wire, "/routeguide.RouteGuide/Hang", more=[("grpc-timeout", "300m")])
    expect_status(wire, stream, 4)
    assert 0.25 < time.monotonic() - begun < 5
    asked = node.first("/routeguide.RouteGuide/Hang")
    eventually(lambda: asked.reset == CANCEL, "the node's stream is cancelled")
    left = asked.one("grpc-timeout")
    assert left and left[-1] in "HMSmun" and int(left[:-1]) > 0


@pytest.mark.parametrize("value", ["", "5", "m", "1x", "-1S", "123456789S", "1.5S"])
def test_a_grpc_timeout_that_is_none_is_never_a_crash(server, proxy_to, wire_to, value):
    wire = wire_to(proxy_to(server.address))
    stream = grpc_request(wire, more=[("grpc-timeout", value)])
    wire.wait(lambda: wire.answer(stream).over, "an answer")
    wire.expect_alive()


def test_a_timeout_of_the_gateway_is_deadline_exceeded(proxy_to, wire_to, started):
    node = started(H2Node())
    node.plays["/routeguide.RouteGuide/Hang"] = lambda one: None
    wire = wire_to(proxy_to(node.address, timeouts={"upstream_head": "300ms", "stream_idle": "300ms"}))
    expect_status(wire, grpc_request(wire, "/routeguide.RouteGuide/Hang"), 4)


def test_a_node_that_resets_a_call_is_never_a_status_ok(proxy_to, wire_to, started):
    node = started(H2Node())

    def play(one):
        one.connection.headers(one.stream, [(":status", "200"), ("content-type", "application/grpc")])
        one.connection.body(one.stream, b"\0\0\0\0\1x", end=False)
        one.connection.reset(one.stream, 2)
    node.plays["/routeguide.RouteGuide/Echo"] = play
    wire = wire_to(proxy_to(node.address))
    stream = grpc_request(wire)
    wire.wait(lambda: wire.answer(stream).over, "the end")
    answer = wire.answer(stream)
    assert answer.reset not in (None, 0) or dict(answer.trailers).get("grpc-status") not in (None, "0")


def test_a_call_that_is_reset_at_each_step_is_reset_at_the_node(proxy_to, wire_to, started):
    node = started(H2Node())
    node.plays["/step"] = lambda one: None

    def reply(one):
        one.connection.headers(one.stream, [(":status", "200"), ("content-type", "application/grpc")])
    node.plays["/head"] = reply
    wire = wire_to(proxy_to(node.address))
    for path, message in (("/step", None), ("/step", b"\0\0\0\0\1"), ("/head", b"\0\0\0\0\1x")):
        before = len(node.at(path))
        stream = grpc_request(wire, path, message=message, end=False)
        asked = eventually(lambda p=path, b=before: len(node.at(p)) > b and node.at(p)[-1], "the call at the node")
        if path == "/head":
            wire.head(stream)
        wire.send(RstStreamFrame(stream, CANCEL))
        eventually(lambda one=asked: one.reset == CANCEL, f"cancelled at the node: {path} {message}")
    wire.expect_alive()


@pytest.mark.long
def test_ten_thousand_calls_on_few_connections(guide):
    for _ in range(20):
        calls = [guide.Echo.future(b"%d" % number, timeout=60) for number in range(500)]
        assert [one.result() for one in calls] == [b"%d" % number for number in range(500)]
