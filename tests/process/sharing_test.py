# SPDX-License-Identifier: Apache-2.0
"""Many clients over few pooled node connections: every request gets its own answer."""
import re
import subprocess
import threading

import httpx
import pytest

import nodes
from running import fetch


def test_every_answer_belongs_to_its_request(sluice, backend):
    proxy = sluice(backend().address, backend().address)
    right, wrong = [], []

    def talk(number):
        with httpx.Client(base_url=proxy.url, timeout=60) as client:
            for i in range(100):
                body = b"x" * (i * number % 3000)
                answer = client.post(f"/{number}/{i}?token={number}-{i}", content=body).json()
                is_mine = (answer["path"], answer["body_bytes"]) == (f"/{number}/{i}?token={number}-{i}", len(body))
                (right if is_mine else wrong).append((number, i, answer))

    threads = [threading.Thread(target=talk, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong and len(right) == 800


@pytest.mark.parametrize("connections", [64, 512])
@pytest.mark.parametrize("seconds", [1, pytest.param(20, marks=pytest.mark.long)])
def test_wrk_sees_no_error(sluice, started, folder, connections, seconds):
    root = folder / "root"
    root.mkdir()
    proxy = sluice(started(nodes.nginx(folder, root)).address)
    said = subprocess.run([nodes.need("wrk"), "-t2", f"-c{connections}", f"-d{seconds}s", f"{proxy.url}/x"],
                          capture_output=True, text=True, check=True).stdout
    print(said)
    assert "Socket errors" not in said and "Non-2xx" not in said, said
    assert int(re.search(r"(\d+) requests in", said)[1]) > 100


def test_a_connection_per_request_is_served_each_time(sluice, backend):
    proxy = sluice(backend().address)
    for number in range(200):
        answer = fetch(f"{proxy.url}/{number}", headers={"Connection": "close"})
        assert answer.status_code == 200 and answer.json()["path"] == f"/{number}"
