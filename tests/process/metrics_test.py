# SPDX-License-Identifier: Apache-2.0
"""The page of metrics of a running process: what it says of the connections to its nodes."""
import re
import threading

from running import connect, eventually, fetch


def upstream_connections(proxy) -> dict[str, float]:
    page = fetch(f"{proxy.admin}/metrics").text
    return {state: float(count) for state, count in
            re.findall(r'^sluice_upstream_connections\{service="app",state="(\w+)"\} (\S+)', page, re.M)}


def test_a_connection_to_a_node_is_active_while_it_answers_and_idle_after(sluice, scripted):
    node = scripted()
    proxy = sluice(node.address)
    arrived, go_on, seen = threading.Event(), threading.Event(), threading.Event()

    def play(link):
        arrived.set()
        go_on.wait(20)
        link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        seen.wait(20)

    assert upstream_connections(proxy) == {"active": 0, "idle": 0}
    node.play(play)
    client = connect(proxy.address)
    client.sendall(b"GET /1 HTTP/1.1\r\nHost: x\r\n\r\n")
    assert arrived.wait(20)
    assert upstream_connections(proxy) == {"active": 1, "idle": 0}
    go_on.set()
    assert client.recv(4096).startswith(b"HTTP/1.1 200 ")
    eventually(lambda: upstream_connections(proxy) == {"active": 0, "idle": 1}, "the connection is idle")
    seen.set()
