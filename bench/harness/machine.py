# SPDX-License-Identifier: Apache-2.0
"""What the kernel knows: which CPUs there are, what a process and its children used, which ports are free. And the
bench's own programs, built where they are older than their source."""
from __future__ import annotations

import contextlib
import functools
import os
import pathlib
import platform
import random
import re
import resource
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOLS = {"origin": [], "load": [], "streams": [], "echo": [], "idle": [], "multiplex": ["-lnghttp2"],
         "grpc_origin": ["-lnghttp2"]}  # and what they need beside OpenSSL


@functools.cache
def two_cpus() -> tuple[int, int]:
    """The proxies' and the one of load and origin: of two cores where there are two."""
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) < 2:
        raise SystemExit("bench: needs two CPUs, one for the proxies and one for load and origin")
    topology = pathlib.Path(f"/sys/devices/system/cpu/cpu{usable[0]}/topology/thread_siblings_list")
    shared: set[int] = set()
    with contextlib.suppress(OSError):
        for part in topology.read_text().strip().split(","):
            first, _, last = part.partition("-")
            shared |= set(range(int(first), int(last or first) + 1))
    return usable[0], next((one for one in usable[1:] if one not in shared), usable[1])


def leave_the_proxies_alone() -> None:
    """This process too stays off their CPU from here on."""
    os.sched_setaffinity(0, {two_cpus()[1]})


def raise_descriptor_limit() -> None:
    """Thousands of connections have their other end in one process: as many as may be."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def free_ports(count: int) -> list[int]:
    """Below those that the kernel gives to connections: no client can take one before its server does."""
    lowest = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    held: list[socket.socket] = []
    for port in random.sample(range(10_000, max(lowest, 20_000)), 1000):
        with contextlib.suppress(OSError):
            held.append(socket.create_server(("127.0.0.1", port)))
        if len(held) == count:
            break
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    found = [pid]
    for one in found:
        with contextlib.suppress(OSError):  # it may end meanwhile
            for task in pathlib.Path(f"/proc/{one}/task").iterdir():
                found += [int(child) for child in (task / "children").read_text().split()]
    return found


def cpu_ns(pid: int) -> int:
    """What a process and its children ran, those that ended among them. The clock of a process is the sum of the first
    figures of /proc/PID/task/*/schedstat and keeps what threads that ended had in theirs; ended children are kept by
    their parent in ticks, which matters only where a reload ends some."""
    total = 0
    for one in family(pid):
        with contextlib.suppress(OSError):
            total += time.clock_gettime_ns((~one << 3) | 2)
            after_name = pathlib.Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            total += (int(after_name[13]) + int(after_name[14])) * 1_000_000_000 // os.sysconf("SC_CLK_TCK")
    return total


def pss_kib(pid: int) -> int:
    """The proportional share of memory of a process and its children."""
    total = 0
    for one in family(pid):
        with contextlib.suppress(OSError):
            found = re.search(r"^Pss:\s+(\d+)", pathlib.Path(f"/proc/{one}/smaps_rollup").read_text(), re.M)
            total += int(found[1]) if found else 0
    return total


def describe() -> dict[str, object]:
    model = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    return {"cpu": model[1] if model else platform.machine(), "cpus": len(os.sched_getaffinity(0)),
            "kernel": platform.release(), "load": os.getloadavg()[0],
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}


def build_tools(into: pathlib.Path) -> dict[str, pathlib.Path]:
    """The programs of bench/tools and bench/floor, by name."""
    into.mkdir(parents=True, exist_ok=True)
    headers = list((ROOT / "bench/tools").glob("*.hpp"))
    built = {}
    wanted = [(ROOT / f"bench/tools/{name}.cpp", name, ["-lssl", "-lcrypto", *more]) for name, more in TOOLS.items()]
    wanted.append((ROOT / "bench/floor/relay.cpp", "relay", []))
    wanted.append((ROOT / "bench/floor/count_alloc.cpp", "count_alloc.so", ["-shared", "-fPIC"]))
    running = []
    for source, name, flags in wanted:
        target = into / name
        built[name] = target
        newest = max(one.stat().st_mtime for one in [source, *headers])
        if target.exists() and target.stat().st_mtime > newest:
            continue
        # Under another name first: several of us may build at the same time.
        half = into / f".{name}.{os.getpid()}"
        command = ["g++", "-std=c++20", "-O2", "-Wall", "-Wextra", str(source), "-o", str(half), *flags]
        running.append((subprocess.Popen(command), half, target))
    for process, half, target in running:
        if process.wait() != 0:
            raise SystemExit(f"bench: {target.name} does not build")
        half.replace(target)
    return built


def make_certificate(folder: pathlib.Path) -> None:
    """One of the elliptic curve P-256 for the site and the origin, and both parts in one file."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", "2", "-subj", "/CN=site.test",
                    "-addext", "subjectAltName=DNS:site.test,DNS:localhost,IP:127.0.0.1",
                    "-keyout", folder / "site.key", "-out", folder / "site.pem"],
                   check=True, stderr=subprocess.DEVNULL)
    (folder / "both.pem").write_text((folder / "site.pem").read_text() + (folder / "site.key").read_text())
