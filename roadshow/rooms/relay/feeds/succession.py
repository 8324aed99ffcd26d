"""Which of a feed's encoders is in use. Pure: times are whole milliseconds of the relay's clock.

Whoever goes silent is replaced at once, by the first in order that is heard. Whoever comes back, or comes later, takes
its place before those behind it only once it was heard for a while without a break; each time it fails again, that
while doubles. So a line that comes and goes changes the picture less and less often, and somebody is always in use
while anybody is heard.
"""

from collections.abc import Mapping

from roadshow.ids import EncoderId
from roadshow.rooms.feeds.encoders import rank

SILENT_MS = 2_000
"""Without a packet for so long, an encoder is silent. A still screen is sent once a second, so one of its packets may
be lost; and two seconds of a frozen picture are what an audience forgives."""
STEADY_MS = 5_000
"""So long an encoder must be heard before it takes the place of one that is heard, too: two silences and a half, by
which a line that fails again at once has shown it."""
STEADIEST_MS = 160_000
"""And never longer: five failures. By then the backup has become the show's picture."""
FORGIVEN_MS = 300_000
"""Heard for so long without a break, an encoder's failures are forgotten."""


class Succession:
    """Of one place on a stage."""

    def __init__(self) -> None:
        self.used: EncoderId | None = None
        """Who is in use."""
        self.first: EncoderId | None = None
        """Whom the host put before all others."""
        self._since: dict[EncoderId, int] = {}
        """Who is heard, and from when on without a break."""
        self._failures: dict[EncoderId, int] = {}
        """How often each was replaced because it had gone silent, or had left."""

    def settle(self, heard: Mapping[EncoderId, int | None], now: int) -> EncoderId | None:
        """Who is in use from now on. ``heard``: everybody who is connected, and when they were last heard; None: not
        yet."""
        alive = {encoder for encoder, at in heard.items() if at is not None and is_heard(at, now)}
        self._since = {encoder: self._since.get(encoder, now) for encoder in alive}
        for encoder in [one for one in self._failures if now - self._since.get(one, now) >= FORGIVEN_MS]:
            del self._failures[encoder]
        if self.used in alive:
            steady = [one for one in alive if one == self.used or now - self._since[one] >= self._patience(one)]
            self.used = min(steady, key=self._rank)
        elif alive:
            self._fails(self.used)
            self.used = min(alive, key=self._rank)
        elif self.used not in heard:
            self._fails(self.used)
            self.used = None
        return self.used

    def call(self, encoder: EncoderId, heard: Mapping[EncoderId, int | None], now: int) -> EncoderId | None:
        """The host wants this one before all others: at once, if it is heard."""
        self.first = encoder
        at = heard.get(encoder)
        if at is not None and is_heard(at, now):
            self.used = encoder
        return self.settle(heard, now)

    def _fails(self, encoder: EncoderId | None) -> None:
        if encoder is not None:
            self._failures[encoder] = self._failures.get(encoder, 0) + 1

    def _patience(self, encoder: EncoderId) -> int:
        """The first failure costs nothing more: a machine that was restarted once is as good as before."""
        return min(STEADIEST_MS, STEADY_MS << min(10, max(0, self._failures.get(encoder, 0) - 1)))

    def _rank(self, encoder: EncoderId) -> tuple[bool, bool, bool, str]:
        return rank(encoder, self.first)


def is_heard(at: int, now: int) -> bool:
    return now - at <= SILENT_MS
