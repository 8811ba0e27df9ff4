# SPDX-License-Identifier: Apache-2.0
"""Slow clients, no descriptors left, nodes that die: the honest are served, nothing spins, nothing ends."""
import re
import signal
import subprocess
import threading
import time

import httpx
import pytest

from nodes import need
from running import connect, eventually, fetch, own_memory_kib

REQUEST = b"GET /bytes/1000 HTTP/1.1\r\nHost: x\r\n\r\n"


def slow_attack(proxy, connections: int, seconds: int):
    """slowhttptest's slow heads: a byte of a header field now and then, on every connection."""
    return subprocess.Popen([need("slowhttptest"), "-H", "-c", str(connections), "-r", str(connections), "-i", "5",
                             "-l", str(seconds), "-u", f"{proxy.url}/", "-p", "3"],
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")


def downstream_connections(proxy) -> float:
    page = fetch(f"{proxy.admin}/metrics").text
    return sum(float(n) for n in re.findall(r"^sluice_downstream_connections\{[^}]*\} (\S+)", page, re.M))


def serve_honest_requests_during(attack, proxy, connections: int):
    eventually(lambda: downstream_connections(proxy) >= connections * 0.9, "the slow connections are open")
    slowest = 0.0
    for number in range(50):
        begun = time.monotonic()
        assert fetch(f"{proxy.url}/{number}", timeout=30).status_code == 200
        slowest = max(slowest, time.monotonic() - begun)
    output = attack.communicate(timeout=120)[0]
    print(f"slowest honest request: {slowest * 1000:.0f} ms")
    assert proxy.alive(), output
    eventually(lambda: downstream_connections(proxy) <= 1, "the slow connections are closed", 60)


def test_200_slow_clients_leave_honest_requests_served(sluice, backend):
    proxy = sluice(backend().address, timeouts={"client_head": "8s"})
    serve_honest_requests_during(slow_attack(proxy, 200, 12), proxy, 200)


@pytest.mark.long
def test_2000_slow_clients_leave_honest_requests_served(sluice, backend):
    proxy = sluice(backend().address)
    serve_honest_requests_during(slow_attack(proxy, 2000, 30), proxy, 2000)


def test_out_of_descriptors_it_waits_without_spinning_and_recovers(sluice, backend):
    proxy = sluice(backend().address, descriptors=256)
    crowd = [connect(proxy.address) for _ in range(400)]
    assert fetch(f"{proxy.admin}/healthz", timeout=10).status_code == 200
    before, begun = proxy.cpu_seconds(), time.monotonic()
    threading.Event().wait(1.0)  # a spin shows as a second of CPU
    busy = (proxy.cpu_seconds() - before) / (time.monotonic() - begun)
    assert busy < 0.3, f"{busy:.0%} CPU with nothing to do"
    assert fetch(f"{proxy.admin}/metrics", timeout=10).status_code == 200
    for link in crowd:
        link.close()
    freed = time.monotonic()

    def served():
        try:
            return fetch(f"{proxy.url}/again", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    eventually(served, "a request is served again")
    recovered = time.monotonic() - freed
    print(f"{busy:.1%} CPU while out of descriptors, served again {recovered * 1000:.0f} ms after they came back")
    assert recovered < 1
    assert proxy.alive()


def test_a_killed_node_is_not_seen_by_clients_while_another_lives(sluice, backend):
    dying, living = backend(), backend()
    proxy = sluice(dying.address, living.address)
    with httpx.Client(base_url=proxy.url, timeout=30) as client:
        seen = {client.get(f"/{n}").json()["backend"] for n in range(20)}
        assert seen == {dying.address, living.address}
        dying.signal(signal.SIGKILL)
        dying.exit_code()
        for number in range(100):
            answer = client.get(f"/after/{number}")
            assert answer.status_code == 200
            assert answer.json()["backend"] == living.address
            assert answer.json()["path"] == f"/after/{number}"


def test_a_node_killed_under_load_costs_no_request_while_another_lives(sluice, backend):
    dying, living = backend(), backend()
    proxy = sluice(dying.address, living.address)
    over = threading.Event()
    served, wrong = [], []

    def ask():
        with httpx.Client(base_url=proxy.url, timeout=30) as client:
            while not over.is_set():
                answer = client.get("/under/load")
                (served if answer.status_code == 200 else wrong).append(answer.text)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    eventually(lambda: len(served) > 100, "both nodes are in use")
    dying.signal(signal.SIGKILL)
    dying.exit_code()
    after = len(served)
    eventually(lambda: len(served) > after + 300, "requests go on")
    over.set()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_node_killed_inside_a_body_is_never_a_clean_end(sluice, backend):
    node = backend()
    proxy = sluice(node.address)
    for path in ("/bytes/1000000000", "/sse/1000000?interval=1"):
        node = node if node.alive() else backend(node.address)
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            with httpx.stream("GET", proxy.url + path, timeout=30) as answer:
                assert answer.status_code == 200
                for count, _ in enumerate(answer.iter_raw()):
                    if count == 3:
                        node.signal(signal.SIGKILL)
        node.exit_code()


def test_all_nodes_dead_is_a_502_within_the_connect_deadline(sluice, backend):
    nodes = [backend(), backend()]
    proxy = sluice(*(node.address for node in nodes))
    for node in nodes:
        node.signal(signal.SIGKILL)
        node.exit_code()
    begun = time.monotonic()
    answer = fetch(f"{proxy.url}/x", timeout=30)
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "bad_gateway")
    assert time.monotonic() - begun < 9


def test_a_node_that_comes_back_is_used_again(sluice, backend):
    node = backend()
    proxy = sluice(node.address)
    assert fetch(f"{proxy.url}/1").status_code == 200
    node.signal(signal.SIGKILL)
    node.exit_code()
    assert fetch(f"{proxy.url}/2", timeout=30).status_code == 502
    backend(node.address)
    assert fetch(f"{proxy.url}/3", timeout=30).status_code == 200


# What 200 connections share (a block of the allocator here, a page of code there) weighs more on each of them.
@pytest.mark.parametrize("count, most", [(200, 4096), pytest.param(10_000, 2048, marks=pytest.mark.long)])
def test_idle_connections_are_kept_and_stay_useful_for_little_memory(sluice, backend, count, most):
    proxy = sluice(backend().address)
    for link in [connect(proxy.address) for _ in range(20)]:
        link.sendall(REQUEST)
        assert link.recv(4096)

    before = own_memory_kib(proxy.pid)
    links = []
    for _ in range(count):
        link = connect(proxy.address)
        link.sendall(REQUEST)
        got = b""
        while len(got.partition(b"\r\n\r\n")[2]) < 1000:
            got += link.recv(4096)
        links.append(link)
    growth = (own_memory_kib(proxy.pid) - before) * 1024 / count
    print(f"{growth:.0f} bytes of PSS for each of {count} idle connections")
    assert growth <= most or proxy.sanitized()
    for link in links[:: max(1, count // 100)]:
        link.sendall(REQUEST)
        assert link.recv(4096).startswith(b"HTTP/1.1 200 ")
