# SPDX-License-Identifier: Apache-2.0
"""A network namespace for this test process and all it starts: fixed ports are then nobody else's.

As root a plain one; else one inside a user namespace of our own. Where the kernel allows neither, the tests go on in
the shared network and take ports the kernel calls free.
"""
import ctypes
import fcntl
import itertools
import os
import socket
import struct

CLONE_NEWNS = 0x20000
CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
SIOCSIFFLAGS = 0x8914
IFF_UP_RUNNING = 0x41

private = False
_libc = ctypes.CDLL(None, use_errno=True)
_ports = itertools.count(20000)  # below the range outgoing connections take theirs from


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP_RUNNING))


def enter() -> bool:
    """Moves this process into a namespace of its own. Call before the first thread; says whether it worked."""
    global private
    uid, gid = os.getuid(), os.getgid()
    if uid == 0:
        private = _libc.unshare(CLONE_NEWNET) == 0
    else:
        private = _libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0
        if private:  # the same ids inside, so that nothing started here believes it is root
            for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
                with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
                    file.write(text)
    if private:
        _raise_loopback()
    return private


def _must(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def show(file, at: str) -> None:
    """For a process about to be started, which alone sees this file in the place of the one that is there."""
    _must(_libc.unshare(CLONE_NEWNS))
    _must(_libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None))
    _must(_libc.mount(os.fsencode(file), os.fsencode(os.path.realpath(at)), None, MS_BIND, None))


def free_port() -> int:
    if private:
        return next(_ports)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
