# SPDX-License-Identifier: Apache-2.0
"""What clients and nodes that do not read may make the proxy hold: so much for a connection and no more."""
import time

import pytest

from running import Sluice, configuration, own_memory_kib
from wire import INITIAL_WINDOW_SIZE, LARGEST_WINDOW, DataFrame, WindowUpdateFrame, Wire

SIZE = 1 << 30
BUDGET_KIB = 8 * 1024  # limits.h2.memory, of each connection
small_and_long = pytest.mark.parametrize("connections, streams", [
    (4, 50), pytest.param(10, 100, marks=pytest.mark.long)])


@pytest.fixture
def proxy_to(started, folder):
    def start(address):
        settings = configuration([address])
        settings["services"][0]["pool"] = {"idle": 512, "max": 2048}
        settings["listeners"] = [{"name": "web", "address": "127.0.0.1:0", "protocols": ["http1", "h2c"]}]
        return started(Sluice(folder, settings))
    return start


def settled_memory(proxy, wires) -> int:
    """The most it held until nothing had come for a while."""
    most, quiet = 0, time.monotonic()
    while time.monotonic() - quiet < 0.5:
        for wire in wires:
            if wire.step(0):
                quiet = time.monotonic()
                for answer in wire.answers.values():
                    answer.body = answer.body[-1:]  # ours is not the memory that is measured
        most = max(most, own_memory_kib(proxy.pid))
        time.sleep(0.01)
    return most


def held_by(proxy, before: int, most: int, connections: int) -> None:
    held = most - before
    print(f"{held / 1024:.1f} MiB for {connections} connections, {BUDGET_KIB * connections / 1024:.0f} MiB allowed")
    assert held < BUDGET_KIB * connections * 1.1 or proxy.sanitized()
    assert most < 100 * 1024 + BUDGET_KIB * connections or proxy.sanitized()


@small_and_long
@pytest.mark.parametrize("window", [1, 65535, 1 << 20])
def test_streams_whose_windows_are_shut_over_bodies_of_1_gb(backend, proxy_to, started, connections, streams, window):
    proxy = proxy_to(backend().address)
    before = own_memory_kib(proxy.pid)
    wires = [started(Wire(proxy.address, credit=False, settings={INITIAL_WINDOW_SIZE: window}))
             for _ in range(connections)]
    for wire in wires:
        wire.send(WindowUpdateFrame(0, LARGEST_WINDOW - 65535))
        for _ in range(streams):
            wire.request(f"/bytes/{SIZE}")
    most = settled_memory(proxy, wires)
    assert all(wire.answer(2 * number + 1).status == 200 for wire in wires for number in range(streams))
    held_by(proxy, before, most, connections)


@small_and_long
def test_sockets_nobody_reads_over_bodies_of_1_gb(backend, proxy_to, started, connections, streams):
    proxy = proxy_to(backend().address)
    before = own_memory_kib(proxy.pid)
    wires = [started(Wire(proxy.address, credit=False, settings={INITIAL_WINDOW_SIZE: LARGEST_WINDOW},
                          receive_buffer=8192)) for _ in range(connections)]
    for wire in wires:
        wire.send(WindowUpdateFrame(0, LARGEST_WINDOW - 65535))
        for _ in range(streams):
            wire.request(f"/bytes/{SIZE}")
    most, until = 0, time.monotonic() + 1.5
    while time.monotonic() < until:
        most = max(most, own_memory_kib(proxy.pid))
        time.sleep(0.01)
    held_by(proxy, before, most, connections)


@small_and_long
def test_uploads_to_a_node_that_does_not_read(own_front, started, connections, streams):
    front = own_front()
    front.witness.plays["/unread"] = lambda exchange: exchange.wait_for_test()
    before = own_memory_kib(front.proxy.pid)
    wires = [started(front.wire()) for _ in range(connections)]
    for wire in wires:
        wire.wait(lambda one=wire: one.settings, "SETTINGS")
        for stream in [wire.request("/unread", method="POST", end=False) for _ in range(streams)]:
            room = min(wire.windows[0], wire.windows[stream])
            while room > 0:
                piece = min(room, 16384)
                wire.windows[0] -= piece
                wire.windows[stream] -= piece
                room -= piece
                wire.send(DataFrame(stream, bytes(piece)))
    most = settled_memory(front.proxy, wires)
    held_by(front.proxy, before, most, connections)
