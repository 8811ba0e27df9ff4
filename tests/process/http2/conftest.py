# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the HTTP/2 tests: the proxy with a plain, a TLS and an old listener before a node that keeps what it was
asked, one for all tests of a file. `--against NAME` lets the frame tests run against another server, to see that
it is not they who are wrong."""
import pathlib
import re
import shutil
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import pki  # noqa: E402
import servers  # noqa: E402
from running import Sluice, configuration, fetch  # noqa: E402
from wire import Wire  # noqa: E402
from witness import Witness  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--against", choices=["nghttpd", "nginx", "h2o"], help="frames_test: another server than sluice")


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


@pytest.fixture(scope="module")
def module_folder():
    path = pathlib.Path(tempfile.mkdtemp(prefix="sluice-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def identity(module_folder):
    """A certificate for site.test that nobody here verifies."""
    return pki.Authority(module_folder, "http2").issue("site.test")


@pytest.fixture(scope="module")
def front(request, module_folder, identity):
    """One for all tests of the file. Each leaves it alive and serving."""
    against = request.config.getoption("--against", None)
    made = Other(against, module_folder, identity) if against else Front(module_folder, identity, Witness())
    yield made
    made.stop()


@pytest.fixture
def own_front(folder, identity, started):
    """One of the test's own; further arguments replace blocks of the configuration."""
    def start(**changes):
        return started(Front(folder, identity, Witness(), **changes))

    return start


@pytest.fixture(params=["h2c", "tls"])
def wire(request, front):
    """A greeted connection, over a plain socket and over TLS."""
    with front.wire(request.param) as made:
        yield made


@pytest.fixture
def connect_wire(front, started):
    """Makes connections that the test's end closes."""
    return lambda how="h2c", **options: started(front.wire(how, **options))
