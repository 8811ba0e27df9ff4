# SPDX-License-Identifier: Apache-2.0
"""Sends streams, many at a time, each from a loopback address of its own: the access log then tells streams apart.

Reads until the proxy closes. Nobody waits for a fixed time: the proxy's own short timeouts end what a stream left open.
"""
import asyncio
import re

from running import parse_address

SEEN = re.compile(rb"\r\nX-Seen: ([0-9a-f]+)\r\n", re.IGNORECASE)
AT_ONCE = 256
PATIENCE = 20  # seconds until a connection the proxy does not take, or leaves open, is an error of its own
NOT_TAKEN = "not taken"
LEFT_OPEN = "left open"
TOO_MANY = 5  # such connections: no use in going on


def source_address(place: int, number: int) -> str:
    """One of 16 million addresses of this machine for the stream of this number to the listener in this place.
    127.0.x.x is left to the servers."""
    return "127.%d.%d.%d" % (1 + place * 32 + (number >> 16), number >> 8 & 255, number & 255)


class Sending(asyncio.Protocol):
    """One stream over one connection."""

    def __init__(self, stream, done: asyncio.Future):
        self._pieces = [stream.data[a:b] for a, b in zip([0, *stream.cuts], [*stream.cuts, len(stream.data)])]
        self._done = done
        self._got = []
        self.given_up = False

    def connection_made(self, transport):
        self._link = transport
        self._next()

    def _next(self) -> None:
        """A piece, and the rest once everyone else had a turn."""
        if self._link.is_closing():
            return
        self._link.write(self._pieces.pop(0))
        if self._pieces:
            asyncio.get_running_loop().call_soon(self._next)

    def data_received(self, data):
        self._got.append(data)

    def give_up(self) -> None:
        self.given_up = True
        self._link.abort()
        self.connection_lost(None)

    def connection_lost(self, why):
        if not self._done.done():
            self._done.set_result(b"".join(self._got))


async def send_one(stream, place: int, address, results: dict) -> bool:
    """Whether the proxy took the connection and ended it."""
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    sending = Sending(stream, done)
    try:
        # Behind a full accept queue the kernel alone would try for two minutes.
        async with asyncio.timeout(PATIENCE):
            await loop.create_connection(lambda: sending, *address,
                                         local_addr=(source_address(place, stream.number), 0))
    except TimeoutError:
        results[stream.number] = [NOT_TAKEN]
        return False
    late = loop.call_later(PATIENCE, sending.give_up)
    answers = await done
    late.cancel()
    ids = results[stream.number] = [identity.decode("ascii") for identity in SEEN.findall(answers)]
    if sending.given_up:
        ids.append(LEFT_OPEN)
    return not sending.given_up


async def send_to_all(streams, addresses: dict) -> dict:
    """Every stream to every address. For each name: stream number to the request ids its client saw, in order."""
    seen = {name: {} for name in addresses}
    wheres = {name: parse_address(address)[1] for name, address in addresses.items()}
    waiting = iter(streams)
    failed = 0

    async def work():
        nonlocal failed
        for stream in waiting:
            for place, name in enumerate(addresses):
                if failed > TOO_MANY:
                    return
                failed += not await send_one(stream, place, wheres[name], seen[name])

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return seen


def send(streams, addresses: dict) -> dict:
    return asyncio.run(send_to_all(streams, addresses))
