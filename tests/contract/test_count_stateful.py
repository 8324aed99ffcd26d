"""Any course of a count, on both stores at once: hypothesis looks for one by which a score moves after ties were told.

What must be so is told apart from the stores: by what was told when, and by ``proceedings``, which reads the ledger.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from itertools import count
from typing import Any, Literal, TypeVar

import hypothesis.strategies as st
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from redis.asyncio import Redis
from typing_extensions import override

from roadshow.clock import SystemClock
from roadshow.errors import RoadshowError
from roadshow.ids import CommandId, CompetitionId, CriterionId, PersonId, PollId, ProjectId, RoomId
from roadshow.store.connection import connect
from roadshow.store.keys import Keys
from roadshow.voting import acts
from roadshow.voting.carried.terms import Came, Line, Source, Taken, Terms
from roadshow.voting.grounds import Grounds
from roadshow.voting.ledger.signing import Signer
from roadshow.voting.memory_store import MemoryVoteStore
from roadshow.voting.office.acts import AskChair, PassChair
from roadshow.voting.redis_store import RedisVoteStore
from roadshow.voting.review import ReviewView
from roadshow.voting.service import Nobody, VotingService
from roadshow.voting.spec import Criterion, PollSpec, RuleSet
from roadshow.voting.tally import Count, PollState
from roadshow.voting.votes import Cast
from tests.contract.panels import panels, seats, weights
from tests.contract.sealing import BOXES, with_sealed_ballots
from tests.contract.three_counts import assert_counts_agree

T = TypeVar("T")
EXAMPLES, STEPS = 12, 40
ROOM = RoomId("robotics")
PROJECTS = tuple(map(ProjectId, ("arm", "leg")))
CHAIR, DEPUTY, LIN = JUDGES = tuple(map(PersonId, ("chair", "deputy", "lin")))
ORGANISER = PersonId("organiser")
IMPACT = CriterionId("impact")
KEYS = Keys(CompetitionId("latch"))

projects = st.sampled_from(PROJECTS)
judges = st.sampled_from(JUDGES)
people = st.sampled_from((*JUDGES, ORGANISER))
scores = st.integers(6, 8)
"""Few of them, so that projects are level often."""
_numbers = count()

Doing = Callable[[VotingService], Awaitable[object]]


class Counting(RuleBasedStateMachine):
    url: str
    """Of the store."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.told: set[int] = set()
        """Counts in which it was told who stands level, or that nobody does."""
        self.scores_told: object = None
        """What there was when it was told."""
        self.shown: dict[ProjectId, tuple[int, object, object]] = {}
        """In which count a project's cards were shown; its ballots and the rulings on it then."""

    @initialize(
        deputy=st.booleans(),
        conflict=st.booleans(),
        revote=st.booleans(),
        stage=st.sampled_from(["open", "voted", "counted", "asked"]),
        given=st.lists(scores, min_size=2, max_size=2),
        told=st.sampled_from([None, "after-each", "one-later"]),
        carried=st.sampled_from([None, 10, 50]),
        through=st.sampled_from([0, 0, 0, 1]),
        sealed=st.booleans(),
        weights=weights,
    )
    def begin(
        self,
        deputy: bool,
        conflict: bool,
        revote: bool,
        stage: str,
        given: list[int],
        told: Literal["after-each", "one-later"] | None,
        carried: int | None,
        through: int,
        sealed: bool,
        weights: tuple[int, ...],
    ) -> None:
        """``stage``: how far it has come. From nothing, most courses end before there is anything to tell."""
        jury = (CHAIR, LIN) if deputy else JUDGES
        self.spec = PollSpec(
            poll=PollId(f"poll-{next(_numbers)}"),
            projects=PROJECTS,
            judges=jury,
            chair=CHAIR,
            recused=((CHAIR, PROJECTS[0]),) if conflict else (),
            criteria=(Criterion(IMPACT, 1, 10),),
            rules=RuleSet(
                "mean",
                1,
                ("re-vote", "chair", "shared") if revote else ("chair", "shared"),
                "exact",
                3,
                scores_told=told,
                panels=panels(weights),
            ),
            seats=seats(jury, weights),
            deputy=DEPUTY,
            procedure=2,
            carried=None if carried is None else _terms(carried, through),
        )
        if sealed:
            self.spec = with_sealed_ballots(self.spec)
        signer = Signer(Ed25519PrivateKey.generate())
        redis = RedisVoteStore(self.do(self.stack.enter_async_context(connect(self.url))), KEYS, boxes=BOXES)
        self.stores = (MemoryVoteStore(SystemClock(), BOXES), redis)
        self.services = [
            VotingService(store, signer, {ROOM: self.spec}, Nobody(), boxes=BOXES) for store in self.stores
        ]
        for service in self.services:
            self.do(service.prepare())
        for project in PROJECTS:
            self.both(lambda service, project=project: service.open_window(ROOM, project, None))  # type: ignore[misc]
        if stage != "open":
            for project, score in zip(PROJECTS, given, strict=True):
                self.cast(LIN, project, score, late=False, again=False)
            self.close_all()
        if stage in ("counted", "asked"):
            self.close_count(CHAIR)
        if stage == "asked":
            self.ask(CHAIR)

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

    def act(self, by: PersonId, act: acts.Act) -> str:
        command = self.command()
        return self.both(lambda service: service.act(ROOM, by, act, command))

    def command(self) -> CommandId:
        return CommandId(f"command-{next(_numbers):08}")

    def review(self) -> ReviewView:
        first, second = (self.do(service.views(ROOM)).review() for service in self.services)
        for name in first.__struct_fields__:
            if name not in ("head", "late"):  # the two have clocks of their own
                assert getattr(first, name) == getattr(second, name), name
        return first

    # What people do -------------------------------------------------------------------------------------------------

    @rule(project=projects)
    def open(self, project: ProjectId) -> None:
        self.both(lambda service: service.open_window(ROOM, project, None))

    @rule()
    def close_all(self) -> None:
        for project in PROJECTS:
            self.both(lambda service, project=project: service.close_window(ROOM, project))  # type: ignore[misc]
        chair = self.chair
        self.both(lambda service: service.close_revote(ROOM, chair))

    @rule(judge=judges, project=projects, score=scores, late=st.booleans(), again=st.booleans())
    def cast(self, judge: PersonId, project: ProjectId, score: int, late: bool, again: bool) -> None:
        in_round = 2 if again and not late else 1
        own = self.do(self.services[0].own_ballots(ROOM, judge))
        seen = [
            one for one in (*own.receipts, *own.late, *own.revote) if (one.project, one.round) == (project, in_round)
        ]
        cast = Cast(self.command(), project, {IMPACT: score}, max((one.revision for one in seen), default=0), in_round)
        if late:
            self.both(lambda service: service.cast_late(ROOM, judge, cast))
        else:
            self.both(lambda service: service.cast(ROOM, judge, cast))

    @rule(judge=judges, project=projects)
    def recuse(self, judge: PersonId, project: ProjectId) -> None:
        command = self.command()
        self.both(lambda service: service.recuse(ROOM, judge, project, Grounds("stake", "my own company"), command))

    @rule(by=people, judge=judges, project=projects, aside=st.booleans())
    def set_aside(self, by: PersonId, judge: PersonId, project: ProjectId, aside: bool) -> None:
        self.act(by, acts.Void(judge, project, "a reason") if aside else acts.Restore(judge, project, "a reason"))

    @rule(by=people, project=projects, points=st.sampled_from([0, 50, 100]))
    def penalise(self, by: PersonId, project: ProjectId, points: int) -> None:
        self.act(by, acts.Penalise(project, points, "a reason"))

    @rule(by=people, accepted=st.booleans())
    def decide_late(self, by: PersonId, accepted: bool) -> None:
        for one in self.review().late:
            kind = acts.AcceptLate if accepted else acts.RejectLate
            self.act(by, kind(one.judge, one.project, one.late, "a reason"))

    @rule(project=projects, off=st.sampled_from([0, 0, 0, 1]))
    def show_cards(self, project: ProjectId, off: int) -> None:
        """By the number of missing judges that control sees, or another one."""
        progress, other = (self.do(service.views(ROOM)).progress() for service in self.services)
        assert progress.showable == other.showable
        seen = next((one for one in progress.showable if one.project == project), None)
        heard = self.act(ORGANISER, acts.ShowCards(project, off + (0 if seen is None else seen.missing)))
        if heard == "done":
            assert seen is not None
            assert seen.waits == ""
            assert off == 0
            state = self.state()
            self.shown[project] = (state.tally.count.number, *_of_project(state, project))
        else:
            assert off or seen is None or seen.waits

    @rule(by=people, to=people, signs=people)
    def pass_office(self, by: PersonId, to: PersonId, signs: PersonId) -> None:
        """Rarely all three are right; then the former chair decides nothing more."""
        before = self.review()
        assert before.office is not None
        said = before.count.number if before.count.closed or before.count.number > 1 else None
        asked = self.act(by, AskChair(to, said, "a reason"))
        offered = (self.review().office or before.office).offered
        heard = self.act(signs, PassChair(0 if offered is None else offered.asked.asked))
        if asked == heard == "done":
            assert by != signs
            assert signs in (before.office.deputy, ORGANISER)
            assert to in before.office.candidates
            former = before.office.chair
            assert self.act(former, acts.Penalise(PROJECTS[0], 50, "a reason")) == "result.not_chair"
            assert self.act(former, acts.Countersign(before.version)) == "result.not_chair"

    @property
    def chair(self) -> PersonId:
        office = self.review().office
        assert office is not None
        return office.chair

    @rule(by=people)
    def close_count(self, by: PersonId) -> None:
        chair, heard = self.chair, self.act(by, acts.CloseCount(self.review().count.number))
        assert by == chair or heard == "result.not_chair"

    @rule(by=people)
    def ask(self, by: PersonId) -> None:
        self.act(by, acts.AskReopening(self.review().count.number, "a reason"))

    @rule(by=people)
    def reopen(self, by: PersonId) -> None:
        review = self.review()
        heard = self.act(by, acts.Reopen(0 if review.asked is None else review.asked.sequence))
        if heard == "done":
            assert review.asked is not None
            assert by != review.asked.by
            assert by not in self.spec.judges

    @rule(by=people, turned=st.booleans(), vote_again=st.booleans())
    def settle(self, by: PersonId, turned: bool, vote_again: bool) -> None:
        order, command = PROJECTS[::-1] if turned else PROJECTS, self.command()
        if vote_again:
            heard = self.both(lambda service: service.revote(ROOM, by, order, "a reason", None, command))
        else:
            heard = self.both(lambda service: service.settle(ROOM, by, order, "a reason", command))
        self.answered(heard)

    @rule()
    def confirm(self) -> None:
        command, chair = self.command(), self.chair
        self.answered(self.both(lambda service: service.confirm(ROOM, chair, True, command)))

    @rule()
    def reveal(self) -> None:
        command, told = self.command(), self.do(self.services[0].ceremony(ROOM))
        self.both(lambda service: service.reveal_next(ROOM, ORGANISER, len(told.announced), command))

    # What must be so ------------------------------------------------------------------------------------------------

    def answered(self, heard: str) -> None:
        """Whether a tie could be settled, or a result confirmed, tells who stands level."""
        if heard in ("done", "result.no_tie", "result.tie"):
            self.tell()

    def tell(self) -> None:
        state = self.state()
        assert state.tally.count.closed
        assert state.tally.count.number not in self.told or self.scores_told == _scores(state)
        self.told.add(state.tally.count.number)
        self.scores_told = _scores(state)

    def state(self) -> PollState:
        return self.do(self.stores[0].read(self.spec.poll))

    @invariant()
    def no_score_moves_once_it_is_told_who_stands_level(self) -> None:
        review, state = self.review(), self.state()
        if review.ties or review.ready:
            self.tell()
        if state.tally.count == Count(max(self.told, default=0), closed=True):
            assert _scores(state) == self.scores_told
        assert len(self.told) <= acts.MOST_COUNTS

    @invariant()
    def what_was_shown_stands(self) -> None:
        state = self.state()
        for project, (number, ballots, rulings) in self.shown.items():
            now = _of_project(state, project)
            assert now[0] == ballots
            assert now[1] == rulings or state.tally.count.number > number
        first, second = (self.do(service.views(ROOM)).cards() for service in self.services)
        assert [(one.project, one.cards, one.score) for one in first.projects] == [
            (one.project, one.cards, one.score) for one in second.projects
        ]
        assert {one.project for one in first.projects} == set(self.shown)


def _terms(weight: int, through: int) -> Terms:
    """From another competition: the points of one more criterion's step, so that level ones are common here, too."""
    lines = (Line(PROJECTS[0], 1, "80.00"), Line(PROJECTS[1], 2, "70.00"))
    taken = Taken(PollId("before"), 1, 9, "a" * 64, "b" * 64, "80.00")
    source = Source(taken.poll, "k" * 43, taken, lines)
    return Terms((source,), tuple(Came(one, taken.poll, one) for one in PROJECTS), weight, through=through)


def _of_project(state: PollState, project: ProjectId) -> tuple[object, object]:
    """Its ballots; and what was ruled upon it."""
    tally = state.tally
    return (
        [(one.ballot.judge, one.ballot.revision) for one in tally.ballots if one.ballot.project == project],
        (
            {one.judge for one in tally.set_aside if one.project == project},
            {one.points for one in tally.penalties if one.project == project},
        ),
    )


def _scores(state: PollState) -> object:
    """All that the scores of the first round are made of."""
    tally = state.tally
    return (
        [(one.ballot.judge, one.ballot.project, one.ballot.scores, one.ballot.recused) for one in tally.ballots],
        {(one.judge, one.project) for one in tally.set_aside},
        {(one.project, one.points) for one in tally.penalties},
    )


def test_no_course_of_a_count_tells_two_orders_of_it(valkey: Redis, store_url: str) -> None:
    """Each look at the ties with a score moved in between narrows down what every project has."""

    class Here(Counting):
        url = store_url

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
