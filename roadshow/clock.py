"""The show's clock. What measures this machine instead (the relay's load, rations, caches) reads its own; what counts
strangers and speech reads one that nobody sets (``SteadyClock``).

Wall time is read once at start and advanced by the monotonic clock, so that a step of the system's clock
(NTP, a manual change) never moves a deadline of a show that is running. Where it was stepped, the show's clock is set
right between two items (fields/timekeeper.py).
"""

import time
from collections.abc import Callable
from typing import Protocol

from roadshow.moments import Duration, Instant


class Clock(Protocol):
    def now(self) -> Instant:
        """The present moment. Runs backwards only where it is set right, while nobody waits for a moment."""
        ...


class ShowClock(Clock, Protocol):
    """One whose moments somebody waits for."""

    @property
    def speed(self) -> float:
        """How many of its seconds pass in one of the machine's: whoever waits divides by it."""
        ...


class SystemClock:
    """Wall time anchored at construction, advanced monotonically; ``speed`` times as fast in a rehearsal or a test."""

    def __init__(
        self,
        speed: float = 1.0,
        *,
        wall: Callable[[], int] = time.time_ns,
        monotonic: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """``wall`` and ``monotonic``: the machine's two clocks, in nanoseconds."""
        self.speed = speed
        self._wall = wall
        self._monotonic = monotonic
        self._wall_ns = wall()
        self._monotonic_ns = monotonic()

    def now(self) -> Instant:
        passed = self._monotonic() - self._monotonic_ns
        return Instant((self._wall_ns + (passed if self.speed == 1 else int(passed * self.speed))) // 1_000_000)

    def wall_ahead(self) -> Duration:
        """How far the machine's wall clock is ahead of this one, or behind: how far it was stepped."""
        return Instant(self._wall() // 1_000_000) - self.now()

    def set_right(self) -> None:
        """Agree with the wall clock."""
        self._wall_ns = self._wall()
        self._monotonic_ns = self._monotonic()


class SteadyClock:
    """Goes forward, at the machine's own pace, whatever is set right. For how long something lasts: its moments are of
    no day, and are compared with each other alone."""

    def now(self) -> Instant:
        return Instant(time.monotonic_ns() // 1_000_000)


class WallClock:
    """What the machine's wall clock says at this moment, steps and all: for what another machine's clock judges."""

    def now(self) -> Instant:
        return Instant(time.time_ns() // 1_000_000)
