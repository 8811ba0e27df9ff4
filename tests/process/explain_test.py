# SPDX-License-Identifier: Apache-2.0
"""What is explained is what happens: random requests before random routes, explained by the admin API and by the
command, and sent. Route, service, path and Host are the same each time, and so is every answer of the gateway's own."""
import json
import random
import subprocess

import httpx
import pytest

from running import PATIENCE, binary, connect, eventually

HOSTS = ["a.example", "b.example", "c.b.example", "A.Example.", "d.c.b.example", "other.test", "example", "[::1]"]
SEGMENTS = ["a", "b", "ab", "1", "22", "%61", "a%2Fb", ".", "..", "%2e", "", "a;x", "%zz", "%C3%A9", "~b"]
LABELS = ["a", "b", "c", "example", "test"]


class Maker:
    """Routes and requests that often meet, from a seed."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)

    def some(self, *choices):
        return self.random.choice(choices)

    def one_in(self, number: int) -> bool:
        return self.random.randrange(number) == 0

    def path(self, segments) -> str:
        return "".join("/" + self.random.choice(segments) for _ in range(self.random.randint(1, 4)))

    def host(self) -> str:
        name = self.some("a.example", "b.example", "c.b.example", "other.test", "d.c.b.example")
        return "*." + self.some("example", "b.example", "test") if self.one_in(3) else name

    def path_rule(self) -> dict:
        plain = ["a", "b", "ab", "1", "22", "a;x", "a%2Fb"]
        if self.one_in(5):
            return {"regex": self.some("/a.*", "/[ab]/[0-9]+", ".*b", "/a/?", "/(a|b)(/.*)?", "/1/22.*", "/ab/.*")}
        return {self.some("exact", "prefix", "prefix"): self.path(plain) + ("/" if self.one_in(8) else "")}

    def route(self, number: int, services) -> dict:
        match = {}
        if not self.one_in(4):
            match["hosts"] = sorted({self.host() for _ in range(self.random.randint(1, 3))})
        if not self.one_in(6):
            match["path"] = self.path_rule()
        if self.one_in(4):
            match["methods"] = sorted({self.some("GET", "POST", "PUT"), self.some("GET", "DELETE")})
        if self.one_in(5):
            match["headers"] = {"X-One": self.some("1", {"present": True}, {"regex": "[0-9]+"})}
        if self.one_in(5):
            match["query"] = {"q": self.some("1", {"present": True}, {"regex": "[a-z]+"})}
        if self.one_in(6):
            match["listeners"] = [self.some("web", "inside")]
        one = {"name": f"r{number}", "match": match, "service": self.random.choice(services)}
        rewrite = {}
        if "prefix" in match.get("path", {}) and self.one_in(2):
            rewrite["prefix"] = self.some("/", "/v2", "/v2/", "/a/b")
        if self.one_in(3):
            rewrite["host"] = self.some("upstream", "elsewhere.test:81", "preserve")
        if rewrite:
            one["rewrite"] = rewrite
        return one

    def request(self) -> dict:
        query = self.some("", "", "?", "?q=1", "?q=ab&q=1", "?x&q=%31", "?q=A", "?q")
        headers = {}
        if self.one_in(3):
            headers["X-One"] = self.some("1", "x", "22", "")
        if self.one_in(60):
            headers["Expect"] = "tea"
        if self.one_in(60):
            headers["Content-Length"] = self.some("0", "99", "x")
        host = self.some(*HOSTS) if not self.one_in(50) else self.some("a..b", "a b", "%61", "a.example:x")
        return {"listener": self.some("web", "inside"), "method": self.some("GET", "GET", "POST", "PUT", "get", "DELETE"),
                "host": host, "target": self.path(SEGMENTS) + query, "headers": headers}


class Client:
    """Requests byte for byte, on a connection that is kept as long as it may be."""

    def __init__(self, address: str):
        self.address = address
        self.link = None
        self.file = None

    def ask(self, method: str, target: str, headers) -> tuple[int, dict]:
        if self.link is None:
            self.link = connect(self.address)
            self.file = self.link.makefile("rb")
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers), "", ""]
        self.link.sendall("\r\n".join(lines).encode())
        status = int(self.file.readline().split()[1])
        length, closes = 0, False
        while (line := self.file.readline().strip().lower()):
            if line.startswith(b"content-length:"):
                length = int(line[15:])
            closes = closes or line == b"connection: close"
        body = json.loads(self.file.read(length) or b"{}")
        if closes:
            self.close()
        return status, body

    def close(self) -> None:
        if self.link is not None:
            self.file.close()
            self.link.close()
            self.link = None


def is_sendable(asked: dict) -> bool:
    """Explain refuses what no client would send, such as a host with a space in a URL."""
    return " " not in asked["host"]


def explained(admin: httpx.Client, proxy, asked: dict) -> dict:
    port = proxy.addresses[asked["listener"]].rpartition(":")[2]
    answer = admin.post("/api/v1/explain", json={
        "method": asked["method"], "url": f"http://127.0.0.1:{port}{asked['target']}", "listener": asked["listener"],
        "headers": {"Host": asked["host"], **asked["headers"]}})
    assert answer.status_code == 200, answer.text
    return answer.json()


def host_seen(told: dict) -> str:
    return told["to_node"]["host"] or told["services"][0]["nodes"][0]["host"]


def gateway(sluice, backend, maker: Maker, routes: int):
    nodes = {f"s{i}": backend().address for i in range(4)}
    return sluice(
        listeners=[{"name": name, "address": "127.0.0.1:0", "trusted_proxies": ["127.0.0.0/8"]}
                   for name in ("web", "inside")],
        services=[{"name": name, "url": address} for name, address in nodes.items()],
        routes=[maker.route(number, list(nodes)) for number in range(routes)],
        limits={"body": "50B"}, access_log={"path": "access.jsonl"})


def compare(proxy, folder, maker: Maker, requests: int) -> dict:
    """Explains and sends; returns how often each outcome came."""
    clients = {name: Client(address) for name, address in proxy.addresses.items()}
    counts, wanted = {}, {}
    with httpx.Client(base_url=proxy.admin, timeout=PATIENCE) as admin:
        for number in range(requests):
            asked = maker.request()
            while not is_sendable(asked):
                asked = maker.request()
            told = explained(admin, proxy, asked)
            body = "x" * int(asked["headers"].get("Content-Length", "0").replace("x", "0"))
            if body and not told["answer"]:
                asked["headers"]["Content-Length"] = "0"
            status, seen = clients[asked["listener"]].ask(
                asked["method"], asked["target"],
                [("Host", asked["host"]), ("X-Request-Id", f"request-{number}"), *asked["headers"].items()])
            own = told["answer"]
            assert status == (own["status"] if own else 200), (asked, told, seen)
            counts[own["code"] if own else "routed"] = counts.get(own["code"] if own else "routed", 0) + 1
            if own:
                assert seen["error"]["code"] == own["code"], (asked, told, seen)
                continue
            assert seen["path"] == told["to_node"]["path"], (asked, told, seen)
            assert seen["headers"]["Host"] == host_seen(told), (asked, told, seen)
            wanted[f"request-{number}"] = (told["route"]["name"], told["services"][0]["name"], told["request"]["path"])
    for client in clients.values():
        client.close()
    compare_log(folder / "access.jsonl", wanted)
    return counts


def compare_log(file, wanted: dict) -> None:
    def logged():
        lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        found = {one["request_id"]: (one["route"], one["service"], one["path"]) for one in lines}
        return found if wanted.keys() <= found.keys() else None

    found = eventually(logged, "every routed request is logged")
    differ = {number: (what, found[number]) for number, what in wanted.items() if found[number] != what}
    assert not differ, differ


def test_500_requests_before_500_routes_meet_what_was_explained(sluice, backend, folder):
    maker = Maker(1)
    counts = compare(gateway(sluice, backend, maker, 500), folder, maker, 500)
    assert counts["routed"] > 200, counts


@pytest.mark.long
@pytest.mark.parametrize("seed", [2, 3])
def test_10000_requests_before_500_routes_meet_what_was_explained(sluice, backend, folder, seed):
    maker = Maker(seed)
    counts = compare(gateway(sluice, backend, maker, 500), folder, maker, 10_000)
    assert counts["routed"] > 4_000, counts
    assert counts["no_route"] > 100 and counts["bad_request"] > 100, counts


def test_the_command_says_what_the_api_says_before_it_runs(sluice, backend, folder):
    maker = Maker(4)
    proxy = gateway(sluice, backend, maker, 100)
    with httpx.Client(base_url=proxy.admin, timeout=PATIENCE) as admin:
        for _ in range(10):
            asked = maker.request()
            live = explained(admin, proxy, asked | {"host": "b.example"})
            port = proxy.addresses[asked["listener"]].rpartition(":")[2]
            headers = {"Host": "b.example", **asked["headers"]}
            command = subprocess.run(
                [binary(), "explain", "--config", proxy.file, "--format", "json", "-X", asked["method"],
                 "--listener", asked["listener"], *(part for name, value in headers.items()
                                                    for part in ("-H", f"{name}: {value}")),
                 f"http://127.0.0.1:{port}{asked['target']}"],
                capture_output=True, text=True, check=False, cwd=folder, timeout=PATIENCE)
            said = json.loads(command.stdout)
            assert command.returncode == (0 if live["route"] else 1)
            for one in (said, live):
                one["listener"].pop("address")  # the file says port 0
            assert said == live


def test_a_reload_explains_the_new_table_and_its_lines(sluice, backend, started):
    proxy = sluice(backend().address)
    with httpx.Client(base_url=proxy.admin, timeout=PATIENCE) as admin:
        before = admin.post("/api/v1/explain", json={"url": proxy.url + "/x"}).json()
        assert before["route"]["name"] == "all"
        settings = json.loads(proxy.file.read_text(encoding="utf-8"))
        settings["routes"].insert(0, {"name": "new", "match": {"path": {"exact": "/x"}}, "service": "app"})
        proxy.file.write_text("\n" + json.dumps(settings, indent=1), encoding="utf-8")
        same = admin.post("/api/v1/explain", json={"url": proxy.url + "/x"}).json()
        assert same == before  # what is in use, not what the file says now
        proxy.signal(1)
        proxy.line("reloaded: generation 2")
        after = admin.post("/api/v1/explain", json={"url": proxy.url + "/x"}).json()
        assert after["route"]["name"] == "new"
        lines = proxy.file.read_text(encoding="utf-8").splitlines()
        place = int(after["route"]["at"].rpartition(":")[2])
        assert '"new"' in lines[place - 1] or '"new"' in lines[place], after["route"]
