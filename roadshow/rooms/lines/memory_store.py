"""Line checks in memory: for tests and rehearsals that nobody needs to keep."""

from collections.abc import Iterable, Mapping

from typing_extensions import override

from roadshow.clock import Clock
from roadshow.ids import PersonId
from roadshow.moments import Duration, Instant
from roadshow.rooms.lines.ports import KEPT_DAYS, LineStore
from roadshow.rooms.lines.verdict import LineCheck


class MemoryLineStore(LineStore):
    """As durable as the process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[PersonId, tuple[LineCheck, Instant]] = {}
        """Each, and until when."""

    @override
    async def lines(self, people: Iterable[PersonId]) -> Mapping[PersonId, LineCheck]:
        now = self._clock.now()
        kept = ((person, self._kept[person]) for person in people if person in self._kept)
        return {person: check for person, (check, until) in kept if now < until}

    @override
    async def keep_line(self, person: PersonId, check: LineCheck) -> None:
        self._kept[person] = check, self._clock.now() + Duration.minutes(KEPT_DAYS * 24 * 60)
