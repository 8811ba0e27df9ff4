# SPDX-License-Identifier: Apache-2.0
"""What is explained is what happens: random requests before random routes, explained by the admin API and by the
command, and sent. Route, service, path and Host are the same each time, and so is every answer of the gateway's own."""
import collections
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
        if "hosts" not in match or not self.one_in(6):
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
            headers["Content-Length"] = self.some("0", "99", "x")  # 99 is over limits.body, so nothing need follow
        host = self.some(*HOSTS) if not self.one_in(50) else self.some("a..b", "a b", "%61", "a.example:x")
        return {"listener": self.some("web", "inside"), "method": self.some("GET", "GET", "POST", "PUT", "get", "DELETE"),
                "host": host, "target": self.path(SEGMENTS) + query, "headers": headers}


class Client:
    """Requests byte for byte and each in one write, on a connection that is kept as long as it may be."""

    def __init__(self, address: str):
        self.address = address
        self.link = None
        self.file = None

    def ask(self, method: str, target: str, headers, body: str = "") -> tuple[int, dict]:
        if self.link is None:
            self.link = connect(self.address)
            self.file = self.link.makefile("rb")
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers), "", ""]
        self.link.sendall(("\r\n".join(lines) + body).encode())
        status = int(self.file.readline().split()[1])
        length, closes = 0, False
        while (line := self.file.readline().strip().lower()):
            if line.startswith(b"content-length:"):
                length = int(line[15:])
            closes = closes or line == b"connection: close"
        answer = json.loads(self.file.read(length) or b"{}")
        if closes:
            self.close()
        return status, answer

    def close(self) -> None:
        if self.link is not None:
            self.file.close()
            self.link.close()
            self.link = None


def explained(admin: Client, proxy, asked: dict) -> dict:
    port = proxy.addresses[asked["listener"]].rpartition(":")[2]
    body = json.dumps({
        "method": asked["method"], "url": f"http://127.0.0.1:{port}{asked['target']}", "listener": asked["listener"],
        "headers": {"Host": asked["host"], **asked["headers"]}})
    status, answer = admin.ask("POST", "/api/v1/explain",
                               [("Host", admin.address), ("Content-Length", len(body))], body)
    assert status == 200, answer
    return answer


def host_seen(told: dict) -> str:
    return told["to_node"]["host"] or told["services"][0]["nodes"][0]["host"]


def gateway(sluice, backend, maker: Maker, routes: int):
    services = [{"name": f"s{i}", "url": backend().address} for i in range(4)]
    services += [{"name": "off", "url": f"{backend().address} weight=0"},
                 {"name": "lost", "source": "dns", "url": "lost.test:80"}]
    return sluice(
        listeners=[{"name": name, "address": "127.0.0.1:0", "trusted_proxies": ["127.0.0.0/8"]}
                   for name in ("web", "inside")],
        resolvers=["127.0.0.1:1"], services=services,
        routes=[maker.route(number, [one["name"] for one in services]) for number in range(routes)],
        limits={"body": "50B"}, access_log={"path": "access.jsonl"})


def compare(proxy, folder, maker: Maker, requests: int) -> dict:
    """Explains and sends; returns how often each outcome came."""
    clients = {name: Client(address) for name, address in proxy.addresses.items()}
    admin = Client(proxy.admin.removeprefix("http://"))
    counts, wanted = collections.Counter(), {}
    for number in range(requests):
        asked = maker.request()
        told = explained(admin, proxy, asked)
        status, seen = clients[asked["listener"]].ask(
            asked["method"], asked["target"],
            [("Host", asked["host"]), ("X-Request-Id", f"request-{number}"), *asked["headers"].items()])
        own = told["answer"]
        counts[own["code"] if own else "routed"] += 1
        assert status == (own["status"] if own else 200), (asked, told, seen)
        if own:
            assert seen["error"]["code"] == own["code"], (asked, told, seen)
            continue
        assert seen["path"] == told["to_node"]["path"], (asked, told, seen)
        assert seen["headers"]["Host"] == host_seen(told), (asked, told, seen)
        wanted[f"request-{number}"] = (told["route"]["name"], told["services"][0]["name"], told["request"]["path"])
    for client in (admin, *clients.values()):
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


def check_seed(sluice, backend, folder, seed: int) -> None:
    maker = Maker(seed)
    counts = compare(gateway(sluice, backend, maker, 500), folder, maker, 10_000)
    assert counts["routed"] > 4_000 and counts["no_route"] > 50 and counts["bad_request"] > 100, counts
    assert counts["body_too_large"] > 0 and counts["expectation_failed"] > 0, counts
    assert counts["no_healthy_node"] > 100, counts


def test_10000_requests_before_500_routes_meet_what_was_explained(sluice, backend, folder):
    check_seed(sluice, backend, folder, 1)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 12))
def test_other_requests_before_other_routes_do_too(sluice, backend, folder, seed):
    check_seed(sluice, backend, folder, seed)


def test_the_command_says_what_the_api_says_before_it_runs(sluice, backend, folder):
    maker = Maker(4)
    proxy = gateway(sluice, backend, maker, 100)
    admin = Client(proxy.admin.removeprefix("http://"))
    for _ in range(10):
        asked = maker.request()
        live = explained(admin, proxy, asked)
        port = proxy.addresses[asked["listener"]].rpartition(":")[2]
        headers = {"Host": asked["host"], **asked["headers"]}
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
            if any(service["source"] == "dns" for service in one["services"]):  # only the gateway asked for its nodes
                one["answer"] = one["services"][0]["answer"] = None
        assert said == live
    admin.close()


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
