"""The native fan-out as Python objects: peers with keys and legs, crowds, one call for a burst."""

import logging
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import msgspec

from roadshow.rooms.relay.egress.native import load
from roadshow.rooms.relay.egress.native.line import NativeLine
from roadshow.rooms.relay.egress.outgoing import Outgoing, Shift
from roadshow.rooms.relay.wire.datagrams import packed

MAX_BURST = 64
"""Packets in one call."""
MIN_SLICE = 64
"""Fewer viewers than this are not worth another thread's wake-up."""

logger = logging.getLogger(__name__)


class Sent(msgspec.Struct):
    """What came of it, added up. ``calls`` are system calls; ``cpu_s`` that of other threads, in seconds."""

    packets: int = 0
    octets: int = 0
    dropped: int = 0
    calls: int = 0
    cpu_s: float = 0.0


class Fan:
    """Peers and crowds are cffi handles that free themselves. Raises ``native.NoNative`` where it was not compiled."""

    def __init__(self, workers: int = 0) -> None:
        self._ffi, self._lib = load()
        self.lanes: int = self._lib.fan_lanes()
        self.gso = True
        """Until the kernel says that it cannot cut bursts."""
        self._packets = self._ffi.new("fan_packet[]", MAX_BURST)
        self._results = self._ffi.new("fan_result[]", workers + 1)
        self._workers = workers
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="fan-out") if workers else None

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown()

    def peer(self, key: bytes, salt: bytes) -> Any:
        """A viewer with the session key (16 bytes) and salt (12) of its SRTP."""
        if len(key) != 16 or len(salt) != 12:
            raise ValueError("AEAD_AES_128_GCM has a key of 16 bytes and a salt of 12")
        peer = self._lib.fan_peer_new(key, salt)
        if not peer:
            raise MemoryError
        return self._ffi.gc(peer, self._lib.fan_peer_free)

    def line(self, peer: Any) -> "NativeLine":
        """From now on what has a place for a transport-wide number gets one, and the line knows when it left. Whoever
        has the peer keeps the line, too."""
        line = NativeLine(self._ffi, self._lib)
        self._lib.fan_peer_line(peer, line.handle)
        return line

    def crowd(self) -> Any:
        crowd = self._lib.fan_crowd_new()
        if not crowd:
            raise MemoryError
        return self._ffi.gc(crowd, self._lib.fan_crowd_free)

    def address(self, peer: Any, address: tuple[Any, ...]) -> None:
        """Where it is: as the socket gives it, (host, port) or (host, port, flow, scope)."""
        flow, scope = (int(address[2]), int(address[3])) if len(address) == 4 else (0, 0)
        host = packed(str(address[0]))
        self._lib.fan_peer_address(peer, host, len(host), int(address[1]), flow, scope)

    def source(self, peer: Any, host: bytes) -> None:
        """From which of our addresses it is sent: 4 or 16 bytes; empty: as the kernel chooses."""
        if self._lib.fan_peer_source(peer, host, len(host)):
            raise ValueError(host)

    def take(self, peer: Any, lane: int, stream: int, shift: Shift, roc: int) -> None:
        """From now on it gets this stream on this lane; stream 0: none."""
        self._lib.fan_peer_take(
            peer,
            lane,
            stream,
            shift.number,
            roc,
            shift.timestamp & 0xFFFFFFFF,
            shift.picture & 0x7FFF,
            shift.tl0 & 0xFF,
            shift.first,
        )

    def add(self, crowd: Any, peer: Any) -> None:
        if self._lib.fan_crowd_add(crowd, peer):
            raise MemoryError

    def remove(self, peer: Any) -> None:
        self._lib.fan_crowd_remove(peer)

    def size(self, crowd: Any) -> int:
        return int(self._lib.fan_crowd_size(crowd))

    def send_one(self, peer: Any, data: bytes, header: int, roc: int, wide_at: int, socket: int, sent: Sent) -> None:
        result = self._clear(1)
        roc &= 0xFFFFFFFF
        self._lib.fan_send_one(peer, data, len(data), header, roc, wide_at, socket, result)
        self._count(1, sent)

    def send(self, crowd: Any, packets: Sequence[Outgoing], socket: int, sent: Sent) -> None:
        """Each member gets what it takes of these packets."""
        for start in range(0, len(packets), MAX_BURST):
            self._send(crowd, packets[start : start + MAX_BURST], socket, sent)

    def send_to(self, peer: Any, packets: Sequence[Outgoing], socket: int, sent: Sent) -> None:
        """One peer gets what it takes of these packets."""
        for start in range(0, len(packets), MAX_BURST):
            part = packets[start : start + MAX_BURST]
            held = self._fill(part)
            result = self._clear(1)
            self._lib.fan_send_to(peer, self._packets, len(part), socket, int(self.gso), result)
            del held
            self._count(1, sent)

    def _send(self, crowd: Any, packets: Sequence[Outgoing], socket: int, sent: Sent) -> None:
        held = self._fill(packets)
        members = self.size(crowd)
        parts = min(self._workers + 1, max(1, members // MIN_SLICE))
        results = self._clear(parts)
        share = -(-members // parts)
        burst = (self._packets, len(packets), socket, int(self.gso))
        futures: list[Future[None]] = []
        for part in range(1, parts):
            if self._pool is not None:
                work = (crowd, part * share, (part + 1) * share, *burst, results + part)
                futures.append(self._pool.submit(self._lib.fan_send, *work))
        self._lib.fan_send(crowd, 0, share, *burst, results)
        for future in futures:
            future.result()
        del held
        self._count(parts, sent)

    def _fill(self, packets: Sequence[Outgoing]) -> list[Any]:
        """Describe the packets to C. What is given back must live until the call is over."""
        held = []
        for place, packet in zip(self._packets, packets, strict=False):
            data = self._ffi.from_buffer(packet.data)
            held.append(data)
            place.data = data
            place.size = len(packet.data)
            place.header = packet.header
            place.picture_at = packet.picture_at
            place.tl0_at = packet.tl0_at
            place.wide_at = packet.wide_at
            place.lane = packet.lane
            place.stream = packet.stream
            place.number = packet.number
        return held

    def _clear(self, parts: int) -> Any:
        size = self._ffi.sizeof("fan_result") * parts
        self._ffi.memmove(self._results, bytes(size), size)
        return self._results

    def _count(self, parts: int, sent: Sent) -> None:
        for part in range(parts):
            result = self._results[part]
            sent.packets += result.packets
            sent.octets += result.octets
            sent.dropped += result.dropped + result.refused
            sent.calls += result.calls
            if part:
                sent.cpu_s += result.cpu_ns / 1e9
            if result.gso_failed and self.gso:
                self.gso = False
                logger.warning("This machine's network cannot cut bursts (UDP GSO): packets go out one by one.")
