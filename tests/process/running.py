# SPDX-License-Identifier: Apache-2.0
"""Programs under test: started, watched line by line on stderr, always stopped."""
import contextlib
import json
import os
import pathlib
import re
import resource
import signal
import socket
import subprocess
import threading
import time

import httpx

import isolation

PATIENCE = 30.0  # seconds until something that must happen is called missing; generous for sanitizer builds


def eventually(check, what: str, patience: float = PATIENCE):
    """The first true value of check(), asked again and again."""
    deadline = time.monotonic() + patience
    while True:
        value = check()
        if value:
            return value
        assert time.monotonic() < deadline, f"did not happen within {patience} s: {what}"
        time.sleep(0.01)


def connectable(address: str) -> bool:
    family, where = parse_address(address)
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if probe.connect_ex(where) != 0:
            return False
        return family == socket.AF_UNIX or probe.getsockname() != probe.getpeername()  # not connected to itself


def parse_address(address: str):
    if address.startswith("unix:"):
        return socket.AF_UNIX, address[5:]
    ip, _, port = address.rpartition(":")
    if ip.startswith("["):
        return socket.AF_INET6, (ip[1:-1], int(port))
    return socket.AF_INET, (ip, int(port))


def connect(address: str, timeout: float = PATIENCE) -> socket.socket:
    family, where = parse_address(address)
    link = socket.socket(family, socket.SOCK_STREAM)
    link.settimeout(timeout)
    link.connect(where)
    return link


def fetch(url: str, **options) -> httpx.Response:
    """One GET on a connection of its own. httpx.get() would read all certificates of the machine each time."""
    with httpx.Client(verify=False) as client:
        return client.get(url, **({"timeout": PATIENCE} | options))


class Program:
    """A child process and the lines it wrote to stderr."""

    def __init__(self, command, *, descriptors: int | None = None, resolv_conf: pathlib.Path | None = None, **options):
        def prepare():
            if descriptors is not None:
                resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
            if resolv_conf is not None:
                isolation.show(resolv_conf, at="/etc/resolv.conf")

        self.lines: list[str] = []
        self._news = threading.Condition()
        self._child = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
                                       errors="replace", preexec_fn=prepare, **options)
        self._reader = threading.Thread(target=self._collect, daemon=True)
        self._reader.start()

    def _collect(self):
        for line in self._child.stderr:
            with self._news:
                self.lines.append(line.rstrip("\n"))
                self._news.notify_all()

    @property
    def pid(self) -> int:
        return self._child.pid

    def alive(self) -> bool:
        return self._child.poll() is None

    def line(self, pattern: str, patience: float = PATIENCE) -> re.Match:
        """The first line that holds the pattern, waited for."""
        def find():
            return next((m for m in (re.search(pattern, line) for line in self.lines) if m), None)

        deadline = time.monotonic() + patience
        with self._news:
            while (match := find()) is None:
                left = deadline - time.monotonic()
                assert left > 0 and (self.alive() or self._reader.is_alive()), \
                    f"no line like {pattern!r} in:\n" + "\n".join(self.lines)
                self._news.wait(min(left, 0.1))
        return match

    def signal(self, number: int) -> None:
        self._child.send_signal(number)

    def exit_code(self, patience: float = PATIENCE) -> int:
        code = self._child.wait(patience)
        self._reader.join(patience)
        return code

    def exit_code_after_stop(self) -> int:
        self.signal(signal.SIGTERM)
        return self.exit_code()

    def stop(self) -> None:
        """The end of a test: asks, asks again (no drain), then insists. Having to, or what a sanitizer found, fails it."""
        obeyed = not self.alive() or self._ends_after_signal(5) or self._ends_after_signal(PATIENCE)
        if not obeyed:
            self.signal(signal.SIGKILL)
            self.exit_code()
        assert obeyed, f"{self._child.args[0]} did not end when told to"
        self._reader.join(PATIENCE)
        text = "\n".join(self.lines)
        assert "Sanitizer" not in text and "runtime error:" not in text, text

    def _ends_after_signal(self, patience: float) -> bool:
        self.signal(signal.SIGTERM)
        try:
            self.exit_code(patience)
        except subprocess.TimeoutExpired:
            return False
        return True

    @contextlib.contextmanager
    def stopped_if_it_fails(self):
        """Around the first steps of a program nobody else knows yet."""
        try:
            yield
        except BaseException:
            self.stop()
            raise

    def status(self, field: str) -> int:
        """A number of /proc/PID/status; sizes are in KiB."""
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1])
        raise KeyError(field)

    def sanitized(self) -> bool:
        """Built with a sanitizer, whose shadow of the memory is memory too: it reserves terabytes of addresses."""
        return self.status("VmSize") > 2**30

    def cpu_seconds(self) -> float:
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def own_memory_kib(pid: int) -> int:
    """The PSS of what a process holds itself: heap and stacks. Its share of the program's and the libraries' pages
    moves whenever another process that maps them begins or ends, by megabytes."""
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    return int(re.search(r"^Pss_Anon:\s+(\d+)", text, re.M)[1])


def binary() -> str:
    return os.environ["SLUICE_BINARY"]


def configuration(nodes, **changes) -> dict:
    """The smallest configuration: one listener on a free port, every path to one service of these nodes."""
    return {
        "workers": 2,
        "listeners": [{"name": "web", "address": "127.0.0.1:0"}],
        "services": [{"name": "app", "source": "fixed", "url": list(nodes)}],
        "routes": [{"name": "all", "match": {"path": {"prefix": "/"}}, "service": "app"}],
        "admin": {"address": "127.0.0.1:0"},
        "access_log": {"path": "off"},
    } | changes


class Sluice(Program):
    """`sluice run`, ready; `before` is a command that becomes it. JSON is YAML: the configuration is written as JSON."""

    def __init__(self, folder: pathlib.Path, settings: dict, before=(), **options):
        self.file = folder / "sluice.yaml"
        self.file.write_text(json.dumps(settings, indent=1), encoding="utf-8")
        super().__init__([*before, binary(), "run", "--config", str(self.file)], cwd=folder, **options)
        with self.stopped_if_it_fails():
            self.addresses = {
                listener["name"]: self.line(rf"listening on (\S+) as {listener['name']}\b")[1]
                for listener in settings["listeners"]
            }
            self.admin = "http://" + self.line(r"admin API on (\S+)")[1]
        self.address = next(iter(self.addresses.values()))
        self.url = "http://" + self.address


class Backend(Program):
    """`sluice backend` on a free port."""

    def __init__(self, listen: str = "127.0.0.1:0"):
        super().__init__([binary(), "backend", "--listen", listen])
        with self.stopped_if_it_fails():
            self.address = self.line(r"listening on (\S+)")[1]
