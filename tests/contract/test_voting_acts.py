"""What the chair, the organiser and a second person may do to a poll, on every store there is."""

from collections.abc import AsyncIterator, Awaitable, Iterator

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from roadshow.clock import SystemClock
from roadshow.errors import Conflict, InputError, NotAllowed, NotFound, RoadshowError
from roadshow.ids import CommandId, CompetitionId, CriterionId, PersonId, PollId, ProjectId, RoomId
from roadshow.moments import ZERO, Duration
from roadshow.store.connection import Store
from roadshow.store.keys import Keys
from roadshow.voting.acts import (
    AcceptLate,
    Act,
    AskReopening,
    CloseCount,
    Countersign,
    Penalise,
    RejectLate,
    Reopen,
    Restore,
    Void,
)
from roadshow.voting.grounds import Grounds
from roadshow.voting.ledger.late import late_words
from roadshow.voting.ledger.record import encode_record
from roadshow.voting.ledger.signing import Signer, is_genuine, is_in
from roadshow.voting.looking import whole_ledger
from roadshow.voting.memory_store import MemoryVoteStore
from roadshow.voting.ports import PollChanged, VoteStore
from roadshow.voting.redis_store import RedisVoteStore
from roadshow.voting.results import CeremonyState
from roadshow.voting.review import Tie
from roadshow.voting.service import VotingService
from roadshow.voting.spec import Criterion, PollSpec, RuleSet, Trim, former
from roadshow.voting.tally import Count, Penalty, SetAside
from roadshow.voting.votes import Cast
from tests.contract.counting import close_count, reopen_count
from tests.contract.three_counts import assert_recount_agrees

ROOM, POLL = RoomId("robotics"), PollId("robotics")
ARM, LEG, EYE = ProjectId("arm"), ProjectId("leg"), ProjectId("eye")
LIN, MEI, OLGA, CHAIR = PersonId("lin"), PersonId("mei"), PersonId("olga"), PersonId("chair")
ORGANISER = PersonId("organiser-1")
IMPACT = CriterionId("impact")
MISSED = Grounds("missed", "Half of the pitch.")
OWN_COMPANY = Grounds("stake", "It is my own company.")
RULES = RuleSet("mean", 1, ("re-vote", "chair", "shared"), "exact", 3, second_confirmation=True)
SPEC = PollSpec(
    POLL, (ARM, LEG, EYE), (CHAIR, LIN, MEI, OLGA), CHAIR, (), (Criterion(IMPACT, 1, 100),), RULES, procedure=2
)
SIGNER = Signer(Ed25519PrivateKey.generate())


class _Deaf:
    def progress_changed(self, room: RoomId) -> None: ...

    def ceremony_changed(self, room: RoomId) -> None: ...


@pytest.fixture(params=["memory", "valkey"])
def store(request: pytest.FixtureRequest) -> VoteStore:
    if request.param == "memory":
        return MemoryVoteStore(SystemClock())
    return RedisVoteStore(request.getfixturevalue("connected"), Keys(CompetitionId("final")))


@pytest.fixture
async def service(store: VoteStore) -> AsyncIterator[VotingService]:
    """All windows closed, and nobody level: arm 90, leg 80, eye 70. In the end the three counts are one."""
    service = VotingService(store, SIGNER, {ROOM: SPEC}, _Deaf())
    await service.prepare()
    await _score(service, {ARM: {LIN: 90, MEI: 90}, LEG: {LIN: 80, MEI: 80}, EYE: {LIN: 70, MEI: 70}})
    yield service
    await assert_recount_agrees(service, store, SPEC, ROOM)


_numbers: Iterator[int] = iter(range(10**9))


def _command() -> CommandId:
    return CommandId(f"command-{next(_numbers):08}")


def _cast(project: ProjectId, score: int, expected: int = 0, in_round: int = 1) -> Cast:
    return Cast(_command(), project, {IMPACT: score}, expected, in_round)


def _abstention(project: ProjectId, expected: int = 0) -> Cast:
    return Cast(_command(), project, {}, expected)


async def _refused(act: Awaitable[object], kind: type[RoadshowError], code: str) -> RoadshowError:
    with pytest.raises(kind) as caught:
        await act
    assert caught.value.code == code
    return caught.value


async def _score(service: VotingService, table: dict[ProjectId, dict[PersonId, int]]) -> None:
    for project, scores in table.items():
        await service.open_window(ROOM, project, None)
        for judge, score in scores.items():
            own = await service.own_ballots(ROOM, judge)
            expected = next((one.revision for one in own.receipts if one.project == project), 0)
            await service.cast(ROOM, judge, _cast(project, score, expected))
        await service.close_window(ROOM, project)


async def _act(service: VotingService, act: Act, by: PersonId = CHAIR) -> None:
    await service.act(ROOM, by, act, _command())


async def _result(service: VotingService, version: int = 1) -> dict[str, tuple[int | None, str, str]]:
    """Close the count, confirm, sign, announce it all: project → place, score, decided by."""
    await close_count(service, ROOM, CHAIR)
    await service.confirm(ROOM, CHAIR, True, _command())
    await _act(service, Countersign(version), by=LIN)
    view = await service.ceremony(ROOM)
    while view.remaining:
        view = await service.reveal_next(ROOM, ORGANISER, len(view.announced), _command())
    lines = (await service.published(ROOM)).standings
    return {line.project: (line.place, line.score, line.decided_by) for line in lines}


async def _states(service: VotingService, project: ProjectId) -> dict[PersonId, str]:
    found = next(one for one in (await service.views(ROOM)).progress().projects if one.project == project)
    return {judge.judge: judge.state for judge in found.judges}


# Abstaining ---------------------------------------------------------------------------------------------------------


async def test_an_abstention_takes_a_ballot_out_until_another_follows(service: VotingService) -> None:
    """Not a zero and not for good: the judge found out what they had missed, then was told."""
    await service.open_window(ROOM, ARM, None)
    receipt = await service.abstain(ROOM, LIN, _abstention(ARM, expected=1), MISSED)
    assert (receipt.abstained, receipt.revision, receipt.scores) == (True, 2, {})
    assert is_genuine(receipt, service.public_key)
    assert (await _states(service, ARM))[LIN] == "abstained"
    await service.cast(ROOM, MEI, _cast(ARM, 60, expected=1))
    await service.abstain(ROOM, OLGA, _abstention(ARM), MISSED)
    await service.cast(ROOM, OLGA, _cast(ARM, 62, expected=1))
    await service.close_window(ROOM, ARM)
    assert (await _result(service))[ARM] == (3, "61.00", "score")


async def test_own_words_are_told_to_those_who_may_know_and_recorded_nowhere(service: VotingService) -> None:
    """Of a recusal and of an abstention; who gives a ballot after all has nothing to explain."""
    await service.open_window(ROOM, ARM, None)
    await service.recuse(ROOM, MEI, ARM, OWN_COMPANY, _command())
    await service.abstain(ROOM, OLGA, _abstention(ARM), MISSED)

    async def told() -> list[tuple[str, str, str]]:
        view = await service.grounds(ROOM, (await service.views(ROOM)).unscored())
        assert all(one.intact for one in view.unscored)
        return [(one.judge, one.category, one.words) for one in view.unscored]

    assert await told() == [(MEI, "stake", OWN_COMPANY.words), (OLGA, "missed", MISSED.words)]
    await service.cast(ROOM, OLGA, _cast(ARM, 62, expected=1))
    assert await told() == [(MEI, "stake", OWN_COMPANY.words)]
    await service.close_window(ROOM, ARM)
    await _result(service)
    record = encode_record(await service.record(ROOM)).decode()
    assert '\\"category\\":\\"stake\\"' in record
    assert OWN_COMPANY.words not in record
    assert MISSED.words not in record


async def test_an_abstention_is_a_revision_like_any_other(service: VotingService) -> None:
    """Sent twice it is one; from an old tab it is refused; with a short reason or scores it is none."""
    await _refused(service.abstain(ROOM, LIN, _abstention(ARM, 1), MISSED), Conflict, "ballot.closed")
    await service.open_window(ROOM, ARM, None)
    await _refused(service.abstain(ROOM, LIN, _abstention(ARM), MISSED), Conflict, "ballot.stale")
    await _refused(service.abstain(ROOM, LIN, _abstention(ARM, 1), Grounds("missed", " ")), InputError, "reason.length")
    await _refused(service.abstain(ROOM, LIN, _cast(ARM, 1, 1), Grounds("missed")), InputError, "ballot.malformed")
    abstention = _abstention(ARM, 1)
    first = await service.abstain(ROOM, LIN, abstention, MISSED)
    assert await service.abstain(ROOM, LIN, abstention, MISSED) == first
    await _refused(
        service.abstain(ROOM, LIN, abstention, Grounds("missed", "another")), Conflict, "ballot.command_reused"
    )
    await _refused(
        service.recuse(ROOM, LIN, ARM, Grounds("stake"), abstention.command), Conflict, "ballot.command_reused"
    )
    await service.close_window(ROOM, ARM)


# Void ---------------------------------------------------------------------------------------------------------------


async def test_what_the_chair_sets_aside_does_not_count_until_restored(service: VotingService) -> None:
    """Reversible until it is confirmed; both acts stay on record with their reasons."""
    await _act(service, Void(LIN, ARM, "was not there"))
    assert (await _states(service, ARM))[LIN] == "void"
    assert (await service.views(ROOM)).review().set_aside == (SetAside(LIN, ARM, "was not there"),)
    assert (await service.own_ballots(ROOM, LIN)).set_aside == (ARM,)
    await service.open_window(ROOM, ARM, None)
    await _refused(service.cast(ROOM, LIN, _cast(ARM, 10, 1)), Conflict, "ballot.void")
    await _act(service, Restore(LIN, ARM, "was there after all"))
    await service.cast(ROOM, LIN, _cast(ARM, 60, 1))
    await service.close_window(ROOM, ARM)
    await _act(service, Void(MEI, ARM, "was not there"))
    assert (await _result(service))[ARM] == (3, "60.00", "score")


async def test_only_what_counts_can_be_set_aside_and_only_that_restored(service: VotingService) -> None:
    """An act on nothing would lie in wait for a ballot to come."""
    await _refused(_act(service, Void(OLGA, ARM, "a reason")), Conflict, "ballot.none")
    await _refused(_act(service, Restore(LIN, ARM, "a reason")), Conflict, "ballot.not_void")
    await _act(service, Void(LIN, ARM, "a reason"))
    await _refused(_act(service, Void(LIN, ARM, "another")), Conflict, "ballot.void")
    await _refused(_act(service, Void(PersonId("eve"), ARM, "a reason")), NotAllowed, "ballot.not_entitled")
    await _refused(_act(service, Void(LIN, ProjectId("other"), "a reason")), NotFound, "project.unknown")
    await _refused(_act(service, Void(MEI, ARM, "")), InputError, "reason.length")


async def test_a_judge_whose_ballot_is_void_may_still_recuse(service: VotingService) -> None:
    """A conflict is a conflict, whatever else is."""
    await _act(service, Void(LIN, ARM, "a reason"))
    await service.open_window(ROOM, ARM, None)
    await service.recuse(ROOM, LIN, ARM, OWN_COMPANY, _command())
    await service.close_window(ROOM, ARM)
    assert (await _states(service, ARM))[LIN] == "recused"


# Late ballots -------------------------------------------------------------------------------------------------------


async def test_a_late_ballot_counts_once_the_chair_accepts_it(service: VotingService, store: VoteStore) -> None:
    """Receipted when it comes, kept apart, and nobody sees what is in it."""
    receipt = await service.cast_late(ROOM, OLGA, _cast(ARM, 63))
    assert receipt.late
    assert is_genuine(receipt, service.public_key)
    assert is_in(receipt, (await store.ledger(POLL, receipt.sequence - 1, 1))[0])
    (late,) = (await service.views(ROOM)).review().late
    assert (late.judge, late.project, late.late, late.replaces) == (OLGA, ARM, receipt.sequence, False)
    assert (await _states(service, ARM))[OLGA] == "late"
    assert (await service.own_ballots(ROOM, OLGA)).late == (receipt,)
    assert not (await service.views(ROOM)).review().ready
    await _refused(close_count(service, ROOM, CHAIR), Conflict, "result.late")
    await _act(service, AcceptLate(OLGA, ARM, receipt.sequence, "the line was down"))
    assert (await _states(service, ARM))[OLGA] == "submitted"
    assert (await _result(service))[ARM] == (1, "81.00", "score")
    (told,) = late_words(SPEC, await whole_ledger(store, POLL))
    assert (told.judge, told.project, told.accepted, told.reason) == (OLGA, ARM, True, "the line was down")


async def test_a_rejected_late_ballot_stays_out(service: VotingService, store: VoteStore) -> None:
    """It is in the ledger all the same, and its judge has the receipt."""
    receipt = await service.cast_late(ROOM, LIN, _cast(ARM, 10, expected=1))
    await _act(service, RejectLate(LIN, ARM, receipt.sequence, "after the discussion"))
    await _refused(_act(service, AcceptLate(LIN, ARM, receipt.sequence, "after all")), Conflict, "late.moved_on")
    assert (await _result(service))[ARM] == (1, "90.00", "score")
    (told,) = late_words(SPEC, await whole_ledger(store, POLL))
    assert (told.judge, told.accepted, told.reason) == (LIN, False, "after the discussion")


async def test_an_accepted_late_ballot_replaces_the_one_that_counted(service: VotingService) -> None:
    """A judge mixed two projects up and noticed after the window."""
    receipt = await service.cast_late(ROOM, LIN, _cast(ARM, 60, expected=1))
    assert (await service.views(ROOM)).review().late[0].replaces
    await _act(service, AcceptLate(LIN, ARM, receipt.sequence, "a mix-up"))
    assert (await _result(service))[ARM] == (2, "75.00", "score")


async def test_the_chair_decides_on_the_late_ballot_the_page_shows(service: VotingService) -> None:
    """One in the window opened again takes its place."""
    late = await service.cast_late(ROOM, OLGA, _cast(ARM, 50))
    await _refused(_act(service, AcceptLate(OLGA, ARM, late.sequence + 1, "a reason")), Conflict, "late.moved_on")
    await service.open_window(ROOM, ARM, None)
    await _refused(service.cast_late(ROOM, OLGA, _cast(ARM, 70, 1)), Conflict, "ballot.open")
    await service.cast(ROOM, OLGA, _cast(ARM, 75, expected=1))
    await service.close_window(ROOM, ARM)
    await _refused(_act(service, AcceptLate(OLGA, ARM, late.sequence, "a reason")), Conflict, "late.moved_on")
    assert (await service.views(ROOM)).review().late == ()
    assert (await _result(service))[ARM] == (1, "85.00", "score")


async def test_a_judge_sends_one_late_ballot_for_a_project(service: VotingService) -> None:
    """With as many as one likes, and each accepted, the score of another project is found by trial."""
    late = _cast(ARM, 50)
    kept = await service.cast_late(ROOM, OLGA, late)
    await _refused(service.cast_late(ROOM, OLGA, _cast(ARM, 60, 1)), Conflict, "late.repeated")
    await _act(service, RejectLate(OLGA, ARM, kept.sequence, "a reason"))
    await _refused(service.cast_late(ROOM, OLGA, _cast(ARM, 60, 1)), Conflict, "late.repeated")
    assert await service.cast_late(ROOM, OLGA, late) == kept
    await close_count(service, ROOM, CHAIR)
    await reopen_count(service, ROOM, CHAIR, ORGANISER)
    await _refused(service.cast_late(ROOM, OLGA, _cast(ARM, 60, 1)), Conflict, "late.repeated")
    await service.cast_late(ROOM, OLGA, _cast(LEG, 60))


async def test_nobody_decides_on_their_own_late_ballot(store: VoteStore) -> None:
    """A chair who scores, sends late and accepts needs nobody else. Without a deputy, an organiser decides."""
    for deputy, decides in ((MEI, MEI), (None, ORGANISER)):
        spec = msgspec.structs.replace(SPEC, poll=PollId(f"with-{deputy}"), deputy=deputy)
        service = VotingService(store, SIGNER, {ROOM: spec}, _Deaf())
        await service.prepare()
        await _score(service, {ARM: {LIN: 80}})
        late = await service.cast_late(ROOM, CHAIR, _cast(ARM, 50))
        assert (await service.views(ROOM)).review().late[0].decided_by == ("deputy" if deputy else "organiser")
        for kind in (AcceptLate, RejectLate):
            act = kind(CHAIR, ARM, late.sequence, "a reason")
            await _refused(_act(service, act), NotAllowed, "ruling.conflict")
            others = {LIN, MEI, ORGANISER} - {decides}
            for other in others:
                await _refused(_act(service, act, by=other), NotAllowed, "result.not_chair")
        await _act(service, AcceptLate(CHAIR, ARM, late.sequence, "the line was down"), by=decides)
        await _act(service, Void(LIN, ARM, "a reason"))
        await _refused(_act(service, Void(CHAIR, ARM, "a reason")), NotAllowed, "ruling.conflict")
        await assert_recount_agrees(service, store, spec, ROOM)


async def test_a_late_ballot_needs_a_window_that_was(store: VoteStore) -> None:
    """Before the pitch there is nothing to be late for; and the same command is the same ballot."""
    service = VotingService(store, SIGNER, {ROOM: SPEC}, _Deaf())
    await service.prepare()
    await _refused(service.cast_late(ROOM, LIN, _cast(ARM, 50)), Conflict, "ballot.closed")
    await service.open_window(ROOM, ARM, ZERO)
    late = _cast(ARM, 50)
    receipt = await service.cast_late(ROOM, LIN, late)
    assert await service.cast_late(ROOM, LIN, late) == receipt
    await _refused(service.cast(ROOM, LIN, late), Conflict, "ballot.command_reused")
    assert [entry.kind for entry in await store.ledger(POLL, 0, 9)] == ["open", "close", "late"]
    await assert_recount_agrees(service, store, SPEC, ROOM)


async def test_a_recusal_takes_the_late_ballot_back(service: VotingService) -> None:
    """It must not be accepted into the count afterwards."""
    late = await service.cast_late(ROOM, LIN, _cast(ARM, 50, expected=1))
    await service.open_window(ROOM, ARM, None)
    await service.recuse(ROOM, LIN, ARM, OWN_COMPANY, _command())
    await service.close_window(ROOM, ARM)
    await _refused(_act(service, AcceptLate(LIN, ARM, late.sequence, "a reason")), Conflict, "late.moved_on")


# Penalties ----------------------------------------------------------------------------------------------------------


async def test_a_penalty_is_points_off_and_the_newest_counts(service: VotingService) -> None:
    """Two desks that punish the same overtime must not do it twice."""
    await _act(service, Penalise(ARM, 1500, "a minute over"), by=ORGANISER)
    await _act(service, Penalise(ARM, 1250, "less than a minute over"))
    await _act(service, Penalise(LEG, 500, "a mistake"))
    await _act(service, Penalise(LEG, 0, "it was another team"), by=ORGANISER)
    assert (await service.views(ROOM)).review().penalties == (Penalty(ARM, 1250, "less than a minute over", CHAIR),)
    result = await _result(service)
    assert (result[LEG], result[ARM]) == ((1, "80.00", "score"), (2, "77.50", "score"))


async def test_a_penalty_is_bounded_and_not_a_judges(service: VotingService) -> None:
    """A judge scores; a project cannot lose more than there is."""
    await _refused(_act(service, Penalise(ARM, 100, "a reason"), by=LIN), NotAllowed, "result.not_chair")
    await _refused(_act(service, Penalise(ARM, 100_01, "a reason")), InputError, "penalty.out_of_range")
    await _refused(_act(service, Penalise(ARM, -1, "a reason")), InputError, "penalty.out_of_range")
    await _refused(_act(service, Penalise(ProjectId("other"), 1, "a reason")), NotFound, "project.unknown")


# Re-vote ------------------------------------------------------------------------------------------------------------


async def _level(service: VotingService) -> None:
    """Arm and leg, at 80."""
    await _score(service, {ARM: {LIN: 80, MEI: 80}})
    await close_count(service, ROOM, CHAIR)
    assert (await service.views(ROOM)).review().ties == (Tie((ARM, LEG), "re-vote"),)


async def test_a_revote_divides_its_tie_and_changes_no_score(service: VotingService) -> None:
    """A round of its own, in windows of its own; the first round's ballots stay what they are."""
    await _level(service)
    await service.revote(ROOM, CHAIR, (LEG, ARM), "level on everything", Duration.minutes(2), _command())
    views = await service.views(ROOM)
    windows = {(window.project, window.round) for window in views.windows().windows if window.open}
    assert windows == {(ARM, 2), (LEG, 2)}
    assert views.review().ties == ()
    for judge in (LIN, MEI):
        await _refused(service.cast(ROOM, judge, _cast(ARM, 10, 2)), Conflict, "count.closed")
        await service.cast(ROOM, judge, _cast(ARM, 50, in_round=2))
        await service.cast(ROOM, judge, _cast(LEG, 60, in_round=2))
    await _refused(service.cast(ROOM, LIN, _cast(EYE, 60, in_round=2)), Conflict, "ballot.closed")
    progress = (await service.views(ROOM)).progress().revote
    assert progress is not None
    assert [(one.project, one.open, one.judges[1].state) for one in progress.projects] == [
        (ARM, True, "submitted"),
        (LEG, True, "submitted"),
    ]
    assert [receipt.round for receipt in (await service.own_ballots(ROOM, LIN)).revote] == [2, 2]
    await service.close_revote(ROOM, CHAIR)
    await service.close_revote(ROOM, CHAIR)
    assert (await _result(service)) == {
        LEG: (1, "80.00", "re-vote"),
        ARM: (2, "80.00", "re-vote"),
        EYE: (3, "70.00", "score"),
    }


async def test_a_revote_is_for_a_tie_that_waits_for_one(service: VotingService) -> None:
    """And begins once, however often it is sent."""
    await _refused(service.revote(ROOM, CHAIR, (ARM, LEG), "a reason", None, _command()), Conflict, "count.open")
    await _level(service)
    await _refused(service.revote(ROOM, CHAIR, (ARM, EYE), "a reason", None, _command()), Conflict, "result.no_tie")
    await _refused(service.revote(ROOM, LIN, (ARM, LEG), "a reason", None, _command()), NotAllowed, "result.not_chair")
    command = _command()
    await service.revote(ROOM, CHAIR, (ARM, LEG), "a reason", None, command)
    await service.revote(ROOM, CHAIR, (ARM, LEG), "a reason", None, command)
    await _refused(service.revote(ROOM, CHAIR, (ARM, LEG), "another", None, command), Conflict, "poll.open")
    assert {window.round for window in (await service.views(ROOM)).windows().windows} == {1, 2}
    await _refused(service.confirm(ROOM, CHAIR, False, _command()), Conflict, "poll.open")


async def test_the_chair_may_vote_instead_of_a_revote_or_after_one(service: VotingService) -> None:
    """A re-vote may end level as well."""
    await _level(service)
    await service.revote(ROOM, CHAIR, (ARM, LEG), "a reason", None, _command())
    await service.cast(ROOM, LIN, _cast(ARM, 50, in_round=2))
    await service.cast(ROOM, LIN, _cast(LEG, 50, in_round=2))
    await service.close_revote(ROOM, CHAIR)
    await service.settle(ROOM, CHAIR, (ARM, LEG), "more mature", _command())
    result = await _result(service)
    assert (result[ARM], result[LEG]) == ((1, "80.00", "chair"), (2, "80.00", "chair"))


async def test_no_recusal_changes_a_count_that_is_closed(service: VotingService) -> None:
    """In a re-vote a judge would take their first ballot out with it: they abstain there."""
    await _level(service)
    await service.revote(ROOM, CHAIR, (ARM, LEG), "a reason", None, _command())
    await service.cast(ROOM, LIN, _cast(ARM, 50, in_round=2))
    await _refused(service.recuse(ROOM, LIN, ARM, OWN_COMPANY, _command()), Conflict, "count.closed")
    abstention = Cast(_command(), ARM, {}, 1, 2)
    await service.abstain(ROOM, LIN, abstention, MISSED)
    await service.close_revote(ROOM, CHAIR)
    assert (await _states(service, ARM))[LIN] == "submitted"


# Confirming in two, and taking it back ------------------------------------------------------------------------------


async def test_nothing_is_announced_before_a_second_person_has_signed(service: VotingService) -> None:
    """Two pairs of eyes; and the public learns of none of it."""
    await _refused(_act(service, Countersign(1), by=LIN), Conflict, "result.sealed")
    await close_count(service, ROOM, CHAIR)
    await service.confirm(ROOM, CHAIR, False, _command())
    assert (await service.views(ROOM)).review().state is CeremonyState.AWAITING
    assert (await service.ceremony(ROOM)).state is CeremonyState.SEALED
    await _refused(service.reveal_next(ROOM, ORGANISER, 0, _command()), Conflict, "result.unsigned")
    await _refused(_act(service, Countersign(1), by=CHAIR), NotAllowed, "result.same_person")
    await _refused(_act(service, Countersign(2), by=LIN), Conflict, "result.moved_on")
    await _act(service, Countersign(1), by=ORGANISER)
    await _refused(_act(service, Countersign(1), by=LIN), Conflict, "result.confirmed")
    assert (await service.ceremony(ROOM)).state is CeremonyState.CONFIRMED
    assert (await service.views(ROOM)).review().countersigned_by == ORGANISER
    view = await service.ceremony(ROOM)
    while view.remaining:
        view = await service.reveal_next(ROOM, ORGANISER, len(view.announced), _command())
    published = await service.published(ROOM)
    assert (published.confirmed_by, published.countersigned_by, published.version) == (CHAIR, ORGANISER, 1)


async def test_a_reopened_result_gets_a_new_version(service: VotingService) -> None:
    """The old one is not announced any more, and its hash stays in the ledger."""
    await close_count(service, ROOM, CHAIR)
    await service.confirm(ROOM, CHAIR, False, _command())
    await _act(service, Countersign(1), by=LIN)
    await reopen_count(service, ROOM, CHAIR, ORGANISER, "a penalty was forgotten")
    assert (await service.ceremony(ROOM)).state is CeremonyState.SEALED
    await _refused(service.reveal_next(ROOM, ORGANISER, 0, _command()), Conflict, "result.sealed")
    await _act(service, Penalise(ARM, 1500, "overtime"))
    result = await _result(service, version=2)
    assert (result[LEG][0], result[ARM][0]) == (1, 2)
    assert (await service.published(ROOM)).version == 2
    assert [entry.kind for entry in (await service.record(ROOM)).entries].count("confirm") == 2


async def test_a_second_signature_is_for_the_version_that_was_seen(service: VotingService) -> None:
    """Reopened and confirmed again meanwhile: look first."""
    await close_count(service, ROOM, CHAIR)
    await service.confirm(ROOM, CHAIR, False, _command())
    await reopen_count(service, ROOM, CHAIR, ORGANISER)
    await close_count(service, ROOM, CHAIR)
    await service.confirm(ROOM, CHAIR, False, _command())
    await _refused(_act(service, Countersign(1), by=LIN), Conflict, "result.moved_on")
    await _act(service, Countersign(2), by=LIN)


async def test_what_was_announced_cannot_be_taken_back(service: VotingService) -> None:
    """The hall has heard it; also if a request was there before."""
    await close_count(service, ROOM, CHAIR)
    await _act(service, AskReopening(1, "a reason"))
    asked = (await service.views(ROOM)).review().asked
    assert asked is not None
    await service.confirm(ROOM, CHAIR, False, _command())
    await _act(service, Countersign(1), by=LIN)
    await service.reveal_next(ROOM, ORGANISER, 0, _command())
    await _refused(_act(service, AskReopening(1, "a reason")), Conflict, "result.announced")
    await _refused(_act(service, Reopen(asked.sequence), by=ORGANISER), Conflict, "result.announced")


# The count is closed ------------------------------------------------------------------------------------------------


async def test_after_the_count_nothing_moves_a_score(service: VotingService, store: VoteStore) -> None:
    """From here on ties are told: whoever could still change something would find every score by trial."""
    await _act(service, Void(MEI, EYE, "a reason"))
    await close_count(service, ROOM, CHAIR)
    await _refused(_act(service, CloseCount(1)), Conflict, "count.closed")
    before = await store.read(POLL)
    acts: list[Act] = [
        Void(LIN, ARM, "a reason"),
        Restore(MEI, EYE, "a reason"),
        AcceptLate(OLGA, ARM, 3, "a reason"),
        RejectLate(OLGA, ARM, 3, "a reason"),
        Penalise(ARM, 100, "a reason"),
        Penalise(ARM, 0, "a reason"),
    ]
    for act in acts:
        await _refused(_act(service, act), Conflict, "count.closed")
    await _refused(_act(service, Penalise(ARM, 1, "a reason"), by=ORGANISER), Conflict, "count.closed")
    await _refused(service.open_window(ROOM, ARM, None), Conflict, "count.closed")
    await _refused(service.cast(ROOM, OLGA, _cast(ARM, 1)), Conflict, "count.closed")
    await _refused(service.cast_late(ROOM, OLGA, _cast(ARM, 1)), Conflict, "count.closed")
    await _refused(service.abstain(ROOM, LIN, _abstention(ARM, 1), MISSED), Conflict, "count.closed")
    await _refused(service.recuse(ROOM, LIN, ARM, OWN_COMPANY, _command()), Conflict, "count.closed")
    assert await store.read(POLL) == before


async def test_the_count_is_closed_by_the_chair_once_nothing_is_open(service: VotingService) -> None:
    """A ballot that could still come would be one that moves a score after the ties are told."""
    for other in (LIN, ORGANISER):
        await _refused(_act(service, CloseCount(1), by=other), NotAllowed, "result.not_chair")
    await service.open_window(ROOM, ARM, None)
    await _refused(_act(service, CloseCount(1)), Conflict, "poll.open")
    await service.close_window(ROOM, ARM)
    late = await service.cast_late(ROOM, OLGA, _cast(ARM, 1))
    await _refused(_act(service, CloseCount(1)), Conflict, "result.late")
    await _act(service, RejectLate(OLGA, ARM, late.sequence, "a reason"))
    await _refused(_act(service, CloseCount(2)), Conflict, "count.moved_on")
    await _act(service, CloseCount(1))


async def test_who_would_be_first_by_the_rules_own_estimator_is_told_with_the_ties(store: VoteStore) -> None:
    """It is an order: as long as the count is open, or open again, it would find the scores by trial."""
    rules = msgspec.structs.replace(RULES, estimator="trimmed-mean", trim=Trim(1, 4))
    spec = msgspec.structs.replace(SPEC, rules=rules)
    service = VotingService(store, SIGNER, {ROOM: spec}, _Deaf())
    await service.prepare()
    full: dict[PersonId, int] = dict.fromkeys((CHAIR, LIN, MEI), 83)
    await _score(service, {ARM: {**full, OLGA: 0}, LEG: dict.fromkeys((CHAIR, LIN, MEI), 80)})

    async def told() -> tuple[tuple[ProjectId, ...], ...]:
        caveat = (await service.views(ROOM)).review().caveat
        assert caveat is not None
        return caveat.short, caveat.first

    assert await told() == ((LEG,), ())
    await close_count(service, ROOM, CHAIR)
    assert await told() == ((LEG,), (ARM,))
    await reopen_count(service, ROOM, CHAIR, ORGANISER)
    assert await told() == ((LEG,), ())


async def test_a_count_is_opened_again_by_two_people_twice_at_most(store: VoteStore) -> None:
    """Chair or deputy ask, with a reason; deputy or organiser sign, who neither asked nor judge the field."""
    for voters in ((CHAIR, LIN, MEI), (CHAIR, LIN, MEI, OLGA)):  # with a deputy who does not score, and one who does
        spec = msgspec.structs.replace(SPEC, poll=PollId(f"of-{len(voters)}"), judges=voters, deputy=OLGA)
        service = VotingService(store, SIGNER, {ROOM: spec}, _Deaf())
        await service.prepare()
        await _score(service, {ARM: {LIN: 80}, LEG: {LIN: 70}, EYE: {LIN: 60}})
        await _refused(_act(service, AskReopening(1, "a reason")), Conflict, "count.open")
        await close_count(service, ROOM, CHAIR)
        for other in (LIN, ORGANISER):
            await _refused(_act(service, AskReopening(1, "a reason"), by=other), NotAllowed, "result.not_chair")
        await _refused(_act(service, AskReopening(1, "x")), InputError, "reason.length")
        await _refused(_act(service, AskReopening(2, "a reason")), Conflict, "count.moved_on")
        await _act(service, AskReopening(1, "a reason"), by=OLGA)
        asked = (await service.views(ROOM)).review().asked
        assert (asked and asked.by, asked and asked.reason) == (OLGA, "a reason")
        assert asked is not None
        for person in (CHAIR, LIN, OLGA):
            await _refused(_act(service, Reopen(asked.sequence), by=person), NotAllowed, "count.second_person")
        await _refused(_act(service, Reopen(asked.sequence - 1), by=ORGANISER), Conflict, "count.moved_on")
        await _act(service, Reopen(asked.sequence), by=ORGANISER)
        await _refused(_act(service, Reopen(asked.sequence), by=ORGANISER), Conflict, "count.moved_on")
        review = (await service.views(ROOM)).review()
        assert (review.count, review.asked, review.ties) == (Count(2), None, ())
        await close_count(service, ROOM, CHAIR)
        if OLGA in voters:
            with pytest.raises(NotAllowed, match="second_person"):
                await reopen_count(service, ROOM, CHAIR, OLGA)
        await reopen_count(service, ROOM, CHAIR, ORGANISER if OLGA in voters else OLGA)
        await close_count(service, ROOM, CHAIR)
        refusal = await _refused(_act(service, AskReopening(3, "a reason")), Conflict, "count.no_more")
        assert refusal.details == {"limit": 3}
        await assert_recount_agrees(service, store, spec, ROOM)


async def test_in_a_later_count_each_ruling_is_made_once(service: VotingService) -> None:
    """A finding is made, not tried out."""
    await close_count(service, ROOM, CHAIR)
    await reopen_count(service, ROOM, CHAIR, ORGANISER)
    await _act(service, Penalise(ARM, 100, "a reason"))
    await _refused(_act(service, Penalise(ARM, 0, "a reason"), by=ORGANISER), Conflict, "ruling.repeated")
    await _act(service, Penalise(LEG, 100, "a reason"), by=ORGANISER)
    await _act(service, Void(LIN, ARM, "a reason"))
    await _refused(_act(service, Restore(LIN, ARM, "a reason")), Conflict, "ruling.repeated")
    await _act(service, Void(MEI, LEG, "a reason"))
    await close_count(service, ROOM, CHAIR)
    await reopen_count(service, ROOM, CHAIR, ORGANISER)
    await _act(service, Restore(LIN, ARM, "a reason"))
    await _act(service, Penalise(ARM, 0, "a reason"))


async def test_a_tie_settled_before_stands_as_long_as_its_group_does(service: VotingService) -> None:
    """Asked again, the chair could not but give the same answer; of another group they have said nothing."""
    await _level(service)
    await service.settle(ROOM, CHAIR, (LEG, ARM), "more mature", _command())
    await reopen_count(service, ROOM, CHAIR, ORGANISER)
    assert (await service.views(ROOM)).review().ties == ()
    await close_count(service, ROOM, CHAIR)
    assert (await service.views(ROOM)).review().ready
    await reopen_count(service, ROOM, CHAIR, ORGANISER)
    await _act(service, Penalise(ARM, 1000, "overtime"))
    await close_count(service, ROOM, CHAIR)
    assert (await service.views(ROOM)).review().ties == (Tie((ARM, EYE), "re-vote"),)


async def test_no_count_is_opened_again_while_a_revote_is_open(service: VotingService) -> None:
    """Its ballots would be given and the scores moved at one time."""
    await _level(service)
    await service.revote(ROOM, CHAIR, (ARM, LEG), "a reason", None, _command())
    with pytest.raises(Conflict, match=r"poll\.open"):
        await reopen_count(service, ROOM, CHAIR, ORGANISER)
    await service.close_revote(ROOM, CHAIR)


async def test_who_is_recused_from_a_project_decides_nothing_about_it(store: VoteStore) -> None:
    """Chair, then deputy, then an organiser: the first of them who has no part in it."""
    spec = msgspec.structs.replace(SPEC, deputy=MEI, recused=((CHAIR, ARM),))
    service = VotingService(store, SIGNER, {ROOM: spec}, _Deaf())
    await service.prepare()
    await _score(service, {ARM: {LIN: 80, OLGA: 70}, LEG: {LIN: 80, OLGA: 70}, EYE: {LIN: 70, OLGA: 60}})
    await service.open_window(ROOM, LEG, None)
    for person in (CHAIR, MEI):
        await service.recuse(ROOM, person, LEG, OWN_COMPANY, _command())
    await service.close_window(ROOM, LEG)
    assert (await service.views(ROOM)).review().elsewhere == {ARM: "deputy", LEG: "organiser"}
    for project, decides in ((ARM, MEI), (LEG, ORGANISER), (EYE, CHAIR)):
        act = Void(OLGA, project, "a reason")
        for other in {CHAIR, MEI, LIN, ORGANISER} - {decides}:
            with pytest.raises(NotAllowed):
                await _act(service, act, by=other)
        await _act(service, act, by=decides)
    await _refused(_act(service, Penalise(ARM, 100, "a reason")), NotAllowed, "ruling.conflict")
    await _act(service, Penalise(ARM, 0, "a reason"), by=MEI)
    await _act(service, Penalise(ARM, 0, "a reason"), by=ORGANISER)
    await _act(service, CloseCount(1))
    assert (await service.views(ROOM)).review().ties == (Tie((ARM, LEG), "re-vote", "organiser"),)
    for person, code in ((CHAIR, "ruling.conflict"), (MEI, "ruling.conflict"), (LIN, "result.not_chair")):
        await _refused(service.settle(ROOM, person, (ARM, LEG), "a reason", _command()), NotAllowed, code)
        await _refused(service.revote(ROOM, person, (ARM, LEG), "a reason", None, _command()), NotAllowed, code)
    await service.revote(ROOM, ORGANISER, (ARM, LEG), "level", None, _command())
    await _refused(service.close_revote(ROOM, CHAIR), NotAllowed, "ruling.conflict")
    await service.close_revote(ROOM, ORGANISER)
    await service.settle(ROOM, ORGANISER, (ARM, LEG), "more mature", _command())
    assert (await _result(service))[ARM] == (1, "80.00", "chair")
    await assert_recount_agrees(service, store, spec, ROOM)


async def test_the_store_too_refuses_who_has_a_conflict(store: VoteStore) -> None:
    """A recusal may have come between the check and the act."""
    spec = msgspec.structs.replace(SPEC, recused=((CHAIR, ARM),))
    service = VotingService(store, SIGNER, {ROOM: spec}, _Deaf())
    await service.prepare()
    await _score(service, {ARM: {LIN: 80}, LEG: {LIN: 80}})
    await _refused(store.act(POLL, CHAIR, Penalise(ARM, 100, "a reason"), _command()), NotAllowed, "ruling.conflict")
    await close_count(service, ROOM, CHAIR)
    settle = store.settle(POLL, CHAIR, (LEG, ARM), "a reason", _command())
    await _refused(settle, NotAllowed, "ruling.conflict")
    revote = store.revote(POLL, CHAIR, (LEG, ARM), "a reason", None, _command())
    await _refused(revote, NotAllowed, "ruling.conflict")


async def test_who_recused_themselves_since_hears_again_what_they_did_before(service: VotingService) -> None:
    """A repetition is answered as the first time, whatever has happened since."""
    command = _command()
    await service.act(ROOM, CHAIR, Void(LIN, ARM, "a reason"), command)
    await service.open_window(ROOM, ARM, None)
    await service.recuse(ROOM, CHAIR, ARM, OWN_COMPANY, _command())
    await service.close_window(ROOM, ARM)
    await service.act(ROOM, CHAIR, Void(LIN, ARM, "a reason"), command)
    await _refused(service.act(ROOM, CHAIR, Restore(LIN, ARM, "a reason"), _command()), NotAllowed, "ruling.conflict")


async def test_a_poll_that_a_server_of_before_began_goes_on_as_it_was_begun(store: VoteStore) -> None:
    """The hash of its spec is the beginning of its ledger; and its count is closed as every other."""
    begun = former(SPEC)
    before = VotingService(store, SIGNER, {ROOM: begun}, _Deaf())
    await before.prepare()
    await before.open_window(ROOM, ARM, None)
    service = VotingService(store, SIGNER, {ROOM: msgspec.structs.replace(SPEC, deputy=MEI)}, _Deaf())
    await service.prepare()
    await _score(service, {ARM: {LIN: 80}, LEG: {LIN: 70}})
    await _refused(service.confirm(ROOM, CHAIR, True, _command()), Conflict, "count.open")
    await _result(service)
    await assert_recount_agrees(service, store, begun, ROOM)
    other = VotingService(store, SIGNER, {ROOM: msgspec.structs.replace(SPEC, chair=LIN)}, _Deaf())
    with pytest.raises(PollChanged):
        await other.prepare()


async def test_how_many_announcements_there_will_be_is_not_told(store: VoteStore) -> None:
    """A shared place makes one less of them."""
    rules = msgspec.structs.replace(RULES, tie_chain=("shared",), second_confirmation=False)
    service = VotingService(store, SIGNER, {ROOM: msgspec.structs.replace(SPEC, rules=rules)}, _Deaf())
    await service.prepare()
    await _score(service, {ARM: {LIN: 80}, LEG: {LIN: 80}, EYE: {LIN: 70}})
    await close_count(service, ROOM, CHAIR)
    await service.confirm(ROOM, CHAIR, False, _command())
    assert (await service.ceremony(ROOM)).remaining == 3
    for announced, ahead in enumerate((2, 0)):
        assert (await service.reveal_next(ROOM, ORGANISER, announced, _command())).remaining == ahead


ACTS: list[Act] = [
    Void(LIN, ARM, "a reason"),
    Restore(MEI, ARM, "a reason"),
    AcceptLate(OLGA, ARM, 14, "a reason"),
    RejectLate(OLGA, LEG, 15, "a reason"),
    Penalise(EYE, 100, "a reason"),
]


@pytest.mark.parametrize("act", ACTS, ids=lambda act: str(type(act).__name__))
async def test_every_act_is_done_once_by_the_chair_and_before_the_confirmation(
    service: VotingService, store: VoteStore, act: Act
) -> None:
    """Sent again it is answered again; with another meaning, by another person or too late it is refused."""
    await _act(service, Void(MEI, ARM, "a reason"))
    late = [await service.cast_late(ROOM, OLGA, _cast(project, 52)) for project in (ARM, LEG)]
    assert [receipt.sequence for receipt in late] == [14, 15]
    before = (await store.read(POLL)).sequence
    await _refused(service.act(ROOM, LIN, act, _command()), NotAllowed, "result.not_chair")
    command = _command()
    await service.act(ROOM, CHAIR, act, command)
    state = await store.read(POLL)
    await service.act(ROOM, CHAIR, act, command)
    assert await store.read(POLL) == state
    assert state.sequence == before + 1
    other = msgspec.structs.replace(act, reason="another reason")
    await _refused(service.act(ROOM, CHAIR, other, command), Conflict, "command.reused")
    for waiting in (await service.views(ROOM)).review().late:
        await _act(service, RejectLate(waiting.judge, waiting.project, waiting.late, "a reason"))
    await close_count(service, ROOM, CHAIR)
    await _refused(service.act(ROOM, CHAIR, other, _command()), Conflict, "count.closed")
    await service.confirm(ROOM, CHAIR, True, _command())
    await _refused(service.act(ROOM, CHAIR, other, _command()), Conflict, "result.confirmed")
    await service.act(ROOM, CHAIR, act, command)


async def test_every_repetition_of_an_act_is_a_write_too(connected: Store) -> None:
    """Waiting for a replica waits for nothing after an answer without a write."""
    store = RedisVoteStore(connected, Keys(CompetitionId("final")))
    service = VotingService(store, SIGNER, {ROOM: SPEC}, _Deaf())
    await service.prepare()
    await _score(service, {ARM: {LIN: 80}, LEG: {LIN: 80}, EYE: {LIN: 70}})
    late, revote, void, confirm, sign, close, ask, reopen = _cast(EYE, 1, 1), *(_command() for _ in range(7))

    async def changes() -> int:
        return int((await connected.redis.info("persistence"))["rdb_changes_since_last_save"])

    async def twice(act: Awaitable[object], again: Awaitable[object]) -> None:
        await act
        before = await changes()
        await again
        assert await changes() > before

    def begun() -> Awaitable[None]:
        return service.revote(ROOM, CHAIR, (ARM, LEG), "a reason", ZERO, revote)

    kept = await service.cast_late(ROOM, LIN, late)
    await twice(service.cast_late(ROOM, LIN, late), service.cast_late(ROOM, LIN, late))
    await _act(service, RejectLate(LIN, EYE, kept.sequence, "a reason"))
    act = Void(LIN, EYE, "a reason")
    await twice(service.act(ROOM, CHAIR, act, void), service.act(ROOM, CHAIR, act, void))
    for act_, by, command in (
        (CloseCount(1), CHAIR, close),
        (AskReopening(1, "a reason"), CHAIR, ask),
        (Reopen(14), ORGANISER, reopen),
    ):
        await twice(service.act(ROOM, by, act_, command), service.act(ROOM, by, act_, command))
    await close_count(service, ROOM, CHAIR)
    await twice(begun(), begun())
    await service.settle(ROOM, CHAIR, (ARM, LEG), "a reason", _command())
    await twice(service.confirm(ROOM, CHAIR, True, confirm), service.confirm(ROOM, CHAIR, True, confirm))
    await twice(service.act(ROOM, LIN, Countersign(1), sign), service.act(ROOM, LIN, Countersign(1), sign))
