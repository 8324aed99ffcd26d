"""When datagrams came: as the kernel stamped them. The loop reads them some milliseconds later, several at once, and a
publisher's estimator takes every millisecond for a queue that grows."""

import socket
import time
from contextlib import suppress
from struct import Struct

from roadshow.rooms.relay.egress.source import IP_PKTINFO, came_to

ROOM = socket.CMSG_SPACE(16) + socket.CMSG_SPACE(20) + socket.CMSG_SPACE(12)
"""For a stamp beside a datagram, and our address in both families' form, which a socket for both gets."""
_STAMPED = 35
"""Linux's SO_TIMESTAMPNS, and the kind of its stamps: seconds and nanoseconds of the wall clock."""
_STAMP = Struct("@qq")
_NS = 1_000_000_000

Ancillary = list[tuple[int, int, bytes]]


def stamp(sock: socket.socket) -> None:
    """Let the kernel stamp what comes, and say to which of our addresses, where it can."""
    for level, option in (
        (socket.SOL_SOCKET, _STAMPED),
        (socket.IPPROTO_IP, IP_PKTINFO),
        (socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO),
    ):
        with suppress(OSError):
            sock.setsockopt(level, option, 1)


class Arrival:
    """Of the datagram that is being handed on. Whoever reads the socket sets ``ancillary`` before, or what C read."""

    __slots__ = ("ancillary", "local", "stamp_ns")

    def __init__(self) -> None:
        self.ancillary: Ancillary = []
        self.stamp_ns = 0
        """Of the wall clock; 0: to be looked for in ``ancillary``."""
        self.local = b""
        """Our address that it came to, 4 or 16 bytes, as far as C read it; empty: not known."""

    def to(self) -> bytes:
        """Our address that it came to: 4 bytes, or 16 of a socket that takes both families; empty: not known."""
        return self.local or came_to(self.ancillary)

    def us(self) -> int:
        """In µs of the monotonic clock; without a stamp: now."""
        now, stamp_ns = time.monotonic_ns(), self.stamp_ns or self._stamp_ns()
        ago = time.time_ns() - stamp_ns
        # Else there is none, or the wall clock was set meanwhile.
        return (now - ago if 0 <= ago < _NS else now) // 1000

    def _stamp_ns(self) -> int:
        for _, kind, data in self.ancillary:
            if kind == _STAMPED and len(data) == _STAMP.size:
                seconds, nanoseconds = _STAMP.unpack(data)
                return int(seconds * _NS + nanoseconds)
        return 0
