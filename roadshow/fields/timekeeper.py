"""Watches the clocks: the machine's wall clock, which somebody may set, and the store's, against the show's.

The show's clock is set right between items, never in one: no window is open then, and no deadline runs. Until then,
and of a store whose clock is off, operators and control are told. No window hangs on the store's clock
(store/fence.py); the ends of links and sign-ins do.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence

from roadshow.clock import ShowClock, SystemClock
from roadshow.drift import Comparison
from roadshow.errors import Unavailable
from roadshow.fields.field import LiveField
from roadshow.ids import RoomId
from roadshow.moments import Duration, Instant
from roadshow.store.trouble import in_words

log = logging.getLogger(__name__)

LOOKS_EVERY = 1.0
"""Seconds. Nobody sets a clock more often; a look costs a microsecond."""


class Timekeeper:
    """Of a house: its competitions share one clock. ``run()`` it in a task group."""

    def __init__(self, clock: ShowClock) -> None:
        self._clock = clock
        self._wall = Comparison()
        self._store = Comparison()

    @property
    def wall_off(self) -> Duration:
        """By how much the machine's wall clock is ahead of the show's."""
        return self._wall.off

    @property
    def store_off(self) -> Duration:
        """By how much the store's clock is ahead of the show's."""
        return self._store.off

    @property
    def notices(self) -> tuple[tuple[str, int], ...]:
        """What control should know: a text's code, and by how many seconds."""
        both = (("clock.wall_off", self.wall_off), ("clock.store_off", self.store_off))
        return tuple((code, round(abs(off.ms) / 1000)) for code, off in both if off)

    def heard_store(self, said: Instant, took: Duration) -> None:
        """What the store's clock said a moment ago, and how long the question took."""
        if not isinstance(self._clock, SystemClock) or self._clock.speed != 1:
            return  # one that runs faster, for a rehearsal, agrees with nobody
        if self._store.read(said - self._clock.now(), took):
            if self._store.off:
                log.warning(
                    "The store's clock is %s this server's. Windows go by the server's clock; links and sign-ins end "
                    "by the store's. Let both machines keep time by NTP.",
                    _said(self._store.off),
                )
            else:
                log.warning("The store's clock agrees with this server's again.")

    async def run(self, fields: Sequence[Mapping[RoomId, LiveField]]) -> None:
        """For ever."""
        clock = self._clock
        if not isinstance(clock, SystemClock) or clock.speed != 1:
            return
        everything = [field for some in fields for field in some.values()]
        while True:
            await asyncio.sleep(LOOKS_EVERY)
            if self._wall.read(clock.wall_ahead()) and self._wall.off:
                log.warning(
                    "This machine's clock was set: it is %s the show's. The show goes on by its own, which follows "
                    "when no item is under way.",
                    _said(self._wall.off),
                )
            if self._wall.off and await _between_items(everything):
                await self._set_right(clock, everything)

    async def _set_right(self, clock: SystemClock, fields: Sequence[LiveField]) -> None:
        off = self._wall.off
        clock.set_right()
        self._wall.forget()
        self._store.forget()
        log.warning("The show's clock was set right between two items: it was %s the machine's.", _said(-off))
        for field in fields:
            try:
                await field.voting.keep_time(field.id)
            except Unavailable as problem:  # then a poll's time stands still until the clock has caught up
                log.warning("The poll of %s did not hear of it. %s", field.id, in_words(problem))


async def _between_items(fields: Sequence[LiveField]) -> bool:
    """Whether no moment that somebody waits for lies ahead."""
    if not all(field.room.waits_for_nothing for field in fields):
        return False
    try:
        for field in fields:
            if await field.voting.any_open(field.id) or await field.award.is_open(field.id):
                return False
    except Unavailable:
        return False
    return all(field.room.waits_for_nothing for field in fields)


def _said(off: Duration) -> str:
    return f"{abs(off.in_seconds()):.1f} s {'ahead of' if off.ms > 0 else 'behind'}"
