"""Asking a publisher again for what got lost (RFC 4585, section 6.2.1). Pure.

What is lost on the way in is lost for every viewer, and their decoders stand still until it comes: so requests are
repeated about once in a round trip, which is measured on the packets that come again. A packet that never comes is
given up, which costs a key frame. On a line that is full repeats are lost as well, and take the place of what is new:
so all that one connection is asked for again stays below a share of what comes.
"""

FIRST_WAIT_MS = 10
"""A packet that is only out of order gets this long to arrive…"""
LATE_PACKETS = 3
"""…or until so many later ones came (the duplicate threshold of RFC 5681, section 3.2)."""
ROUND_TRIP_MS = 60
"""Taken for granted until the first packet came again."""
MIN_RETRY_MS, MAX_RETRY_MS = 20, 500
"""Bounds of the wait between two requests: a sender's pacing and our timers; an interactive connection's worst trip."""
STEADY_TRIES = 2
"""After so many requests in vain the wait doubles (RFC 6298, section 5.5): the line is full, or slower than thought."""
MAX_TRIES = 6
"""Where each way loses 5 %, a request and its repeat come through nine times in ten. Three tries would give up one of a
thousand lost packets, which is a key frame for everybody every two minutes; six, one in a day."""
GIVE_UP_MS = 1500
"""What comes later than that is no use: a key frame is quicker."""
SOUND_GIVE_UP_MS = 250
"""Sound that comes later is played by nobody: libwebrtc's jitter buffer waits 20 ms for each per cent that is late, and
of sound nothing hangs on what came before."""
SHARE = 0.25
"""Packets that may be asked for again, of those that come. Where 10 % are lost each way that takes an eighth."""
DEPTH = 64
"""So many may be asked for at once: a second's share of a picture of 2 Mbit/s; more than a radio link loses on end."""
RECENT, FULL, FULL_MS = 64, 22, 250
"""Where so many of the last packets are missing, and some of the last quarter of a second (four frames at 15 a second),
the line is full. Of 10 % that are lost singly it is never so many; a radio link that loses more on end goes on then."""
HELD_MS = 20
"""What there is no share for is looked at again after so long."""
MAX_MISSING = 256
"""Of a larger hole nothing is asked again: a key frame costs less."""


_ALL_RECENT = (1 << RECENT) - 1


class _Missing:
    __slots__ = ("asked", "due", "first_asked", "lost", "since", "tries")

    def __init__(self, now: int) -> None:
        self.since = now
        self.due = now + FIRST_WAIT_MS
        self.asked = self.first_asked = 0
        """When it was asked for last, and first."""
        self.tries = 0
        self.lost = False
        """Whether it counts as lost: it was due."""


class Share:
    """What may be asked for again on one connection. Lower layers of a picture may take what higher ones may not: those
    are given up first, and what is small goes on."""

    def __init__(self) -> None:
        self._level = float(DEPTH)
        self._gone = 0
        """Of the last packets, newest lowest: a bit for each that is missing."""
        self._gone_at = 0
        self.lost = 0
        """Packets that were missing for longer than mere disorder lasts, each once."""

    def came(self) -> None:
        """A packet, of whatever stream."""
        self._level = min(DEPTH, self._level + SHARE)
        if self._gone:
            self._gone = self._gone << 1 & _ALL_RECENT

    def gone(self, packets: int, now: int) -> None:
        """So many more did not come."""
        self._gone_at = now
        packets = min(packets, RECENT)
        self._gone = (self._gone << packets | (1 << packets) - 1) & _ALL_RECENT

    def full(self, now: int) -> bool:
        """Whether the line is, so that repeats would only take the place of what is new."""
        return now - self._gone_at < FULL_MS and self._gone.bit_count() >= FULL

    def free(self, rank: int, layers: int) -> int:
        """Packets that the layer of this rank, 0 being the lowest, may be asked for."""
        return max(0, int(self._level - DEPTH * rank / layers))

    def take(self, packets: int) -> None:
        self._level -= packets


class NackGenerator:
    """Follows the packet numbers (unwrapped) of one source and says which to ask for again. Times in ms."""

    def __init__(self, give_up_ms: int = GIVE_UP_MS) -> None:
        self._missing: dict[int, _Missing] = {}
        self._give_up_ms = give_up_ms
        self._fresh: dict[int, None] = {}
        """The missing that were not asked for yet, in order."""
        self._trip: float | None = None
        self._variation = 0.0
        self.next_at = 0
        """Before this moment nothing is due."""
        self.lost = 0
        """Packets that were due, each once."""
        self.requested = 0
        self.recovered = 0
        """Packets that came after they were asked for."""
        self.abandoned = 0
        self.given_up: int | None = None
        """The newest of those that ``due`` gave up when it was last called."""

    @property
    def idle(self) -> bool:
        return not self._missing

    @property
    def missing(self) -> int:
        """How many are."""
        return len(self._missing)

    @property
    def round_trip_ms(self) -> float | None:
        """From a request to the packet, smoothed; None before the first."""
        return self._trip

    @property
    def retry_ms(self) -> int:
        """The wait until the next request (RFC 6298, section 2)."""
        trip = ROUND_TRIP_MS if self._trip is None else self._trip + max(4 * self._variation, 5)
        return min(MAX_RETRY_MS, max(MIN_RETRY_MS, round(trip)))

    def gap(self, first: int, beyond: int, now: int) -> bool:
        """Numbers ``first`` up to, not including, ``beyond`` did not come. False: too many, nothing will be asked."""
        if beyond - first + len(self._missing) > MAX_MISSING:
            self.clear()
            return False
        due = now + FIRST_WAIT_MS
        self.next_at = min(self.next_at, due) if self._missing else due
        for number in range(first, beyond):
            self._missing[number] = _Missing(now)
            self._fresh[number] = None
        return True

    def passed(self, newest: int, now: int) -> None:
        """The highest number is now this one: what it left far behind is not late but lost."""
        for number in self._fresh:
            if newest - number < LATE_PACKETS:
                break
            self._missing[number].due = self.next_at = now

    def certain(self, now: int) -> None:
        """All that is missing is lost, and not merely late."""
        for number in self._fresh:
            self._missing[number].due = self.next_at = now

    def arrived(self, number: int, now: int) -> None:
        """A number below the newest came after all."""
        missing = self._missing.pop(number, None)
        if missing is None:
            return
        self._fresh.pop(number, None)
        if not missing.tries:
            return
        self.recovered += 1
        # Of a packet asked for more than once nobody knows which request it answers (Karn); but if it comes sooner
        # after the last than anything can, it was an earlier one, and the wait was too short.
        if missing.tries == 1 or self._trip is None or 2 * (now - missing.asked) < self._trip:
            self._measured(now - missing.first_asked)

    def clear(self) -> None:
        self._missing.clear()
        self._fresh.clear()

    def forget(self, before: int) -> None:
        """What is missing of the numbers before this one is of no use any more."""
        for number in [number for number in self._missing if number < before]:
            self._drop(number)

    def due(self, now: int, most: int = MAX_MISSING, first: int = 0) -> list[int]:
        """The numbers to ask for now, in order, so many at most; each counts as asked. What is from ``first`` on comes
        before what is older. ``abandoned`` grows by those given up."""
        self.given_up = None
        if now < self.next_at:
            return []
        asked: list[int] = []
        retry = self.retry_ms
        for number, missing in sorted(self._missing.items(), key=lambda each: each[0] < first):
            if missing.due > now:
                continue
            self._count(missing)
            if missing.tries >= MAX_TRIES or now - missing.since >= self._give_up_ms:
                self._drop(number)
                self.abandoned += 1
                self.given_up = max(number, self.given_up or 0)
                continue
            if len(asked) >= most:
                missing.due = now + HELD_MS
                continue
            missing.tries += 1
            missing.asked = now
            missing.first_asked = missing.first_asked or now
            missing.due = now + (retry << max(0, missing.tries - STEADY_TRIES))
            self._fresh.pop(number, None)
            asked.append(number)
        self.next_at = min((missing.due for missing in self._missing.values()), default=0)
        self.requested += len(asked)
        return sorted(asked)

    def spare(self, now: int) -> int:
        """Ask for nothing now. How many are too old to be asked for later; they are forgotten."""
        spared = [number for number, missing in self._missing.items() if now - missing.since >= self._give_up_ms]
        for missing in self._missing.values():
            if missing.due <= now:
                self._count(missing)
        for number in spared:
            self._drop(number)
        self.next_at = now + HELD_MS
        return len(spared)

    def _count(self, missing: _Missing) -> None:
        self.lost += not missing.lost
        missing.lost = True

    def _drop(self, number: int) -> None:
        del self._missing[number]
        self._fresh.pop(number, None)

    def _measured(self, trip: int) -> None:
        if self._trip is None:
            self._trip, self._variation = float(trip), trip / 2
            return
        self._variation += (abs(trip - self._trip) - self._variation) / 4
        self._trip += (trip - self._trip) / 8
