"""One viewer's line in C (line.c): what left when, and what its transport-wide feedback makes of that."""

from struct import Struct
from typing import Any

from roadshow.rooms.relay.last_mile.estimate.told import SLOTS, Fate, Probe, Signal, Slot, Told

_SLOT = Struct("=qQd")
_NO_SLOT = -(1 << 63)


class NativeLine:
    """Satisfies ``last_mile.estimate.told.Line``. ``handle`` is what a peer is given; it frees itself."""

    def __init__(self, ffi: Any, lib: Any) -> None:
        handle = lib.fan_line_new()
        if not handle:
            raise MemoryError
        self.handle = ffi.gc(handle, lib.fan_line_free)
        self._ffi, self._lib = ffi, lib

    def depart(self, octets: int, at_us: int, ident: int = 0) -> int:
        return int(self._lib.fan_line_depart(self.handle, octets, at_us, ident))

    def fate(self, ident: int) -> Fate:
        return Fate(self._lib.fan_line_fate(self.handle, ident))

    def mark(self, cluster: int) -> None:
        self._lib.fan_line_mark(self.handle, cluster)

    def acknowledge(self, body: bytes) -> Signal | None:
        signal = self._lib.fan_line_acknowledge(self.handle, body, len(body))
        return None if signal < 0 else Signal(signal)

    @property
    def stirred(self) -> int:
        return int(self._lib.fan_line_stirred(self.handle))

    @property
    def told(self) -> Told:
        told = self._ffi.new("fan_told *")
        self._lib.fan_line_told(self.handle, told)
        slots = sorted(_SLOT.iter_unpack(self._ffi.buffer(told.slots)))
        newest = slots[-1][0]
        return Told(
            departed=told.departed,
            came=told.came,
            lost=told.lost,
            octets=told.octets,
            signal=Signal(told.signal),
            overuses=told.overuses,
            trend=told.trend,
            threshold=told.threshold,
            slots=tuple(Slot(*slot) for slot in slots if slot[0] != _NO_SLOT and slot[0] > newest - SLOTS),
            probe=Probe(
                told.probe_cluster,
                told.probe_departed,
                told.probe_came,
                told.probe_octets,
                told.probe_sent_us,
                told.probe_came_us,
            ),
        )
