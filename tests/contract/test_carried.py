"""A final that carries points over from a field final: what it waits for, what is fixed, and who can check it."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from roadshow.clock import SystemClock
from roadshow.commands.recounting import recount_files
from roadshow.errors import Conflict
from roadshow.ids import CommandId, CompetitionId, CriterionId, PersonId, PollId, ProjectId, RoomId
from roadshow.store.keys import Keys
from roadshow.voting.acts import CloseCount
from roadshow.voting.aftermath.acts import Amend, AskAmendment
from roadshow.voting.ballot import canonical
from roadshow.voting.carried.carrying import moved_since, table_of
from roadshow.voting.carried.terms import Brought, Came, Line, Source, Terms
from roadshow.voting.ledger.record import Record, encode_record
from roadshow.voting.ledger.recount import Report, recount
from roadshow.voting.ledger.signing import Signer, signed_result
from roadshow.voting.looking import whole_ledger
from roadshow.voting.memory_store import MemoryVoteStore
from roadshow.voting.ports import VoteStore
from roadshow.voting.redis_store import RedisVoteStore
from roadshow.voting.results import CeremonyState, decode_result
from roadshow.voting.service import Nobody, VotingService
from roadshow.voting.spec import Criterion, PollSpec, RuleSet
from roadshow.voting.votes import Cast
from tests.contract.three_counts import assert_recount_agrees

IDEA = CriterionId("idea")
AI, FINAL = RoomId("ai"), RoomId("final")
RULES = RuleSet("mean", 1, ("shared",), "exact", 3)
SNOW, ICE, RAIN = map(ProjectId, ("snow", "ice", "rain"))
A, B, C = map(ProjectId, ("a", "b", "c"))
LIN, CHAIR, ANNA, DENG = map(PersonId, ("lin", "chair", "organiser", "organiser-2"))
SIGNER = Signer(Ed25519PrivateKey.from_private_bytes(bytes([7] * 32)))
OTHER = Signer(Ed25519PrivateKey.from_private_bytes(bytes([8] * 32)))
TERMS = Terms(
    (Source(PollId(AI)),),
    (Came(A, PollId(AI), SNOW), Came(B, PollId(AI), ICE), Came(C, PollId(AI), RAIN)),
    weight=40,
    through=2,
)
FIRST = {SNOW: 90, ICE: 80, RAIN: 70}
LAST = {A: 60, B: 80}
"""The best of the field final is not that of the final: 72.00 and 80.00."""


@pytest.fixture(params=["memory", "valkey"])
def store(request: pytest.FixtureRequest) -> VoteStore:
    if request.param == "memory":
        return MemoryVoteStore(SystemClock())
    return RedisVoteStore(request.getfixturevalue("connected"), Keys(CompetitionId("final")))


def _spec(room: RoomId, *projects: ProjectId, carried: Terms | None = None) -> PollSpec:
    judges = (LIN, CHAIR)
    spec = PollSpec(PollId(room), projects, judges, CHAIR, (), (Criterion(IDEA, 1, 100),), RULES, procedure=2)
    return msgspec.structs.replace(spec, carried=carried)


def _specs(terms: Terms = TERMS) -> dict[RoomId, PollSpec]:
    return {AI: _spec(AI, SNOW, ICE, RAIN), FINAL: _spec(FINAL, A, B, C, carried=terms)}


async def _begun(store: VoteStore, specs: dict[RoomId, PollSpec] | None = None) -> VotingService:
    service = VotingService(store, SIGNER, specs or _specs(), Nobody())
    await service.prepare()
    return service


async def _scored(service: VotingService, room: RoomId, points: dict[ProjectId, int]) -> None:
    for project, score in points.items():
        await service.open_window(room, project, None)
        await service.cast(room, LIN, Cast(CommandId(f"cast-{room}-{project}"), project, {IDEA: score}, 0))
        await service.close_window(room, project)


async def _confirmed(service: VotingService, room: RoomId) -> None:
    await service.act(room, CHAIR, CloseCount(1), CommandId(f"close-{room}"))
    await service.confirm(room, CHAIR, False, CommandId(f"confirm-{room}"))


async def _announced(service: VotingService, room: RoomId) -> None:
    if await service.state(room) is CeremonyState.SEALED:
        await _confirmed(service, room)
    announced, remaining = 0, 1
    while remaining:
        view = await service.reveal_next(room, ANNA, announced, CommandId(f"reveal-{room}-{announced}"))
        announced, remaining = len(view.announced), view.remaining


async def _held(service: VotingService, room: RoomId, points: dict[ProjectId, int]) -> None:
    await _scored(service, room, points)
    await _announced(service, room)


async def _disqualified(service: VotingService, project: ProjectId) -> None:
    await service.aftermath.act(AI, ANNA, AskAmendment(project, "disqualify", "Not theirs."), CommandId("amend-ask"))
    request = await service.aftermath.waiting(AI)
    assert request is not None
    await service.aftermath.act(AI, DENG, Amend(request.sequence), CommandId("amend-sign"))


async def _moved(service: VotingService) -> tuple[PollId, ...]:
    what = (await service.views(FINAL)).brought
    assert what is not None
    return moved_since(what, {PollId(AI): (await service.views(AI)).out})


async def _records(service: VotingService) -> tuple[Record, Record]:
    return await service.record(FINAL), await service.record(AI)


def _recount(final: Record, *sources: Record) -> Report:
    return recount(encode_record(final), sources=[encode_record(one) for one in sources])


async def test_points_are_carried_from_what_was_announced(store: VoteStore) -> None:
    """From the first window to the last place, and counted again from both records."""
    service = await _begun(store)
    await _held(service, AI, FIRST)
    await _held(service, FINAL, LAST)
    standings = (await service.published(FINAL)).standings
    assert [(one.project, one.place, one.score) for one in standings] == [
        ("b", 1, "80.00"),
        ("a", 2, "72.00"),
        ("c", None, ""),
    ]
    first = (await whole_ledger(store, PollId(FINAL)))[0]
    assert first.kind == "carry"
    await assert_recount_agrees(service, store, _specs()[FINAL], FINAL)
    final, source = await _records(service)
    report = _recount(final, source)
    assert report.holds
    assert any(finding.check == "carried" and "comes to" in finding.text for finding in report.findings)
    alone = _recount(final)
    assert alone.holds
    assert any("was not compared" in finding.text for finding in alone.findings)


async def test_no_window_is_opened_before_the_source_is_announced(store: VoteStore) -> None:
    """It says which field it waits for, and takes nothing until then."""
    service = await _begun(store)
    await _scored(service, AI, FIRST)
    for stage in (_confirmed, _announced):
        with pytest.raises(Conflict, match=r"carried\.waits") as refusal:
            await service.open_window(FINAL, A, None)
        assert refusal.value.details == {"field": "ai"}
        await stage(service, AI)
    assert not (await service.views(FINAL)).has_begun
    await service.open_window(FINAL, A, None)
    assert (await service.views(FINAL)).has_begun


async def test_who_is_not_through_is_not_scored(store: VoteStore) -> None:
    """The cut is the rules', whoever opens a window, and whatever is sent."""
    service = await _begun(store)
    await _held(service, AI, FIRST)
    await service.open_window(FINAL, A, None)
    with pytest.raises(Conflict, match=r"carried\.behind"):
        await service.open_window(FINAL, C, None)
    for taken in (service.cast, service.cast_late):
        with pytest.raises(Conflict, match=r"ballot\.closed"):
            await taken(FINAL, LIN, Cast(CommandId("cast-anyway"), C, {IDEA: 100}, 0))


async def test_without_an_incomplete_project_the_chair_confirms_as_ever(store: VoteStore) -> None:
    """Who is not through lacks no ballots: nothing has to be accepted for them."""
    service = await _begun(store)
    await _held(service, AI, FIRST)
    await _scored(service, FINAL, LAST)
    await service.act(FINAL, CHAIR, CloseCount(1), CommandId("close-final"))
    assert (await service.views(FINAL)).review().incomplete == ()


async def test_it_is_fixed_once_and_only_where_the_rules_say_so(store: VoteStore) -> None:
    """Two servers, or two windows at once, fix one thing."""
    service = await _begun(store)
    what = Brought((), (Line(A, 1, "99.00"),))
    with pytest.raises(Conflict, match=r"carried\.none"):
        await store.carry(PollId(AI), what, CommandId("carry-0001"))
    with pytest.raises(Conflict, match=r"carried\.early"):
        await store.open_window(PollId(FINAL), A, None)
    await _held(service, AI, FIRST)
    await service.open_window(FINAL, A, None)
    first = (await whole_ledger(store, PollId(FINAL)))[0]
    with pytest.raises(Conflict, match=r"carried\.fixed"):
        await store.carry(PollId(FINAL), what, CommandId("carry-0001"))
    await service.open_window(FINAL, B, None)
    state = await store.read(PollId(FINAL))
    assert state.tally.brought is not None
    await store.carry(PollId(FINAL), state.tally.brought, msgspec.json.decode(first.body)["command"])
    assert [entry.kind for entry in await whole_ledger(store, PollId(FINAL))] == ["carry", "open", "open"]


async def test_who_was_disqualified_before_brings_nothing(store: VoteStore) -> None:
    """An objection that was upheld between the two finals: places moved up, and it is those that count."""
    service = await _begun(store)
    await _held(service, AI, FIRST)
    await _disqualified(service, SNOW)
    with pytest.raises(Conflict, match=r"carried\.behind"):
        await service.open_window(FINAL, A, None)
    await service.open_window(FINAL, B, None)
    assert await _moved(service) == ()
    await _held(service, FINAL, {B: 80, C: 60})
    assert [line.place for line in (await service.published(FINAL)).standings] == [1, 2, None]
    final, source = await _records(service)
    assert _recount(final, source).holds


async def test_what_is_amended_later_is_told_and_changes_nothing(store: VoteStore) -> None:
    """A final that is being judged does not get other points underneath it; its readers hear of it."""
    service = await _begun(store)
    await _held(service, AI, FIRST)
    await _held(service, FINAL, LAST)
    before = (await service.published(FINAL)).standings
    await _disqualified(service, ICE)
    assert await _moved(service) == ("ai",)
    assert (await service.published(FINAL)).standings == before
    report = _recount(*await _records(service))
    assert report.holds
    assert any("have moved since" in finding.text and "ice" in finding.text for finding in report.findings)


# Bent -----------------------------------------------------------------------------------------------------------------


def _with(terms: Terms, **changed: Any) -> Terms:
    return msgspec.structs.replace(terms, **changed)


async def test_another_source_record_is_told(store: VoteStore) -> None:
    """Of a field of the same name with other points: it is not the one, whoever signed it."""
    service = await _begun(store)
    await _held(service, AI, FIRST)
    await _held(service, FINAL, LAST)
    final, source = await _records(service)
    other = await _begun(MemoryVoteStore(SystemClock()))
    await _held(other, AI, {SNOW: 90, ICE: 81, RAIN: 70})
    exchanged = await other.record(AI)
    texts = [finding.text for finding in _recount(final, exchanged).faults]
    assert texts == ["The result in the record of ai is not the one that points were carried from."]
    foreign = msgspec.structs.replace(source, public_key=OTHER.public_key)
    assert any("was not compared" in finding.text for finding in _recount(final, foreign).findings), "of another key"
    cut = msgspec.structs.replace(source, entries=source.entries[:-1])
    assert any("does not hold" in finding.text for finding in _recount(final, cut).faults)


async def test_points_that_are_not_those_of_the_record_are_told(store: VoteStore) -> None:
    """By whoever holds server, store and key at once: the source's record is in others' hands."""
    service = await _begun(store)
    await _held(service, AI, FIRST)
    state = await store.read(PollId(AI))
    assert state.result is not None
    taken, lines = table_of((await service.views(AI)).revealed())
    forged = Brought((taken,), (Line(A, 1, "90.00"), Line(B, 2, "99.00")))
    assert lines[1].score == "80.00"
    await service._signed.carry(_specs()[FINAL], forged, CommandId("carry-0001"))
    await _held(service, FINAL, LAST)
    report = _recount(*await _records(service))
    assert [finding.text for finding in report.faults] == [
        "b did not come from ai with the place and the points that are said."
    ]


async def test_another_weight_is_told(store: VoteStore) -> None:
    """The terms are a part of the rules that the voting began with."""
    service = await _begun(store)
    await _held(service, AI, FIRST)
    await _held(service, FINAL, LAST)
    final, source = await _records(service)
    lighter = msgspec.structs.replace(final, spec=msgspec.structs.replace(final.spec, carried=_with(TERMS, weight=10)))
    faults = [finding.check for finding in _recount(lighter, source).faults]
    assert {"rules", "count"} <= set(faults)
    begun = VotingService(store, SIGNER, _specs(_with(TERMS, weight=10)), Nobody())
    with pytest.raises(Conflict, match=r"poll\.changed"):
        await begun.prepare()


@pytest.mark.parametrize("signer", [SIGNER, OTHER])
async def test_a_result_that_is_not_the_confirmed_one_is_not_carried(signer: Signer) -> None:
    """Whoever holds the store puts another version in its place: signed once, or by somebody else."""
    store = MemoryVoteStore(SystemClock())
    service = await _begun(store)
    await _held(service, AI, FIRST)
    versions = store._polls[PollId(AI)].results
    result = decode_result(versions[-1])
    standings = tuple(msgspec.structs.replace(one, score="50.00") for one in result.standings)
    unsigned = msgspec.structs.replace(result, standings=standings, public_key="", signature="")
    versions[-1] = canonical(signed_result(unsigned, signer))
    with pytest.raises(Conflict, match=r"ledger\.rewritten"):
        await service.open_window(FINAL, A, None)


# From another competition ---------------------------------------------------------------------------------------------


async def test_another_competitions_record_is_a_source_like_any(store: VoteStore, tmp_path: Path) -> None:
    """Its key and its table are in the rules; nothing is looked up when the field begins."""
    theirs = VotingService(MemoryVoteStore(SystemClock()), OTHER, {AI: _specs()[AI]}, Nobody())
    await theirs.prepare()
    await _held(theirs, AI, FIRST)
    record = await theirs.record(AI)
    taken, lines = table_of(record.result)
    terms = _with(TERMS, sources=(Source(PollId(AI), OTHER.public_key, taken, lines),))
    specs = {FINAL: _specs(terms)[FINAL]}
    service = await _begun(store, specs)
    await _held(service, FINAL, LAST)
    assert [one.score for one in (await service.published(FINAL)).standings] == ["80.00", "72.00", ""]
    final = await service.record(FINAL)
    report = _recount(final, record)
    assert report.holds
    assert any("comes to" in finding.text for finding in report.findings if finding.check == "carried")
    # One key is given, and each record is held to the one it has to have.
    files = [tmp_path / "final.json", tmp_path / "north.json"]
    for file, one in zip(files, (final, record), strict=True):
        file.write_bytes(encode_record(one))
    assert recount_files(files, SIGNER.public_key, None, (), None)
    assert not recount_files(files, OTHER.public_key, None, (), None), "nobody vouches for themselves"
