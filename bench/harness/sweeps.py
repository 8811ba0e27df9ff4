# SPDX-License-Identifier: Apache-2.0
"""How sluice's cost grows with one thing at a time: workers, connections, routes, nodes, bytes of a body. All points of
a sweep are measured in turns, as proxies are elsewhere."""
from __future__ import annotations

import dataclasses
import statistics

import tables
from measuring import Place, Plan, Sample, Void, run, say, write_paths
from peers import Proxy, Setting
from workloads import Workload


@dataclasses.dataclass(frozen=True)
class Sweep:
    name: str
    what: str
    points: tuple[int, ...]

    def workload(self, value: int) -> Workload:
        connections, path, setting = "64", "/", Setting(routes=10 if self.name == "routes" else 0)
        options: tuple[str, ...] = ()
        if self.name == "workers":
            setting = Setting(workers=value)
        elif self.name == "connections":
            connections, setting = str(value), Setting(connections=max(512, value))
        elif self.name == "routes":
            setting, options = Setting(routes=value), ("--paths", "{paths}")
        elif self.name == "nodes":
            setting = Setting(nodes=value)
        elif self.name == "body":
            path, options = f"/bytes/{value}", ("--expect", str(value))
        return Workload(f"{self.name}-{value}", self.what, "load",
                        ("--connections", connections, "--path", path, *options), setting)


SWEEPS = [
    Sweep("workers", "workers, 64 connections; with two, load and origin share a CPU with one of them", (1, 2)),
    Sweep("connections", "connections", (64, 512, 4096)),
    Sweep("routes", "routes, 1,000 of them asked in turn (all, where there are fewer)", (10, 1000, 100_000)),
    Sweep("nodes", "nodes of the one service", (2, 1000)),
    Sweep("body", "bytes of the response's body", (0, 64, 1024, 16_384, 65_536, 262_144, 1_048_576)),
]
MOST_NODES = 1000


def measure(sweep: Sweep, kind: type[Proxy], plan: Plan, place: Place) -> dict[int, list[Sample]]:
    """The samples of each point; an error ends the sweep."""
    workloads = {value: sweep.workload(value) for value in sweep.points}
    proxies: dict[int, Proxy] = {}
    samples: dict[int, list[Sample]] = {value: [] for value in sweep.points}
    try:
        for value, workload in workloads.items():
            proxies[value] = kind(workload.name, place, workload.setting)
        for number in range(plan.rounds + 1):
            for value, workload in workloads.items():
                write_paths(workload, place)
                sample = run(workload, proxies[value], place, plan.seconds)
                if number > 0:  # the first one warms up
                    samples[value].append(sample)
            say(f"  {sweep.name}: round {number} of {plan.rounds}")
    finally:
        for proxy in proxies.values():
            proxy.stop()
    return samples


def measure_all(kind: type[Proxy], plan: Plan, place: Place, found: dict[str, object]) -> None:
    print("### Sweeps\n\nGET, 64 connections where nothing else is said; sluice alone.\n")
    for sweep in SWEEPS:
        try:
            samples = measure(sweep, kind, plan, place)
        except (RuntimeError, Void) as problem:
            print(f"{sweep.name}: void: {problem}\n", flush=True)
            found[sweep.name] = {"what": sweep.what, "void": str(problem)}
            continue
        found[sweep.name] = {"what": sweep.what, "points": [
            {"at": value, "rounds": [dataclasses.asdict(one) for one in of]} for value, of in samples.items()]}
        print(table(sweep, samples), flush=True)


def table(sweep: Sweep, samples: dict[int, list[Sample]]) -> str:
    lines = [tables.header(sweep.name, "CPU us per request", "range", "to the first (quartiles)", "requests/s",
                           "p50 us", "p99 us", "PSS MiB")]
    first = [one.cpu_us for one in samples[sweep.points[0]]]
    for value, of in samples.items():
        cpu = tables.spread([one.cpu_us for one in of])
        ratio = tables.quartiles([one.cpu_us / base for one, base in zip(of, first, strict=True)])
        middle = {name: statistics.median(getattr(one, name) for one in of)
                  for name in ("per_second", "p50", "p99", "pss_kib")}
        lines.append(tables.row(f"{value:,}", f"{cpu.median:.2f}", f"{cpu.low:.2f}-{cpu.high:.2f}",
                                tables.shown(ratio), f"{middle['per_second']:,.0f}", f"{middle['p50']:,.0f}",
                                f"{middle['p99']:,.0f}", f"{middle['pss_kib'] / 1024:.1f}"))
    return f"{sweep.name}: {sweep.what}\n\n" + "\n".join(lines) + "\n"
