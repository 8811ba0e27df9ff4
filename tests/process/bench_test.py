# SPDX-License-Identifier: Apache-2.0
"""The bench itself: it measures, and a wrong answer costs a proxy its figure. Runs of a fifth of a second: no figure of
these means anything."""
import dataclasses
import json
import os
import pathlib
import subprocess
import sys

import pytest

BENCH = pathlib.Path(__file__).parents[2] / "bench/harness"
sys.path.insert(0, str(BENCH))

import measuring  # noqa: E402
import tables  # noqa: E402
from workloads import WORKLOADS, Workload  # noqa: E402

needs_two_cpus = pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="the bench needs two CPUs")
SMALL = Workload("small", "a small one", "load", at_most=0.9)


def bench(folder, *arguments: str) -> tuple[int, str, dict]:
    results = folder / "results.json"
    done = subprocess.run(
        [sys.executable, "-B", BENCH, "--rounds", "1", "--seconds", "0.2", "--peers", "none", "--json", results,
         *arguments, os.environ["SLUICE_BINARY"]],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=150, check=False)
    assert results.exists(), done.stdout
    return done.returncode, done.stdout, json.loads(results.read_text())["workloads"]


@needs_two_cpus
def test_each_kind_of_workload_gives_figures_of_sluice_and_the_floor(folder):
    names = ["small-get-64", "post-16k", "tls-handshake-resumed", "small-get-log", "websocket-echo", "reload-loaded",
             "h2-small-get"]
    code, output, found = bench(folder, "--only", ",".join(names))
    assert code == 0, output
    assert list(found) == names
    for name in names:
        sample = found[name]["subjects"]["sluice"]["rounds"][0]
        assert sample["cpu_us"] > 0 and sample["per_second"] > 0 and sample["p99"] >= sample["p50"] > 0, output
    assert found["small-get-64"]["subjects"]["relay"]["rounds"], output
    assert found["small-get-64"]["subjects"]["sluice"]["to_floor"]["median"] > 0


@needs_two_cpus
@pytest.mark.parametrize("fault, words", [("status", "status 500"), ("body", "a wrong byte in the body")])
def test_an_origin_that_answers_wrongly_now_and_then_voids_a_workload(folder, fault, words):
    code, output, found = bench(folder, "--only", "small-get-64", "--spoil", fault)
    assert code == 1, output
    for name in ("sluice", "relay"):
        assert words in found["small-get-64"]["subjects"][name]["void"], output
        assert "figure" not in found["small-get-64"]["subjects"][name]
    assert "| sluice | void: " in output


def outcome(name: str, kind: str, *cpu: float, void: str = "") -> measuring.Outcome:
    return measuring.Outcome(name, kind, [measuring.Sample(cpu_us=one) for one in cpu], void)


def test_ratios_are_those_of_each_round():
    # Both took twice as long in the second round: the ratio did not change.
    nginx, sluice = outcome("nginx", "nginx", 10, 20, 10), outcome("sluice", "sluice", 8, 16, 8)
    found = tables.ratio(SMALL, sluice, nginx)
    assert (found.low, found.median, found.high) == (0.8, 0.8, 0.8)


def test_the_best_peer_is_the_cheapest_that_made_no_mistake():
    peers = [outcome("nginx", "nginx", 12, 12), outcome("haproxy", "haproxy", 11, 11, void="2 errors"),
             outcome("relay", "relay", 5, 5), outcome("sluice", "sluice", 9, 9)]
    assert tables.best_peer(SMALL, peers).name == "nginx"
    verdict = tables.verdicts(SMALL, peers)[0]
    assert verdict.to_best.median == 0.75
    assert verdict.holds() is True


def test_a_void_figure_holds_nothing():
    others = outcome("nginx", "nginx", 12)
    verdict = tables.verdicts(SMALL, [others, outcome("sluice", "sluice", 1, void="an error")])[0]
    assert verdict.holds() is False
    assert verdict.to_best is None


def test_bounds_on_memory_are_in_bytes():
    idle = next(one for one in WORKLOADS if one.name == "idle-plain")
    kept = measuring.Outcome("sluice", "sluice", [measuring.Sample(memory=one) for one in (900, 1000, 3000)])
    assert tables.verdicts(idle, [kept])[0].holds() is True
    kept = dataclasses.replace(kept, samples=[measuring.Sample(memory=2049)])
    assert tables.verdicts(idle, [kept])[0].holds() is False
