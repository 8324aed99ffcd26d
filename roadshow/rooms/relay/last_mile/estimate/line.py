"""One viewer's line in Python: what left when, and what its transport-wide feedback makes of that. Pure.

``egress/native/line.c`` is the same in C, for crowds; one suite holds both to it (``tests/relay/test_line.py``).
"""

import msgspec

from roadshow.rooms.relay.last_mile.estimate.told import RING, SLOT_BITS, SLOTS, Fate, Probe, Signal, Slot, Told
from roadshow.rooms.relay.last_mile.estimate.trend import GAP_US, Trend
from roadshow.rooms.relay.wire.rtp import unwrap
from roadshow.rooms.relay.wire.transport_wide import TICK_US, Malformed, read

_TICKS = 1 << 32


class Departed:
    """A packet on its way."""

    __slots__ = ("at", "cluster", "fate", "ident", "number", "octets")

    def __init__(self, number: int, octets: int, at: int, cluster: int, ident: int) -> None:
        self.number = number
        self.octets = octets
        self.at = at
        self.cluster = cluster
        self.ident = ident
        self.fate = Fate.ON_ITS_WAY


class PythonLine:
    """Satisfies ``Line``."""

    def __init__(self) -> None:
        self._ring: list[Departed | None] = [None] * RING
        self._next = 0
        self._came = self._lost = self._octets = 0
        self._tick: int | None = None
        """The newest arrival told of, without wraps."""
        self._trend = Trend()
        self._slots: list[Slot | None] = [None] * SLOTS
        self._probe = Probe()
        self._probe_began = (0, 0)
        self._marked = 0

    def depart(self, octets: int, at_us: int, ident: int = 0) -> int:
        number, self._next = self._next, self._next + 1
        self._ring[number % RING] = Departed(number, octets, at_us, self._marked, ident)
        if self._marked:
            self._probe = msgspec.structs.replace(self._probe, departed=self._probe.departed + 1)
        return number & 0xFFFF

    def fate(self, ident: int) -> Fate:
        for number in range(self._next - 1, max(self._next - RING, 0) - 1, -1):
            packet = self._ring[number % RING]
            if packet is not None and packet.ident == ident:
                return packet.fate
        return Fate.UNKNOWN

    def mark(self, cluster: int) -> None:
        self._marked = cluster
        if cluster:
            self._probe = Probe(cluster)

    def acknowledge(self, body: bytes) -> Signal | None:
        try:
            feedback = read(body)
        except Malformed:
            return None
        first = self._next - ((self._next - feedback.base) & 0xFFFF)
        for number, arrival in enumerate(feedback.arrivals, first):
            packet = self._ring[number % RING]
            if packet is None or packet.number != number or packet.fate is Fate.CAME:
                continue
            if arrival is None:
                self._lost += packet.fate is not Fate.LOST
                packet.fate = Fate.LOST
                continue
            self._lost -= packet.fate is Fate.LOST
            packet.fate = Fate.CAME
            self._arrived(packet, arrival)
        return self._trend.signal

    @property
    def stirred(self) -> int:
        trend = self._trend
        return self._lost + (trend.overuses << 33) + ((trend.signal is Signal.OVERUSE) << 32)

    @property
    def told(self) -> Told:
        trend = self._trend
        slots = sorted((slot for slot in self._slots if slot is not None), key=lambda slot: slot.number)
        newest = slots[-1].number if slots else 0
        return Told(
            departed=self._next,
            came=self._came,
            lost=self._lost,
            octets=self._octets,
            signal=trend.signal,
            overuses=trend.overuses,
            trend=trend.trend,
            threshold=trend.threshold,
            slots=tuple(slot for slot in slots if slot.number > newest - SLOTS),
            probe=self._probe,
        )

    def _arrived(self, packet: Departed, arrival: int) -> None:
        tick = arrival if self._tick is None else unwrap(self._tick, arrival, _TICKS)
        if self._tick is not None and abs(tick - self._tick) > GAP_US // TICK_US:
            tick = arrival
        self._tick = tick
        came = tick * TICK_US
        self._came += 1
        self._octets += packet.octets
        self._trend.packet(packet.at, came)
        self._count(came >> SLOT_BITS, packet.octets, (came - packet.at) / 1000)
        if packet.cluster:
            self._probed(packet, came)

    def _count(self, number: int, octets: int, delay: float) -> None:
        slot = self._slots[number % SLOTS]
        if slot is None or slot.number != number:
            self._slots[number % SLOTS] = Slot(number, octets, delay)
        else:
            self._slots[number % SLOTS] = Slot(number, slot.octets + octets, min(slot.delay_ms, delay))

    def _probed(self, packet: Departed, came: int) -> None:
        probe = self._probe
        if probe.cluster != packet.cluster:
            return
        if not probe.came:
            self._probe, self._probe_began = msgspec.structs.replace(probe, came=1), (packet.at, came)
            return
        sent, began = self._probe_began
        self._probe = Probe(
            probe.cluster,
            probe.departed,
            probe.came + 1,
            probe.octets + packet.octets,
            max(probe.sent_us, packet.at - sent),
            max(probe.came_us, came - began),
        )
