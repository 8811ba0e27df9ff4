# SPDX-License-Identifier: Apache-2.0
"""A reader of HTTP/1 requests that takes nothing on trust, written from RFC 9112 and sharing no code with the proxy.

It reads what a client sent (read) and, with the further demands of check_canonical, what the proxy sent to a node.
"""
import dataclasses
import re

TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
REQUEST_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([!-\"$-~]+) HTTP/1\.([0-9])")
FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*", re.DOTALL)
CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(;[\t -~\x80-\xff]*)?")
FORBIDDEN_IN_VALUE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
MOST_LENGTH = 2**63 - 1
ALIASED = {b"content-length", b"transfer-encoding", b"host", b"connection", b"x-request-id", b"x-forwarded-for"}


class Fault(Exception):
    """The bytes are not a request: nothing from here on may be served."""


class Incomplete(Exception):
    """The bytes end inside a request; `head` is known when that much was there."""

    def __init__(self, head=None):
        super().__init__("incomplete")
        self.head = head


@dataclasses.dataclass
class Request:
    method: bytes
    target: bytes
    minor: int
    fields: list  # (name in lower case, value)
    body: bytes = b""
    end: int = 0  # where the next request begins
    lines: tuple = ()  # the head as received
    chunk_lines: tuple = ()

    def values(self, name: bytes) -> list:
        return [value for key, value in self.fields if key == name]

    def options(self) -> set:
        return {option.strip().lower() for value in self.values(b"connection") for option in value.split(b",")}

    @property
    def last(self) -> bool:
        """Nothing after this request belongs to the connection (RFC 9112 section 9.3)."""
        return b"close" in self.options() or (self.minor == 0 and b"keep-alive" not in self.options())


def demand(condition, reason: str) -> None:
    if not condition:
        raise Fault(reason)


def read_fields(lines) -> list:
    fields = []
    for line in lines:
        match = FIELD.fullmatch(line)
        demand(match, f"not a field line: {line[:60]!r}")
        demand(not FORBIDDEN_IN_VALUE.search(match[2]), f"a control character in a field: {line[:60]!r}")
        fields.append((match[1].lower(), match[2]))
    return fields


def read_head(head: bytes) -> Request:
    lines = head.split(b"\r\n")
    start = REQUEST_LINE.fullmatch(lines[0])
    demand(start, f"not a request line: {lines[0][:60]!r}")
    request = Request(start[1], start[2], int(start[3]), read_fields(lines[1:]), lines=tuple(lines))
    hosts = len(request.values(b"host"))
    demand(hosts == 1 or (hosts == 0 and request.minor == 0), f"{hosts} Host fields")
    return request


def length_of(request: Request):
    """The length of the body; None when it is chunked (RFC 9112 section 6.3)."""
    lengths, codings = request.values(b"content-length"), request.values(b"transfer-encoding")
    demand(len(lengths) + len(codings) <= 1, "more than one framing field")
    if codings:
        demand(codings[0].lower() == b"chunked" and request.minor > 0, f"Transfer-Encoding {codings[0][:40]!r}")
        return None
    if not lengths:
        return 0
    demand(lengths[0].isdigit() and int(lengths[0]) <= MOST_LENGTH, f"Content-Length {lengths[0][:40]!r}")
    return int(lengths[0])


def take_line(data: bytes, at: int, request: Request):
    """One line and where the next begins. A line ends by CRLF alone."""
    end = data.find(b"\n", at)
    if end < 0:
        raise Incomplete(request)
    demand(end > at and data[end - 1:end] == b"\r", "a line ended by a bare LF")
    demand(b"\r" not in data[at:end - 1], "a bare CR")
    return data[at:end - 1], end + 1


def read_chunked(data: bytes, at: int, request: Request) -> None:
    pieces, chunk_lines = [], []
    while True:
        line, at = take_line(data, at, request)
        chunk_lines.append(line)
        match = CHUNK_LINE.fullmatch(line)
        demand(match, f"not a chunk size line: {line[:60]!r}")
        size = int(match[1], 16)
        if size == 0:
            break
        if len(data) < at + size + 2:
            raise Incomplete(request)
        pieces.append(data[at:at + size])
        demand(data[at + size:at + size + 2] == b"\r\n", "chunk data not ended by CRLF")
        at += size + 2
    trailers = []
    while True:
        line, at = take_line(data, at, request)
        if not line:
            break
        trailers.append(line)
    read_fields(trailers)
    request.body, request.end, request.chunk_lines = b"".join(pieces), at, tuple(chunk_lines)


def read(data: bytes, at: int = 0) -> Request:
    """The request that begins at this offset."""
    while data.startswith(b"\r\n", at):
        at += 2  # section 2.2: at least one empty line before the request line is ignored
    end = data.find(b"\r\n\r\n", at)
    if end < 0:
        raise Incomplete
    head = data[at:end]
    demand(not re.search(rb"[^\r]\n|^\n|\r[^\n]", head), "a bare CR or LF in the head")
    request = read_head(head)
    length = length_of(request)
    at = end + 4
    if length is None:
        read_chunked(data, at, request)
    elif len(data) < at + length:
        raise Incomplete(request)
    else:
        request.body, request.end = data[at:at + length], at + length
    return request


def read_all(data: bytes) -> list:
    """The requests a strict server serves of a connection that brings these bytes."""
    requests = []
    at = 0
    try:
        while not (requests and requests[-1].last):
            requests.append(read(data, at))
            at = requests[-1].end
    except (Fault, Incomplete):
        pass
    return requests


def check_canonical(data: bytes, at: int, request: Request) -> None:
    """What holds beyond the grammar for a request the proxy wrote."""
    demand(data[at:at + 1] not in b"\r\n", "an empty line before the request line")
    demand(request.minor == 1, "a version other than HTTP/1.1")
    demand(len(request.values(b"host")) == 1, "not exactly one Host")
    demand(request.target.startswith(b"/"), "a target that is not a path")
    for line in request.lines[1:]:
        name, _, value = line.partition(b":")
        demand(value == b"" or value == b" " + value.strip(b" \t") or value == b" ", f"padding in {line[:60]!r}")
        demand(b"_" not in name or name.lower().replace(b"_", b"-") not in ALIASED, f"an alias: {line[:60]!r}")
    demand(request.options() <= {b"te", b"upgrade"}, f"Connection options {request.options()}")
    for coding in request.values(b"transfer-encoding"):
        demand(coding == b"chunked", "a coding not written as chunked")
    for length in request.values(b"content-length"):
        demand(str(int(length)).encode() == length, "a Content-Length with leading zeros")
    for line in request.chunk_lines:
        demand(b"%x" % int(line.partition(b";")[0], 16) == line.lower(), f"a chunk size line not plain: {line[:60]!r}")
