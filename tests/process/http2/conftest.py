# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the HTTP/2 tests: the proxy with a plain, a TLS and an old listener before a node that keeps what it was
asked, one for all tests of a file. `--against NAME` lets the frame tests run against another server, to see that
it is not they who are wrong."""
import pathlib
import shutil
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import pki  # noqa: E402
from front import Front, Other  # noqa: E402
from witness import Witness  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--against", choices=["nghttpd", "nginx", "h2o"], help="frames_test: another server than sluice")


@pytest.fixture(scope="module")
def module_folder():
    path = pathlib.Path(tempfile.mkdtemp(prefix="sluice-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def authority(module_folder):
    return pki.Authority(module_folder, "http2")


@pytest.fixture(scope="module")
def identity(authority):
    """Of the site, and of nodes."""
    return authority.issue("site.test")


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
