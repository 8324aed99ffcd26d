"""Those who made an offer and are not connected yet. Pure.

They have a room of a quarter of the places. In it a place is not one's own: where it is full, whoever waits longest of
the network that most wait from gives way to somebody of a network that fewer wait from. That hurts nobody who means it,
as they connect within a second, and no few networks can fill the room with nobody.
"""

from typing import Generic, TypeVar

from roadshow.access.admission.origins import Origin
from roadshow.access.admission.places import NoPlace, Occupancy, Reason
from roadshow.moments import Duration, Instant

SHARE = 4
"""One place in so many. A hall that joins at once needs no more, each of them for a moment."""
FEWEST = 16
"""However small the house: a classroom behind one address, half of them at a time."""
ONE_NETWORK = 1 / 2
"""Of the room, also while nobody else waits: of the four addresses that once filled a house, each kept a quarter."""
PATIENCE = Duration.seconds(2)
"""For so long nobody gives way: a handshake through TURN takes as much."""


W = TypeVar("W")
"""Whoever waits: anything that can be told from others."""


class StillWaiting(NoPlace):
    """There may be places, but too many are on their way into them: it passes within a second or two."""


class Waiting(Generic[W]):
    def __init__(self, places: int) -> None:
        self.most = max(FEWEST, places // SHARE)
        self._since: dict[W, tuple[Origin, Instant]] = {}
        self._of: dict[str, dict[W, None]] = {}
        """By wide network, those that came first at the front."""
        self._refused = 0

    def __len__(self) -> int:
        return len(self._since)

    def make_room(self, origin: Origin, now: Instant) -> W | None:
        """Who must leave so that somebody may come; None: nobody need. Raises StillWaiting."""
        if self._from(origin) < ONE_NETWORK * self.most:
            if len(self._since) < self.most:
                return None
            if (loser := self.loser(origin, now)) is not None:
                return loser
        self._refused += 1
        raise StillWaiting(Reason.NETWORK)

    def loser(self, origin: Origin, now: Instant) -> W | None:
        """Who gives way to somebody who comes, if anybody does."""
        largest = max(self._of.values(), key=len, default=())
        if len(largest) <= self._from(origin) + 1:
            return None
        oldest = next(iter(largest))
        return oldest if now - self._since[oldest][1] >= PATIENCE else None

    def enter(self, who: W, origin: Origin, now: Instant) -> None:
        self._since[who] = origin, now
        self._of.setdefault(origin.wide, {})[who] = None

    def leave(self, who: W) -> None:
        """Connected, or gone. Once is enough."""
        found = self._since.pop(who, None)
        if found is None:
            return
        others = self._of[found[0].wide]
        del others[who]
        if not others:
            del self._of[found[0].wide]

    @property
    def occupancy(self) -> Occupancy:
        network, those = max(self._of.items(), key=lambda one: len(one[1]), default=("", {}))
        refused = {Reason.NETWORK: self._refused} if self._refused else {}
        return Occupancy("waiting", self.most, len(self._since), network, len(those), refused)

    def _from(self, origin: Origin) -> int:
        return len(self._of.get(origin.wide, ()))
