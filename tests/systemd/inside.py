#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs as root inside a container that scripts/systemd_test.sh booted: drives sluice.service and sluice.socket with
systemctl and looks at what systemd made of it. Only Python's own library is here."""
import ctypes
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
import urllib.error
import urllib.request

CONFIG = pathlib.Path("/etc/sluice/sluice.yaml")
PATIENCE = 30.0
ADMIN = "http://127.0.0.1:9901"
CASES = []


def case(function):
    CASES.append(function)
    return function


def command(*words, check=True) -> subprocess.CompletedProcess:
    ended = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
    assert not check or ended.returncode == 0, f"{words}: {ended.returncode}\n{ended.stdout}{ended.stderr}"
    return ended


def shown(key: str, unit: str = "sluice.service") -> str:
    return command("systemctl", "show", "--value", f"--property={key}", unit).stdout.strip()


def eventually(check, what: str):
    deadline = time.monotonic() + PATIENCE
    while not (value := check()):
        assert time.monotonic() < deadline, f"did not happen within {PATIENCE} s: {what}"
        time.sleep(0.02)
    return value


def configure(address: str = "0.0.0.0:80", **changes) -> None:
    """JSON is YAML."""
    settings = {
        "workers": 2,
        "listeners": [{"name": "web", "address": address}],
        "services": [{"name": "app", "url": ["127.0.0.1:9000"]}],
        "routes": [{"name": "all", "match": {"path": {"prefix": "/"}}, "service": "app"}],
        "access_log": {"path": "/var/log/sluice/access.log"},
    } | changes
    CONFIG.write_text(json.dumps(settings, indent=1), encoding="utf-8")


def drop_in(text: str) -> None:
    folder = pathlib.Path("/etc/systemd/system/sluice.service.d")
    folder.mkdir(exist_ok=True)
    (folder / "test.conf").write_text("[Service]\n" + text, encoding="utf-8")
    command("systemctl", "daemon-reload")


def ask(path: str = "/", timeout: float = PATIENCE) -> bytes:
    """One request on a connection of its own; the whole answer."""
    with socket.create_connection(("127.0.0.1", 80), timeout=timeout) as link:
        link.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while piece := link.recv(65536):
            answer += piece
    return answer


def serves() -> bool:
    return ask().startswith(b"HTTP/1.1 200 ")


def journal(unit: str = "sluice.service") -> str:
    command("journalctl", "--sync")
    return command("journalctl", "--no-pager", "--output=cat", "--unit", unit).stdout


def admin(path: str, method: str = "GET", token: str = "") -> int:
    asked = urllib.request.Request(ADMIN + path, method=method)
    if token:
        asked.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        return refused.code


@case
def it_starts_as_its_own_user_with_one_capability_and_says_how_it_is():
    configure()
    command("systemctl", "start", "sluice.service")
    assert shown("ActiveState") == "active"
    assert shown("StatusText") == "generation 1, listeners: 1, services: 1"
    assert serves()
    status = pathlib.Path(f"/proc/{shown('MainPID')}/status").read_text(encoding="ascii")
    owner = command("id", "-u", "sluice").stdout.strip()
    assert re.search(rf"^Uid:\s+{owner}\s", status, re.MULTILINE), status
    assert re.search(r"^CapBnd:\s+0000000000000400$", status, re.MULTILINE), status  # CAP_NET_BIND_SERVICE
    assert re.search(r"^NoNewPrivs:\s+1$", status, re.MULTILINE), status
    assert re.search(r"^Seccomp:\s+2$", status, re.MULTILINE), status
    assert eventually(pathlib.Path("/var/log/sluice/access.log").stat, "the access log").st_mode & 0o777 == 0o600


@case
def a_good_reload_is_used_and_shown():
    configure(services=[{"name": "app", "url": ["127.0.0.1:9000"]}, {"name": "more", "url": ["127.0.0.1:9000"]}])
    command("systemctl", "reload", "sluice.service")
    eventually(lambda: shown("StatusText") == "generation 2, listeners: 1, services: 2", "the new status")
    assert shown("ActiveState") == "active" and serves()


@case
def a_bad_reload_fails_visibly_with_its_place_and_the_old_table_serves():
    before = shown("MainPID")
    CONFIG.write_text("listeners: 7\n", encoding="utf-8")
    ended = command("systemctl", "reload", "sluice.service", check=False)
    assert ended.returncode != 0, "the reload did not fail"
    assert f"{CONFIG}:1:12: listeners: " in journal()
    assert shown("ActiveState") == "active" and shown("MainPID") == before and serves()
    assert shown("StatusText").startswith("generation 2, ")
    # past the check: what the gateway itself refuses stands in its status
    command("systemctl", "kill", "--kill-who=main", "--signal=HUP", "sluice.service")
    eventually(lambda: "reload refused, problems: " in shown("StatusText"), "a status that says so")
    status = shown("StatusText")
    assert status.startswith("generation 2, listeners: 1, services: 2; ") and f"{CONFIG}:1:" in status, status
    eventually(lambda: shown("ActiveState") == "active", "ready again")
    assert serves()
    configure()
    command("systemctl", "reload", "sluice.service")
    eventually(lambda: shown("StatusText") == "generation 3, listeners: 1, services: 1", "the status of a good reload")


def stop_one_thread(pid: str, name: str) -> None:
    """Stops one thread of it until that process is ended; a child of ours holds it, and takes note of its end."""
    attach, interrupt = 0x4206, 0x4207
    thread = next(int(task.name) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()
                  if (task / "comm").read_text().strip() == name)
    libc = ctypes.CDLL(None)
    if os.fork() == 0:
        for request in (attach, interrupt):
            libc.ptrace(ctypes.c_long(request), ctypes.c_long(thread), None, None)
        while True:
            try:
                os.waitpid(thread, 0x40000000)  # __WALL
            except ChildProcessError:
                os._exit(0)


def is_restarted_by_its_watchdog(break_it) -> None:
    before, restarts, times = shown("MainPID"), int(shown("NRestarts")), journal("sluice.service").count("Watchdog timeout")
    break_it(before)
    eventually(lambda: int(shown("NRestarts")) == restarts + 1 and shown("ActiveState") == "active", "another start")
    assert shown("MainPID") != before and serves()
    assert journal().count("Watchdog timeout") == times + 1


@case
def a_stuck_worker_and_a_stuck_process_are_ended_by_the_watchdog_and_restarted():
    drop_in("WatchdogSec=2s\n")
    command("systemctl", "restart", "sluice.service")
    time.sleep(5)  # idle, it lives
    assert shown("NRestarts") == "0" and serves()
    is_restarted_by_its_watchdog(lambda pid: stop_one_thread(pid, "worker-1"))
    assert "worker 1 is stuck" in journal()
    is_restarted_by_its_watchdog(lambda pid: os.kill(int(pid), signal.SIGSTOP))


@case
def a_credential_reaches_the_configuration_at_start_and_at_reload():
    secret = pathlib.Path("/etc/sluice/admin-token")
    secret.write_text("a-word-only-root-knows\n", encoding="ascii")
    secret.chmod(0o600)
    unit = pathlib.Path("/etc/systemd/system/sluice.service").read_text(encoding="utf-8")
    offered = re.findall(r"^#(LoadCredential=.*|ExecReload=.*)$", unit, re.MULTILINE)
    assert len(offered) == 4
    drop_in("\n".join(offered) + "\n")
    configure(admin={"token": "${file:/run/credentials/sluice.service/admin-token}"})
    command("systemctl", "restart", "sluice.service")
    assert admin("/api/v1/reload", "POST") == 401
    assert admin("/api/v1/reload", "POST", "a-word-only-root-knows") == 200
    command("systemctl", "reload", "sluice.service")
    eventually(lambda: shown("StatusText").startswith("generation 3, "), "the reload")
    broken = CONFIG.read_text(encoding="utf-8").replace("/admin-token", "/no-token")
    CONFIG.write_text(broken, encoding="utf-8")
    assert command("systemctl", "reload", "sluice.service", check=False).returncode != 0
    assert shown("StatusText").startswith("generation 3, ")
    assert "a-word-only-root-knows" not in journal()
    secret.unlink()


@case
def a_stop_waits_for_what_is_under_way_longer_than_the_unit_says():
    drop_in("TimeoutStopSec=1s\n")
    configure()
    command("systemctl", "restart", "sluice.service")
    answers = []
    client = threading.Thread(target=lambda: answers.append(ask("/slow/4000")))
    client.start()
    eventually(lambda: "sluice_downstream_connections" in urllib.request.urlopen(ADMIN + "/metrics").read().decode()
               and re.search(r'sluice_downstream_connections\{listener="web"\} 1$',
                             urllib.request.urlopen(ADMIN + "/metrics").read().decode(), re.MULTILINE), "the request")
    command("systemctl", "stop", "sluice.service")
    client.join()
    assert answers[0].startswith(b"HTTP/1.1 200 ")
    assert shown("ActiveState") == "inactive" and shown("Result") == "success" and shown("ExecMainStatus") == "0"
    drop_in("")


@case
def the_first_connection_to_the_socket_starts_it():
    configure("systemd:web")
    ended = command("systemctl", "start", "sluice.service", check=False)
    assert ended.returncode != 0 and "no socket named web was passed, nor any other" in journal()
    command("systemctl", "stop", "sluice.service")
    command("systemctl", "start", "sluice.socket")
    assert shown("ActiveState") == "inactive"
    assert serves()
    assert shown("ActiveState") == "active"


class Clients:
    """A connection per request, all the time."""

    def __init__(self, count: int):
        self.answered, self.problems, self._over = 0, [], threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(count)]
        for one in self._threads:
            one.start()

    def _run(self):
        while not self._over.is_set():
            try:
                answer = ask()
                if not answer.startswith(b"HTTP/1.1 200 "):
                    self.problems.append(repr(answer[:100]))
                self.answered += 1
            except OSError as failed:
                self.problems.append(str(failed))

    def end(self):
        self._over.set()
        for one in self._threads:
            one.join()


@case
def across_20_restarts_no_connection_is_refused():
    clients = Clients(4)
    try:
        for _ in range(20):
            before = clients.answered
            eventually(lambda: clients.answered > before, "answers between two restarts")
            command("systemctl", "restart", "sluice.service")
    finally:
        clients.end()
    print(f"   20 restarts, {clients.answered} answered, {len(clients.problems)} refused or broken")
    assert clients.problems == [], clients.problems[:3]


@case
def the_socket_outlives_a_crash_and_a_configuration_that_is_refused():
    restarts = int(shown("NRestarts"))
    command("systemctl", "kill", "--kill-who=main", "--signal=KILL", "sluice.service")
    assert serves()  # waits for the next start
    assert int(shown("NRestarts")) == restarts + 1
    CONFIG.write_text("listeners: 7\n", encoding="utf-8")
    command("systemctl", "kill", "--kill-who=main", "--signal=KILL", "sluice.service")
    answers = []
    client = threading.Thread(target=lambda: answers.append(ask()))
    client.start()
    eventually(lambda: int(shown("NRestarts")) >= restarts + 8, "several starts that fail")
    assert shown("ActiveState", "sluice.socket") == "active" and not answers
    configure("systemd:web")
    client.join(PATIENCE)
    assert answers and answers[0].startswith(b"HTTP/1.1 200 ")


@case
def it_stops_with_success_and_has_broken_no_rule_of_its_sandbox():
    command("systemctl", "stop", "sluice.socket", "sluice.service")
    assert shown("ActiveState") == "inactive" and shown("Result") == "success"
    for trouble in ("not permitted", "cannot notify", "status=31/SYS"):
        assert trouble not in journal(), trouble


def main() -> None:
    command("systemd-sysusers", "--inline", "u sluice - sluice")
    command("ip", "link", "set", "lo", "up")
    CONFIG.parent.mkdir(exist_ok=True)
    command("systemd-run", "--unit=node", "/usr/local/bin/sluice", "backend", "--listen", "127.0.0.1:9000")
    eventually(lambda: "listening on" in journal("node.service"), "the backend")
    failed = 0
    for one in CASES:
        name = one.__name__.replace("_", " ")
        try:
            one()
            print(f"ok {name}")
        except Exception:  # whatever went wrong, the others are tried
            failed += 1
            print(f"FAILED {name}\n{traceback.format_exc()}")
    print(f"{len(CASES) - failed} passed, {failed} failed")
    sys.exit(failed != 0)


main()
