# SPDX-License-Identifier: Apache-2.0
"""An HTTP/2 node on Debian's python3-h2: keeps what it was asked and on which connection, answers what a path says, or
lets the test play a stream. What the proxy sends wrong, python3-h2 refuses: that is kept too, and fails the test."""
import dataclasses
import re
import socket
import ssl
import struct
import threading

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
import h2.settings

from running import eventually
from witness import pattern


@dataclasses.dataclass
class Asked:
    """A request on its stream."""
    connection: "Connection"
    stream: int
    fields: list
    body: bytes = b""
    trailers: list = dataclasses.field(default_factory=list)
    ended: bool = False
    reset: int | None = None

    def one(self, name: str) -> str | None:
        values = [value for one, value in self.fields if one == name]
        assert len(values) < 2, f"{name} came {len(values)} times: {self.fields}"
        return values[0] if values else None

    @property
    def path(self) -> str:
        return self.one(":path")


class Connection:
    """One connection of the proxy. All calls take its lock."""

    def __init__(self, node: "H2Node", link, number: int):
        self.node, self.link, self.number = node, link, number
        self.lock = threading.RLock()
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="latin-1"))
        self.asked: dict[int, Asked] = {}
        self.pings = 0
        self.closed = threading.Event()
        self._waiting: dict[int, list] = {}     # DATA for which there is no window: [bytes, ends]

    def serve(self):
        try:
            with self.lock:
                self.h2.initiate_connection()
                if self.node.settings:
                    self.h2.update_settings(self.node.settings)  # in force once it is acknowledged
                self.flush()
            while data := self.link.recv(65536):
                with self.lock:
                    try:
                        events = self.h2.receive_data(data)
                    except h2.exceptions.ProtocolError as problem:
                        self.node.problems.append(repr(problem))
                        self.flush()
                        return
                    for event in events:
                        self._take(event)
                    self._send_waiting()
                    self.flush()
        except OSError:
            pass
        finally:
            self.closed.set()
            try:
                self.link.close()
            except OSError:
                pass

    def flush(self):
        with self.lock:
            if data := self.h2.data_to_send():
                self.link.sendall(data)

    def _take(self, event):
        if isinstance(event, h2.events.RequestReceived):
            one = Asked(self, event.stream_id, event.headers)
            # As servers do for what was sent before their SETTINGS arrived.
            most = self.node.settings.get(h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS)
            if most is not None and self.h2.open_inbound_streams > most:
                self.node.refused += 1
                self.h2.reset_stream(event.stream_id, h2.errors.ErrorCodes.REFUSED_STREAM)
                return
            self.asked[event.stream_id] = one
            self.node.asked.append(one)
            self.node.begun(one)
        elif isinstance(event, h2.events.DataReceived):
            if event.stream_id not in self.asked:
                return
            self.asked[event.stream_id].body += event.data
            if self.node.reads and event.flow_controlled_length:
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            self.node.grown(self.asked[event.stream_id])
        elif isinstance(event, h2.events.TrailersReceived):
            self.asked[event.stream_id].trailers = event.headers
        elif isinstance(event, h2.events.StreamEnded):
            if event.stream_id not in self.asked:
                return
            self.asked[event.stream_id].ended = True
            self.node.ended(self.asked[event.stream_id])
        elif isinstance(event, h2.events.StreamReset):
            if event.stream_id in self.asked:
                self.asked[event.stream_id].reset = event.error_code
            self._waiting.pop(event.stream_id, None)
        elif isinstance(event, h2.events.PingReceived):
            self.pings += 1

    # -- answering; each sends at once

    def headers(self, stream: int, fields, end: bool = False):
        with self.lock:
            self.h2.send_headers(stream, fields, end_stream=end)
            self.flush()

    def body(self, stream: int, data: bytes, end: bool = True, trailers=None):
        with self.lock:
            self._waiting.setdefault(stream, [b"", False, None])
            waiting = self._waiting[stream]
            waiting[0] += data
            waiting[1], waiting[2] = end, trailers
            self._send_waiting()
            self.flush()

    def _send_waiting(self):
        for stream, (data, ends, trailers) in list(self._waiting.items()):
            at = 0
            while at < len(data):
                room = min(self.h2.local_flow_control_window(stream), self.h2.max_outbound_frame_size, len(data) - at)
                if room <= 0:
                    break
                self.h2.send_data(stream, data[at:at + room])
                at += room
            self._waiting[stream][0] = data[at:]
            if at == len(data):
                del self._waiting[stream]
                if ends and trailers:
                    self.h2.send_headers(stream, trailers, end_stream=True)
                elif ends:
                    self.h2.end_stream(stream)

    def answer(self, stream: int, body: bytes = b"hello", status: int = 200, fields=(), trailers=None):
        with self.lock:
            self.h2.send_headers(stream, [(":status", str(status)), *fields])
            self.body(stream, body, trailers=trailers)

    def reset(self, stream: int, code: int):
        with self.lock:
            self._waiting.pop(stream, None)
            self.h2.reset_stream(stream, code)
            self.flush()

    def go_away(self, last: int, code: int = 0):
        """By hand: python3-h2 would close its side with it."""
        with self.lock:
            self.link.sendall(struct.pack(">BHBBLLL", 0, 8, 7, 0, 0, last, code))

    def close(self):
        try:
            self.link.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


class H2Node:
    """`plays` holds functions of a path: called with the request as soon as its head has come (`play`), or when it has
    ended (`answers`)."""

    def __init__(self, identity=None, *, settings=None, alpn=("h2",), reads: bool = True, client_ca=None):
        self.settings = settings or {}
        self.refused = 0
        self.reads = reads
        self.asked: list[Asked] = []
        self.problems: list[str] = []
        self.plays, self.answers = {}, {}
        self.connections: list[Connection] = []
        self._context = None
        if identity is not None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(identity.certificate, identity.key)
            self._context.set_alpn_protocols(list(alpn))
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                link, _ = self._listener.accept()
            except OSError:
                return
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._begin, args=(link,), daemon=True).start()

    def _begin(self, link):
        try:
            if self._context is not None:
                link = self._context.wrap_socket(link, server_side=True)
                assert link.selected_alpn_protocol() == "h2", link.selected_alpn_protocol()
        except OSError:
            return
        connection = Connection(self, link, len(self.connections))
        self.connections.append(connection)
        connection.serve()

    def begun(self, one: Asked):
        if play := self.plays.get(one.path):
            play(one)

    def grown(self, one: Asked):
        """More of a body has come: a test may replace this."""

    def ended(self, one: Asked):
        if one.path in self.plays or one.reset is not None:
            return
        if answer := self.answers.get(one.path):
            answer(one)
            return
        sized = re.match(r"/bytes/(\d+)", one.path)
        body = pattern(int(sized[1])) if sized else one.body or b"hello"
        more = [] if one.one(":method") == "HEAD" else [("content-length", str(len(body)))]
        if one.one(":method") == "HEAD":
            one.connection.headers(one.stream, [(":status", "200"), ("content-length", str(len(body)))], end=True)
        else:
            one.connection.answer(one.stream, body, fields=more)

    def at(self, path: str) -> list[Asked]:
        return [one for one in self.asked if one.path == path]

    def first(self, path: str) -> Asked:
        return eventually(lambda: self.at(path), f"a request for {path} at the node")[0]

    def open(self) -> int:
        return sum(not one.closed.is_set() for one in self.connections)

    def stop(self):
        self._listener.close()
        for one in self.connections:
            one.close()
        assert not self.problems, f"the proxy broke the protocol: {self.problems}"
