"""Places for pictures: held from the offer on, and counted apart until media can flow. Pure.

An offer costs nothing to send, so whoever makes many and connects none would hold the house. Those that wait have a
room of their own (``waiting.py``): what connects leaves it within a second, what never does after ten.
"""

from collections import Counter
from collections.abc import Callable

from roadshow.access.admission.origins import Origin
from roadshow.access.admission.places import Occupancy, Place, Places
from roadshow.access.admission.waiting import StillWaiting, Waiting
from roadshow.moments import Instant

PEOPLE_SHARE, FEWEST_PEOPLE = 15, 16
"""Places kept for invited people: one for every fifteen of the audience's, so that a core at 80 % is at 85 when all of
them are taken; in a house of 1,500 a hundred, three fields of thirty-odd judges, organisers and pitchers each."""
PER_PERSON = 6
"""Pictures of one person that may be in those: some desks, twice for a moment while they reload. A token that got out
takes no more from the others."""


def kept_for_people(audience: int) -> int:
    """How many places a house has beyond those of the audience."""
    return max(FEWEST_PEOPLE, audience // PEOPLE_SHARE)


class ViewerPlace:
    """One viewer's, and while it is not connected one among those that wait."""

    def __init__(self, place: Place, waiting: "Waiting[ViewerPlace]", held: Counter[str], person: str | None) -> None:
        self._place = place
        self._waiting = waiting
        self._held = held
        self._person = person
        self._is_held = True
        self.when_lost: Callable[[], None] | None = None
        """Called when somebody else got it, after which it is given back. Only one that waits is lost."""

    @property
    def is_invited(self) -> bool:
        return self._place.origin is None

    def connected(self) -> None:
        self._waiting.leave(self)

    def give_back(self, now: Instant) -> None:
        """Whoever says so how often."""
        if not self._is_held:
            return
        self._is_held = False
        self._waiting.leave(self)
        self._place.give_back(now)
        if self._person is not None:
            self._held[self._person] -= 1
            if not self._held[self._person]:
                del self._held[self._person]

    def lose(self, now: Instant) -> None:
        self.give_back(now)
        if self.when_lost is not None:
            self.when_lost()


class Viewing:
    def __init__(self, audience: int) -> None:
        self.places = Places("viewers", audience, kept_for_people(audience))
        self._waiting: Waiting[ViewerPlace] = Waiting(audience)
        self._people: Counter[str] = Counter()

    def take(self, origin: Origin, now: Instant, person: str | None = None) -> ViewerPlace:
        """``person``: who was invited, by a name of theirs in the whole house. Beyond their share they are audience.
        Raises NoPlace, or StillWaiting when only those who are on their way are too many."""
        if person is not None and self._people[person] < PER_PERSON:
            place = self.places.take(origin, now, invited=True)
            self._people[person] += 1
            return ViewerPlace(place, self._waiting, self._people, person)
        if self.places.is_full and (loser := self._waiting.loser(origin, now)) is not None:
            loser.lose(now)
        place = self.places.take(origin, now)
        try:
            loser = self._waiting.make_room(origin, now)
        except StillWaiting:
            place.give_back(now)
            raise
        if loser is not None:
            loser.lose(now)
        taken = ViewerPlace(place, self._waiting, self._people, None)
        self._waiting.enter(taken, origin, now)
        return taken

    def occupancy(self) -> tuple[Occupancy, Occupancy]:
        return self.places.occupancy, self._waiting.occupancy
