"""A stage that falls silent says so to its viewers. Pure.

Pages hear by the end of what used to come that their device is on another network (``silence.js``). Where a
pitcher's line breaks, nothing comes to a whole crowd whose lines are sound: without a word all of it would ask anew.
So they are told something, ever more rarely, and silence becomes usual by and by.
"""

FIRST_MS = 200
"""After the last packet: less than half of what any page finds unusual."""
LONGER = 1.5
"""So many times the last pause is the next one: pages doubt at twice the longest pause of late."""
LAST_MS = 4000
"""Pauses are no longer than those of sender reports (``clockwork.py``), which then do."""


class Beats:
    """One for each stage."""

    def __init__(self) -> None:
        self._silent_since: int | None = None
        self._next_at = 0
        self._pause_ms = FIRST_MS

    def due(self, sent_at: int | None, now: int) -> bool:
        """Whether viewers are to be told something now. ``sent_at``: when media last went out to any of them."""
        if sent_at != self._silent_since:
            self._silent_since = sent_at
            self._pause_ms = FIRST_MS
            self._next_at = (sent_at or 0) + FIRST_MS
        if sent_at is None or self._pause_ms >= LAST_MS or now < self._next_at:
            return False
        self._pause_ms = int(self._pause_ms * LONGER)
        self._next_at = now + self._pause_ms
        return True
