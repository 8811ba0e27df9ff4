# SPDX-License-Identifier: Apache-2.0
"""An HTTP/1.1 node that keeps what it was asked: every request with its connection, its fields as they stood there, its
body and whether that was whole. Paths the test plays itself are answered by the test, byte by byte."""
import dataclasses
import re
import socket
import threading

from running import eventually


@dataclasses.dataclass
class Seen:
    """A request as it came; `whole` once its body has come to its end."""
    connection: int
    method: str
    target: str
    fields: list
    body: bytes = b""
    trailers: list = dataclasses.field(default_factory=list)
    whole: bool = False

    def all(self, name: str) -> list[str]:
        return [value for one, value in self.fields if one.lower() == name]

    def one(self, name: str) -> str | None:
        values = self.all(name)
        assert len(values) < 2, f"{name} came {len(values)} times: {self.fields}"
        return values[0] if values else None


class Exchange:
    """What a play gets: the request, its body when asked for, the socket to answer on."""

    def __init__(self, link, reader, seen: Seen, over: threading.Event):
        self.link, self.seen, self._reader, self.hold = link, seen, reader, over

    def read_body(self) -> bytes:
        """True to its end only if it came to it."""
        seen = self.seen
        if seen.one("transfer-encoding") is not None:
            while size := int(self._line(), 16):
                seen.body += self._exactly(size)
                assert self._line() == b""
            while line := self._line():
                seen.trailers.append(split_field(line))
        else:
            left = int(seen.one("content-length") or 0)
            while left:
                piece = self._reader.read1(min(left, 65536))
                if not piece:
                    raise EOFError
                seen.body += piece
                left -= len(piece)
        seen.whole = True
        return seen.body

    def _line(self) -> bytes:
        line = self._reader.readline()
        if not line.endswith(b"\r\n"):
            raise EOFError
        return line[:-2]

    def _exactly(self, size: int) -> bytes:
        got = self._reader.read(size)
        if len(got) != size:
            raise EOFError
        return got

    def answer(self, body: bytes = b"hello", status: str = "200 OK", fields: str = "") -> None:
        self.link.sendall(f"HTTP/1.1 {status}\r\n{fields}Content-Length: {len(body)}\r\n\r\n".encode() + body)

    def wait_for_test(self) -> None:
        """Reads nothing and answers nothing until the test is over."""
        self.hold.wait(60)

    def wait_for_end(self) -> None:
        """Until the other side has closed or reset this connection; what it sends before is thrown away."""
        try:
            while self._reader.read1(65536):
                pass
        except OSError:
            pass


class Witness:
    """Listens on a port of its own; each connection has a thread."""

    def __init__(self):
        self.seen: list[Seen] = []
        self.plays = {}        # path: function(exchange); true means that the connection goes on
        self.over = threading.Event()
        self.open = set()      # numbers of connections that are not closed yet
        self._count = 0
        self._links = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def at(self, path: str) -> list[Seen]:
        return [one for one in self.seen if one.target == path]

    def only(self, path: str) -> Seen:
        """The one request at that path, whole."""
        found = eventually(lambda: self.at(path), f"a request for {path} at the node")
        assert len(found) == 1, found
        eventually(lambda: found[0].whole, f"the end of the body for {path}")
        return found[0]

    def closed(self, seen: Seen) -> None:
        eventually(lambda: seen.connection not in self.open, f"the node's connection of {seen.target} is closed")

    def _accept(self):
        while True:
            try:
                link, _ = self._listener.accept()
            except OSError:
                return
            link.settimeout(60)
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._count += 1
            self._links.append(link)
            self.open.add(self._count)
            threading.Thread(target=self._serve, args=(link, self._count), daemon=True).start()

    def _serve(self, link, number: int):
        reader = link.makefile("rb")
        try:
            while self._answer_one(link, reader, number):
                pass
        except (EOFError, OSError, ValueError):
            pass
        finally:
            reader.close()
            link.close()
            self.open.discard(number)

    def _answer_one(self, link, reader, number: int) -> bool:
        line = reader.readline()
        if not line:
            return False
        method, target, _ = line.decode("latin-1").split(" ")
        fields = []
        while (field := reader.readline()) != b"\r\n":
            if not field:
                return False
            fields.append(split_field(field[:-2]))
        exchange = Exchange(link, reader, Seen(number, method, target, fields), self.over)
        self.seen.append(exchange.seen)
        play = self.plays.get(target.partition("?")[0])
        if play:
            return bool(play(exchange))
        body = exchange.read_body()
        sized = re.match(r"/bytes/(\d+)", target)
        exchange.answer(pattern(int(sized[1])) if sized else body or b"hello")
        return True

    def stop(self):
        self.over.set()
        self._listener.close()
        for link in self._links:
            try:
                link.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def split_field(line: bytes) -> tuple[str, str]:
    name, _, value = line.decode("latin-1").partition(":")
    return name, value.strip(" ")


def pattern(size: int) -> bytes:
    """Bytes in which a shifted or repeated piece shows."""
    block = b"".join(number.to_bytes(4, "big") for number in range(4096))
    return (block * (size // len(block) + 1))[:size]
