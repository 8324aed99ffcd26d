"""What changed in a field, on its way to those who follow it. Many changes at once become one piece of news.

Views are read when the news is told, so that nobody hears of a state that was passed meanwhile. What changes while it
is read is news again.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, TypeVar

import msgspec

from roadshow.clock import ShowClock
from roadshow.errors import Unavailable
from roadshow.fields.field import LiveField, Reading
from roadshow.fields.sections import View
from roadshow.ids import RoomId
from roadshow.rooms.views import RoomEvent, SessionView
from roadshow.store.trouble import in_words
from roadshow.voting.audience.award import AudienceView, AwardState, StoredAward, TurnoutView, turnout
from roadshow.voting.grounds import GroundsView
from roadshow.voting.ledger.told import HeadsView
from roadshow.voting.ledger.watching import LedgerView
from roadshow.voting.overall.podium import OverallView
from roadshow.voting.paper.views import PapersView
from roadshow.voting.questions.views import QuestionsView
from roadshow.voting.results import CardsView, CeremonyView
from roadshow.voting.review import ProgressView, ReviewView, WindowsView

log = logging.getLogger(__name__)

_Told = TypeVar("_Told", bound=View)

TRY_AGAIN = 1.0
"""Seconds, while the store is away."""
TELL_EVERY = 1.0
"""Seconds between two numbers that the audience makes: votes, and what is told ``soon``."""


class Followers(Protocol):
    """Everybody who follows a room, on this node or another."""

    def publish(self, room: RoomId, views: Sequence[View]) -> None:
        """These sections have these values now; each follower gets what their group may see, all of it at once. Never
        blocks, never fails."""
        ...


class News:
    """Satisfies ``voting.ports.Listener`` and ``rooms.ports.Followers``."""

    def __init__(self, followers: Followers) -> None:
        self._followers = followers
        self._changed: dict[RoomId, dict[type[View], None]] = {}
        """In the order in which they changed."""
        self._soon: set[tuple[RoomId, type[View]]] = set()
        """What waits for its moment."""
        self._over: dict[RoomId, bool] = {}
        self._something_new = asyncio.Event()

    def publish(self, event: RoomEvent) -> None:
        """A room's own sections go out as they are. Once it is over, a review may say more."""
        self._followers.publish(event.room, event.sections)
        for section in event.sections:
            if isinstance(section, SessionView) and self._over.get(event.room) is not section.over:
                self._over[event.room] = section.over
                self.progress_changed(event.room)

    def progress_changed(self, room: RoomId) -> None:
        self.changed(room, ProgressView, ReviewView, GroundsView, WindowsView, QuestionsView, PapersView, LedgerView)

    def ceremony_changed(self, room: RoomId) -> None:
        self.changed(room, CeremonyView, CardsView, OverallView, HeadsView, LedgerView)

    def changed(self, room: RoomId, *views: type[View]) -> None:
        """These may read differently now. Never blocks."""
        self._changed.setdefault(room, {}).update(dict.fromkeys(views))
        self._something_new.set()

    def soon(self, room: RoomId, view: type[View]) -> None:
        """As ``changed``, for what thousands change: told within ``TELL_EVERY``, once for all that comes until then."""
        if (room, view) not in self._soon:
            self._soon.add((room, view))
            asyncio.get_running_loop().call_later(TELL_EVERY, self._now, room, view)

    def _now(self, room: RoomId, view: type[View]) -> None:
        self._soon.discard((room, view))
        self.changed(room, view)

    async def run(self, fields: Mapping[RoomId, LiveField]) -> None:
        """For ever."""
        while True:
            await self._something_new.wait()
            self._something_new.clear()
            try:
                while self._changed:
                    await self._tell(fields)
            except Unavailable as problem:
                log.warning("News of the voting have to wait. %s", in_words(problem))
                self._something_new.set()
                await asyncio.sleep(TRY_AGAIN)
            except Exception:
                # One message is lost; the other fields' news, the show and everybody's sockets go on.
                log.exception("News of the voting could not be told")
                self._something_new.set()

    async def _tell(self, fields: Mapping[RoomId, LiveField]) -> None:
        room = next(iter(self._changed))
        wanted = self._changed.pop(room)
        try:
            views = await fields[room].read(wanted)
        except Unavailable:
            self.changed(room, *wanted)
            raise
        self._followers.publish(room, views)


@dataclass(slots=True)
class _Seen:
    """What of a turnout is this process's own to know."""

    votes_before: int
    """Votes from before anybody was counted."""
    viewers: int = 0
    """The most at one time."""


class AwardNews:
    """Tells everybody of the audience's award, and control of its turnout, at most every ``TELL_EVERY``: thousands
    change the number of votes."""

    def __init__(self, followers: Followers, viewers: Callable[[RoomId], int], clock: ShowClock) -> None:
        """``viewers``: how many watch a room."""
        self._followers = followers
        self._viewers = viewers
        self._clock = clock
        self._rooms: set[RoomId] = set()
        self._something_new = asyncio.Event()
        self._told: dict[RoomId, AudienceView] = {}
        self._told_of_turnout: dict[RoomId, TurnoutView] = {}
        self._seen: dict[RoomId, _Seen] = {}

    def changed(self, room: RoomId) -> None:
        self._rooms.add(room)
        self._something_new.set()

    async def read_turnout(self, reading: Reading) -> TurnoutView:
        """A ``fields.field.Reader``: the field's own award, beside how many watch."""
        field = reading.field
        return self._turnout(field, await field.award.state(field.id))

    def _turnout(self, field: LiveField, stored: StoredAward) -> TurnoutView:
        """Viewers are counted when it is asked for, which each vote makes happen."""
        seen = self._seen.setdefault(field.id, _Seen(stored.votes))
        seen.viewers = max(seen.viewers, self._viewers(field.id))
        told = turnout(stored.votes, stored.largest, seen.viewers, seen.votes_before)
        return msgspec.structs.replace(told, result=field.award.result(field.id, stored))

    async def run(self, fields: Mapping[RoomId, LiveField]) -> None:
        """For ever. What the store holds from before is told first."""
        for room in fields:
            self.changed(room)
        while True:
            await self._wait()
            self._something_new.clear()
            rooms, self._rooms = self._rooms, set()
            for room in rooms:
                await self._tell(fields[room])
            await asyncio.sleep(TELL_EVERY)

    async def _tell(self, field: LiveField) -> None:
        try:
            stored = await field.award.state(field.id)
        except Unavailable as problem:
            log.warning("News of the audience award have to wait. %s", in_words(problem))
            self.changed(field.id)
            return
        except Exception:
            # As of the voting: it is lost, and the other fields' awards go on.
            log.exception("News of the audience award could not be told")
            return
        self._publish(self._told, field.id, field.award.told(field.id, stored))
        self._publish(self._told_of_turnout, field.id, self._turnout(field, stored))

    def _publish(self, told: dict[RoomId, _Told], room: RoomId, view: _Told) -> None:
        if view != told.get(room):
            told[room] = view
            self._followers.publish(room, (view,))

    async def _wait(self) -> None:
        """For a change, or for the moment in which one closes by itself: nobody sends that."""
        ends = {
            room: view.closes_at
            for room, view in self._told.items()
            if view.state is AwardState.OPEN and view.closes_at is not None
        }
        within = None if not ends else max(0, min(ends.values()) - self._clock.now().ms) / 1000 / self._clock.speed
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._something_new.wait()
        for room, closes_at in ends.items():
            if closes_at <= self._clock.now().ms:
                self._rooms.add(room)
