# SPDX-License-Identifier: Apache-2.0
"""wrk and h2load instead of the bench's own client: to see that a figure is not that client's doing. They compare no
bodies, and connect while the clock runs."""
from __future__ import annotations

import math
import re
import subprocess

import machine
from measuring import Sample, Void
from peers import Proxy
from workloads import Workload

TOOLS = ("wrk", "h2load")


def can(workload: Workload) -> bool:
    """Requests without a body on connections that stay."""
    return workload.tool == "load" and set(workload.options) <= {"--connections", "64", "512", "--tls"}


def run(tool: str, workload: Workload, proxy: Proxy, seconds: float) -> Sample:
    connections = workload.options[workload.options.index("--connections") + 1]
    url = f"{'https' if workload.setting.tls else 'http'}://127.0.0.1:{proxy.port}/"
    length = math.ceil(seconds)
    # The fields the bench's own client sends; h2load has a User-Agent of its own.
    fields = ["-H", "Accept: */*"]
    command = {"wrk": ["wrk", "-t1", f"-c{connections}", f"-d{length}s", "--latency", *fields, "-H",
                       "User-Agent: bench", url],
               "h2load": ["h2load", "--h1", "-t1", f"-c{connections}", f"-D{length}", *fields, url]}[tool]
    before = proxy.cpu_ns()
    output = subprocess.run(["taskset", "-c", str(machine.two_cpus()[1]), *command], capture_output=True, text=True,
                            check=False, timeout=length + 60).stdout
    cpu = proxy.cpu_ns() - before
    done = served(tool, output)
    return Sample(cpu / 1000 / done, done / length, p50=percentile(output, 50), p99=percentile(output, 99),
                  pss_kib=proxy.pss_kib(), done=done)


def served(tool: str, output: str) -> int:
    if tool == "wrk":
        wrong = re.search(r"Non-2xx.*|Socket errors.*", output)
        good = re.search(r"(\d+) requests in", output)
    else:
        good = re.search(r"(\d+) succeeded", output)
        wrong = re.search(r"[1-9]\d* (?:failed|errored|timeout)", output)
    if wrong or not good or int(good[1]) == 0:
        raise Void(f"{tool}: {wrong[0] if wrong else 'nothing was answered'}")
    return int(good[1])


def percentile(output: str, share: int) -> float:
    """Microseconds; 0 where the tool does not tell."""
    found = re.search(rf"^ +{share}% +([\d.]+)(us|ms|s)$", output, re.M)
    return float(found[1]) * {"us": 1, "ms": 1e3, "s": 1e6}[found[2]] if found else 0.0
