"""A store's folder: whose it is, by locks and the process behind one, and whether it takes anything."""

import asyncio
import fcntl
import os
import socket
import struct
import sys
import tempfile
from pathlib import Path

from roadshow.errors import SetupError

LOOK_EVERY = 0.01
"""Seconds between looks at a lock that somebody is about to let go."""


ROOM = 64 * 1024
"""Bytes that must fit: some entries of a vote."""


def has_room(folder: Path) -> bool:
    """Whether the disk takes a write."""
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(bytes(ROOM))
            probe.flush()
            os.fsync(probe.fileno())
    except OSError:
        return False
    return True


def lock_for_server(data: Path) -> int:
    """The server's own lock, for the life of the returned descriptor."""
    lock = os.open(data / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if not try_lock(lock):
        pid = number_in(lock)
        os.close(lock)
        raise SetupError(
            f"Another Roadshow server (process {pid or 'unknown'}) uses the folder {data}. "
            "Stop it first, or give this one a folder of its own with --data."
        )
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)
    return lock


def try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


async def soon(lock: int, seconds: float) -> bool:
    deadline = asyncio.get_running_loop().time() + seconds
    while not try_lock(lock):
        if asyncio.get_running_loop().time() > deadline:
            return False
        await asyncio.sleep(LOOK_EVERY)
    return True


def number_in(descriptor: int) -> int | None:
    text = os.pread(descriptor, 20, 0)
    return int(text) if text.isdigit() else None


def listener(path: Path) -> int | None:
    """The process that listens on a socket, as the kernel knows it; None where it cannot be told."""
    if not sys.platform.startswith("linux"):
        return None
    with socket.socket(socket.AF_UNIX) as probe:
        probe.setblocking(False)
        try:
            probe.connect(str(path))
        except OSError:
            return None
        credentials = probe.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", credentials)[0]) or None


def is_store(pid: int, folder: Path) -> bool:
    """Whether a process is a Valkey that works in ``folder``: numbers are used again, and we kill no stranger."""
    process = Path("/proc") / str(pid)
    try:
        program = (process / "exe").readlink().name
        return program.startswith("valkey-server") and (process / "cwd").samefile(folder)
    except OSError:
        return False
