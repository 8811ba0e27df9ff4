# SPDX-License-Identifier: Apache-2.0
"""Services found by DNS: dnsmasq's answers change, and so do the nodes, while requests run that none may fail."""
import random
import re
import signal
import subprocess
import time
from functools import partial

import httpx
import pytest

import isolation
import nodes
from isolation import free_port
from name_servers import Dnsmasq, Rogue, name_asked, no_such_name, nonsense, one_address
from running import eventually, fetch


@pytest.fixture
def dnsmasq(started, folder):
    return lambda **options: started(Dnsmasq(folder, **options))


@pytest.fixture
def found_by_dns(sluice):
    """Starts the proxy with one service of these names, found by asking these servers."""
    def start(servers, *names, **changes):
        services = [{"name": "app", "source": "dns", "url": list(names)}]
        return sluice(services=services, resolvers=list(servers), **changes)

    return start


@pytest.fixture
def resolv_conf(folder):
    """A resolv.conf for the proxy alone: the server on port 53 of 127.0.0.1, and these search domains."""
    file = folder / "resolv.conf"
    file.write_text("nameserver 127.0.0.1\nsearch a.test b.test\n", encoding="ascii")
    try:
        subprocess.run(["true"], preexec_fn=partial(isolation.show, file, "/etc/resolv.conf"), check=True)
    except subprocess.SubprocessError:
        pytest.skip("this place allows no mount")
    if not isolation.private:
        pytest.skip("port 53 is not ours")
    return file


def told_nodes(proxy) -> set:
    service = httpx.get(f"{proxy.admin}/api/v1/services/app", timeout=30).json()
    return {node["address"] for node in service["nodes"]}


def have(proxy, *addresses):
    return lambda: told_nodes(proxy) == set(addresses)


class Load:
    """wrk over many connections; none of its requests may fail."""

    def __init__(self, proxy, seconds: int):
        self._wrk = subprocess.Popen([nodes.need("wrk"), "-t1", "-c16", f"-d{seconds}s", f"{proxy.url}/x"],
                                     stdout=subprocess.PIPE, text=True)

    def finish(self):
        said = self._wrk.communicate(timeout=120)[0]
        assert "Socket errors" not in said and "Non-2xx" not in said, said
        assert int(re.search(r"(\d+) requests in", said)[1]) > 100, said


def test_new_nodes_get_traffic_within_the_ttl_and_a_second_and_no_request_fails(dnsmasq, found_by_dns, backend):
    port = free_port()
    old, new = backend(f"127.0.0.2:{port}"), backend(f"127.0.0.3:{port}")
    server = dnsmasq(ttl=1)
    server.say(app=["127.0.0.2"])
    proxy = found_by_dns([server.address], f"app.test:{port}")
    eventually(have(proxy, old.address), "the first node is known")
    load = Load(proxy, 8)
    for ip, node in (("127.0.0.3", new), ("127.0.0.2", old), ("127.0.0.3", new)):
        began = time.monotonic()
        server.say(app=[ip])
        eventually(lambda node=node: fetch(f"{proxy.url}/").json()["backend"] == node.address, "the new node answers")
        assert time.monotonic() - began < 2 + 1.5  # TTL and a second; and the slack of a busy machine
        eventually(have(proxy, node.address), "the old node is gone")
        assert {fetch(f"{proxy.url}/{i}").json()["backend"] for i in range(20)} == {node.address}
    load.finish()


@pytest.mark.parametrize("seconds", [5, pytest.param(30, marks=pytest.mark.long)])
def test_without_a_name_server_the_last_good_nodes_serve(dnsmasq, found_by_dns, backend, seconds):
    port = free_port()
    old, new = backend(f"127.0.0.2:{port}"), backend(f"127.0.0.3:{port}")
    server = dnsmasq(ttl=1)
    server.say(app=["127.0.0.2"])
    proxy = found_by_dns([server.address], f"app.test:{port}")
    eventually(have(proxy, old.address), "the first node is known")
    load = Load(proxy, seconds)
    server.stop()
    proxy.line(r"warn .*app\.test .*cannot be resolved")
    load.finish()
    assert told_nodes(proxy) == {old.address}
    server.start()
    server.say(app=["127.0.0.3"])
    eventually(have(proxy, new.address), "the new node is known")
    proxy.line(r"info .*app\.test is resolved again")
    assert sum("cannot be resolved" in line for line in proxy.lines) == 1
    assert fetch(proxy.url).json()["backend"] == new.address


def test_a_name_that_never_resolved_is_503_and_holds_up_nothing(found_by_dns, started, backend, dnsmasq):
    silent = started(Rogue(lambda query: None))
    began = time.monotonic()
    proxy = found_by_dns([silent.address], "app.test:80")
    answer = fetch(proxy.url)
    assert answer.status_code == 503 and answer.json()["error"]["code"] == "no_healthy_node"
    assert "retry-after" in answer.headers
    assert time.monotonic() - began < 20
    assert told_nodes(proxy) == set()


def test_a_name_that_vanishes_takes_its_nodes_along_after_three_answers(dnsmasq, found_by_dns, backend):
    port = free_port()
    node = backend(f"127.0.0.2:{port}")
    server = dnsmasq(ttl=1)
    server.say(app=["127.0.0.2"])
    proxy = found_by_dns([server.address], f"app.test:{port}")
    eventually(have(proxy, node.address), "the node is known")
    server.say()
    time.sleep(2)  # one or two absences by now
    assert fetch(proxy.url).status_code == 200
    eventually(have(proxy), "the node is gone")
    assert fetch(proxy.url).status_code == 503
    server.say(app=["127.0.0.2"])
    eventually(have(proxy, node.address), "the node is back")
    assert fetch(proxy.url).status_code == 200


def test_an_ipv4_address_in_an_aaaa_record_is_a_node_like_any_other(dnsmasq, found_by_dns, backend):
    port = free_port()
    node = backend(f"127.0.0.2:{port}")
    server = dnsmasq(ttl=1)
    server.say(app=["::ffff:127.0.0.2"])
    proxy = found_by_dns([server.address], f"app.test:{port}")
    eventually(have(proxy, f"[::ffff:127.0.0.2]:{port}"), "the node is known")
    assert fetch(proxy.url).json()["backend"] == node.address


def test_a_thousand_addresses_come_over_tcp(dnsmasq, found_by_dns):
    ips = [f"127.1.{number // 250}.{number % 250 + 1}" for number in range(1000)]
    server = dnsmasq(ttl=1)
    server.say(app=ips)
    proxy = found_by_dns([server.address], "app.test:80")
    eventually(have(proxy, *(f"{ip}:80" for ip in ips)), "all nodes are known")
    server.say(app=ips[:500])
    eventually(have(proxy, *(f"{ip}:80" for ip in ips[:500])), "half of them are left")


def test_a_ttl_of_nothing_is_a_second(dnsmasq, found_by_dns, started, backend):
    asked = started(Rogue(lambda query: one_address(query, "127.0.0.2").replace(b"\0\0\0\1\0\4", b"\0\0\0\0\0\4")))
    proxy = found_by_dns([asked.address], "app.test:80")
    eventually(have(proxy, "127.0.0.2:80"), "the node is known")
    before = asked.asked
    time.sleep(3)
    assert 2 <= asked.asked - before <= 8  # A about once a second, AAAA now and then


def test_aliases_are_followed(dnsmasq, found_by_dns, backend):
    node = backend("127.0.0.2:%d" % free_port())
    port = node.address.rpartition(":")[2]
    server = dnsmasq(options=["--cname=one.test,two.test", "--cname=two.test,app.test"])
    server.say(app=["127.0.0.2"])
    proxy = found_by_dns([server.address], f"one.test:{port}")
    eventually(have(proxy, node.address), "the node is known")
    assert fetch(proxy.url).status_code == 200


def test_the_search_list_goes_on_past_names_that_do_not_exist_and_ends_at_one_without_that_record(
        sluice, started, resolv_conf):
    known = {"short.a.test": "2001:db8::1", "short.b.test": "127.0.0.2", "other.b.test": "127.0.0.3"}
    asked = []

    def reply(query):
        asked.append(name_asked(query))
        ip = known.get(name_asked(query))
        return one_address(query, ip) if ip else no_such_name(query)

    started(Rogue(reply, port=53))
    proxy = sluice(services=[{"name": "app", "source": "dns", "url": ["short:80", "other:80"]}], resolv_conf=resolv_conf)
    eventually(have(proxy, "[2001:db8::1]:80", "127.0.0.3:80"), "what the search leads to is known")
    eventually(lambda: asked.count("short.a.test") >= 4, "records were asked for again: the first searches are over")
    assert told_nodes(proxy) == {"[2001:db8::1]:80", "127.0.0.3:80"}
    assert "other.a.test" in asked and "short.b.test" not in asked


def test_a_name_that_is_gone_loses_its_nodes_beside_one_that_never_resolves(found_by_dns, started, backend):
    port = free_port()
    node = backend(f"127.0.0.2:{port}")
    there = True

    def reply(query):
        if name_asked(query) == "lost.test":
            return query[:2] + b"\x81\x82" + query[4:]  # SERVFAIL
        return one_address(query, "127.0.0.2") if there else no_such_name(query)

    server = started(Rogue(reply))
    proxy = found_by_dns([server.address], f"app.test:{port}", f"lost.test:{port}")
    eventually(have(proxy, node.address), "the node is known")
    proxy.line(r"warn .*lost\.test .*SERVFAIL")
    there = False
    eventually(have(proxy), "the node is gone", patience=60)
    assert fetch(proxy.url).status_code == 503


def test_metrics_say_whether_name_servers_answer_as_long_as_a_service_is_found_by_them(dnsmasq, found_by_dns):
    server = dnsmasq(ttl=1)
    server.say(app=["127.0.0.2"])
    began = time.time()
    proxy = found_by_dns([server.address], "app.test:80")

    def series(name):
        found = re.search(rf'^sluice_source_{name}{{source="dns"}} (\S+)$', fetch(f"{proxy.admin}/metrics").text, re.M)
        return float(found[1]) if found else None

    eventually(lambda: series("up") == 1, "the source is up")
    assert began - 1 < series("last_success_timestamp_seconds") < time.time() + 1
    server.stop()
    eventually(lambda: series("up") == 0, "the source is down", patience=60)
    last = series("last_success_timestamp_seconds")
    assert last and last < time.time()
    proxy.file.write_text(proxy.file.read_text().replace('"dns"', '"fixed"').replace("app.test", "127.0.0.2"))
    proxy.signal(signal.SIGHUP)
    eventually(lambda: series("up") is None and series("last_success_timestamp_seconds") is None, "the series are gone")


def test_srv_records_bring_ports_and_priorities(dnsmasq, found_by_dns, backend):
    first, second, spare = (backend(f"127.0.0.{number}:{free_port()}") for number in (2, 3, 4))
    ports = [node.address.rpartition(":")[2] for node in (first, second, spare)]
    server = dnsmasq(options=[f"--srv-host=_web._tcp.app.test,one.test,{ports[0]},10,5",
                              f"--srv-host=_web._tcp.app.test,two.test,{ports[1]},10,5",
                              f"--srv-host=_web._tcp.app.test,spare.test,{ports[2]},20,5"])
    server.say(one=["127.0.0.2"], two=["127.0.0.3"], spare=["127.0.0.4"])
    proxy = found_by_dns([server.address], "_web._tcp.app.test")
    eventually(have(proxy, first.address, second.address, spare.address), "all nodes are known")
    assert {fetch(f"{proxy.url}/{i}").json()["backend"] for i in range(20)} == {first.address, second.address}
    first.stop()
    second.stop()
    assert {fetch(f"{proxy.url}/{i}").json()["backend"] for i in range(20)} == {spare.address}


def test_a_dead_family_costs_no_request(dnsmasq, found_by_dns, backend):
    port = free_port()
    node = backend(f"127.0.0.2:{port}")
    server = dnsmasq()
    server.say(app=["127.0.0.2", "::1"])
    proxy = found_by_dns([server.address], f"app.test:{port}")
    eventually(have(proxy, node.address, f"[::1]:{port}"), "both families are known")
    for number in range(50):
        answer = fetch(f"{proxy.url}/{number}", headers={"Connection": "close"})
        assert answer.status_code == 200 and answer.json()["backend"] == node.address
    living = backend(f"[::1]:{port}")
    eventually(lambda: fetch(proxy.url).json()["backend"] == living.address, "the first family is used again")


def test_nonsense_from_the_name_server_changes_nothing(found_by_dns, started, backend):
    port = free_port()
    node = backend(f"127.0.0.2:{port}")
    chance = random.Random(7)
    server = started(Rogue(lambda query: one_address(query, "127.0.0.2")))
    proxy = found_by_dns([server.address], f"app.test:{port}")
    eventually(have(proxy, node.address), "the node is known")
    server.reply = lambda query: nonsense(query, chance)
    asked = server.asked
    load = Load(proxy, 10)
    load.finish()
    assert server.asked > asked + 3
    assert told_nodes(proxy) == {node.address}
    assert proxy.alive()
    server.reply = lambda query: one_address(query, "127.0.0.3")
    eventually(have(proxy, f"127.0.0.3:{port}"), "good answers count again", patience=60)
