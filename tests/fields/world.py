"""A whole field on stores in memory that answer late, as a test decides, and the acts of everybody in it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from itertools import chain, repeat
from types import SimpleNamespace
from typing import Any, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from roadshow.errors import RoadshowError
from roadshow.fields.field import LiveField
from roadshow.ids import CommandId, CriterionId, PersonId, PollId, ProjectId, SlotId
from roadshow.moments import Duration
from roadshow.rooms import commands as room
from roadshow.rooms.memory_store import MemoryJournal
from roadshow.rooms.phases import EndPolicy, RoomPlan, StageMode
from roadshow.rooms.runner import RoomRunner
from roadshow.voting import acts
from roadshow.voting.audience.memory_store import MemoryAudienceStore
from roadshow.voting.audience.service import AudienceAward, AwardPlan
from roadshow.voting.grounds import Grounds
from roadshow.voting.ledger.signing import Signer
from roadshow.voting.memory_store import MemoryVoteStore
from roadshow.voting.service import Nobody, VotingService
from roadshow.voting.spec import Criterion, PollSpec, RuleSet
from roadshow.voting.votes import Cast
from tests.core.rooms.fakes import ManualClock
from tests.core.rooms.plans import NOON, ROOM, times

A, B = ProjectId("atlas"), ProjectId("borealis")
JUDGE, OTHER, CHAIR, ORGANISER = (PersonId(name) for name in ("judge", "other", "chair", "organiser"))
SPEC = PollSpec(
    PollId(ROOM),
    (A, B),
    (JUDGE, OTHER),
    CHAIR,
    (),
    (Criterion(CriterionId("team"), 1, 10),),
    RuleSet("mean", 1, ("re-vote", "chair", "shared"), "exact", 3),
    procedure=2,
)
PLAN = RoomPlan(ROOM, (A, B), times(EndPolicy.WARN, EndPolicy.WARN, EndPolicy.WARN), NOON)
SIGNER = Signer(Ed25519PrivateKey.generate())

ASKED = 11
"""The number of the ledger entry that asks for another count, where one does below: eight of the slots, the count, the
confirmation before it."""

Act = Callable[[LiveField], Awaitable[object]]


class Pace:
    """How many turns of the loop each call of a store takes, before and after it does what it does."""

    def __init__(self) -> None:
        self._waits: Iterator[int] = repeat(0)

    def be(self, waits: list[int]) -> None:
        self._waits = chain(waits, repeat(0))

    async def wait(self) -> None:
        for _ in range(next(self._waits)):
            await asyncio.sleep(0)


class Slow:
    """A store whose answers take their time."""

    def __init__(self, store: object, pace: Pace) -> None:
        self._store = store
        self._pace = pace

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)

        async def slowly(*args: Any, **options: Any) -> Any:
            await self._pace.wait()
            try:
                return await method(*args, **options)
            finally:
                await self._pace.wait()

        return slowly


@asynccontextmanager
async def live_field(pace: Pace) -> AsyncIterator[LiveField]:
    clock = ManualClock()
    voting = VotingService(cast("Any", Slow(MemoryVoteStore(clock), pace)), SIGNER, {ROOM: SPEC}, Nobody())
    await voting.prepare()
    award = AudienceAward(
        cast("Any", Slow(MemoryAudienceStore(clock), pace)), {ROOM: AwardPlan(SPEC.poll, SPEC.projects)}
    )
    runner = await RoomRunner.load(
        PLAN,
        clock=clock,
        journal=cast("Any", Slow(MemoryJournal(clock), pace)),
        polls=voting,
        relay=cast("Any", SimpleNamespace(show=lambda *_: None)),
        followers=cast("Any", SimpleNamespace(publish=lambda *_: None)),
    )
    field = LiveField(runner, voting, award)
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(one.run()) for one in (runner, field)]
        yield field
        for task in running:
            task.cancel()


def command(name: str) -> CommandId:
    return CommandId(f"{name}-0001")


def control(what: room.Control | room.SelectStage) -> Act:
    return lambda field: field.control(what)


def ballot(judge: PersonId, project: ProjectId, score: int, revision: int = 0) -> Act:
    cast_ = Cast(command(f"ballot-{judge}-{project}-{revision}"), project, {CriterionId("team"): score}, revision)
    return lambda field: field.voting.cast(field.id, judge, cast_)


def late(judge: PersonId, project: ProjectId, score: int) -> Act:
    cast_ = Cast(command(f"late-{judge}-{project}"), project, {CriterionId("team"): score}, 1)
    return lambda field: field.voting.cast_late(field.id, judge, cast_)


def ruling(name: str, by: PersonId, act: acts.Act) -> Act:
    return lambda field: field.act(by, act, command(name))


def confirm(name: str = "confirm") -> Act:
    return lambda field: field.confirm(CHAIR, True, command(name))


def close_count(name: str = "counted") -> Act:
    return ruling(name, CHAIR, acts.CloseCount(1))


def reopen(name: str) -> Act:
    """Sign the request of the situations below."""
    return ruling(name, ORGANISER, acts.Reopen(ASKED))


ACTS: dict[str, Act] = {
    "start": control(room.Start()),
    "next": control(room.Next()),
    "back": control(room.Back()),
    "pause": control(room.Pause()),
    "resume": control(room.Resume()),
    "add time": control(room.AddTime(by=Duration.seconds(30))),
    "skip first": control(room.Skip(slot=SlotId(A))),
    "skip last": control(room.Skip(slot=SlotId(B))),
    "defer first": control(room.Defer(slot=SlotId(A))),
    "defer last": control(room.Defer(slot=SlotId(B))),
    "empty stage": control(room.SelectStage(mode=StageMode.EMPTY)),
    "ballot": ballot(JUDGE, A, 7, 1),
    "first ballot": ballot(OTHER, B, 5),
    "late ballot": late(JUDGE, A, 9),
    "abstain": lambda field: field.voting.abstain(
        field.id, OTHER, Cast(command("abstain"), A, {}, 1), Grounds("missed", "Missed half of it.")
    ),
    "recuse": lambda field: field.voting.recuse(field.id, OTHER, A, Grounds("close", "A cousin."), command("recuse")),
    "void": ruling("void", CHAIR, acts.Void(JUDGE, A, "A reason.")),
    "penalty": ruling("penalty", ORGANISER, acts.Penalise(A, 100, "Over time.")),
    "no penalty": ruling("no-penalty", CHAIR, acts.Penalise(A, 0, "A mistake.")),
    "confirm": confirm(),
    "settle": lambda field: field.settle(CHAIR, (B, A), "The better team.", command("settle")),
    "re-vote": lambda field: field.revote(CHAIR, (A, B), "Level.", None, command("revote")),
    "close re-vote": lambda field: field.voting.close_revote(field.id, CHAIR),
    "close count": ruling("close-count", CHAIR, acts.CloseCount(1)),
    "ask": ruling("ask", CHAIR, acts.AskReopening(1, "A late finding.")),
    "reopen": reopen("reopen"),
    "reveal": lambda field: field.voting.reveal_next(field.id, ORGANISER, 0, command("reveal")),
    "open award": lambda field: field.award.open(field.id, None, command("award")),
}

SKIPPED = (control(room.Skip(slot=SlotId(A))), control(room.Skip(slot=SlotId(B))))


def _slot(judge: int, other: int, project: ProjectId) -> tuple[Act, ...]:
    start, on = control(room.Start()), control(room.Next())
    return (start, on, on, ballot(JUDGE, project, judge), ballot(OTHER, project, other), on)


_ON = control(room.Next())
_FIRST = _slot(8, 6, A)
_OVER = (*_FIRST, _ON, *_slot(6, 4, B))
_ASKED = ruling("asked", CHAIR, acts.AskReopening(1, "A late finding."))
_LEVEL = (*_FIRST, _ON, *_slot(8, 6, B))

SITUATIONS: dict[str, tuple[Act, ...]] = {
    "before": (),
    "pitch": _FIRST[:1],
    "questions": _FIRST[:2],
    "voting": _FIRST[:4],
    "between": _FIRST,
    "nobody pitched": SKIPPED,
    "over": _OVER,
    "last skipped": (*_FIRST, control(room.Skip(slot=SlotId(B)))),
    "level": _LEVEL,
    "counted": (*_OVER, close_count()),
    "level and counted": (*_LEVEL, close_count()),
    "confirmed": (*_OVER, close_count(), confirm("before")),
    "asked": (*_OVER, close_count(), confirm("before"), _ASKED),
    "taken back": (*_OVER, close_count(), confirm("before"), _ASKED, reopen("back")),
}


async def outcome(field: LiveField, act: Act) -> str:
    """What whoever asked hears."""
    try:
        await act(field)
    except RoadshowError as refusal:
        return refusal.code
    return "done"


async def standing(field: LiveField) -> tuple[object, ...]:
    """All that a field has come to; without hashes, which tell the order of things that do not depend on it."""
    now = field.room.snapshot()
    poll = await field.voting._store.read(SPEC.poll)
    return (
        (now.session, now.rundown, now.stage.mode),
        (poll.state, poll.announced, poll.version, poll.tally.count, poll.tally.asked is None),
        (sorted((one.project, one.round, one.open) for one in poll.windows)),
        sorted((one.ballot.judge, one.ballot.project, one.ballot.revision) for one in poll.tally.ballots),
        (poll.tally.settled, poll.tally.set_aside, poll.tally.penalties, len(poll.tally.revotes), len(poll.tally.late)),
        (await field.award.view(field.id)).state,
    )
