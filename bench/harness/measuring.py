# SPDX-License-Identifier: Apache-2.0
"""Runs a workload: every proxy in turn, round after round. A tool connects and says `ready`; then the counters are
read, it is told to go, and they are read again when it has said what it found, while its connections are still
there."""
from __future__ import annotations

import contextlib
import dataclasses
import json
import pathlib
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

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
    load_busy: float = 0.0    # share of the other CPU that load and origin took
    done: int = 0
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
    run: Callable[..., Sample] | None = None  # instead of the bench's own client


class Void(Exception):
    """Something was answered wrongly, or not at all."""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def origin(folder: pathlib.Path, tools: dict[str, pathlib.Path], cpus: tuple[int, int], spoil: str = "",
           addresses: int = 1) -> Iterator[Place]:
    """The servers behind all of them: one of HTTP/1.1, and one of HTTP/2 that gRPC needs."""
    plain, secure, grpc = machine.free_ports(3)
    command = ["taskset", "-c", str(cpus[1]), str(tools["origin"]), "--port", str(plain), "--addresses",
               str(addresses), "--tls-port", str(secure), "--certificate", str(folder / "site.pem"), "--key",
               str(folder / "site.key")]
    grpc_command = ["taskset", "-c", str(cpus[1]), str(tools["grpc_origin"]), "--port", str(grpc)]
    spoiling = ["--spoil", spoil] if spoil else []
    with subprocess.Popen(command + spoiling) as process, subprocess.Popen(grpc_command + spoiling) as grpc_process:
        try:
            yield Place(folder, tools, cpus[0], (process.pid, grpc_process.pid), plain, secure, grpc)
        finally:
            process.kill()
            grpc_process.kill()


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


def run(workload: Workload, proxy: Proxy, place: Place, seconds: float, rate: int = 0, *, requests: int = 0,
        around: Callable[[], contextlib.AbstractContextManager[None]] = contextlib.nullcontext) -> Sample:
    """One run of a tool against one proxy; `around` is entered when all is connected and nothing moves."""
    more = ["--requests", str(requests)] if requests else ["--seconds", str(seconds)]
    if workload.tool == "idle":
        more = []
    if rate:
        more += ["--path", f"/sse/{rate}"]
    with Tool(place, tool_command(workload, proxy, place, *more), patience=seconds + 120) as tool:
        tool.line()
        if workload.setting.log:
            proxy.forget_log()
        generation = proxy.generation()
        with around():
            memory, cpu, load = proxy.pss_kib(), proxy.cpu_ns(), load_ns(tool, place)
            tool.go()
            timers = reload_twice(proxy, seconds) if workload.reloads else []
            found = json.loads(tool.line())
            cpu, load = proxy.cpu_ns() - cpu, load_ns(tool, place) - load
            after = proxy.pss_kib()
        for one in timers:
            one.join()
    if found["errors"]:
        raise Void(f"{found['errors']} errors, the first: {found['first_error']}")
    if found["done"] == 0:
        raise Void("nothing was answered")
    if workload.reloads and proxy.generation() == generation:
        raise Void("it was told to reload and did not")
    if workload.setting.log:
        await_log(proxy, found["done"])
    sample = Sample(cpu / 1000 / found["done"], found["done"] / found["seconds"], found["p50"], found["p99"],
                    found["p999"], after, load / 1e9 / found["seconds"], found["done"], found["lost"])
    if workload.tool == "idle":
        sample.memory = (after - memory) * 1024 / found["done"]
    return sample


def load_ns(tool: Tool, place: Place) -> int:
    return sum(machine.cpu_ns(pid) for pid in (tool.process.pid, *place.origin_pids))


def await_log(proxy: Proxy, requests: int) -> None:
    """Who saves CPU by losing lines has not done the work."""
    until = time.monotonic() + 5
    while proxy.log_lines() < requests:
        if time.monotonic() > until:
            raise Void(f"{proxy.log_lines()} log lines of {requests} requests")
        time.sleep(0.2)


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


class Round:
    """The proxies of one workload, started and asked in turn."""

    def __init__(self, workload: Workload, plan: Plan, place: Place) -> None:
        self.workload, self.plan, self.place = workload, plan, place
        self.subjects = subjects_of(workload, plan)
        self.outcomes = {name: Outcome(name, kind.kind) for name, kind in self.subjects.items()}
        self.proxies: dict[str, Proxy] = {}
        self.rate = 0

    def ask(self, name: str, seconds: float) -> Sample:
        if self.plan.run:
            return self.plan.run(self.workload, self.proxies[name], seconds)
        return run(self.workload, self.proxies[name], self.place, seconds, self.rate)

    def start(self) -> None:
        """All of them, each asked for a while before anything counts."""
        warming = min(self.plan.seconds, 1.0)
        for name, kind in self.subjects.items():
            try:
                self.proxies[name] = kind(name, self.place, self.workload.setting)
                if self.workload.tool in ("load", "multiplex"):
                    self.ask(name, warming)
            except (RuntimeError, Void) as problem:
                self.outcomes[name].void = str(problem)
        if self.workload.rate:
            self.rate = keeping_up(self.workload, self.proxies, self.place, warming)

    def measure(self, number: int) -> None:
        """Everyone is first and last in some round, and not always behind the same one."""
        names = list(self.subjects)
        for name in names[number % len(names):] + names[:number % len(names)]:
            outcome = self.outcomes[name]
            if outcome.void:
                continue
            try:
                if self.workload.tool == "idle" and number > 0:
                    self.proxies[name].stop()  # what the last round left in the heap would serve this one
                    self.proxies[name] = self.subjects[name](name, self.place, self.workload.setting)
                outcome.samples.append(self.ask(name, self.plan.seconds))
            except (RuntimeError, Void) as problem:
                outcome.void = str(problem)

    def stop(self) -> None:
        for proxy in self.proxies.values():
            proxy.stop()


def measure(workload: Workload, plan: Plan, place: Place) -> tuple[list[Outcome], dict[str, object]]:
    """All rounds of one workload. What else there is to know about them comes second."""
    write_paths(workload, place)
    rounds = min(plan.rounds, 3) if workload.tool == "idle" else plan.rounds  # memory hardly varies
    asked = Round(workload, plan, place)
    try:
        asked.start()
        for number in range(rounds):
            asked.measure(number)
            say(f"  {workload.name}: round {number + 1} of {rounds}")
    finally:
        asked.stop()
    for outcome in asked.outcomes.values():
        if outcome.kind == "sluice" and sum(sample.lost for sample in outcome.samples) > 0:
            outcome.void = "a reload cost it connections"
    return list(asked.outcomes.values()), {"rate": asked.rate} if asked.rate else {}
