# SPDX-License-Identifier: Apache-2.0
"""What is asked of the proxies, a row each: which tool with which options, in which setting, and how much of the best
other proxy's figure sluice may need at most."""
from __future__ import annotations

import dataclasses

from peers import Setting


@dataclasses.dataclass(frozen=True)
class Workload:
    name: str
    what: str
    tool: str
    options: tuple[str, ...] = ()
    setting: Setting = Setting()
    unit: str = "request"
    at_most: float | None = None    # ratio to the best peer
    floor: bool = True              # the relay can do it too
    floor_at_most: float | None = None
    reloads: bool = False
    direct: bool = False            # also measured without a proxy
    rate: int = 0                   # of events, lowered until load and origin keep up
    bytes_at_most: int | None = None  # of memory a connection
    without: tuple[tuple[str, str], ...] = ()  # who cannot, and why


TLS = Setting(tls=True)
MIB = 1024 * 1024

WORKLOADS = [
    Workload("small-get-64", "GET of 64 bytes, 64 connections", "load", ("--connections", "64"),
             at_most=0.85, floor_at_most=1.35),
    Workload("small-get-512", "GET of 64 bytes, 512 connections", "load", ("--connections", "512"), at_most=0.85),
    Workload("post-16k", "POST of 16 KiB, 64 connections", "load", ("--connections", "64", "--post", "16384"),
             at_most=0.90),
    Workload("download-1m", "GET of 1 MiB, 16 connections", "load",
             ("--connections", "16", "--path", f"/bytes/{MIB}", "--expect", str(MIB)), at_most=0.90),
    Workload("upload-10m", "POST of 10 MiB, 8 connections", "load",
             ("--connections", "8", "--post", str(10 * MIB)), at_most=0.90),
    Workload("tls-small-get", "GET of 64 bytes over TLS 1.3, 64 connections", "load",
             ("--connections", "64", "--tls"), TLS, at_most=0.85, floor=False),
    Workload("tls-handshake-full", "a connection with a full TLS 1.3 handshake and a GET, 16 at a time", "load",
             ("--connections", "16", "--tls", "--close"), TLS, unit="connection", at_most=1.05, floor=False),
    Workload("tls-handshake-resumed", "a connection with a resumed TLS 1.3 session and a GET, 16 at a time", "load",
             ("--connections", "16", "--tls", "--close", "--resume"), TLS, unit="connection", at_most=1.05,
             floor=False),
    Workload("tls-upstream", "GET of 64 bytes, verified TLS 1.3 to the origin, 64 connections", "load",
             ("--connections", "64"), Setting(node_tls=True), at_most=0.90, floor=False),
    Workload("sse", "server-sent events of 97 bytes on 1,000 streams", "streams", ("--connections", "1000"),
             Setting(connections=1000), unit="event", at_most=0.85, direct=True, rate=20),
    Workload("websocket-echo", "WebSocket messages of 64 bytes there and back, 64 tunnels", "echo",
             ("--connections", "64", "--size", "64"), unit="message", at_most=0.90),
    Workload("small-get-log", "GET of 64 bytes with an access log of JSON lines in a file, 64 connections", "load",
             ("--connections", "64"), Setting(log=True), at_most=0.90, floor=False),
    Workload("connection-per-request", "a connection and a GET, 64 at a time", "load",
             ("--connections", "64", "--close"), unit="connection", at_most=1.0, floor=False),
    Workload("h2-small-get", "GET of 64 bytes over HTTP/2 and TLS 1.3, 32 streams on each of 8 connections", "multiplex",
             ("--connections", "8", "--streams", "32", "--tls"), Setting(tls=True, h2=True), at_most=1.0, floor=False),
    Workload("grpc-unary", "unary gRPC call of 64 bytes there and back, 32 streams on each of 8 connections", "multiplex",
             ("--connections", "8", "--streams", "32", "--grpc"), Setting(h2=True, grpc=True), unit="call", at_most=0.90,
             floor=False, without=(("h2o", "speaks no HTTP/2 to an origin"),)),
    Workload("idle-plain", "10,000 connections that had one request", "idle",
             ("--first", "20", "--connections", "10000"), unit="connection", floor=False, bytes_at_most=2048),
    Workload("idle-tls", "10,000 TLS connections that had one request", "idle",
             ("--first", "20", "--connections", "10000", "--tls"), TLS, unit="connection", at_most=1.15, floor=False),
    Workload("reload-loaded", "GET of 64 bytes, 64 connections, two reloads in each run", "load",
             ("--connections", "64", "--lose"), floor=False, reloads=True),
    Workload("routes-10k", "GET of 64 bytes, 1,000 of 10,000 prefixes in turn, 64 connections", "load",
             ("--connections", "64", "--paths", "{paths}"), Setting(routes=10_000), floor=False,
             without=(("h2o", "compares a path with its routes one after the other"),)),
]
