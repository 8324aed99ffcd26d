"""Places that strangers share, and who gets the next one. Pure."""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from roadshow.access.admission.history import STAYED, History
from roadshow.access.admission.holdings import Holdings
from roadshow.access.admission.origins import Origin
from roadshow.errors import TooMany
from roadshow.moments import Instant

PRESSURE = 0.8
"""From this share of all places on, nobody new gets in from the network that holds most."""
CUSTOMER_SHARE = 1 / 2
"""Of all places, for one address or one IPv6 customer, also where nobody else is yet: what it leaves in a house of
1,500 is more than a hall of 500 needs, and 750 pictures are more than one line carries (1.2 Gbit/s)."""
NETWORK_SHARE = 2 / 3
"""For a /24 or a /48: a campus; and a third, a hall of 500 in a house of 1,500, is left for everybody else."""
TIMES_WHAT_IS_LEFT = 2
"""Under pressure a network may hold so many times what is left: with a half of the house in the hands of one attacker a
hall of 500 still gets in whole, with two of them a hundred and sixty, and there is always something left for the next
one who has little."""
FEW = 4
"""A household. Whoever holds fewer is not the one that holds most, however little that is: an audience at home has one
or two places in each network."""


class Reason(StrEnum):
    """Why there is no place."""

    FULL = "full"
    NETWORK = "network"
    """There are some, but this network has its share."""


class NoPlace(Exception):
    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason

    def told(self, retry_after: int) -> TooMany:
        """What the person is told, unless there is more to say of what the place was for."""
        if self.reason is Reason.FULL:
            return TooMany("rate.connections", retry_after)
        return TooMany("rate.network", retry_after)


@dataclass(frozen=True, slots=True)
class Occupancy:
    """How places are taken, for whoever runs the house."""

    name: str
    most: int
    taken: int
    """By everybody, invited or not."""
    network: str
    """Of strangers, the one that holds most; empty: there are none."""
    held: int
    """By it."""
    refused: dict[Reason, int]
    """Since the start."""

    @property
    def share(self) -> float:
        """Of all places, what that network holds."""
        return self.held / self.most

    @property
    def is_tight(self) -> bool:
        """So that somebody waits for others' sake: it is under pressure, or one network has its share."""
        return self.taken >= PRESSURE * self.most or self.held >= max(FEW, CUSTOMER_SHARE * self.most)


class Place:
    """One that is taken. It is given back once, whoever says so how often."""

    __slots__ = ("_is_held", "_places", "_proved", "_since", "origin")

    def __init__(self, places: "Places", origin: Origin | None, since: Instant) -> None:
        """``origin`` None: of somebody who was invited."""
        self.origin = origin
        self._places = places
        self._since = since
        self._proved = False
        self._is_held = True

    def prove(self) -> None:
        """Whoever has it did what an honest guest does, such as vote: it counts as one that was held for long."""
        self._proved = True

    def give_back(self, now: Instant) -> None:
        if self._is_held:
            self._is_held = False
            self._places.given_back(self.origin, now, stayed=self._proved or now - self._since >= STAYED)


class Places:
    """``most`` for everybody; ``kept`` more for those who were invited, whom nothing else here concerns."""

    def __init__(self, name: str, most: int, kept: int = 0) -> None:
        self.name = name
        self.most = most
        self.kept = kept
        self.taken = 0
        self.refused: Counter[Reason] = Counter()
        self._holdings = Holdings()
        self._claims = Holdings()
        """What networks hold, and what they left and may come back to: by this it is judged who gets more."""
        self._history = History(most)

    def take(self, origin: Origin, now: Instant, *, invited: bool = False) -> Place:
        """Raises NoPlace."""
        for gone in self._history.forgotten(now):
            self._claims.remove(gone)
        reason = self._reason_against(origin, invited)
        if reason is not None:
            self.refused[reason] += 1
            raise NoPlace(reason)
        self.taken += 1
        if invited:
            return Place(self, None, now)
        if self._history.may_return(origin):
            self._claims.remove(self._history.returns(origin))
        self._claims.add(origin)
        self._holdings.add(origin)
        return Place(self, origin, now)

    def given_back(self, origin: Origin | None, now: Instant, *, stayed: bool) -> None:
        """By ``Place`` alone."""
        self.taken -= 1
        if origin is None:
            return
        self._holdings.remove(origin)
        if stayed and self._claims.widely(origin) >= FEW:  # fewer need no history
            self._history.left(origin, now)
        else:
            self._claims.remove(origin)

    @property
    def is_full(self) -> bool:
        """For whoever was not invited."""
        return self.taken >= self.most

    @property
    def occupancy(self) -> Occupancy:
        network, held = self._holdings.holds_most()
        return Occupancy(self.name, self.most, self.taken, network, held, dict(self.refused))

    @property
    def remembered(self) -> int:
        """Networks that something is remembered of, and places that were left."""
        return len(self._holdings) + len(self._claims) + len(self._history)

    def _reason_against(self, origin: Origin, invited: bool) -> Reason | None:
        if self.taken >= self.most + (self.kept if invited else 0):
            return Reason.FULL
        if invited or self._history.may_return(origin):  # whose place counts as taken: nobody has more by it
            return None
        narrowly, widely = self._claims.narrowly(origin), self._claims.widely(origin)
        if max(narrowly, widely) < FEW:
            return None
        if narrowly >= CUSTOMER_SHARE * self.most or widely >= NETWORK_SHARE * self.most:
            return Reason.NETWORK
        taken = self.taken + len(self._history)
        left = self.most - taken
        is_tight = taken >= PRESSURE * self.most
        if is_tight and (widely >= self._claims.largest or widely >= TIMES_WHAT_IS_LEFT * left):
            return Reason.NETWORK
        return None
