# SPDX-License-Identifier: Apache-2.0
"""TLS towards clients: openssl, curl, nginx and HAProxy against the real binary."""
import json
import os
import pathlib
import re
import shutil
import signal
import ssl
import subprocess
import tempfile

import pytest

import nodes
import pki
from isolation import free_port
from running import PATIENCE, binary, connect, eventually, fetch, own_memory_kib

SITE, PARTNERS = "site.test", "partners.test"


@pytest.fixture(scope="module")
def zoo():
    """Certificates for a whole file: openssl(1) makes them once."""
    home = pathlib.Path(tempfile.mkdtemp(prefix="sluice-pki-"))
    home.chmod(0o755)
    made = pki.Zoo(home)
    made.site = made.good(SITE, f"DNS:{SITE},DNS:*.{SITE}")
    made.partners = made.good(PARTNERS)
    made.clients = {
        "good": made.good("known", use=pki.CLIENT),
        "expired": made.expired("old", use=pki.CLIENT),
        "not yet valid": made.not_yet_valid("early", use=pki.CLIENT),
        "unknown issuer": made.untrusted("stranger", use=pki.CLIENT),
        "no intermediate": made.missing_intermediate("orphan", use=pki.CLIENT),
        "self-signed": made.self_signed("myself"),
        "wrong usage": made.good("a server", use=pki.SERVER),
        "issued by what is no CA": made.issued_by_a_leaf("pretender", use=pki.CLIENT),
        "revoked": made.revoked("dismissed", use=pki.CLIENT),
    }
    made.lists = made.crls()
    yield made
    shutil.rmtree(home)


def files(identity) -> dict:
    return {"certificate": str(identity.certificate), "key": str(identity.key)}


@pytest.fixture
def secure(sluice, backend, zoo):
    """sluice with a TLS listener: `site.test` for everybody, `partners.test` for who has a certificate."""
    def start(auth="require", nodes_at=None, tls=None, **changes):
        partners = files(zoo.partners) | {"client_auth": auth}
        if auth != "none":
            partners |= {"client_ca": str(zoo.trusted), "crl": str(zoo.lists)}
        listener = {"name": "web", "address": "127.0.0.1:0",
                    "tls": {"certificates": [files(zoo.site), partners]} | (tls or {})}
        return sluice(nodes_at or backend().address,
                      **{"listeners": [listener], "log": {"level": "debug"}} | changes)

    return start


def curl(proxy, name, *options, path="/", check=True, trusted=None):
    """What curl says of https://name/path; the port leads to the proxy."""
    port = proxy.address.rpartition(":")[2]
    trust = ["--cacert", str(trusted)] if trusted else ["--insecure"]
    done = subprocess.run([nodes.need("curl"), "--silent", "--show-error", "--max-time", "20", *trust, "--resolve",
                           f"{name}:{port}:127.0.0.1", *map(str, options), f"https://{name}:{port}{path}"],
                          capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, done.stderr
    return done


def shown(identity) -> list:
    return ["--cert", identity.certificate, "--key", identity.key]


def s_client(proxy, *options, send=b"", name=SITE) -> str:
    done = subprocess.run(["openssl", "s_client", "-connect", proxy.address, "-servername", name, *map(str, options)],
                          input=send, capture_output=True, timeout=PATIENCE, check=False)
    return (done.stdout + done.stderr).decode(errors="replace")


def handshakes(proxy, outcome) -> int:
    line = re.search(rf'sluice_tls_handshakes_total{{listener="web",outcome="{outcome}"}} (\d+)',
                     fetch(proxy.admin + "/metrics").text)
    return int(line[1])


def client_context(zoo, identity=None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=zoo.trusted)
    context.check_hostname = False
    if identity:
        context.load_cert_chain(identity.certificate, identity.key)
    return context


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1"])
def test_old_versions_are_refused(secure, version):
    said = s_client(secure(), version, "-cipher", "ALL:@SECLEVEL=0")
    assert "Cipher is (NONE)" in said or "no protocols available" in said, said


@pytest.mark.parametrize("version, word", [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")])
def test_both_versions_of_today_are_spoken(secure, version, word):
    assert f"New, {word}, Cipher is" in s_client(secure(), version)


def test_min_version_is_kept(secure):
    proxy = secure(tls={"min_version": "TLSv1.3"})
    assert "New, TLSv1.3" in s_client(proxy)
    assert "Cipher is (NONE)" in s_client(proxy, "-tls1_2")


@pytest.mark.parametrize("ciphers", ["AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA",
                                     "aNULL", "3DES", "RC4", "CAMELLIA"])
def test_ciphers_without_forward_secrecy_or_authenticated_encryption_are_refused(secure, ciphers):
    said = s_client(secure(), "-tls1_2", "-cipher", ciphers + ":@SECLEVEL=0")
    assert "Cipher is (NONE)" in said or "no cipher match" in said, said


def test_a_client_cannot_renegotiate(secure):
    proxy = secure()
    said = s_client(proxy, "-tls1_2", send=b"R\n")
    assert "no renegotiation" in said or "RENEGOTIATING" in said
    assert "Compression: NONE" in said
    assert curl(proxy, SITE).returncode == 0


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_sessions_are_resumed_by_whichever_worker(secure, version, folder):
    proxy = secure()
    session = folder / "session"
    get = b"GET / HTTP/1.1\r\nHost: site.test\r\nConnection: close\r\n\r\n"
    assert "New, TLS" in s_client(proxy, version, "-ign_eof", "-sess_out", session, send=get)
    for _ in range(8):
        assert "Reused, TLS" in s_client(proxy, version, "-ign_eof", "-sess_in", session, "-sess_out", session,
                                         send=get)
    assert handshakes(proxy, "resumed") == 8


def test_a_session_of_one_name_opens_no_other(secure, zoo, folder):
    """CVE-2025-23419."""
    proxy = secure()
    session = folder / "session"
    get = b"GET / HTTP/1.1\r\nHost: site.test\r\nConnection: close\r\n\r\n"
    s_client(proxy, "-ign_eof", "-sess_out", session, send=get)
    said = s_client(proxy, "-ign_eof", "-sess_in", session, send=get, name=PARTNERS)
    assert "Reused" not in said and "HTTP/1.1 200" not in said, said
    proxy.line("TLS handshake of .* at web failed: certificate missing")


def test_each_name_has_its_certificate(secure, zoo):
    proxy = secure("none")
    for name in (SITE, "a." + SITE, PARTNERS):
        assert curl(proxy, name, trusted=zoo.trusted).returncode == 0
    assert curl(proxy, "a.b." + SITE, trusted=zoo.trusted, check=False).returncode == 60  # not its name
    assert curl(proxy, "other.test", trusted=zoo.trusted, check=False).returncode == 60


def test_a_client_with_a_good_certificate_is_named_to_the_node(secure, zoo):
    proxy = secure()
    said = json.loads(curl(proxy, PARTNERS, "-H", "X-Client-Subject: CN=admin", *shown(zoo.clients["good"])).stdout)
    assert said["headers"]["X-Client-Subject"] == "CN=known"
    assert said["headers"]["X-Forwarded-Proto"] == "https"
    said = json.loads(curl(proxy, SITE, "-H", "X-Client-Subject: CN=admin", "-H", "X_Client_Subject: CN=admin").stdout)
    assert "subject" not in str(said["headers"]).lower().replace("-", "_").replace("x_client_subject", "subject")


@pytest.mark.parametrize("auth", ["optional", "require"])
@pytest.mark.parametrize("kind, reason", [
    ("expired", "certificate expired"), ("not yet valid", "certificate not yet valid"),
    ("unknown issuer", "certificate unknown issuer"), ("no intermediate", "certificate unknown issuer"),
    ("self-signed", "certificate self-signed"), ("wrong usage", "certificate wrong usage"),
    ("issued by what is no CA", "certificate issued by what is no CA"), ("revoked", "certificate revoked")])
def test_a_bad_certificate_is_refused_with_its_reason(secure, zoo, auth, kind, reason):
    proxy = secure(auth)
    assert curl(proxy, PARTNERS, *shown(zoo.clients[kind]), check=False).returncode != 0
    proxy.line(rf"TLS handshake of 127\.0\.0\.1:\d+ at web failed: {reason}")
    assert handshakes(proxy, "failed") == 1


def test_who_has_no_certificate_is_asked_for_one_only_where_it_is_required(secure):
    assert curl(secure("optional"), PARTNERS).returncode == 0
    proxy = secure("require")
    assert curl(proxy, PARTNERS, check=False).returncode != 0
    proxy.line("failed: certificate missing")


def test_a_host_of_other_client_terms_is_misdirected(secure):
    proxy = secure()
    said = curl(proxy, SITE, "-H", f"Host: {PARTNERS}", "-w", "%{http_code}").stdout
    assert '"code":"misdirected"' in said and said.endswith("421")


def test_plain_http_on_a_tls_port_is_closed(secure):
    proxy = secure()
    with connect(proxy.address) as link:
        link.sendall(b"GET / HTTP/1.1\r\nHost: site.test\r\n\r\n")
        assert link.recv(100) == b""
    proxy.line("failed: not TLS, perhaps plain HTTP")


def test_handshakes_that_do_not_end_hold_nobody_up(secure):
    proxy = secure(timeouts={"tls_handshake": "2s"})
    silent = [connect(proxy.address) for _ in range(100)]
    begun = [connect(proxy.address) for _ in range(100)]
    for link in begun:
        link.sendall(b"\x16\x03\x01\x02\x00\x01")
    page = eventually(lambda: (text := fetch(proxy.admin + "/metrics").text) and
                      'sluice_downstream_connections{listener="web"} 200' in text and text, "all are counted")
    assert page
    assert curl(proxy, SITE).returncode == 0
    for link in silent + begun:
        assert link.recv(1) == b""  # closed, not reset
        link.close()
    assert handshakes(proxy, "timeout") == 200


def test_a_drain_ends_well_over_tls(secure, zoo, scripted):
    node = scripted()
    proxy = secure(nodes_at=node.address)
    idle = client_context(zoo).wrap_socket(connect(proxy.address), server_hostname=SITE)
    client = client_context(zoo).wrap_socket(connect(proxy.address), server_hostname=SITE)
    client.sendall(b"GET / HTTP/1.1\r\nHost: site.test\r\n\r\n")
    link = node.accept()
    proxy.signal(signal.SIGTERM)
    eventually(lambda: fetch(f"{proxy.admin}/readyz").status_code == 503, "/readyz says draining")
    link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
    answer = b""
    while piece := client.recv(4096):  # an end without close_notify would raise
        answer += piece
    assert answer.endswith(b"hello") and b"connection: close" in answer.lower()
    assert idle.recv(1) == b""
    assert proxy.exit_code() == 0


NGINX_IN_FRONT = """
daemon off; master_process off; error_log stderr warn; pid {folder}/front.pid;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    upstream sluice {{ server {address}; keepalive 4; }}
    server {{
        listen {listen};
        location / {{
            proxy_pass https://sluice; proxy_http_version 1.1; proxy_set_header Connection "";
            proxy_set_header Host {name};
            proxy_ssl_server_name on; proxy_ssl_name {name};
            proxy_ssl_verify on; proxy_ssl_verify_depth 3; proxy_ssl_trusted_certificate {trusted};
            proxy_ssl_certificate {certificate}; proxy_ssl_certificate_key {key};
        }}
    }}
}}
"""

HAPROXY_IN_FRONT = """
defaults
    mode http
    timeout connect 5s
    timeout client 20s
    timeout server 20s
frontend in
    bind {listen}
    default_backend sluice
backend sluice
    http-request set-header Host {name}
    server one {address} ssl verify required ca-file {trusted} verifyhost {name} sni str({name}) crt {bundle}
"""


@pytest.mark.parametrize("program", ["nginx", "haproxy"])
def test_another_proxy_in_front_speaks_mutual_tls(secure, zoo, started, folder, program):
    proxy = secure()
    identity = zoo.clients["good"]
    bundle = folder / "bundle.pem"
    bundle.write_text(identity.certificate.read_text() + identity.key.read_text(), encoding="ascii")
    listen = f"127.0.0.1:{free_port()}"
    text = {"nginx": NGINX_IN_FRONT, "haproxy": HAPROXY_IN_FRONT}[program].format(
        folder=folder, address=proxy.address, listen=listen, name=PARTNERS, trusted=zoo.trusted, bundle=bundle,
        certificate=identity.certificate, key=identity.key)
    file = folder / "front.conf"
    file.write_text(text, encoding="utf-8")
    command = [nodes.need(program), *(["-e", "stderr", "-c", file, "-p", folder] if program == "nginx" else
                                      ["-db", "-f", file])]
    started(nodes.Node(folder, folder, listen, list(map(str, command))))
    for _ in range(20):
        said = fetch(f"http://{listen}/a").json()
        assert said["headers"]["X-Client-Subject"] == "CN=known"
        assert said["headers"]["Host"] == PARTNERS
    assert handshakes(proxy, "failed") == 0


def test_what_protects_clients_is_never_left_out_because_it_cannot_be_read(secure, zoo, folder):
    """CVE-2026-27586: a start without its client_ca must fail, and say why."""
    empty = folder / "empty.pem"
    empty.touch()
    listener = {"name": "web", "address": "127.0.0.1:0", "tls": {"certificates": [files(zoo.site)],
                                                                 "client_auth": "require"}}
    for ca, why in ((folder / "nowhere.pem", "No such file"), (empty, "no certificate")):
        listener["tls"]["client_ca"] = str(ca)
        file = folder / "bad.yaml"
        file.write_text(json.dumps({
            "listeners": [listener], "services": [{"name": "app", "url": "127.0.0.1:1"}],
            "routes": [{"name": "all", "service": "app"}], "admin": {"address": "127.0.0.1:0"}}), encoding="utf-8")
        for command in ("check", "run"):
            done = subprocess.run([binary(), command, "--config", str(file)], capture_output=True, text=True,
                                  timeout=PATIENCE, check=False)
            assert done.returncode == 78
            said = done.stdout + done.stderr
            assert str(ca) in said and why in said and "listeners[0].tls.client_ca" in said, said


def test_keys_are_shown_nowhere(secure, zoo):
    proxy = secure()
    curl(proxy, SITE)
    config = fetch(proxy.admin + "/api/v1/config").text
    assert str(zoo.site.key) in config  # the path is no secret
    for text in (config, fetch(proxy.admin + "/api/v1/listeners").text, "\n".join(proxy.lines)):
        assert "PRIVATE KEY" not in text
        for line in zoo.site.key.read_text().splitlines()[1:-1]:
            assert line not in text


@pytest.mark.parametrize("connections", [200, pytest.param(5000, marks=pytest.mark.long)])
def test_idle_connections_are_cheap(secure, zoo, connections):
    proxy = secure(workers=1, log={"level": "info"})
    context = client_context(zoo)
    context.verify_mode = ssl.CERT_NONE

    def open_one():
        link = context.wrap_socket(connect(proxy.address), server_hostname=SITE)
        link.sendall(b"GET / HTTP/1.1\r\nHost: site.test\r\n\r\n")
        answer = link.recv(4096)
        assert answer.startswith(b"HTTP/1.1 200 ")
        return link

    warm = [open_one() for _ in range(50)]
    before = own_memory_kib(proxy.pid)
    links = [open_one() for _ in range(connections)]
    each = (own_memory_kib(proxy.pid) - before) / connections
    print(f"{each:.1f} KiB for each idle TLS connection")
    if not proxy.sanitized():
        assert each < 25
    for link in warm + links:
        link.close()


@pytest.mark.long
def test_testssl_finds_nothing_above_low(secure, folder):
    """The defaults under testssl.sh of Debian; the findings are kept where SLUICE_TESTSSL says."""
    proxy = secure("none")
    report = pathlib.Path(os.environ.get("SLUICE_TESTSSL", folder / "testssl.json"))
    report.unlink(missing_ok=True)
    done = subprocess.run([nodes.need("testssl"), "--quiet", "--warnings", "off", "--color", "0", "--nodns", "none",
                           "--sneaky", "--jsonfile", str(report), "--ip", "127.0.0.1",
                           f"{SITE}:{proxy.address.rpartition(':')[2]}"],
                          capture_output=True, text=True, timeout=1500, check=False, stdin=subprocess.DEVNULL)
    found = json.loads(report.read_text(encoding="utf-8"))
    assert len(found) > 100, done.stdout
    # About the certificate, which is the test's own: its root is no public one, it names no revocation service and
    # no log of certificates. And about the openssl that testssl.sh itself calls.
    own = re.compile(r"cert_|DNS_CAArecord|OCSP|security_headers|HSTS|service|overall_grade|cipher_negotiated|"
                     r"rating|final_score|grade_cap|engine_problem")
    bad = [one for one in found if one["severity"] in ("MEDIUM", "HIGH", "CRITICAL", "WARN", "FATAL")
           and not own.match(one["id"])]
    assert not bad, bad
