"""Out: encrypt and send, without waiting. The one place where the cost of a viewer is paid.

pylibsrtp's own ``Session.protect`` allocates three objects a packet; here its C call works in place on one buffer,
which saves a third of the interpreter's time. Used by name: ``Session._srtp``, ``pylibsrtp._binding``.
"""

import socket
from collections.abc import Callable
from typing import Any

from pylibsrtp._binding import ffi, lib

MAX_DATAGRAM = 1500
"""Larger ones are neither taken nor sent; WebRTC's are at most 1,200 bytes and a little."""
_TRAILER = 160
"""libsrtp may add this much (SRTP_MAX_TRAILER_LEN and the SRTCP index)."""

Address = tuple[Any, ...]
"""As the socket gives it: (host, port) or, for IPv6, (host, port, flow, scope)."""
Target = tuple[Any, Address]
"""Where a packet goes: a libsrtp session (``srtp_session``) and an address."""


def srtp_session(session: Any) -> Any:
    """The libsrtp handle inside a ``pylibsrtp.Session``; valid as long as the session lives."""
    return session._srtp[0]


def _nowhere(data: bytes | memoryview, address: Address) -> int:
    return 0


class Egress:
    """Sends through one non-blocking UDP socket, given by ``open``; until then, nowhere. What the kernel does not take
    at once is dropped and counted: a packet that waits is a packet too late."""

    def __init__(self) -> None:
        self._sendto: Callable[[bytes | memoryview, Address], int] = _nowhere
        self._place = ffi.new("char[]", MAX_DATAGRAM + _TRAILER)
        self._length = ffi.new("int *")
        self._bytes = memoryview(ffi.buffer(self._place))
        self.packets = 0
        self.dropped = 0

    def open(self, sock: socket.socket) -> None:
        self._sendto = sock.sendto

    def send_rtp(self, packet: bytes, targets: list[Target]) -> None:
        """The same packet to each target, under its own key."""
        size = len(packet)
        if size > MAX_DATAGRAM:
            self.dropped += len(targets)
            return
        place, length, sendto, protect = self._place, self._length, self._sendto, lib.srtp_protect
        whole, plain = self._bytes, self._bytes[:size]
        for session, address in targets:
            plain[:] = packet
            length[0] = size
            if protect(session, place, length):
                self.dropped += 1
                continue
            try:
                sendto(whole[: length[0]], address)
            except OSError:
                self.dropped += 1
        self.packets += len(targets)

    def send_rtcp(self, packet: bytes, target: Target) -> None:
        size = len(packet)
        if size > MAX_DATAGRAM:
            return
        session, address = target
        self._bytes[:size] = packet
        self._length[0] = size
        if lib.srtp_protect_rtcp(session, self._place, self._length):
            return
        self.send(self._bytes[: self._length[0]], address)

    def send(self, data: bytes | memoryview, address: Address) -> None:
        """As it is: STUN and DTLS."""
        try:
            self._sendto(data, address)
        except OSError:
            self.dropped += 1
