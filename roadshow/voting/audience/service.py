"""The audience award at work: votes gathered into batches, and what everybody is told of them.

Votes that arrive while a batch is on its way to the store go with the next one, in one call; a voter is told that the
vote counts only after that call has answered, and so after it is on disk.
"""

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from roadshow.errors import NotFound, RoadshowError, Unavailable
from roadshow.ids import CommandId, PollId, ProjectId, RoomId
from roadshow.moments import Duration
from roadshow.voting.audience.award import (
    BATCH,
    AudienceStore,
    AudienceView,
    AwardState,
    Choice,
    ProjectVotes,
    StoredAward,
    Voter,
    VoterId,
    ranked,
    view,
)

log = logging.getLogger(__name__)

TICK = 0.004
"""Seconds in which votes gather before they go to the store together. Nobody notices it, and the disk is flushed once
for all of them."""
MOST_WAITING = 5_000
"""Votes of a room that wait for their batch: about a second's. More are refused, with the advice to try again."""

MOST_LOOKING = 4
"""Voters whose choice is looked up at one time. A hall that reloads its pages waits in line here, a millisecond for
each, and leaves the store's other connections to the jury."""
RECENT = 1.0
"""Seconds for which ``recent`` is good: tokens are made for whom a second makes no difference."""

Answered = Callable[[RoadshowError | None], None]
"""Called once, when the vote is durable (None) or refused. Must not raise."""
Changed = Callable[[RoomId], None]


@dataclass(frozen=True, slots=True)
class AwardPlan:
    """A room's award."""

    poll: PollId
    """Under which its votes are stored."""
    projects: tuple[ProjectId, ...]
    """In the order of the rundown."""


class AudienceAward:
    """Every method but ``vote`` raises what the store raises, and NotFound("room.unknown")."""

    def __init__(self, store: AudienceStore, plans: Mapping[RoomId, AwardPlan], changed: Changed | None = None) -> None:
        """``changed`` hears when ``view`` may be different."""
        self._store = store
        self._plans = dict(plans)
        self._changed = changed or (lambda _room: None)
        self._writers = {room: _Writer(store, plan.poll) for room, plan in plans.items()}
        self._recent = {room: _Recent() for room in plans}
        self._looking = asyncio.Semaphore(MOST_LOOKING)

    @property
    def rooms(self) -> tuple[RoomId, ...]:
        return tuple(self._plans)

    async def run(self) -> None:
        """Carry votes to the store. For ever."""
        async with asyncio.TaskGroup() as tasks:
            for room, writer in self._writers.items():
                tasks.create_task(writer.run(lambda room=room: self._changed(room)))  # type: ignore[misc]

    def vote(self, room: RoomId, voter: Voter, project: ProjectId, answered: Answered) -> None:
        """Take a vote. Raises NotFound("room.unknown"), NotFound("project.unknown"), Unavailable("audience.busy");
        everything else ``answered`` hears."""
        if project not in self._known(room).projects:
            raise NotFound("project.unknown")
        self._writers[room].add(Choice(voter, project), answered)

    async def open(self, room: RoomId, closes_in: Duration | None, command: CommandId) -> None:
        await self._store.open(self._known(room).poll, closes_in, command)
        self._recent[room] = _Recent()
        self._changed(room)

    async def close(self, room: RoomId, command: CommandId) -> None:
        await self._store.close(self._known(room).poll, command)
        self._changed(room)

    async def announce(self, room: RoomId, out: Collection[ProjectId], command: CommandId) -> None:
        """``out``: projects that are not in the vote, whatever they were given. It is final: what comes in or goes out
        later changes nothing."""
        plan = self._known(room)
        counted = tuple(project for project in plan.projects if project not in out)
        await self._store.announce(plan.poll, counted, command)
        self._changed(room)

    async def is_open(self, room: RoomId) -> bool:
        return (await self.view(room)).state is AwardState.OPEN

    async def state(self, room: RoomId) -> StoredAward:
        """As the store has it."""
        return await self._store.read(self._known(room).poll)

    async def recent(self, room: RoomId) -> StoredAward:
        """As ``state``, a second old at most and no older than its opening: one reading for all who ask meanwhile."""
        plan, recent = self._known(room), self._recent[room]
        async with recent.reading:
            loop = asyncio.get_running_loop()
            if recent.found is None or loop.time() - recent.read_at > RECENT:
                try:
                    recent.found = await self._store.read(plan.poll)
                except Unavailable as refusal:
                    recent.found = refusal
                recent.read_at = loop.time()
        if isinstance(recent.found, Unavailable):
            # A new one: the same raised by hundreds would gather all of their traces.
            raise Unavailable(recent.found.code)
        return recent.found

    async def view(self, room: RoomId) -> AudienceView:
        """As ``told``, as the store has it now."""
        return self.told(room, await self.state(room))

    def told(self, room: RoomId, stored: StoredAward) -> AudienceView:
        """What everybody may know of it."""
        return view(stored, self._known(room).projects)

    def result(self, room: RoomId, stored: StoredAward) -> tuple[ProjectVotes, ...] | None:
        """The votes of every project that was in it, for those who run the award. None before it is announced."""
        return None if stored.tally is None else ranked(stored.tally, self._known(room).projects)

    async def choice(self, room: RoomId, voter: VoterId) -> ProjectId | None:
        """What the voter's vote is for."""
        plan = self._known(room)
        async with self._looking:
            return await self._store.choice(plan.poll, voter)

    def _known(self, room: RoomId) -> AwardPlan:
        plan = self._plans.get(room)
        if plan is None:
            raise NotFound("room.unknown")
        return plan


@dataclass(slots=True)
class _Recent:
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)
    found: StoredAward | Unavailable | None = None
    """Of a store that is away, too: those who wait in line must not each wait for it again."""
    read_at: float = 0.0


class _Writer:
    """Of one room: one batch under way at a time, so that a voter's choices keep their order."""

    def __init__(self, store: AudienceStore, award: PollId) -> None:
        self._store = store
        self._award = award
        self._waiting: deque[tuple[Choice, Answered]] = deque()
        self._something_waits = asyncio.Event()
        self._name = secrets.token_hex(8)
        self._number = 0

    def add(self, choice: Choice, answered: Answered) -> None:
        if len(self._waiting) >= MOST_WAITING:
            raise Unavailable("audience.busy")
        self._waiting.append((choice, answered))
        self._something_waits.set()

    async def run(self, changed: Callable[[], None]) -> None:
        while True:
            await self._something_waits.wait()
            if len(self._waiting) < BATCH:
                await asyncio.sleep(TICK)
            batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            if not self._waiting:
                self._something_waits.clear()
            outcome = await self._carry(tuple(choice for choice, _ in batch))
            for (_, answered), refusal in zip(batch, outcome, strict=True):
                answered(refusal)
            changed()

    async def _carry(self, choices: tuple[Choice, ...]) -> list[RoadshowError | None]:
        self._number += 1
        try:
            return list(await self._store.vote(self._award, self._name, self._number, choices))
        except RoadshowError as refusal:
            return [refusal] * len(choices)
        except Exception:
            # These voters hear that it failed; everybody else's votes go on.
            log.exception("A batch of audience votes failed")
            return [RoadshowError("internal")] * len(choices)
