# SPDX-License-Identifier: Apache-2.0
"""The bench: sluice beside nginx, HAProxy, h2o and a bare relay, in the same run. scripts/bench.sh installs what it
needs and starts it."""
from __future__ import annotations

import argparse
import json
import os
import pathlib
import sys
import tempfile

import machine
import measuring
import peers
import tables
from workloads import WORKLOADS, Workload


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
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="all rounds as JSON")
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
                          peers={name: peers.PEERS[name] for name in names},
                          sluices=chosen_sluices(asked.binaries), spoil=asked.spoil or "")


def measure_all(workloads: list[Workload], plan: measuring.Plan, tools: dict[str, pathlib.Path],
                found: dict[str, object]) -> list[tables.Verdict]:
    """Tables go out as they are made: who waits for the first need not wait for the last."""
    verdicts = []
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        machine.make_certificate(folder)
        with measuring.origin(folder, tools, machine.two_cpus(), plan.spoil) as place:
            for workload in workloads:
                outcomes, notes = measuring.measure(workload, plan, place)
                found[workload.name] = tables.as_json(workload, outcomes, notes)
                verdicts += tables.verdicts(workload, outcomes)
                print(tables.table(workload, outcomes, notes), flush=True)
    return verdicts


def main() -> int:
    asked = arguments()
    workloads = chosen_workloads(asked.only)
    plan = plan_of(asked)
    machine.raise_descriptor_limit()
    tools = machine.build_tools(asked.tools)
    versions = {name: peers.version_of(name) for name in plan.peers}
    about = machine.describe()
    print(f"{plan.rounds} rounds of {plan.seconds:g} s, {about['cpu']}, {about['cpus']} CPUs, load "
          f"{about['load']:.1f}, Linux {about['kernel']}, "
          + ", ".join(f"{name} {version}" for name, version in versions.items()) + "\n", flush=True)
    found: dict[str, object] = {}
    verdicts = measure_all(workloads, plan, tools, found)
    print(tables.summary(verdicts), flush=True)
    if asked.json:
        asked.json.parent.mkdir(parents=True, exist_ok=True)
        asked.json.write_text(json.dumps({"machine": about, "versions": versions, "rounds": plan.rounds,
                                          "seconds": plan.seconds, "workloads": found}, indent=1) + "\n")
    return 1 if any(one.void for one in verdicts) else 0


if __name__ == "__main__":
    sys.exit(main())
