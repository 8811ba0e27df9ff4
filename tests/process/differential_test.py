# SPDX-License-Identifier: Apache-2.0
"""Whether the proxy and the servers behind it ever read a stream differently, which is what request smuggling needs.

Another run: pytest differential_test.py --seed 7 --streams 500. One stream again: --seed 7 --only 123. Streams that
were read differently are kept as files of their bytes in the folder SLUICE_FOUND.
"""
import collections
import os
import pathlib
import tempfile
import time

import pytest

from differential import comparing, recording, sending, streams

SMALL = 2_000
FULL = 100_000
FOUND = pathlib.Path(os.environ.get("SLUICE_FOUND", tempfile.gettempdir() + "/sluice-differential"))


def settings(nodes: dict, log: pathlib.Path) -> dict:
    """A listener, a route and a service for each node, and timeouts that end an unfinished stream soon."""
    return {
        "listeners": [{"name": name, "address": "127.0.0.1:0"} for name in nodes],
        "services": [{"name": name, "source": "fixed", "url": [node.address], "retries": {"attempts": 0}}
                     for name, node in nodes.items()],
        "routes": [{"name": name, "match": {"listeners": [name], "path": {"prefix": "/"}}, "service": name}
                   for name in nodes],
        "access_log": {"path": str(log), "format": "json"},
        "timeouts": {"client_head": "2s", "client_body_idle": "2s", "client_idle": "2s", "upstream_head": "10s"},
    }


def run(sluice, started, folder, made) -> tuple:
    """Sends the streams to every node; every node's side of the story and the time it took."""
    nodes = {}
    for name, start in recording.KINDS.items():
        home = folder / name
        home.mkdir()
        home.chmod(0o755)
        nodes[name] = started(start(home))
    log = folder / "access.log"
    proxy = sluice(**settings(nodes, log))
    began = time.monotonic()
    seen = sending.send(made, proxy.addresses)
    took = time.monotonic() - began
    for program in (proxy, *nodes.values()):  # what is written at the end of a request is then there
        program.stop()
    lines = comparing.access_log(log)
    sides = [comparing.Comparison(name, place, lines, recording.records(name, folder / name), seen[name])
             for place, name in enumerate(nodes)]
    for side in sides:
        side.compare(made)
    return sides, took


def keep(found, made, seed: int) -> None:
    """The bytes of every stream in question, to be sent again by hand."""
    by_number = {stream.number: stream for stream in made}
    FOUND.mkdir(parents=True, exist_ok=True)
    for number in {one.number for one in found} & by_number.keys():
        (FOUND / f"{seed}-{number}").write_bytes(by_number[number].data)


def tell(sides, made, took: float) -> None:
    kinds = collections.Counter(kind for stream in made for kind in stream.kinds)
    print(f"{len(made)} streams, {sum(stream.mutated for stream in made)} mutated requests to each of "
          f"{len(sides)} nodes in {took:.0f} s; {dict(kinds)}")
    for side in sides:
        print(f"{side.name}: {dict(sorted(side.counts.items()))}")


def check(sluice, started, folder, options, count: int, seed: int) -> None:
    seed = options.getoption("--seed") or seed
    only = options.getoption("--only")
    numbers = range(options.getoption("--streams") or count) if only is None else [only]
    made = [streams.make(seed, number) for number in numbers]
    sides, took = run(sluice, started, folder, made)
    tell(sides, made, took)
    found = [one for side in sides for one in side.found] + comparing.compare_nodes(sides)
    keep(found, made, seed)
    assert only is not None or all(side.counts["served"] > len(made) / 4 for side in sides), "too little was forwarded"
    text = "\n".join(f"{one.node}, stream {one.number}: {one.what[:1000]}" for one in found[:40])
    assert not found, f"{len(found)} disagreements with seed {seed}, streams kept in {FOUND}:\n{text}"


def test_nginx_apache_and_node_read_what_the_proxy_read(sluice, started, folder, request):
    check(sluice, started, folder, request.config, SMALL, seed=1)


@pytest.mark.long
def test_nginx_apache_and_node_read_what_the_proxy_read_of_a_hundred_thousand(sluice, started, folder, request):
    check(sluice, started, folder, request.config, FULL, seed=2)
