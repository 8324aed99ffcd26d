"""The only place that reads a clock.

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


class SystemClock:
    """Wall time anchored at construction, advanced monotonically."""

    def __init__(self) -> None:
        self._wall_ns = time.time_ns()
        self._monotonic_ns = time.monotonic_ns()

    def now(self) -> Instant:
        return Instant((self._wall_ns + time.monotonic_ns() - self._monotonic_ns) // 1_000_000)
