"""How far another clock is from the show's, and whether that is certain. Pure.

The show's clock is the machine's wall time at the start, advanced by the monotonic clock. So wall and show come apart
only where somebody steps the wall clock: what NTP corrects by slewing, the monotonic clock follows.
"""

from collections import deque

from roadshow.moments import ZERO, Duration

TOLERATED = Duration.seconds(1)
"""Clocks on pages show whole seconds. NTP steps nothing that is less than 0.128 s off."""
SURE_AFTER = 4
"""Readings in a row that say the same: a step that is taken back at once is not followed, nor an answer that came late
believed."""
SAME = Duration(500)
"""Readings within this of each other say the same."""


class Comparison:
    """Of one other clock with the show's."""

    def __init__(self) -> None:
        self._readings: deque[Duration] = deque(maxlen=SURE_AFTER)
        self.off = ZERO
        """By how much the other one is ahead for certain; zero while that is tolerated."""

    def read(self, ahead: Duration, uncertain: Duration = ZERO) -> bool:
        """Take a reading, which may be wrong by ``uncertain`` either way. Whether ``off`` has changed."""
        self._readings.append(_nearer(ahead, uncertain))
        before = self.off
        if len(self._readings) == SURE_AFTER and max(self._readings) - min(self._readings) <= SAME:
            # Certain is what all of them say: a reading from before a step may be among them.
            least = min(self._readings, key=lambda one: abs(one.ms))
            off = least if abs(least.ms) > TOLERATED.ms else ZERO
            # What is known already is not told anew for some milliseconds more or less.
            if bool(off) != bool(before) or abs((off - before).ms) > TOLERATED.ms:
                self.off = off
        return self.off != before

    def forget(self) -> None:
        """The show's clock was set: what was read before says nothing any more."""
        self._readings.clear()
        self.off = ZERO


def _nearer(ahead: Duration, uncertain: Duration) -> Duration:
    """The least it can be: nobody is warned of a difference that may be none."""
    if abs(ahead.ms) <= uncertain.ms:
        return ZERO
    return ahead - uncertain if ahead > ZERO else ahead + uncertain
