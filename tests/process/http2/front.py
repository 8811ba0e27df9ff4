# SPDX-License-Identifier: Apache-2.0
"""The proxy under test with its three listeners and its node, or another server in its place."""
import pathlib
import re

import servers
from running import Sluice, configuration, fetch
from wire import Wire
from witness import Witness


class Front:
    """The proxy, its node, and how to reach it."""

    def __init__(self, folder: pathlib.Path, identity, witness: Witness, **changes):
        self.witness = witness
        self.identity = identity
        self.settings = configuration([witness.address], **changes)
        certificate = {"certificate": str(identity.certificate), "key": str(identity.key)}
        self.settings["listeners"] = [
            {"name": "web", "address": "127.0.0.1:0", "protocols": ["http1", "h2c"]},
            {"name": "websecure", "address": "127.0.0.1:0", "tls": {"certificates": [certificate]}},
            {"name": "old", "address": "127.0.0.1:0"},
        ]
        self.proxy = Sluice(folder, self.settings)
        self.plain, self.secure, self.old = (self.proxy.addresses[name] for name in ("web", "websecure", "old"))

    def wire(self, how: str = "h2c", **options) -> Wire:
        return Wire(self.secure, True, **options) if how == "tls" else Wire(self.plain, **options)

    def metric(self, name: str, **labels) -> float:
        """The sum of the series with these labels."""
        found = 0.0
        for line in fetch(f"{self.proxy.admin}/metrics").text.splitlines():
            if re.match(rf"{name}[ {{]", line) and all(f'{key}="{value}"' in line for key, value in labels.items()):
                found += float(line.rpartition(" ")[2])
        return found

    def stop(self):
        try:
            self.proxy.stop()
        finally:
            self.witness.stop()


class Other:
    """Another server than sluice, for --against."""

    def __init__(self, kind: str, folder: pathlib.Path, identity):
        self.witness = None
        self._servers = [getattr(servers, kind)(folder / "plain"), getattr(servers, kind)(folder / "tls", identity)]
        self.plain, self.secure = (one.address for one in self._servers)

    wire = Front.wire

    def stop(self):
        for one in self._servers:
            one.stop()
