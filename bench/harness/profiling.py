# SPDX-License-Identifier: Apache-2.0
"""What a unit of work costs beside time: system calls (strace), allocations (a counter that is preloaded), user
instructions (perf where the machine counts them, callgrind elsewhere). None of these runs counts for anything else."""
from __future__ import annotations

import contextlib
import functools
import pathlib
import re
import signal
import struct
import subprocess
import time
from collections.abc import Iterator

import machine
from measuring import Void, run, say
from peers import Place, Proxy
from workloads import Workload

SECONDS = 1.0


def profile(workload: Workload, kind: type[Proxy], name: str, place: Place, rate: int) -> dict[str, float | None]:
    """Columns by name; nothing where something cannot be counted here."""
    found: dict[str, float | None] = {}
    for count in (system_calls, allocations, instructions):
        try:
            found.update(count(workload, kind, name, place, rate))
        except (RuntimeError, Void, OSError) as problem:
            say(f"bench: {name}, {workload.name}: {count.__name__}: {problem}")
    return found


@contextlib.contextmanager
def running(kind: type[Proxy], *arguments, **more) -> Iterator[Proxy]:
    proxy = kind(*arguments, **more)
    try:
        yield proxy
    finally:
        proxy.stop()


def is_traced(pid: int) -> bool:
    found = re.search(r"^TracerPid:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text(), re.M)
    return bool(found) and found[1] != "0"


@contextlib.contextmanager
def attached(command: list[str], pids: list[int], traces: bool) -> Iterator[None]:
    """A program that watches processes by their id until it is interrupted."""
    watcher = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 5
    while traces and time.monotonic() < until and not all(map(is_traced, pids)):
        time.sleep(0.02)
    if not traces:
        time.sleep(0.3)  # nothing tells when perf counts
    try:
        yield
    finally:
        watcher.send_signal(signal.SIGINT)
        watcher.wait()


def system_calls(workload: Workload, kind: type[Proxy], name: str, place: Place, rate: int) -> dict[str, float | None]:
    output = place.folder / "strace"
    with running(kind, name, place, workload.setting) as proxy:
        pids = machine.family(proxy.pid)
        command = ["strace", "-f", "-c", "-o", str(output), *[word for pid in pids for word in ("-p", str(pid))]]
        sample = run(workload, proxy, place, SECONDS, rate, around=lambda: attached(command, pids, traces=True))
    total = re.search(r"^ *100\.00 .* total$", output.read_text(), re.M)
    if not total:
        raise Void("strace counted nothing")
    cells = total[0].split()  # share, seconds, usecs a call, calls, errors where there are some, "total"
    if int(cells[3]) < sample.done / 100:
        raise Void("strace saw next to nothing")
    errors = int(cells[4]) if len(cells) > 5 else 0
    return {"system calls": int(cells[3]) / sample.done, "of these failed": errors / sample.done}


def allocations(workload: Workload, kind: type[Proxy], name: str, place: Place, rate: int) -> dict[str, float | None]:
    counter = place.folder / "allocations"
    counter.unlink(missing_ok=True)
    environment = {"LD_PRELOAD": str(place.tools["count_alloc.so"]), "COUNT_ALLOC_FILE": str(counter)}
    counts = []

    @contextlib.contextmanager
    def counting() -> Iterator[None]:
        counts.append(struct.unpack("=Q", counter.read_bytes())[0])
        yield
        counts.append(struct.unpack("=Q", counter.read_bytes())[0])

    with running(kind, name, place, workload.setting, environment=environment) as proxy:
        run(workload, proxy, place, SECONDS, rate)
        sample = run(workload, proxy, place, SECONDS, rate, around=counting)
    return {"allocations": (counts[1] - counts[0]) / sample.done}


def instructions(workload: Workload, kind: type[Proxy], name: str, place: Place, rate: int) -> dict[str, float | None]:
    counted = by_perf(workload, kind, name, place, rate)
    if counted is None:
        counted = by_callgrind(workload, kind, name, place, rate)
    return {"user instructions": counted}


@functools.cache
def perf_counts() -> bool:
    """Virtual machines often count no instructions."""
    command = ["perf", "stat", "-x,", "-e", "instructions:u", "true"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return re.search(r"^\d+,.*instructions", found.stderr, re.M) is not None


def by_perf(workload: Workload, kind: type[Proxy], name: str, place: Place, rate: int) -> float | None:
    if not perf_counts():
        return None
    output = place.folder / "perf"
    with running(kind, name, place, workload.setting) as proxy:
        run(workload, proxy, place, SECONDS, rate)
        pids = machine.family(proxy.pid)
        command = ["perf", "stat", "-x,", "-e", "instructions:u", "-o", str(output), "-p", ",".join(map(str, pids))]
        sample = run(workload, proxy, place, SECONDS, rate, around=lambda: attached(command, pids, traces=False))
    found = re.search(r"^(\d+),.*instructions", output.read_text(), re.M) if output.exists() else None
    output.unlink(missing_ok=True)
    return int(found[1]) / sample.done if found else None


def by_callgrind(workload: Workload, kind: type[Proxy], name: str, place: Place, rate: int) -> float:
    folder = place.folder / f"callgrind-{time.monotonic_ns()}"
    folder.mkdir()
    wrapper = ("valgrind", "--tool=callgrind", "--instr-atstart=no", "--trace-children=yes",
               f"--callgrind-out-file={folder}/out.%p", f"--log-file={folder}/log.%p")

    with running(kind, name, place, workload.setting, wrapper=wrapper) as proxy:
        def control(*words: str) -> None:
            for pid in machine.family(proxy.pid):
                subprocess.run(["callgrind_control", *words, str(pid)], check=False, timeout=60,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        @contextlib.contextmanager
        def counting() -> Iterator[None]:
            control("-i", "on")
            yield
            control("-d")  # what is counted is lost once instrumentation is off

        requests = 100 if "connection" in workload.unit else 2000
        if workload.tool == "streams":
            rate, requests = 1, 0  # fewer than it can bear at that speed
        sample = run(workload, proxy, place, SECONDS, rate, requests=requests, around=counting)
    total = sum(int(found[1]) for path in folder.glob("out.*")
                if (found := re.search(r"^(?:totals|summary): (\d+)", path.read_text(errors="replace"), re.M)))
    if total == 0:
        raise Void("callgrind counted nothing")
    return total / sample.done
