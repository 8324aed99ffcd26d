"""How fast large frames leave to one viewer: briskly, or gently where its line loses packets. Pure.

Whether a queue is shallow is seen by what it loses, and gently it loses nothing. So after a while without loss brisk is
tried again; where that is followed by loss, the next try is twice as far off.
"""

TRIED_MS = 10_000
"""Loss so soon after brisk began is taken for its doing: reports tell of it after one or two seconds."""
LEAST_MS, MOST_MS = 30_000, 600_000
"""From loss to the next try; and at most, where tries fail: a key frame lost in ten minutes is no harm. Loss that comes
later counts as the first."""


class Tempo:
    """``gently`` after ``look``. Times in milliseconds."""

    def __init__(self) -> None:
        self.gently = False
        self._since = 0
        """When brisk began."""
        self._until = 0
        self._wait = LEAST_MS

    def look(self, loses: bool, now: int) -> bool:
        """To be asked regularly. ``loses``: the viewer reported loss in the last half minute."""
        if not self.gently:
            if loses:
                tried = self._since > 0 and now - self._since < TRIED_MS
                self._wait = min(2 * self._wait, MOST_MS) if tried else LEAST_MS
                self.gently, self._until = True, now + self._wait
        elif not loses and now >= self._until:
            self.gently, self._since = False, now
        return self.gently
