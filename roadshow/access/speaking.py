"""How fast somebody may speak on all of their sockets together. What one socket may say alone, it counts itself; an
address or a person with fifty of them could otherwise say fifty times as much."""

from collections import OrderedDict

from roadshow.access.admission.flows import Flow
from roadshow.access.admission.origins import origin_of
from roadshow.access.admission.places import NoPlace
from roadshow.access.limits import MESSAGES_AT_ONCE, MESSAGES_PER_SECOND, Bucket
from roadshow.access.roles import Visitor
from roadshow.moments import Instant

DESKS = 4
"""As many sockets of one person may be as busy as one may be at all: nobody works on more at once, however many are
open."""
NETWORK_PER_SECOND, NETWORK_AT_ONCE = 500, 6_000
"""Of strangers in one network: a hall of 500 pings its clocks 125 times a second, and once in a while all of them
follow, measure and vote in the same second."""
MOST_REMEMBERED = 4096
"""Of each kind; who has been silent for longest is forgotten, and begins with a full measure."""


class Speaking:
    def __init__(self, strangers: Flow) -> None:
        """``strangers``: what those without an invitation share."""
        self._strangers = strangers
        self._people = _Buckets(DESKS * MESSAGES_PER_SECOND, DESKS * MESSAGES_AT_ONCE)
        self._networks = _Buckets(NETWORK_PER_SECOND, NETWORK_AT_ONCE)

    def may(self, visitor: Visitor, competition: str, now: Instant) -> bool:
        """Whether they may say one thing more, which is counted."""
        if visitor.person is not None:
            return self._people.take((competition, visitor.person.id), now)
        origin = origin_of(visitor.address)
        if not self._networks.take((origin.wide,), now):
            return False
        try:
            self._strangers.take(origin, now)
        except NoPlace:
            return False
        return True


class _Buckets:
    """One for each who speaks."""

    def __init__(self, per_second: int, at_once: int) -> None:
        self._per_second, self._at_once = per_second, at_once
        self._of: OrderedDict[tuple[str, ...], Bucket] = OrderedDict()

    def take(self, who: tuple[str, ...], now: Instant) -> bool:
        bucket = self._of.get(who)
        if bucket is None:
            bucket = self._of[who] = Bucket(self._per_second, self._at_once, now)
            if len(self._of) > MOST_REMEMBERED:
                self._of.popitem(last=False)
        self._of.move_to_end(who)
        return bucket.take(now)

    def __len__(self) -> int:
        """Of whom anything is remembered."""
        return len(self._of)
