"""The native reader as Python objects: one for the socket, one for each peer."""

import errno
import secrets
import socket
import sys
from collections.abc import Callable
from struct import Struct
from typing import Protocol

import msgspec

from roadshow.rooms.relay.egress.native import load
from roadshow.rooms.relay.egress.native.line import NativeLine
from roadshow.rooms.relay.transport.arrival import Arrival
from roadshow.rooms.relay.transport.transactions import MAX_TRANSACTIONS, REMEMBERED_MS
from roadshow.rooms.relay.wire.datagrams import MAX_DATAGRAM, Address, packed
from roadshow.rooms.relay.wire.feedback import SAME_MS, Estimate, Feedback, Report
from roadshow.rooms.relay.wire.rtcp import ReportBlock

MAX_KNOWN = 4096
"""Addresses whose form in Python is kept ready: a few publishers', whose media come by here, and passers-by."""
_HANDED = Struct("=QqqIHBB28s16sI")
_REPORT = Struct("=qIIiIIIII")
_ESTIMATE = Struct("=qQ")
_V4 = Struct("!2xH4s")
_V6 = Struct("!2xHI16s")
_NOTHING_THERE = (errno.EAGAIN, errno.EWOULDBLOCK)


class Limits(msgspec.Struct, frozen=True):
    """Of one peer in a second, and at all: see ``peer.py``."""

    checks: int
    feedback: int
    streams: int


class Life(msgspec.Struct, frozen=True, gc=False):
    """What C dealt with since the last time, as far as ``Way`` must hear of it. Times in ms; 0: nothing came."""

    heard_at: int
    checked_at: int
    octets: int
    named: bool
    rejected: int


class NativeReader:
    """Raises ``native.NoNative`` where it was not compiled."""

    def __init__(self, limits: Limits) -> None:
        self.ffi, self.lib = load()
        made = self.ffi.new("read_limits *")
        made.checks, made.feedback, made.streams = limits.checks, limits.feedback, limits.streams
        made.transactions, made.remembered_ms, made.same_ms = MAX_TRANSACTIONS, REMEMBERED_MS, SAME_MS
        handle = self.lib.reader_new(made, secrets.randbits(64))
        if not handle:
            raise MemoryError
        self.handle = self.ffi.gc(handle, self.lib.reader_free)
        self.life = self.ffi.new("read_life *")
        self.plain = self.ffi.new("uint8_t[]", MAX_DATAGRAM)
        self._tags = 0

    def peer(self) -> "NativePeer":
        self._tags += 1
        return NativePeer(self, self._tags)


class NativePeer:
    """C's part of one peer. It is nowhere until ``at`` says where."""

    def __init__(self, reader: NativeReader, tag: int) -> None:
        self.tag = tag
        self._reader = reader  # which its handle needs
        self._ffi, self._lib = reader.ffi, reader.lib
        handle = self._lib.read_peer_new(reader.handle, tag)
        if not handle:
            raise MemoryError
        self._handle = self._ffi.gc(handle, self._lib.read_peer_free)
        self._news = self._lib.read_peer_news(handle)
        self._line: NativeLine | None = None
        self._address: Address | None = None
        self._name: tuple[str, str] | None = None
        self.controls = False
        """Whether its SRTCP is decrypted here, all of it: two who remember what came would each let a repetition in."""

    def at(self, address: Address | None) -> None:
        """From now on what comes from there is looked at in C. None: from nowhere."""
        if address == self._address:
            return
        self._address = address
        if self._lib.read_peer_at(self._handle, *(b"", 0, 0, 0) if address is None else _place(address)):
            raise ValueError(address)

    def keys(self, key: bytes, salt: bytes) -> None:
        """Session key (16 bytes) and salt (12) of the SRTCP that comes."""
        if len(key) != 16 or len(salt) != 12 or self._lib.read_peer_keys(self._handle, key, salt):
            raise MemoryError
        self.controls = True

    def named(self, name: tuple[str, str] | None) -> None:
        """Checks under this ufrag and password are answered in C; None: none is."""
        if name == self._name:
            return
        self._name = name
        ufrag, password = (part.encode() for part in name or ("", ""))
        self._lib.read_peer_name(self._handle, ufrag, len(ufrag), password, len(password))

    def admit(self, transaction: bytes, address: Address, now: int) -> bool:
        """As ``Transactions.admit``, for checks that came by Python: one memory has all."""
        return bool(self._lib.read_peer_admit(self._handle, transaction, *_place(address), now))

    def control(self, data: bytes, now: int) -> bytes | None:
        """An SRTCP datagram that came by Python. None: it is not authentic; empty: it was news and is counted; else it
        calls for an act."""
        if len(data) > MAX_DATAGRAM:
            return None
        size = self._lib.read_peer_control(self._handle, data, len(data), now, self._reader.plain)
        return None if size < 0 else self._ffi.buffer(self._reader.plain, size)[:]

    def measure(self, line: NativeLine) -> None:
        """Its transport-wide feedback is for this line. It comes to Python, too, while it tells of overuse."""
        self._line = line  # which C has from now on
        self._lib.read_peer_line(self._handle, line.handle)

    def rest(self) -> bool:
        """From now on it is said when it stirs, once: when a report tells of loss, or its line stirs. False: its line
        is not measured here."""
        return not self._lib.read_peer_rest(self._handle)

    def stirs(self) -> bool:
        """After ``control``: whether it rested and what came stirs it."""
        return bool(self._lib.read_peer_stirs(self._handle))

    def life(self) -> Life | None:
        """None: nothing came."""
        made = self._reader.life
        if not self._lib.read_peer_life(self._handle, made):
            return None
        return Life(made.heard_at, made.checked_at, made.octets, bool(made.named), made.rejected)

    def news(self, told: Feedback) -> None:
        """Put what it told since the last time there."""
        news, buffer = self._news, self._ffi.buffer
        if not (news.reports or news.estimates):
            return
        for at, ssrc, fraction, lost, highest, jitter, last, delay, _ in _REPORT.iter_unpack(
            buffer(news.report, news.reports * _REPORT.size)
        ):
            told.reports[ssrc] = Report(ReportBlock(ssrc, fraction, lost, highest, jitter, last, delay), at)
        for at, bits in _ESTIMATE.iter_unpack(buffer(news.estimate, news.estimates * _ESTIMATE.size)):
            told.estimates.append(Estimate(bits, at))
        self._lib.read_news_clear(news)


class Desk(Protocol):
    """Who deals with what is not C's. Nothing may raise or wait."""

    def received(self, data: bytes, address: Address) -> None: ...
    def acts(self, tag: int, plain: bytes, now: int) -> None:
        """A peer's RTCP in which there is more than news; empty: it rested, and its news stirs it."""
        ...

    def tell(self, refused: int, dropped: int) -> None:
        """So many checks were refused, so many answers did the kernel not take."""
        ...


class NativeIntake:
    """Satisfies ``udp.Intake``. ``arrival`` is told of each datagram before it is handed on."""

    def __init__(
        self,
        reader: NativeReader,
        sock: socket.socket,
        desk: Desk,
        arrival: Arrival,
        now: Callable[[], int],
    ) -> None:
        self._reader = reader
        self._ffi, self._lib = reader.ffi, reader.lib
        self._socket = sock
        self._desk = desk
        self._arrival = arrival
        self._now = now
        self._turn = self._ffi.new("read_turn *")
        count = self._lib.READ_BATCH
        self._bytes = memoryview(self._ffi.buffer(self._lib.reader_bytes(reader.handle), count * (MAX_DATAGRAM + 1)))
        self._handed = memoryview(self._ffi.buffer(self._lib.reader_handed(reader.handle), count * _HANDED.size))
        self._known: dict[bytes, Address] = {}
        self._lib.reader_open(reader.handle, sock.fileno())

    def take(self) -> int:
        now = self._now()
        error = self._lib.reader_turn(self._reader.handle, self._socket.fileno(), now, self._turn)
        if error:
            return 0 if error in _NOTHING_THERE else 1
        self._hand_on(now)
        return int(self._turn.taken)

    def offer(self, data: bytes, address: Address) -> None:
        """Deal with one datagram as if it had been read."""
        host, size, port, scope = _place(address)
        family = socket.AF_INET if size == 4 else socket.AF_INET6
        name = family.to_bytes(2, sys.byteorder) + port.to_bytes(2, "big")
        name += host + bytes(8) if size == 4 else bytes(4) + host + scope.to_bytes(4, sys.byteorder)
        now = self._now()
        self._lib.reader_offer(
            self._reader.handle, self._socket.fileno(), data, len(data), name, len(name), now, self._turn
        )
        self._hand_on(now)

    def _hand_on(self, now: int) -> None:
        turn = self._turn
        if turn.refused or turn.dropped:
            self._desk.tell(turn.refused, turn.dropped)
        if not turn.handed:
            return
        octets, known, desk, arrival = self._bytes, self._known, self._desk, self._arrival
        handed = self._handed[: turn.handed * _HANDED.size]
        for tag, _, stamp_ns, offset, size, kind, to_size, name, to, _ in _HANDED.iter_unpack(handed):
            data = bytes(octets[offset : offset + size])
            if kind:
                desk.acts(tag, data, now)
                continue
            arrival.stamp_ns, arrival.local = stamp_ns, to[:to_size]
            desk.received(data, known.get(name) or self._address(name))

    def _address(self, name: bytes) -> Address:
        """A sockaddr as Python's sockets give it."""
        address: Address
        if int.from_bytes(name[:2], sys.byteorder) == socket.AF_INET:
            port, host = _V4.unpack_from(name)
            address = (socket.inet_ntop(socket.AF_INET, host), port)
        else:
            port, flow, host = _V6.unpack_from(name)
            scope = int.from_bytes(name[24:28], sys.byteorder)
            text = socket.inet_ntop(socket.AF_INET6, host)
            address = (text, port, flow, scope)
        if len(self._known) >= MAX_KNOWN:
            self._known.clear()
        self._known[name] = address
        return address


def _place(address: Address) -> tuple[bytes, int, int, int]:
    host = packed(str(address[0]))
    return host, len(host), int(address[1]), int(address[3]) if len(address) == 4 else 0
