# SPDX-License-Identifier: Apache-2.0
"""The bench: sluice beside nginx, HAProxy, h2o and a bare relay, in the same run. scripts/bench.sh installs what it
needs and starts it."""
from __future__ import annotations

import argparse
import functools
import json
import os
import pathlib
import signal
import sys
import tempfile

import machine
import measuring
import outside
import peers
import plots
import profiling
import sweeps
import tables
from workloads import WORKLOADS, Workload


RESULTS = machine.ROOT / "build/bench-results/bench.json"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench.sh", description=__doc__, epilog="Workloads: " + ", ".join(one.name for one in WORKLOADS))
    parser.add_argument("binaries", nargs="*", metavar="[NAME=]BINARY",
                        help="sluice binaries to compare; default build/release/sluice")
    parser.add_argument("--quick", action="store_true", help="3 rounds of half a second")
    parser.add_argument("--only", metavar="NAME[,NAME]", help="these workloads")
    parser.add_argument("--rounds", type=int, help="default 7")
    parser.add_argument("--seconds", type=float, help="of one run; default 2")
    parser.add_argument("--peers", metavar="NAME[,NAME]", default=",".join(peers.PEERS), help="which; or none")
    parser.add_argument("--no-floor", action="store_true", help="without the relay")
    parser.add_argument("--profile", action="store_true",
                        help="also system calls, allocations and user instructions, each in a run of its own")
    parser.add_argument("--sweep", action="store_true",
                        help="instead: what sluice's cost is with more workers, connections, routes, nodes, bytes")
    parser.add_argument("--load", choices=outside.TOOLS, help="instead of the bench's own client, where that can be")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", default=RESULTS,
                        help="all rounds; plots of the same name go beside it; default build/bench-results/bench.json")
    parser.add_argument("--spoil", choices=["status", "body"],
                        help="the origin answers wrongly now and then: every workload must be void")
    parser.add_argument("--tools", type=pathlib.Path, default=machine.ROOT / "build/bench-tools",
                        help=argparse.SUPPRESS)
    return parser.parse_args()


def chosen_workloads(only: str | None) -> list[Workload]:
    if not only:
        return WORKLOADS
    known = {one.name: one for one in WORKLOADS}
    unknown = [name for name in only.split(",") if name not in known]
    if unknown:
        raise SystemExit(f"bench: no workload {unknown[0]}; there are {', '.join(known)}")
    return [known[name] for name in only.split(",")]


def chosen_sluices(binaries: list[str]) -> dict[str, type[peers.Proxy]]:
    found = {}
    for text in binaries or [str(machine.ROOT / "build/release/sluice")]:
        name, _, path = text.rpartition("=")
        if not os.access(path, os.X_OK):
            raise SystemExit(f"bench: no program {path}; scripts/build.sh builds one")
        name = name or ("sluice" if len(binaries) < 2 else path)
        if name in found:
            raise SystemExit(f"bench: {name} is given twice; NAME=BINARY tells them apart")
        found[name] = peers.sluice_of(pathlib.Path(path))
    return found


def plan_of(asked: argparse.Namespace) -> measuring.Plan:
    names = [] if asked.peers == "none" else asked.peers.split(",")
    for name in names:
        if name not in peers.PEERS:
            raise SystemExit(f"bench: no peer {name}; there are {', '.join(peers.PEERS)}")
    return measuring.Plan(rounds=asked.rounds or (3 if asked.quick else 7),
                          seconds=asked.seconds or (0.5 if asked.quick else 2.0),
                          peers={name: peers.PEERS[name] for name in names}, sluices=chosen_sluices(asked.binaries),
                          floor=not asked.no_floor,
                          run=functools.partial(outside.run, asked.load) if asked.load else None)


def add_profiles(workload: Workload, plan: measuring.Plan, place: peers.Place, outcomes: list[measuring.Outcome],
                 notes: dict[str, object]) -> None:
    kinds = measuring.subjects_of(workload, plan)
    for outcome in outcomes:
        if tables.usable(outcome) and outcome.kind != "direct":
            measuring.say(f"  {workload.name}: profile of {outcome.name}")
            outcome.profile = profiling.profile(workload, kinds[outcome.name], outcome.name, place,
                                                int(notes.get("rate", 0)))


def measure_all(workloads: list[Workload], plan: measuring.Plan, place: peers.Place, profiled: bool,
                found: dict[str, object]) -> list[tables.Verdict]:
    """Tables go out as they are made: who waits for the first need not wait for the last."""
    verdicts = []
    for workload in workloads:
        if plan.run and not outside.can(workload):
            measuring.say(f"  {workload.name}: not by this client")
            continue
        outcomes, notes = measuring.measure(workload, plan, place)
        if profiled and workload.tool != "idle" and not workload.reloads:
            add_profiles(workload, plan, place, outcomes, notes)
        found[workload.name] = tables.as_json(workload, outcomes, notes)
        verdicts += tables.verdicts(workload, outcomes)
        print(tables.table(workload, outcomes, notes), flush=True)
    print(tables.summary(verdicts), flush=True)
    return verdicts


def main() -> int:
    asked = arguments()
    workloads = chosen_workloads(asked.only)
    plan = plan_of(asked)
    machine.raise_descriptor_limit()
    tools = machine.build_tools(asked.tools)
    about = machine.describe()
    machine.leave_the_proxies_alone()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is stopped then too
    versions = {name: peers.version_of(name) for name in plan.peers}
    told = [f"{plan.rounds} rounds of {plan.seconds:g} s", str(about["cpu"]), f"{about['cpus']} CPUs",
            f"load {about['load']:.1f}", f"Linux {about['kernel']}",
            *[f"{name} {version}" for name, version in versions.items()]]
    print(", ".join(told) + "\n", flush=True)
    results: dict[str, object] = {"machine": about, "versions": versions, "rounds": plan.rounds,
                                  "seconds": plan.seconds, "workloads": {}, "sweeps": {}}
    verdicts: list[tables.Verdict] = []
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as name:
        folder = pathlib.Path(name)
        machine.make_certificate(folder)
        addresses = sweeps.MOST_NODES if asked.sweep else 1
        with measuring.origin(folder, tools, machine.two_cpus(), asked.spoil or "", addresses) as place:
            if asked.sweep:
                sweeps.measure_all(next(iter(plan.sluices.values())), plan, place, results["sweeps"])
            else:
                verdicts = measure_all(workloads, plan, place, asked.profile, results["workloads"])
    asked.json.parent.mkdir(parents=True, exist_ok=True)
    asked.json.write_text(json.dumps(results, indent=1) + "\n")
    for path in [asked.json, *plots.draw(results, asked.json.with_suffix(""))]:
        measuring.say(str(path))
    void = [one.void for one in verdicts if one.void] + [one for one in results["sweeps"].values() if "void" in one]
    return 1 if void else 0


if __name__ == "__main__":
    sys.exit(main())
