"""Who was here before: places that were left a short while ago, by address. Pure.

A hall whose network fails comes back all at once, and then holds nothing while somebody else may hold much. It gets
back what it had: never more, for each place that is taken again is one fewer to come back to.
"""

from collections import OrderedDict

from roadshow.moments import Duration, Instant

STAYED = Duration.seconds(60)
"""A place held for so long may be come back to; so may that of somebody whose vote was taken."""
REMEMBERED = Duration.minutes(10)
"""A network that fails is back by then, or its people have gone home."""
MOST_REMEMBERED = 4096
"""Addresses; those that left first are forgotten first."""


class History:
    def __init__(self) -> None:
        self._left: OrderedDict[str, tuple[int, Instant]] = OrderedDict()
        """By address: places to come back to, and until when."""

    def left(self, address: str, now: Instant) -> None:
        """Somebody gave back a place that they had held for a while."""
        self._left[address] = (self.places(address, now) + 1, now + REMEMBERED)
        self._left.move_to_end(address)
        if len(self._left) > MOST_REMEMBERED:
            self._left.popitem(last=False)

    def returns(self, address: str, now: Instant) -> bool:
        """Somebody came and got a place. Whether it may have been one that was left."""
        places = self.places(address, now)
        if not places:
            self._left.pop(address, None)
            return False
        self._left[address] = (places - 1, self._left[address][1])
        return True

    def places(self, address: str, now: Instant) -> int:
        """How many there are to come back to."""
        places, until = self._left.get(address, (0, now))
        return places if now < until else 0

    def __len__(self) -> int:
        """Addresses remembered."""
        return len(self._left)
