# SPDX-License-Identifier: Apache-2.0
"""A request in pieces that are written out as they are, right or wrong, and the bodies that go into it."""
import dataclasses
import random

CRLF = b"\r\n"
METHODS = [b"GET", b"POST", b"PUT", b"DELETE", b"HEAD", b"OPTIONS", b"PATCH"]


@dataclasses.dataclass
class Draft:
    """A request in pieces, each written out as it is."""
    method: bytes
    target: bytes
    version: bytes = b"HTTP/1.1"
    fields: list = dataclasses.field(default_factory=list)  # whole lines without their end
    chunks: list | None = None  # None: the body goes out as one piece, framed by whatever fields say
    body: bytes = b""
    before: bytes = b""
    gap: bytes = b" "
    line_end: bytes = CRLF
    head_end: bytes = CRLF
    extension: bytes = b""  # behind every chunk size
    size: str = "%x"
    chunk_end: bytes = CRLF
    last_chunk: bytes = b"0\r\n"
    trailers: bytes = b""
    body_end: bytes = CRLF

    def chunked_body(self) -> bytes:
        out = [(self.size % len(one)).encode() + self.extension + self.chunk_end + one + self.chunk_end
               for one in self.chunks]
        return b"".join(out) + self.last_chunk + self.trailers + self.body_end

    def text(self) -> bytes:
        lines = [self.gap.join((self.method, self.target, self.version)), *self.fields]
        head = self.before + b"".join(line + self.line_end for line in lines) + self.head_end
        return head + (self.body if self.chunks is None else self.chunked_body())


def hidden_request(token: bytes) -> bytes:
    return b"GET /%s/hidden HTTP/1.1\r\nHost: hidden.test\r\nX-Request-Id: hidden\r\n\r\n" % token


def content(chance: random.Random, token: bytes) -> bytes:
    """A body; as often as not one that would be served if it were taken for a request."""
    plain = bytes(chance.choices(b"abcxyz019 \r\n:%\x00\xff", k=chance.choice([0, 1, 3, 5, 16, 200])))
    return chance.choice([plain, hidden_request(token), b"0\r\n\r\n" + hidden_request(token), plain + CRLF, b"hello"])


def set_length(draft: Draft, value: bytes | None = None, name: bytes = b"Content-Length: ") -> None:
    draft.fields.append(name + (b"%d" % len(draft.body) if value is None else value))


def set_chunked(draft: Draft, chance: random.Random, line: bytes = b"Transfer-Encoding: chunked") -> None:
    draft.fields.append(line)
    body, draft.chunks = draft.body, []
    while body:
        size = chance.randint(1, len(body))
        draft.chunks.append(body[:size])
        body = body[size:]
