# SPDX-License-Identifier: Apache-2.0
"""Reloads of the real binary: under load, with streams open, with broken files in between, of a large table."""
import base64
import collections
import json
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import threading
import time

import httpx
import pytest

import isolation
import pki
from nodes import need
from running import Backend, Sluice, binary, configuration, connect, eventually, fetch

TOKEN = "planted-token-1f2e3d"
PASSWORD = "planted-password-9a8b7c"


def written(proxy, settings) -> None:
    """The new configuration, put in place as an editor does: never half of it."""
    fresh = proxy.file.with_suffix(".new")
    fresh.write_text(settings if isinstance(settings, str) else json.dumps(settings, indent=1), encoding="utf-8")
    os.replace(fresh, proxy.file)


def reloaded(proxy, settings, token=TOKEN) -> httpx.Response:
    written(proxy, settings)
    with httpx.Client(timeout=120) as client:
        return client.post(f"{proxy.admin}/api/v1/reload", headers={"Authorization": f"Bearer {token}"})


def metric(proxy, name: str) -> float:
    page = fetch(f"{proxy.admin}/metrics").text
    return sum(float(line.rpartition(" ")[2]) for line in page.splitlines() if re.match(rf"{name}[ {{]", line))


def with_token(addresses, **changes) -> dict:
    return configuration(addresses, **({"admin": {"address": "127.0.0.1:0", "token": TOKEN}} | changes))


def test_sighup_takes_new_nodes_and_routes_and_says_what_changed(sluice, backend):
    first, second = backend(), backend()
    proxy = sluice(first.address)
    assert fetch(f"{proxy.url}/").json()["backend"] == first.address
    changed = configuration([second.address])
    changed["routes"] = [{"name": "only", "match": {"path": {"prefix": "/only"}}, "service": "app"}]
    written(proxy, changed)
    proxy.signal(signal.SIGHUP)
    proxy.line(r"info reloaded: generation 2, 3 changes")
    assert fetch(f"{proxy.url}/only").json()["backend"] == second.address
    assert fetch(f"{proxy.url}/").status_code == 404
    proxy.line(r"reload: - route all")
    proxy.line(r"reload: \+ route only")
    proxy.line(rf"reload: ~ service app: url \[.*{first.address}.*\] -> \[.*{second.address}.*\]")
    assert metric(proxy, "sluice_config_generation") == 2


def test_a_broken_file_is_refused_with_file_and_line_and_the_old_table_serves_on(sluice, backend):
    proxy = sluice(backend().address, admin={"address": "127.0.0.1:0", "token": TOKEN})
    for text, place in (("{", r":\d+:\d+: "), ("workers: []\nlisteners: []\n", r":1:10: workers: "),
                        (json.dumps(configuration([])), r":1:\d+: ")):
        answer = reloaded(proxy, text)
        assert answer.status_code == 422
        assert answer.json()["ok"] is False
        assert re.search("sluice.yaml" + place, answer.json()["problems"][0])
        proxy.line(r"error .*sluice\.yaml" + place)
        assert fetch(f"{proxy.url}/").status_code == 200
    assert metric(proxy, "sluice_config_last_reload_success") == 0
    assert metric(proxy, "sluice_config_generation") == 1
    status = fetch(f"{proxy.admin}/api/v1/status").json()
    assert status["last_reload"]["ok"] is False
    proxy.file.unlink()
    proxy.signal(signal.SIGHUP)
    proxy.line(r"error .*sluice\.yaml.*(cannot|No such file)")
    assert fetch(f"{proxy.url}/").status_code == 200


def test_a_reload_needs_the_token(sluice, backend):
    proxy = sluice(backend().address, admin={"address": "127.0.0.1:0", "token": TOKEN})
    assert reloaded(proxy, with_token(["127.0.0.1:1"]), token="wrong").status_code == 401
    assert metric(proxy, "sluice_config_generation") == 1
    proxy_without = with_token(["127.0.0.1:1"])
    proxy_without["admin"].pop("token")
    assert reloaded(proxy, proxy_without).status_code == 200
    assert reloaded(proxy, proxy_without).status_code == 403


def test_listeners_come_and_go_and_unix_sockets_with_their_files(sluice, backend, folder):
    proxy = sluice(backend().address)
    path = folder / "more.sock"
    both = configuration([backend().address])
    both["listeners"].append({"name": "more", "address": f"unix:{path}"})
    written(proxy, both)
    proxy.signal(signal.SIGHUP)
    proxy.line(r"listening on unix:\S+ as more")
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(path))) as client:
        assert client.get("http://any/").status_code == 200
    del both["listeners"][1]
    written(proxy, both)
    proxy.signal(signal.SIGHUP)
    proxy.line(r"no longer listening on unix:\S+ as more")
    eventually(lambda: not path.exists(), "the socket's file goes")
    assert fetch(f"{proxy.url}/").status_code == 200


def test_the_access_log_moves_and_changes_its_format(sluice, backend, folder):
    address = backend().address
    one, two = folder / "one.log", folder / "two.log"
    proxy = sluice(address, access_log={"path": str(one)})
    fetch(f"{proxy.url}/first")
    eventually(lambda: one.exists() and one.read_text().startswith("{"), "a line of JSON")
    written(proxy, configuration([address], access_log={"path": str(two), "format": "text"}))
    proxy.signal(signal.SIGHUP)
    proxy.line("reloaded")
    fetch(f"{proxy.url}/second")
    eventually(lambda: two.exists() and " /second " in two.read_text(), "a line of text in the other file")
    assert "/second" not in one.read_text()
    written(proxy, configuration([address], access_log={"path": str(folder / "no" / "such.log")}))
    proxy.signal(signal.SIGHUP)
    proxy.line("cannot open the log .*such.log")
    fetch(f"{proxy.url}/third")
    eventually(lambda: " /third " in two.read_text(), "the old log goes on")


def test_a_renamed_listener_is_matched_by_its_new_name_on_open_connections_too(sluice, backend):
    node = backend()
    place = f"127.0.0.1:{isolation.free_port()}"

    def named(name):
        return with_token([node.address], listeners=[{"name": name, "address": place}],
                          routes=[{"name": f"by-{name}", "match": {"listeners": [name]}, "service": "app"}])

    proxy = sluice(**named("before"))
    with httpx.Client(base_url=f"http://{place}") as client:
        assert client.get("/").status_code == 200
        assert reloaded(proxy, named("after")).status_code == 200
        assert client.get("/").status_code == 200
    page = fetch(f"{proxy.admin}/metrics").text
    assert 'listener="after",route="by-after"' in page
    assert 'listener="before"' not in page


def test_an_open_connection_does_not_pass_for_one_of_a_listener_that_asks_for_more(sluice, backend, folder):
    node = backend()
    place = f"127.0.0.1:{isolation.free_port()}"
    zoo = pki.Zoo(folder)
    good = zoo.good()
    secured = {"certificates": [{"certificate": str(good.certificate), "key": str(good.key)}],
               "client_ca": str(zoo.trusted), "client_auth": "require"}

    def named(name, **tls):
        return with_token([node.address], listeners=[{"name": name, "address": place} | tls],
                          routes=[{"name": f"by-{name}", "match": {"listeners": [name]}, "service": "app"}])

    proxy = sluice(**named("public"))
    with httpx.Client(base_url=f"http://{place}") as client:
        assert client.get("/").status_code == 200
        assert reloaded(proxy, named("internal", tls=secured)).status_code == 200
        answer = client.get("/")
        assert answer.status_code == 404
        assert answer.headers["connection"] == "close"


def test_no_request_meets_a_table_without_its_listener(sluice, backend):
    """Every route names the listener, and every reload renames it: a request between the two would be a 404."""
    node = backend()
    place = f"127.0.0.1:{isolation.free_port()}"

    def named(name):
        return with_token([node.address], listeners=[{"name": name, "address": place}],
                          routes=[{"name": "all", "match": {"listeners": [name]}, "service": "app"}])

    proxy = sluice(**named("a"))
    over = threading.Event()
    seen = collections.Counter()

    def ask():
        with httpx.Client(base_url=f"http://{place}") as client:
            while not over.is_set():
                seen[client.get("/").status_code] += 1

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for one in askers:
        one.start()
    for turn in range(30):
        assert reloaded(proxy, named("ba"[turn % 2])).status_code == 200
    over.set()
    for one in askers:
        one.join()
    assert set(seen) == {200}, seen


def test_a_node_that_left_is_draining_until_its_last_request_ends(sluice, backend):
    leaving, staying = backend(), backend()
    proxy = sluice(**with_token([leaving.address]))
    draining = 'sluice_nodes{service="app",state="draining"} 1'
    with httpx.Client(base_url=proxy.url, timeout=60) as client:
        with client.stream("GET", "/sse/1000000?interval=20") as stream:
            events = stream.iter_lines()
            next(events)
            assert draining not in fetch(f"{proxy.admin}/metrics").text
            assert reloaded(proxy, with_token([staying.address])).status_code == 200
            assert draining in fetch(f"{proxy.admin}/metrics").text
            next(events)
    eventually(lambda: 'state="draining"' not in fetch(f"{proxy.admin}/metrics").text, "the last request ends")


def test_series_go_with_their_service_and_begin_anew_with_it(sluice, backend):
    node = backend()
    both = [{"name": name, "url": node.address} for name in ("one", "two")]

    def shared(*names):
        return with_token([], services=both, routes=[
            {"name": "all", "services": [{"name": name, "weight": 1} for name in names]}])

    def requests(service):
        page = fetch(f"{proxy.admin}/metrics").text
        found = re.search(rf'sluice_requests_total{{.*service="{service}".*}} (\d+)', page)
        return int(found[1]) if found else 0

    def ask(times):
        for _ in range(times):
            assert fetch(proxy.url).status_code == 200

    proxy = sluice(**shared("one", "two"))
    ask(20)
    first = requests("one")
    assert first + requests("two") == 20
    assert reloaded(proxy, shared("one") | {"services": both[:1]}).status_code == 200
    assert (requests("one"), requests("two")) == (first, 0)
    assert reloaded(proxy, shared("one", "two")).status_code == 200
    ask(20)
    assert requests("one") - first + requests("two") == 20


def test_a_second_sigterm_does_not_wait_for_a_table_that_is_being_read(sluice, backend):
    """The new file waits for its reader as long as a large one would, and far longer."""
    node = backend()
    proxy = sluice(node.address)
    at_rest, sanitized = proxy.status("Threads"), proxy.sanitized()
    lines = "".join(f"- {{name: r{i}, match: {{path: {{exact: /{i}}}}}, service: app}}\n" for i in range(300_000))
    settings = configuration([node.address])
    settings.pop("routes")
    written(proxy, "".join(f"{key}: {json.dumps(value)}\n" for key, value in settings.items()) + "routes:\n" + lines)
    proxy.signal(signal.SIGHUP)
    eventually(lambda: proxy.status("Threads") > at_rest, "the file is being read")
    began = time.monotonic()
    proxy.signal(signal.SIGTERM)
    assert proxy.exit_code() == 0
    assert time.monotonic() - began < 2 or sanitized
    assert not any("reloaded" in line for line in proxy.lines)


def test_a_log_that_went_off_is_closed(sluice, backend, folder):
    log = folder / "access.log"

    def opened():
        return [link for link in pathlib.Path(f"/proc/{proxy.pid}/fd").iterdir() if os.path.realpath(link) == str(log)]

    node = backend()
    proxy = sluice(**with_token([node.address], access_log={"path": str(log)}))
    assert fetch(proxy.url).status_code == 200
    eventually(opened, "the log is open")
    assert reloaded(proxy, with_token([node.address], access_log={"path": "off"})).status_code == 200
    eventually(lambda: not opened(), "the log is closed")


def test_planted_secrets_appear_nowhere(started, folder, backend):
    settings = with_token([backend().address])
    (folder / "token").write_text(TOKEN + "\n")
    settings["admin"]["token"] = "${file:token}"
    settings["routes"].append({"name": "key", "match": {"headers": {"x-key": "${env:PLANTED}"}}, "service": "app"})
    environment = os.environ | {"PLANTED": PASSWORD}
    proxy = started(Sluice(folder, settings, env=environment))
    old = folder / "old.yaml"
    old.write_text(proxy.file.read_text())
    said = [reloaded(proxy, settings).text]
    (folder / "token").write_text(TOKEN + "-new\n")
    broken = json.loads(json.dumps(settings))
    broken["routes"][1]["match"]["headers"] = {"x-key": {"regex": "${env:PLANTED}("}}
    broken["admin"]["token"] = {"a": TOKEN}
    said.append(reloaded(proxy, broken).text)
    settings["routes"][1]["match"]["headers"] = {"x-key": "other"}
    said.append(reloaded(proxy, settings).text)
    difference = subprocess.run([binary(), "diff", old, proxy.file], env=environment, cwd=folder, text=True,
                                capture_output=True, check=False)
    assert difference.returncode == 1
    assert "~ route key: match.headers changed" in difference.stdout
    said += [difference.stdout, difference.stderr]
    token = {"Authorization": f"Bearer {TOKEN}-new"}
    for path in ("status", "config", "routes", "services", "listeners"):
        said.append(fetch(f"{proxy.admin}/api/v1/{path}", headers=token).text)
    said += [fetch(f"{proxy.admin}/metrics").text, *proxy.lines]
    proxy.line("admin.token changed")
    for text in said:
        assert TOKEN not in text and PASSWORD not in text


def test_diff_has_the_exit_codes_of_the_contract(folder):
    one, two, bad = folder / "one.yaml", folder / "two.yaml", folder / "bad.yaml"
    one.write_text(json.dumps(configuration(["127.0.0.1:1"])))
    two.write_text(json.dumps(configuration(["127.0.0.1:2"])))
    bad.write_text("listeners: 7\n")
    code = lambda *names: subprocess.run([binary(), "diff", *names], capture_output=True, check=False).returncode  # noqa: E731
    assert code(one, one) == 0
    assert code(one, two) == 1
    assert code(one, bad) == 78
    assert code(bad, two) == 78
    assert code(one) == 64


class EchoNode:
    """Switches every connection to a tunnel that echoes."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                link, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(link,), daemon=True).start()

    @staticmethod
    def _serve(link):
        with link:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += link.recv(1)
            link.sendall(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
            while piece := link.recv(4096):
                link.sendall(piece)

    def stop(self):
        self._listener.close()


class Tunnel:
    """A WebSocket as the proxy sees one: after the 101 each message must come back."""

    def __init__(self, address):
        self.link = connect(address)
        key = base64.b64encode(os.urandom(16)).decode()
        self.link.sendall(f"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
                          f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = self.link.recv(1)
            assert byte, head
            head += byte
        assert b" 101 " in head

    def answers(self, text: bytes) -> bool:
        self.link.sendall(text)
        got = b""
        while len(got) < len(text):
            piece = self.link.recv(4096)
            if not piece:
                return False
            got += piece
        return got == text


class Download(threading.Thread):
    """A slow reader: takes a little at a time until told to take the rest, which must be whole. So little that the kernel
    does not tell the gateway of it before some minutes are over: then each download holds a buffer for its next piece,
    which together are a step of 2 MB in what the gateway needs and no growth."""

    def __init__(self, address, size, hurry):
        super().__init__(daemon=True)
        self.size, self.hurry, self.problem = size, hurry, "did not end"
        self.link = connect(address)
        self.link.sendall(b"GET /bytes/%d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % size)
        self.start()

    def run(self):
        try:
            got = b""
            while b"\r\n\r\n" not in got:
                got += self.link.recv(4096)
            left = self.size - len(got.partition(b"\r\n\r\n")[2])
            while left > 0:
                piece = self.link.recv(65536 if self.hurry.is_set() else 2048)
                if not piece:
                    self.problem = f"{left} bytes are missing"
                    return
                left -= len(piece)
                if not self.hurry.is_set():
                    self.hurry.wait(0.5)
            self.problem = None
        except OSError as failed:
            self.problem = str(failed)


def shown_by(address: str) -> bytes:
    """The certificate a new connection is shown."""
    name, port = address.rsplit(":", 1)
    return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate((name, int(port))))


def run_reloads_under_load(started, folder, *, reloads, broken, streams, seconds_least):
    echo = started(EchoNode())
    nodes = [started(Backend()) for _ in range(3)]
    authority = pki.Zoo(folder)
    sites = [authority.good("site.test"), authority.good("site.test")]

    def settings(round_number):
        """Nodes, routes, certificates and listeners change each time; what streams use stays reachable by its name."""
        kept = nodes[round_number % 3], nodes[(round_number + 1) % 3]
        made = with_token([f"{kept[0].address} weight={1 + round_number % 3}", kept[1].address])
        made["services"].append({"name": "tunnels", "url": [echo.address], "pool": {"idle": round_number % 7}})
        made["services"].append({"name": f"extra{round_number}", "url": [nodes[0].address]})
        made["routes"] = [{"name": "ws", "match": {"path": {"prefix": "/ws"}}, "service": "tunnels"},
                          {"name": f"r{round_number}", "match": {"path": {"prefix": f"/r{round_number}"}},
                           "service": f"extra{round_number}"}] + made["routes"]
        # the kernel holds megabytes for a slow reader, who then makes no progress we could see
        made["timeouts"] = {"client_write_idle": "10m", "min_rate": 0, "client_idle": f"{60 + round_number}s"}
        site = sites[round_number % 2]
        made["listeners"].append({"name": "secure", "address": "127.0.0.1:0", "tls": {
            "certificates": [{"certificate": str(site.certificate), "key": str(site.key)}]}})
        if round_number % 2:
            made["listeners"].append({"name": f"side{round_number}", "address": "127.0.0.1:0"})
        return made

    proxy = started(Sluice(folder, settings(0)))
    hurry = threading.Event()
    tunnels = [Tunnel(proxy.address) for _ in range(streams)]
    downloads = [Download(proxy.address, 8 << 20, hurry) for _ in range(streams)]
    secure = proxy.line(r"listening on (\S+) as secure")[1]
    loads = [subprocess.Popen([need("wrk"), "-t1", "-c8", f"-d{seconds_least}s", f"{url}/x"], stdout=subprocess.PIPE,
                              text=True) for url in (proxy.url, f"https://{secure}")]
    leaves = [ssl.PEM_cert_to_DER_cert(one.alone.read_text(encoding="ascii")) for one in sites]
    refused, memory = 0, []
    try:
        done = 0
        while done < reloads or any(one.poll() is None for one in loads):
            done += 1
            answer = reloaded(proxy, settings(done))
            assert answer.status_code == 200, answer.text
            # workers take new settings in their next turn
            eventually(lambda: shown_by(secure) == leaves[done % 2], "the new certificate")
            if done * broken // reloads > refused and refused < broken:
                refused += 1
                text = json.dumps(settings(done)).replace('"service": "app"', '"service": "nobody"')
                assert reloaded(proxy, text).status_code == 422
            if done % 10 == 0:
                assert all(one.answers(b"round %d" % done) for one in tunnels)
                memory.append(proxy.status("VmRSS"))
        report = "".join(one.communicate(timeout=60)[0] for one in loads)
    finally:
        for one in loads:
            one.kill()
    assert all(one.answers(b"last") for one in tunnels)
    hurry.set()
    for one in downloads:
        one.join(60)
    assert [one.problem for one in downloads if one.problem] == []
    assert "Non-2xx" not in report and "Socket errors" not in report, report
    assert sum("sluice.yaml:1:" in line and " error " in line for line in proxy.lines) == refused
    assert metric(proxy, "sluice_config_generation") == done + 1
    print(f"{done} reloads, {refused} refused, memory {memory[0]} to {memory[-1]} KiB\n{report}")
    return proxy, memory


def test_requests_and_streams_outlast_reloads_under_load(started, folder):
    run_reloads_under_load(started, folder, reloads=20, broken=10, streams=5, seconds_least=3)


@pytest.mark.long
def test_200_reloads_at_full_load_with_50_tunnels_and_50_downloads(started, folder):
    proxy, memory = run_reloads_under_load(started, folder, reloads=200, broken=100, streams=50, seconds_least=60)
    settled = memory[len(memory) // 4:]
    assert proxy.sanitized() or settled[-1] < settled[0] * 1.05, memory


def test_sigterm_during_a_reload_under_load_ends_well(sluice, backend):
    proxy = sluice(backend().address, admin={"address": "127.0.0.1:0", "token": TOKEN})
    links = [connect(proxy.address) for _ in range(50)]
    for number, link in enumerate(links):
        link.sendall(b"GET /slow/300?%d HTTP/1.1\r\nHost: x\r\n\r\n" % number)
    for _ in range(5):
        proxy.signal(signal.SIGHUP)
    proxy.signal(signal.SIGTERM)
    for link in links:
        answer = b""
        while piece := link.recv(65536):
            answer += piece
        assert answer.startswith(b"HTTP/1.1 200 ")
    assert proxy.exit_code() == 0


def large_table(node: str, port: int, edition: int, routes: int = 100_000) -> str:
    """100,000 routes and a tenth of services: some 14 MB of YAML. One in a hundred of each differs between editions."""
    lines = ["workers: 1", "listeners:", f'  - {{name: web, address: "127.0.0.1:{port}"}}', "access_log: {path: off}",
             f'admin: {{address: "127.0.0.1:0", token: {TOKEN}}}', "services:"]
    for number in range(routes // 10):
        lines.append(f'  - {{name: service-{number:05}, url: "{node}", retries: {{attempts: {1 + (number % 100 == edition % 100)}}}}}')
    lines.append("routes:")
    for number in range(routes):
        methods = "[GET, HEAD]" if number % 100 == edition % 100 else "[GET]"
        lines.append(f"  - name: route-{number:06}\n    match: {{hosts: [host-{number % 5000:04}.example.com], "
                     f"path: {{prefix: /part/{number:06}}}, methods: {methods}}}\n"
                     f"    service: service-{number % (routes // 10):05}")
    return "\n".join(lines) + "\n"


def p999(report: str) -> float:
    """Milliseconds of wrk's --latency line written by the script below."""
    return float(re.search(r"p999 ([\d.]+)", report)[1]) / 1000


LATENCY = 'done = function(summary, latency) print(string.format("p999 %d", latency:percentile(99.9))) end\n' \
          'request = function() n = (n or 0) + 1; local r = (n * 7919) % 100000; return wrk.format("GET", ' \
          'string.format("/part/%06d", r), {Host = string.format("host-%04d.example.com", r % 5000)}) end\n'


class Large(Sluice):
    """The gateway with a large table in its first edition."""

    def __init__(self, folder, text: str):  # pylint: disable=super-init-not-called
        self.file = folder / "sluice.yaml"
        self.file.write_text(text, encoding="utf-8")
        super(Sluice, self).__init__([binary(), "run", "--config", str(self.file)], cwd=folder)
        with self.stopped_if_it_fails():
            self.address = self.line(r"listening on (\S+) as web")[1]
            self.admin = "http://" + self.line(r"admin API on (\S+)")[1]
        self.url = "http://" + self.address


def test_memory_of_former_tables_and_of_files_that_were_refused_is_given_back(started, folder):
    node, port, routes = started(Backend()), isolation.free_port(), 20_000
    proxy = started(Large(folder, large_table(node.address, port, 0, routes)))
    if proxy.sanitized():
        pytest.skip("a sanitizer's heap keeps what was freed")
    before = proxy.status("VmRSS")

    def settled() -> bool:
        return proxy.status("VmRSS") < before * 1.2

    for edition in range(1, 6):
        assert reloaded(proxy, large_table(node.address, port, edition, routes)).status_code == 200
    eventually(settled, f"memory is back to {before} KiB after reloads")
    for _ in range(2):
        text = large_table(node.address, port, 5, routes).replace("service: service-01999", "service: nobody")
        assert reloaded(proxy, text).status_code == 422
    eventually(settled, f"memory is back to {before} KiB after refused reloads")
    assert fetch(f"{proxy.url}/part/000001", headers={"Host": "host-0001.example.com"}).status_code == 200


@pytest.mark.long
def test_a_table_of_100_000_routes_is_read_and_reloaded_without_a_pause(started, folder):
    node, port = started(Backend()), 20999
    proxy = started(Large(folder, large_table(node.address, port, 0)))
    size = proxy.file.stat().st_size
    began = time.monotonic()
    assert subprocess.run([binary(), "check", "--config", proxy.file], capture_output=True, check=False).returncode == 0
    check_took = time.monotonic() - began
    script = folder / "latency.lua"
    script.write_text(LATENCY)

    def loaded(meanwhile):
        load = subprocess.Popen([need("wrk"), "-t1", "-c8", "-d30s", "--latency", "-s", script, proxy.url],
                                stdout=subprocess.PIPE, text=True)
        meanwhile(load)
        report = load.communicate(timeout=120)[0]
        assert "Non-2xx" not in report and "Socket errors" not in report, report
        return p999(report)

    took = []

    def reload_all_along(load):
        edition = 0
        while load.poll() is None:
            edition += 1
            text = large_table(node.address, port, edition)
            began = time.monotonic()
            assert reloaded(proxy, text).status_code == 200
            took.append(time.monotonic() - began)

    loaded(lambda _: None)  # warm
    alone = loaded(lambda _: None)
    before = proxy.status("VmRSS")
    during = loaded(reload_all_along)
    after = eventually(lambda: proxy.status("VmRSS") < before * 1.2 and proxy.status("VmRSS"), "memory is given back")
    print(f"{size / 1e6:.1f} MB: check {check_took:.2f} s, reloads {[round(one, 2) for one in took]} s, "
          f"p99.9 {alone:.2f} ms alone, {during:.2f} ms during reloads, memory {before // 1024} MiB before, "
          f"{after // 1024} after, peak {proxy.status('VmHWM') // 1024} MiB")
    assert check_took < 8 and max(took) < 8
    assert during < alone + 20
