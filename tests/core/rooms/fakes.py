"""A world for a room to play in: it notes what it is told, and can be away, refuse, or keep somebody waiting."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from typing_extensions import override

from roadshow.errors import Conflict, Unavailable
from roadshow.ids import ProjectId, RoomId
from roadshow.moments import Duration, Instant
from roadshow.rooms.memory_store import MemoryJournal
from roadshow.rooms.phases import RoomPlan
from roadshow.rooms.ports import Followers, Polls, Programme, Relay, Saved
from roadshow.rooms.runner import RoomRunner
from roadshow.rooms.views import RoomEvent, SessionView
from tests.core.rooms.plans import NOON


class ManualClock:
    """Stands still until it is advanced."""

    speed = 1.0

    def __init__(self) -> None:
        self._now = NOON

    def now(self) -> Instant:
        return self._now

    def advance(self, by: Duration) -> None:
        self._now += by


@dataclass
class Happened:
    """Everything the world was told, in order, and a way to wait for it."""

    entries: list[object] = field(default_factory=list)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self, entry: object) -> None:
        self.entries.append(entry)
        self.stir()

    def stir(self) -> None:
        """Something happened that is not worth a note."""
        self._changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something happens after which ``condition`` holds."""
        while not condition():
            self._changed.clear()
            await self._changed.wait()


class FakeJournal(MemoryJournal):
    def __init__(self, clock: ManualClock, happened: Happened) -> None:
        super().__init__(clock)
        self._happened = happened
        self.away = False
        self.loses_answers = False
        """Saves, but the answer never arrives."""
        self.gate = asyncio.Event()
        """Cleared: a save waits."""
        self.gate.set()

    @override
    async def save(self, room: RoomId, saved: Saved, note: str) -> None:
        self._happened.note(("asked to save", note))
        await self.gate.wait()
        if self.away:
            raise Unavailable("store.away")
        await super().save(room, saved, note)
        if self.loses_answers:
            raise Unavailable("store.away")
        self._happened.note(("saved", note))


class FakePolls(Polls):
    def __init__(self, clock: ManualClock, happened: Happened) -> None:
        self._clock = clock
        self._happened = happened
        self.away = False
        self.confirmed = False
        self.windows: dict[ProjectId, Instant | None] = {}

    @override
    async def open_window(self, room: RoomId, project: ProjectId, closes_in: Duration | None) -> None:
        self._happened.note("asked for a window")
        if self.away:
            raise Unavailable("store.away")
        if self.confirmed:
            raise Conflict("result.confirmed")
        self.windows[project] = None if closes_in is None else self._clock.now() + closes_in
        self._happened.note(("open", project))

    @override
    async def close_window(self, room: RoomId, project: ProjectId) -> None:
        if self.away:
            raise Unavailable("store.away")
        self.windows.pop(project, None)
        self._happened.note(("closed", project))


class FakeRelay(Relay):
    def __init__(self) -> None:
        self.programme: Programme = {}
        self.broken = False

    @override
    def show(self, room: RoomId, programme: Programme) -> None:
        if self.broken:
            raise ZeroDivisionError("a bug")
        self.programme = programme


class FakeFollowers(Followers):
    def __init__(self, happened: Happened) -> None:
        self._happened = happened
        self.session: SessionView | None = None

    @override
    def publish(self, event: RoomEvent) -> None:
        self._happened.stir()
        for section in event.sections:
            if isinstance(section, SessionView):
                self.session = section
                self._happened.note(("published", section.phase))


class World:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.happened = Happened()
        self.journal = FakeJournal(self.clock, self.happened)
        self.polls = FakePolls(self.clock, self.happened)
        self.relay = FakeRelay()
        self.followers = FakeFollowers(self.happened)

    async def load(self, plan: RoomPlan) -> RoomRunner:
        return await RoomRunner.load(
            plan,
            clock=self.clock,
            journal=self.journal,
            polls=self.polls,
            relay=self.relay,
            followers=self.followers,
        )

    @asynccontextmanager
    async def on_air(self, plan: RoomPlan) -> AsyncIterator[RoomRunner]:
        """A room that runs while the block does."""
        runner = await self.load(plan)
        async with asyncio.TaskGroup() as group:
            running = group.create_task(runner.run())
            try:
                yield runner
            finally:
                running.cancel()
