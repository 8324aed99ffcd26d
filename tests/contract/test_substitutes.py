"""A judge is lost in the middle of a field, on every store: who may vote for what, before and after."""

from collections.abc import AsyncIterator, Awaitable
from itertools import count

import pytest
from msgspec import structs

from roadshow.errors import Conflict, NotAllowed, NotFound, RoadshowError
from roadshow.ids import CommandId, CompetitionId, CriterionId, PanelId, PersonId, PollId, ProjectId
from roadshow.moments import Instant
from roadshow.store.connection import Store
from roadshow.store.keys import Keys
from roadshow.voting.acts import Act, AskSubstitute, CloseCount, Substitute
from roadshow.voting.grounds import SealedGrounds
from roadshow.voting.ledger.chain import genesis
from roadshow.voting.memory_store import MemoryVoteStore
from roadshow.voting.ports import VoteStore
from roadshow.voting.redis_store import RedisVoteStore
from roadshow.voting.spec import Criterion, Panel, PollSpec, RuleSet
from roadshow.voting.tally import Substitution
from roadshow.voting.views import result_of
from roadshow.voting.votes import Cast
from tests.contract.three_counts import assert_counts_agree

POLL = PollId("robotics")
ARM, LEG, EYE = ProjectId("arm"), ProjectId("leg"), ProjectId("eye")
CHAIR, DEPUTY, LIN, MEI, VERA, ORGANISER, PAVEL = map(
    PersonId, ("chair", "deputy", "lin", "mei", "vera", "organiser", "pavel")
)
IMPACT = CriterionId("impact")
SPEC = PollSpec(
    POLL,
    (ARM, LEG, EYE),
    (LIN, MEI),
    CHAIR,
    ((VERA, EYE),),
    (Criterion(IMPACT, 1, 10),),
    RuleSet("mean", 1, ("re-vote", "chair", "shared"), "exact", 3),
    deputy=DEPUTY,
    procedure=2,
    reserve=(VERA, PAVEL),
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
    """With the poll prepared, and the first project scored by all. Whatever a test does, the counts agree."""
    store = bare
    await store.prepare(SPEC, genesis(SPEC))
    await store.open_window(POLL, ARM, None)
    for judge in (LIN, MEI):
        await store.cast(POLL, judge, _cast(ARM, 5))
    await store.close_window(POLL, ARM)
    yield store
    await assert_counts_agree(store, SPEC, POLL)


def _command() -> CommandId:
    return CommandId(f"command-{next(_numbers):04}")


def _cast(project: ProjectId, score: int, in_round: int = 1) -> Cast:
    return Cast(_command(), project, {IMPACT: score}, 0, in_round)


async def _act(store: VoteStore, by: PersonId, act: Act) -> int:
    """The entry's number."""
    await store.act(POLL, by, act, _command())
    return (await store.read(POLL)).sequence


async def _ask(store: VoteStore, judge: PersonId = LIN, substitute: PersonId = VERA, project: ProjectId = LEG) -> int:
    return await _act(store, ORGANISER, AskSubstitute(judge, substitute, project, "the line is down"))


async def _refused(act: Awaitable[object], kind: type[RoadshowError], code: str) -> None:
    with pytest.raises(kind) as caught:
        await act
    assert caught.value.code == code


async def test_a_substitute_has_the_seat_from_that_project_on_and_nobody_else(store: VoteStore) -> None:
    """Two people must never vote with one seat; and what the lost judge gave before stays."""
    await _refused(store.cast(POLL, VERA, _cast(LEG, 5)), NotAllowed, "ballot.not_entitled")
    asked = await _ask(store)
    offered = Substitution(LIN, VERA, LEG, "the line is down", ORGANISER, asked)
    assert (await store.read(POLL)).tally.offered == offered
    await _act(store, DEPUTY, Substitute(asked))
    tally = (await store.read(POLL)).tally
    assert (tally.substitutions, tally.offered) == ((offered,), None)
    await store.open_window(POLL, LEG, None)
    await store.cast(POLL, VERA, _cast(LEG, 9))
    await _refused(store.cast(POLL, LIN, _cast(LEG, 1)), NotAllowed, "ballot.replaced")
    await _refused(store.cast_late(POLL, VERA, _cast(ARM, 1)), NotAllowed, "ballot.replaced")
    await store.open_window(POLL, EYE, None)
    await _refused(store.cast(POLL, VERA, _cast(EYE, 1)), Conflict, "ballot.recused")
    standings = {one.project: one.ballots for one in result_of(SPEC, tally).standings}
    assert standings == {ARM: 2, LEG: 0, EYE: 0}


async def test_somebody_else_than_who_asked_signs_and_only_what_still_waits(store: VoteStore) -> None:
    """One person alone could otherwise seat a friend."""
    first = await _ask(store)
    for person in (ORGANISER, LIN, VERA):
        await _refused(_act(store, person, Substitute(first)), NotAllowed, "substitute.second_person")
    newer = await _ask(store, substitute=PAVEL)
    await _refused(_act(store, DEPUTY, Substitute(first)), Conflict, "substitute.moved_on")
    await _act(store, DEPUTY, Substitute(newer))
    await _refused(_act(store, DEPUTY, Substitute(newer)), Conflict, "substitute.moved_on")


async def test_a_signature_that_is_sent_again_seats_nobody_twice(store: VoteStore) -> None:
    """Its answer may have been lost on the way."""
    asked, command = await _ask(store), _command()
    await store.act(POLL, DEPUTY, Substitute(asked), command)
    sequence = (await store.read(POLL)).sequence
    await store.act(POLL, DEPUTY, Substitute(asked), command)
    assert (await store.read(POLL)).sequence == sequence


async def test_what_no_seat_can_pass_by_is_refused(store: VoteStore) -> None:
    """From a project on that the judge has scored, one seat would have two ballots."""
    await _refused(_ask(store, project=ARM), Conflict, "substitute.voted")
    await _refused(_ask(store, substitute=MEI), NotAllowed, "substitute.reserve")
    await _refused(_ask(store, judge=PAVEL), Conflict, "substitute.seat")
    await _refused(_ask(store, project=ProjectId("none")), NotFound, "project.unknown")
    asked = await _ask(store)
    await store.open_window(POLL, LEG, None)
    await store.cast(POLL, LIN, _cast(LEG, 7))  # back again meanwhile
    await _refused(_act(store, DEPUTY, Substitute(asked)), Conflict, "substitute.voted")


async def test_who_came_may_be_lost_in_turn(store: VoteStore) -> None:
    """A seat passes as often as there is somebody on the reserve, and each of them comes once."""
    await _act(store, DEPUTY, Substitute(await _ask(store)))
    await _refused(_ask(store, substitute=PAVEL, project=EYE), Conflict, "substitute.seat")
    await _refused(_ask(store, judge=VERA, substitute=PAVEL, project=ARM), Conflict, "substitute.seat")
    await _act(store, DEPUTY, Substitute(await _ask(store, judge=VERA, substitute=PAVEL, project=EYE)))
    await store.open_window(POLL, EYE, None)
    await store.cast(POLL, PAVEL, _cast(EYE, 4))
    await _refused(store.cast(POLL, VERA, _cast(EYE, 4)), NotAllowed, "ballot.replaced")
    await _refused(_ask(store, judge=MEI, substitute=VERA, project=EYE), NotAllowed, "substitute.reserve")


async def test_in_a_re_vote_those_vote_who_sit_now(store: VoteStore) -> None:
    """Whoever is gone cannot be waited for; and nothing moves once the count is closed."""
    asked = await _ask(store)
    await _act(store, DEPUTY, Substitute(asked))
    pending = await _ask(store, judge=MEI, substitute=PAVEL)
    await _act(store, CHAIR, CloseCount(1))
    await _refused(_act(store, DEPUTY, Substitute(pending)), Conflict, "count.closed")
    await _refused(_ask(store, judge=MEI, substitute=PAVEL), Conflict, "count.closed")
    await store.revote(POLL, CHAIR, (ARM, LEG), "level", None, _command())
    await store.cast(POLL, VERA, _cast(ARM, 5, 2))
    await _refused(store.cast(POLL, LIN, _cast(ARM, 5, 2)), NotAllowed, "ballot.replaced")


async def test_a_substitute_has_what_the_lot_gave_the_judge(store: VoteStore) -> None:
    """The assignment is the seat's: nobody else's projects move because one judge is lost."""
    rules = structs.replace(SPEC.rules, panels=(Panel(PanelId("jury"), 1, 1),))
    seats = ((LIN, PanelId("jury")), (MEI, PanelId("jury")))
    poll = PollId("drawn")
    spec = structs.replace(SPEC, poll=poll, rules=rules, seats=seats, assigned=((LIN, ARM), (LIN, EYE), (MEI, LEG)))
    spec = structs.replace(spec, recused=())
    await store.prepare(spec, genesis(spec))
    await store.act(poll, ORGANISER, AskSubstitute(LIN, VERA, LEG, "the line is down"), _command())
    asked = (await store.read(poll)).sequence
    await store.act(poll, DEPUTY, Substitute(asked), _command())
    for project in (LEG, EYE):
        await store.open_window(poll, project, None)
    await _refused(store.cast(poll, VERA, _cast(LEG, 3)), NotAllowed, "ballot.elsewhere")
    await store.cast(poll, VERA, _cast(EYE, 3))
    await store.recuse(poll, VERA, Cast(_command(), LEG, {}, 0), SealedGrounds("works"))
    await assert_counts_agree(store, spec, poll)
