"""How many bits a second a viewer's line carries, by what its feedback told. Pure.

GCC's rate control (draft-ietf-rmcat-gcc-02, sections 5.5 and 6, as libwebrtc has it): up by 8 % a second, or in small
steps near what was found to be the limit, never beyond 1.5 times what comes; down to 0.85 of what comes.

Its overuse detector alone would often be wrong: a route that becomes 100 ms longer looks to it like a queue for a
second, and so does jitter now and then. Senders of one stream bear that, for a few per cent of rate are soon made good.
Here a step down is another, smaller picture. So overuse counts when it is *confirmed*: the delay's floor rises on and
on, as under a growing queue, or packets are lost while it is high, as by a full one. A step of delay is over when it
has come; jitter leaves the floor where it was.
"""

from collections.abc import Sequence
from math import sqrt

from roadshow.rooms.relay.last_mile.estimate.told import SLOT_BITS, Signal, Slot, Told

SLOT_S = (1 << SLOT_BITS) / 1e6
RATE_SLOTS = 8
"""What comes is reckoned over half a second: some eight frames."""
FLOOR_SLOTS = 5
"""The floor is the least delay of a third of a second: five frames, of which one is little held up by any jitter."""
RISES_MS = 12.0
"""From one third to the next; twice. A line that is too narrow by a twentieth does so."""
HIGH_MS = 40.0
"""So far above its usual floor delay is high."""
USUAL_MS = 10_000
"""The usual floor is the least of so long: after a step of delay the new one is usual by then."""
LOST, LOST_PACKETS = 0.08, 20
"""So many of those that were told of, and at least so many told of."""
MUCH = 0.1
"""With more loss the estimate does not rise (GCC's loss-based control, section 6). Whether it is a full line's or stray
``quality.py`` judges by the receiver's reports, as for everybody."""
WINDOW_MS = 800
"""Loss is looked at over so long."""
HEAVY, HEAVY_PACKETS, HEAVY_MS = 0.3, 80, 1600
"""No stray loss is so heavy for so long, whatever the delay: a line that was full from the start has no lower floor."""
SETTLE_MS = 1_000
"""After a change: until the new picture's key frame has come the former goes on, and overflows a queue whose length and
a round trip pass before that is told. Half of what is told of then may be lost, which no smaller picture would lose."""
BACKOFF = 0.85
RISE, STEP_BITS = 1.08, 20_000
"""In a second: multiplicative; additive near the known limit, about a packet for each two round trips."""
AHEAD, AHEAD_BITS = 1.5, 10_000
"""Nothing is known of more than so many times what comes."""
NEAR = 3.0
"""Standard deviations of the limit within which it counts as known."""
MOST_MS = 2_500
"""Between two looks no more counts."""
FEW = 8
"""Slots until there is an estimate."""


class Limit:
    """What the line carried when it was full: mean and spread (libwebrtc's LinkCapacityEstimator)."""

    def __init__(self) -> None:
        self._mean: float | None = None
        self._variance = 0.4

    @property
    def known(self) -> bool:
        return self._mean is not None

    def found(self, rate: float) -> None:
        kilobits = rate / 1000
        if self._mean is None:
            self._mean = kilobits
            return
        error = self._mean - kilobits
        self._mean = 0.95 * self._mean + 0.05 * kilobits
        self._variance = min(max(0.95 * self._variance + 0.05 * error * error / max(self._mean, 1.0), 0.4), 2.5)

    def beyond(self, rate: float) -> bool:
        """Whether so much is more than it ever was: then it is known no longer."""
        return self._mean is not None and rate / 1000 > self._mean + self._spread

    def below(self, rate: float) -> bool:
        return self._mean is not None and rate / 1000 < self._mean - self._spread

    def forget(self) -> None:
        self._mean = None

    @property
    def _spread(self) -> float:
        return NEAR * sqrt(self._variance * (self._mean or 0.0))


class Rate:
    """Told a few times a second how the line stands. Times in ms, rates in bits a second."""

    def __init__(self) -> None:
        self.estimate: float | None = None
        """None: too little came to say."""
        self.comes = 0.0
        """What came lately."""
        self.congested = False
        """Whether the line is over-full, by the last look."""
        self._limit = Limit()
        self._at: int | None = None
        self._overuses = 0
        self._suspect_until = 0
        self._floors: list[tuple[int, float]] = []
        self._counts: list[tuple[int, int, int]] = []
        self._settles_at = 0

    def look(self, told: Told, now: int) -> float | None:
        """How it stands now: the estimate."""
        if not told.slots or told.slots[-1].number - told.slots[0].number < FEW:
            return self.estimate
        if self._counts and self._counts[-1][1:] == (told.came, told.lost):
            self.congested = False  # nothing more was told of, so nothing is known
            return self.estimate
        if now < self._settles_at:
            self._counts.clear()
        self.comes = rate_of(told.slots)
        loss = self._loss(told, now, WINDOW_MS, LOST_PACKETS)
        heavy = self._loss(told, now, HEAVY_MS, HEAVY_PACKETS) > HEAVY
        self._counts = [count for count in self._counts if now - count[0] <= HEAVY_MS] + [(now, told.came, told.lost)]
        if told.overuses > self._overuses or told.signal is Signal.OVERUSE:
            self._suspect_until = now + WINDOW_MS
        self._overuses = told.overuses
        self.congested = heavy or self._confirmed(told.slots, loss, now)
        since = 0 if self._at is None else min(now - self._at, MOST_MS)
        self._at = now
        if self.estimate is None:
            self.estimate = self.comes
        elif self.congested:
            self._back_off()
        elif told.signal is Signal.NORMAL and loss <= MUCH:
            self._rise(since / 1000)
        return self.estimate

    def changed(self, now: int) -> None:
        """From now on something else is sent: what was lost before says nothing of that, and is told of for a while."""
        self._settles_at = now + SETTLE_MS

    def proved(self, rate: float) -> None:
        """A probe came through at this rate."""
        self.estimate = max(self.estimate or 0.0, rate)
        if self._limit.beyond(rate):
            self._limit.forget()

    def _confirmed(self, slots: Sequence[Slot], loss: float, now: int) -> bool:
        floors = floors_of(slots)
        if not floors:
            return False
        self._floors = [(at, floor) for at, floor in self._floors if now - at <= USUAL_MS] + [(now, floors[-1])]
        if now >= self._suspect_until and loss <= LOST:
            return False
        high = floors[-1] - min(floor for _, floor in self._floors) > HIGH_MS
        rises = len(floors) == 3 and min(floors[1] - floors[0], floors[2] - floors[1]) > RISES_MS
        return rises or (high and loss > LOST)

    def _loss(self, told: Told, now: int, within_ms: int, packets: int) -> float:
        """The share that was lost of late, if that is long enough and of enough packets."""
        since = next((count for count in self._counts if within_ms / 2 <= now - count[0] <= within_ms), None)
        if since is None:
            return 0.0
        came, lost = told.came - since[1], told.lost - since[2]
        return max(0.0, lost / (came + lost)) if came + lost >= packets else 0.0

    def _back_off(self) -> None:
        if self._limit.below(self.comes):
            self._limit.forget()
        self._limit.found(self.comes)
        self.estimate = min(self.estimate or 0.0, BACKOFF * self.comes)

    def _rise(self, seconds: float) -> None:
        estimate = self.estimate or 0.0
        if self._limit.beyond(self.comes):
            self._limit.forget()
        risen = estimate + STEP_BITS * seconds if self._limit.known else estimate * RISE**seconds
        self.estimate = max(estimate, min(risen, AHEAD * self.comes + AHEAD_BITS))


def rate_of(slots: Sequence[Slot]) -> float:
    """Of the last whole slots, those in which nothing came included."""
    newest = slots[-1].number
    return sum(slot.octets for slot in slots if 0 < newest - slot.number <= RATE_SLOTS) * 8 / (RATE_SLOTS * SLOT_S)


def floors_of(slots: Sequence[Slot]) -> list[float]:
    """The least delay of each of the last three thirds of a second, oldest first; of those in which anything came."""
    newest = slots[-1].number
    parts: list[list[float]] = [[], [], []]
    for slot in slots:
        part = (newest - slot.number) // FLOOR_SLOTS
        if part < 3:
            parts[2 - part].append(slot.delay_ms)
    return [min(part) for part in parts if part]
