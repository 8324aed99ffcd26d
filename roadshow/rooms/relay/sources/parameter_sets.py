"""The parameter sets of an H264 source, kept for whoever comes later. Pure.

No key frame can be decoded without them, and encoders need not repeat them: some send them once, some write them into
the offer alone (``sprop-parameter-sets``, RFC 6184, section 8.1).
"""

from collections.abc import Iterable

from roadshow.rooms.relay.wire.h264 import PPS, SPS, aggregate, set_id

ROOM = 1100
"""Bytes they may take in one packet, lengths included. Usual are some 40; one with scaling lists has hundreds."""

MOST = 32
"""Kept at a time: encoders have one of each kind, or a few. All of them are looked at for each key frame."""


class ParameterSets:
    def __init__(self, units: Iterable[bytes] = ()) -> None:
        self._units: dict[tuple[int, int], bytes] = {}
        """By kind and number; the one learnt last stands last."""
        self._size = 1
        for unit in units:
            self.learn(unit)

    @property
    def complete(self) -> bool:
        """Whether there is what a decoder needs: one of each kind."""
        return {kind for kind, _ in self._units} == {SPS, PPS}

    def learn(self, unit: bytes) -> None:
        """Keep it, if it is one: in place of the former of its number."""
        kind = unit[0] & 0x1F if unit else 0
        if kind not in (SPS, PPS) or len(unit) > ROOM or (number := set_id(unit)) is None:
            return
        former = self._units.pop((kind, number), None)
        self._size += 2 + len(unit) - (0 if former is None else 2 + len(former))
        self._units[kind, number] = unit
        while self._size > ROOM or len(self._units) > MOST:
            oldest = next(iter(self._units))
            self._size -= 2 + len(self._units.pop(oldest))

    def payload(self) -> bytes:
        """All of them as one payload; sequence parameter sets first, as the others name them. Only if ``complete``."""
        return aggregate([unit for _, unit in sorted(self._units.items(), key=lambda item: item[0][0])])
