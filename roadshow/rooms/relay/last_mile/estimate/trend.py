"""Whether a queue grows: packets grouped into bursts, the delay's trend over them, an adaptive threshold. Pure.

As draft-ietf-rmcat-gcc-02 has it in sections 5.2 to 5.4, with the line fitted by least squares over the last groups in
place of the Kalman filter, as libwebrtc has done since 2017. ``egress/native/line.c`` is the same in C.
"""

from collections import deque

from roadshow.rooms.relay.last_mile.estimate.told import Signal

BURST_US = 5_000
"""Packets that leave within this are one group."""
MAX_BURST_US = 100_000
"""A group that came in one go is no longer than this."""
GAP_US = 3_000_000
"""After such a silence everything begins anew."""
WINDOW = 20
"""Groups that the line is fitted to."""
SMOOTHING = 0.9
GAIN, MOST_DELTAS = 4.0, 60
"""The trend is multiplied by both: few groups prove little."""
LEAST_THRESHOLD, FIRST_THRESHOLD, MOST_THRESHOLD = 6.0, 12.5, 600.0
UP, DOWN = 0.0087, 0.039
"""How fast the threshold follows, for each ms: slowly up, so that another flow's queue is not taken for the line's
ordinary state; faster down."""
SPIKE = 15.0
"""What exceeds the threshold by more says nothing about it."""
MAX_STEP_MS = 100.0
OVERUSE_MS = 10.0
"""Overuse must last so long, over more than one group, and not be on the wane."""


class Trend:
    """Fed with packets in the order in which they left."""

    def __init__(self) -> None:
        self.signal = Signal.NORMAL
        self.overuses = 0
        self.trend = 0.0
        self.threshold = FIRST_THRESHOLD
        self._begin()

    def _begin(self) -> None:
        self._group: tuple[int, int, int, int] | None = None
        """Of the present group: first and last time of sending, first and last arrival."""
        self._former: tuple[int, int] | None = None
        """Of the one before: last time of sending, last arrival."""
        self._deltas = 0
        self._delay = self._smoothed = self._slope = 0.0
        self._points: deque[tuple[float, float]] = deque(maxlen=WINDOW)
        self._first_at = 0
        self._over_ms = -1.0
        self._over = 0
        self._updated_ms: float | None = None

    def packet(self, sent: int, came: int) -> None:
        """Times in µs, each of its own clock."""
        group = self._group
        if group is None:
            self._group = (sent, sent, came, came)
            return
        first, last, began, ended = group
        if abs(came - ended) > GAP_US:
            self._begin()
            self._group = (sent, sent, came, came)
            return
        if sent - first <= BURST_US or self._rides(sent - last, came - ended, came - began):
            self._group = (first, max(last, sent), began, max(ended, came))
            return
        if self._former is not None:
            self._update((last - self._former[0]) / 1000, (ended - self._former[1]) / 1000, ended)
        self._former = (last, ended)
        self._group = (sent, sent, came, came)

    def _rides(self, sent: int, came: int, since: int) -> bool:
        """Whether a packet came on the heels of its group: held up with it, and let go together."""
        return sent == 0 or (came - sent < 0 and came <= BURST_US and since < MAX_BURST_US)

    def _update(self, sent_ms: float, came_ms: float, at: int) -> None:
        if not self._deltas:
            self._first_at = at
        self._deltas = min(self._deltas + 1, 1000)
        self._delay += came_ms - sent_ms
        self._smoothed = SMOOTHING * self._smoothed + (1 - SMOOTHING) * self._delay
        now = (at - self._first_at) / 1000
        self._points.append((now, self._smoothed))
        former = self._slope
        if len(self._points) == WINDOW:
            self._slope = _slope(self._points, former)
        self._detect(former, sent_ms, now)

    def _detect(self, former: float, sent_ms: float, now: float) -> None:
        if self._deltas < 2:
            return
        self.trend = min(self._deltas, MOST_DELTAS) * self._slope * GAIN
        if self.trend > self.threshold:
            self._over_ms = sent_ms / 2 if self._over_ms < 0 else self._over_ms + sent_ms
            self._over += 1
            if self._over_ms > OVERUSE_MS and self._over > 1 and self._slope >= former:
                self._over_ms, self._over = 0.0, 0
                self.overuses += self.signal is not Signal.OVERUSE
                self.signal = Signal.OVERUSE
        else:
            self._over_ms, self._over = -1.0, 0
            self.signal = Signal.UNDERUSE if self.trend < -self.threshold else Signal.NORMAL
        self._adapt(now)

    def _adapt(self, now: float) -> None:
        size = abs(self.trend)
        since = 0.0 if self._updated_ms is None else min(max(now - self._updated_ms, 0.0), MAX_STEP_MS)
        self._updated_ms = now
        if size > self.threshold + SPIKE:
            return
        pace = DOWN if size < self.threshold else UP
        self.threshold += pace * (size - self.threshold) * since
        self.threshold = min(max(self.threshold, LEAST_THRESHOLD), MOST_THRESHOLD)


def _slope(points: deque[tuple[float, float]], former: float) -> float:
    """Of the line through the points, by least squares; the former one where they stand above each other."""
    size = len(points)
    middle_x = sum(x for x, _ in points) / size
    middle_y = sum(y for _, y in points) / size
    over = under = 0.0
    for x, y in points:
        over += (x - middle_x) * (y - middle_y)
        under += (x - middle_x) * (x - middle_x)
    return over / under if under else former
