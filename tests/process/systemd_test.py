# SPDX-License-Identifier: Apache-2.0
"""sluice under a parent that speaks systemd's protocols: its state, its beats, its sockets. The real one boots in
scripts/systemd_test.sh."""
import json
import os
import signal
import socket
import subprocess
import threading
import time

import httpx
import pytest

from running import Backend, binary, configuration, connect, eventually, fetch
from supervising import Parent, StuckThread

WATCHDOG = 1.0


@pytest.fixture
def parent(started, folder):
    return started(Parent(folder))


@pytest.fixture
def web():
    """A socket as systemd opens it: listening, and blocking."""
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as opened:
        yield opened


def with_listeners(node, *listeners, **changes) -> dict:
    return configuration([node], listeners=[{"name": name, "address": address} for name, address in listeners],
                         **changes)


def written(proxy, settings) -> None:
    fresh = proxy.file.with_suffix(".new")
    fresh.write_text(settings if isinstance(settings, str) else json.dumps(settings), encoding="utf-8")
    os.replace(fresh, proxy.file)


def test_ready_once_it_serves_reloading_and_ready_again_stopping_at_the_end(started, parent, backend):
    proxy = started(parent.start(configuration([backend().address])))
    lines = parent.heard()
    assert lines == {"READY": "1", "STATUS": "generation 1, listeners: 1, services: 1"}
    assert fetch(proxy.url).status_code == 200
    before = time.monotonic()
    proxy.signal(signal.SIGHUP)
    lines = parent.heard()
    assert lines["RELOADING"] == "1" and lines["STATUS"] == "reloading"
    assert before <= int(lines["MONOTONIC_USEC"]) / 1e6 <= time.monotonic()
    assert parent.heard() == {"READY": "1", "STATUS": "generation 2, listeners: 1, services: 1"}
    proxy.signal(signal.SIGTERM)
    # timeouts.drain is 30 s; what is left is for the end itself
    assert parent.heard() == {"STOPPING": "1", "EXTEND_TIMEOUT_USEC": "42000000", "STATUS": "draining"}
    assert proxy.exit_code() == 0


def test_a_refused_reload_is_ready_again_and_says_how_many_problems_and_the_first(started, parent, backend):
    node = backend().address
    proxy = started(parent.start(configuration([node])))
    parent.heard()
    written(proxy, "listeners: 7\nlimits: {head: 1}\n")
    proxy.signal(signal.SIGHUP)
    assert parent.heard()["RELOADING"] == "1"
    lines = parent.heard()
    assert lines["READY"] == "1"
    assert lines["STATUS"].startswith("generation 1, listeners: 1, services: 1; reload refused, problems: 2, the first: ")
    assert "sluice.yaml:1:12: listeners: " in lines["STATUS"]
    written(proxy, configuration([node]))
    proxy.signal(signal.SIGHUP)
    assert parent.heard()["RELOADING"] == "1"
    assert parent.heard()["STATUS"] == "generation 2, listeners: 1, services: 1"


def test_idle_workers_beat(started, parent, backend):
    started(parent.start(configuration([backend().address]), watchdog=WATCHDOG))
    for _ in range(5):
        parent.heard_until("WATCHDOG")


def test_one_stuck_worker_ends_the_beats_until_it_turns_again(started, parent, backend):
    proxy = started(parent.start(configuration([backend().address]), watchdog=WATCHDOG))
    parent.heard_until("WATCHDOG")
    with StuckThread(proxy.pid, "worker-1"):
        assert parent.hears_nothing_for(2 * WATCHDOG)
        proxy.line("error worker 1 is stuck")
        assert fetch(f"{proxy.admin}/healthz").status_code == 200
    parent.heard_until("WATCHDOG")


def test_a_stuck_process_does_not_beat(started, parent, backend):
    proxy = started(parent.start(configuration([backend().address]), watchdog=WATCHDOG))
    parent.heard_until("WATCHDOG")
    proxy.signal(signal.SIGSTOP)
    silent = parent.hears_nothing_for(2 * WATCHDOG)
    proxy.signal(signal.SIGCONT)
    assert silent
    parent.heard_until("WATCHDOG")


def test_the_beats_go_on_while_it_drains(started, parent, backend):
    proxy = started(parent.start(configuration([backend().address]), watchdog=WATCHDOG))
    link = connect(proxy.address)
    link.sendall(b"GET /slow/3000 HTTP/1.1\r\nHost: x\r\n\r\n")
    parent.heard_until("WATCHDOG")
    proxy.signal(signal.SIGTERM)
    parent.heard_until("STOPPING")
    for _ in range(2):
        parent.heard_until("WATCHDOG")
    assert link.recv(100).startswith(b"HTTP/1.1 200 ")


def test_a_supervisor_that_does_not_listen_holds_nothing_up(started, parent, backend):
    proxy = started(parent.start(configuration([backend().address]), watchdog=WATCHDOG))
    for generation in range(2, 20):  # more than the queue of a socket takes
        proxy.signal(signal.SIGHUP)
        proxy.line(f"reloaded: generation {generation},")
    assert fetch(f"{proxy.admin}/readyz").status_code == 200
    assert proxy.exit_code_after_stop() == 0


def test_passed_sockets_of_both_kinds_serve_beside_an_own_one(started, parent, backend, web, folder):
    path = folder / "passed.sock"
    local = socket.socket(socket.AF_UNIX)
    local.bind(str(path))
    local.listen()
    with local:
        settings = with_listeners(backend().address, ("own", "127.0.0.1:0"), ("web", "systemd:web"),
                                  ("local", "systemd:the local one"))
        proxy = started(parent.start(settings, sockets={"the local one": local, "web": web}))
        assert proxy.addresses["web"] == "127.0.0.1:%d" % web.getsockname()[1]
        for name in ("own", "web"):
            answer = fetch("http://" + proxy.addresses[name])
            assert answer.json()["headers"]["X-Forwarded-For"] == "127.0.0.1"
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(path))) as client:
            assert client.get("http://any/").status_code == 200
        told = fetch(f"{proxy.admin}/api/v1/listeners").json()["listeners"]
        assert [one["address"] for one in told] == [proxy.addresses["own"], proxy.addresses["web"], f"unix:{path}"]
        assert proxy.exit_code_after_stop() == 0
        assert path.exists()  # whoever bound it removes it


def test_an_ipv4_client_of_a_socket_for_both_families_has_its_own_address(started, parent, backend):
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as both:
        proxy = started(parent.start(with_listeners(backend().address, ("web", "systemd:web")), sockets={"web": both}))
        answer = fetch("http://127.0.0.1:%s" % proxy.address.rpartition(":")[2])
        assert answer.json()["headers"]["X-Forwarded-For"] == "127.0.0.1"


def test_a_name_nobody_passed_ends_the_start_and_refuses_a_reload(started, parent, backend, web, folder):
    settings = with_listeners(backend().address, ("web", "systemd:wbe"))
    file = folder / "sluice.yaml"
    file.write_text(json.dumps(settings))
    options = parent.command({"web": web})
    ended = subprocess.run([*options.pop("before"), binary(), "run", "--config", file], capture_output=True, text=True,
                           check=False, **options)
    assert ended.returncode == 1
    assert "cannot listen on systemd:wbe: no socket named wbe was passed, only web" in ended.stderr
    assert subprocess.run([binary(), "check", "--config", file], check=False).returncode == 0
    alone = subprocess.run([binary(), "run", "--config", file], capture_output=True, text=True, check=False)
    assert alone.returncode == 1
    assert "no socket named wbe was passed, nor any other" in alone.stderr

    settings["listeners"][0]["address"] = "systemd:web"
    proxy = started(parent.start(settings, sockets={"web": web}))
    parent.heard_until("READY")
    settings["listeners"].append({"name": "more", "address": "systemd:more"})
    written(proxy, settings)
    proxy.signal(signal.SIGHUP)
    assert "problems: 1, the first: cannot listen on systemd:more: " in parent.heard_until("READY")["STATUS"]
    assert fetch(proxy.url).status_code == 200


def test_what_was_said_about_sockets_must_be_true(folder):
    file = folder / "sluice.yaml"
    file.write_text(json.dumps(configuration(["127.0.0.1:1"])))
    script = 'exec 3<&- 4<&-; LISTEN_PID=$$ exec "$@"'
    ended = subprocess.run(["bash", "-c", script, "bash", binary(), "run", "--config", file], capture_output=True,
                           text=True, check=False, env=os.environ | {"LISTEN_FDS": "2"})
    assert ended.returncode == 1
    assert "cannot take over the sockets that were passed (LISTEN_FDS)" in ended.stderr


def test_a_socket_no_listener_uses_is_warned_of_and_comes_back_by_a_reload(started, parent, backend, web):
    node = backend().address
    proxy = started(parent.start(with_listeners(node, ("own", "127.0.0.1:0")), sockets={"web": web}))
    parent.heard_until("READY")
    proxy.line("warn no listener has address systemd:web")
    for number in range(3):  # taken, left, taken
        wanted = [("own", "127.0.0.1:0")] + ([("web", "systemd:web")] if number != 1 else [])
        written(proxy, with_listeners(node, *wanted))
        proxy.signal(signal.SIGHUP)
        parent.heard_until("READY")
    assert sum("no listener has address systemd:web" in line for line in proxy.lines) == 2
    assert fetch("http://127.0.0.1:%d" % web.getsockname()[1]).status_code == 200


def test_a_connection_per_request_across_20_restarts_none_refused(started, parent, web):
    node = started(Backend())
    settings = with_listeners(node.address, ("web", "systemd:web"))
    port = web.getsockname()[1]
    over, problems, answered = threading.Event(), [], []

    def ask():
        while not over.is_set():
            try:
                with connect(f"127.0.0.1:{port}") as link:
                    link.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                    answer = b""
                    while piece := link.recv(65536):
                        answer += piece
                answered.append(answer[:13])
            except OSError as failed:
                problems.append(str(failed))

    clients = [threading.Thread(target=ask) for _ in range(4)]
    proxy = started(parent.start(settings, sockets={"web": web}))
    for one in clients:
        one.start()
    try:
        for _ in range(20):
            before = len(answered)
            eventually(lambda: len(answered) > before, "answers of this start")
            assert proxy.exit_code_after_stop() == 0
            parent.heard_until("STOPPING")
            proxy = started(parent.start(settings, sockets={"web": web}))
    finally:
        over.set()
        for one in clients:
            one.join()
    assert problems == []
    assert set(answered) == {b"HTTP/1.1 200 "}


def test_a_connection_made_while_nothing_runs_is_answered_by_the_next_start(started, parent, backend, web):
    settings = with_listeners(backend().address, ("web", "systemd:web"))
    proxy = started(parent.start(settings, sockets={"web": web}))
    assert proxy.exit_code_after_stop() == 0
    link = connect("127.0.0.1:%d" % web.getsockname()[1])
    link.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    started(parent.start(settings, sockets={"web": web}))
    assert link.recv(100).startswith(b"HTTP/1.1 200 ")
