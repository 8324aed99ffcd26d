"""Ballots by paper, on every store there is: typed in by one, confirmed by another, contested by their judge."""

from collections.abc import AsyncIterator, Awaitable, Mapping
from itertools import count

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from roadshow.errors import Conflict, InputError, NotAllowed, NotFound, RoadshowError
from roadshow.ids import CommandId, CompetitionId, CriterionId, PanelId, PersonId, PollId, ProjectId, RoomId
from roadshow.moments import Duration
from roadshow.store.connection import Store
from roadshow.store.fence import Fence
from roadshow.store.keys import Keys
from roadshow.voting.acts import AcceptLate, AskSubstitute, CloseCount, Penalise, RejectLate, Restore, ShowCards, Void
from roadshow.voting.grounds import Grounds
from roadshow.voting.ledger.chain import genesis
from roadshow.voting.ledger.record import encode_record
from roadshow.voting.ledger.recount import recount
from roadshow.voting.ledger.signing import Signer
from roadshow.voting.memory_store import MemoryVoteStore
from roadshow.voting.paper.acts import MOST_CARDS, ConfirmCard, TypeCard
from roadshow.voting.paper.codes import spelled
from roadshow.voting.paper.receipts import is_paper_genuine
from roadshow.voting.paper.told import paper_words
from roadshow.voting.ports import VoteStore
from roadshow.voting.redis_store import RedisVoteStore
from roadshow.voting.review import JudgeProgress
from roadshow.voting.seating.lots import drawn
from roadshow.voting.service import Nobody, VotingService
from roadshow.voting.spec import Criterion, Panel, PollSpec, RuleSet
from roadshow.voting.votes import Cast
from tests.clocks import HandClock
from tests.contract.counting import close_count, reopen_count
from tests.contract.three_counts import assert_recount_agrees

ROOM, POLL = RoomId("robotics"), PollId("robotics")
ARM, LEG = PROJECTS = tuple(map(ProjectId, ("arm", "leg")))
CHAIR, LIN, MEI = JUDGES = tuple(map(PersonId, ("chair", "lin", "mei")))
DEPUTY, VERA = map(PersonId, ("deputy", "vera"))
ONE, TWO = map(PersonId, ("organiser", "organiser-2"))
KIM, PAT = CLERKS = tuple(map(PersonId, ("clerk", "clerk-2")))
IMPACT, TEAM = map(CriterionId, ("impact", "team"))
GIVEN = {IMPACT: 8, TEAM: 5}
OTHER = {IMPACT: 8, TEAM: 6}
SPEC = PollSpec(
    POLL,
    PROJECTS,
    JUDGES,
    CHAIR,
    ((MEI, LEG),),
    (Criterion(IMPACT, 3, 10), Criterion(TEAM, 1, 10)),
    RuleSet("mean", 1, ("shared",), "exact", 2),
    deputy=DEPUTY,
    procedure=2,
    reserve=(VERA,),
    clerks=CLERKS,
)
SIGNER = Signer(Ed25519PrivateKey.generate())
_numbers = count()


def command() -> CommandId:
    return CommandId(f"command-{next(_numbers):08}")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture(params=["memory", "valkey"])
def store(request: pytest.FixtureRequest, clock: HandClock) -> VoteStore:
    if request.param == "memory":
        return MemoryVoteStore(clock)
    keys = Keys(CompetitionId("final"))
    connected: Store = request.getfixturevalue("connected")
    return RedisVoteStore(connected, keys, Fence(keys, clock))


async def begun(store: VoteStore, spec: PollSpec = SPEC) -> VotingService:
    """Arm's window is open."""
    service = VotingService(store, SIGNER, {ROOM: spec}, Nobody())
    await service.prepare()
    await service.open_window(ROOM, ARM, Duration.minutes(5))
    return service


@pytest.fixture
async def service(store: VoteStore) -> AsyncIterator[VotingService]:
    service = await begun(store)
    yield service
    await assert_recount_agrees(service, store, SPEC, ROOM)


def code(service: VotingService, judge: PersonId = LIN, project: ProjectId = ARM) -> str:
    return service.paper.printed(ROOM)[judge, project]


async def typed(service: VotingService, judge: PersonId = LIN, by: PersonId = KIM, project: ProjectId = ARM) -> int:
    return await service.paper.type_in(ROOM, by, code(service, judge, project), GIVEN, command())


async def confirmed(service: VotingService, judge: PersonId = LIN, by: PersonId = PAT, project: ProjectId = ARM) -> int:
    """Typed in by Kim, and confirmed; the number of the entry that typed it."""
    number = await typed(service, judge, project=project)
    await service.paper.confirm(ROOM, by, code(service, judge, project), GIVEN, command())
    return number


async def scores(service: VotingService, store: VoteStore, judge: PersonId = LIN) -> Mapping[CriterionId, int] | None:
    """What counts of a judge for arm."""
    ballots = (await store.read(POLL)).tally.ballots
    return next((one.ballot.scores for one in ballots if one.ballot.judge == judge and one.ballot.project == ARM), None)


async def waiting(store: VoteStore) -> list[int]:
    """For the chair's word."""
    return [one.sequence for one in (await store.read(POLL)).tally.late]


async def refused(doing: Awaitable[object], kind: type[RoadshowError], code: str) -> RoadshowError:
    with pytest.raises(kind) as caught:
        await doing
    assert caught.value.code == code
    return caught.value


# A card on its way --------------------------------------------------------------------------------------------------


async def test_a_card_counts_once_another_person_has_typed_the_same(service: VotingService, store: VoteStore) -> None:
    """One who holds the card and a clerk's desk gives no ballot."""
    await typed(service)
    assert await scores(service, store) is None
    await service.paper.confirm(ROOM, PAT, code(service), GIVEN, command())
    assert await scores(service, store) == GIVEN


async def test_its_code_says_whose_it_is_and_for_what(service: VotingService) -> None:
    """Nobody chooses a name from a list, which is where one slips."""
    assert service.paper.whose(ROOM, f" {spelled(code(service)).lower()} ") == (code(service), (LIN, ARM))
    wrong = "3" if code(service).endswith("2") else "2"
    await refused(asked(service, code(service)[:-1] + wrong), InputError, "code.mistyped")


async def asked(service: VotingService, text: str) -> object:
    return service.paper.whose(ROOM, text)


async def test_a_card_of_another_field_is_of_no_use_here(service: VotingService, store: VoteStore) -> None:
    other = VotingService(store, SIGNER, {ROOM: msgspec.structs.replace(SPEC, poll=PollId("bio"))}, Nobody())
    card = other.paper.printed(ROOM)[LIN, ARM]
    await refused(service.paper.type_in(ROOM, KIM, card, GIVEN, command()), NotFound, "code.unknown")


async def test_cards_are_printed_for_whom_they_can_be_of_use(service: VotingService) -> None:
    """Also for the reserve, of whom somebody may come; not where a judge has a conflict of interest."""
    cards = service.paper.printed(ROOM)
    assert set(cards) == {(judge, one) for judge in (*JUDGES, VERA) for one in PROJECTS} - {(MEI, LEG)}


async def test_who_confirms_has_to_type_just_the_same(service: VotingService, store: VoteStore) -> None:
    """Nobody confirms with a look. What was typed first stays: whoever finds a slip rejects it."""
    await typed(service)
    await refused(service.paper.confirm(ROOM, PAT, code(service), OTHER, command()), Conflict, "paper.differs")
    await service.paper.confirm(ROOM, PAT, code(service), GIVEN, command())
    assert await scores(service, store) == GIVEN


async def test_a_rejected_card_is_typed_in_again(service: VotingService, store: VoteStore) -> None:
    number = await typed(service)
    await service.paper.reject(ROOM, PAT, number, "typing", command())
    await refused(service.paper.confirm(ROOM, PAT, code(service), GIVEN, command()), Conflict, "paper.moved_on")
    await confirmed(service)
    assert await scores(service, store) == GIVEN


async def test_it_can_be_typed_in_so_often_and_no_more(service: VotingService) -> None:
    """Whoever would try scores until some second person nods has five."""
    for _ in range(MOST_CARDS):
        await service.paper.reject(ROOM, PAT, await typed(service), "unreadable", command())
    refusal = await refused(typed(service), Conflict, "paper.too_many")
    assert refusal.details["limit"] == MOST_CARDS


async def test_the_same_card_counts_once(service: VotingService) -> None:
    """Neither while it waits nor when it was confirmed, nor after the judge has sent something else."""
    await typed(service)
    await refused(typed(service, by=PAT), Conflict, "paper.waiting")
    await service.paper.confirm(ROOM, PAT, code(service), GIVEN, command())
    await refused(typed(service), Conflict, "paper.used")
    await service.cast(ROOM, LIN, Cast(command(), ARM, OTHER, 0))
    await refused(typed(service), Conflict, "paper.used")


async def test_sent_again_it_is_one_act(service: VotingService, store: VoteStore) -> None:
    """A form whose answer was lost is pressed again."""
    first, second = command(), command()
    number = await service.paper.type_in(ROOM, KIM, code(service), GIVEN, first)
    assert await service.paper.type_in(ROOM, KIM, code(service), GIVEN, first) == number
    done = await service.paper.confirm(ROOM, PAT, code(service), GIVEN, second)
    assert await service.paper.confirm(ROOM, PAT, code(service), GIVEN, second) == done
    await refused(service.paper.type_in(ROOM, KIM, code(service), OTHER, first), Conflict, "command.reused")
    assert (await store.read(POLL)).sequence == done


async def test_it_has_to_fit_the_rubric(service: VotingService) -> None:
    for wrong, why in (
        ({IMPACT: 11, TEAM: 5}, "ballot.out_of_range"),
        ({IMPACT: 8}, "ballot.missing_criterion"),
        ({**GIVEN, CriterionId("charm"): 1}, "ballot.unknown_criterion"),
    ):
        await refused(service.paper.type_in(ROOM, KIM, code(service), wrong, command()), InputError, why)


# Who may ------------------------------------------------------------------------------------------------------------


async def test_only_a_clerk_types_cards_in(service: VotingService) -> None:
    """They are named before the first window is opened, and in the rules that everybody is told the hash of."""
    for by in (ONE, CHAIR, MEI, DEPUTY, LIN):
        await refused(typed(service, by=by), NotAllowed, "paper.not_clerk")


async def test_nobody_confirms_what_they_typed_in(service: VotingService, store: VoteStore) -> None:
    number = await typed(service)
    await refused(service.paper.confirm(ROOM, KIM, code(service), GIVEN, command()), NotAllowed, "paper.second_person")
    # Nor by the store alone, whatever is asked before.
    act = ConfirmCard(number, code(service), GIVEN)
    await refused(store.paper(POLL, KIM, act, command()), NotAllowed, "paper.second_person")


async def test_no_judge_of_the_field_confirms(service: VotingService, store: VoteStore) -> None:
    """Their own or a rival's: whoever has a say in the result has none in this."""
    number = await typed(service)
    for by in (LIN, MEI, VERA):
        await refused(store.paper(POLL, by, ConfirmCard(number, code(service), GIVEN), command()), NotAllowed, SECOND)
    for by in (*JUDGES, DEPUTY, VERA):
        await refused(service.paper.confirm(ROOM, by, code(service), GIVEN, command()), NotAllowed, SECOND)


SECOND = "paper.second_person"


async def test_an_organiser_may_be_the_second_person(service: VotingService, store: VoteStore) -> None:
    """Who runs a hall are few. One organiser alone, or two, can still do nothing: a clerk types."""
    await confirmed(service, by=ONE)
    assert await scores(service, store) == GIVEN


async def test_a_field_without_clerks_takes_no_paper(store: VoteStore) -> None:
    """Its rules say so from the first window on, and recount holds to it."""
    service = await begun(store, msgspec.structs.replace(SPEC, clerks=()))
    with pytest.raises(NotFound) as caught:
        service.paper.printed(ROOM)
    assert caught.value.code == "paper.none"
    act = service.paper.reject(ROOM, ONE, 1, "other", command())
    await refused(act, NotFound, "paper.none")


async def test_clerks_decide_nothing_else(service: VotingService) -> None:
    """Neither in the chair's stead nor as organisers, who they are not."""
    await refused(service.act(ROOM, KIM, Penalise(ARM, 100, "too loud"), command()), NotAllowed, "result.not_chair")


# Beside what judges send --------------------------------------------------------------------------------------------


async def test_who_has_sent_a_ballot_themselves_has_none_by_paper(service: VotingService) -> None:
    """Whatever it was: with two of them, somebody would choose."""
    await service.cast(ROOM, LIN, Cast(command(), ARM, OTHER, 0))
    await refused(typed(service), Conflict, "paper.voted")
    await service.abstain(ROOM, MEI, Cast(command(), ARM, {}, 0), Grounds("missed", ""))
    await refused(typed(service, MEI), Conflict, "paper.voted")


async def test_a_conflict_of_interest_holds_on_paper(service: VotingService) -> None:
    await service.recuse(ROOM, LIN, ARM, Grounds("stake", ""), command())
    await refused(typed(service), Conflict, "ballot.recused")
    await service.open_window(ROOM, LEG, None)
    assert (MEI, LEG) not in service.paper.printed(ROOM)


@pytest.mark.parametrize("word", ["none", "confirmed"])
async def test_what_the_judge_sends_takes_a_cards_place(service: VotingService, store: VoteStore, word: str) -> None:
    """A phone that came to life: the judge's own hand goes before two others'. Their page need not know of the card."""
    if word == "none":
        await typed(service)
    else:
        await confirmed(service)
    await service.cast(ROOM, LIN, Cast(command(), ARM, OTHER, 0))
    assert await scores(service, store) == OTHER
    assert (await store.read(POLL)).tally.cards == ()
    await refused(service.paper.confirm(ROOM, PAT, code(service), GIVEN, command()), Conflict, "paper.moved_on")


async def test_a_late_ballot_of_the_judges_own_leaves_a_card_that_counts_to_the_chair(
    service: VotingService, store: VoteStore
) -> None:
    """After the window nothing changes by the judge's word alone."""
    await confirmed(service)
    await service.close_window(ROOM, ARM)
    await service.cast_late(ROOM, LIN, Cast(command(), ARM, OTHER, 0))
    (late,) = await waiting(store)
    assert await scores(service, store) == GIVEN
    await service.act(ROOM, CHAIR, AcceptLate(LIN, ARM, late, "the phone was found"), command())
    assert await scores(service, store) == OTHER
    assert (await store.read(POLL)).tally.cards == ()


async def test_a_late_ballot_goes_before_a_card_that_waits(service: VotingService, store: VoteStore) -> None:
    await typed(service)
    await service.close_window(ROOM, ARM)
    await service.cast_late(ROOM, LIN, Cast(command(), ARM, OTHER, 0))
    await refused(service.paper.confirm(ROOM, PAT, code(service), GIVEN, command()), Conflict, "paper.moved_on")
    (late,) = await waiting(store)
    await service.act(ROOM, CHAIR, RejectLate(LIN, ARM, late, "too late"), command())
    assert await scores(service, store) is None


async def test_ballots_by_paper_are_set_aside_and_restored_like_others(
    service: VotingService, store: VoteStore
) -> None:
    await confirmed(service)
    await service.act(ROOM, CHAIR, Void(LIN, ARM, "left the room"), command())
    assert JudgeProgress(LIN, "void", paper=True) in await judges(service)
    await service.act(ROOM, CHAIR, Restore(LIN, ARM, "was there"), command())
    assert JudgeProgress(LIN, "submitted", paper=True) in await judges(service)


async def judges(service: VotingService) -> list[JudgeProgress]:
    return list((await service.views(ROOM)).progress().projects[0].judges)


# After the window ---------------------------------------------------------------------------------------------------


async def test_typed_in_after_its_window_it_waits_for_the_chair(service: VotingService, store: VoteStore) -> None:
    """As a late ballot does: who comes late with paper is no better off."""
    await service.close_window(ROOM, ARM)
    number = await confirmed(service)
    assert await scores(service, store) is None
    assert await waiting(store) == [number]
    (late,) = (await service.views(ROOM)).review().late
    assert (late.late, late.paper, late.contested) == (number, True, None)
    await service.act(ROOM, CHAIR, AcceptLate(LIN, ARM, number, "brought on foot"), command())
    assert await scores(service, store) == GIVEN


async def test_its_window_may_end_by_its_deadline(service: VotingService, store: VoteStore, clock: HandClock) -> None:
    """Nobody has to press a button before the clerk can type."""
    clock.advance(Duration.minutes(6))
    number = await confirmed(service)
    assert await waiting(store) == [number]
    kinds = [entry.kind for entry in await store.ledger(POLL, 0, 100)]
    assert kinds == ["open", "close", "paper", "confirm-paper"]


async def test_typed_in_time_and_confirmed_later_it_counts(service: VotingService, store: VoteStore) -> None:
    """What the judge gave came in its time; the second person changes nothing of it."""
    await typed(service)
    await service.close_window(ROOM, ARM)
    await service.paper.confirm(ROOM, PAT, code(service), GIVEN, command())
    assert await scores(service, store) == GIVEN


async def test_before_its_window_there_is_nothing_to_type_in(service: VotingService) -> None:
    await refused(typed(service, project=LEG), Conflict, "ballot.closed")


async def test_a_late_card_sent_again_is_the_first(service: VotingService, store: VoteStore) -> None:
    """Also where the window has been opened again since."""
    await service.close_window(ROOM, ARM)
    same = command()
    number = await service.paper.type_in(ROOM, KIM, code(service), GIVEN, same)
    await service.open_window(ROOM, ARM, None)
    assert await service.paper.type_in(ROOM, KIM, code(service), GIVEN, same) == number


async def test_a_rejected_late_card_is_out(service: VotingService, store: VoteStore) -> None:
    await service.close_window(ROOM, ARM)
    number = await confirmed(service)
    await service.act(ROOM, CHAIR, RejectLate(LIN, ARM, number, "nobody saw it filled in"), command())
    assert await scores(service, store) is None
    assert (await store.read(POLL)).tally.cards == ()
    await refused(typed(service), Conflict, "paper.used")


async def test_who_had_a_hand_in_it_does_not_accept_it(store: VoteStore) -> None:
    """Where chair and deputy may not decide, an organiser does: another one than has confirmed it."""
    service = await begun(store, msgspec.structs.replace(SPEC, deputy=None))
    await service.close_window(ROOM, ARM)
    number = await confirmed(service, CHAIR, by=ONE)
    accept = AcceptLate(CHAIR, ARM, number, "brought on foot")
    await refused(service.act(ROOM, ONE, accept, command()), NotAllowed, "ruling.conflict")
    await service.act(ROOM, TWO, accept, command())
    assert await scores(service, store, CHAIR) == GIVEN


# The count ----------------------------------------------------------------------------------------------------------


async def test_the_count_is_not_closed_over_a_card_that_waits(service: VotingService) -> None:
    """Else whoever confirms would decide, once ties are known, whether it counts."""
    number = await typed(service)
    await service.close_window(ROOM, ARM)
    await refused(service.act(ROOM, CHAIR, CloseCount(1), command()), Conflict, "paper.unconfirmed")
    await service.paper.reject(ROOM, PAT, number, "unsigned", command())
    await service.act(ROOM, CHAIR, CloseCount(1), command())


async def test_nothing_comes_by_paper_once_the_count_is_closed(service: VotingService) -> None:
    number = await confirmed(service)
    await service.close_window(ROOM, ARM)
    await close_count(service, ROOM, CHAIR)
    await refused(typed(service, MEI), Conflict, "count.closed")
    await refused(service.paper.contest(ROOM, LIN, number, "not-mine", command()), Conflict, "count.closed")


async def test_a_seat_does_not_pass_over_a_card(service: VotingService) -> None:
    """No seat has two ballots, whichever way they came."""
    await typed(service)
    ask = AskSubstitute(LIN, VERA, ARM, "fell ill")
    await refused(service.act(ROOM, ONE, ask, command()), Conflict, "substitute.voted")
    await service.paper.confirm(ROOM, PAT, code(service), GIVEN, command())
    await refused(service.act(ROOM, ONE, ask, command()), Conflict, "substitute.voted")


async def test_the_reserve_has_no_card_before_it_has_a_seat(service: VotingService) -> None:
    await refused(typed(service, VERA), NotAllowed, "ballot.not_entitled")


async def test_the_lot_holds_on_paper(store: VoteStore) -> None:
    spec = msgspec.structs.replace(
        SPEC,
        recused=(),
        reserve=(),
        seats=tuple((judge, PanelId("all")) for judge in JUDGES),
        rules=msgspec.structs.replace(SPEC.rules, panels=(Panel(PanelId("all"), 1, each=1),), draw="4 8 15"),
    )
    spec = msgspec.structs.replace(spec, assigned=drawn(spec))
    service = await begun(store, spec)
    mine = next(judge for judge, project in spec.assigned if project == ARM)
    assert [judge for judge, project in service.paper.printed(ROOM) if project == ARM] == [mine]
    other = next(judge for judge in JUDGES if judge != mine)
    act = TypeCard(other, ARM, code(service, mine), GIVEN)
    await refused(store.paper(POLL, KIM, act, command()), NotAllowed, "ballot.elsewhere")


# Cards that are shown -----------------------------------------------------------------------------------------------


async def shown_after_each(store: VoteStore, *, by_itself: bool = False) -> VotingService:
    rules = msgspec.structs.replace(SPEC.rules, scores_told="after-each", shown_by_itself=by_itself)
    return await begun(store, msgspec.structs.replace(SPEC, rules=rules))


async def test_no_scores_are_shown_over_a_card_that_waits(store: VoteStore) -> None:
    """Whoever confirms, or types the next one, would know the others'."""
    service = await shown_after_each(store)
    await service.cast(ROOM, MEI, Cast(command(), ARM, GIVEN, 0))
    number = await typed(service)
    await service.close_window(ROOM, ARM)
    await refused(service.act(ROOM, ONE, ShowCards(ARM, 2), command()), Conflict, "paper.unconfirmed")
    assert (await service.views(ROOM)).progress().showable[0].waits == "paper"
    await service.paper.reject(ROOM, PAT, number, "unsigned", command())
    await service.act(ROOM, ONE, ShowCards(ARM, 2), command())
    await refused(typed(service), Conflict, "cards.shown")


async def test_a_confirmed_card_may_be_the_last_that_was_missing(store: VoteStore) -> None:
    """Shown by themselves, scores are told as soon as nobody's is missing, also one that came by paper."""
    service = await shown_after_each(store, by_itself=True)
    for judge in (CHAIR, MEI):
        await service.cast(ROOM, judge, Cast(command(), ARM, GIVEN, 0))
    await typed(service)
    await service.close_window(ROOM, ARM)
    assert (await service.views(ROOM)).cards().projects == ()
    await service.paper.confirm(ROOM, PAT, code(service), GIVEN, command())
    (shown,) = (await service.views(ROOM)).cards().projects
    assert {card.judge: card.total for card in shown.cards}[LIN] == "72.50"


async def test_what_was_shown_is_contested_in_another_count(store: VoteStore) -> None:
    service = await shown_after_each(store)
    number = await confirmed(service)
    await service.close_window(ROOM, ARM)
    await service.act(ROOM, ONE, ShowCards(ARM, 2), command())
    await refused(service.paper.contest(ROOM, LIN, number, "not-mine", command()), Conflict, "cards.shown")
    await close_count(service, ROOM, CHAIR)
    await reopen_count(service, ROOM, CHAIR, ONE)
    await service.paper.contest(ROOM, LIN, number, "not-mine", command())
    assert await waiting(store) == [number]


# The judge ----------------------------------------------------------------------------------------------------------


async def test_the_judge_is_told_and_has_a_receipt(service: VotingService, store: VoteStore) -> None:
    """Whoever forges a card for a judge has that judge's desk against them: it proves what was typed, and by whom."""
    number = await typed(service)
    (own,) = await service.paper.own(ROOM, LIN)
    assert (own.card.typed.ballot.scores, own.card.typed.ballot.typed_by, own.counts) == (GIVEN, KIM, False)
    await service.paper.confirm(ROOM, PAT, code(service), GIVEN, command())
    (own,) = await service.paper.own(ROOM, LIN)
    assert own.counts
    receipt = await service.paper.receipt(ROOM, LIN, number)
    assert is_paper_genuine(receipt, service.public_key)
    assert not is_paper_genuine(
        msgspec.structs.replace(receipt, body=receipt.body.replace("8", "9")), SIGNER.public_key
    )
    await refused(service.paper.receipt(ROOM, MEI, number), NotFound, "paper.unknown")
    assert (await service.own_ballots(ROOM, LIN)).receipts == ()


async def test_a_contested_card_stops_to_count_and_waits_for_the_chair(
    service: VotingService, store: VoteStore
) -> None:
    """The judge's word is enough to take it out; to leave it in takes a reason that everybody reads."""
    number = await confirmed(service)
    await service.close_window(ROOM, ARM)
    await service.paper.contest(ROOM, LIN, number, "not-mine", command())
    assert await scores(service, store) is None
    assert await waiting(store) == [number]
    assert (await service.views(ROOM)).review().late[0].contested == "not-mine"
    await refused(service.act(ROOM, CHAIR, CloseCount(1), command()), Conflict, "result.late")
    await service.act(ROOM, CHAIR, AcceptLate(LIN, ARM, number, "it bears their hand"), command())
    assert await scores(service, store) == GIVEN
    await refused(service.paper.contest(ROOM, LIN, number, "otherwise", command()), Conflict, "paper.contested")


async def test_only_its_judge_contests_a_card_and_only_one_that_was_confirmed(service: VotingService) -> None:
    number = await typed(service)
    await refused(service.paper.contest(ROOM, LIN, number, "not-mine", command()), Conflict, "paper.moved_on")
    await service.paper.confirm(ROOM, PAT, code(service), GIVEN, command())
    await refused(service.paper.contest(ROOM, MEI, number, "not-mine", command()), NotAllowed, "paper.not_yours")
    await refused(service.paper.contest(ROOM, ONE, number, "not-mine", command()), NotAllowed, "paper.not_yours")


async def test_a_contested_card_may_be_answered_by_the_judges_own_late_ballot(
    service: VotingService, store: VoteStore
) -> None:
    number = await confirmed(service)
    await service.close_window(ROOM, ARM)
    await service.paper.contest(ROOM, LIN, number, "otherwise", command())
    await service.cast_late(ROOM, LIN, Cast(command(), ARM, OTHER, 0))
    (late,) = await waiting(store)
    assert late != number
    await service.act(ROOM, CHAIR, AcceptLate(LIN, ARM, late, "as on the card"), command())
    assert await scores(service, store) == OTHER


@pytest.mark.parametrize("number", [0, -1, 1, 2, 99])
async def test_a_number_of_anything_else_is_no_card(service: VotingService, number: int) -> None:
    """Of a window, of an entry that is not there yet, of none."""
    await typed(service, MEI)
    number = number if number != 2 else 10**12
    await refused(service.paper.reject(ROOM, PAT, number, "other", command()), Conflict, "paper.moved_on")


# What is told -------------------------------------------------------------------------------------------------------


async def test_the_record_has_it_all_and_recount_says_so(service: VotingService, store: VoteStore) -> None:
    """How many ballots no judge has sent, what became of each card, and the judge's receipt in it."""
    number = await confirmed(service)
    other = await typed(service, MEI)
    await service.paper.reject(ROOM, ONE, other, "unreadable", command())
    receipt = await service.paper.receipt(ROOM, LIN, number)
    await service.close_window(ROOM, ARM)
    await close_count(service, ROOM, CHAIR)
    await service.confirm(ROOM, CHAIR, True, command())
    while (view := await service.ceremony(ROOM)).remaining:
        await service.reveal_next(ROOM, ONE, len(view.announced), command())
    data = encode_record(await service.record(ROOM))
    report = recount(data, service.public_key, msgspec.json.encode(receipt))
    told = {one.check: one.text for one in report.findings}
    assert report.holds
    assert "typed in 2 times" in told["paper"]
    assert "1 came on paper" in told["paper"]
    assert "word for word" in told["receipt"]
    first, second = paper_words(SPEC, await store.ledger(POLL, 0, 100))
    assert (first.judge, first.counts, first.confirmed, first.late) == (LIN, True, "clerk", False)
    assert (second.judge, second.counts, second.rejected) == (MEI, False, "unreadable")
    forged = msgspec.structs.replace(receipt, body=receipt.body.replace('"impact":8', '"impact":9'))
    assert not recount(data, service.public_key, msgspec.json.encode(forged)).holds


async def test_rules_without_clerks_have_the_hash_they_had() -> None:
    """A poll from before goes on."""
    assert b"clerks" not in msgspec.json.encode(msgspec.structs.replace(SPEC, clerks=()))
    assert genesis(SPEC) != genesis(msgspec.structs.replace(SPEC, clerks=()))
