"""What must be kept of line checks."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from roadshow.ids import PersonId
from roadshow.rooms.lines.verdict import LineCheck

KEPT_DAYS = 30
"""From the first rehearsals of a final to its day. Then a check tells nothing any more, and is forgotten."""


class LineStore(Protocol):
    """Every method raises Unavailable when the store is away."""

    async def lines(self, people: Iterable[PersonId]) -> Mapping[PersonId, LineCheck]:
        """The newest of each who has one."""
        ...

    async def keep_line(self, person: PersonId, check: LineCheck) -> None:
        """In the place of the one before, for ``KEPT_DAYS``."""
        ...
