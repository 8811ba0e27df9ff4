# SPDX-License-Identifier: Apache-2.0
"""The access log when its file moves, its disk is full or nobody reads it: requests never wait, lines are never lost
unsaid."""
import json
import os
import re
import signal
import threading
import time

import httpx
import pytest

from running import connect, eventually, fetch


def ask(address: str, count: int, log: list) -> None:
    """Requests over one kept-alive connection; notes how long each took."""
    link = connect(address)
    for number in range(count):
        begun = time.monotonic()
        link.sendall(b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % number)
        got = b""
        while b"}" not in got.partition(b"\r\n\r\n")[2]:
            got += link.recv(65536)
        assert got.startswith(b"HTTP/1.1 200 ")
        log.append(time.monotonic() - begun)
    link.close()


def ask_side_by_side(address: str, clients: int, count: int, meanwhile=lambda: None) -> list[float]:
    took: list[float] = []
    threads = [threading.Thread(target=ask, args=(address, count, took)) for _ in range(clients)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        meanwhile()
    assert len(took) == clients * count
    return took


def dropped_lines(proxy) -> int:
    return int(float(re.search(r"^sluice_log_dropped_total (\S+)", fetch(f"{proxy.admin}/metrics").text, re.M)[1]))


def test_rotation_under_load_loses_no_line(sluice, backend, folder):
    log = folder / "access.log"
    proxy = sluice(backend().address, access_log={"path": str(log), "format": "json"})
    moved = []

    def rotate():
        if log.exists():
            moved.append(log.rename(folder / f"access.log.{len(moved)}"))
            proxy.signal(signal.SIGUSR1)
        eventually(log.exists, "a new file")
        threading.Event().wait(0.02)

    ask_side_by_side(proxy.address, 4, 1000, rotate)
    assert proxy.exit_code_after_stop() == 0
    lines = [line for file in [*moved, log] for line in file.read_text().splitlines()]
    assert len(moved) > 3 and len(lines) == 4000
    assert sorted(json.loads(line)["path"] for line in lines) == sorted(f"/{n}" for n in range(1000) for _ in range(4))


def test_a_full_disk_costs_lines_and_counts_them_but_no_request_waits(sluice, backend):
    proxy = sluice(backend().address, access_log={"path": "/dev/full"})
    took = ask_side_by_side(proxy.address, 4, 250)
    eventually(lambda: dropped_lines(proxy) == 1000, "every line is counted as dropped")
    assert max(took) < 5
    assert len([line for line in proxy.lines if "dropped until" in line]) == 1, "said once, not per line"


def test_a_log_nobody_reads_costs_lines_and_counts_them_but_no_request_waits(sluice, backend, folder):
    """A named pipe whose reader sleeps is full after 64 KiB, the rings after a megabyte each."""
    pipe = folder / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        proxy = sluice(backend().address, access_log={"path": str(pipe)})
        with httpx.Client(base_url=proxy.url, timeout=30) as client:
            path = "/" + "x" * 15_000
            for _ in range(250):  # 3.7 MB of lines, on at most two rings
                assert client.get(path).status_code == 200
        assert dropped_lines(proxy) > 0
        assert fetch(f"{proxy.admin}/healthz").status_code == 200
        assert proxy.exit_code_after_stop() == 0
    finally:
        os.close(reader)


@pytest.mark.skipif(os.getuid() != 0, reason="root may write everywhere; others may not mount")
def test_a_disk_that_has_room_again_gets_lines_again(sluice, backend, tiny_disk):
    log = tiny_disk / "access.log"
    proxy = sluice(backend().address, access_log={"path": str(log)})
    ballast = tiny_disk / "ballast"
    with open(ballast, "wb", buffering=0) as file, pytest.raises(OSError):
        while True:
            file.write(bytes(4096))
    ask_side_by_side(proxy.address, 2, 100)
    eventually(lambda: dropped_lines(proxy) > 0, "lines are dropped")
    ballast.unlink()

    def logged_again():
        fetch(f"{proxy.url}/again")
        return '"/again"' in log.read_text()

    eventually(logged_again, "the disk takes lines again")
    for line in log.read_text().splitlines()[-1:]:
        json.loads(line)
