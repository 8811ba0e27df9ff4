# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the process tests. SLUICE_BINARY names the binary; everything started here is stopped at a test's end."""
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import isolation  # noqa: E402

isolation.enter()  # before any thread and any socket

# Thousands of connections have their other end in this process.
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)

import pytest  # noqa: E402

import nodes  # noqa: E402
from running import Backend, Sluice, configuration  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--seed", type=int, help="differential_test: another seed")
    parser.addoption("--streams", type=int, help="differential_test: how many streams")
    parser.addoption("--only", type=int, help="differential_test: this stream alone")


def pytest_report_header():
    return "network: " + ("a namespace of our own" if isolation.private else "shared with this machine")


@pytest.fixture
def folder():
    """A folder of the test's own that servers running as somebody else can read."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="sluice-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def tiny_disk(folder):
    """A disk of 64 KiB."""
    path = folder / "disk"
    path.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", path], check=False).returncode != 0:
        pytest.skip("this place allows no mount")
    yield path
    subprocess.run(["umount", "-l", path], check=True)


@pytest.fixture
def started():
    """Keeps what a test starts and stops it, last one first; every stop is tried."""
    things = []

    def keep(thing):
        things.append(thing)
        return thing

    yield keep
    problems = []
    for thing in reversed(things):
        try:
            thing.stop()
        except AssertionError as problem:
            problems.append(str(problem))
    assert not problems, "\n".join(problems)


@pytest.fixture
def backend(started):
    """Starts `sluice backend`s."""
    return lambda listen="127.0.0.1:0": started(Backend(listen))


@pytest.fixture
def scripted(started):
    """Starts nodes the test plays itself."""
    return lambda: started(nodes.ScriptedNode())


@pytest.fixture
def sluice(started, folder):
    """Starts the proxy in front of these node addresses; further arguments replace blocks of the configuration."""
    def start(*addresses, descriptors=None, resolv_conf=None, **changes):
        settings = configuration(addresses, **changes)
        return started(Sluice(folder, settings, descriptors=descriptors, resolv_conf=resolv_conf))

    return start


@pytest.fixture(params=["nginx", "apache", "node_js"])
def server(request, started, folder):
    """Each real server in turn."""
    home = folder / "node"
    root = home / "root"
    root.mkdir(parents=True)
    return started(getattr(nodes, request.param)(home, root))
