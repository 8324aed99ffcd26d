"""A clock that a test owns: what hangs on a moment is then a call, and no matter of when the suite happens to run."""

from roadshow.moments import Duration, Instant

A_NEW_YEAR = Instant(1_767_225_600_000)


class HandClock:
    """Stands until it is moved."""

    speed = 1.0

    def __init__(self, now: Instant = A_NEW_YEAR) -> None:
        self.time = now

    def now(self) -> Instant:
        return self.time

    def advance(self, by: Duration) -> None:
        self.time += by
