"""A poll whose ballots the store cannot read, from the first window to the record, on every store there is."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace
from redis.asyncio import Redis
from typing_extensions import override

from roadshow.clock import SystemClock
from roadshow.errors import Conflict, Unavailable
from roadshow.ids import CommandId, CompetitionId, CriterionId, PersonId, PollId, ProjectId, RoomId
from roadshow.moments import encode_moment
from roadshow.store.connection import Store
from roadshow.store.keys import Keys
from roadshow.voting.acts import AcceptLate
from roadshow.voting.boxes.boxes import Boxes
from roadshow.voting.ledger.chain import genesis
from roadshow.voting.ledger.record import encode_record
from roadshow.voting.ledger.recount import recount
from roadshow.voting.ledger.signing import Signer, is_genuine, receipt_text
from roadshow.voting.memory_store import MemoryVoteStore
from roadshow.voting.ports import VoteStore
from roadshow.voting.redis_store import RedisVoteStore
from roadshow.voting.service import Nobody, VotingService
from roadshow.voting.spec import Criterion, PollSpec, RuleSet
from roadshow.voting.votes import BallotKind, Cast, Receipt
from tests.contract.counting import close_count
from tests.contract.sealing import BOXES, KEY, with_sealed_ballots
from tests.contract.three_counts import assert_recount_agrees

ROOM, POLL = RoomId("robotics"), PollId("robotics")
ARM, LEG = ProjectId("arm"), ProjectId("leg")
CHAIR, LIN, MEI = PersonId("chair"), PersonId("lin"), PersonId("mei")
IMPACT = CriterionId("impact")
IN_THE_OPEN = PollSpec(
    poll=POLL,
    projects=(ARM, LEG),
    judges=(CHAIR, LIN, MEI),
    chair=CHAIR,
    recused=(),
    criteria=(Criterion(IMPACT, 1, 100),),
    rules=RuleSet("mean", 2, ("re-vote", "chair"), "exact", 2),
    procedure=2,
)
SPEC = with_sealed_ballots(IN_THE_OPEN)
SIGNER = Signer(Ed25519PrivateKey.generate())
KEYS = Keys(CompetitionId("final"))


@pytest.fixture(params=["memory", "valkey"])
def store(request: pytest.FixtureRequest) -> VoteStore:
    if request.param == "memory":
        return MemoryVoteStore(SystemClock(), BOXES)
    connected: Store = request.getfixturevalue("connected")
    return RedisVoteStore(connected, KEYS, boxes=BOXES)


def _service(store: VoteStore, boxes: Boxes = BOXES) -> VotingService:
    return VotingService(store, SIGNER, {ROOM: SPEC}, Nobody(), boxes=boxes)


@pytest.fixture
async def service(store: VoteStore) -> AsyncIterator[VotingService]:
    service = _service(store)
    await service.prepare()
    yield service
    await assert_recount_agrees(service, store, SPEC, ROOM)


def _cast(command: str, score: int, project: ProjectId = ARM, expected: int = 0, in_round: int = 1) -> Cast:
    return Cast(CommandId(f"command-{command}"), project, {IMPACT: score}, expected, in_round)


async def _voted(service: VotingService, scores: Mapping[PersonId, tuple[int, int]]) -> list[Receipt]:
    """Both projects, one after the other."""
    receipts: list[Receipt] = []
    for at, project in enumerate((ARM, LEG)):
        await service.open_window(ROOM, project, None)
        for judge, given in scores.items():
            receipts.append(await service.cast(ROOM, judge, _cast(f"{judge}-{project}", given[at], project)))
        await service.close_window(ROOM, project)
    return receipts


async def _announced(service: VotingService) -> None:
    await service.confirm(ROOM, CHAIR, False, CommandId("confirm-1"))
    for place in range(2):
        await service.reveal_next(ROOM, PersonId("organiser"), place, CommandId(f"reveal-{place}"))


async def _everything_in(valkey: Redis) -> bytes:
    """Whatever whoever holds the store finds there."""
    found: list[object] = []
    for key in sorted(await valkey.keys()):
        kind = await valkey.type(key)
        reading: Any = valkey.hgetall if kind == b"hash" else valkey.xrange if kind == b"stream" else valkey.get
        found.append(await reading(key))
    return repr(found).encode()


async def test_nothing_in_the_store_tells_a_score_before_the_places_do(connected: Store) -> None:
    """Two polls that differ in the scores alone look the same there, but for what is random and as long in both: also
    once the result is confirmed and waits for its ceremony."""
    seen: list[list[tuple[bytes, int]]] = []
    for scores in ({LIN: (97, 3), MEI: (95, 7), CHAIR: (91, 0)}, {LIN: (100, 1), MEI: (88, 100), CHAIR: (0, 50)}):
        await connected.redis.flushdb()
        service = VotingService(
            RedisVoteStore(connected, KEYS, boxes=BOXES), SIGNER, {ROOM: SPEC}, Nobody(), boxes=BOXES
        )
        await service.prepare()
        receipts = await _voted(service, scores)
        await close_count(service, ROOM, CHAIR)
        await service.confirm(ROOM, CHAIR, False, CommandId("confirm-1"))
        everything = await _everything_in(connected.redis)
        assert b'"scores"' not in everything
        assert b"standings" not in everything
        entries: Any = await connected.redis.xrange(KEYS.poll(POLL).ledger)
        seen.append([(fields[b"kind"], len(fields[b"body"])) for _, fields in entries])
        assert {receipt.scores[IMPACT] for receipt in receipts} == {one for given in scores.values() for one in given}
        results: Any = await connected.redis.xrange(KEYS.poll(POLL).result)
        ((_, result),) = results
        seen[-1].append((b"result", len(result[b"result"])))
    assert seen[0] == seen[1]


async def test_receipts_say_what_was_given_and_how_it_is_sealed(service: VotingService) -> None:
    """A judge has to be able to tell that just this was kept; and a repeated command is known again."""
    first = await _voted(service, {LIN: (97, 3), MEI: (50, 60)})
    again = [
        await service.cast(ROOM, one.judge, _cast(one.command[8:], one.scores[IMPACT], one.project)) for one in first
    ]
    assert again == first
    assert all(is_genuine(one, service.public_key) and one.sealed for one in first)
    assert not is_genuine(replace(first[0], scores={IMPACT: 98}), service.public_key)
    assert not is_genuine(replace(first[0], sealed=first[1].sealed), service.public_key)
    own = await service.own_ballots(ROOM, LIN)
    assert own.receipts == tuple(one for one in first if one.judge == LIN)
    with pytest.raises(Conflict, match=r"ballot\.command_reused"):
        await service.cast(ROOM, LIN, _cast("lin-arm", 98))


async def test_late_ballots_votes_on_ties_and_the_record_hold_as_ever(service: VotingService) -> None:
    """Whatever moves ballots about in the store moves them unread."""
    await _voted(service, {LIN: (80, 60), CHAIR: (60, 80)})
    late = await service.cast_late(ROOM, MEI, _cast("late", 70))
    accepted = AcceptLate(MEI, ARM, late.sequence, "The line was down.")
    await service.act(ROOM, CHAIR, accepted, CommandId("accept-1"))
    await close_count(service, ROOM, CHAIR)
    tied = (ARM, LEG)
    await service.revote(ROOM, CHAIR, tied, "They are level.", None, CommandId("revote-1"))
    for judge in (LIN, MEI):
        for project, score in ((ARM, 40), (LEG, 90)):
            await service.cast(ROOM, judge, _cast(f"again-{judge}-{project}", score, project, in_round=2))
    await service.close_revote(ROOM, CHAIR)
    await _announced(service)
    published = await service.published(ROOM)
    assert [line.project for line in published.standings] == [LEG, ARM]


async def _record(service: VotingService) -> dict[str, Any]:
    await _voted(service, {LIN: (97, 3), MEI: (50, 60)})
    await close_count(service, ROOM, CHAIR)
    await _announced(service)
    text: dict[str, Any] = json.loads(encode_record(await service.record(ROOM)))
    return text


def _faults(record: Any, receipt: Receipt | None = None) -> set[str]:
    """What a recount of it names; ``receipt``: somebody's own."""
    rows = {"receipts", "seals", "entries"}

    def text(value: Any) -> str:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)

    def of(name: str, value: Any) -> str:
        return "[\n" + ",\n".join("  " + text(one) for one in value) + "\n ]" if name in rows and value else text(value)

    data = "{\n" + ",\n".join(f' "{name}": {of(name, value)}' for name, value in record.items()) + "\n}\n"
    own = None if receipt is None else msgspec.json.encode(receipt, enc_hook=encode_moment)
    return {finding.check for finding in recount(data.encode(), SIGNER.public_key, own).faults}


async def test_anybody_opens_the_record_and_counts_it_again(service: VotingService) -> None:
    """The key in it is the one that the rules bound before the first window; with another it does not hold."""
    record = await _record(service)
    assert _faults(record, (await service.own_ballots(ROOM, LIN)).receipts[0]) == set()
    other = BOXES.box(PollId("bio")).key
    assert {"box", "count"} <= _faults({**record, "box": other})
    assert {"box", "count"} <= _faults({name: value for name, value in record.items() if name != "box"})


async def test_who_seals_other_scores_than_they_receipt_is_found_out(store: VoteStore) -> None:
    """The server alone reads them: it might keep something else than it acknowledges. The record tells, for it holds
    both."""

    class Lying(Boxes):
        @override
        def sealed(self, spec: PollSpec, judge: PersonId, cast: Cast, kind: BallotKind) -> Cast:
            kept = cast if judge == MEI else replace(cast, scores={IMPACT: 1})
            return replace(super().sealed(spec, judge, kept, kind), scores=cast.scores)

    service = _service(store, Lying(lambda: KEY))
    await service.prepare()
    record = await _record(service)
    assert _faults(record) == set()
    (own, *_) = (await service.own_ballots(ROOM, LIN)).receipts
    acknowledged = replace(own, scores={IMPACT: 97})
    acknowledged = replace(acknowledged, signature=SIGNER.sign(receipt_text(acknowledged)))
    assert _faults(record, acknowledged) == {"receipt"}
    for one in record["receipts"]:
        if one["sequence"] == own.sequence:
            one |= {"scores": {IMPACT: 97}, "signature": acknowledged.signature}
    assert _faults(record, acknowledged) == {"box", "receipt"}


async def test_without_the_key_the_votes_stay_shut_and_nobody_takes_it_for_tampering(connected: Store) -> None:
    """It is an operator's mistake, and mends with the key."""
    service = _service(RedisVoteStore(connected, KEYS, boxes=BOXES))
    await service.prepare()
    await _voted(service, {LIN: (97, 3)})
    keyless = RedisVoteStore(connected, KEYS, boxes=Boxes())
    with pytest.raises(Unavailable):
        await keyless.read(POLL)
    wrong = RedisVoteStore(connected, KEYS, boxes=Boxes(lambda: bytes(32)))
    with pytest.raises(Conflict, match=r"ledger\.rewritten"):
        await wrong.read(POLL)
    late = Boxes(lambda: next(found, None))  # the file comes back under a running front
    found = iter([None, KEY])
    coming = RedisVoteStore(connected, KEYS, boxes=late)
    with pytest.raises(Unavailable):
        await coming.read(POLL)
    assert len((await coming.read(POLL)).tally.ballots) == 2


@pytest.mark.parametrize("moved", ["judge", "older", "field"])
async def test_sealed_scores_in_another_ballot_are_found_out_at_once(connected: Store, moved: str) -> None:
    """Whoever holds the store cannot read them, but could exchange them, or put back older ones."""
    other = PollId("bio")
    specs = {ROOM: SPEC, RoomId("bio"): with_sealed_ballots(replace(IN_THE_OPEN, poll=other))}
    service = VotingService(RedisVoteStore(connected, KEYS, boxes=BOXES), SIGNER, specs, Nobody(), boxes=BOXES)
    await service.prepare()
    for room in specs:
        await service.open_window(room, ARM, None)
    seals = {
        "judge": await service.cast(ROOM, MEI, _cast("mei", 5)),
        "older": await service.cast(ROOM, LIN, _cast("lin-1", 5)),
        "field": await service.cast(RoomId("bio"), LIN, _cast("lin-1", 5)),
    }
    newest = await service.cast(ROOM, LIN, _cast("lin-2", 95, expected=1))
    keys = KEYS.poll(POLL)
    ledger: Any = await connected.redis.xrange(keys.ledger)
    await connected.redis.delete(keys.ledger)
    for name, fields in ledger:
        fields[b"body"] = fields[b"body"].replace(newest.sealed.encode(), seals[moved].sealed.encode())
        await connected.redis.xadd(keys.ledger, fields, id=name)
    with pytest.raises(Conflict, match=r"ledger\.rewritten"):
        await RedisVoteStore(connected, KEYS, boxes=BOXES).read(POLL)  # by a server that was just started


async def test_how_a_poll_is_held_is_what_it_was_prepared_with_last(store: VoteStore) -> None:
    """Its definition may be changed until the first window: nothing of it is a forgery then."""
    for spec in (SPEC, IN_THE_OPEN):
        await store.prepare(spec, genesis(spec))
    BOXES.know(SPEC)  # as another store with these boxes has left it
    await store.prepare(IN_THE_OPEN, genesis(IN_THE_OPEN))
    await store.open_window(POLL, ARM, None)
    accepted = await store.cast(POLL, LIN, Cast(CommandId("lin-00001"), ARM, {IMPACT: 50}, 0))
    assert accepted.ballot.scores == {IMPACT: 50}
