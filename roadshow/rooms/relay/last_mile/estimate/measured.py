"""One viewer whose line is measured: what it told of our packets, what that says, what more to try. Pure, but for the
line's handle."""

from roadshow.rooms.relay.last_mile.estimate.probing import Prober
from roadshow.rooms.relay.last_mile.estimate.rate import Rate
from roadshow.rooms.relay.last_mile.estimate.told import Line, Signal, Told
from roadshow.rooms.relay.last_mile.resending import RESENDS_A_SECOND

LOOK_MS = 100
"""While the detector says overuse a line is looked at with each feedback, that is so often; else twice a second."""
CALM_MS = 1_900
"""Nor twice a second where nothing was lost and no queue grows: that spares three quarters of a crowd's cost."""
FULL_MS = 5_000
"""So long after it was over-full what is sent again is bounded, and its losses are put down to that…"""
REPEATED_SHARE, PACKET_BITS, LEAST_REPEATS = 0.2, 9_600, 5
"""…by a fifth of what the line carries. A voice and a picture have the rest."""
SILENT_MS = 3_000
"""Who told nothing for so long is measured no longer."""


class Measured:
    """Times in ms."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.rate = Rate()
        self.prober = Prober()
        self._looked_at: int | None = None
        self._stirred = 0
        self._estimate: int | None = None
        self._full_at: int | None = None
        """When the line was last over-full."""
        self._heard = 0
        """Packets told of, and when there last were more."""
        self._heard_at: int | None = None

    def acknowledge(self, body: bytes, now: int) -> bool:
        """A transport-wide feedback; if it was heard in C already, nothing of it counts again. Whether it cannot wait
        for the next look."""
        signal = self.line.acknowledge(body)
        return signal is Signal.OVERUSE and (self._looked_at is None or now - self._looked_at >= LOOK_MS)

    def full(self, now: int, since: int | None = None) -> bool:
        """Whether the line is, or was lately or after ``since``, over-full."""
        if self._full_at is None:
            return False
        return now - self._full_at <= FULL_MS or (since is not None and self._full_at >= since)

    def repeats(self, now: int, thin: bool = False) -> int:
        """How many packets a second may be sent again: a full line is not repaired by what fills it. ``thin``: it holds
        no more than is sent, full or not."""
        if self._estimate is None or not (thin or self.full(now)):
            return RESENDS_A_SECOND
        return min(RESENDS_A_SECOND, max(LEAST_REPEATS, int(REPEATED_SHARE * self._estimate / PACKET_BITS)))

    @property
    def calm(self) -> bool:
        """Whether it was, at the last look."""
        return self._estimate is not None and not self.rate.congested and not self.prober.waits

    def look(self, now: int) -> int | None:
        """What the line carries, in bits a second; None: it does not tell."""
        stirred = self.line.stirred
        calm = stirred == self._stirred and not self.rate.congested and not self.prober.waits
        if calm and self._looked_at is not None and now - self._looked_at < CALM_MS:
            return self._estimate
        self._looked_at, self._stirred, told = now, stirred, self.line.told
        self._estimate = self._reckon(told, now)
        if self.rate.congested:
            self._full_at = now
        return self._estimate

    def _reckon(self, told: Told, now: int) -> int | None:
        if (heard := told.came + told.lost) != self._heard:
            self._heard, self._heard_at = heard, now
        if self._heard_at is None or now - self._heard_at > SILENT_MS:
            return None
        estimate = self.rate.look(told, now)
        found = self.prober.found(told.probe, now)
        if found is not None and not self.rate.congested:
            self.rate.proved(found)
            estimate = self.rate.estimate
        return None if estimate is None else int(estimate)
