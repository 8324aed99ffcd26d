"""When a publisher's packets came, told to it often: what its own estimator works on. Pure.

draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3, and how often as libwebrtc has it.
"""

from collections import deque

from roadshow.rooms.relay.wire.rtp import unwrap
from roadshow.rooms.relay.wire.transport_wide import MAX_PACKETS, TICK_US, write

LEAST_MS, MOST_MS = 50, 250
"""Between two feedbacks: less tells a sender nothing new, more lets a queue grow."""
SHARE = 0.05
"""Of what comes, that may go back in feedback."""
FEEDBACK_BITS = 8 * 140
"""Of one, with all that is around it on the line."""
MAX_JUMP = MAX_PACKETS // 2
"""A larger step of the number is a new beginning, not a loss."""
LATE_MS = 500
"""What comes later than that after its successors is not told of: they are forgotten by then."""


class Arrivals:
    """Of one connection: sound and all layers share its numbers. Times of arrival in µs of a clock that never runs
    back; what is due when in ms."""

    def __init__(self, sender: int) -> None:
        """``sender``: the SSRC feedback is sent as."""
        self.packets = 0
        """Counted once each."""
        self._sender = sender
        self._ticks: dict[int, int] = {}
        """When each number since ``_oldest`` came."""
        self._newest = 0
        """Without wraps, the first turn being the second; 0 before the first packet."""
        self._next = 1
        """The first number not told of."""
        self._oldest = 0
        self._marks: deque[tuple[int, int]] = deque()
        """The newest number at each of the last feedbacks, and when that was."""
        self._octets = 0
        self._at = 0
        self._interval = LEAST_MS
        self._told = 0

    def came(self, number: int, us: int, size: int) -> None:
        """A packet with this number (16 bits) and so many bytes."""
        self._octets += size
        number = unwrap(self._newest, number) if self._newest else 0x10000 + number
        if not self._newest or abs(number - self._newest) > MAX_JUMP:
            self._ticks.clear()
            self._marks.clear()
            self._next = self._oldest = self._newest = 0x10000 + (number & 0xFFFF)
            number = self._newest
        elif number < self._oldest or number in self._ticks:
            return
        self.packets += 1
        self._ticks[number] = us // TICK_US
        self._newest = max(self._newest, number)
        # A packet that was told not to have come is told of again, with all after it.
        self._next = min(self._next, number)
        if self._newest - self._oldest >= MAX_PACKETS:
            self._forget(self._newest - MAX_JUMP)

    def due(self, now: int) -> bool:
        """Whether there is something to tell, and time to."""
        return now - self._at >= self._interval and self._next <= self._newest

    def feedback(self, media: int, now: int) -> list[bytes]:
        """All that is to be told, as RTCP packets. ``media``: the SSRC of any stream of the sender's."""
        told: list[bytes] = []
        while self._next <= self._newest:
            rows = [self._ticks.get(number) for number in range(self._next, self._newest + 1)]
            packet, count = write(self._sender, media, self._told, self._next, rows)
            told.append(packet)
            self._told += 1
            self._next += count
        self._pace(now)
        self._marks.append((now, self._newest))
        while self._marks[0][0] < now - LATE_MS:
            self._forget(self._marks.popleft()[1])
        return told

    def _pace(self, now: int) -> None:
        """How long until the next one, by what came since the last."""
        elapsed, self._at = now - self._at, now
        rate = self._octets * 8 / max(elapsed, 1)
        self._octets = 0
        self._interval = round(min(MOST_MS, max(LEAST_MS, FEEDBACK_BITS / SHARE / max(rate, 1))))

    def _forget(self, before: int) -> None:
        # Whichever is less: numbers that leap must not cost thousands of looks each.
        passed = range(self._oldest, before)
        for number in passed if len(passed) < len(self._ticks) else [each for each in self._ticks if each < before]:
            self._ticks.pop(number, None)
        self._oldest = max(self._oldest, before)
        self._next = max(self._next, self._oldest)
