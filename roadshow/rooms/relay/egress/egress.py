"""Out: rewrite, encrypt and send, without waiting. The one place where the cost of a viewer is paid.

Two ways lead out. The native one serves all viewers of a burst in one call. The other is Python with libsrtp: for
machines without a compiler, and for viewers that did not agree on AES-GCM. pylibsrtp's own ``Session.protect``
allocates three objects a packet; here its C call works in place on one buffer, which saves a third of the
interpreter's time. Used by name: ``Session._srtp``, ``pylibsrtp._binding``.
"""

import socket
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from pylibsrtp._binding import ffi, lib

from roadshow.rooms.relay.egress.native.fan import Fan, Sent
from roadshow.rooms.relay.egress.outgoing import NO_SHIFT, Outgoing, Shift, shifted
from roadshow.rooms.relay.egress.source import EVERYWHERE, Sources, leaving
from roadshow.rooms.relay.last_mile.estimate.line import PythonLine
from roadshow.rooms.relay.last_mile.estimate.told import Line
from roadshow.rooms.relay.wire.datagrams import MAX_DATAGRAM, Address

TAG = 16
"""What SRTP adds to a packet with AES-GCM, and (but for a few bytes) else."""
_TRAILER = 160
"""libsrtp may add this much (SRTP_MAX_TRAILER_LEN and the SRTCP index)."""


def srtp_session(session: Any) -> Any:
    """The libsrtp handle inside a ``pylibsrtp.Session``; valid as long as the session lives."""
    return session._srtp[0]


def _now_us() -> int:
    return time.monotonic_ns() // 1000


def _nowhere(data: bytes | memoryview, address: Address) -> int:
    return 0


def _ident(packet: bytes | memoryview) -> int:
    """As ``ident_of``, of an RTP packet."""
    return int.from_bytes(packet[10:12], "big") << 16 | int.from_bytes(packet[2:4], "big")


class Target:
    """One viewer's connection: keys, an address, and what it takes of which streams."""

    __slots__ = ("address", "crowd", "keys", "legs", "line", "native", "outbound", "session")

    def __init__(self, outbound: Any, keys: tuple[bytes, bytes] | None, address: Address) -> None:
        self.outbound = outbound  # the handle below lives as long as this
        self.session = srtp_session(outbound)
        self.keys = keys
        """SRTP session key and salt, if it is AES-GCM."""
        self.address = address
        self.native: Any = None
        """Its peer in the native fan-out; None: Python serves it."""
        self.crowd: Crowd | None = None
        self.legs: dict[int, tuple[int, Shift]] = {}
        """By lane: the stream's number and the shift."""
        self.line: Line | None = None
        """What numbers its packets, once it is in a crowd; None: it wants no numbers."""

    def readdress(self, address: Address) -> None:
        """From now on it is there."""
        self.address = address
        if self.crowd is not None:
            self.crowd.readdressed(self)


class Crowd:
    """The viewers of a stage."""

    def __init__(self, fan: Fan | None, sources: Sources) -> None:
        self._fan = fan
        self._sources = sources
        self.native = fan.crowd() if fan is not None else None
        self._served_here: dict[Target, None] = {}
        self._takers: dict[int, list[tuple[Any, Address, Shift, Target]]] | None = None
        self.size = 0

    def measure(self, target: Target) -> Line:
        """From now on the target's packets are numbered, as far as they have a place for it, and the line knows when
        they left."""
        if target.line is None:
            self.add(target)
            native = self._fan is not None and target.native is not None
            target.line = self._fan.line(target.native) if self._fan is not None and native else PythonLine()
        return target.line

    def add(self, target: Target) -> None:
        if target.crowd is self:
            return
        if self._fan is not None and target.native is None and target.keys is not None:
            target.native = self._fan.peer(*target.keys)
            self._address(self._fan, target)
        target.crowd = self
        self.size += 1
        if self._fan is not None and target.native is not None:
            self._fan.add(self.native, target.native)
        else:
            self._served_here[target] = None
            self._takers = None

    def remove(self, target: Target) -> None:
        if target.crowd is not self:
            return
        target.crowd = None
        self.size -= 1
        if self._fan is not None and target.native is not None:
            self._fan.remove(target.native)
        else:
            self._served_here.pop(target, None)
            self._takers = None

    def take(self, target: Target, lane: int, stream: int, shift: Shift, roc: int) -> None:
        """From now on the target gets this stream on this lane (0: none), from a first sequence number on of which
        ``roc`` is the part above 16 bits."""
        target.legs[lane] = (stream, shift)
        if self._fan is not None and target.native is not None:
            self._fan.take(target.native, lane, stream, shift, roc)
        else:
            self._takers = None

    def readdressed(self, target: Target) -> None:
        if self._fan is not None and target.native is not None:
            self._address(self._fan, target)
        else:
            self._takers = None

    def _address(self, fan: Fan, target: Target) -> None:
        fan.address(target.native, target.address)
        fan.source(target.native, self._sources.of(target.address))

    @property
    def served_here(self) -> bool:
        """Whether any viewer is not served by the native fan-out."""
        return bool(self._served_here)

    def takers(self, stream: int) -> list[tuple[Any, Address, Shift, Target]]:
        """Who takes this stream and is served in Python."""
        if self._takers is None:
            self._takers = {}
            for target in self._served_here:
                for number, shift in target.legs.values():
                    if number:
                        self._takers.setdefault(number, []).append((target.session, target.address, shift, target))
        return self._takers.get(stream, [])


class Egress:
    """Sends through one non-blocking UDP socket, given by ``open``; until then, nowhere. What the kernel does not take
    at once is dropped and counted: a packet that waits is a packet too late."""

    def __init__(self, fan: Fan | None = None) -> None:
        self._fan = fan
        self.sources = Sources()
        self._sendto: Callable[[bytes | memoryview, Address], int] = _nowhere
        self._socket = -1
        self._place = ffi.new("char[]", MAX_DATAGRAM + _TRAILER)
        self._length = ffi.new("int *")
        self._bytes = memoryview(ffi.buffer(self._place))
        self.sent = Sent()
        """Media so far, all viewers together."""

    @property
    def native(self) -> bool:
        return self._fan is not None

    @property
    def gso(self) -> bool:
        """Whether bursts are cut by the kernel."""
        return self._fan is not None and self._fan.gso

    def open(self, sock: socket.socket) -> None:
        host = sock.getsockname()[0]
        self.sources.several = host in EVERYWHERE
        self._sendto = partial(self._send_from, sock) if self.sources.several else sock.sendto
        self._socket = sock.fileno()

    def close(self) -> None:
        """The socket is about to be closed."""
        self._sendto, self._socket = _nowhere, -1
        if self._fan is not None:
            self._fan.close()

    def crowd(self) -> Crowd:
        return Crowd(self._fan, self.sources)

    def send(self, crowd: Crowd, packets: Sequence[Outgoing]) -> None:
        """Each of the crowd gets what it takes of these packets, in their order."""
        if self._fan is not None and self._socket >= 0:
            self._fan.send(crowd.native, packets, self._socket, self.sent)
        if crowd.served_here:
            for packet in packets:
                self._send_here(packet, crowd.takers(packet.stream))

    def send_to(self, target: Target, packets: Sequence[Outgoing]) -> None:
        """One viewer gets what it takes of these packets."""
        if target.native is not None and self._fan is not None:
            if self._socket >= 0:
                self._fan.send_to(target.native, packets, self._socket, self.sent)
            return
        for packet in packets:
            stream, shift = target.legs.get(packet.lane, (0, NO_SHIFT))
            if stream == packet.stream:
                self._send_here(packet, [(target.session, target.address, shift, target)])

    def send_one(self, target: Target, data: bytes, header: int, roc: int, wide_at: int = 0) -> None:
        """One packet, to one viewer, as it is but for a transport-wide number. ``roc`` is how often its stream's
        sequence number wrapped for them."""
        if target.native is not None and self._fan is not None:
            if self._socket >= 0:
                self._fan.send_one(target.native, data, header, roc, wide_at, self._socket, self.sent)
            return
        self._protect_and_send(data, len(data), target, wide_at)

    def send_rtcp(self, packet: bytes, target: Target) -> None:
        size = len(packet)
        if size > MAX_DATAGRAM:
            return
        self._bytes[:size] = packet
        self._length[0] = size
        if lib.srtp_protect_rtcp(target.session, self._place, self._length):
            return
        self.send_plain(self._bytes[: self._length[0]], target.address)

    def send_plain(self, data: bytes | memoryview, address: Address) -> None:
        """As it is: STUN and DTLS."""
        try:
            self._sendto(data, address)
        except OSError:
            self.sent.dropped += 1

    def _send_from(self, sock: socket.socket, data: bytes | memoryview, address: Address) -> int:
        """As ``sendto``, from the address of ours that was asked."""
        host = self.sources.of(address)
        return sock.sendmsg([data], leaving(host), 0, address) if host else sock.sendto(data, address)

    def _send_here(self, packet: Outgoing, takers: list[tuple[Any, Address, Shift, Target]]) -> None:
        size, data = len(packet.data), packet.data
        sent = self.sent
        if size > MAX_DATAGRAM:
            sent.dropped += len(takers)
            return
        place, length, sendto, protect = self._place, self._length, self._sendto, lib.srtp_protect
        whole, plain = self._bytes, self._bytes[:size]
        dropped = early = 0
        wide_at, departs = packet.wide_at, _now_us() if packet.wide_at else 0
        for session, address, shift, target in takers:
            if packet.number < shift.first:
                early += 1
                continue
            plain[:] = data if shift is NO_SHIFT else shifted(packet, shift)
            if wide_at and target.line is not None:
                number = target.line.depart(size + TAG, departs, _ident(plain))
                whole[wide_at : wide_at + 2] = number.to_bytes(2, "big")
            length[0] = size
            if protect(session, place, length):
                dropped += 1
                continue
            try:
                sendto(whole[: length[0]], address)
            except OSError:
                dropped += 1
        passed = len(takers) - dropped - early
        sent.dropped += dropped
        sent.packets += passed
        sent.calls += passed
        sent.octets += passed * size

    def _protect_and_send(self, data: bytes, size: int, target: Target, wide_at: int) -> None:
        if size > MAX_DATAGRAM:
            self.sent.dropped += 1
            return
        self._bytes[:size] = data
        if wide_at and target.line is not None:
            number = target.line.depart(size + TAG, _now_us(), _ident(data))
            self._bytes[wide_at : wide_at + 2] = number.to_bytes(2, "big")
        self._length[0] = size
        if lib.srtp_protect(target.session, self._place, self._length):
            self.sent.dropped += 1
            return
        try:
            self._sendto(self._bytes[: self._length[0]], target.address)
        except OSError:
            self.sent.dropped += 1
            return
        self.sent.packets += 1
        self.sent.calls += 1
        self.sent.octets += size
