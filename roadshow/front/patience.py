"""Who has been waited for too long. Pure."""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Patience(Generic[T]):
    """Everybody is waited for equally long, so whoever began first is overdue first: no timer for each, which would
    cost more than a small answer does."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._since: OrderedDict[T, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._since)

    def begin(self, who: T, now: float) -> None:
        """From now on, also for whoever was waited for already."""
        self._since[who] = now
        self._since.move_to_end(who)

    def end(self, who: T) -> None:
        self._since.pop(who, None)

    def over(self, now: float) -> Iterator[T]:
        """Each is forgotten as it is told."""
        while (first := self.longest(now - self.seconds)) is not None:
            self.end(first)
            yield first

    def all(self) -> tuple[T, ...]:
        return tuple(self._since)

    def longest(self, began_before: float) -> T | None:
        """Whoever has been waited for longest, if that began at that moment or before."""
        for who, since in self._since.items():
            return who if since <= began_before else None
        return None
