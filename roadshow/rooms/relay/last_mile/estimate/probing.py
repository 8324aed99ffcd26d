"""Whether a line carries more than is sent: a few packets that nobody misses, sent faster than that. Pure.

Where nothing more is sent, nothing tells that more would come. A larger picture as a trial is a freeze for whoever
cannot hold it; packets that were sent before, once more as RTX, are not even noticed. They are few: a line that is too
narrow holds them in its queue for a moment, and must not lose sound for them.
"""

from roadshow.rooms.relay.last_mile.estimate.told import Probe

OCTETS = 8_400
"""Of a cluster: seven packets. On a line of 500 kbit/s it is 135 ms of queue, where 300 are usual."""
LEAST_PACKETS = 5
"""libwebrtc's own: fewer tell too little."""
AGAIN_MS = 4_000
"""Between clusters to one viewer: 17 kbit/s, and a limit's end is noticed in time."""
WAIT_MS = 1_500
"""For its feedback: a long way there and back, and a quarter of a second between feedbacks."""
CAME = 0.8
"""A cluster of which less came says nothing; but that it is too much."""
LESS = 0.95
"""Where it came more slowly than it left the line is full, and carries a little less for long."""
SLOWER = 0.9
_CLUSTERS = 255


class Prober:
    """One for each viewer. Times in ms, rates in bits a second."""

    def __init__(self) -> None:
        self.cluster = 0
        self._rate = 0
        self._owed = 0.0
        self._left = 0
        self._at: int | None = None
        self._since: int | None = None
        self._asked_at: int | None = None

    @property
    def sending(self) -> bool:
        """Whether not all of the last cluster has left."""
        return self._left > 0

    @property
    def waits(self) -> bool:
        """Whether what it found is yet to be looked at."""
        return self._since is not None

    def due(self, wish: int | None, now: int) -> bool:
        """Whether a cluster may begin, to find out whether the line carries as much as is wished for."""
        if wish is None or self._since is not None:
            return False
        return self._asked_at is None or now - self._asked_at >= AGAIN_MS

    def begin(self, wish: int, now: int) -> int:
        """The cluster's number: what leaves until ``owed`` is done belongs to it."""
        self.cluster = self.cluster % _CLUSTERS + 1
        self._rate, self._left, self._owed = wish, OCTETS, 0.0
        self._at = self._since = self._asked_at = now
        return self.cluster

    def owed(self, now: int, tick_ms: int) -> int:
        """Octets to send now; asked each tick while ``sending``."""
        if self._at is None:
            return 0
        elapsed = min(now - self._at, 2 * tick_ms) if now > self._at else tick_ms
        self._at = now
        self._owed = min(self._owed + self._rate * elapsed / 8000, self._left)
        return int(self._owed)

    def sent(self, octets: int) -> None:
        """So many left; 0: there is nothing to send, so the cluster ends."""
        self._owed -= octets
        self._left = max(0, self._left - octets) if octets else 0

    def found(self, probe: Probe, now: int) -> float | None:
        """What the last cluster says that the line carries, once; None: nothing (yet)."""
        if self._since is None or self.sending:
            return None
        late = now - self._since > WAIT_MS
        whole = probe.cluster == self.cluster and probe.came >= max(LEAST_PACKETS, CAME * probe.departed)
        if not whole or (probe.came < probe.departed and not late):
            if late:
                self._since = None
            return None
        self._since = None
        rate = rate_of(probe, self._rate)
        if rate is not None and rate >= self._rate:
            self._asked_at = None  # where so much came through, more may
        return rate


def rate_of(probe: Probe, most: int) -> float | None:
    """Bits a second; no more than were asked for. None: it left at one moment."""
    if probe.sent_us <= 0:
        return None
    sent = probe.octets * 8e6 / probe.sent_us
    came = probe.octets * 8e6 / max(probe.came_us, 1)
    return min(float(most), LESS * came if came < SLOWER * sent else sent)
