"""Fields held by other methods than a card of scores: from the definition's rules to a record that is counted again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from roadshow.clock import SystemClock
from roadshow.errors import InputError, RoadshowError
from roadshow.ids import CommandId, CompetitionId, CriterionId, PersonId, PollId, ProjectId, RoomId
from roadshow.moments import Duration
from roadshow.store.connection import Store
from roadshow.store.keys import Keys
from roadshow.voting.acts import CloseCount, Restore, Void
from roadshow.voting.boxes.boxes import Boxes
from roadshow.voting.explanation import Deducted, Figure, Taken
from roadshow.voting.grounds import Grounds
from roadshow.voting.ledger.record import encode_record
from roadshow.voting.ledger.recount import recount
from roadshow.voting.ledger.signing import Signer
from roadshow.voting.memory_store import MemoryVoteStore
from roadshow.voting.ports import VoteStore
from roadshow.voting.redis_store import RedisVoteStore
from roadshow.voting.service import VotingService
from roadshow.voting.spec import Criterion, Deduction, PollSpec, RuleSet
from roadshow.voting.votes import Cast, Receipt
from tests.contract.sealing import KEY, with_sealed_ballots
from tests.contract.three_counts import assert_counts_agree

ROOM = RoomId("ai")
IDEA, OVERTIME = CriterionId("idea"), CriterionId("overtime")
ARM, LEG, EYE = (ProjectId(name) for name in ("arm", "leg", "eye"))
CHAIR, LIN, MEI = (PersonId(name) for name in ("chair", "lin", "mei"))


class _Deaf:
    def progress_changed(self, room: RoomId) -> None: ...

    def ceremony_changed(self, room: RoomId) -> None: ...


class Final:
    """A field with three projects and three judges."""

    def __init__(self, rules: RuleSet, store: VoteStore | None = None, *, sealed: bool = False) -> None:
        self.spec = PollSpec(
            PollId(ROOM), (ARM, LEG, EYE), (CHAIR, LIN, MEI), CHAIR, (), (Criterion(IDEA, 1, 100),), rules, procedure=2
        )
        if sealed:
            self.spec = with_sealed_ballots(self.spec)
        self.store = store or MemoryVoteStore(SystemClock())
        signer = Signer(Ed25519PrivateKey.generate())
        self.service = VotingService(self.store, signer, {ROOM: self.spec}, _Deaf(), boxes=Boxes(lambda: KEY))
        self._numbers: Iterator[int] = iter(range(1_000))

    def command(self) -> CommandId:
        return CommandId(f"command-{next(self._numbers):04}")

    async def open(self, project: ProjectId) -> None:
        await self.service.open_window(ROOM, project, Duration.minutes(1))

    async def cast(
        self, judge: PersonId, project: ProjectId, expected: int = 0, in_round: int = 1, **scores: int
    ) -> Receipt:
        given = {CriterionId(name): score for name, score in scores.items()}
        return await self.service.cast(ROOM, judge, Cast(self.command(), project, given, expected, in_round))

    async def finish(self, *, is_counted: bool = False) -> bytes:
        """From the count, or from its close, to the last place: the record."""
        if not is_counted:
            await self.service.act(ROOM, CHAIR, CloseCount(1), self.command())
        await self.service.confirm(ROOM, CHAIR, False, self.command())
        view = await self.service.ceremony(ROOM)
        while view.remaining or not view.announced:
            view = await self.service.reveal_next(ROOM, CHAIR, len(view.announced), self.command())
        return encode_record(await self.service.record(ROOM))


async def test_what_judges_take_off_is_receipted_explained_and_counted_again() -> None:
    """A deduction is a line of the ballot: it has its proof, and its place in the result."""
    final = Final(RuleSet("mean", 1, ("shared",), "exact", 3, deductions=(Deduction(OVERTIME, 5, 2),)))
    await final.service.prepare()
    for project in (ARM, LEG, EYE):
        await final.open(project)
        with pytest.raises(InputError):
            await final.cast(LIN, project, idea=80, overtime=11)
        own = await final.cast(LIN, project, idea=80, overtime=7 if project == ARM else 1)
        assert own.scores[OVERTIME] == (7 if project == ARM else 1)
        await final.cast(MEI, project, idea=80)
        await final.service.close_window(ROOM, project)
    record = await final.finish()
    result = await final.service.published(ROOM)
    assert [(line.project, line.place, line.score) for line in result.standings] == [
        (LEG, 1, "79.75"),
        (EYE, 1, "79.75"),
        (ARM, 3, "78.25"),
    ]
    told = next(one for one in result.explanations if one.project == ARM)
    assert Deducted((Taken(OVERTIME, 1, Figure("1.75", "1.75")),)) in told.steps
    assert (await asyncio.to_thread(recount, record)).holds


ORDERS = RuleSet("borda", 2, ("re-vote", "chair"), "exact", 3, ballots="orders", revote_quorum=2)


@pytest.fixture(params=["memory", "valkey"])
def store(request: pytest.FixtureRequest) -> VoteStore:
    if request.param == "memory":
        return MemoryVoteStore(SystemClock(), Boxes(lambda: KEY))
    connected: Store = request.getfixturevalue("connected")
    return RedisVoteStore(connected, Keys(CompetitionId("final")), boxes=Boxes(lambda: KEY))


@pytest.fixture
async def orders(store: VoteStore) -> AsyncIterator[Final]:
    """A field whose judges hand in orders. Whatever a test does, the counts agree."""
    final = Final(ORDERS, store)
    await final.service.prepare()
    yield final
    await assert_counts_agree(final.store, final.spec, final.spec.poll)


async def _refused(act: Awaitable[object], code: str) -> None:
    with pytest.raises(RoadshowError) as caught:
        await act
    assert caught.value.code == code


async def test_orders_are_taken_while_a_window_is_open_and_of_what_has_pitched(orders: Final) -> None:
    """Each window takes an order of all that has pitched, and the newest one counts for all of it."""
    await orders.open(ARM)
    await _refused(orders.cast(LIN, ARM, arm=1, leg=2), "ballot.unheard")
    await _refused(orders.cast(LIN, LEG, leg=1), "ballot.unheard")
    await _refused(orders.cast(LIN, ARM, idea=5), "ballot.order")
    await orders.cast(LIN, ARM, arm=1)
    await orders.service.close_window(ROOM, ARM)
    late = Cast(orders.command(), ARM, {CriterionId(ARM): 1}, 0)
    await _refused(orders.service.cast_late(ROOM, MEI, late), "ballot.closed")
    await orders.open(LEG)
    await orders.cast(LIN, LEG, arm=2, leg=1)
    await _refused(orders.cast(LIN, LEG, arm=1, leg=2), "ballot.stale")
    await orders.cast(LIN, LEG, expected=1, arm=1, leg=2)
    await orders.cast(MEI, LEG, arm=2, leg=1)
    progress = (await orders.service.views(ROOM)).progress()
    states = {(one.project, judge.judge): judge.state for one in progress.projects for judge in one.judges}
    assert (states[ARM, LIN], states[LEG, LIN]) == ("submitted", "submitted")
    assert (states[ARM, MEI], states[LEG, MEI], states[EYE, MEI]) == ("submitted", "submitted", "waiting")
    assert [one.quorum_met for one in progress.projects] == [True, True, False]


async def test_the_chair_strikes_a_project_out_of_an_order_that_holds_it(orders: Final) -> None:
    """In whosever window the order was sent; and of nothing there is nothing to strike."""
    for project in (ARM, LEG):
        await orders.open(project)
    await orders.cast(LIN, LEG, arm=1, leg=2)
    for judge, project in ((LIN, EYE), (MEI, ARM)):
        void = Void(judge, project, "was not there")
        await _refused(orders.service.act(ROOM, CHAIR, void, orders.command()), "ballot.none")
    await orders.service.act(ROOM, CHAIR, Void(LIN, ARM, "was not there"), orders.command())
    await _refused(orders.cast(LIN, ARM, arm=1, leg=2), "ballot.void")
    await orders.service.act(ROOM, CHAIR, Restore(LIN, ARM, "was there"), orders.command())
    await orders.cast(LIN, ARM, arm=1, leg=2)


async def test_a_field_of_orders_comes_to_its_podium_by_a_re_vote_and_is_counted_again(orders: Final) -> None:
    """From the first order to the record, with a chair who abstains from all."""
    for project in (ARM, LEG, EYE):
        await orders.open(project)
        await orders.service.abstain(ROOM, CHAIR, Cast(orders.command(), project, {}, 0), Grounds("missed"))
    await orders.cast(LIN, EYE, arm=1, leg=2, eye=3)
    await orders.cast(MEI, EYE, arm=2, leg=1, eye=3)
    for project in (ARM, LEG, EYE):
        await orders.service.close_window(ROOM, project)
    await orders.service.act(ROOM, CHAIR, CloseCount(1), orders.command())
    await orders.service.revote(ROOM, CHAIR, (ARM, LEG), "level", None, orders.command())
    await _refused(orders.cast(LIN, ARM, in_round=2, arm=1), "ballot.order")
    await orders.cast(LIN, ARM, in_round=2, arm=2, leg=1)
    await orders.cast(LIN, LEG, in_round=2, arm=1, leg=2)
    await orders.cast(MEI, LEG, in_round=2, arm=1, leg=2)
    await orders.service.close_revote(ROOM, CHAIR)
    record = await orders.finish(is_counted=True)
    result = await orders.service.published(ROOM)
    assert [(line.project, line.place, line.score, line.decided_by) for line in result.standings] == [
        (ARM, 1, "75.00", "re-vote"),
        (LEG, 2, "75.00", "re-vote"),
        (EYE, 3, "0.00", "score"),
    ]
    assert all(not line.by_criterion for line in result.standings)
    assert (await asyncio.to_thread(recount, record)).holds


PAIRS = RuleSet("copeland", 2, ("re-vote", "chair"), "exact", 3, ballots="pairs", revote_quorum=2)


@pytest.fixture(params=["open", "sealed"])
async def pairs(store: VoteStore, request: pytest.FixtureRequest) -> AsyncIterator[Final]:
    """A field whose judges compare projects. Whatever a test does, the counts agree."""
    final = Final(PAIRS, store, sealed=request.param == "sealed")
    await final.service.prepare()
    yield final
    await assert_counts_agree(final.store, final.spec, final.spec.poll)


async def test_comparisons_are_taken_while_a_window_is_open_and_struck_by_the_chair(pairs: Final) -> None:
    """Of what has pitched. Who is set aside for the first project is so although no ballot came in its window."""
    await pairs.open(ARM)
    await _refused(pairs.cast(LIN, ARM, leg=2), "ballot.unheard")
    await _refused(pairs.cast(LIN, ARM, arm=2), "ballot.pairs")
    await pairs.service.close_window(ROOM, ARM)
    late = Cast(pairs.command(), ARM, {CriterionId(LEG): 2}, 0)
    await _refused(pairs.service.cast_late(ROOM, MEI, late), "ballot.closed")
    await pairs.open(LEG)
    await _refused(pairs.cast(LIN, LEG, arm=1), "ballot.level")
    await pairs.cast(LIN, LEG, arm=2)
    await _refused(pairs.cast(LIN, LEG, arm=0), "ballot.stale")
    await pairs.cast(LIN, LEG, expected=1, arm=0)
    progress = (await pairs.service.views(ROOM)).progress()
    states = {(one.project, judge.judge): judge.state for one in progress.projects for judge in one.judges}
    assert (states[ARM, LIN], states[LEG, LIN], states[EYE, LIN]) == ("submitted", "submitted", "waiting")
    for judge, project in ((LIN, EYE), (MEI, ARM)):
        void = Void(judge, project, "was not there")
        await _refused(pairs.service.act(ROOM, CHAIR, void, pairs.command()), "ballot.none")
    for project in (ARM, LEG):
        await pairs.service.act(ROOM, CHAIR, Void(LIN, project, "was not there"), pairs.command())
        await pairs.service.act(ROOM, CHAIR, Restore(LIN, project, "was there"), pairs.command())


async def test_a_field_of_comparisons_comes_to_its_podium_by_a_re_vote_and_is_counted_again(pairs: Final) -> None:
    """A circle of majorities, which comparing once more breaks."""
    for project in (ARM, LEG, EYE):
        await pairs.open(project)
    for judge, leg, eye in ((CHAIR, {"arm": 0}, {"arm": 0, "leg": 0}), (LIN, {"arm": 0}, {"arm": 2, "leg": 2})):
        await pairs.cast(judge, LEG, **leg)
        await pairs.cast(judge, EYE, **eye)
    await pairs.cast(MEI, LEG, arm=2)
    await pairs.cast(MEI, EYE, arm=2, leg=0)
    for project in (ARM, LEG, EYE):
        await pairs.service.close_window(ROOM, project)
    await pairs.service.act(ROOM, CHAIR, CloseCount(1), pairs.command())
    await pairs.service.revote(ROOM, CHAIR, (ARM, LEG, EYE), "level", None, pairs.command())
    for judge in (LIN, MEI):
        await pairs.cast(judge, LEG, in_round=2, arm=2)
        await pairs.cast(judge, EYE, in_round=2, arm=2, leg=0)
    await pairs.cast(CHAIR, EYE, in_round=2, arm=0)
    await pairs.service.close_revote(ROOM, CHAIR)
    record = await pairs.finish(is_counted=True)
    result = await pairs.service.published(ROOM)
    assert [(line.project, line.place, line.score, line.decided_by) for line in result.standings] == [
        (LEG, 1, "50.00", "re-vote"),
        (EYE, 2, "50.00", "re-vote"),
        (ARM, 3, "50.00", "re-vote"),
    ]
    assert (await asyncio.to_thread(recount, record)).holds
