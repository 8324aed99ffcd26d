"""How many bits a second a publisher's line holds, where there is no transport-wide feedback to the sender. Pure.

The receive side of GCC (draft-ietf-rmcat-gcc-02) goes by the delay's gradient. Ours goes by its *floor*, the least of
a third of a second: a queue holds up every packet, jitter never all of them. The rate control is GCC's: 0.85 of what
comes when a queue grows, up by 8 % a second, never beyond 1.5 times what comes. A receiver has no clock in common with
the sender, so delay counts from the least of the last ten seconds.
"""

from collections import deque

from roadshow.rooms.relay.wire.rtp import unwrap

WINDOW_US = 333_000
"""Five frames at the least, of which one is little held up by any jitter."""
USUAL = 30
"""Windows whose least delay is the line's own: a slow change of route, or of clocks, is usual after ten seconds."""
SLACK_US = 12_000
"""Within which two delays are the same."""
HIGH_US, FULL_US = 25_000, 80_000
"""Delay that is a queue if packets are lost beside it; that is one by itself."""
LOST = 0.08
"""Of what was sent: stray loss has no queue, and a queue that is cut short shows in little delay."""
HEAVY = 0.3
"""No stray loss is so heavy: a queue too short to be seen."""
BACK_OFF, RISE = 0.85, 1.08
AHEAD, AHEAD_BITS = 1.5, 10_000
FELL = 0.95
"""Of what came before: less comes."""
SILENCE_US = 3_000_000
"""After that everything begins anew; abs-send-time wraps after 64 s, so half of that is the most there could be."""
LEAST = 50_000
"""Bits a second: whoever has less can send no picture at all."""


class _Delays:
    """Of one clock of the sender's: since when its packets are how late."""

    def __init__(self) -> None:
        self.newest: int | None = None
        """Its time without wraps."""
        self.least: int | None = None
        """In the present window."""
        self.before: deque[int] = deque(maxlen=USUAL)


class Estimate:
    """``limit``: bits a second that pictures may take at most. Times of arrival in µs."""

    def __init__(self, limit: int) -> None:
        self.bits = limit
        self.backed_off = 0
        self._limit = limit
        self._clocks: dict[int, _Delays] = {}
        self._ends: int | None = None
        self._floors: deque[int] = deque(maxlen=2)
        self._octets: deque[int] = deque([0], maxlen=3)
        """Of the last windows and the present one."""
        self._heard = 0
        self._stood = (0, 0)
        """The delay when it was last backed off from, and what came."""
        self._counted = (0, 0)

    def came(self, clock: int, time: int, turn: int, a_second: int, us: int, size: int) -> None:
        """A packet that left at ``time`` of one of the sender's clocks, which wraps at ``turn`` and goes so fast."""
        if us - self._heard > SILENCE_US:
            self._clocks.clear()
            self._floors.clear()
        self._heard = us
        delays = self._clocks.get(clock)
        if delays is None:
            delays = self._clocks[clock] = _Delays()
        time = time if delays.newest is None else unwrap(delays.newest, time, turn)
        delays.newest = time if delays.newest is None else max(delays.newest, time)
        delay = us - time * 1_000_000 // a_second
        delays.least = delay if delays.least is None else min(delays.least, delay)
        self._octets[-1] += size
        self._ends = us + WINDOW_US if self._ends is None else self._ends

    def due(self, us: int) -> bool:
        """Whether a window is over."""
        return self._ends is not None and us >= self._ends

    def look(self, packets: int, lost: int, us: int) -> bool:
        """A window is over. So many ``packets`` came since the beginning, and so many were missed. Whether the sender
        must be told less at once."""
        lasted = us - (self._ends or us) + WINDOW_US
        self._ends = us + WINDOW_US
        came, missed = packets - self._counted[0], lost - self._counted[1]
        self._counted = (packets, lost)
        floor = self._floor()
        rate = self._octets[-1] * 8_000_000 // lasted
        usual = sum(self._octets) * 8_000_000 // (len(self._octets) * WINDOW_US)
        self._octets.append(0)
        if floor is None or lasted >= 2 * WINDOW_US:  # silence tells nothing
            return False
        self._floors.append(floor)
        if self._is_full(missed / max(1, came + missed)):
            return self._back_off(floor, rate)
        self._stood = (0, 0)
        ahead = max(LEAST, AHEAD * usual + AHEAD_BITS)
        if self.bits < ahead:
            self.bits = round(min(self.bits * RISE ** (WINDOW_US / 1e6), ahead, self._limit))
        return False

    def _floor(self) -> int | None:
        """How much the least delayed packet of the window was held up."""
        found: list[int] = []
        for delays in self._clocks.values():
            if delays.least is not None:
                delays.before.append(delays.least)
                found.append(delays.least - min(delays.before))
                delays.least = None
        return min(found, default=None)

    def _is_full(self, loss: float) -> bool:
        if loss > HEAVY:
            return True
        former, newest = self._floors[0], self._floors[-1]
        stands = newest > FULL_US and newest > former - SLACK_US
        return stands or (newest > HIGH_US and loss > LOST)

    def _back_off(self, floor: int, rate: int) -> bool:
        former, came = self._stood
        if HIGH_US < former < floor + SLACK_US and rate < FELL * came:
            # As long as there is a queue the line is full. So it is none: the route has become longer.
            for delays in self._clocks.values():
                delays.before.clear()
            self._floors.clear()
            self._stood = (0, 0)
            return False
        self._stood = (floor, rate)
        self.backed_off += 1
        self.bits = round(max(LEAST, min(self.bits, BACK_OFF * rate)))
        return True
