"""Any course of questions to a jury, on both stores at once: hypothesis looks for one in which somebody has two votes,
or none of their own, or learns of votes too early, or the stores, the ledger and whoever reads it differ.
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
from roadshow.ids import AwardId, CommandId, CompetitionId, CriterionId, PersonId, PollId, ProjectId, RoomId
from roadshow.moments import Duration
from roadshow.store.connection import connect
from roadshow.store.fence import Fence
from roadshow.store.keys import Keys
from roadshow.voting.acts import CloseCount
from roadshow.voting.ledger.signing import Signer
from roadshow.voting.memory_store import MemoryVoteStore
from roadshow.voting.ports import VoteStore
from roadshow.voting.questions.acts import CastingVote, PutQuestion, QuestionAct, Vote
from roadshow.voting.redis_store import RedisVoteStore
from roadshow.voting.service import Nobody, VotingService
from roadshow.voting.spec import Award, Criterion, PollSpec, RuleSet
from roadshow.voting.tally import PollState
from roadshow.voting.votes import Cast
from tests.clocks import HandClock
from tests.contract.sealing import BOXES, with_sealed_ballots
from tests.contract.three_counts import assert_counts_agree, assert_recount_agrees

T = TypeVar("T")
EXAMPLES, STEPS = 12, 25
ROOM = RoomId("robotics")
PROJECTS = tuple(map(ProjectId, ("arm", "leg", "eye")))
CHAIR, LIN, MEI = JUDGES = tuple(map(PersonId, ("chair", "lin", "mei")))
DEPUTY, ONE = map(PersonId, ("deputy", "organiser-1"))
BEST = AwardId("best-team")
IMPACT = CriterionId("impact")
KEYS = Keys(CompetitionId("asked"))

people = st.sampled_from((*JUDGES, DEPUTY, ONE))
choices = st.sampled_from((*PROJECTS, ProjectId("")))
groups = st.sampled_from([PROJECTS[:2], PROJECTS, PROJECTS[1:], PROJECTS[:1], (PROJECTS[0], PROJECTS[2])])
back = st.integers(0, 4)
"""Entries from the last: what may be a question, and what may not."""
_numbers = count()
Doing = Callable[[VotingService, VoteStore], Awaitable[object]]


class AskedJury(RuleBasedStateMachine):
    url: str
    """Of the store."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()

    @initialize(
        recused=st.sampled_from([(), ((CHAIR, PROJECTS[0]),), ((LIN, PROJECTS[0]),), ((DEPUTY, PROJECTS[0]),)]),
        quorum=st.integers(1, 3),
        scores=st.sampled_from([(5, 5, 5), (5, 5, 1), (9, 5, 5), (9, 5, 1)]),
        one_award=st.booleans(),
        sealed=st.booleans(),
    )
    def begin(
        self,
        recused: tuple[tuple[PersonId, ProjectId], ...],
        quorum: int,
        scores: tuple[int, ...],
        one_award: bool,
        sealed: bool,
    ) -> None:
        self.clock = HandClock()
        rules = RuleSet(
            "mean",
            1,
            ("jury", "chair", "shared"),
            "exact",
            2,
            awards=(Award(BEST, "jury"),),
            one_award=one_award,
            vote_quorum=quorum,
        )
        self.spec = PollSpec(
            poll=PollId(f"poll-{next(_numbers)}"),
            projects=PROJECTS,
            judges=JUDGES,
            chair=CHAIR,
            recused=recused,
            criteria=(Criterion(IMPACT, 1, 10),),
            rules=rules,
            deputy=DEPUTY,
            procedure=2,
        )
        if sealed:
            self.spec = with_sealed_ballots(self.spec)
        signer = Signer(Ed25519PrivateKey.generate())
        connected = self.do(self.stack.enter_async_context(connect(self.url)))
        redis = RedisVoteStore(connected, KEYS, Fence(KEYS, self.clock), BOXES)
        self.stores: tuple[VoteStore, ...] = (MemoryVoteStore(self.clock, BOXES), redis)
        self.services = [
            VotingService(store, signer, {ROOM: self.spec}, Nobody(), boxes=BOXES) for store in self.stores
        ]
        for service in self.services:
            self.do(self.counted(service, scores))

    async def counted(self, service: VotingService, scores: tuple[int, ...]) -> None:
        await service.prepare()
        for score, project in zip(scores, PROJECTS, strict=True):
            await service.open_window(ROOM, project, None)
            await service.cast(ROOM, MEI, Cast(self.command(), project, {IMPACT: score}, 0))
            await service.close_window(ROOM, project)
        await service.act(ROOM, CHAIR, CloseCount(1), self.command())

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

        async def heard(service: VotingService, store: VoteStore) -> str:
            try:
                await doing(service, store)
            except RoadshowError as refusal:
                return refusal.code
            return "done"

        told = [self.do(heard(*pair)) for pair in zip(self.services, self.stores, strict=True)]
        assert told[0] == told[1]
        return told[0]

    def state(self) -> PollState:
        return self.do(self.stores[0].read(self.spec.poll))

    def raw(self, by: PersonId, act: QuestionAct) -> str:
        command = self.command()
        return self.both(lambda _, store: store.question(self.spec.poll, by, act, command))

    def voted(self, by: PersonId, vote: Vote) -> str:
        """Past the service, but where it has to seal the vote."""
        if not self.spec.sealed:
            return self.raw(by, vote)
        command = self.command()
        return self.both(lambda service, _: service.questions.vote(ROOM, by, vote, command))

    @rule(by=people, projects=groups, award=st.sampled_from([None, BEST]))
    def put(self, by: PersonId, projects: tuple[ProjectId, ...], award: AwardId | None) -> None:
        command, minute = self.command(), Duration.minutes(1)
        told = self.both(lambda service, _: service.questions.put(ROOM, by, award, projects, minute, command))
        if told == "done":
            assert by not in (LIN, MEI)
            assert all((by, one) not in self.spec.recused for one in projects)

    @rule(by=people, projects=groups, jury=st.lists(people, unique=True, max_size=3))
    def put_past_the_service(self, by: PersonId, projects: tuple[ProjectId, ...], jury: list[PersonId]) -> None:
        """The store asks for itself who may vote."""
        told = self.raw(by, PutQuestion(None, projects, tuple(jury), Duration.minutes(1)))
        free = {judge for judge in JUDGES if all((judge, one) not in self.spec.recused for one in projects)}
        assert told != "done" or set(jury) == free

    @rule(by=people, number=back, choice=choices)
    def vote(self, by: PersonId, number: int, choice: ProjectId) -> None:
        before = self.state()
        told = self.voted(by, Vote(before.sequence - number, choice))
        if told == "done":
            assert before.asking is not None
            question = before.tally.questions[-1]
            assert by in JUDGES
            assert by not in {vote.judge for vote in question.votes}
            assert all((by, one) not in self.spec.recused for one in question.projects)

    @rule(by=people, choice=choices)
    def vote_now(self, by: PersonId, choice: ProjectId) -> None:
        asking = self.state().asking
        if asking is not None:
            self.voted(by, Vote(asking.question, choice))

    @rule(by=people, newest=st.booleans(), choice=choices)
    def casting(self, by: PersonId, newest: bool, choice: ProjectId) -> None:
        questions = self.state().tally.questions
        number = questions[-1 if newest else 0].sequence if questions else 3
        command = self.command()
        told = self.both(lambda service, _: service.questions.cast(ROOM, by, number, choice, "Because.", command))
        if told == "done":
            assert by in (CHAIR, DEPUTY, ONE)
            (asked,) = (one for one in questions if one.sequence == number)
            assert choice in asked.foremost()
            assert asked.casting is None

    @rule(by=people, choice=choices)
    def casting_past_the_service(self, by: PersonId, choice: ProjectId) -> None:
        if self.spec.sealed:
            return
        questions = self.state().tally.questions
        told = self.raw(by, CastingVote(questions[-1].sequence if questions else 3, choice, "Because."))
        if told == "done":
            assert choice in questions[-1].foremost()
            assert questions[-1].casting is None

    @rule(order=st.permutations(PROJECTS), size=st.integers(2, 3))
    def settle(self, order: list[ProjectId], size: int) -> None:
        command = self.command()
        before = self.state()
        told = self.both(lambda service, _: service.settle(ROOM, CHAIR, tuple(order[:size]), "Because.", command))
        if told == "done":
            same = [
                one for one in before.tally.questions if one.award is None and set(one.projects) == set(order[:size])
            ]
            assert any(not one.is_held(self.spec.rules.vote_quorum) for one in same), "past the jury"

    @rule()
    def confirm(self) -> None:
        command = self.command()
        asking = self.state().asking
        told = self.both(lambda service, _: service.confirm(ROOM, CHAIR, True, command))
        assert told != "done" or asking is None

    @rule()
    def announce(self) -> None:
        for service in self.services:
            view = self.do(service.ceremony(ROOM))
            while view.state != "sealed" and view.state != "revealed":
                view = self.do(service.reveal_next(ROOM, ONE, len(view.announced), self.command()))

    @rule(seconds=st.sampled_from([1, 59, 61]))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(Duration.seconds(seconds))

    @invariant()
    def all_agree_and_nothing_is_told_early(self) -> None:
        for store in self.stores:
            self.do(assert_counts_agree(store, self.spec, self.spec.poll))
        views = [self.do(service.views(ROOM)) for service in self.services]
        assert views[0].questions() == views[1].questions()
        assert views[0].review().ties == views[1].review().ties
        newest = views[0].questions().newest
        if newest is not None and newest.state == "open":
            assert (views[0].review().ties, views[0].review().ready) == ((), False)
            assert len(newest.voted) < len(newest.jury)


def test_whatever_is_asked_of_a_jury(store_url: str, valkey: Redis) -> None:
    """Two stores, the ledger, and who reads it without either: all agree at any time."""
    AskedJury.url = store_url
    run_state_machine_as_test(
        AskedJury,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        ),
    )
