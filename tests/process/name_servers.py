# SPDX-License-Identifier: Apache-2.0
"""Name servers of the tests: dnsmasq, whose answers a test changes while it runs, and one that talks nonsense."""
import pathlib
import random
import signal
import socket
import threading

from isolation import free_port
from nodes import need
from running import Program, eventually


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Dnsmasq:
    """dnsmasq on a free port of 127.0.0.1; knows names of its hosts file alone, all else does not exist."""

    def __init__(self, folder: pathlib.Path, ttl: int = 1, options=()):
        self._hosts = folder / "names"
        self._command = [
            need("dnsmasq"), "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--pid-file=",
            "--user=", "--group=", "--log-facility=-", "--listen-address=127.0.0.1", "--bind-interfaces", "--local=/#/",
            f"--addn-hosts={self._hosts}", f"--local-ttl={ttl}", *options]
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self._program = None
        self._hosts.write_text("", encoding="ascii")
        self.start()

    def start(self):
        self._program = Program([*self._command, f"--port={self.port}"])
        with self._program.stopped_if_it_fails():
            eventually(lambda: _accepts(self.port) or not self._program.alive(), "dnsmasq listens")
            assert self._program.alive(), self._program.lines

    def say(self, **names):
        """From now on these names have these addresses: say(app=["127.0.0.2"]) is app.test."""
        lines = [f"{ip} {name}.test\n" for name, ips in names.items() for ip in ips]
        before = len(self._program.lines)
        self._hosts.write_text("".join(lines), encoding="ascii")
        self._program.signal(signal.SIGHUP)
        eventually(lambda: any(str(self._hosts) in line for line in self._program.lines[before:]), "the names are read")

    def stop(self):
        self._program.stop()


class Rogue:
    """Answers every question over UDP with what `reply(query)` makes of it; None is silence."""

    def __init__(self, reply, port: int = 0):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", port))
        self.address = "127.0.0.1:%d" % self._socket.getsockname()[1]
        self.asked = 0
        self.reply = reply
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while True:
            query, asker = self._socket.recvfrom(4096)
            if query == b"end":
                return
            self.asked += 1
            answer = self.reply(query)
            if answer is not None:
                self._socket.sendto(answer, asker)

    def stop(self):
        ip, _, port = self.address.rpartition(":")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"end", (ip, int(port)))
        self._thread.join(30)
        self._socket.close()


def question_of(query: bytes) -> bytes:
    """The question section, which an answer must repeat to be looked at."""
    end = query.index(b"\0", 12) + 5
    return query[12:end]


def name_asked(query: bytes) -> str:
    name, at = "", 12
    while size := query[at]:
        name += query[at + 1:at + 1 + size].decode("ascii") + "."
        at += 1 + size
    return name[:-1]


def one_address(query: bytes, ip: str) -> bytes:
    """A good answer: this address to a question for its family, no records to any other, both for a second."""
    question = question_of(query)
    family, kind = (socket.AF_INET6, b"\0\x1c") if ":" in ip else (socket.AF_INET, b"\0\1")
    asked = question[-4:-2] == kind
    head = query[:2] + b"\x81\x80\0\1" + (b"\0\1" if asked else b"\0\0") + b"\0\0\0\0"
    content = socket.inet_pton(family, ip)
    record = b"\xc0\x0c" + kind + b"\0\1\0\0\0\1\0" + bytes([len(content)]) + content
    return head + question + (record if asked else b"")


def no_such_name(query: bytes) -> bytes:
    return query[:2] + b"\x81\x83\0\1\0\0\0\0\0\0" + question_of(query)


def nonsense(query: bytes, chance: random.Random) -> bytes | None:
    """Something that is no answer: noise, a good beginning with noise behind it, lies about counts, silence."""
    noise = chance.randbytes(chance.randrange(200))
    question = question_of(query)
    kind = chance.randrange(5)
    if kind == 0:
        return None
    if kind == 1:
        return noise
    if kind == 2:
        return query[:2] + noise
    counts = chance.randbytes(6) if kind == 3 else b"\0\3\0\0\0\0"
    return query[:2] + b"\x81\x80\0\1" + counts + question + b"\xc0\x0c\0\1\0\1" + noise


__all__ = ["Dnsmasq", "Rogue", "name_asked", "no_such_name", "nonsense", "one_address"]
