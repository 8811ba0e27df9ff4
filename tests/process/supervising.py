# SPDX-License-Identifier: Apache-2.0
"""What systemd does for a service, played by the test: a notification socket, a watchdog, passed sockets."""
import ctypes
import os
import pathlib
import socket
import time

import pytest

from running import PATIENCE, Sluice

PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT, WALL = 17, 0x4206, 0x4207, 0x40000000


class Parent:
    """Starts sluice as a service manager would and hears what it says."""

    def __init__(self, folder: pathlib.Path):
        self._folder = folder
        path = folder / "notify.sock"
        self._ears = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._ears.bind(str(path))
        self._environment = os.environ | {"NOTIFY_SOCKET": str(path)}

    def command(self, sockets: dict[str, socket.socket]):
        """What becomes sluice with these sockets as its descriptors from 3 on, and what Popen needs for it."""
        if not sockets:
            return {"env": self._environment}
        # Only the process itself knows the number for LISTEN_PID before it becomes sluice. The copies are moved out of
        # the way first: one may have a number that another shall get.
        given = [one.fileno() for one in sockets.values()]
        moved = [100 + at for at in range(len(given))]
        steps = [f"exec {to}<&{fd}" for fd, to in zip(given, moved)] + [f"exec {fd}<&-" for fd in given]
        steps += [f"exec {3 + at}<&{fd} {fd}<&-" for at, fd in enumerate(moved)]
        return {
            "before": ["bash", "-c", "; ".join(steps) + '; LISTEN_PID=$$ exec "$@"', "bash"],
            "pass_fds": given,
            "env": self._environment | {"LISTEN_FDS": str(len(given)), "LISTEN_FDNAMES": ":".join(sockets)},
        }

    def start(self, settings: dict, *, sockets=None, watchdog: float = 0) -> Sluice:
        options = self.command(sockets or {})
        if watchdog:
            options["env"] = options["env"] | {"WATCHDOG_USEC": str(int(watchdog * 1e6))}
        return Sluice(self._folder, settings, **options)

    def heard(self, patience: float = PATIENCE) -> dict[str, str]:
        """The next datagram, a line each."""
        self._ears.settimeout(patience)
        return dict(line.split("=", 1) for line in self._ears.recv(65536).decode().split("\n"))

    def heard_until(self, key: str, value: str = "1") -> dict[str, str]:
        deadline = time.monotonic() + PATIENCE
        while (lines := self.heard(deadline - time.monotonic())).get(key) != value:
            pass
        return lines

    def hears_nothing_for(self, seconds: float) -> bool:
        """Waits for such a silence."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                self.heard(seconds)
            except TimeoutError:
                return True
        return False

    def stop(self):
        self._ears.close()


class StuckThread:
    """One thread of a program, stopped: the others run on."""

    def __init__(self, pid: int, name: str):
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._thread = next(int(task.name) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()
                            if (task / "comm").read_text().strip() == name)

    def _ptrace(self, request: int) -> None:
        if self._libc.ptrace(ctypes.c_long(request), ctypes.c_long(self._thread), None, None) != 0:
            pytest.skip(f"this place does not let a test stop a thread: {os.strerror(ctypes.get_errno())}")

    def __enter__(self):
        self._ptrace(PTRACE_SEIZE)
        self._ptrace(PTRACE_INTERRUPT)
        os.waitpid(self._thread, WALL)
        return self

    def __exit__(self, *_):
        self._ptrace(PTRACE_DETACH)
