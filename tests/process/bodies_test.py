# SPDX-License-Identifier: Apache-2.0
"""Bodies of every size through nginx, Apache and Node.js, both ways, byte for byte, by curl and by httpx."""
import hashlib
import random
import subprocess
import threading

import httpx
import pytest

from nodes import need
from running import connect

SIZES = [0, 1, 2**14 - 1, 2**14, 2**14 + 1, 10_000_000]
GIGABYTE = 2**30


def write_body(path, size: int) -> str:
    """A file nobody could guess a piece of, the same in every run; returns its digest."""
    digest = hashlib.sha256()
    random_bytes = random.Random(size)
    with open(path, "wb") as file:
        while size > 0:
            piece = random_bytes.randbytes(min(size, 2**20))
            digest.update(piece)
            file.write(piece)
            size -= len(piece)
    path.chmod(0o644)
    return digest.hexdigest()


def digest_of(path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def curl(*arguments, stdin=subprocess.DEVNULL) -> None:
    subprocess.run([need("curl"), "-sS", "--fail", "--max-time", "600", *map(str, arguments)], check=True, stdin=stdin)


@pytest.mark.parametrize("size", SIZES)
def test_a_download_by_curl_arrives_as_the_node_has_it(server, sluice, folder, size):
    proxy = sluice(server.address)
    digest = write_body(server.root / "body", size)
    curl("-o", folder / "got", f"{proxy.url}/files/body")
    assert (folder / "got").stat().st_size == size
    assert digest_of(folder / "got") == digest


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_an_upload_by_curl_arrives_as_the_client_sent_it(server, sluice, folder, size, framing):
    proxy = sluice(server.address)
    digest = write_body(folder / "sent", size)
    source = "-" if framing == "chunked" else folder / "sent"  # of a pipe curl does not know the length
    with open(folder / "sent", "rb") as stdin:
        curl("-T", source, "-o", "/dev/null", f"{proxy.url}/files/stored", stdin=stdin)
    assert (server.root / "stored").stat().st_size == size
    assert digest_of(server.root / "stored") == digest


def test_httpx_sends_and_gets_all_sizes_over_one_connection(server, sluice, folder):
    proxy = sluice(server.address)
    with httpx.Client(base_url=proxy.url, timeout=60) as client:
        for size in SIZES:
            digest = write_body(folder / "sent", size)
            assert client.put("/files/stored", content=(folder / "sent").read_bytes()).status_code in (201, 204)
            answer = client.get("/files/stored")
            assert answer.status_code == 200
            assert hashlib.sha256(answer.content).hexdigest() == digest


class Memory:
    """How far the resident size of a process rose above its start while the block ran, in KiB: the kernel's own peak."""

    def __init__(self, program):
        self._program = program
        self.growth = 0

    def __enter__(self):
        with open(f"/proc/{self._program.pid}/clear_refs", "w", encoding="ascii") as file:
            file.write("5")  # the peak starts anew at the size of now
        self._before = self._program.status("VmRSS")
        return self

    def __exit__(self, *_):
        self.growth = self._program.status("VmHWM") - self._before


@pytest.mark.parametrize("size", [64 * 2**20, pytest.param(GIGABYTE, marks=pytest.mark.long)])
def test_a_large_body_passes_both_ways_in_flat_memory(server, sluice, folder, size):
    proxy = sluice(server.address)
    digest = write_body(server.root / "body", size)
    curl("-o", folder / "warm", "-r", "0-1000", f"{proxy.url}/files/body")
    with Memory(proxy) as down:
        curl("-o", folder / "got", f"{proxy.url}/files/body")
    assert digest_of(folder / "got") == digest
    with Memory(proxy) as up:
        curl("-T", folder / "got", "-o", "/dev/null", f"{proxy.url}/files/stored")
    assert digest_of(server.root / "stored") == digest
    print(f"RSS growth: {down.growth} KiB down, {up.growth} KiB up")
    assert max(down.growth, up.growth) < 16 * 1024 or proxy.sanitized()


@pytest.mark.long
def test_a_slow_reader_does_not_make_the_proxy_buffer(server, sluice):
    proxy = sluice(server.address)
    with open(server.root / "body", "wb") as file:
        file.truncate(GIGABYTE)
    (server.root / "body").chmod(0o644)
    with Memory(proxy) as memory, httpx.stream("GET", f"{proxy.url}/files/body", timeout=60) as answer:
        pieces = answer.iter_raw(65536)
        for _ in range(20):  # about a megabyte, then nothing for as long as the node would need for all of it
            next(pieces)
        threading.Event().wait(3)
    print(f"RSS growth: {memory.growth} KiB")
    assert memory.growth < 16 * 1024


def test_a_node_that_does_not_read_stops_the_upload_instead_of_filling_memory(sluice, scripted):
    node = scripted()
    proxy = sluice(node.address)
    size = 64_000_000
    go_on, got = threading.Event(), []

    def play(link):
        go_on.wait(30)
        digest, left = hashlib.sha256(), size
        while left > 0:
            piece = link.recv(2**20)
            digest.update(piece)
            left -= len(piece)
        got.append(digest.hexdigest())
        link.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    node.play(play)
    body = random.Random(size).randbytes(size)
    client = connect(proxy.address)
    client.sendall(b"PUT /upload HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % size)
    with Memory(proxy) as memory:
        client.settimeout(1)  # a second without a byte taken: everything on the way is full
        sent = 0
        with pytest.raises(TimeoutError):
            while True:
                sent += client.send(body[sent:sent + 2**20])
        assert sent < size
        go_on.set()
        client.settimeout(30)
        client.sendall(body[sent:])
        assert client.recv(4096).startswith(b"HTTP/1.1 204 ")
    assert got == [hashlib.sha256(body).hexdigest()]
    assert memory.growth < 16 * 1024


def test_a_node_that_writes_byte_by_byte_is_relayed_whole(sluice, scripted):
    node = scripted()
    proxy = sluice(node.address)
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"

    def play(link):
        for byte in answer:
            link.sendall(bytes([byte]))
            threading.Event().wait(0.001)

    node.play(play)
    assert httpx.get(f"{proxy.url}/slow", timeout=30).text == "hello world"
