"""Any course of the time after a podium, on both stores at once: hypothesis looks for one by which a place moves that
should not, or by which the stores, the ledger and whoever reads it differ.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from itertools import count
from typing import Any, TypeVar

import hypothesis.strategies as st
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from redis.asyncio import Redis
from typing_extensions import override

from roadshow.errors import RoadshowError
from roadshow.ids import CommandId, CompetitionId, CriterionId, PersonId, PollId, ProjectId, RoomId
from roadshow.moments import Duration
from roadshow.store.connection import connect
from roadshow.store.fence import Fence
from roadshow.store.keys import Keys
from roadshow.voting.acts import CloseCount
from roadshow.voting.aftermath.acts import CATEGORIES, CHANGES, Amend, AskAmendment, Category, Change, Rule
from roadshow.voting.ledger.signing import Signer
from roadshow.voting.memory_store import MemoryVoteStore
from roadshow.voting.ports import VoteStore
from roadshow.voting.redis_store import RedisVoteStore
from roadshow.voting.service import Nobody, VotingService
from roadshow.voting.spec import Criterion, PollSpec, RuleSet
from roadshow.voting.tally import PollState
from roadshow.voting.votes import Cast
from tests.clocks import HandClock
from tests.contract.sealing import BOXES, with_sealed_ballots
from tests.contract.three_counts import assert_recount_agrees

T = TypeVar("T")
EXAMPLES, STEPS = 12, 30
ROOM = RoomId("robotics")
PROJECTS = tuple(map(ProjectId, ("arm", "leg", "eye")))
CHAIR, LIN = JUDGES = tuple(map(PersonId, ("chair", "lin")))
DEPUTY, ONE, TWO = map(PersonId, ("deputy", "organiser-1", "organiser-2"))
KEYS = Keys(CompetitionId("after"))
WORDS = "The timer was stopped a minute too early."
HOURS = 2

projects = st.sampled_from(PROJECTS)
people = st.sampled_from((CHAIR, LIN, DEPUTY, ONE, TWO))
numbers = st.integers(0, 3)
"""Of the newest entries, counted from the last: most of what may be named, and some that may not."""
_numbers = count()
Doing = Callable[[VotingService], Awaitable[object]]


class AfterThePodium(RuleBasedStateMachine):
    url: str
    """Of the store."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.was_final: tuple[object, object] | None = None
        """Who was out, and what was open, when the result was final first."""

    @initialize(recused=st.sampled_from([(), ((CHAIR, PROJECTS[2]),), ((LIN, PROJECTS[0]),)]), sealed=st.booleans())
    def begin(self, recused: tuple[tuple[PersonId, ProjectId], ...], sealed: bool) -> None:
        self.clock = HandClock()
        self.spec = PollSpec(
            poll=PollId(f"poll-{next(_numbers)}"),
            projects=PROJECTS,
            judges=JUDGES,
            chair=CHAIR,
            recused=recused,
            criteria=(Criterion(CriterionId("impact"), 1, 10),),
            rules=RuleSet("mean", 1, ("shared",), "exact", 2, objection_hours=HOURS),
            deputy=DEPUTY,
            procedure=2,
        )
        if sealed:
            self.spec = with_sealed_ballots(self.spec)
        signer = Signer(Ed25519PrivateKey.generate())
        redis = RedisVoteStore(
            self.do(self.stack.enter_async_context(connect(self.url))), KEYS, Fence(KEYS, self.clock), BOXES
        )
        self.stores: tuple[VoteStore, ...] = (MemoryVoteStore(self.clock, BOXES), redis)
        self.services = [
            VotingService(store, signer, {ROOM: self.spec}, Nobody(), boxes=BOXES) for store in self.stores
        ]
        for service in self.services:
            self.do(self.announced(service))

    async def announced(self, service: VotingService) -> None:
        await service.prepare()
        for score, project in enumerate(PROJECTS):
            judge = next(one for one in JUDGES if (one, project) not in self.spec.recused)
            await service.open_window(ROOM, project, None)
            await service.cast(ROOM, judge, Cast(self.command(), project, {CriterionId("impact"): score}, 0))
            await service.close_window(ROOM, project)
        await service.act(ROOM, CHAIR, CloseCount(1), self.command())
        await service.confirm(ROOM, CHAIR, True, self.command())
        for place in range(2):
            await service.reveal_next(ROOM, ONE, place, self.command())

    def command(self) -> CommandId:
        return CommandId(f"command-{next(_numbers):08}")

    def do(self, act: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(act)

    @override
    def teardown(self) -> None:
        for service, store in zip(self.services, self.stores, strict=True):
            self.do(assert_recount_agrees(service, store, self.spec, ROOM))
        self.do(self.stack.aclose())
        self.runner.close()

    def both(self, doing: Doing) -> str:
        """On either store; what whoever asked hears."""

        async def heard(service: VotingService) -> str:
            try:
                await doing(service)
            except RoadshowError as refusal:
                return refusal.code
            return "done"

        told = [self.do(heard(service)) for service in self.services]
        assert told[0] == told[1]
        return told[0]

    def state(self) -> PollState:
        return self.do(self.stores[0].read(self.spec.poll))

    def named(self, back: int) -> int:
        return self.state().sequence - back

    @rule(project=projects, category=st.sampled_from(CATEGORIES))
    def object(self, project: ProjectId, category: Category) -> None:
        command = self.command()
        told = self.both(
            lambda service: service.aftermath.object(ROOM, PersonId("founder"), project, category, WORDS, command)
        )
        assert told in ("done", "result.final", "objection.too_many")

    @rule(by=people, back=numbers, upheld=st.booleans())
    def rule_on(self, by: PersonId, back: int, upheld: bool) -> None:
        command, number = self.command(), self.named(back)
        told = self.both(lambda service: service.aftermath.act(ROOM, by, Rule(number, upheld, "Because."), command))
        assert told != "done" or by != LIN

    @rule(by=people, back=st.none() | numbers, project=projects, change=st.sampled_from(CHANGES))
    def ask(self, by: PersonId, back: int | None, project: ProjectId, change: Change) -> None:
        command = self.command()
        request = AskAmendment(project, change, "Because.", None if back is None else self.named(back))
        before = self.state().tally.aftermath.out
        told = self.both(lambda service: service.aftermath.act(ROOM, by, request, command))
        assert told != "done" or all((by, one) not in self.spec.recused for one in PROJECTS)
        assert self.state().tally.aftermath.out == before, "one person moves nothing"

    @rule(by=people, back=numbers)
    def amend(self, by: PersonId, back: int) -> None:
        command, number = self.command(), self.named(back)
        request = self.state().tally.aftermath.request
        told = self.both(lambda service: service.aftermath.act(ROOM, by, Amend(number), command))
        if told == "done":
            assert request is not None
            assert request.by != by
            assert by not in (CHAIR, LIN)

    @rule(minutes=st.sampled_from([1, 59, 61, 119]))
    def time_passes(self, minutes: int) -> None:
        self.clock.advance(Duration.minutes(minutes))

    @invariant()
    def final_is_final(self) -> None:
        """And until then, whoever is not out stands in the order in which they were announced."""
        views = [self.do(service.views(ROOM)) for service in self.services]
        told = [one.aftermath(self.clock.now()) for one in views]
        assert told[0] == told[1]
        published = views[0].published()
        there = [line.project for line in published.standings if line.place is not None]
        announced = [line.project for line in published.announced or published.standings]
        assert there == [project for project in announced if project not in views[0].out]
        assert [line.place for line in published.standings][: len(there)] == list(range(1, len(there) + 1))
        if told[0].stands == "final":
            now = (views[0].out, told[0].objections)
            assert self.was_final in (None, now)
            self.was_final = now
        else:
            assert self.was_final is None


def test_whatever_happens_after_a_podium(store_url: str, valkey: Redis) -> None:
    """Two stores, the ledger, and who reads it without either: all agree at any time."""
    AfterThePodium.url = store_url
    run_state_machine_as_test(
        AfterThePodium,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        ),
    )
