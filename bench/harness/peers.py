# SPDX-License-Identifier: Apache-2.0
"""The proxies that are measured: how each is configured for a workload as somebody who knows it well would, started on
one CPU, told to reload, and stopped. One small class each. All do the same work: kept-alive connections to the origin,
Host as the client sent it, X-Forwarded-For and -Proto, TLS 1.2 and 1.3 with sessions that are resumed."""
from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time

import machine


@dataclasses.dataclass(frozen=True)
class Setting:
    """What a workload asks of a proxy's configuration."""
    tls: bool = False
    node_tls: bool = False
    h2: bool = False       # clients speak HTTP/2: by ALPN, or with prior knowledge
    grpc: bool = False     # and so does the origin, with prior knowledge
    log: bool = False
    routes: int = 0        # 0: one route for everything
    workers: int = 1
    nodes: int = 1
    connections: int = 512  # to the origin that are worth keeping


@dataclasses.dataclass(frozen=True)
class Place:
    """Where things are in this run."""
    folder: pathlib.Path
    tools: dict[str, pathlib.Path]
    cpu: int
    origin_pids: tuple[int, ...]
    origin_port: int
    origin_tls_port: int
    origin_grpc_port: int

    def node_port(self, setting: Setting) -> int:
        if setting.grpc:
            return self.origin_grpc_port
        return self.origin_tls_port if setting.node_tls else self.origin_port


def route_paths(count: int) -> list[str]:
    return [f"/api/v1/service-{number}" for number in range(count)]


class Proxy:
    """One running proxy. `wrapper` stands before its command: a program that watches it, and it alone."""
    kind = ""
    reload_signal = signal.SIGHUP
    log_name = "access.log"

    def __init__(self, name: str, place: Place, setting: Setting, wrapper: tuple[str, ...] = (),
                 environment: dict[str, str] | None = None) -> None:
        self.name = name
        self.place = place
        self.setting = setting
        self.port = machine.free_ports(1)[0]
        self.home = place.folder / re.sub(r"\W", "_", f"{name}-{self.port}")
        self.home.mkdir()
        self.output = self.home / "output"
        self.log_file = self.home / self.log_name
        self.is_watched = bool(wrapper)
        with open(self.output, "a", encoding="utf-8") as output:
            self.process = subprocess.Popen(
                ["taskset", "-c", self.cpus(), *wrapper, *self.command()], stdout=output, stderr=output,
                stdin=subprocess.DEVNULL, start_new_session=True, env={**os.environ, **(environment or {})})
        self.wait_until_it_answers()

    def cpus(self) -> str:
        return str(self.place.cpu)

    def command(self) -> list[str]:
        raise NotImplementedError

    def wait_until_it_answers(self) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.02)
        text = self.output.read_text(errors="replace")
        self.stop()
        raise RuntimeError(f"{self.name} did not start: {text[-600:].strip() or 'it said nothing'}")

    @property
    def pid(self) -> int:
        return self.process.pid

    def cpu_ns(self) -> int:
        return machine.cpu_ns(self.pid)

    def pss_kib(self) -> int:
        return machine.pss_kib(self.pid)

    def reload(self) -> None:
        os.kill(self.pid, self.reload_signal)

    def generation(self) -> object:
        """Another one once a reload was carried out."""
        return machine.family(self.pid)

    def log_lines(self) -> int:
        with contextlib.suppress(FileNotFoundError), open(self.log_file, "rb") as log:
            return sum(piece.count(b"\n") for piece in iter(lambda: log.read(1 << 20), b""))
        return 0

    def forget_log(self) -> None:
        """All of them append: the next line is the first one."""
        with contextlib.suppress(FileNotFoundError):
            os.truncate(self.log_file, 0)

    def stop(self) -> None:
        for pid in reversed(machine.family(self.pid)):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()

    def write(self, name: str, text: str) -> str:
        path = self.home / name
        path.write_text(text)
        return str(path)


class Relay(Proxy):
    """The floor: bytes from one socket to another."""
    kind = "relay"

    def command(self) -> list[str]:
        return [str(self.place.tools["relay"]), str(self.port), str(self.place.origin_port)]


class Direct(Proxy):
    """No proxy at all: what the way to the origin takes by itself."""
    kind = "direct"

    def __init__(self, name: str, place: Place, setting: Setting) -> None:  # pylint: disable=super-init-not-called
        self.name, self.place, self.setting, self.port = name, place, setting, place.origin_port

    def cpu_ns(self) -> int:
        return 0

    def pss_kib(self) -> int:
        return 0

    def generation(self) -> object:
        return None

    def stop(self) -> None:
        pass


class Nginx(Proxy):
    kind = "nginx"

    def command(self) -> list[str]:
        # proxy_max_temp_file_size and proxy_request_buffering: bodies stream and never touch a disk, as everywhere else
        # here. The sizes of its buffers are those it was fastest with, downloads by a factor of two.
        place, setting = self.place, self.setting
        folder = place.folder
        scheme = "https" if setting.node_tls else "http"
        listen = f"listen 127.0.0.1:{self.port} backlog=4096{' ssl' if setting.tls else ''}"
        listen += " http2;" if setting.h2 else ";"
        temporary = " ".join(f"{kind}_temp_path {self.home}/{kind};"
                             for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        node_tls = (f"proxy_ssl_verify on; proxy_ssl_trusted_certificate {folder}/site.pem; proxy_ssl_name localhost; "
                    "proxy_ssl_server_name on; proxy_ssl_protocols TLSv1.2 TLSv1.3;") if setting.node_tls else ""
        tls = (f"ssl_certificate {folder}/site.pem; ssl_certificate_key {folder}/site.key; "
               "ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache shared:sessions:20m;") if setting.tls else ""
        log = "access_log off;"
        if setting.log:
            log = ("log_format json escape=json '{\"ts\":\"$time_iso8601\",\"request_id\":\"$request_id\","
                   "\"client\":\"$remote_addr:$remote_port\",\"method\":\"$request_method\",\"host\":\"$host\","
                   "\"path\":\"$uri\",\"protocol\":\"$server_protocol\",\"status\":$status,"
                   "\"bytes_in\":\"$content_length\",\"bytes_out\":$body_bytes_sent,\"duration\":$request_time,"
                   "\"upstream\":\"$upstream_response_time\",\"node\":\"$upstream_addr\"}'; "
                   f"access_log {self.log_file} json buffer=64k flush=1s;")
        proxied = "grpc_pass grpc://origin;" if setting.grpc else f"proxy_pass {scheme}://origin;"
        forwarded = "".join(f"{kind}_set_header {field}; " for kind in ("proxy", "grpc") for field in (
            "Host $http_host", "X-Forwarded-For $proxy_add_x_forwarded_for", "X-Forwarded-Proto $scheme"))
        routes = "".join(f"location {path} {{ {proxied} }}\n" for path in route_paths(setting.routes))
        tunnel = ("location = /ws { " + proxied + " proxy_set_header Connection upgrade; "
                  "proxy_set_header Upgrade $http_upgrade; proxy_set_header Host $http_host; "
                  "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; "
                  "proxy_set_header X-Forwarded-Proto $scheme; }")
        config = self.write("nginx.conf", f"""
{'user root;' if os.getuid() == 0 else ''} daemon off; worker_processes {setting.workers};
pid {self.home}/pid; error_log stderr error;
events {{ worker_connections 16384; }}
http {{
    {log} {temporary}
    sendfile on; tcp_nodelay on; server_tokens off; types_hash_max_size 4096;
    keepalive_requests 1000000000; keepalive_timeout 600s;
    client_max_body_size 0; proxy_request_buffering off; proxy_max_temp_file_size 0;
    client_body_buffer_size 256k; proxy_buffer_size 16k; proxy_buffers 8 16k;
    proxy_http_version 1.1; proxy_set_header Connection ''; {forwarded}
    proxy_read_timeout 1h; grpc_read_timeout 1h; {node_tls}
    upstream origin {{
        server 127.0.0.1:{place.node_port(setting)};
        keepalive {setting.connections}; keepalive_requests 1000000000; keepalive_timeout 600s;
    }}
    server {{
        {listen} {tls}
        location / {{ {proxied} }}
        location /sse/ {{ {proxied} proxy_buffering off; }}
        {tunnel}
        {routes}
    }}
}}
""")
        return ["nginx", "-e", "stderr", "-p", str(self.home), "-c", config]


class Haproxy(Proxy):
    kind = "haproxy"
    reload_signal = signal.SIGUSR2
    log_name = "output"

    def command(self) -> list[str]:
        # Its log goes to its standard output, a file here: it writes to no other file by itself. Smaller and larger
        # buffers than tune.bufsize made downloads dearer. maxconn takes two descriptors each, more than some machines
        # give: hence no strict-limits.
        place, setting = self.place, self.setting
        folder = place.folder
        tls = f" ssl crt {folder}/both.pem alpn {'h2' if setting.h2 else 'http/1.1'}" if setting.tls else ""
        if setting.h2 and not setting.tls:
            tls = " proto h2"
        node_tls = (f" ssl ca-file {folder}/site.pem verify required sni str(localhost) verifyhost localhost"
                    if setting.node_tls else " proto h2" if setting.grpc else "")
        log = log_format = ""
        if setting.log:
            log = "log stdout len 4096 format raw local0 info"
            log_format = (r'log-format {\"ts\":\"%tr\",\"client\":\"%ci:%cp\",\"method\":\"%HM\",\"path\":\"%HPO\",'
                          r'\"protocol\":\"%HV\",\"status\":%ST,\"bytes_in\":%U,\"bytes_out\":%B,\"duration\":%Ta,'
                          r'\"upstream\":%Tr,\"node\":\"%b/%s\",\"error\":\"%ts\"}')
        choose = "default_backend origin"
        if setting.routes:
            table = self.write("routes.map", "".join(f"{path} origin\n" for path in route_paths(setting.routes)))
            choose = f"use_backend %[path,map_beg({table},other)]"
        config = self.write("haproxy.cfg", f"""
global
    nbthread {setting.workers}
    no strict-limits
    maxconn 16000
    tune.bufsize 65536
    ssl-default-bind-options ssl-min-ver TLSv1.2
    tune.ssl.cachesize 100000
    {log}
defaults
    mode http
    {'log global' if log else ''}
    {log_format}
    option forwardfor
    option http-no-delay
    http-reuse always
    timeout connect 3s
    timeout client 600s
    timeout server 600s
    timeout http-keep-alive 600s
    timeout tunnel 1h
frontend web
    bind 127.0.0.1:{self.port} backlog 4096{tls}
    http-request set-header X-Forwarded-Proto {'https' if setting.tls else 'http'}
    {choose}
backend other
    http-request return status 404
backend origin
    server one 127.0.0.1:{place.node_port(setting)} pool-purge-delay 600s{node_tls}
""")
        return ["haproxy", "-db" if self.is_watched else "-W", "-f", config]


class H2o(Proxy):
    kind = "h2o"

    def command(self) -> list[str]:
        # session-resumption: with `ticket` and `all` every second TLS 1.3 connection of this version is a full
        # handshake.
        place, setting = self.place, self.setting
        folder = place.folder
        tls = f"""
  ssl:
    certificate-file: {folder}/site.pem
    key-file: {folder}/site.key
    minimum-version: TLSv1.2
    ocsp-update-interval: 0""" if setting.tls else ""
        log = ""
        if setting.log:
            line = ('{"ts":"%{%Y-%m-%dT%H:%M:%S}t","client":"%h","method":"%m","host":"%V","path":"%U",'
                    '"protocol":"%H","status":%s,"bytes_out":%b,"duration":%{duration}x,'
                    '"upstream":%{response-time}x}')
            log = f"""
access-log:
  path: {self.log_file}
  format: '{line}'
  escape: json"""
        scheme = "https" if setting.node_tls else "http"
        name = "localhost" if setting.node_tls else "127.0.0.1"
        config = self.write("h2o.yaml", f"""
num-threads: {setting.workers}
{'user: root' if os.getuid() == 0 else ''}
max-connections: 65536
listen:
  host: 127.0.0.1
  port: {self.port}{tls}
ssl-session-resumption:
  mode: cache
limit-request-body: 1073741824
http1-request-timeout: 600
proxy.preserve-host: ON
proxy.emit-via-header: OFF
proxy.timeout.keepalive: 600000
proxy.timeout.io: 600000
proxy.websocket: ON
proxy.websocket.timeout: 3600000
proxy.ssl.cafile: {folder}/site.pem{log}
hosts:
  default:
    paths:
      /:
        proxy.reverse.url: {scheme}://{name}:{place.node_port(setting)}/
""")
        return ["h2o", "-m", "worker" if self.is_watched else "master", "-c", config]


class Sluice(Proxy):
    kind = "sluice"
    binary: pathlib.Path

    def cpus(self) -> str:
        # Two workers on one CPU would only take turns.
        return ",".join(map(str, machine.two_cpus()[:self.setting.workers]))

    def command(self) -> list[str]:
        place, setting = self.place, self.setting
        folder = place.folder
        tls = node_tls = ""
        if setting.tls:
            tls = f", tls: {{certificates: [{{certificate: {folder}/site.pem, key: {folder}/site.key}}]}}"
        if setting.node_tls:
            node_tls = f", tls: {{mode: tls, ca: {folder}/site.pem, server_name: localhost}}"
        protocols = ", protocols: [http1, h2c]" if setting.h2 and not setting.tls else ""
        protocol = ", protocol: http2" if setting.grpc else ""
        port = place.node_port(setting)
        nodes = ", ".join(f'"127.0.{number // 256}.{number % 256}:{port}"' for number in range(1, setting.nodes + 1))
        routes = "".join(f"  - {{name: route-{number}, match: {{path: {{prefix: {path}}}}}, service: origin}}\n"
                         for number, path in enumerate(route_paths(setting.routes)))
        if not setting.routes:
            routes = "  - {name: all, service: origin}\n"
        log = f"{{path: {self.log_file}, format: json}}" if setting.log else "{path: off}"
        # `pool` and the idle times: as for the others.
        pool = f"{{idle: {setting.connections}, max: {max(1024, 2 * setting.connections)}, idle_timeout: 600s}}"
        config = self.write("sluice.yaml", f"""
workers: {setting.workers}
listeners:
  - {{name: web, address: "127.0.0.1:{self.port}"{protocols}{tls}}}
services:
  - {{name: origin, url: [{nodes}], pool: {pool}{protocol}{node_tls}}}
routes:
{routes}
admin: {{address: "127.0.0.1:0"}}
access_log: {log}
timeouts: {{client_idle: 600s}}
""")
        return [str(self.binary), "run", "--config", config]

    def generation(self) -> object:
        return self.output.read_text().count("reloaded: generation")


def sluice_of(binary: pathlib.Path) -> type[Sluice]:
    return type("Sluice", (Sluice,), {"binary": binary.resolve()})


PEERS: dict[str, type[Proxy]] = {"nginx": Nginx, "haproxy": Haproxy, "h2o": H2o}


def version_of(kind: str) -> str:
    """What it says about itself."""
    asked = {"nginx": ["nginx", "-v"], "haproxy": ["haproxy", "-v"], "h2o": ["h2o", "--version"]}[kind]
    if not shutil.which(asked[0]):
        return "not installed"
    output = subprocess.run(asked, capture_output=True, text=True, check=False)
    found = re.search(r"\d+\.\d+\.\d+", output.stdout + output.stderr)
    return found[0] if found else "unknown"
