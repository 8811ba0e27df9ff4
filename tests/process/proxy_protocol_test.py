# SPDX-License-Identifier: Apache-2.0
"""PROXY headers of real load balancers, and of senders that should not be believed: whom log and nodes are told of."""
import json
import os
import socket
import ssl
import struct

import pytest

import nodes
import pki
from isolation import free_port
from running import connect, eventually, fetch

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
GET = b"GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
LINE = b"PROXY TCP4 203.0.113.9 10.0.0.1 4711 443\r\n"


def binary(source="203.0.113.9", port=4711, command=0x21):
    return SIGNATURE + struct.pack(">BBH4s4sHH", command, 0x11, 12, socket.inet_aton(source),
                                   socket.inet_aton("10.0.0.1"), port, 443)


@pytest.fixture
def listening(sluice, backend, folder):
    """A proxy in front of a backend, with a log of its own; further arguments are keys of its listener."""
    def start(address="127.0.0.1:0", timeouts=None, log=None, **listener):
        web = {"name": "web", "address": address, "proxy_protocol": True, "trusted_proxies": ["127.0.0.1"]} | listener
        changes = {"timeouts": timeouts} if timeouts else {}
        return sluice(backend().address, listeners=[web],
                      access_log={"path": str(log or folder / "access.log"), "format": "json"}, **changes)

    return start


def lines(folder, count):
    def read():
        found = [json.loads(line) for line in (folder / "access.log").read_text(encoding="utf-8").splitlines()]
        return found if len(found) >= count else None

    return eventually(read, f"{count} lines are in the access log")


def rejected(proxy, reason):
    page = fetch(proxy.admin + "/metrics").text
    found = [line for line in page.splitlines() if line.startswith(f'sluice_rejected_total{{reason="{reason}"}}')]
    return int(float(found[0].split()[-1])) if found else 0


def everything(link):
    """All bytes until the end, which may be a reset."""
    got = b""
    try:
        while piece := link.recv(65536):
            got += piece
    except ConnectionResetError:
        pass
    return got


def ask(address, header, request=GET, source=None):
    with socket.create_connection(address, 20, source_address=source) if source else connect(address) as link:
        link.sendall(header + request)
        return everything(link)


def headers_told(answer):
    assert answer.startswith(b"HTTP/1.1 200 "), answer
    return json.loads(answer.partition(b"\r\n\r\n")[2])["headers"]


@pytest.mark.parametrize("header", [LINE, binary()], ids=["line", "binary"])
def test_the_named_client_is_in_the_log_and_at_the_node_for_every_request(listening, folder, header):
    proxy = listening()
    with connect(proxy.address) as link:
        link.sendall(header)
        for _ in range(3):
            link.sendall(b"GET /a HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n")
            answer = b""
            while b'"headers"' not in answer:
                answer += link.recv(65536)
            assert b"203.0.113.9" in answer and b"6.6.6.6" not in answer
    assert [line["client"] for line in lines(folder, 3)] == ["203.0.113.9:4711"] * 3
    assert rejected(proxy, "bad_request") == 0


def test_a_header_may_come_as_slowly_as_a_head_and_in_any_pieces(listening, folder):
    proxy = listening()
    for header in (LINE, binary()):
        with connect(proxy.address) as link:
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in header + GET:
                link.sendall(bytes([byte]))
            assert headers_told(everything(link))["X-Forwarded-For"] == "203.0.113.9"
    assert {line["client"] for line in lines(folder, 2)} == {"203.0.113.9:4711"}


FALSE_STARTS = {
    "no header": b"",
    "a wrong family": b"PROXY TCP4 ::1 ::1 1 2\r\n",
    "no end of line": b"PROXY TCP4 203.0.113.9 10.0.0.1 1 2 ",
    "an endless line": b"PROXY UNKNOWN " + b"x" * 200 + b"\r\n",
    "another version": SIGNATURE + b"\x11\x11\0\x0c" + bytes(12),
    "an unknown command": binary(command=0x22),
    "too long": SIGNATURE + b"\x21\x11\xff\xff" + bytes(65535),
    "too short": SIGNATURE + b"\x21\x11\0\x04" + bytes(4),
    "a wrong checksum": binary()[:15] + b"\x13" + binary()[16:] + b"\x03\0\x04abcd",
}


def test_connections_that_begin_otherwise_are_closed_counted_and_told_once(listening, folder):
    proxy = listening()
    for _ in range(3):
        for start in FALSE_STARTS.values():
            assert ask(proxy.address, start) == b""
    assert rejected(proxy, "bad_request") == 3 * len(FALSE_STARTS)
    told = [line for line in proxy.lines if "was turned away" in line]
    assert told and len(told) <= 2 * len(FALSE_STARTS)  # two workers
    assert headers_told(ask(proxy.address, LINE))["X-Forwarded-For"] == "203.0.113.9"
    assert len(lines(folder, 1)) == 1  # what is no request is in no log of requests


def test_a_header_that_breaks_off_or_is_late_is_closed_and_counted(listening):
    proxy = listening(timeouts={"client_head": "1s"})
    for header in (LINE, binary()):
        with connect(proxy.address) as link:
            link.sendall(header[:-1])
            link.shutdown(socket.SHUT_WR)
            assert everything(link) == b""
    assert rejected(proxy, "bad_request") == 2
    with connect(proxy.address) as silent, connect(proxy.address) as begun:
        begun.sendall(LINE[:20])
        assert everything(silent) == everything(begun) == b""
    assert rejected(proxy, "request_timeout") == 2


def test_a_sender_that_is_not_trusted_is_closed_whatever_it_says(listening, folder):
    proxy = listening(trusted_proxies=["127.0.0.7", "203.0.113.0/24"])
    host, port = proxy.address.rsplit(":", 1)
    for header in (LINE, binary(), b""):
        assert ask((host, int(port)), header, source=("127.0.0.8", 0)) == b""
    assert rejected(proxy, "bad_request") == 3
    answer = ask((host, int(port)), LINE, source=("127.0.0.7", 0))
    assert headers_told(answer)["X-Forwarded-For"] == "203.0.113.9"
    assert [line["client"] for line in lines(folder, 1)] == ["203.0.113.9:4711"]


def test_over_a_unix_socket_the_word_unix_trusts_its_senders(listening, folder):
    proxy = listening(address=f"unix:{folder}/web.sock", trusted_proxies=["unix"])
    assert headers_told(ask(proxy.address, LINE))["X-Forwarded-For"] == "203.0.113.9"
    told = headers_told(ask(proxy.address, b"PROXY UNKNOWN\r\n", b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
                                                                b"X-Forwarded-For: 6.6.6.6\r\n\r\n"))
    assert "X-Forwarded-For" not in told
    assert [line["client"] for line in lines(folder, 2)] == ["203.0.113.9:4711", "unix:"]


def test_without_a_header_the_log_names_the_client_trusted_proxies_tell_of(listening, folder):
    proxy = listening(proxy_protocol=False, trusted_proxies=["127.0.0.0/8", "10.0.0.0/8"])
    told = {
        "/several": ("6.6.6.6, 203.0.113.9, 10.1.1.1", "203.0.113.9:0"),
        "/port": ("203.0.113.9:55", "203.0.113.9:55"),
        "/v6": ("2001:db8::9", "[2001:db8::9]:0"),
        "/all-trusted": ("10.2.2.2, 10.1.1.1", "10.2.2.2:0"),
        "/no-address": ("6.6.6.6, bad, 10.1.1.1", "10.1.1.1:0"),
    }
    for path, (value, _) in told.items():
        fetch(proxy.url + path, headers={"X-Forwarded-For": value})
    fetch(proxy.url + "/nobody", headers={"X-Forwarded-For": "bad"})
    clients = {line["path"]: line["client"] for line in lines(folder, 6)}
    assert clients.pop("/nobody").startswith("127.0.0.1:")
    assert clients == {path: client for path, (_, client) in told.items()}


HAPROXY = """
defaults
    mode tcp
    timeout connect 5s
    timeout client 20s
    timeout server 20s
frontend in
    bind {listen}
    default_backend sluice
backend sluice
    server one {address} {options}
"""

NGINX = """
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off; master_process off; error_log stderr warn; pid {folder}/front.pid;
events {{ worker_connections 256; }}
stream {{ server {{ listen {listen}; proxy_pass {address}; proxy_protocol on; }} }}
"""

SENDERS = {
    "haproxy v1": (HAPROXY, "send-proxy"),
    "haproxy v2": (HAPROXY, "send-proxy-v2"),
    "haproxy v2 with everything": (HAPROXY, "send-proxy-v2 proxy-v2-options ssl,cert-cn,unique-id,crc32c,authority"),
    "haproxy v2 that checks": (HAPROXY, "send-proxy-v2 check inter 100ms"),
    "nginx": (NGINX, ""),
}


def front(started, folder, name, address, listen):
    text, options = SENDERS[name]
    program = name.split()[0]
    file = folder / "front.conf"
    file.write_text(text.format(folder=folder, listen=listen, address=address, options=options), encoding="utf-8")
    if text is NGINX and not os.path.exists("/usr/lib/nginx/modules/ngx_stream_module.so"):
        reason = "libnginx-mod-stream is not installed (scripts/deps.sh --test)"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    arguments = ["-e", "stderr", "-c", str(file), "-p", str(folder)] if program == "nginx" else ["-db", "-f", str(file)]
    started(nodes.Node(folder, folder, listen, [nodes.need(program), *arguments]))


def named_clients(folder, listen, ask_once, count=10):
    """Asks from other addresses and ports each time; says where from."""
    sent = []
    host, port = listen.rsplit(":", 1)
    for number in range(count):
        with socket.create_connection((host, int(port)), 20, source_address=(f"127.0.1.{number + 1}", 0)) as link:
            sent.append("%s:%d" % link.getsockname())
            told = ask_once(link)
            assert told["X-Forwarded-For"] == f"127.0.1.{number + 1}"
    return sent


@pytest.mark.parametrize("name", SENDERS)
def test_a_real_load_balancer_is_understood(listening, started, folder, name):
    proxy = listening()
    listen = f"127.0.0.1:{free_port()}"
    front(started, folder, name, proxy.address, listen)

    def ask_once(link):
        link.sendall(GET)
        return headers_told(everything(link))

    sent = named_clients(folder, listen, ask_once)
    assert sorted(line["client"] for line in lines(folder, len(sent))) == sorted(sent)
    assert rejected(proxy, "bad_request") == rejected(proxy, "request_timeout") == 0


@pytest.mark.parametrize("name", ["haproxy v1", "haproxy v2 with everything", "nginx"])
def test_a_real_load_balancer_passes_tls_on_behind_its_header(listening, started, folder, name):
    zoo = pki.Zoo(folder)
    identity = zoo.good()
    proxy = listening(tls={"certificates": [{"certificate": str(identity.certificate), "key": str(identity.key)}]})
    listen = f"127.0.0.1:{free_port()}"
    front(started, folder, name, proxy.address, listen)
    context = ssl.create_default_context(cafile=zoo.trusted)
    context.check_hostname = False

    def ask_once(link):
        with context.wrap_socket(link, server_hostname="node.test") as secure:
            secure.sendall(GET)
            return headers_told(everything(secure))

    sent = named_clients(folder, listen, ask_once)
    assert sorted(line["client"] for line in lines(folder, len(sent))) == sorted(sent)
