# SPDX-License-Identifier: Apache-2.0
"""Runs a workload: every proxy in turn, round after round. A tool connects and says `ready`; then the counters are read,
it is told to go, and they are read again when it has said what it found, while its connections are still there."""
from __future__ import annotations

import contextlib
import dataclasses
import json
import pathlib
import random
import subprocess
import sys
import threading
from collections.abc import Iterator

import machine
from peers import Direct, Place, Proxy, Relay, route_paths
from workloads import Workload


@dataclasses.dataclass
class Sample:
    """One proxy in one round."""
    cpu_us: float = 0.0       # of the proxy, a unit of work
    per_second: float = 0.0
    p50: float = 0.0          # microseconds
    p99: float = 0.0
    p999: float = 0.0
    pss_kib: int = 0
    load_busy: float = 0.0    # share of the other CPU that was in use
    lost: int = 0             # kept-alive connections closed before they answered (reloads only)
    memory: float = 0.0       # bytes a connection (idle ones only)


@dataclasses.dataclass
class Outcome:
    """One proxy in all rounds. One error and none of its figures counts."""
    name: str
    kind: str
    samples: list[Sample] = dataclasses.field(default_factory=list)
    void: str = ""
    profile: dict[str, float | None] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Plan:
    """How much is measured, and of whom."""
    rounds: int
    seconds: float
    peers: dict[str, type[Proxy]]
    sluices: dict[str, type[Proxy]]
    floor: bool = True
    spoil: str = ""


class Void(Exception):
    """Something was answered wrongly, or not at all."""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def origin(folder: pathlib.Path, tools: dict[str, pathlib.Path], cpus: tuple[int, int], spoil: str = "",
           addresses: int = 1) -> Iterator[Place]:
    """The server behind all of them."""
    plain, secure = machine.free_ports(2)
    command = ["taskset", "-c", str(cpus[1]), str(tools["origin"]), "--port", str(plain), "--addresses",
               str(addresses), "--tls-port", str(secure), "--certificate", str(folder / "site.pem"), "--key",
               str(folder / "site.key")]
    if spoil:
        command += ["--spoil", spoil]
    with subprocess.Popen(command) as process:
        try:
            yield Place(folder, tools, cpus[0], plain, secure)
        finally:
            process.kill()


class Tool:
    """A client of the bench at work."""

    def __init__(self, place: Place, command: list[str], patience: float) -> None:
        cpu = str(machine.two_cpus()[1])
        self.process = subprocess.Popen(["taskset", "-c", cpu, *command], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, bufsize=1)
        # What never answers is an error too, not a bench that hangs.
        self.watchdog = threading.Timer(patience, self.process.kill)
        self.watchdog.start()

    def __enter__(self) -> Tool:
        return self

    def __exit__(self, *_: object) -> None:
        self.watchdog.cancel()
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def line(self) -> str:
        text = self.process.stdout.readline()
        if not text:
            raise Void("the client gave up: connections were refused, or nothing came for too long")
        return text

    def go(self) -> None:
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write("go\n")
            self.process.stdin.flush()


def tool_command(workload: Workload, proxy: Proxy, place: Place, *more: str) -> list[str]:
    options = [str(place.folder / "paths") if one == "{paths}" else one for one in workload.options]
    return [str(place.tools[workload.tool]), "--port", str(proxy.port), *options, *more]


def write_paths(workload: Workload, place: Place) -> None:
    """1,000 of the routes, in an order that no cache expects."""
    paths = route_paths(workload.setting.routes) or ["/"]
    random.Random(1).shuffle(paths)
    (place.folder / "paths").write_text("".join(f"{path}/orders/1234\n" for path in paths[:1000]))


def reload_twice(proxy: Proxy, seconds: float) -> list[threading.Timer]:
    timers = [threading.Timer(seconds * share, proxy.reload) for share in (0.25, 0.6)]
    for one in timers:
        one.start()
    return timers


def run(workload: Workload, proxy: Proxy, place: Place, seconds: float, rate: int = 0) -> Sample:
    """One run of a tool against one proxy."""
    more = [] if workload.tool == "idle" else ["--seconds", f"{seconds}"]
    if rate:
        more += ["--path", f"/sse/{rate}"]
    load_cpu = machine.two_cpus()[1]
    with Tool(place, tool_command(workload, proxy, place, *more), patience=seconds + 120) as tool:
        tool.line()
        memory, cpu, busy = proxy.pss_kib(), proxy.cpu_ns(), machine.busy_ns(load_cpu)
        tool.go()
        timers = reload_twice(proxy, seconds) if workload.reloads else []
        found = json.loads(tool.line())
        cpu, busy = proxy.cpu_ns() - cpu, machine.busy_ns(load_cpu) - busy
        after = proxy.pss_kib()
        for one in timers:
            one.join()
    done = found["done"]
    if found["errors"]:
        raise Void(f"{found['errors']} errors, the first: {found['first_error']}")
    if done == 0:
        raise Void("nothing was answered")
    sample = Sample(cpu / 1000 / done, done / found["seconds"], found["p50"], found["p99"], found["p999"], after,
                    busy / 1e9 / found["seconds"], found["lost"])
    if workload.tool == "idle":
        first = int(workload.options[workload.options.index("--first") + 1])
        sample.memory = (after - memory) * 1024 / (done - first)
    return sample


def subjects_of(workload: Workload, plan: Plan) -> dict[str, type[Proxy]]:
    cannot = dict(workload.without)
    chosen: dict[str, type[Proxy]] = {"direct": Direct} if workload.direct else {}
    if workload.floor and plan.floor:
        chosen["relay"] = Relay
    chosen.update({name: kind for name, kind in plan.peers.items() if name not in cannot})
    chosen.update(plan.sluices)
    return chosen


def keeping_up(workload: Workload, proxies: dict[str, Proxy], place: Place, seconds: float) -> int:
    """The highest rate of events at which load and origin use less than 80 % of their CPU, whoever is between."""
    rate = workload.rate
    while rate > 1:
        busiest = 0.0
        for proxy in proxies.values():
            with contextlib.suppress(Void):
                busiest = max(busiest, run(workload, proxy, place, seconds, rate).load_busy)
        if busiest < 0.8:
            break
        rate = max(1, rate * 3 // 4)
    return rate


def measure(workload: Workload, plan: Plan, place: Place) -> tuple[list[Outcome], dict[str, object]]:
    """All rounds of one workload. What else there is to know about them comes second."""
    write_paths(workload, place)
    outcomes: dict[str, Outcome] = {}
    proxies: dict[str, Proxy] = {}
    notes: dict[str, object] = {}
    is_memory = workload.tool == "idle"
    rounds = min(plan.rounds, 3) if is_memory else plan.rounds
    subjects = subjects_of(workload, plan)
    try:
        for name, kind in subjects.items():
            outcomes[name] = Outcome(name, kind.kind)
            try:
                proxies[name] = kind(name, place, workload.setting)
                if not is_memory and not workload.rate:
                    run(workload, proxies[name], place, min(plan.seconds, 1.0))
            except (RuntimeError, Void) as problem:
                outcomes[name].void = str(problem)
        rate = 0
        if workload.rate:
            rate = notes["rate"] = keeping_up(workload, proxies, place, min(plan.seconds, 1.0))
        names = list(subjects)
        for number in range(rounds):
            # Everyone has been first and last, and behind everyone else.
            for name in names[number % len(names):] + names[:number % len(names)]:
                outcome = outcomes[name]
                if outcome.void:
                    continue
                try:
                    if is_memory and number > 0:
                        proxies[name].stop()  # what the last round left in the heap would count for this one
                        proxies[name] = subjects[name](name, place, workload.setting)
                    outcome.samples.append(run(workload, proxies[name], place, plan.seconds, rate))
                except (RuntimeError, Void) as problem:
                    outcome.void = str(problem)
            say(f"  {workload.name}: round {number + 1} of {rounds}")
        for outcome in outcomes.values():
            if outcome.kind == "sluice" and sum(sample.lost for sample in outcome.samples) > 0:
                outcome.void = "a reload cost requests"
    finally:
        for proxy in proxies.values():
            proxy.stop()
    return list(outcomes.values()), notes
