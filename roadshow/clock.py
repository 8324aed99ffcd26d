"""The show's clock. What measures this machine instead (the relay's load, rations, caches) reads its own.

Wall time is read once at start and advanced by the monotonic clock, so that a step of the system's clock
(NTP, a manual change) never moves a deadline of a show that is running.
"""

import time
from typing import Protocol

from roadshow.moments import Instant


class Clock(Protocol):
    def now(self) -> Instant:
        """The present moment. Never runs backwards."""
        ...


class ShowClock(Clock, Protocol):
    """One whose moments somebody waits for."""

    @property
    def speed(self) -> float:
        """How many of its seconds pass in one of the machine's: whoever waits divides by it."""
        ...


class SystemClock:
    """Wall time anchored at construction, advanced monotonically; ``speed`` times as fast in a rehearsal or a test."""

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self._wall_ns = time.time_ns()
        self._monotonic_ns = time.monotonic_ns()

    def now(self) -> Instant:
        passed = time.monotonic_ns() - self._monotonic_ns
        return Instant((self._wall_ns + (passed if self.speed == 1 else int(passed * self.speed))) // 1_000_000)
