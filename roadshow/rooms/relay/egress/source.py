"""From which of our addresses datagrams leave, where the socket has all of them (``0.0.0.0`` or ``::``).

Left alone the kernel takes the one of the way out, and an answer from another address than was asked is none. So what
came to an address is answered from there (``IP_PKTINFO``, ``IPV6_PKTINFO``: ip(7), ipv6(7)). Natively ``source.h`` does
it.
"""

import socket
from collections.abc import Iterable

from roadshow.rooms.relay.wire.datagrams import Address

EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104  (a comparison, not a bind)
IP_PKTINFO = 8
"""Linux's, which Python 3.11 has no name for."""
Ancillary = list[tuple[int, int, bytes]]


def came_to(ancillary: Iterable[tuple[int, int, bytes]]) -> bytes:
    """Our address by what the kernel says beside a datagram: 4 bytes, or 16 as a socket for both families has them;
    empty: it does not say."""
    found = b""
    for level, kind, data in ancillary:
        if (level, kind) == (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO) and len(data) == 20:
            return data[:16]
        if (level, kind) == (socket.IPPROTO_IP, IP_PKTINFO) and len(data) == 12:
            found = data[8:]
    return found


def leaving(host: bytes) -> Ancillary:
    """What goes beside a datagram that is to leave from this address of ours."""
    if len(host) == 4:
        return [(socket.IPPROTO_IP, IP_PKTINFO, bytes(4) + host + bytes(4))]
    return [(socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, host + bytes(4))]


class Sources:
    """By the address of a peer, ours that it asked. Whoever knows where peers are keeps it, and as short."""

    def __init__(self) -> None:
        self.several = False
        """Whether the socket has more than one address of ours; else there is nothing to learn."""
        self._hosts: dict[Address, bytes] = {}

    def learn(self, address: Address, host: bytes, named: bool) -> bool:
        """A peer's check came from there to this address of ours. Whether it is answered from another than before:
        where two of ours were tried from one of theirs, the one that is named for use counts."""
        known = self._hosts.get(address)
        if not self.several or not host or host == known or (known is not None and not named):
            return False
        self._hosts[address] = host
        return known is not None

    def forget(self, address: Address) -> None:
        self._hosts.pop(address, None)

    def of(self, address: Address) -> bytes:
        """Empty: as the kernel chooses."""
        return self._hosts.get(address, b"")
