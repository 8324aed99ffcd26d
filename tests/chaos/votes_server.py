"""A server without a web, to be killed: voting and the embedded store put together as in roadshow.app, judges and
control in the same process, and failpoints. Whatever a judge sends or is told goes into a pipe first, which outlives
the process."""

import asyncio
import logging
import os
import random
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace
from redis.asyncio import UnixDomainSocketConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from typing_extensions import override

from roadshow.errors import Conflict, SetupError, Unavailable
from roadshow.ids import CommandId, CompetitionId, CriterionId, PanelId, PersonId, PollId, ProjectId, RoomId
from roadshow.moments import encode_moment
from roadshow.store.connection import Store
from roadshow.store.durable_lines import DurableLines
from roadshow.store.embedded import EmbeddedStore
from roadshow.store.keys import Keys
from roadshow.store.redis_pool import socket_client
from roadshow.voting.acts import Act, AskReopening, CloseCount, Penalise, Reopen
from roadshow.voting.boxes.boxes import Boxes
from roadshow.voting.boxes.keeping import box_key
from roadshow.voting.carried.terms import Came, Line, Source, Taken, Terms
from roadshow.voting.key_file import load_signer
from roadshow.voting.ledger.signing import Signer
from roadshow.voting.ports import VoteStore
from roadshow.voting.redis_store import RedisVoteStore
from roadshow.voting.review import ReviewView
from roadshow.voting.seals.heads import HeadFile, heads_path
from roadshow.voting.seals.requests import Asked
from roadshow.voting.service import VotingService
from roadshow.voting.spec import Criterion, Panel, PollSpec, RuleSet
from roadshow.voting.tally import Count, LedgerEntry, PollState
from roadshow.voting.votes import Cast

ROOM = RoomId("robotics")
PROJECTS = tuple(map(ProjectId, ("arm", "leg")))
JUDGES = tuple(PersonId(f"judge-{number}") for number in range(4))
CHAIR = JUDGES[0]
ORGANISER = PersonId("organiser")
EXPERTS, INVESTORS = PanelId("experts"), PanelId("investors")
IMPACT = CriterionId("impact")
COMPETITION = CompetitionId("chaos")
SIGNING_KEY = "signing.key"
"""In the data folder; the ballots' own key lies beside it."""
LINES = tuple(Line(project, place, f"{90 - 10 * place}.00") for place, project in enumerate(PROJECTS, start=1))
SPEC = PollSpec(
    poll=PollId("robotics"),
    projects=PROJECTS,
    judges=JUDGES,
    chair=JUDGES[0],
    recused=(),
    criteria=(Criterion(IMPACT, 1, 10),),
    rules=RuleSet(
        estimator="mean",
        quorum=1,
        tie_chain=("shared",),
        rank_on="exact",
        places=3,
        panels=(Panel(EXPERTS, 60), Panel(INVESTORS, 40)),
    ),
    seats=tuple(zip(JUDGES, (EXPERTS, EXPERTS, INVESTORS, INVESTORS), strict=True)),
    carried=Terms(
        (Source(PollId("before"), "k" * 43, Taken(PollId("before"), 1, 9, "a" * 64, "b" * 64, "80.00"), LINES),),
        tuple(Came(project, PollId("before"), project) for project in PROJECTS),
        weight=40,
    ),
    procedure=2,
)
"""Its first window also fixes what is carried: a kill in between leaves one without the other."""
FAILPOINTS = (
    "before sending",
    "half sent",
    "sent",
    "half answered",
    "asked",
    "signing",
    "before telling",
    "told",
    "closing",
    "counting",
    "store starting",
)
"""Each passed several times in a round. ``store starting`` is passed when a left-over store was ended, too."""
LAST_COUNT = 2
"""The first is opened again: the chair asks, an organiser signs."""
BALLOTS = 8
"""Of each tab in a round."""
TABS = 2
"""Of each judge, who know nothing of one another."""
RETRY_AFTER = 0.02
"""Seconds until a judge sends again what may succeed later."""
Everything = tuple[tuple[LedgerEntry, ...], PollState, dict[int, str]]
"""A poll's ledger, the state the store keeps beside it, and the signatures."""


@dataclass(frozen=True)
class Plan:
    """One round: a server's life."""

    data: Path
    seed: str
    outbox: list[tuple[PersonId, Cast]]
    """Maybes of the rounds before: the desks' outboxes, which survive everything."""
    sealed: bool = False
    """Whether the store may not read the scores."""
    counting: bool = False
    """Whether all windows are closed for good, and the count closed, opened again and closed, while judges and chair go
    on as if nothing were."""
    failpoint: str | None = None
    passes: int = 0
    """The failpoint acts when it is passed for this time."""
    victim: str = "server"
    """``server``, ``store`` or ``both``."""
    again: list[tuple[PersonId, Cast]] = field(default_factory=list)
    """The last round: everything that was ever acknowledged, to be sent again."""
    dump: Path | None = None
    """The last round: where ledger and state are left."""


@dataclass
class Failpoints:
    plan: Plan
    told: Connection
    store_pid: int = 0
    passed: int = 0

    def reached(self, name: str) -> bool:
        """Whether it is time to die here."""
        if name != self.plan.failpoint:
            return False
        self.passed += 1
        return self.passed == self.plan.passes

    def die(self) -> None:
        self.told.send_bytes(msgspec.json.encode(("killed", 1 + (self.plan.victim == "both"))))
        if self.plan.victim != "server":
            with suppress(ProcessLookupError):
                os.kill(self.store_pid, signal.SIGKILL)
        if self.plan.victim != "store":
            os.kill(os.getpid(), signal.SIGKILL)

    def at(self, name: str) -> None:
        if self.reached(name):
            self.die()


class _Hooked(UnixDomainSocketConnection):
    """A lane's connection that may die in the middle of a word."""

    def __init__(self, path: Path, failpoints: Failpoints) -> None:
        super().__init__(path=str(path), socket_timeout=None, retry=Retry(NoBackoff(), 0))
        self._failpoints = failpoints

    @override
    async def send_packed_command(self, command: Any, check_health: bool = True) -> None:
        if self.is_connected:  # not while it greets the store
            self._failpoints.at("before sending")
            if self._failpoints.reached("half sent"):
                await super().send_packed_command(command[: len(command) // 2], check_health)
                self._failpoints.die()
                command = command[len(command) // 2 :]
        await super().send_packed_command(command, check_health)
        self._failpoints.at("sent")

    @override
    async def read_response(self, *args: Any, **kwargs: Any) -> Any:
        answer = await super().read_response(*args, **kwargs)
        self._failpoints.at("half answered")
        return answer


class _HookedStore(EmbeddedStore):
    def __init__(self, data: Path, failpoints: Failpoints) -> None:
        super().__init__(data)
        self._failpoints = failpoints

    @override
    async def _until_ready(self, process: Any) -> None:
        self._failpoints.store_pid = process.pid
        self._failpoints.told.send_bytes(msgspec.json.encode(("store", process.pid)))
        self._failpoints.at("store starting")
        await super()._until_ready(process)


class _HookedSigner(Signer):
    failpoints: Failpoints

    @override
    def sign(self, data: bytes) -> str:
        self.failpoints.at("signing")
        return super().sign(data)


class _HookedHeads(HeadFile):
    def __init__(self, path: Path, failpoints: Failpoints) -> None:
        super().__init__(path)
        self._failpoints = failpoints

    @override
    async def ask(self, asked: Asked) -> None:
        await super().ask(asked)
        self._failpoints.at("asked")


class _Deaf:
    def progress_changed(self, room: RoomId) -> None: ...

    def ceremony_changed(self, room: RoomId) -> None: ...


def held(data: Path, sealed: bool) -> tuple[PollSpec, Boxes]:
    """The poll, and what opens its ballots. Their key is made where there is none yet."""
    boxes = Boxes()
    if not sealed:
        return SPEC, boxes
    key = box_key(data / SIGNING_KEY)
    key.keep()
    boxes.use(key.key)
    return replace(SPEC, sealed=boxes.mark(SPEC.poll)), boxes


@asynccontextmanager
async def _composed(plan: Plan, failpoints: Failpoints) -> AsyncIterator[tuple[VotingService, RedisVoteStore]]:
    signer = load_signer(plan.data / SIGNING_KEY)
    signer.__class__ = _HookedSigner
    _HookedSigner.failpoints = failpoints
    spec, boxes = held(plan.data, plan.sealed)
    async with _HookedStore(plan.data, failpoints) as embedded:
        lines = DurableLines(lambda: _Hooked(embedded.socket, failpoints))
        async with socket_client(embedded.socket) as redis, aclosing(lines), asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(embedded.supervise())
            votes = RedisVoteStore(Store(redis, lines), Keys(COMPETITION), boxes=boxes)
            heads = _HookedHeads(heads_path(plan.data, COMPETITION), failpoints)
            heads.load()
            voting = VotingService(votes, signer, {ROOM: spec}, _Deaf(), heads, boxes=boxes)
            yield voting, votes
            await voting.aclose()
            watching.cancel()


class _Round:
    def __init__(self, plan: Plan, failpoints: Failpoints, voting: VotingService, told: Connection) -> None:
        self.plan = plan
        self.pick = random.Random(plan.seed)
        self.failpoints = failpoints
        self.voting = voting
        self._told = told
        self._number = 0

    def say(self, *event: object) -> None:
        self._told.send_bytes(msgspec.json.encode(event, enc_hook=encode_moment))

    async def insist(self, act: Callable[[], Awaitable[object]]) -> None:
        while True:
            try:
                await act()
            except Unavailable:
                await asyncio.sleep(RETRY_AFTER)
            else:
                return

    async def send(self, judge: PersonId, cast: Cast) -> int | None:
        """Until it is answered. The newest revision there is, as far as the answer tells."""
        while True:
            self.say("sent", judge, cast)
            try:
                receipt = await self.voting.cast(ROOM, judge, cast)
            except Unavailable:
                await asyncio.sleep(RETRY_AFTER)
                continue
            except Conflict as refusal:
                self.say("refused", cast.command, refusal.code)
                stale = refusal.details.get("revision")
                return None if stale is None else int(stale)
            self.failpoints.at("before telling")
            self.say("told", receipt)
            self.failpoints.at("told")
            return receipt.revision

    async def tab(self, judge: PersonId) -> None:
        known = dict.fromkeys(PROJECTS, 0)
        for _ in range(BALLOTS):
            project = self.pick.choice(PROJECTS)
            self._number += 1
            command = CommandId(f"{self.plan.seed}-{self._number:06}")
            answer = await self.send(judge, Cast(command, project, {IMPACT: self.pick.randint(0, 10)}, known[project]))
            known[project] = known[project] if answer is None else answer
            await asyncio.sleep(0)

    async def control(self) -> None:
        for _ in range(2):
            project = self.pick.choice(PROJECTS)
            await asyncio.sleep(self.pick.random() * 0.01)
            await self.insist(partial(self.voting.close_window, ROOM, project))
            self.failpoints.at("closing")
            await self.insist(partial(self.voting.open_window, ROOM, project, None))
            await self.penalise(project)

    async def penalise(self, project: ProjectId) -> None:
        self._number += 1
        command = CommandId(f"{self.plan.seed}-{self._number:06}")
        await self.act(CHAIR, Penalise(project, self.pick.randint(0, 99), "time"), command)

    async def act(self, by: PersonId, act: Act, command: CommandId) -> None:
        """Until it is answered."""
        try:
            await self.insist(partial(self.voting.act, ROOM, by, act, command))
        except Conflict as refusal:
            self.say("act refused", command, refusal.code)
        else:
            self.say("acted", command)

    async def chair(self) -> None:
        for _ in range(BALLOTS):
            await self.penalise(self.pick.choice(PROJECTS))
            await asyncio.sleep(self.pick.random() * 0.01)

    async def count(self) -> None:
        """Each act has the same name in every life: one whose answer was lost is sent again."""
        for project in PROJECTS:
            await self.insist(partial(self.voting.close_window, ROOM, project))
        while True:
            review = await self.reviewed()
            if review.count == Count(LAST_COUNT, closed=True):
                return
            by, name, act = _next(review)
            await self.act(by, act, CommandId(f"{name}-count-{review.count.number}"))
            self.failpoints.at("counting")
            await asyncio.sleep(self.pick.random() * 0.01)

    async def reviewed(self) -> ReviewView:
        while True:
            with suppress(Unavailable):
                return (await self.voting.views(ROOM)).review()
            await asyncio.sleep(RETRY_AFTER)

    async def run(self) -> None:
        await self.insist(self.voting.prepare)
        for project in () if self.plan.counting else PROJECTS:
            await self.insist(partial(self.voting.open_window, ROOM, project, None))
        async with asyncio.TaskGroup() as tasks:
            if self.plan.counting:
                tasks.create_task(self.count())
            for judge, cast in [*self.plan.outbox, *self.plan.again]:
                tasks.create_task(self.send(judge, cast))
            if self.plan.dump is None:
                tasks.create_task(self.chair() if self.plan.counting else self.control())
                for judge in JUDGES * TABS:
                    tasks.create_task(self.tab(judge))


def _next(review: ReviewView) -> tuple[PersonId, str, Act]:
    """What is done about the count, by whom."""
    if not review.count.closed:
        return CHAIR, "close", CloseCount(review.count.number)
    if review.asked is None:
        return CHAIR, "ask", AskReopening(review.count.number, "a clerk's error")
    return ORGANISER, "reopen", Reopen(review.asked.sequence)


async def _serve(plan: Plan, told: Connection) -> None:
    failpoints = Failpoints(plan, told)
    async with _composed(plan, failpoints) as (voting, votes):
        await _Round(plan, failpoints, voting, told).run()
        if plan.dump is not None:
            await voting.aclose()
            everything = await read_all(votes, SPEC.poll)
            plan.dump.write_bytes(msgspec.json.encode(everything, enc_hook=encode_moment))


async def read_all(votes: VoteStore, poll: PollId) -> Everything:
    state = await votes.read(poll)
    return await votes.ledger(poll, 0, state.sequence), state, await votes.seals(poll)


def serve(plan: Plan, told: Connection) -> None:
    """The body of a process. A store that does not start ends it, as it ends a server."""
    logging.disable()  # what it would say about its store is what is being done to it
    with suppress(SetupError):
        asyncio.run(_serve(plan, told))
