"""Any course of ballots by paper among those that judges send, on both stores at once, beside a model of one page that
knows neither: for each judge and project which ballot counts, and which waits for whom.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
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
from roadshow.voting.acts import AcceptLate, CloseCount, RejectLate, Void
from roadshow.voting.ledger.signing import Signer
from roadshow.voting.memory_store import MemoryVoteStore
from roadshow.voting.paper.acts import CLAIMS, FAULTS, Claim, Fault
from roadshow.voting.ports import VoteStore
from roadshow.voting.redis_store import RedisVoteStore
from roadshow.voting.service import Nobody, VotingService
from roadshow.voting.spec import Criterion, PollSpec, RuleSet
from roadshow.voting.tally import PollState
from roadshow.voting.votes import Cast
from tests.clocks import HandClock
from tests.contract.three_counts import assert_counts_agree

T = TypeVar("T")
EXAMPLES, STEPS = 12, 30
ROOM = RoomId("robotics")
PROJECTS = (ARM,) = (ProjectId("arm"),)
CHAIR, LIN = JUDGES = tuple(map(PersonId, ("chair", "lin")))
KIM, PAT = CLERKS = tuple(map(PersonId, ("clerk", "clerk-2")))
ORGANISER = PersonId("organiser")
IMPACT = CriterionId("impact")
KEYS = Keys(CompetitionId("paper"))
MINUTES = 5

judges = st.sampled_from(JUDGES)
people = st.sampled_from((*JUDGES, *CLERKS, ORGANISER))
scores = st.integers(1, 3)
_numbers = count()
Doing = Callable[[VotingService], Awaitable[object]]


@dataclass
class Seat:
    """What docs/voting.md says of one judge's ballot for one project."""

    counts: int | None = None
    """The score, whoever brought it."""
    on_paper: bool = False
    """What counts came on paper."""
    own: int = 0
    """How often the judge has sent something."""
    typed: tuple[int, PersonId, bool] | None = None
    """A card that waits to be confirmed: its score, who typed it, whether it was late."""
    for_chair: tuple[int, bool] | None = None
    """A ballot that waits for the chair: its score, and whether it came on paper."""
    used: bool = False


class OnPaper(RuleBasedStateMachine):
    url: str
    """Of the store."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.seats = {judge: Seat() for judge in JUDGES}
        self.closed = False

    @initialize()
    def begin(self) -> None:
        self.clock = HandClock()
        self.spec = PollSpec(
            poll=PollId(f"poll-{next(_numbers)}"),
            projects=PROJECTS,
            judges=JUDGES,
            chair=CHAIR,
            recused=(),
            criteria=(Criterion(IMPACT, 1, 10),),
            rules=RuleSet("mean", 1, ("shared",), "exact", 2),
            procedure=2,
            clerks=CLERKS,
        )
        signer = Signer(Ed25519PrivateKey.generate())
        redis = RedisVoteStore(
            self.do(self.stack.enter_async_context(connect(self.url))), KEYS, Fence(KEYS, self.clock)
        )
        self.stores: tuple[VoteStore, ...] = (MemoryVoteStore(self.clock), redis)
        self.services = [VotingService(store, signer, {ROOM: self.spec}, Nobody()) for store in self.stores]
        for service in self.services:
            self.do(service.prepare())
        self.open()

    def do(self, act: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(act)

    @override
    def teardown(self) -> None:
        for store in self.stores:
            self.do(assert_counts_agree(store, self.spec, self.spec.poll))
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

        first, second = (self.do(heard(service)) for service in self.services)
        assert first == second
        return first

    def command(self) -> CommandId:
        return CommandId(f"command-{next(_numbers):08}")

    def state(self) -> PollState:
        return self.do(self.stores[0].read(self.spec.poll))

    def is_open(self) -> bool:
        return any(window.open for window in self.state().windows)

    def code(self, judge: PersonId) -> str:
        return self.services[0].paper.printed(ROOM)[judge, ARM]

    def number(self, judge: PersonId) -> int:
        """Of the entry that typed the card in force; 0: there is none."""
        return next((card.typed.sequence for card in self.state().tally.cards if card.pair == (judge, ARM)), 0)

    # Windows and time -----------------------------------------------------------------------------------------------

    @rule()
    def open(self) -> None:
        self.both(lambda service: service.open_window(ROOM, ARM, Duration.minutes(MINUTES)))

    @rule()
    def close(self) -> None:
        self.both(lambda service: service.close_window(ROOM, ARM))

    @rule(minutes=st.integers(1, MINUTES))
    def time_passes(self, minutes: int) -> None:
        self.clock.advance(Duration.minutes(minutes))

    @rule()
    def close_count(self) -> None:
        heard = self.both(lambda service: service.act(ROOM, CHAIR, CloseCount(1), command))
        if heard == "done":
            assert not any(seat.typed or seat.for_chair for seat in self.seats.values())
            self.closed = True

    # Paper ----------------------------------------------------------------------------------------------------------

    @rule(by=people, judge=judges, score=scores)
    def type_in(self, by: PersonId, judge: PersonId, score: int) -> None:
        command, seat, code, late = self.command(), self.seats[judge], self.code(judge), not self.is_open()
        heard = self.both(lambda service: service.paper.type_in(ROOM, by, code, {IMPACT: score}, command))
        if heard == "done":
            assert by in CLERKS
            assert not (seat.own)
            assert not (seat.used)
            assert not (seat.typed)
            assert not (self.closed)
            seat.typed = (score, by, late)
        else:
            assert by not in CLERKS or self.closed or seat.own or seat.used or seat.typed or heard in OTHERWISE

    @rule(by=people, judge=judges, score=scores, same=st.booleans())
    def confirm(self, by: PersonId, judge: PersonId, score: int, same: bool) -> None:
        command, seat, code = self.command(), self.seats[judge], self.code(judge)
        score = seat.typed[0] if same and seat.typed is not None else score
        heard = self.both(lambda service: service.paper.confirm(ROOM, by, code, {IMPACT: score}, command))
        if heard != "done":
            assert (
                seat.typed is None
                or by in (seat.typed[1], *JUDGES)
                or score != seat.typed[0]
                or heard in ("ballot.void", "count.closed")
            )
            return
        assert seat.typed is not None
        assert by != seat.typed[1]
        assert by not in JUDGES
        assert score == seat.typed[0]
        if seat.typed[2]:
            seat.for_chair = (score, True)
        else:
            seat.counts, seat.on_paper = score, True
        seat.typed, seat.used = None, True

    @rule(by=people, judge=judges, fault=st.sampled_from(FAULTS))
    def reject(self, by: PersonId, judge: PersonId, fault: Fault) -> None:
        command, number = self.command(), self.number(judge)
        heard = self.both(lambda service: service.paper.reject(ROOM, by, number, fault, command))
        if heard == "done":
            assert by not in JUDGES
            assert self.seats[judge].typed is not None
            self.seats[judge].typed = None

    @rule(by=people, judge=judges, claim=st.sampled_from(CLAIMS))
    def contest(self, by: PersonId, judge: PersonId, claim: Claim) -> None:
        command, seat, number = self.command(), self.seats[judge], self.number(judge)
        heard = self.both(lambda service: service.paper.contest(ROOM, by, number, claim, command))
        if heard != "done":
            return
        assert by == judge
        assert seat.used
        assert not self.closed
        if seat.on_paper and seat.counts is not None:
            seat.for_chair, seat.counts, seat.on_paper = (seat.counts, True), None, False

    # Beside it ------------------------------------------------------------------------------------------------------

    @rule(judge=judges, score=scores, late=st.booleans())
    def cast(self, judge: PersonId, score: int, late: bool) -> None:
        seat = self.seats[judge]
        cast = Cast(self.command(), ARM, {IMPACT: score}, seat.own)
        heard = self.both(
            lambda service: service.cast_late(ROOM, judge, cast) if late else service.cast(ROOM, judge, cast)
        )
        if heard != "done":
            assert heard in ("ballot.closed", "ballot.open", "late.repeated", "count.closed", "ballot.void")
            return
        seat.own += 1
        seat.typed = None
        if late:
            seat.for_chair = (score, False)
        else:
            seat.counts, seat.on_paper, seat.for_chair = score, False, None

    @rule(judge=judges, accepted=st.booleans(), by=st.sampled_from((CHAIR, ORGANISER)))
    def decide(self, judge: PersonId, accepted: bool, by: PersonId) -> None:
        seat, command = self.seats[judge], self.command()
        number = next((one.sequence for one in self.state().tally.late if one.ballot.judge == judge), 0)
        act = (AcceptLate if accepted else RejectLate)(judge, ARM, number, "a reason")
        if self.both(lambda service: service.act(ROOM, by, act, command)) != "done":
            return
        assert seat.for_chair is not None
        if accepted:
            seat.counts, seat.on_paper = seat.for_chair
        seat.for_chair = None

    @rule(judge=judges)
    def set_aside(self, judge: PersonId) -> None:
        command = self.command()
        self.both(lambda service: service.act(ROOM, CHAIR, Void(judge, ARM, "a reason"), command))

    # What must be so ------------------------------------------------------------------------------------------------

    @invariant()
    def what_counts_is_what_the_rule_says(self) -> None:
        for store in self.stores:
            tally = self.do(store.read(self.spec.poll)).tally
            counting = {one.ballot.judge: one.ballot for one in tally.ballots}
            waiting = {one.ballot.judge: one.ballot for one in tally.late}
            typed = {card.pair[0]: card for card in tally.cards if card.confirmed_by is None}
            for judge, seat in self.seats.items():
                counts, waits = counting.get(judge), waiting.get(judge)
                assert (None if counts is None else counts.scores[IMPACT]) == seat.counts
                assert counts is None or bool(counts.typed_by) == seat.on_paper
                assert (None if waits is None else (waits.scores[IMPACT], bool(waits.typed_by))) == seat.for_chair
                assert (judge in typed) == (seat.typed is not None)
                for card in tally.cards:
                    assert card.confirmed_by not in (*JUDGES, card.typed.ballot.typed_by)


OTHERWISE = ("ballot.void", "paper.too_many")
command = CommandId("command-close-1")


def test_whatever_is_typed_confirmed_and_contested(store_url: str, valkey: Redis) -> None:
    """Two stores, the ledger, who reads it without either, and the model: all agree at any time."""
    OnPaper.url = store_url
    run_state_machine_as_test(
        OnPaper,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        ),
    )
