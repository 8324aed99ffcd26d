"""Who was here before: places that were left a short while ago. Pure.

A hall whose network fails comes back all at once, and then holds nothing while somebody else may hold much. It gets
back what it had: until then its places count as taken wherever it is asked how much somebody may have. So whoever goes
and comes has as much as whoever stays, and never more.
"""

from collections import OrderedDict, deque
from collections.abc import Iterator
from itertools import count

from roadshow.access.admission.origins import Origin
from roadshow.moments import Duration, Instant

STAYED = Duration.seconds(60)
"""A place held for so long may be come back to; so may that of somebody whose vote was taken."""
REMEMBERED = Duration.minutes(10)
"""A network that fails is back by then, or its people have gone home."""


class History:
    def __init__(self, most: int) -> None:
        """``most``: places it remembers; those that were left first are forgotten first."""
        self._most = most
        self._left: OrderedDict[int, tuple[Origin, Instant]] = OrderedDict()
        """Whence whoever left it came, and until when they may come back."""
        self._of: dict[str, deque[int]] = {}
        """By customer: whoever has a /56 must not come back once from each /64 in it."""
        self._numbers = count()

    def left(self, origin: Origin, now: Instant) -> None:
        """Somebody gave back a place that they had held for a while."""
        number = next(self._numbers)
        self._left[number] = origin, now + REMEMBERED
        self._of.setdefault(origin.customer, deque()).append(number)

    def may_return(self, origin: Origin) -> bool:
        return origin.customer in self._of

    def returns(self, origin: Origin) -> Origin:
        """Somebody who may came and got a place: whose it was."""
        return self._forget(origin.customer)

    def forgotten(self, now: Instant) -> Iterator[Origin]:
        """Whose places nobody came back to, each once."""
        while self._left:
            origin, until = next(iter(self._left.values()))
            if now < until and len(self._left) <= self._most:
                return
            yield self._forget(origin.customer)

    def __len__(self) -> int:
        """Places remembered."""
        return len(self._left)

    def _forget(self, customer: str) -> Origin:
        """The first of them."""
        numbers = self._of[customer]
        origin, _ = self._left.pop(numbers.popleft())
        if not numbers:
            del self._of[customer]
        return origin
