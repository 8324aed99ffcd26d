"""What public pages show of a competition, read out of the store by whoever only looks.

Satisfies ``desks.context.PublicContext``, so that the house's own modules make the pages here too. It has no key, signs
nothing and writes nothing.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from starlette.routing import Route

from roadshow.access.roles import allowed
from roadshow.clock import Clock
from roadshow.competitions.cast import Cast
from roadshow.competitions.definition import Competition
from roadshow.competitions.merging import Records, cast_of
from roadshow.competitions.people import Role
from roadshow.desks.public_context import Addressed
from roadshow.errors import NotFound
from roadshow.fields.plans import poll_spec, room_plan
from roadshow.ids import PollId, RoomId
from roadshow.pages.pages import Pages
from roadshow.rooms.ports import Saved
from roadshow.rooms.room import Room
from roadshow.rooms.views import RundownView
from roadshow.voting.audience.award import AudienceView, StoredAward, view
from roadshow.voting.ledger.minutes import Minutes, minutes_of
from roadshow.voting.looking import whole_ledger
from roadshow.voting.overall.looking import look
from roadshow.voting.overall.podium import OverallViews
from roadshow.voting.results import CeremonyView, PublishedResult
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import LedgerEntry, PollState
from roadshow.voting.views import PollViews


class CastReader(Protocol):
    async def load(self) -> Records:
        """As ``CastStore.load``."""
        ...


class JournalReader(Protocol):
    async def load(self, room: RoomId) -> Saved | None:
        """As ``Journal.load``."""
        ...


class PollReader(Protocol):
    async def read(self, poll: PollId) -> PollState:
        """As ``VoteStore.read``."""
        ...

    async def ledger(self, poll: PollId, after: int, limit: int) -> tuple[LedgerEntry, ...]:
        """As ``VoteStore.ledger``."""
        ...


class AwardReader(Protocol):
    async def read(self, award: PollId) -> StoredAward:
        """As ``AudienceStore.read``."""
        ...


class Readers(Protocol):
    """What of ``adapters.Stores`` is read here. Every method may raise Unavailable("store.away")."""

    @property
    def cast(self) -> CastReader: ...

    @property
    def journal(self) -> JournalReader: ...

    @property
    def votes(self) -> PollReader: ...

    @property
    def awards(self) -> AwardReader: ...


class Reading:
    """A competition at one moment. A poll or an award is read when the first page needs it, once for all pages."""

    def __init__(self, competition: Competition, cast: Cast, rooms: Mapping[RoomId, Room], readers: Readers) -> None:
        self.cast = cast
        self.rooms = rooms
        self._specs = {field.room: poll_spec(competition, field, cast) for field in competition.fields}
        self._readers = readers
        self._polls: dict[RoomId, PollViews] = {}
        self._minutes: dict[RoomId, Minutes] = {}
        self._awards: dict[RoomId, StoredAward] = {}
        self._overall: OverallViews | None = None
        self._turn = asyncio.Lock()

    async def poll(self, room: RoomId) -> PollViews:
        """Raises NotFound("room.unknown", "poll.unknown"), Unavailable."""
        spec = self._spec(room)
        async with self._turn:
            if room not in self._polls:
                self._polls[room] = PollViews(spec, await self._readers.votes.read(spec.poll))
            return self._polls[room]

    async def minutes(self, room: RoomId) -> Minutes:
        """Raises as ``poll``, and Conflict("result.sealed")."""
        views, spec = await self.poll(room), self._spec(room)
        views.revealed()
        async with self._turn:
            if room not in self._minutes:
                entries = await whole_ledger(self._readers.votes, spec.poll)
                self._minutes[room] = minutes_of(spec, entries, views.votes().questions)
            return self._minutes[room]

    async def overall(self) -> OverallViews:
        """Raises as ``poll``."""
        if self._overall is None:
            self._overall = await look(self._readers.votes, self._specs, self.poll)
        return self._overall

    async def award(self, room: RoomId) -> AudienceView:
        """Raises as ``poll``."""
        spec = self._spec(room)
        async with self._turn:
            if room not in self._awards:
                self._awards[room] = await self._readers.awards.read(spec.poll)
            return view(self._awards[room], spec.projects)

    def _spec(self, room: RoomId) -> PollSpec:
        if room not in self._specs:
            raise NotFound("room.unknown")
        return self._specs[room]


class Awards:
    """Satisfies ``desks.public_context.PublicAward``."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    async def view(self, room: RoomId) -> AudienceView:
        return await self._reading.award(room)


class PublicReading(Addressed):
    """``renew`` it before a page is made of it."""

    def __init__(self, competition: Competition, readers: Readers, pages: Pages, base: str, clock: Clock) -> None:
        self.competition = competition
        self.pages = pages
        self.base = base
        self.clock = clock
        self._readers = readers
        self._reading: Reading | None = None

    async def renew(self) -> None:
        """Read anew. Raises Unavailable, SetupError; then the former reading stands."""
        records = await self._readers.cast.load()
        cast = cast_of(records)
        rooms = {field.room: await self._room(field.room, cast) for field in self.competition.fields}
        self._reading = Reading(self.competition, cast, rooms, self._readers)

    async def _room(self, room: RoomId, cast: Cast) -> Room:
        plan = room_plan(self.competition, self.field_of(room), cast)
        saved = await self._readers.journal.load(room)
        return Room.begin(plan) if saved is None else Room.read(plan, saved.state)

    # As PublicContext -----------------------------------------------------------------------------------------------

    @property
    def cast(self) -> Cast:
        return self._read().cast

    @property
    def polls(self) -> "PublicReading":
        return self

    @property
    def award(self) -> "Awards":
        return Awards(self._read())

    def rundown(self, room: RoomId) -> RundownView:
        read = self._read().rooms.get(room)
        if read is None:
            raise NotFound("room.unknown")
        return read.rundown_view(self.clock.now())

    async def views(self, room: RoomId) -> PollViews:
        return await self._read().poll(room)

    async def ceremony(self, room: RoomId) -> CeremonyView:
        return (await self.views(room)).ceremony()

    async def published(self, room: RoomId) -> PublishedResult:
        return (await self.views(room)).published()

    async def minutes(self, room: RoomId) -> Minutes:
        return await self._read().minutes(room)

    async def overall(self) -> OverallViews:
        return await self._read().overall()

    def guarded(self, path: str, endpoint: Any, action: str, *, methods: Sequence[str] = ("GET",)) -> Route:
        """Raises ValueError for what is not for everybody: nobody is asked here who they are."""
        if not allowed(Role.AUDIENCE, action):
            raise ValueError(f"the route {action!r} is not everybody's")
        return Route(path, endpoint, name=action, methods=list(methods))

    def _read(self) -> Reading:
        assert self._reading is not None, "renew() comes first"  # noqa: S101 - whoever makes a page has done it
        return self._reading
