# SPDX-License-Identifier: Apache-2.0
"""Clients that others wrote: curl, nghttp, h2load, Node.js, python3-h2 and a browser, over h2c and TLS."""
import asyncio
import json
import re
import shutil
import socket
import subprocess
import threading

import h2.config
import h2.connection
import h2.events
import pytest
import websockets

from nodes import need
from running import Sluice, configuration
from wire import DataFrame, Wire
from witness import pattern


def run(*command, timeout: int = 60, **options) -> subprocess.CompletedProcess:
    done = subprocess.run([str(one) for one in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=timeout, check=False, **options)
    assert done.returncode == 0, (command, done.returncode, done.stdout[-2000:], done.stderr[-2000:])
    return done


def url(front, how: str, path: str = "/") -> str:
    return f"https://{front.secure}{path}" if how == "tls" else f"http://{front.plain}{path}"


def curl(how: str) -> list[str]:
    return [need("curl"), "-sS", "--max-time", "30", *(["-k", "--http2"] if how == "tls" else
                                                       ["--http2-prior-knowledge"])]


both = pytest.mark.parametrize("how", ["h2c", "tls"])


@both
def test_curl_gets_and_posts(front, folder, how):
    file = folder / "body"
    file.write_bytes(pattern(2_000_000))
    done = run(*curl(how), "-w", "%{stderr}%{http_version} %{http_code}", url(front, how, "/bytes/2000000"))
    assert (done.stdout, done.stderr) == (pattern(2_000_000), b"2 200")
    assert run(*curl(how), "--data-binary", f"@{file}", url(front, how, "/echo")).stdout == pattern(2_000_000)
    assert run(*curl(how), "-T", file, url(front, how, "/echo")).stdout == pattern(2_000_000)
    assert b"content-length: 1000" in run(*curl(how), "-I", url(front, how, "/bytes/1000")).stdout.lower()


def test_curl_takes_many_at_once_on_one_connection(front, folder):
    # With prior knowledge Debian's curl 7.88 fails at this with nghttpd too.
    wanted = [arg for number in range(50) for arg in ("-o", str(folder / f"{number}"),
                                                     url(front, "tls", f"/bytes/{number * 1000}"))]
    run(*curl("tls"), "-Z", "--parallel-max", "50", *wanted)
    for number in range(50):
        assert (folder / f"{number}").read_bytes() == pattern(number * 1000)


def test_curl_asks_for_an_upgrade_to_h2c_and_is_answered_in_http1(front):
    # RFC 9113 3.1 made that upgrade obsolete: the fields are dropped.
    done = run(need("curl"), "-sS", "--http2", "-w", "%{stderr}%{http_version}", url(front, "h2c", "/upgrade"))
    assert (done.stdout, done.stderr) == (b"hello", b"1.1")
    seen = front.witness.at("/upgrade")[-1]
    assert not seen.all("upgrade") and not seen.all("http2-settings")


@both
def test_nghttp_with_priorities_padding_and_small_windows(front, folder, how):
    file = folder / "body"
    file.write_bytes(pattern(300_000))
    base = [need("nghttp"), "-y", "-t", "30"]
    done = run(*base, "-b", "100", "-w", "10", "-W", "12", url(front, how, "/bytes/300000"))
    assert done.stdout == pattern(300_000)
    done = run(*base, "-d", file, "--no-content-length", "--trailer", "x-sum: 42", url(front, how, "/echo"))
    assert done.stdout == pattern(300_000)
    assert ("x-sum", "42") in [(name.lower(), value) for name, value in front.witness.at("/echo")[-1].trailers]
    verbose = run(*base, "-nv", *[url(front, how, f"/bytes/{number}") for number in range(20)]).stdout
    assert verbose.count(b":status: 200") == 20


@both
def test_h2load_gets_every_answer(front, how):
    done = run(need("h2load"), "-n", "3000", "-c", "8", "-m", "32", url(front, how, "/bytes/64"))
    assert b"3000 succeeded, 0 failed, 0 errored, 0 timeout" in done.stdout, done.stdout
    done = run(need("h2load"), "-n", "200", "-c", "4", "-m", "10", url(front, how, "/bytes/300000"))
    assert b"200 succeeded, 0 failed" in done.stdout, done.stdout


NODE_CLIENT = """
const http2 = require('http2');
const session = http2.connect(process.argv[2], {rejectUnauthorized: false});
session.on('error', problem => { console.log(JSON.stringify({error: String(problem)})); process.exit(1); });
const ask = (fields, body) => new Promise((resolve, reject) => {
    const stream = session.request(fields);
    const got = {status: 0, size: 0, sum: 0};
    stream.on('response', fields => { got.status = fields[':status']; });
    stream.on('data', piece => {
        got.size += piece.length;
        for (const byte of piece) got.sum += byte;
    });
    stream.on('end', () => resolve(got));
    stream.on('error', reject);
    if (body) stream.end(body); else stream.end();
});
const main = async () => {
    const small = await Promise.all([...Array(100).keys()].map(n => ask({':path': '/bytes/' + n * 100})));
    const big = await ask({':path': '/bytes/1000000'});
    const echo = await ask({':path': '/echo', ':method': 'POST'}, Buffer.alloc(1000000, 7));
    const left = session.request({':path': '/bytes/50000000'});
    await new Promise(resolve => left.once('data', resolve));
    left.close(http2.constants.NGHTTP2_CANCEL);
    const after = await ask({':path': '/'});
    console.log(JSON.stringify({small: small.map(one => [one.status, one.size]), big, echo, after}));
    session.close();
};
main().catch(problem => { console.log(JSON.stringify({error: String(problem)})); process.exit(1); });
"""


@both
def test_node_js(front, folder, how):
    script = folder / "client.js"
    script.write_text(NODE_CLIENT, encoding="ascii")
    found = json.loads(run(need("node"), script, url(front, how, "")).stdout)
    assert found["small"] == [[200, number * 100] for number in range(100)]
    assert (found["big"]["size"], found["big"]["sum"]) == (1_000_000, sum(pattern(1_000_000)))
    assert (found["echo"]["size"], found["echo"]["sum"]) == (1_000_000, 7_000_000)
    assert (found["after"]["status"], found["after"]["size"]) == (200, 5)


def page_of(front, resources: int) -> str:
    """A page that wants so many scripts, each of which counts itself."""
    front.witness.plays["/page"] = lambda exchange: exchange.answer(
        b"<!doctype html><title>0</title><body>" + b"".join(b'<script src="/script/%d"></script>' % number
                                                            for number in range(resources)) +
        b"<script>document.title = 'loaded ' + count</script></body>", fields="Content-Type: text/html\r\n") or True
    for number in range(resources):
        front.witness.plays[f"/script/{number}"] = lambda exchange: exchange.answer(
            b"var count = (window.count || 0) + 1; //" + b"x" * 3000,
            fields="Content-Type: text/javascript\r\n") or True
    return "/page"


def test_python_h2_loads_a_page_of_200_resources(front):
    page = page_of(front, 200)
    ip, _, port = front.plain.rpartition(":")
    with socket.create_connection((ip, int(port)), 30) as link:
        client = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        client.initiate_connection()
        bodies, ended, asked = {}, set(), []

        def ask(path):
            stream = client.get_next_available_stream_id()
            client.send_headers(stream, [(":method", "GET"), (":scheme", "http"), (":authority", "site.test"),
                                         (":path", path)], end_stream=True)
            bodies[stream] = b""

        def turn():
            link.sendall(client.data_to_send())
            data = link.recv(65536)
            assert data, "closed"
            for event in client.receive_data(data):
                if isinstance(event, h2.events.DataReceived):
                    bodies[event.stream_id] += event.data
                    client.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                elif isinstance(event, h2.events.StreamEnded):
                    ended.add(event.stream_id)
                assert not isinstance(event, (h2.events.StreamReset, h2.events.ConnectionTerminated)), event

        ask(page)
        while not ended:
            turn()
        asked = re.findall(r'src="([^"]+)"', bodies[1].decode())
        assert len(asked) == 200
        while len(ended) < 201:
            while asked and len(bodies) - len(ended) < 100:
                ask(asked.pop())
            turn()
        assert all(len(body) > 3000 for body in bodies.values())


@pytest.mark.long
def test_chromium_loads_a_page_of_200_resources(front, folder):
    program = shutil.which("chromium") or pytest.skip("chromium is not installed (scripts/deps.sh --long)")
    page = page_of(front, 200)
    done = run(program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
               "--ignore-certificate-errors", "--disable-background-networking", f"--user-data-dir={folder}/chromium",
               "--virtual-time-budget=20000", "--dump-dom", url(front, "tls", page), timeout=120)
    assert b"<title>loaded 200</title>" in done.stdout, done.stdout[-1000:]


# -- RFC 8441 to python3-websockets

class WebsocketNode:
    """Echoes; runs its loop in a thread of its own."""

    def __init__(self):
        self._loop = asyncio.new_event_loop()
        listening = threading.Event()

        async def echo(link):
            async for message in link:
                await link.send(message)

        async def serve():
            self._server = await websockets.serve(echo, "127.0.0.1", 0, max_size=None, subprotocols=["chat"])
            self.address = "127.0.0.1:%d" % self._server.sockets[0].getsockname()[1]
            listening.set()
            await self._server.wait_closed()

        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(serve()), daemon=True)
        self._thread.start()
        assert listening.wait(20)

    def stop(self):
        self._loop.call_soon_threadsafe(self._server.close)
        self._thread.join(20)


def frame(opcode: int, data: bytes) -> bytes:
    """A masked frame of a client, with a mask of zeros."""
    size = len(data)
    head = bytes([0x80 | opcode])
    if size < 126:
        head += bytes([0x80 | size])
    elif size < 65536:
        head += bytes([0x80 | 126]) + size.to_bytes(2, "big")
    else:
        head += bytes([0x80 | 127]) + size.to_bytes(8, "big")
    return head + b"\0\0\0\0" + data


def take_frame(data: bytes):
    """(opcode, payload, what is behind) or nothing yet."""
    if len(data) < 2:
        return None
    size, head = data[1] & 127, 2
    if size >= 126:
        wide = 2 if size == 126 else 8
        size, head = int.from_bytes(data[2:2 + wide], "big"), 2 + wide
    if len(data) < head + size:
        return None
    return data[0] & 15, data[head:head + size], data[head + size:]


def test_rfc8441_websocket_messages_are_echoed_whole(started, folder):
    node = started(WebsocketNode())
    settings = configuration([node.address])
    settings["listeners"] = [{"name": "web", "address": "127.0.0.1:0", "protocols": ["http1", "h2c"]}]
    proxy = started(Sluice(folder, settings))
    with Wire(proxy.address) as wire:
        stream = wire.new_stream()
        wire.send(wire.headers(stream, [(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"),
                                        (":path", "/"), (":authority", "site.test"), ("sec-websocket-version", "13"),
                                        ("sec-websocket-protocol", "chat")], end=False))
        answer = wire.head(stream)
        assert (answer.status, answer.field("sec-websocket-protocol")) == (200, "chat")
        at = 0
        for message in (b"", b"hello", b"x" * 125, b"x" * 126, b"x" * 65535, b"x" * 65536, pattern(1_000_000)):
            wire.upload(stream, frame(2, message), end=False)
            wire.wait(lambda start=at: take_frame(answer.body[start:]), f"an echo of {len(message)} bytes")
            opcode, echoed, behind = take_frame(answer.body[at:])
            assert (opcode, echoed) == (2, message)
            at = len(answer.body) - len(behind)
        # Beside the tunnel the connection serves requests: the node refuses what is no handshake.
        assert wire.get().status == 426
        wire.send(DataFrame(stream, frame(8, b"\x03\xe8")))
        wire.wait(lambda: answer.over, "the end of the tunnel")
        assert answer.ended
    assert proxy.alive()
