"""The places of those who watch, between admission, which counts them, and the relay, which sees who goes."""

from collections.abc import Callable
from dataclasses import dataclass

from roadshow.access.admission.origins import origin_of
from roadshow.access.admission.places import NoPlace, Reason
from roadshow.access.admission.viewing import ViewerPlace, Viewing
from roadshow.access.admission.waiting import StillWaiting
from roadshow.errors import RoadshowError, TooMany, Unavailable
from roadshow.moments import Instant

RETRY_WAITING_S = 2
"""By then players that mean it are connected."""
RETRY_FULL_S = 5
RETRY_NETWORK_S = 10
"""Seconds; somebody must go first."""


@dataclass(slots=True)
class ViewerSeat:
    """Satisfies the relay's ``Seat``."""

    place: ViewerPlace
    now: Callable[[], Instant]
    when_left: Callable[[], None] | None = None

    @property
    def is_invited(self) -> bool:
        return self.place.is_invited

    def connected(self) -> None:
        self.place.connected()

    def left(self) -> None:
        self.place.give_back(self.now())
        if self.when_left is not None:
            self.when_left()


class Seats:
    """Of a house; ``now`` is of a clock that never goes back."""

    def __init__(self, viewing: Viewing, now: Callable[[], Instant]) -> None:
        self._viewing = viewing
        self._now = now

    def take(self, address: str, person: str | None = None) -> ViewerSeat:
        """``person``: who was invited, by a name of theirs in the whole house. Raises Unavailable("relay.full"),
        TooMany("rate.network"), TooMany("rate.media")."""
        try:
            place = self._viewing.take(origin_of(address), self._now(), person)
        except NoPlace as refusal:
            raise _told(refusal) from None
        return ViewerSeat(place, self._now)


def _told(refusal: NoPlace) -> RoadshowError:
    if isinstance(refusal, StillWaiting):
        return TooMany("rate.media", retry_after=RETRY_WAITING_S)
    if refusal.reason is Reason.FULL:
        return Unavailable("relay.full", retry_after=RETRY_FULL_S)
    return refusal.told(RETRY_NETWORK_S)
