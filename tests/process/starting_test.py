# SPDX-License-Identifier: Apache-2.0
"""Starts that must fail and say why, signals while running, and the places a listener can be."""
import json
import os
import pathlib
import shutil
import signal
import subprocess

import httpx
import pytest

from nodes import NOBODY
from running import Program, binary, configuration, eventually, fetch

TIMEOUT = 60


def run(folder, text: str, command: str = "run"):
    file = folder / "broken.yaml"
    file.write_text(text, encoding="utf-8")
    return subprocess.run([binary(), command, "--config", str(file)], capture_output=True, text=True, timeout=TIMEOUT)


def test_a_second_start_on_the_same_port_exits_1_and_names_it(sluice, backend, folder):
    node = backend()
    proxy = sluice(node.address)
    taken = [{"name": "web", "address": proxy.address}]
    second = run(folder, json.dumps(configuration([node.address], listeners=taken)))
    assert second.returncode == 1
    assert f"{proxy.address}, held by {pathlib.Path(binary()).name} (pid {proxy.pid})" in second.stderr
    assert fetch(f"{proxy.url}/still").status_code == 200


def test_an_admin_port_in_use_exits_1(sluice, backend, folder):
    node = backend()
    proxy = sluice(node.address)
    taken = proxy.admin.removeprefix("http://")
    second = run(folder, json.dumps(configuration([node.address], admin={"address": taken})))
    assert second.returncode == 1
    assert f"{taken}, held by {pathlib.Path(binary()).name} (pid {proxy.pid})" in second.stderr


def test_a_unix_socket_somebody_answers_on_is_not_taken_away(sluice, backend, folder):
    node = backend()
    listeners = [{"name": "web", "address": f"unix:{folder}/web.sock"}]
    first = sluice(node.address, listeners=listeners)
    second = run(folder, json.dumps(configuration([node.address], listeners=listeners)))
    assert second.returncode == 1
    assert first.address in second.stderr
    with httpx.Client(transport=httpx.HTTPTransport(uds=first.address[5:])) as client:
        assert client.get("http://any/").status_code == 200


def test_a_log_that_cannot_be_opened_exits_1_and_names_it(folder):
    log = folder / "missing" / "access.log"
    ended = run(folder, json.dumps(configuration(["127.0.0.1:1"], access_log={"path": str(log)})))
    assert ended.returncode == 1
    assert f"cannot open the log {log}: No such file or directory" in ended.stderr


@pytest.mark.skipif(os.getuid() != 0, reason="only root can start a process that has fewer rights")
def test_a_low_port_without_the_right_to_it_exits_1_and_names_it(folder):
    def become_nobody():
        # Inside this namespace every port may be low; the kernel's default is restored for it first.
        pathlib.Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").write_text("1024", encoding="ascii")
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)

    file = folder / "low.yaml"
    low = [{"name": "web", "address": "127.0.0.1:80"}]
    file.write_text(json.dumps(configuration(["127.0.0.1:1"], listeners=low)), encoding="utf-8")
    program = shutil.copy(binary(), folder)  # where nobody can reach it
    ended = subprocess.run([program, "run", "--config", str(file)], capture_output=True, text=True, timeout=TIMEOUT,
                           preexec_fn=become_nobody)
    assert ended.returncode == 1
    assert "cannot bind 127.0.0.1:80: Permission denied" in ended.stderr


def test_a_bad_file_exits_78_and_says_where(folder):
    ended = run(folder, "listeners:\n  - {name: web, address: 127.0.0.1:0}\n  - {name: web, adress: 127.0.0.1:0}\n")
    assert ended.returncode == 78
    assert "broken.yaml:3:" in ended.stderr
    assert "address" in ended.stderr


def test_a_file_that_is_not_there_exits_78(folder):
    ended = subprocess.run([binary(), "run", "--config", str(folder / "none.yaml")], capture_output=True, text=True,
                           timeout=TIMEOUT)
    assert ended.returncode == 78
    assert "none.yaml" in ended.stderr


def test_check_finds_what_run_refuses(folder):
    text = json.dumps(configuration(["127.0.0.1:1"], routes=[{"name": "all", "service": "ap"}]))
    checked = run(folder, text, "check")
    assert checked.returncode == 78
    assert 'broken.yaml:1:' in checked.stdout and "app" in checked.stdout
    assert run(folder, text).returncode == 78


def test_check_binds_nothing(sluice, backend, folder):
    node = backend()
    proxy = sluice(node.address)
    taken = [{"name": "web", "address": proxy.address}]
    assert run(folder, json.dumps(configuration([node.address], listeners=taken)), "check").returncode == 0


def test_sigusr1_reopens_the_access_log(sluice, backend, folder):
    log, old = folder / "access.log", folder / "access.log.1"
    proxy = sluice(backend().address, access_log={"path": str(log), "format": "json"})

    def paths(file):
        return [json.loads(line)["path"] for line in file.read_text().splitlines()] if file.exists() else []

    assert fetch(f"{proxy.url}/before").status_code == 200
    eventually(lambda: paths(log) == ["/before"], "the line of the first request")
    log.rename(old)
    proxy.signal(signal.SIGUSR1)
    eventually(log.exists, "a new file")
    assert fetch(f"{proxy.url}/after").status_code == 200
    eventually(lambda: paths(log) == ["/after"], "the line of the second request in the new file")
    assert paths(old) == ["/before"]


def test_sighup_ends_nothing(sluice, backend):
    proxy = sluice(backend().address)
    with httpx.Client(base_url=proxy.url) as client:
        assert client.get("/1").status_code == 200
        proxy.signal(signal.SIGHUP)
        for number in range(20):
            assert client.get(f"/{number}").status_code == 200
    assert proxy.alive()


@pytest.mark.parametrize("listen", ["127.0.0.1:0", "[::1]:0", "unix:web.sock"])
@pytest.mark.parametrize("node", ["127.0.0.1:0", "[::1]:0", "unix:node.sock"])
def test_listeners_and_nodes_are_ipv4_ipv6_and_unix_sockets(sluice, backend, folder, listen, node):
    listen, node = (text.replace("unix:", f"unix:{folder}/") for text in (listen, node))
    behind = backend(node)
    proxy = sluice(behind.address, listeners=[{"name": "web", "address": listen}])
    transport = httpx.HTTPTransport(uds=proxy.address[5:]) if proxy.address.startswith("unix:") else None
    url = "http://any" if transport else proxy.url
    with httpx.Client(transport=transport) as client:
        for number in range(20):
            answer = client.get(f"{url}/{number}").json()
            assert (answer["path"], answer["backend"]) == (f"/{number}", behind.address)


def test_a_unix_socket_left_by_a_killed_process_does_not_stop_the_next_start(sluice, backend, folder):
    node = backend()
    listeners = [{"name": "web", "address": f"unix:{folder}/web.sock"}]
    first = sluice(node.address, listeners=listeners)
    first.signal(signal.SIGKILL)
    first.exit_code()
    second = sluice(node.address, listeners=listeners)
    with httpx.Client(transport=httpx.HTTPTransport(uds=second.address[5:])) as client:
        assert client.get("http://any/").status_code == 200


def test_signals_while_a_large_configuration_is_read_end_nothing_but_a_stop_does(started, folder):
    routes = [{"name": f"r{number}", "match": {"hosts": [f"h{number}.example.com"], "path": {"regex": f"/a{number}/.*"}},
               "service": "app"} for number in range(20_000)]
    file = folder / "large.yaml"
    file.write_text(json.dumps(configuration(["127.0.0.1:1"], routes=routes), indent=1), encoding="utf-8")

    def start():
        program = started(Program([binary(), "run", "--config", str(file)], cwd=folder))
        counts = pathlib.Path(f"/proc/{program.pid}/io")
        eventually(lambda: int(counts.read_text(encoding="ascii").split()[1]) >= file.stat().st_size, "the file was read")
        return program

    kept = start()
    kept.signal(signal.SIGHUP)
    kept.signal(signal.SIGUSR1)
    kept.line("admin API on")
    assert kept.alive()
    stopped = start()
    stopped.signal(signal.SIGTERM)
    assert stopped.exit_code() == 0
