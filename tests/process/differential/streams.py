# SPDX-License-Identifier: Apache-2.0
"""Streams of HTTP/1 requests with one or more things wrong, odd or merely unusual, made from a seed and a number.

A stream usually ends with an ordinary request: what hides inside a body, or swallows what follows it, shows there.
"""
import dataclasses
import random

from .draft import CRLF, METHODS, Draft, content, set_chunked, set_length
from .mutations import KINDS


@dataclasses.dataclass
class Stream:
    number: int
    data: bytes
    cuts: list  # offsets at which sending pauses
    mutated: int  # requests in it that were mutated
    kinds: list  # names of the mutations


def ordinary(chance: random.Random, token: bytes, place: int) -> Draft:
    draft = Draft(chance.choice(METHODS), b"/%s/%d" % (token, place), fields=[b"Host: a.test"])
    framed = chance.random()
    if framed < 0.35:
        draft.body = content(chance, token)
        set_length(draft)
    elif framed < 0.7:
        draft.body = content(chance, token)
        set_chunked(draft, chance)
    return draft


def bare(chance: random.Random, token: bytes, place: int) -> Draft:
    """A request with a body and no word yet on how long it is."""
    return Draft(b"POST", b"/%s/%d" % (token, place), fields=[
        b"Host: a.test",
    ], body=content(chance, token) or b"hello")


def damage(text: bytes, chance: random.Random) -> bytes:
    """A byte or a piece changed, removed, doubled or put in."""
    out = bytearray(text)
    for _ in range(chance.choice([1, 1, 1, 2, 4])):
        at = chance.randrange(len(out))
        kind = chance.randrange(5)
        if kind == 0:
            out[at] = chance.choice(b"\r\n\x00 \t:;,0159aGx\x0b\x7f\xff")
        elif kind == 1:
            del out[at:at + chance.choice([1, 1, 2, 7])]
        elif kind == 2:
            out[at:at] = chance.choice([
                CRLF, b"\r", b"\n", b" ", b"\t", b"\x00", b"0\r\n\r\n", b"X", b":", b"\r\n\r\n",
            ])
        elif kind == 3:
            out[at:at] = out[at:at + chance.randint(1, 40)]
        else:
            out[at] ^= 1 << chance.randrange(8)
        out = out or bytearray(b"\r")
    return bytes(out)


def mutated(chance: random.Random, token: bytes, place: int):
    if chance.random() < 0.15:
        return damage(ordinary(chance, token, place).text(), chance), "damage"
    kind = chance.choice(KINDS)
    text = kind(bare(chance, token, place), chance).text()
    if chance.random() < 0.1:
        return damage(text, chance), kind.__name__ + "+damage"
    return text, kind.__name__


def make(seed: int, number: int) -> Stream:
    """The same stream for the same seed and number, on every machine."""
    chance = random.Random(f"{seed}/{number}")
    token = b"t%d" % number
    parts, kinds = [], []
    if chance.random() < 0.3:
        parts.append(ordinary(chance, token, 0).text())
    for _ in range(chance.choice([1, 1, 1, 2])):
        text, kind = mutated(chance, token, len(parts))
        parts.append(text)
        kinds.append(kind)
    if chance.random() < 0.3:
        parts.append(ordinary(chance, token, len(parts)).text())
    if chance.random() < 0.95:
        parts.append(b"GET /%s/end HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n" % token)
    data = b"".join(parts)
    cuts = sorted(chance.sample(range(1, len(data)), k=min(chance.choice([0, 0, 0, 1, 3]), len(data) - 1)))
    return Stream(number, data, cuts, len(kinds), kinds)
