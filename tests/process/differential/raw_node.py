# SPDX-License-Identifier: Apache-2.0
"""A node that keeps the raw bytes of each connection until they are read strictly, and records every fault with them.

A program of its own: `raw_node.py UNIX_SOCKET RECORDS`. Answers each request with nothing but who asked.
"""
import asyncio
import hashlib
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

from differential import strict  # noqa: E402


def text(raw: bytes) -> str:
    return raw.decode("latin-1")


class Connection(asyncio.Protocol):
    def __init__(self, records):
        self._records = records
        self._data = b""
        self._open = True

    def connection_made(self, transport):
        self._link = transport

    def data_received(self, data):
        self._data += data
        while self._open and self._data:
            try:
                request = strict.read(self._data)
                strict.check_canonical(self._data, 0, request)
            except strict.Incomplete as so_far:
                self._continue(so_far.head)
                return
            except strict.Fault as fault:
                self._keep(fault=str(fault), raw=text(self._data))
                self._close()
                return
            self._data = self._data[request.end:]
            self._serve(request)

    def connection_lost(self, why):
        if self._open and self._data:
            self._keep(incomplete=True, raw=text(self._data))

    def _continue(self, head) -> None:
        if head is not None and head.values(b"expect"):
            self._link.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _serve(self, request) -> None:
        identity = b"".join(request.values(b"x-request-id"))
        self._keep(id=text(identity), method=text(request.method), target=text(request.target), status=200,
                   length=len(request.body), digest=hashlib.sha1(request.body).hexdigest())
        self._link.write(b"HTTP/1.1 200 OK\r\nX-Seen: %s\r\nContent-Length: 0\r\n\r\n" % identity)

    def _keep(self, **record) -> None:
        self._records.write(json.dumps(record) + "\n")

    def _close(self) -> None:
        self._open = False
        self._link.close()


async def serve(path: str, records) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_unix_server(lambda: Connection(records), path, backlog=1024)
    print(f"listening on {path}", file=sys.stderr, flush=True)
    await server.serve_forever()


def main(path: str, file: str) -> None:
    with open(file, "w", encoding="ascii", buffering=1) as records:
        asyncio.run(serve(path, records))


if __name__ == "__main__":
    main(*sys.argv[1:])
