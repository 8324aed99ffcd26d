"""The chair is lost in the middle of a field, on every store: who holds the office, and who holds it no more."""

from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import count

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import structs

from roadshow.errors import Conflict, NotAllowed, RoadshowError
from roadshow.ids import CommandId, CompetitionId, CriterionId, PanelId, PersonId, PollId, ProjectId, RoomId
from roadshow.moments import Duration, Instant
from roadshow.store.connection import Store
from roadshow.store.keys import Keys
from roadshow.voting.acts import (
    Act,
    AskReopening,
    AskSubstitute,
    CloseCount,
    Countersign,
    Penalise,
    Reopen,
    Substitute,
    Void,
)
from roadshow.voting.ledger.chain import genesis
from roadshow.voting.ledger.signing import Signer
from roadshow.voting.memory_store import MemoryVoteStore
from roadshow.voting.office.acts import AskChair, PassChair
from roadshow.voting.office.passing import at_present, told_by
from roadshow.voting.ports import VoteStore
from roadshow.voting.questions.acts import PutQuestion, Vote
from roadshow.voting.redis_store import RedisVoteStore
from roadshow.voting.results import CeremonyState, decode_result
from roadshow.voting.service import Nobody, VotingService
from roadshow.voting.spec import Criterion, Panel, PollSpec, RuleSet
from roadshow.voting.tally import PassedChair
from roadshow.voting.votes import Cast
from tests.contract.three_counts import assert_counts_agree, assert_recount_agrees

ROOM, POLL = RoomId("robotics"), PollId("robotics")
ARM, LEG, EYE = ProjectId("arm"), ProjectId("leg"), ProjectId("eye")
CHAIR, DEPUTY, LIN, MEI, VERA, ORGANISER, SECOND = map(
    PersonId, ("chair", "deputy", "lin", "mei", "vera", "organiser", "organiser-2")
)
IMPACT = CriterionId("impact")
WHY = "the line is down"
SPEC = PollSpec(
    POLL,
    (ARM, LEG, EYE),
    (CHAIR, LIN, MEI),
    CHAIR,
    ((DEPUTY, LEG),),
    (Criterion(IMPACT, 1, 10),),
    RuleSet("mean", 1, ("re-vote", "jury", "chair", "shared"), "exact", 3, deliberation=5, second_confirmation=True),
    deputy=DEPUTY,
    procedure=2,
    reserve=(VERA,),
)
_numbers = count()


class _Clock:
    def now(self) -> Instant:
        return Instant(1_700_000_000_000)


@pytest.fixture(params=["memory", "valkey"])
def bare(request: pytest.FixtureRequest) -> VoteStore:
    if request.param == "memory":
        return MemoryVoteStore(_Clock())
    connected: Store = request.getfixturevalue("connected")
    return RedisVoteStore(connected, Keys(CompetitionId("final")))


@pytest.fixture
async def store(bare: VoteStore) -> AsyncIterator[VoteStore]:
    """With two scored, and level. Whatever a test does, the counts agree."""
    await bare.prepare(SPEC, genesis(SPEC))
    for project in (ARM, LEG):
        await bare.open_window(POLL, project, None)
        for judge in (CHAIR, LIN, MEI):
            await bare.cast(POLL, judge, Cast(_command(), project, {IMPACT: 5}, 0))
        await bare.close_window(POLL, project)
    yield bare
    await assert_counts_agree(bare, SPEC, POLL)


def _command() -> CommandId:
    return CommandId(f"command-{next(_numbers):04}")


async def _act(store: VoteStore, by: PersonId, act: Act) -> int:
    """The entry's number."""
    await store.act(POLL, by, act, _command())
    return (await store.read(POLL)).sequence


async def _ask(store: VoteStore, chair: PersonId = DEPUTY, by: PersonId = ORGANISER) -> int:
    state = await store.read(POLL)
    count_ = state.tally.count
    return await _act(store, by, AskChair(chair, told_by(count_), WHY))


async def _pass(store: VoteStore, chair: PersonId = DEPUTY) -> None:
    await _act(store, SECOND, PassChair(await _ask(store, chair)))


async def _refused(act: Awaitable[object], code: str, kind: type[RoadshowError] = NotAllowed) -> None:
    with pytest.raises(kind) as caught:
        await act
    assert caught.value.code == code


async def test_the_office_is_the_deputys_from_the_signature_on(store: VoteStore) -> None:
    """Until then a request is words; from then on the new chair closes the count, and the former one does not."""
    asked = await _ask(store)
    waits = PassedChair(DEPUTY, WHY, ORGANISER, asked)
    assert (await store.read(POLL)).tally.asked_chair == waits
    await _act(store, CHAIR, Penalise(ARM, 100, WHY))
    await _act(store, SECOND, PassChair(asked))
    tally = (await store.read(POLL)).tally
    assert (tally.passed, tally.asked_chair) == ((waits,), None)
    await _refused(_act(store, CHAIR, CloseCount(1)), "result.not_chair")
    await _act(store, DEPUTY, CloseCount(1))


FORMER: dict[str, Callable[[VoteStore], Awaitable[object]]] = {
    "void": lambda store: _act(store, CHAIR, Void(LIN, ARM, WHY)),
    "penalty": lambda store: _act(store, CHAIR, Penalise(ARM, 100, WHY)),
    "close-count": lambda store: _act(store, CHAIR, CloseCount(1)),
    "deliberate": lambda store: store.deliberate(SPEC, CHAIR, (ARM, LEG), _command()),
    "ask-substitute": lambda store: _act(store, CHAIR, AskSubstitute(LIN, VERA, EYE, WHY)),
    "ask-chair": lambda store: _ask(store, LIN, CHAIR),
}
FORMER_LATER: dict[str, Callable[[VoteStore], Awaitable[object]]] = {
    "settle": lambda store: store.settle(POLL, CHAIR, (ARM, LEG), WHY, _command()),
    "revote": lambda store: store.revote(POLL, CHAIR, (ARM, LEG), WHY, None, _command()),
    "question": lambda store: store.question(
        POLL, CHAIR, PutQuestion(None, (ARM, LEG), (CHAIR, LIN, MEI), Duration.minutes(1)), _command()
    ),
    "ask-reopening": lambda store: _act(store, CHAIR, AskReopening(1, WHY)),
}


async def test_no_act_of_the_former_chair_is_taken_that_was_on_its_way(store: VoteStore) -> None:
    """It was checked while they were chair; the store asks again, with the act."""
    waits = await _ask(store)
    await _pass(store)
    for act in FORMER.values():
        await _refused(act(store), "result.not_chair")
    await _refused(_act(store, CHAIR, PassChair(waits)), "result.not_chair")
    await _act(store, DEPUTY, CloseCount(1))
    for act in FORMER_LATER.values():
        await _refused(act(store), "result.not_chair")


async def test_what_the_former_chair_did_before_is_answered_as_then(store: VoteStore) -> None:
    """Its answer may have been lost on the way; and it is done once."""
    command = _command()
    await store.act(POLL, CHAIR, Penalise(ARM, 100, WHY), command)
    await _pass(store)
    before = (await store.read(POLL)).sequence
    await store.act(POLL, CHAIR, Penalise(ARM, 100, WHY), command)
    assert (await store.read(POLL)).sequence == before


async def test_the_former_chair_votes_as_a_judge_and_signs_nothing(store: VoteStore) -> None:
    """Their seat is theirs: the office is another thing. Whoever confirmed a result would else sign it as a judge."""
    await _act(store, CHAIR, CloseCount(1))
    await store.confirm(POLL, CHAIR, b"{}", (await store.read(POLL)).sequence, _command(), True)
    await _pass(store)
    await _refused(_act(store, CHAIR, Countersign(1)), "result.not_chair")
    await _refused(_act(store, DEPUTY, Countersign(1)), "result.same_person")
    asked = await _act(store, DEPUTY, AskReopening(1, WHY))
    await _refused(_act(store, CHAIR, Reopen(asked)), "result.not_chair")
    await _act(store, SECOND, Reopen(asked))
    await store.open_window(POLL, ARM, None)
    await store.cast(POLL, CHAIR, Cast(_command(), ARM, {IMPACT: 7}, 1))


async def test_who_was_deputy_signs_no_more_as_one(store: VoteStore) -> None:
    """A signature that was on its way would be the chair's own: a new count of the chair's, a seat of their choice."""
    await _act(store, CHAIR, CloseCount(1))
    asked = await _act(store, CHAIR, AskReopening(1, WHY))
    await _pass(store)
    await _refused(_act(store, DEPUTY, Reopen(asked)), "count.second_person")
    await _act(store, ORGANISER, Reopen(asked))
    seat = await _act(store, DEPUTY, AskSubstitute(LIN, VERA, EYE, WHY))
    await _refused(_act(store, DEPUTY, Substitute(seat)), "substitute.second_person")


async def test_two_people_and_no_judge_are_needed(store: VoteStore) -> None:
    """Nobody takes the office alone: not the deputy, nor a judge with a friend on the jury, nor the chair."""
    own = await _ask(store, DEPUTY, DEPUTY)
    await _refused(_act(store, DEPUTY, PassChair(own)), "chair.second_person")
    asked = await _ask(store, LIN)
    for person in (ORGANISER, LIN, MEI, CHAIR):
        await _refused(_act(store, person, PassChair(asked)), "chair.second_person")
    await _refused(_act(store, SECOND, PassChair(own)), "chair.moved_on", Conflict)
    await _act(store, DEPUTY, PassChair(asked))
    assert [one.chair for one in (await store.read(POLL)).tally.passed] == [LIN]


async def test_who_may_have_it(store: VoteStore) -> None:
    """The deputy, or a judge with a seat; nobody of the reserve, nobody from outside, and nobody twice."""
    for person in (VERA, ORGANISER, CHAIR):
        await _refused(_ask(store, person), "chair.person")
    await _pass(store, LIN)
    await _refused(_ask(store, CHAIR), "chair.person")
    await _pass(store, DEPUTY)
    await _refused(_ask(store, LIN), "chair.person")
    await _pass(store, MEI)
    await _refused(_ask(store, DEPUTY), "chair.person")
    assert [one.chair for one in (await store.read(POLL)).tally.passed] == [LIN, DEPUTY, MEI]


async def test_a_shadow_judge_has_no_office(bare: VoteStore) -> None:
    """Their ballots never count; nor has anybody it before the voting has begun: until then the definition says who."""
    panels = (Panel(PanelId("jury"), 1, 0), Panel(PanelId("shadow"), 0, 0))
    seats = ((CHAIR, PanelId("jury")), (LIN, PanelId("jury")), (MEI, PanelId("shadow")))
    spec = structs.replace(SPEC, seats=seats, rules=structs.replace(SPEC.rules, panels=panels))
    await bare.prepare(spec, genesis(spec))
    await _refused(_ask(bare, LIN), "chair.early", Conflict)
    await bare.open_window(POLL, ARM, None)
    await _refused(_ask(bare, MEI), "chair.person")
    await _pass(bare, LIN)
    await assert_counts_agree(bare, spec, POLL)


async def test_whose_seat_has_passed_is_no_chair_and_who_took_it_may_be(bare: VoteStore) -> None:
    """The office goes to somebody who is there."""
    await bare.prepare(SPEC, genesis(SPEC))
    await bare.open_window(POLL, ARM, None)
    await _act(bare, DEPUTY, Substitute(await _act(bare, ORGANISER, AskSubstitute(LIN, VERA, EYE, WHY))))
    await _refused(_ask(bare, LIN), "chair.person")
    await _pass(bare, VERA)
    await _act(bare, VERA, Penalise(LEG, 100, WHY))
    await assert_counts_agree(bare, SPEC, POLL)


async def test_a_request_holds_for_the_count_it_was_made_in(store: VoteStore) -> None:
    """Whoever signs was told what it does, and that hangs on whether ties are known."""
    asked = await _ask(store, LIN)
    await _act(store, CHAIR, CloseCount(1))
    await _refused(_act(store, SECOND, PassChair(asked)), "chair.moved_on", Conflict)
    await _refused(_act(store, ORGANISER, AskChair(LIN, None, WHY)), "chair.moved_on", Conflict)
    await _refused(_act(store, ORGANISER, AskChair(LIN, 2, WHY)), "chair.moved_on", Conflict)


async def test_whoever_is_chosen_when_ties_are_known_settles_none(store: VoteStore) -> None:
    """Else those who know who stands level would choose who decides it. The deputy does, who was named before; of what
    the deputy may not decide, an organiser."""
    await _act(store, CHAIR, CloseCount(1))
    await _pass(store, LIN)
    await _refused(store.settle(POLL, LIN, (ARM, LEG), WHY, _command()), "result.not_chair")
    await _refused(store.revote(POLL, LIN, (ARM, LEG), WHY, None, _command()), "result.not_chair")
    await _refused(store.settle(POLL, DEPUTY, (ARM, LEG), WHY, _command()), "ruling.conflict")
    await store.settle(POLL, ORGANISER, (ARM, LEG), WHY, _command())
    asked = await _act(store, LIN, AskReopening(1, WHY))
    await _act(store, SECOND, Reopen(asked))
    await _act(store, LIN, Penalise(ARM, 100, WHY))


async def test_a_count_that_was_opened_again_hides_nothing_that_was_known(store: VoteStore) -> None:
    """Else two people open the count again, choose a judge by how they settle the tie, and have it closed once more."""
    early = await _ask(store, LIN)
    await _act(store, CHAIR, CloseCount(1))
    await _act(store, SECOND, Reopen(await _act(store, CHAIR, AskReopening(1, WHY))))
    await _refused(_act(store, SECOND, PassChair(early)), "chair.moved_on", Conflict)
    await _refused(_act(store, ORGANISER, AskChair(LIN, None, WHY)), "chair.moved_on", Conflict)
    await _act(store, SECOND, PassChair(await _act(store, ORGANISER, AskChair(LIN, 2, WHY))))
    state = await store.read(POLL)
    assert at_present(SPEC, state.tally).chosen_late
    await _act(store, LIN, CloseCount(2))
    await _refused(store.settle(POLL, LIN, (ARM, LEG), WHY, _command()), "result.not_chair")


async def test_the_deputy_was_named_before_anybody_knew_of_ties(store: VoteStore) -> None:
    """And so settles them, as the chair, unless in conflict."""
    await _act(store, CHAIR, CloseCount(1))
    await _pass(store)
    await _refused(store.settle(POLL, DEPUTY, (ARM, LEG), WHY, _command()), "ruling.conflict")
    await store.settle(POLL, ORGANISER, (ARM, LEG), WHY, _command())


async def test_an_organiser_on_the_way_decides_nothing_that_is_the_new_chairs(store: VoteStore) -> None:
    """What neither former chair nor deputy might decide was an organiser's; a chair without a conflict has come."""
    await _pass(store, LIN)
    await _act(store, LIN, CloseCount(1))
    await _refused(store.settle(POLL, ORGANISER, (ARM, LEG), WHY, _command()), "result.not_chair")
    question = PutQuestion(None, (ARM, LEG), (CHAIR, LIN, MEI), Duration.minutes(1))
    await _refused(store.question(POLL, ORGANISER, question, _command()), "result.not_chair")
    await store.question(POLL, LIN, question, _command())
    asked = (await store.read(POLL)).sequence
    await store.question(POLL, CHAIR, Vote(asked, ARM), _command())


async def test_a_result_is_confirmed_by_who_is_chair(bare: VoteStore) -> None:
    """To the end: confirmed by the new chair, signed by another, announced, and counted again from the record."""
    spec = structs.replace(SPEC, projects=(ARM, LEG), rules=structs.replace(SPEC.rules, places=1), recused=())
    service = VotingService(bare, Signer(Ed25519PrivateKey.generate()), {ROOM: spec}, Nobody())
    await service.prepare()
    for project, points in ((ARM, 5), (LEG, 6)):
        await service.open_window(ROOM, project, None)
        await service.cast(ROOM, LIN, Cast(_command(), project, {IMPACT: points}, 0))
        await service.close_window(ROOM, project)

    async def act(by: PersonId, act: Act) -> int:
        await service.act(ROOM, by, act, _command())
        return (await bare.read(POLL)).sequence

    await _refused(act(LIN, AskChair(LIN, None, WHY)), "result.not_chair")
    await _refused(act(LIN, PassChair(await act(CHAIR, AskChair(LIN, None, WHY)))), "chair.second_person")
    asked = await act(CHAIR, AskChair(DEPUTY, None, WHY))
    review = (await service.views(ROOM)).review()
    assert review.office is not None
    assert review.office.offered is not None
    assert (review.office.chair, review.office.offered.asked.asked) == (CHAIR, asked)
    await _refused(act(CHAIR, PassChair(asked)), "chair.second_person")
    await act(ORGANISER, PassChair(asked))
    await act(DEPUTY, CloseCount(1))
    for person in (CHAIR, LIN):
        await _refused(service.confirm(ROOM, person, False, _command()), "result.not_chair")
    await service.confirm(ROOM, DEPUTY, False, _command())
    await _refused(act(CHAIR, Countersign(1)), "result.not_chair")
    await act(MEI, Countersign(1))
    await service.reveal_next(ROOM, ORGANISER, 0, _command())
    assert await service.state(ROOM) is CeremonyState.REVEALED
    result = (await bare.read(POLL)).result
    assert decode_result(result or b"").confirmed_by == DEPUTY
    await assert_recount_agrees(service, bare, spec, ROOM)
    await _refused(_ask(bare, LIN), "result.announced", Conflict)
