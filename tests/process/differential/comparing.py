# SPDX-License-Identifier: Apache-2.0
"""Holds what the proxy says it forwarded against what a node read, what the client got and a strict reading of the
stream. Every difference is reported with the stream's number, so that seed and number bring it back."""
import collections
import dataclasses
import hashlib
import json
import re

from . import strict
from .sending import source_address

METHODS = {"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"}


@dataclasses.dataclass
class Disagreement:
    node: str
    number: int  # of the stream; -1 when nobody knows
    what: str


def access_log(file) -> dict:
    """The proxy's lines by the address of the client, in order."""
    lines = collections.defaultdict(list)
    for text in file.read_text(encoding="utf-8", errors="surrogateescape").split("\n"):
        if text:
            line = json.loads(text)
            lines[line["client"].rpartition(":")[0]].append(line)
    return lines


def served(line: dict) -> bool:
    return line["attempts"] > 0 and line["error"] is None and line["status"] == 200


def refused(line: dict) -> bool:
    """The node's own refusal: 4xx and 5xx of a node that is stricter than HTTP, such as an unknown method."""
    return line["attempts"] > 0 and line["error"] is None and line["status"] != 200


def same_text(logged: str, target: str) -> bool:
    return logged.encode("utf-8", "surrogateescape") == target.partition("?")[0].encode("latin-1")


def cut_by_timing(stream, strictly: list, lines: list) -> bool:
    """Whether it was timing that nothing behind the last line was read, so that another run may have read more.

    That is so in two cases alone. A deadline of the proxy passed on a busy machine: before anything came, which leaves
    no line, or inside a request. Or the proxy answered a request with a body itself, which here only `OPTIONS *` does
    (no route with a path matches it): it goes on reading if the whole body is there by then and otherwise closes,
    because what comes next could be taken for the rest of that body. Both can only shorten what a node reads.
    """
    if not lines or lines[-1]["error"] == "request_timeout":
        return True
    place = sum(line["method"] is not None for line in lines) - 1
    if lines[-1]["error"] != "no_route" or place >= len(strictly):
        return False
    answered = strictly[place]
    return bool(answered.body or answered.chunk_lines) and answered.end < len(stream.data)


class Comparison:
    """One node's side of a run."""

    def __init__(self, name: str, place: int, lines: dict, records: list, seen: dict):
        self.name, self.place, self.lines, self.seen = name, place, lines, seen
        self.found: list[Disagreement] = []
        self.counts = collections.Counter()
        self.read: dict[int, list] = {}  # what the node read of each stream
        self.by_id = collections.defaultdict(list)
        self.cut: set[int] = set()  # streams that timing may have ended sooner here than elsewhere
        self.anonymous = 0  # refusals of messages whose head the node did not read
        self.unread = 0  # requests of the proxy the node wrote nothing about
        for record in records:
            self._take(record)

    def report(self, number: int, what: str) -> None:
        if number < 0 and (token := re.search(r"/t(\d+)/", what)):
            number = int(token[1])
        self.found.append(Disagreement(self.name, number, what))

    def _take(self, record: dict) -> None:
        if record.get("fault"):
            self.report(-1, f"the proxy wrote what is not strict, {record['fault']}: {record['raw']!r}")
        elif record.get("incomplete"):
            self.counts["cut off"] += 1
        elif identity := record.get("id") or self._id_in(record.get("raw", "")):
            self.by_id[identity].append(record)
        else:
            self.anonymous += 1
            self.counts[f"refused without reading the head: {record.get('reason', record['status'])}"] += 1

    @staticmethod
    def _id_in(raw: str):
        """Node.js shows the bytes it refused: the last request in them is the one."""
        found = re.findall(r"\r\nX-Request-Id: ([0-9a-f]{32})\r\n", raw)
        return found[-1] if found else None

    def compare(self, streams) -> None:
        for stream in streams:
            lines = self.lines.get(source_address(self.place, stream.number), [])
            strictly = strict.read_all(stream.data)
            if cut_by_timing(stream, strictly, lines):
                self.cut.add(stream.number)
            self._compare_stream(stream, strictly, [line for line in lines if line["method"]])
        self.counts["perhaps cut by timing"] = len(self.cut)
        for record in (one for left in self.by_id.values() for one in left):
            self.report(-1, f"a request the proxy does not know of: {record}")
        if self.anonymous > self.unread:
            self.report(-1, f"{self.anonymous} messages refused, the proxy knows of {self.unread}")

    def _compare_stream(self, stream, strictly, lines) -> None:
        self.read[stream.number] = []
        for place, line in enumerate(lines):
            records = self.by_id.pop(line["request_id"], [])
            wanted = strictly[place] if place < len(strictly) else None
            self._compare_request(stream.number, line, records, wanted)
        got = self.seen.get(stream.number, [])
        told = [line["request_id"] for line in lines if served(line)]
        if got != told:
            self.report(stream.number, f"the client was answered {got}, the log says {told}")

    def _compare_request(self, number: int, line: dict, records: list, wanted) -> None:
        good = [record for record in records if record["status"] == 200]
        self.unread += line["attempts"] > 0 and not records
        if len(records) > max(1, line["attempts"]):
            self.report(number, f"the node wrote {len(records)} times about {line}: {records}")
        if served(line):
            self.counts["served"] += 1
            self._compare_served(number, line, good, wanted)
        elif refused(line):
            self.counts["refused"] += 1
            kind = line["method"] if line["method"] in METHODS else "another method"
            self.counts[f"refused with {line['status']}: {kind}"] += 1
            self.read[number].append(None)
        elif line["attempts"] == 0:
            self.counts[f"answered by the proxy: {line['status']} {line['error']}"] += 1
            if records:
                self.report(number, f"read by the node and answered by the proxy: {line} {records}")
        else:
            self.counts["failed"] += 1
            self.counts[f"failed: {line['status']} {line['error']}"] += 1
            if good and wanted is None:
                self.report(number, f"served although it failed: {line} {good}")
            self.read[number].append(None)

    def _compare_served(self, number: int, line: dict, good: list, wanted) -> None:
        if len(good) != 1:
            self.report(number, f"the node read it {len(good)} times: {line}")
            return
        record = good[0]
        self.read[number].append((record["method"], record["target"], record["length"], record["digest"]))
        if record["method"] != line["method"] or not same_text(line["path"], record["target"]):
            self.report(number, f"another request: {line} {record}")
        if record["length"] != line["bytes_in"]:
            self.report(number, f"{line['bytes_in']} bytes of body came in, the node read {record['length']}")
        if wanted is None:
            self.report(number, f"forwarded, but a strict server would not have served it: {line}")
        elif (wanted.method.decode("ascii"), len(wanted.body), hashlib.sha1(wanted.body).hexdigest()) != (
                record["method"], record["length"], record["digest"]):
            self.report(number, f"the strict reading is {wanted}, the node's {record}")


def compare_nodes(sides: list) -> list:
    """Whether all nodes read the same of every stream, up to what one of them refused or did not get whole. One that
    read fewer requests must have been cut by timing; one that read more never has that excuse."""
    found = []
    first, *others = sides
    for other in others:
        for number, read in first.read.items():
            for here, there in zip(read, other.read[number]):
                if here is None or there is None:
                    break
                if here != there:
                    found.append(Disagreement(f"{first.name} and {other.name}", number, f"{here} against {there}"))
            else:
                shorter = min(first, other, key=lambda side: len(side.read[number]))
                if len(read) != len(other.read[number]) and number not in shorter.cut:
                    found.append(Disagreement(f"{first.name} and {other.name}", number,
                                              f"{len(read)} requests against {len(other.read[number])}"))
    return found
