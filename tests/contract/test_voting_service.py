"""A field's voting from the first window to the published result, on every store there is."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typing_extensions import override

from roadshow.clock import SystemClock
from roadshow.errors import Conflict, InputError, NotAllowed, NotFound, RoadshowError
from roadshow.ids import CommandId, CompetitionId, CriterionId, PersonId, PollId, ProjectId, RoomId
from roadshow.moments import Duration, encode_moment
from roadshow.rooms.ports import Polls
from roadshow.store.connection import Store
from roadshow.store.keys import Keys
from roadshow.voting.acts import AskReopening
from roadshow.voting.grounds import Grounds
from roadshow.voting.ledger.chain import genesis, verify
from roadshow.voting.ledger.counting import fold
from roadshow.voting.ledger.signing import Signer, is_genuine, is_in, is_signed, result_text
from roadshow.voting.memory_store import MemoryVoteStore
from roadshow.voting.ports import VoteStore
from roadshow.voting.redis_store import RedisVoteStore
from roadshow.voting.results import CeremonyState, CeremonyView, PlaceView, decode_result
from roadshow.voting.review import Tie
from roadshow.voting.rules import evaluate
from roadshow.voting.service import VotingService
from roadshow.voting.spec import Criterion, PollSpec, RuleSet
from roadshow.voting.tally import PollState
from roadshow.voting.votes import Cast
from tests.contract.counting import close_count
from tests.contract.three_counts import assert_recount_agrees

ROOM, POLL = RoomId("robotics"), PollId("robotics")
ARM, LEG, EYE, EAR = ProjectId("arm"), ProjectId("leg"), ProjectId("eye"), ProjectId("ear")
LIN, MEI, OLGA, CHAIR = PersonId("lin"), PersonId("mei"), PersonId("olga"), PersonId("chair")
IMPACT, TEAM = CriterionId("impact"), CriterionId("team")
SPEC = PollSpec(
    poll=POLL,
    projects=(ARM, LEG, EYE, EAR),
    judges=(CHAIR, LIN, MEI, OLGA),
    chair=CHAIR,
    recused=((OLGA, EAR),),
    criteria=(Criterion(IMPACT, 3, 100), Criterion(TEAM, 1, 100)),
    rules=RuleSet("mean", 2, ("heaviest-criterion", "pairwise-majority", "chair", "shared"), "exact", 3),
    procedure=2,
)
SIGNER = Signer(Ed25519PrivateKey.generate())


class _Heard:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def progress_changed(self, room: RoomId) -> None:
        self.calls.append(f"progress {room}")

    def ceremony_changed(self, room: RoomId) -> None:
        self.calls.append(f"ceremony {room}")


@pytest.fixture(params=["memory", "valkey"])
def store(request: pytest.FixtureRequest) -> VoteStore:
    if request.param == "memory":
        return MemoryVoteStore(SystemClock())
    connected: Store = request.getfixturevalue("connected")
    return RedisVoteStore(connected, Keys(CompetitionId("final")))


@pytest.fixture
def heard() -> _Heard:
    return _Heard()


@pytest.fixture
async def service(store: VoteStore, heard: _Heard) -> AsyncIterator[VotingService]:
    """Whatever a test does to it, the three counts are one in the end."""
    service = VotingService(store, SIGNER, {ROOM: SPEC}, heard)
    await service.prepare()
    yield service
    await assert_recount_agrees(service, store, SPEC, ROOM)


_numbers: Iterator[int] = iter(range(10**9))


def _command() -> CommandId:
    return CommandId(f"command-{next(_numbers):08}")


def _cast(project: ProjectId, impact: int, team: int, expected: int = 0) -> Cast:
    return Cast(_command(), project, {IMPACT: impact, TEAM: team}, expected)


async def _refused(act: Awaitable[object], kind: type[RoadshowError], code: str) -> RoadshowError:
    with pytest.raises(kind) as caught:
        await act
    assert caught.value.code == code
    return caught.value


async def _score(service: VotingService, table: dict[ProjectId, dict[PersonId, int]]) -> None:
    """A window for each project in turn; impact and team get the same score."""
    for project, scores in table.items():
        await service.open_window(ROOM, project, Duration.minutes(5))
        for judge, score in scores.items():
            await service.cast(ROOM, judge, _cast(project, score, score))
        await service.close_window(ROOM, project)


FINAL = {
    ARM: {CHAIR: 91, LIN: 83, MEI: 77},
    LEG: {LIN: 92, MEI: 94, OLGA: 93},
    EYE: {CHAIR: 61, LIN: 62},
    EAR: {CHAIR: 98, MEI: 97, LIN: 96},
}
"""Means 83.67, 93, 61.5, 97: ear, leg, arm."""


async def _reveal_all(service: VotingService) -> CeremonyView:
    view = await service.ceremony(ROOM)
    while view.remaining:
        view = await service.reveal_next(ROOM, PersonId("organiser"), len(view.announced), _command())
    return view


async def test_a_final_ends_with_three_places_from_the_lowest_up(service: VotingService) -> None:
    """The whole way, as the show goes it."""
    await _score(service, FINAL)
    await close_count(service, ROOM, CHAIR)
    review = (await service.views(ROOM)).review()
    assert (review.ready, review.incomplete, review.ties) == (True, (), ())
    await service.confirm(ROOM, CHAIR, False, _command())
    assert await service.ceremony(ROOM) == CeremonyView(CeremonyState.CONFIRMED, (), 3)
    assert await _reveal_all(service) == CeremonyView(
        CeremonyState.REVEALED,
        (PlaceView(3, (ARM,), "83.67"), PlaceView(2, (LEG,), "93.00"), PlaceView(1, (EAR,), "97.00")),
        0,
    )
    published = await service.published(ROOM)
    assert [(line.project, line.place, line.score) for line in published.standings] == [
        (EAR, 1, "97.00"),
        (LEG, 2, "93.00"),
        (ARM, 3, "83.67"),
        (EYE, 4, "61.50"),
    ]
    assert published.confirmed_by == CHAIR


async def test_three_counts_are_one(service: VotingService, store: VoteStore) -> None:
    """The store's tally, a fold over its ledger, and the published result: whoever doubts one can take another."""
    await _score(service, FINAL)
    await service.open_window(ROOM, EYE, None)
    await service.cast(ROOM, LIN, _cast(EYE, 70, 10, expected=1))
    await service.recuse(ROOM, CHAIR, EYE, Grounds("stake", "my own company"), _command())
    await service.cast(ROOM, MEI, _cast(EYE, 50, 50))
    await service.close_window(ROOM, EYE)
    await close_count(service, ROOM, CHAIR)
    await service.confirm(ROOM, CHAIR, False, _command())
    await _reveal_all(service)

    published, state = await service.published(ROOM), await store.read(POLL)
    entries = await store.ledger(POLL, 0, 1000)
    assert verify(entries, genesis(SPEC)) is None
    counted = fold(entries[: published.sequence])
    assert counted == state.tally
    recount = evaluate(SPEC, (accepted.ballot for accepted in counted.ballots), counted.settled)
    assert recount.standings == published.standings
    assert entries[published.sequence - 1].hash == published.head
    assert state.result is not None
    assert is_signed(result_text(decode_result(state.result)), published.signature, service.public_key)
    assert entries[published.sequence].kind == "confirm"
    assert entries[published.sequence].at == published.confirmed_at


async def test_a_receipt_is_proof(service: VotingService, store: VoteStore) -> None:
    """A judge can show, without us, that this ballot is in the ledger."""
    await service.open_window(ROOM, ARM, None)
    cast = _cast(ARM, 80, 40)
    receipt = await service.cast(ROOM, LIN, cast)
    assert is_genuine(receipt, service.public_key)
    assert is_in(receipt, (await store.ledger(POLL, receipt.sequence - 1, 1))[0])
    assert (receipt.scores, receipt.command, receipt.revision) == (cast.scores, cast.command, 1)
    await service.close_window(ROOM, ARM)
    assert await service.cast(ROOM, LIN, cast) == receipt


async def test_a_judge_sees_their_own_ballots_and_nobody_elses(service: VotingService) -> None:
    """A reload of the desk shows what the store holds."""
    await _score(service, {LEG: {OLGA: 50, LIN: 60}, ARM: {OLGA: 70}})
    own = await service.own_ballots(ROOM, OLGA)
    assert [(receipt.project, receipt.scores[IMPACT]) for receipt in own.receipts] == [(ARM, 70), (LEG, 50)]
    assert all(is_genuine(receipt, service.public_key) for receipt in own.receipts)
    assert own.recused == (EAR,)
    assert (await service.own_ballots(ROOM, PersonId("eve"))).receipts == ()


async def test_progress_tells_who_but_not_what(service: VotingService) -> None:
    """Control waits for the last judge without learning a score."""
    await service.open_window(ROOM, EAR, None)
    await service.cast(ROOM, LIN, _cast(EAR, 50, 50))
    await service.cast(ROOM, LIN, _cast(EAR, 51, 51, expected=1))
    await service.recuse(ROOM, CHAIR, EAR, Grounds("stake", "my own company"), _command())
    ear = (await service.views(ROOM)).progress().projects[3]
    assert [(judge.judge, judge.state, judge.revision) for judge in ear.judges] == [
        (CHAIR, "recused", 1),
        (LIN, "submitted", 2),
        (MEI, "waiting", 0),
        (OLGA, "recused", 0),
    ]
    assert (ear.open, ear.quorum_met) == (True, False)
    await service.cast(ROOM, MEI, _cast(EAR, 50, 50))
    await service.close_window(ROOM, EAR)
    ear = (await service.views(ROOM)).progress().projects[3]
    assert (ear.open, ear.quorum_met) == (False, True)


def _text(view: msgspec.Struct) -> str:
    return msgspec.json.encode(view, enc_hook=encode_moment).decode()


async def test_nothing_of_the_scores_is_in_any_view_before_the_reveal(service: VotingService) -> None:
    """Two finals with opposite outcomes must look alike to everybody until a place is announced."""
    opposite = {project: {judge: 100 - score for judge, score in scores.items()} for project, scores in FINAL.items()}
    other = VotingService(MemoryVoteStore(SystemClock()), SIGNER, {ROOM: SPEC}, _Heard())
    await other.prepare()

    async def views(of: VotingService) -> list[str]:
        told = await of.views(ROOM)
        seen = [_text(told.progress()), _text(told.ceremony()), _text(told.review())]
        return [re.sub(r'"head":"[0-9a-f]{64}"', "", text) for text in seen]

    for project, scores in FINAL.items():
        await _score(service, {project: scores})
        await _score(other, {project: opposite[project]})
        assert await views(service) == await views(other)
    for one in (service, other):
        await close_count(one, ROOM, CHAIR)
    assert await views(service) == await views(other)
    await service.confirm(ROOM, CHAIR, False, _command())
    await other.confirm(ROOM, CHAIR, False, _command())
    assert await views(service) == await views(other)

    third = await service.reveal_next(ROOM, CHAIR, 0, _command())
    assert "83.67" in _text(third)
    sealed = ["93.00", "97.00", "61.50", *map(str, (LEG, EYE, EAR))]
    assert not [secret for secret in sealed if secret in _text(third)]
    await _refused(service.published(ROOM), Conflict, "result.sealed")


async def test_the_published_result_is_sealed_until_the_last_place(service: VotingService) -> None:
    """The full table would give the first place away."""
    await _refused(service.published(ROOM), Conflict, "result.sealed")
    await _refused(service.reveal_next(ROOM, CHAIR, 0, _command()), Conflict, "result.sealed")
    await _score(service, FINAL)
    await close_count(service, ROOM, CHAIR)
    await service.confirm(ROOM, CHAIR, False, _command())
    for announced in range(3):
        await _refused(service.published(ROOM), Conflict, "result.sealed")
        await service.reveal_next(ROOM, CHAIR, announced, _command())
    await service.published(ROOM)


async def test_a_double_click_reveals_one_place(service: VotingService) -> None:
    """And a re-sent command is told how things stand."""
    await _score(service, FINAL)
    await close_count(service, ROOM, CHAIR)
    await service.confirm(ROOM, CHAIR, False, _command())
    command = _command()
    once = await service.reveal_next(ROOM, CHAIR, 0, command)
    await _refused(service.reveal_next(ROOM, CHAIR, 0, _command()), Conflict, "reveal.moved_on")
    await _refused(service.reveal_next(ROOM, CHAIR, 7, _command()), Conflict, "reveal.moved_on")
    await _refused(service.reveal_next(ROOM, CHAIR, -1, _command()), InputError, "command.malformed")
    assert await service.reveal_next(ROOM, CHAIR, 0, command) == once
    assert once.remaining == 2
    await _reveal_all(service)
    await _refused(service.reveal_next(ROOM, CHAIR, 3, _command()), Conflict, "reveal.moved_on")


# The chair ----------------------------------------------------------------------------------------------------------

TIED = {
    ARM: {LIN: 90, MEI: 80},
    LEG: {LIN: 80, MEI: 90},
    EYE: {LIN: 60, MEI: 60},
    EAR: {LIN: 50, MEI: 50},
}


async def test_a_tie_waits_for_the_chairs_vote(service: VotingService) -> None:
    """Shown without an order or a score, settled with a reason, and changeable until it is confirmed."""
    await _score(service, TIED)
    await close_count(service, ROOM, CHAIR)
    review = (await service.views(ROOM)).review()
    assert (review.ready, review.ties) == (False, (Tie((ARM, LEG)),))
    refusal = await _refused(service.confirm(ROOM, CHAIR, False, _command()), Conflict, "result.tie")
    assert refusal.details == {"count": 1}
    settle = _command()
    await service.settle(ROOM, CHAIR, (ARM, LEG), "more mature", settle)
    await service.settle(ROOM, CHAIR, (ARM, LEG), "more mature", settle)
    assert (await service.views(ROOM)).review().ready
    await service.settle(ROOM, CHAIR, (LEG, ARM), "on reflection", _command())
    await service.confirm(ROOM, CHAIR, False, _command())
    await service.settle(ROOM, CHAIR, (ARM, LEG), "more mature", settle)
    await _refused(service.settle(ROOM, CHAIR, (ARM, LEG), "a third", _command()), Conflict, "result.confirmed")
    await _reveal_all(service)
    standings = (await service.published(ROOM)).standings
    assert [(line.project, line.decided_by) for line in standings[:2]] == [(LEG, "chair"), (ARM, "chair")]


async def test_only_a_tie_there_is_can_be_settled(service: VotingService) -> None:
    """A vote on anything else would lie in wait for a tie to come."""
    await _score(service, TIED)
    await close_count(service, ROOM, CHAIR)
    for order in ((ARM, EYE), (ARM, LEG, EYE), (ARM, ARM), (ARM,), (ARM, LEG, LEG), (ARM, ProjectId("other"))):
        await _refused(service.settle(ROOM, CHAIR, order, "a reason", _command()), Conflict, "result.no_tie")
    await _refused(service.settle(ROOM, CHAIR, (ARM, LEG), " ", _command()), InputError, "reason.length")


async def test_ties_are_not_told_while_the_count_is_open(service: VotingService) -> None:
    """Whoever looked could change something and look again: no answer may differ with who stands level."""
    await _score(service, TIED)
    for order in ((ARM, LEG), (ARM, EYE), (ARM, ProjectId("other"))):
        review = (await service.views(ROOM)).review()
        assert (review.ties, review.ready) == ((), False)
        await _refused(service.settle(ROOM, CHAIR, order, "a reason", _command()), Conflict, "count.open")
        await _refused(service.revote(ROOM, CHAIR, order, "a reason", None, _command()), Conflict, "count.open")
        await _refused(service.confirm(ROOM, CHAIR, True, _command()), Conflict, "count.open")
    await service.open_window(ROOM, EAR, None)
    await _refused(service.settle(ROOM, CHAIR, (ARM, LEG), "a reason", _command()), Conflict, "count.open")
    await _refused(service.confirm(ROOM, CHAIR, True, _command()), Conflict, "poll.open")


async def test_level_projects_are_announced_together() -> None:
    """1, 1, 3: two announcements, the third place first."""
    spec = msgspec.structs.replace(SPEC, rules=msgspec.structs.replace(SPEC.rules, tie_chain=("shared",)))
    service = VotingService(MemoryVoteStore(SystemClock()), SIGNER, {ROOM: spec}, _Heard())
    await service.prepare()
    await _score(service, TIED)
    await close_count(service, ROOM, CHAIR)
    await service.confirm(ROOM, CHAIR, False, _command())
    view = await _reveal_all(service)
    assert view.announced == (PlaceView(3, (EYE,), "60.00"), PlaceView(1, (ARM, LEG), "85.00"))


async def test_only_the_chair_acts_as_the_chair(service: VotingService) -> None:
    """A judge's socket speaks the same language."""
    await _score(service, TIED)
    for person in (LIN, PersonId("organiser")):
        await _refused(service.confirm(ROOM, person, True, _command()), NotAllowed, "result.not_chair")
        await _refused(service.settle(ROOM, person, (ARM, LEG), "a reason", _command()), NotAllowed, "result.not_chair")


async def test_incomplete_projects_are_accepted_knowingly(service: VotingService) -> None:
    """A project without its quorum gets no place; whether that is meant, the chair has to say."""
    await _score(service, {ARM: {LIN: 90, MEI: 80}, LEG: {LIN: 70}})
    assert (await service.views(ROOM)).review().incomplete == (LEG, EYE, EAR)
    await close_count(service, ROOM, CHAIR)
    refusal = await _refused(service.confirm(ROOM, CHAIR, False, _command()), Conflict, "result.incomplete")
    assert refusal.details == {"count": 3}
    await service.confirm(ROOM, CHAIR, True, _command())
    assert (await _reveal_all(service)).announced == (PlaceView(1, (ARM,), "85.00"),)


async def test_without_any_complete_project_there_is_nothing_to_confirm(service: VotingService) -> None:
    """A ceremony without a place could never end."""
    await _score(service, {LEG: {LIN: 70}})
    await close_count(service, ROOM, CHAIR)
    assert not (await service.views(ROOM)).review().ready
    await _refused(service.confirm(ROOM, CHAIR, True, _command()), Conflict, "result.empty")


async def test_confirming_twice_is_as_once(service: VotingService, store: VoteStore) -> None:
    """The same command again is done; another one is told."""
    await _score(service, FINAL)
    await close_count(service, ROOM, CHAIR)
    command = _command()
    await service.confirm(ROOM, CHAIR, False, command)
    before = await store.read(POLL)
    await service.confirm(ROOM, CHAIR, False, command)
    await _refused(service.confirm(ROOM, CHAIR, False, _command()), Conflict, "result.confirmed")
    await _refused(service.open_window(ROOM, ARM, None), Conflict, "result.confirmed")
    assert await store.read(POLL) == before


class _Racing(MemoryVoteStore):
    """Lets something happen between the reading of the poll and its confirmation."""

    def __init__(self, between: Callable[[VoteStore], Awaitable[None]]) -> None:
        super().__init__(SystemClock())
        self._between = between

    @override
    async def confirm(
        self, poll: PollId, chair: PersonId, result: bytes, at_sequence: int, command: CommandId, second: bool = False
    ) -> None:
        await self._between(self)
        await super().confirm(poll, chair, result, at_sequence, command, second)


async def _ask(store: VoteStore) -> None:
    await store.act(POLL, CHAIR, AskReopening(1, "On reflection."), _command())


async def test_what_races_the_confirmation_is_in_the_ledger_that_is_confirmed() -> None:
    """The head that is signed is that of everything before it."""
    asked = False

    async def once(store: VoteStore) -> None:
        nonlocal asked
        if not asked:
            asked = True
            await _ask(store)

    store = _Racing(once)
    service = VotingService(store, SIGNER, {ROOM: SPEC}, _Heard())
    await service.prepare()
    await _score(service, FINAL)
    await close_count(service, ROOM, CHAIR)
    await service.confirm(ROOM, CHAIR, False, _command())
    await _reveal_all(service)
    kinds = [entry.kind for entry in await store.ledger(POLL, 0, 1000)]
    assert (await service.published(ROOM)).sequence == kinds.index("ask-reopening") + 1


async def test_a_poll_that_never_stands_still_is_not_confirmed() -> None:
    """Rather a refusal than a loop without end."""
    service = VotingService(_Racing(_ask), SIGNER, {ROOM: SPEC}, _Heard())
    await service.prepare()
    await _score(service, FINAL)
    await close_count(service, ROOM, CHAIR)
    await _refused(service.confirm(ROOM, CHAIR, False, _command()), Conflict, "poll.moved")


class _Corrupt(MemoryVoteStore):
    """Has a tally that its ledger does not bear out."""

    @override
    async def read(self, poll: PollId) -> PollState:
        state = await super().read(poll)
        return msgspec.structs.replace(
            state, tally=msgspec.structs.replace(state.tally, ballots=state.tally.ballots[1:])
        )


async def test_no_result_is_confirmed_that_the_ledger_does_not_bear_out() -> None:
    """Published, it would be refuted by the first recount."""
    service = VotingService(_Corrupt(SystemClock()), SIGNER, {ROOM: SPEC}, _Heard())
    await service.prepare()
    await _score(service, FINAL)
    await close_count(service, ROOM, CHAIR)
    await _refused(service.confirm(ROOM, CHAIR, False, _command()), Conflict, "ledger.rewritten")


class _Restless(MemoryVoteStore):
    """A judge submits whenever somebody has read the poll."""

    @override
    async def read(self, poll: PollId) -> PollState:
        state = await super().read(poll)
        for window in state.windows:
            if window.open:
                await self.cast(poll, LIN, _cast(window.project, 50, 50, expected=len(state.tally.ballots)))
                await self.close_window(poll, window.project)
        return state


async def test_what_is_shown_of_a_poll_at_one_time_is_of_one_reading() -> None:
    """Else a chair could be shown a closed window, a judge who still waits in it, and a tie that is none."""
    service = VotingService(_Restless(SystemClock()), SIGNER, {ROOM: SPEC}, _Heard())
    await service.prepare()
    await service.open_window(ROOM, ARM, None)
    views = await service.views(ROOM)
    assert [window.open for window in views.windows().windows] == [True]
    assert views.progress().projects[0].open
    assert [judge.state for judge in views.progress().projects[0].judges] == ["waiting"] * 4
    assert views.review().sequence == 1
    assert (views.state, views.ceremony().state) == (CeremonyState.SEALED, CeremonyState.SEALED)
    after = await service.views(ROOM)
    assert [window.open for window in after.windows().windows] == [False]
    assert [judge.state for judge in after.progress().projects[0].judges] == ["waiting", "submitted", *["waiting"] * 2]
    assert after.review().sequence == 3


# Refusals and news --------------------------------------------------------------------------------------------------


async def test_hostile_ballots_are_refused_with_their_reason(service: VotingService) -> None:
    """Whatever the page allows, the server checks again."""
    await service.open_window(ROOM, ARM, None)
    cast = _cast(ARM, 50, 50)
    bad = msgspec.structs.replace
    cases: list[tuple[PersonId, Cast, type[RoadshowError], str]] = [
        (PersonId("eve"), cast, NotAllowed, "ballot.not_entitled"),
        (LIN, bad(cast, project=ProjectId("other")), NotFound, "project.unknown"),
        (LIN, bad(cast, scores={IMPACT: 101, TEAM: 1}), InputError, "ballot.out_of_range"),
        (LIN, bad(cast, scores={IMPACT: 1}), InputError, "ballot.missing_criterion"),
        (LIN, bad(cast, command=CommandId("no\nid at all")), InputError, "command.malformed"),
        (LIN, bad(cast, project=LEG), Conflict, "ballot.closed"),
        (LIN, bad(cast, expected_revision=1), Conflict, "ballot.stale"),
    ]
    for judge, hostile, kind, code in cases:
        await _refused(service.cast(ROOM, judge, hostile), kind, code)
    await _refused(service.recuse(ROOM, LIN, ARM, Grounds("stake", "x"), _command()), InputError, "reason.length")
    await _refused(service.cast(RoomId("elsewhere"), LIN, cast), NotFound, "room.unknown")
    assert all(judge.state == "waiting" for judge in (await service.views(ROOM)).progress().projects[0].judges)


async def test_the_room_hears_of_what_is_durable_and_of_nothing_else(service: VotingService, heard: _Heard) -> None:
    """The control desk is told after the store has it, and not of a refusal."""
    await service.open_window(ROOM, ARM, None)
    await service.cast(ROOM, LIN, _cast(ARM, 50, 50))
    await service.cast(ROOM, MEI, _cast(ARM, 50, 50))
    assert heard.calls == ["progress robotics"] * 3
    await _refused(service.cast(ROOM, LIN, _cast(ARM, 50, 50)), Conflict, "ballot.stale")
    assert len(heard.calls) == 3
    await service.close_window(ROOM, ARM)
    heard.calls.clear()
    await close_count(service, ROOM, CHAIR)
    assert heard.calls == ["progress robotics", "ceremony robotics"], "of the ledger's new head"
    heard.calls.clear()
    await service.confirm(ROOM, CHAIR, True, _command())
    assert heard.calls == ["progress robotics", "ceremony robotics"]
    heard.calls.clear()
    await service.reveal_next(ROOM, CHAIR, 0, _command())
    assert heard.calls == ["ceremony robotics"]


def test_the_service_is_what_a_room_needs_of_polls(service: VotingService) -> None:
    """Rooms and voting do not know each other; here the shapes meet."""
    polls: Polls = service
    assert polls is service
