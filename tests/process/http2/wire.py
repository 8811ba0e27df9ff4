# SPDX-License-Identifier: Apache-2.0
"""An HTTP/2 client that sends frames as the test makes them, right or wrong, over a plain socket or TLS. It keeps what
comes back by stream, and obeys nothing by itself but what the test leaves to it: acknowledging SETTINGS and giving
credit for DATA."""
import dataclasses
import select
import socket
import ssl
import struct
import time

import hpack
import pytest
from hyperframe.frame import (ContinuationFrame, DataFrame, ExtensionFrame, Frame, GoAwayFrame, HeadersFrame, PingFrame,
                              PriorityFrame, PushPromiseFrame, RstStreamFrame, SettingsFrame, WindowUpdateFrame)

from running import connect

PATIENCE = 10.0  # seconds until a frame that must come is called missing

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR, SETTINGS_TIMEOUT, STREAM_CLOSED, FRAME_SIZE_ERROR, \
    REFUSED_STREAM, CANCEL, COMPRESSION_ERROR, CONNECT_ERROR, ENHANCE_YOUR_CALM = range(12)

HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE, MAX_HEADER_LIST_SIZE = \
    range(1, 7)
ENABLE_CONNECT_PROTOCOL = 8

LARGEST_WINDOW = 2**31 - 1


def raw_frame(kind: int, flags: int, stream: int, payload: bytes = b"", length: int | None = None) -> bytes:
    """Any frame, also one hyperframe would not make; `length` is what its head claims."""
    size = len(payload) if length is None else length
    return struct.pack(">BHBBL", size >> 16, size & 0xFFFF, kind, flags, stream) + payload


@dataclasses.dataclass
class Answer:
    """What came on one stream."""
    status: int | None = None
    fields: list = dataclasses.field(default_factory=list)
    interim: list = dataclasses.field(default_factory=list)   # (status, fields) of each 1xx
    body: bytes = b""
    trailers: list = dataclasses.field(default_factory=list)
    ended: bool = False
    reset: int | None = None                                   # the code of a RST_STREAM

    @property
    def over(self) -> bool:
        return self.ended or self.reset is not None

    def field(self, name: str) -> str | None:
        values = [value for one, value in self.fields if one == name]
        assert len(values) < 2, f"{name} came {len(values)} times"
        return values[0] if values else None


class Wire:
    """One connection."""

    def __init__(self, address: str, tls: bool = False, *, settings: dict | None = None, greet: bool = True,
                 credit: bool = True, acknowledge: bool = True, receive_buffer: int | None = None):
        self.link = connect(address) if receive_buffer is None else small_socket(address, receive_buffer)
        self.link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            context.set_alpn_protocols(["h2"])
            self.link = context.wrap_socket(self.link, server_hostname="site.test")
            assert self.link.selected_alpn_protocol() == "h2"
        self.tls = tls
        self.credit, self.acknowledge = credit, acknowledge
        self.encoder, self.decoder = hpack.Encoder(), hpack.Decoder(max_header_list_size=1 << 22)
        self.frames: list[Frame] = []                         # all that came
        self.answers: dict[int, Answer] = {}
        self.settings: dict[int, int] = {}                    # theirs
        self.goaways: list[GoAwayFrame] = []
        self.ended = False                                    # they closed, or reset
        self.windows = {0: 65535}                             # what we may send still
        self.next_stream = 1
        self._unread = b""
        self._block: tuple[int, bool, bytes] | None = None    # a header block that goes on
        if greet:
            self.send_bytes(PREFACE + SettingsFrame(0, settings=settings or {}).serialize())

    # -- sending

    def send_bytes(self, data: bytes) -> None:
        try:
            self.link.sendall(data)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            pass  # what they said before they closed is read all the same

    def send(self, *frames) -> None:
        """All in one write."""
        self.send_bytes(b"".join(one if isinstance(one, bytes) else one.serialize() for one in frames))

    def block(self, fields) -> bytes:
        return self.encoder.encode(fields)

    @staticmethod
    def fields_of(method="GET", path="/", scheme="http", authority="site.test", more=()) -> list:
        return [(":method", method), (":scheme", scheme), (":path", path), (":authority", authority), *more]

    def headers(self, stream: int, fields, *flags: str, end: bool = True, **more) -> HeadersFrame:
        """A frame of HEADERS that is a whole block; `end` is END_STREAM."""
        wanted = ["END_HEADERS", *(["END_STREAM"] if end else []), *flags]
        block = fields if isinstance(fields, bytes) else self.block(fields)
        return HeadersFrame(stream, block, flags=wanted, **more)

    def new_stream(self) -> int:
        stream, self.next_stream = self.next_stream, self.next_stream + 2
        self.windows[stream] = self.settings.get(INITIAL_WINDOW_SIZE, 65535)
        return stream

    def request(self, path="/", *, method="GET", fields=(), end=True, body: bytes | None = None, **pseudo) -> int:
        """Opens the next stream, well-formed unless told otherwise. A `body` goes out as credit allows."""
        stream = self.new_stream()
        self.send(self.headers(stream, self.fields_of(method, path, more=fields, **pseudo), end=end and body is None))
        if body is not None:
            self.upload(stream, body, end)
        return stream

    def upload(self, stream: int, body: bytes, end: bool = True, patience: float = PATIENCE) -> None:
        """DATA as the credit allows, waiting for it; ends early when the stream is over."""
        at = 0
        while at < len(body) or (end and not body):
            if not body:
                self.send(DataFrame(stream, b"", flags=["END_STREAM"]))
                return
            room = min(self.windows[0], self.windows[stream], 16384)
            if room <= 0:
                self.wait(lambda: min(self.windows[0], self.windows[stream]) > 0 or self.answer(stream).over,
                          f"credit for stream {stream} after {at} bytes", patience)
                if self.answer(stream).over:
                    return
                continue
            piece = body[at:at + room]
            at += len(piece)
            self.windows[0] -= len(piece)
            self.windows[stream] -= len(piece)
            self.send(DataFrame(stream, piece, flags=["END_STREAM"] if end and at == len(body) else []))

    # -- receiving

    def answer(self, stream: int) -> Answer:
        return self.answers.setdefault(stream, Answer())

    def step(self, seconds: float) -> bool:
        """Takes what is there or comes within so long; false when nothing came."""
        if self.ended:
            return False
        if not (self.tls and self.link.pending()) and not select.select([self.link], [], [], max(seconds, 0))[0]:
            return False
        try:
            got = self.link.recv(1 << 18)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError):
            return True
        except (ConnectionResetError, ssl.SSLError):
            got = b""
        if not got:
            self.ended = True
            return True
        self._unread += got
        while len(self._unread) >= 9:
            length = int.from_bytes(self._unread[:3], "big")
            if len(self._unread) < 9 + length:
                break
            frame, _ = Frame.parse_frame_header(memoryview(self._unread)[:9])
            frame.parse_body(memoryview(bytes(self._unread[9:9 + length])))
            self._unread = self._unread[9 + length:]
            self.frames.append(frame)
            self._take(frame)
        return True

    def _take(self, frame: Frame) -> None:
        assert self._block is None or isinstance(frame, ContinuationFrame), f"{frame} within a header block"
        if isinstance(frame, SettingsFrame) and "ACK" not in frame.flags:
            self._take_settings(frame)
        elif isinstance(frame, PingFrame) and "ACK" not in frame.flags and self.acknowledge:
            self.send(PingFrame(0, frame.opaque_data, flags=["ACK"]))
        elif isinstance(frame, GoAwayFrame):
            self.goaways.append(frame)
        elif isinstance(frame, RstStreamFrame):
            self.answer(frame.stream_id).reset = frame.error_code
        elif isinstance(frame, WindowUpdateFrame):
            self.windows[frame.stream_id] = self.windows.get(frame.stream_id, 0) + frame.window_increment
        elif isinstance(frame, HeadersFrame):
            self._take_block(frame.stream_id, "END_STREAM" in frame.flags, frame)
        elif isinstance(frame, ContinuationFrame):
            self._take_block(*self._block[:2], frame)
        elif isinstance(frame, DataFrame):
            self._take_data(frame)

    def _take_settings(self, frame: SettingsFrame) -> None:
        grown = frame.settings.get(INITIAL_WINDOW_SIZE)
        if grown is not None:
            change = grown - self.settings.get(INITIAL_WINDOW_SIZE, 65535)
            for stream in self.windows:
                self.windows[stream] += change if stream else 0
        self.settings |= frame.settings
        if self.acknowledge:
            self.send(SettingsFrame(0, flags=["ACK"]))

    def _take_block(self, stream: int, ends: bool, frame) -> None:
        block = (self._block[2] if self._block else b"") + frame.data
        self._block = (stream, ends, block)
        if "END_HEADERS" not in frame.flags:
            return
        self._block = None
        fields = [(text(name), text(value)) for name, value in self.decoder.decode(block, raw=True)]
        answer = self.answer(stream)
        assert not answer.ended, f"HEADERS behind the end of stream {stream}"
        answer.ended = ends
        if fields and fields[0][0] == ":status":
            assert answer.status is None, f"a second final head on stream {stream}: {fields}"
            assert not any(name.startswith(":") for name, _ in fields[1:]), fields
            status = int(fields[0][1])
            if 100 <= status < 200:
                assert not ends and status != 101, fields
                answer.interim.append((status, fields[1:]))
            else:
                answer.status, answer.fields = status, fields[1:]
        else:
            assert answer.status is not None and ends, f"trailers without a head, or without the end: {fields}"
            assert not any(name.startswith(":") for name, _ in fields), fields
            answer.trailers = fields
        for name, _ in fields:
            assert name == name.lower(), f"an upper-case name: {name}"
            assert name not in ("connection", "keep-alive", "transfer-encoding", "upgrade", "proxy-connection"), fields

    def _take_data(self, frame: DataFrame) -> None:
        answer = self.answer(frame.stream_id)
        assert answer.status is not None and not answer.ended, f"DATA before a head or behind the end: {frame}"
        answer.body += frame.data
        answer.ended = "END_STREAM" in frame.flags
        size = frame.flow_controlled_length
        if self.credit and size:
            self.send(WindowUpdateFrame(0, size),
                      *([] if answer.ended else [WindowUpdateFrame(frame.stream_id, size)]))

    # -- waiting

    def wait(self, check, what: str, patience: float = PATIENCE):
        """The first true value of check(), asked after all that comes."""
        until = time.monotonic() + patience
        while not (value := check()):
            left = until - time.monotonic()
            came = left > 0 and self.step(left)
            if not came and (self.ended or left <= 0):
                value = check()
                if value:
                    return value
                pytest.fail(f"{what}: {'the connection ended' if self.ended else f'not within {patience} s'}; "
                            f"came: {self.said()}")
        return value

    def said(self) -> str:
        return " | ".join(repr(one)[:160] for one in self.frames[-12:]) or "nothing"

    def whole(self, stream: int, patience: float = PATIENCE) -> Answer:
        """The answer on a stream, which must come to its regular end."""
        self.wait(lambda: self.answer(stream).over, f"an answer on stream {stream}", patience)
        answer = self.answer(stream)
        assert answer.ended, f"stream {stream} was reset with {answer.reset}; came: {self.said()}"
        return answer

    def head(self, stream: int, patience: float = PATIENCE) -> Answer:
        self.wait(lambda: self.answer(stream).status is not None or self.answer(stream).over,
                  f"a head on stream {stream}", patience)
        assert self.answer(stream).status is not None, self.said()
        return self.answer(stream)

    def get(self, path="/", **more) -> Answer:
        return self.whole(self.request(path, **more))

    def expect_connection_error(self, *codes: int, patience: float = PATIENCE) -> None:
        """RFC 9113 5.4.1: GOAWAY with one of these codes, then the end of the connection."""
        self.wait(lambda: self.ended, f"the end of the connection with GOAWAY {codes}", patience)
        assert self.goaways, f"it ended without GOAWAY; came: {self.said()}"
        assert self.goaways[-1].error_code in codes, f"GOAWAY {self.goaways[-1].error_code}, not {codes}"

    def expect_stream_error(self, stream: int, *codes: int, patience: float = PATIENCE) -> None:
        """RFC 9113 5.4.2: RST_STREAM with one of these codes, and the connection goes on."""
        self.wait(lambda: self.answer(stream).reset is not None, f"RST_STREAM {codes} of {stream}", patience)
        assert self.answer(stream).reset in codes, f"RST_STREAM {self.answer(stream).reset}, not {codes}"
        self.expect_alive()

    def expect_error(self, stream: int, *codes: int, patience: float = PATIENCE) -> None:
        """Where the RFC leaves the choice, or lets a stream error be a connection error."""
        self.wait(lambda: self.ended or self.answer(stream).reset is not None, f"an error {codes}", patience)
        if self.answer(stream).reset is not None:
            self.expect_stream_error(stream, *codes)
        else:
            self.expect_connection_error(*codes)

    def expect_refused(self, stream: int, *statuses: int, codes=(PROTOCOL_ERROR,), patience: float = PATIENCE) -> None:
        """RFC 9113 8.1.1, a malformed request: a stream error, with an answer of these statuses (400) before it or
        instead; the connection goes on."""
        self.wait(lambda: self.answer(stream).over, f"stream {stream} is refused", patience)
        answer = self.answer(stream)
        if answer.status is not None:
            assert answer.status in (statuses or (400,)), f"status {answer.status}"
            if answer.reset is not None:
                assert answer.reset in (NO_ERROR, *codes), f"RST_STREAM {answer.reset}"
        else:
            assert answer.reset in codes, f"RST_STREAM {answer.reset}, not {codes}"
        self.expect_alive()

    def expect_alive(self) -> None:
        """A PING is answered with what it carried."""
        asked = struct.pack(">d", time.monotonic())
        self.send(PingFrame(0, asked))
        self.wait(lambda: any(isinstance(one, PingFrame) and "ACK" in one.flags and one.opaque_data == asked
                              for one in reversed(self.frames)), "an answer to PING")
        assert not self.goaways, f"GOAWAY {self.goaways[-1].error_code}"

    def pour(self, pieces, patience: float) -> float:
        """Sends all pieces, over and over if they are endless, while it reads and throws away. Seconds until the other
        side had enough and ended the connection; fails when it has not within `patience`."""
        begun = time.monotonic()
        pieces = iter(pieces)
        piece = memoryview(b"")
        self.link.setblocking(False)
        over = False
        while not self.ended:
            if not len(piece) and not over:
                piece = memoryview(next(pieces, b""))
                over = not len(piece)
            left = begun + patience - time.monotonic()
            if left <= 0:
                pytest.fail(f"not cut off within {patience} s; came: {self.said()}")
            readable, writable, _ = select.select([self.link], [] if over else [self.link], [], left)
            if readable:
                self.step(0)
            if writable and not self.ended:
                try:
                    piece = piece[self.link.send(piece):]
                except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
                    pass
                except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
                    self._drain()
        return time.monotonic() - begun

    def _drain(self) -> None:
        """What they said before they reset."""
        while not self.ended and self.step(0.2):
            pass
        self.ended = True

    def close(self) -> None:
        self.link.close()

    stop = close

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def small_socket(address: str, size: int) -> socket.socket:
    """Connected with a receive buffer the kernel keeps small: what is not read stays with the sender."""
    ip, _, port = address.rpartition(":")
    link = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
    link.settimeout(PATIENCE)
    link.connect((ip, int(port)))
    return link


def text(value) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


__all__ = ["Answer", "ContinuationFrame", "DataFrame", "ExtensionFrame", "GoAwayFrame", "HeadersFrame", "PingFrame",
           "PriorityFrame", "PushPromiseFrame", "RstStreamFrame", "SettingsFrame", "WindowUpdateFrame", "Wire",
           "raw_frame"]
