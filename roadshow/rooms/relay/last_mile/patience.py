"""Which of a viewer's requests are for packets that are only late: these wait. Pure, but for the line's handle.

A browser asks for what is missing as soon as something later has come. Where a line changes the order more than half of
that is on its way already, and a repeat for each is as much again as the picture. Transport-wide feedback tells a
moment later what came after all. So where that is the rule, answers wait for it; where it is not, nobody waits.
"""

from collections import deque
from collections.abc import Iterable

from roadshow.rooms.relay.last_mile.estimate.told import Fate, Line, ident_of

HOLD_MS = 150
"""From a request to its answer: what 30 ms of jitter hold up (60), until the next feedback (50 to 100)."""
JUDGED, LEAST = 32, 8
"""Requests by which it is told whether what is asked for is only late; and so many at least."""
RULE = 0.5
"""So large a share of them makes it the rule."""
TELL_MS = 2000
"""So often one is answered at once all the same: a browser is told by it to hold its pictures longer, which it should
where packets come late (``resending.py``). Three in a thousand of a picture's packets."""
MOST = 256
"""Requests that are watched at once; what is more is answered at once."""


class Patience:
    """One for each viewer that is measured. Times in ms, numbers as on the wire."""

    def __init__(self) -> None:
        self._asked: dict[tuple[int, int], tuple[int, bool]] = {}
        """By (SSRC, sequence number), oldest first: when it was asked for first, and whether the answer waits."""
        self._held = 0
        self._told_at: int | None = None
        self._answered: dict[tuple[int, int], None] = {}
        """What waited once and does not again, as far as it is remembered."""
        self._late: deque[bool] = deque(maxlen=JUDGED)
        """Of the last ones, whether they came after all."""

    @property
    def patient(self) -> bool:
        return len(self._late) >= LEAST and sum(self._late) >= RULE * len(self._late)

    @property
    def waits(self) -> bool:
        """Whether any answer does."""
        return self._held > 0

    def asked(self, ssrc: int, sequences: Iterable[int], now: int) -> tuple[int, ...]:
        """These were asked for: those to be answered now. ``due`` first, so that nothing waits too long."""
        patient, at_once = self.patient, list[int]()
        for sequence in sequences:
            key = ssrc, sequence
            _, held = self._asked.get(key, (now, False))
            if key not in self._asked and key not in self._answered and len(self._asked) < MOST:
                held = patient and not self._tells(now)
                self._asked[key] = now, held
                self._held += held
            if not held:
                at_once.append(sequence)
        return tuple(at_once)

    def _tells(self, now: int) -> bool:
        if self._told_at is not None and now - self._told_at < TELL_MS:
            return False
        self._told_at = now
        return True

    def due(self, line: Line, now: int) -> list[tuple[int, int]]:
        """What waited long enough and never came, to be answered now: (SSRC, sequence number) of each."""
        answered: list[tuple[int, int]] = []
        for key, (since, held) in list(self._asked.items()):
            if now - since < HOLD_MS:
                break
            del self._asked[key]
            self._held -= held
            came = line.fate(ident_of(*key)) is Fate.CAME
            self._late.append(came)
            if held and not came:
                answered.append(key)
                self._answered[key] = None
        while len(self._answered) > MOST:
            del self._answered[next(iter(self._answered))]
        return answered
