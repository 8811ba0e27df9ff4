# SPDX-License-Identifier: Apache-2.0
"""TLS to nodes: who is believed and who is not, what they are shown, and what passes."""
import asyncio
import contextlib
import dataclasses
import pathlib
import shutil
import socket
import ssl
import tempfile
import threading

import httpx
import pytest

import tls_nodes
from pki import CLIENT, Zoo
from running import PATIENCE, connect, fetch, own_memory_kib


@pytest.fixture(scope="module")
def zoo():
    path = pathlib.Path(tempfile.mkdtemp(prefix="sluice-zoo-"))
    path.chmod(0o755)
    yield Zoo(path)
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def secured(sluice, zoo):
    """Starts the proxy in front of nodes that speak TLS; keys of `tls` replace the usual ones."""
    def start(*addresses, changes=None, **tls):
        terms = {"mode": "tls", "ca": str(zoo.trusted), "server_name": "node.test"} | tls
        service = {"name": "app", "source": "fixed", "url": list(addresses),
                   "tls": {key: value for key, value in terms.items() if value is not None}}
        return sluice(services=[service], **(changes or {}))

    return start


def last_error(proxy) -> str:
    return fetch(f"{proxy.admin}/api/v1/services/app").json()["nodes"][0]["last_error"]


def outcomes(proxy, word: str) -> bool:
    page = fetch(f"{proxy.admin}/metrics").text
    return any(line.startswith("sluice_upstream_requests_total{") and f'outcome="{word}"' in line
               for line in page.splitlines())


def expect_refused(proxy, why: str) -> None:
    answer = fetch(f"{proxy.url}/")
    assert answer.status_code == 502
    assert answer.json()["error"]["code"] == "bad_gateway"
    assert last_error(proxy).startswith(f"tls: {why}")
    proxy.line(rf"warn.*service app: node \S+: tls: {why}")
    assert outcomes(proxy, "tls_error")


def untrusted_with_root(zoo):
    """As a server does that shows its whole chain, the root too."""
    made = zoo.untrusted()
    whole = made.alone.with_suffix(".whole.pem")
    whole.write_text(made.alone.read_text(encoding="ascii") + zoo.stranger.certificate.read_text(encoding="ascii"),
                     encoding="ascii")
    return dataclasses.replace(made, certificate=whole)


REFUSED = {
    "expired": (lambda z: z.expired(), "certificate expired: certificate has expired"),
    "not yet valid": (lambda z: z.not_yet_valid(), "certificate not yet valid"),
    "another name": (lambda z: z.good("other.test"), "certificate wrong name"),
    "an address instead of the name": (lambda z: z.good("x", "IP:127.0.0.1"), "certificate wrong name"),
    "self-signed": (lambda z: z.self_signed(), "certificate self-signed"),
    "a stranger's": (lambda z: z.untrusted(), "certificate unknown issuer"),
    "a stranger's with its root": (untrusted_with_root, "certificate untrusted root"),
    "by a namesake of the root": (lambda z: z.forged(),
                                  "certificate bad signature: certificate signature failure"),
    "without its intermediate": (lambda z: z.missing_intermediate(), "certificate unknown issuer"),
    "meant for clients": (lambda z: z.good(use=CLIENT), "certificate wrong usage"),
    "with a key for lists only": (lambda z: z.good(usage="cRLSign"), "certificate wrong usage"),
    "signed by what is no CA": (lambda z: z.issued_by_a_leaf(), "certificate issued by what is no CA"),
    "a wildcard for a top level": (lambda z: z.good("x", "DNS:*.test"), "certificate wrong name"),
    "a wildcard for a part of a label": (lambda z: z.good("x", "DNS:n*de.test"), "certificate wrong name"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_bad_certificate_is_refused_for_a_named_reason(secured, started, zoo, kind):
    make, why = REFUSED[kind]
    node = started(tls_nodes.TlsNode(make(zoo)))
    expect_refused(secured(node.address), why)
    assert node.requests == 0


@pytest.mark.parametrize("asked, named", [
    ("node.test", "DNS:node.test"),
    ("node.test", "DNS:NODE.test"),
    ("a.node.test", "DNS:*.node.test"),
    (None, "IP:127.0.0.1"),
    ("127.0.0.1", "IP:127.0.0.1"),
])
def test_a_good_certificate_is_accepted(secured, started, zoo, asked, named):
    node = started(tls_nodes.TlsNode(zoo.good("node", named)))
    proxy = secured(node.address, server_name=asked)
    assert fetch(f"{proxy.url}/").text == "hello"
    assert node.handshakes == [("TLSv1.3", "http/1.1", False, None)]
    assert node.names == [None if asked in (None, "127.0.0.1") else asked]  # an address is no SNI


@pytest.mark.parametrize("asked, named", [
    ("a.b.node.test", "DNS:*.node.test"),
    ("node.test", "DNS:*.node.test"),
    (None, "DNS:node.test"),
    (None, "IP:127.0.0.2"),
])
def test_a_wildcard_stands_for_one_label_and_an_address_for_itself(secured, started, zoo, asked, named):
    node = started(tls_nodes.TlsNode(zoo.good("node", named)))
    expect_refused(secured(node.address, server_name=asked), "certificate wrong name")


def test_a_revoked_certificate_is_refused_and_others_are_not(secured, started, zoo):
    bad, good = zoo.revoked(), zoo.good()
    lists = str(zoo.crls())
    expect_refused(secured(started(tls_nodes.TlsNode(bad)).address, crl=lists),
                   "certificate revoked: certificate revoked")
    proxy = secured(started(tls_nodes.TlsNode(good)).address, crl=lists)
    assert fetch(f"{proxy.url}/").text == "hello"


def test_unverified_nodes_are_warned_of_and_counted(secured, started, zoo):
    node = started(tls_nodes.TlsNode(zoo.self_signed("whoever")))
    proxy = secured(node.address, verify=False, ca=None)
    assert fetch(f"{proxy.url}/").text == "hello"
    proxy.line("warning: .*nodes need not prove who they are")
    assert 'sluice_service_tls_unverified{service="app"} 1' in fetch(f"{proxy.admin}/metrics").text


def test_the_authorities_of_the_system_are_asked_when_no_other_is_named(secured, started, zoo, monkeypatch):
    node = started(tls_nodes.TlsNode(zoo.good()))
    expect_refused(secured(node.address, ca=None), "certificate unknown issuer")
    monkeypatch.setenv("SSL_CERT_FILE", str(zoo.trusted))
    assert fetch(f"{secured(node.address, ca=None).url}/").text == "hello"


def test_the_oldest_version_is_kept(secured, started, zoo):
    node = started(tls_nodes.TlsNode(zoo.good(), maximum=ssl.TLSVersion.TLSv1_2))
    assert fetch(f"{secured(node.address).url}/").text == "hello"
    assert node.handshakes[0][0] == "TLSv1.2"
    expect_refused(secured(node.address, min_version="TLSv1.3"), "refused by the other side: ")


def test_a_node_is_shown_our_certificate_with_mtls(secured, started, zoo):
    node = started(tls_nodes.TlsNode(zoo.good(), client_ca=zoo.trusted))
    ours = zoo.good("gateway", use=CLIENT)
    proxy = secured(node.address, mode="mtls", certificate=str(ours.certificate), key=str(ours.key))
    assert fetch(f"{proxy.url}/").text == "hello"
    assert node.handshakes[0][3] == ((("commonName", "gateway"),),)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_node_that_does_not_believe_us_is_a_failure_of_tls(secured, started, zoo, version):
    node = started(tls_nodes.TlsNode(zoo.good(), client_ca=zoo.trusted, maximum=version))
    expect_refused(secured(node.address), "refused by the other side: ")
    ours = zoo.untrusted("gateway", use=CLIENT)
    expect_refused(secured(node.address, mode="mtls", certificate=str(ours.certificate), key=str(ours.key)),
                   "refused by the other side: ")
    assert node.requests == 0


def test_an_answer_before_the_handshake_is_never_an_answer(secured, started):
    """CVE-2026-1642."""
    listener = socket.create_server(("127.0.0.1", 0))

    def speak_first():
        while True:
            try:
                link, _ = listener.accept()
            except OSError:
                return
            link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged")
            link.shutdown(socket.SHUT_WR)
            while link.recv(4096):
                pass
            link.close()

    threading.Thread(target=speak_first, daemon=True).start()
    try:
        expect_refused(secured("127.0.0.1:%d" % listener.getsockname()[1]), "not TLS")
    finally:
        listener.close()


def test_a_silent_node_is_given_up_after_upstream_tls(secured, started):
    listener = socket.create_server(("127.0.0.1", 0))
    proxy = secured("127.0.0.1:%d" % listener.getsockname()[1],
                    changes={"timeouts": {"upstream_tls": "200ms"}})
    expect_refused(proxy, "the handshake timed out")
    listener.close()


def test_a_refused_node_is_followed_by_the_next_one(secured, started, zoo):
    bad, good = (started(tls_nodes.TlsNode(one)) for one in (zoo.expired(), zoo.good()))
    proxy = secured(bad.address, good.address)
    for body in (b"", b"a body"):
        for _ in range(4):
            answer = httpx.post(f"{proxy.url}/", content=body, verify=False)
            assert answer.content == (body or b"hello")
    assert good.requests == 8
    assert bad.requests == 0
    refusals = [line for line in proxy.lines if "certificate expired" in line]
    assert 1 <= len(refusals) <= 2, refusals  # once a worker, not once a request


def test_connections_are_kept_and_sessions_are_resumed(secured, started, zoo):
    node = started(tls_nodes.TlsNode(zoo.good()))
    proxy = secured(node.address, changes={"workers": 1})
    for _ in range(10):
        assert fetch(f"{proxy.url}/").text == "hello"
    threads = [threading.Thread(target=lambda: [fetch(f"{proxy.url}/") for _ in range(5)]) for _ in range(8)]
    [one.start() for one in threads]
    [one.join() for one in threads]
    resumed = [one[2] for one in node.handshakes]
    assert resumed[0] is False
    if len(resumed) > 3:
        assert any(resumed[1:]), resumed


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_nginx_as_a_node(secured, started, folder, zoo, version):
    node = started(tls_nodes.nginx(folder / "node", zoo.good(), client_ca=zoo.trusted, protocols=version))
    ours = zoo.good("gateway", use=CLIENT)
    proxy = secured(node.address, mode="mtls", certificate=str(ours.certificate), key=str(ours.key),
                    changes={"workers": 1})
    assert fetch(f"{proxy.url}/").text == f"nginx node.test {version} CN=gateway .\n"
    large = bytes(range(256)) * 16384  # 4 MiB
    assert httpx.put(f"{proxy.url}/files/large", content=large, verify=False).status_code == 201
    assert fetch(f"{proxy.url}/files/large").content == large
    # a node that is told to close comes back with a resumed session
    node.program.signal(1)
    assert fetch(f"{proxy.url}/").status_code == 200


def test_haproxy_as_a_node(secured, started, folder, zoo):
    node = started(tls_nodes.haproxy(folder / "node", zoo.good(), client_ca=zoo.trusted))
    ours = zoo.good("gateway", use=CLIENT)
    proxy = secured(node.address, mode="mtls", certificate=str(ours.certificate), key=str(ours.key))
    for _ in range(3):
        assert fetch(f"{proxy.url}/").text == "haproxy node.test /CN=gateway"


def test_haproxy_does_not_believe_a_stranger(secured, started, folder, zoo):
    node = started(tls_nodes.haproxy(folder / "node", zoo.good(), client_ca=zoo.trusted))
    expect_refused(secured(node.address), "refused by the other side: ")


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_openssl_s_server_as_a_node(secured, started, folder, zoo, version):
    node = started(tls_nodes.s_server(folder / "node", zoo.good(), version))
    proxy = secured(node.address)
    for _ in range(3):
        assert fetch(f"{proxy.url}/answer").text == "s_server"


@pytest.mark.parametrize("farewell", ["close_notify", "none"])
def test_a_body_without_length_needs_close_notify_to_be_whole(secured, started, zoo, farewell):
    """Without it anybody who can cut a connection could cut an answer unseen."""
    identity = zoo.good()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(identity.certificate, identity.key)
    listener = socket.create_server(("127.0.0.1", 0))

    def play():
        plain, _ = listener.accept()
        link = context.wrap_socket(plain, server_side=True)
        link.recv(4096)
        link.sendall(b"HTTP/1.1 200 OK\r\n\r\nall there is")
        if farewell == "close_notify":
            link.unwrap()
        else:
            socket.socket(fileno=link.detach()).close()

    player = threading.Thread(target=play, daemon=True)
    player.start()
    proxy = secured("127.0.0.1:%d" % listener.getsockname()[1])
    if farewell == "close_notify":
        assert fetch(f"{proxy.url}/").text == "all there is"
    else:
        with pytest.raises(httpx.RemoteProtocolError):
            fetch(f"{proxy.url}/")
    player.join(20)
    listener.close()


def test_no_key_is_shown_anywhere(secured, started, zoo):
    node = started(tls_nodes.TlsNode(zoo.good(), client_ca=zoo.trusted))
    ours = zoo.good("gateway", use=CLIENT)
    proxy = secured(node.address, mode="mtls", certificate=str(ours.certificate), key=str(ours.key))
    fetch(f"{proxy.url}/")
    secret = ours.key.read_text(encoding="ascii").splitlines()[1]
    pages = [fetch(f"{proxy.admin}{path}").text
             for path in ("/api/v1/config", "/api/v1/services", "/api/v1/status", "/metrics")]
    assert all(secret not in page for page in [*pages, *proxy.lines])


def test_the_admin_api_names_the_mode(secured, started, zoo):
    proxy = secured(started(tls_nodes.TlsNode(zoo.good())).address)
    assert fetch(f"{proxy.admin}/api/v1/services/app").json()["tls"] == "tls"


class Crowd:
    """A node, with an identity one in TLS, that answers nobody before `count` requests are there: each then had a
    connection of its own."""

    def __init__(self, identity=None):
        self._context = None
        if identity:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(identity.certificate, identity.key)
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._waiting, self._count = 0, 1
        self.arrived = threading.Semaphore(0)  # a permit for each request that came
        threading.Thread(target=self._run, daemon=True).start()
        assert self._ready.wait(20)

    def _run(self):
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._context, backlog=4096))
        self.address = "127.0.0.1:%d" % server.sockets[0].getsockname()[1]
        self._all_there = asyncio.Event()
        self._ready.set()
        self._loop.run_forever()

    def expect(self, count: int) -> None:
        self._waiting, self._count = 0, count
        self._loop.call_soon_threadsafe(self._all_there.clear)

    async def _serve(self, reader, writer):
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                await reader.readuntil(b"\r\n\r\n")
                self._waiting += 1
                self.arrived.release()
                if self._waiting == self._count:
                    self._all_there.set()
                await self._all_there.wait()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    def stop(self):
        self._loop.call_soon_threadsafe(self._loop.stop)


def ask_one_more_each_time(proxy, node, path: bytes, count: int) -> None:
    """`count` requests in flight at the end, each sent when the one before it has reached the node, and each on a
    client connection that then closes."""
    node.expect(count)
    links = []
    for _ in range(count):
        links.append(connect(proxy.address))
        links[-1].sendall(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path)
        assert node.arrived.acquire(timeout=PATIENCE)
    for link in links:
        assert link.recv(4096).startswith(b"HTTP/1.1 200 ")
        link.close()


# One handshake at a time: how much several at once leave behind in the heap depends on how many a busy machine lets
# pile up. So 200 take 28 to 32 KB each, whatever else runs, and 2,000 take 40. Buffers that are not released are 8 to
# 10 KB more.
@pytest.mark.parametrize("count, most", [(200, 36), pytest.param(2000, 44, marks=pytest.mark.long)])
def test_idle_connections_to_nodes_are_kept_for_little_memory(sluice, started, zoo, count, most):
    nodes = {"plain": started(Crowd()), "secured": started(Crowd(zoo.good()))}
    tls = {"mode": "tls", "ca": str(zoo.trusted), "server_name": "node.test"}
    services = [{"name": name, "url": node.address, "pool": {"idle": 4000, "max": 4000},
                 "tls": tls if name == "secured" else {}} for name, node in nodes.items()]
    routes = [{"name": name, "match": {"path": {"prefix": "/" + name}}, "service": name} for name in nodes]
    proxy = sluice(workers=1, services=services, routes=routes, timeouts={"upstream_tls": "60s", "connect": "60s"})

    ask_one_more_each_time(proxy, nodes["secured"], b"/secured", 20)
    ask_one_more_each_time(proxy, nodes["plain"], b"/plain", count)  # what so many exchanges at once take anyway
    before = own_memory_kib(proxy.pid)
    ask_one_more_each_time(proxy, nodes["secured"], b"/secured", count)
    growth = (own_memory_kib(proxy.pid) - before) * 1024 / (count - 20)
    page = fetch(f"{proxy.admin}/metrics").text
    assert f'sluice_upstream_connections{{service="secured",state="idle"}} {count}\n' in page
    print(f"{growth:.0f} bytes of PSS for each of {count} idle connections in TLS")
    assert growth <= most * 1024 or proxy.sanitized()
