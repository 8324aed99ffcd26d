"""When datagrams came: as the kernel stamped them. The loop reads them some milliseconds later, several at once, and a
publisher's estimator takes every millisecond for a queue that grows."""

import socket
import time
from contextlib import suppress
from struct import Struct

ROOM = socket.CMSG_SPACE(16)
"""For a stamp beside a datagram."""
_STAMPED = 35
"""Linux's SO_TIMESTAMPNS, and the kind of its stamps: seconds and nanoseconds of the wall clock."""
_STAMP = Struct("@qq")
_NS = 1_000_000_000

Ancillary = list[tuple[int, int, bytes]]


def stamp(sock: socket.socket) -> None:
    """Let the kernel stamp what comes, where it can."""
    with suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, _STAMPED, 1)


class Arrival:
    """Of the datagram that is being handed on. Whoever reads the socket sets ``ancillary`` before."""

    __slots__ = ("ancillary",)

    def __init__(self) -> None:
        self.ancillary: Ancillary = []

    def us(self) -> int:
        """In µs of the monotonic clock; without a stamp: now."""
        now = time.monotonic_ns()
        for _, kind, data in self.ancillary:
            if kind == _STAMPED and len(data) == _STAMP.size:
                seconds, nanoseconds = _STAMP.unpack(data)
                ago: int = time.time_ns() - seconds * _NS - nanoseconds
                # Else the wall clock was set meanwhile.
                if 0 <= ago < _NS:
                    return (now - ago) // 1000
        return now // 1000
