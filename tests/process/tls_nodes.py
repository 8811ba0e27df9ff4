# SPDX-License-Identifier: Apache-2.0
"""Nodes that speak TLS: one played in Python, which says what it saw of each connection, and real servers."""
import pathlib
import socket
import ssl
import threading

from isolation import free_port
from nodes import Node, need, nginx_with


class TlsNode:
    """Answers every request with 200 and `hello`. Keeps what each handshake and each request was like."""

    def __init__(self, identity, client_ca=None, maximum=ssl.TLSVersion.TLSv1_3, certificate=None):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate or identity.certificate, identity.key)
        self.context.maximum_version = maximum
        self.context.set_alpn_protocols(["http/1.1"])
        self.names = []
        self.context.sni_callback = lambda link, name, context: self.names.append(name)
        if client_ca is not None:
            self.context.verify_mode = ssl.CERT_REQUIRED
            self.context.load_verify_locations(client_ca)
        self.handshakes = []  # (version, ALPN, resumed, subject of the client) of each
        self.requests = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        self._ended = False
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while not self._ended:
            try:
                link, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(link,), daemon=True).start()

    def _serve(self, plain):
        try:
            with self.context.wrap_socket(plain, server_side=True) as link:
                self.handshakes.append((link.version(), link.selected_alpn_protocol(), link.session_reused,
                                        (link.getpeercert() or {}).get("subject")))
                self._answer(link)
        except OSError:  # whom it does not trust, or who does not trust it
            pass

    def _answer(self, link):
        reader = link.makefile("rb")
        while True:
            length = 0
            line = reader.readline()
            if not line:
                return
            while (field := reader.readline()) not in (b"\r\n", b""):
                if field.lower().startswith(b"content-length:"):
                    length = int(field.split(b":")[1])
            body = reader.read(length)
            self.requests += 1
            answer = b"hello" if not body else body
            link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer))

    def stop(self):
        self._ended = True
        self._listener.close()


def nginx(folder: pathlib.Path, identity, client_ca=None, protocols: str = "TLSv1.2 TLSv1.3") -> Node:
    """Answers `nginx SNI VERSION CLIENT RESUMED`; stores and serves files under /files/."""
    folder.mkdir()
    address = f"127.0.0.1:{free_port()}"
    verify = f"ssl_client_certificate {client_ca}; ssl_verify_client on; ssl_verify_depth 3;" if client_ca else ""
    return nginx_with(f"""
    server {{
        listen {address} ssl;
        ssl_certificate {identity.certificate}; ssl_certificate_key {identity.key}; ssl_protocols {protocols};
        {verify}
        location /files/ {{ alias {folder}/; dav_methods PUT; }}
        location / {{ return 200 "nginx $ssl_server_name $ssl_protocol $ssl_client_s_dn $ssl_session_reused\\n"; }}
    }}""", folder, folder, address, level="crit")


HAPROXY = """
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
frontend node
    bind {listen} ssl crt {pem} {verify} alpn http/1.1
    http-request return status 200 content-type text/plain lf-string "haproxy %[ssl_fc_sni] %[ssl_c_s_dn]"
"""


def haproxy(folder: pathlib.Path, identity, client_ca=None) -> Node:
    """Answers `haproxy SNI CLIENT`."""
    folder.mkdir()
    address = f"127.0.0.1:{free_port()}"
    pem = folder / "both.pem"
    pem.write_text(identity.certificate.read_text(encoding="ascii") + identity.key.read_text(encoding="ascii"),
                   encoding="ascii")
    verify = f"ca-file {client_ca} verify required" if client_ca else ""
    file = folder / "haproxy.cfg"
    file.write_text(HAPROXY.format(listen=address, pem=pem, verify=verify), encoding="utf-8")
    return Node(folder, folder, address, [need("haproxy"), "-db", "-q", "-f", str(file)])


def s_server(folder: pathlib.Path, identity, *more: str) -> Node:
    """`openssl s_server -HTTP`: answers a request with a file of its folder as it is, then ends the connection."""
    folder.mkdir()
    (folder / "answer").write_bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\ns_server")
    (folder / "unbounded").write_bytes(b"HTTP/1.1 200 OK\r\n\r\nuntil the end")
    address = f"127.0.0.1:{free_port()}"
    return Node(folder, folder, address,
                ["openssl", "s_server", "-accept", address, "-cert", str(identity.alone), "-cert_chain",
                 str(identity.certificate), "-key", str(identity.key), "-HTTP", "-quiet", *more])
