"""What the server signs, when, and what it will not: whoever holds the store puts words into nobody's mouth."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typing_extensions import override

from roadshow.clock import SystemClock
from roadshow.errors import Conflict, SetupError, Unavailable
from roadshow.ids import CommandId, CompetitionId, CriterionId, PersonId, PollId, ProjectId, RoomId
from roadshow.moments import Duration, Instant
from roadshow.store.connection import Store
from roadshow.store.keys import Keys
from roadshow.voting.acts import CloseCount, Penalise, Void, close_body
from roadshow.voting.ledger.chain import chained, genesis
from roadshow.voting.ledger.record import encode_record
from roadshow.voting.ledger.recount import recount
from roadshow.voting.ledger.signing import Signer, entry_text, is_genuine, is_in, is_signed, needs_signature
from roadshow.voting.looking import whole_ledger
from roadshow.voting.memory_store import MemoryVoteStore
from roadshow.voting.ports import VoteStore
from roadshow.voting.redis_store import RedisVoteStore
from roadshow.voting.seals import heads as heads_module
from roadshow.voting.seals.heads import Head, HeadFile, heads_path
from roadshow.voting.seals.held import HeldSeals
from roadshow.voting.service import Nobody, VotingService
from roadshow.voting.spec import Criterion, PollSpec, RuleSet
from roadshow.voting.tally import LedgerEntry
from roadshow.voting.votes import Accepted, Cast

ROOM, POLL = RoomId("robotics"), PollId("robotics")
ARM, LEG = ProjectId("arm"), ProjectId("leg")
LIN, MEI, CHAIR, ORGANISER = PersonId("lin"), PersonId("mei"), PersonId("chair"), PersonId("organiser")
IMPACT = CriterionId("impact")
SPEC = PollSpec(
    POLL, (ARM, LEG), (CHAIR, LIN, MEI), CHAIR, (), (Criterion(IMPACT, 1, 10),),
    RuleSet("mean", 1, ("re-vote", "chair", "shared"), "exact", 2), procedure=2,
)  # fmt: skip
SIGNER = Signer(Ed25519PrivateKey.from_private_bytes(bytes([7] * 32)))
SPENT = Duration.minutes(5)


@pytest.fixture(params=["memory", "valkey"])
def store(request: pytest.FixtureRequest) -> VoteStore:
    if request.param == "memory":
        return MemoryVoteStore(SystemClock())
    return RedisVoteStore(request.getfixturevalue("connected"), Keys(CompetitionId("final")))


async def _server(store: VoteStore, heads: HeadFile | None = None, signer: Signer = SIGNER) -> VotingService:
    """As it starts, over whatever is in the store."""
    service = VotingService(store, signer, {ROOM: SPEC}, Nobody(), heads)
    await service.prepare()
    return service


def _command(number: int) -> CommandId:
    return CommandId(f"command-{number:04}")


def _cast(number: int, project: ProjectId, score: int, expected: int = 0) -> Cast:
    return Cast(_command(number), project, {IMPACT: score}, expected)


async def _voted(service: VotingService) -> None:
    """Arm is first by four ballots; both windows are closed."""
    for first, project, score in ((0, ARM, 8), (10, LEG, 6)):
        await service.open_window(ROOM, project, SPENT)
        for number, judge in enumerate((LIN, MEI)):
            await service.cast(ROOM, judge, _cast(first + number, project, score + number))
        await service.close_window(ROOM, project)


async def _announced(service: VotingService) -> bytes:
    await service.act(ROOM, CHAIR, CloseCount(1), _command(89))
    await service.confirm(ROOM, CHAIR, False, _command(90))
    view = await service.ceremony(ROOM)
    while view.remaining:
        view = await service.reveal_next(ROOM, ORGANISER, len(view.announced), _command(91 + len(view.announced)))
    return encode_record(await service.record(ROOM))


def _told(record: bytes) -> dict[str, str]:
    return {fault.check: fault.text for fault in reversed(recount(record, SIGNER.public_key).faults)}


async def test_every_act_of_a_poll_is_signed_when_it_is_acknowledged(store: VoteStore) -> None:
    """An act without the server's signature then has but one meaning: nobody was told that it was done."""
    service = await _server(store)
    await _voted(service)
    await service.act(ROOM, ORGANISER, Penalise(LEG, 100, "overtime"), _command(20))
    for entry in await whole_ledger(store, POLL):
        if entry.kind != "ballot":
            signature = (await store.seals(POLL, [entry.sequence]))[entry.sequence]
            assert is_signed(entry_text(POLL, genesis(SPEC), entry), signature, SIGNER.public_key), entry.kind
    assert _told(await _announced(service)) == {}


async def test_a_receipt_binds_rules_entry_and_all_before_it(store: VoteStore) -> None:
    """So whoever changes anything before a ballot makes its receipt a receipt for something else."""
    service = await _server(store)
    await service.open_window(ROOM, ARM, None)
    receipt = await service.cast(ROOM, LIN, _cast(1, ARM, 7))
    opened, ballot = await whole_ledger(store, POLL)
    assert (receipt.rules, receipt.parent, receipt.entry) == (genesis(SPEC), opened.hash, ballot.hash)
    assert is_genuine(receipt, SIGNER.public_key)
    assert is_in(receipt, ballot)


async def test_a_penalty_that_was_put_into_the_store_has_no_seal(store: VoteStore) -> None:
    """It moves the podium; so the record has to say that nobody was acknowledged it."""
    service = await _server(store)
    await _voted(service)
    await store.act(POLL, ORGANISER, Penalise(ARM, 10_000, "forged"), _command(30))
    record = await _announced(service)
    assert msgspec.json.decode(record)["podium"][-1]["projects"] == ["leg"]
    assert _told(record).keys() == {"acknowledged"}
    assert "(penalty) was never acknowledged" in _told(record)["acknowledged"]


async def test_a_ballot_cast_for_an_absent_judge_is_signed_for_nobody(store: VoteStore) -> None:
    """Neither when the judge looks, nor for the record, nor by a server that was started since."""
    service = await _server(store)
    await service.open_window(ROOM, ARM, None)
    await store.cast(POLL, CHAIR, _cast(40, ARM, 1))
    for server in (service, await _server(store)):
        (own,) = (await server.own_ballots(ROOM, CHAIR)).receipts
        assert own.signature == ""
        assert own.scores == {IMPACT: 1}
    await service.close_window(ROOM, ARM)
    await _voted(service)
    assert "(ballot of chair for arm) was never acknowledged" in _told(await _announced(service))["acknowledged"]


async def test_a_ballot_that_was_stored_and_not_acknowledged_is_signed_when_the_judge_sends_it_again(
    store: VoteStore,
) -> None:
    """The server failed between the act and its receipt. The judge's page still holds the ballot."""
    service = await _server(store)
    await service.open_window(ROOM, ARM, None)
    cast = _cast(50, ARM, 6)
    await store.cast(POLL, LIN, cast)
    server = await _server(store)
    receipt = await server.cast(ROOM, LIN, cast)
    assert is_genuine(receipt, SIGNER.public_key)
    await server.aclose()
    assert (await (await _server(store)).own_ballots(ROOM, LIN)).receipts == (receipt,)


async def test_another_ballot_under_the_same_command_gets_no_receipt(store: VoteStore) -> None:
    """Whoever holds the store may guess what a judge sends next, and when; not what is in it."""
    service = await _server(store)
    await service.open_window(ROOM, ARM, None)
    await store.cast(POLL, LIN, _cast(51, ARM, 1))
    with pytest.raises(Conflict, match=r"ballot\.command_reused"):
        await service.cast(ROOM, LIN, _cast(51, ARM, 9))


async def test_a_store_that_answers_with_another_ballot_gets_no_signature() -> None:
    """Its functions can be replaced by whoever may write to it."""

    class Lying(MemoryVoteStore):
        @override
        async def cast(self, poll: PollId, judge: PersonId, cast: Cast) -> Accepted:
            return await super().cast(poll, judge, msgspec.structs.replace(cast, scores={IMPACT: 0}))

    store = Lying(SystemClock())
    service = await _server(store)
    await service.open_window(ROOM, ARM, None)
    with pytest.raises(Conflict, match=r"ledger\.rewritten"):
        await service.cast(ROOM, LIN, _cast(52, ARM, 9))
    assert await store.seals(POLL, [2]) == {}


async def test_a_receipt_is_never_made_anew(store: VoteStore) -> None:
    """A signature that somebody took out of the store does not come back for whoever only looks."""
    service = await _server(store)
    await service.open_window(ROOM, ARM, None)
    cast = _cast(60, ARM, 5)
    receipt = await service.cast(ROOM, LIN, cast)
    await service.aclose()
    await store.keep_seals(POLL, {receipt.sequence: "A" * 86})
    server = await _server(store)
    assert (await server.own_ballots(ROOM, LIN)).receipts[0].signature == ""
    assert await server.cast(ROOM, LIN, cast) == receipt


async def test_an_act_that_was_done_and_not_sealed_is_sealed_when_it_is_asked_for_again(store: VoteStore) -> None:
    """The chair's page repeats what was not acknowledged."""
    service = await _server(store)
    await _voted(service)
    act = Void(LIN, ARM, "by mistake")
    await store.act(POLL, CHAIR, act, _command(70))
    sequence = (await store.read(POLL)).sequence
    assert await store.seals(POLL, [sequence]) == {}
    await (await _server(store)).act(ROOM, CHAIR, act, _command(70))
    assert (await store.seals(POLL, [sequence])).keys() == {sequence}


async def test_a_window_that_was_open_before_is_not_signed_for_with_another_end(store: VoteStore) -> None:
    """Opened by somebody who holds the store: control's own request is for another."""
    service = await _server(store)
    await store.open_window(POLL, ARM, None)
    await service.open_window(ROOM, ARM, SPENT)
    opened, moved = await whole_ledger(store, POLL)
    assert (await store.seals(POLL)).keys() == {moved.sequence}
    assert opened.body != moved.body


async def test_a_revote_is_sealed_with_its_windows(store: VoteStore) -> None:
    """They are one act of the store, and entries of their own."""
    service = await _server(store)
    for number, project in enumerate((ARM, LEG)):
        await service.open_window(ROOM, project, None)
        await service.cast(ROOM, LIN, _cast(80 + number, project, 5))
        await service.close_window(ROOM, project)
    await service.act(ROOM, CHAIR, CloseCount(1), _command(83))
    await service.revote(ROOM, CHAIR, (LEG, ARM), "level", SPENT, _command(82))
    entries = (await whole_ledger(store, POLL))[-3:]
    assert [entry.kind for entry in entries] == ["revote", "open", "open"]
    assert (await store.seals(POLL)).keys() >= {entry.sequence for entry in entries}


async def test_ballots_at_the_same_time_get_the_receipts_of_one_ledger(store: VoteStore) -> None:
    """However their answers overtake one another."""
    service = await _server(store)
    await service.open_window(ROOM, ARM, None)
    given = await asyncio.gather(
        *(service.cast(ROOM, judge, _cast(100 + n, ARM, n)) for n, judge in enumerate((CHAIR, LIN, MEI)))
    )
    entries = {entry.sequence: entry for entry in await whole_ledger(store, POLL)}
    for receipt in given:
        assert is_in(receipt, entries[receipt.sequence])
        assert is_genuine(receipt, SIGNER.public_key)


async def test_signatures_that_the_store_would_not_take_are_kept_when_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """A judge is not kept waiting for them, and none is forgotten."""
    store = MemoryVoteStore(SystemClock())
    service = await _server(store)
    await service.open_window(ROOM, ARM, None)
    keep = store.keep_seals

    async def away(*_: object) -> None:
        raise Unavailable("store.away")

    monkeypatch.setattr(store, "keep_seals", away)
    receipt = await service.cast(ROOM, LIN, _cast(1, ARM, 7))
    await asyncio.sleep(0)
    monkeypatch.setattr(store, "keep_seals", keep)
    assert (await service.own_ballots(ROOM, LIN)).receipts == (receipt,)
    await service.aclose()
    assert (await store.seals(POLL))[receipt.sequence] == receipt.signature


async def test_an_act_whose_answer_was_lost_is_sealed_with_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The room opens the window once more, with another end; both were its own requests."""
    store = MemoryVoteStore(SystemClock())
    service = await _server(store)
    opening = store.open_window

    async def without_an_answer(poll: PollId, project: ProjectId, closes_in: Duration | None) -> None:
        await opening(poll, project, closes_in)
        raise Unavailable("store.not_durable")

    monkeypatch.setattr(store, "open_window", without_an_answer)
    with pytest.raises(Unavailable):
        await service.open_window(ROOM, ARM, SPENT)
    monkeypatch.setattr(store, "open_window", opening)
    await service.open_window(ROOM, ARM, None)
    assert (await store.seals(POLL)).keys() == {1, 2}


# The newest head ----------------------------------------------------------------------------------------------------


async def test_a_server_does_not_go_on_over_a_store_without_what_it_signed_last(
    connected: Store, tmp_path: Path
) -> None:
    """Emptied, put back or rewritten: it asks the operator, also after a restart."""
    heads = HeadFile(heads_path(tmp_path, CompetitionId("final")))
    service = await _server(RedisVoteStore(connected, Keys(CompetitionId("final"))), heads)
    await service.open_window(ROOM, ARM, None)
    receipt = await service.cast(ROOM, LIN, _cast(1, ARM, 7))
    await service.aclose()

    again = HeadFile(heads_path(tmp_path, CompetitionId("final")))
    again.load()
    assert again.newest(POLL) == Head(2, receipt.entry)
    await _server(RedisVoteStore(connected, Keys(CompetitionId("final"))), again)

    ledger = Keys(CompetitionId("final")).poll(POLL).ledger
    first: Any = await connected.redis.xrange(ledger, "1-0", "1-0")
    await connected.redis.delete(ledger)
    body = '{"command":"command-0001","judge":"lin","project":"arm","revision":1,"scores":{"impact":1}}'
    await connected.redis.xadd(ledger, first[0][1], id="1-0")
    await connected.redis.xadd(ledger, {"kind": "ballot", "at": receipt.cast_at.ms, "body": body}, id="2-0")
    with pytest.raises(Conflict) as rewritten:
        await _server(RedisVoteStore(connected, Keys(CompetitionId("final"))), again)
    assert (rewritten.value.code, rewritten.value.details) == (
        "ledger.rewritten", {"poll": "robotics", "sequence": 2},
    )  # fmt: skip
    assert "entry 2 of robotics" in heads_module.not_contained(rewritten.value)

    again.load(forget=True)
    assert again.newest(POLL) is None
    await _server(RedisVoteStore(connected, Keys(CompetitionId("final"))), again)


async def test_a_store_that_was_put_back_to_an_earlier_state_is_noticed(tmp_path: Path) -> None:
    """Every hash in it is right; what is missing is what came after."""
    heads = HeadFile(tmp_path / "heads.json")
    service = await _server(MemoryVoteStore(SystemClock()), heads)
    await _voted(service)
    earlier = MemoryVoteStore(SystemClock())
    await (await _server(earlier)).open_window(ROOM, ARM, SPENT)
    with pytest.raises(Conflict, match=r"ledger\.rewritten"):
        await _server(earlier, heads)
    await heads.aclose()


async def test_the_newest_heads_outlive_the_process(tmp_path: Path) -> None:
    """In a file that only its owner can read, whole or not at all; a damaged one stops the server."""
    heads = HeadFile(tmp_path / "heads.json")
    heads.load()
    for sequence in (1, 3, 2):
        heads.note(POLL, Head(sequence, "a" * 64))
    await heads.aclose()
    assert (tmp_path / "heads.json").stat().st_mode & 0o077 == 0
    again = HeadFile(tmp_path / "heads.json")
    again.load()
    assert again.newest(POLL) == Head(3, "a" * 64)
    (tmp_path / "heads.json").write_text("{")
    with pytest.raises(SetupError, match="damaged"):
        again.load()
    again.load(forget=True)
    assert again.newest(POLL) is None
    assert (tmp_path / "heads.json.former").read_text() == "{"


def test_only_a_windows_end_by_its_deadline_needs_no_signature() -> None:
    """Nobody asks for it; that its time was over, the ledger itself tells."""

    assert needs_signature(chained("", 1, "close", Instant(0), close_body(ARM, "command")))
    assert not needs_signature(chained("", 1, "close", Instant(0), close_body(ARM, "deadline")))


async def test_a_receipt_that_was_given_out_survives_the_servers_death(store: VoteStore, tmp_path: Path) -> None:
    """Killed before the store had its signature: the next server finds it beside the key, and makes none anew."""
    heads = HeadFile(tmp_path / "heads.json")
    service = await _server(store, heads)
    await service.open_window(ROOM, ARM, None)
    receipt = await service.cast(ROOM, LIN, _cast(1, ARM, 7))
    await store.keep_seals(POLL, {receipt.sequence: "lost"})
    again = HeadFile(tmp_path / "heads.json")
    server = await _server(store, again)
    assert (await server.own_ballots(ROOM, LIN)).receipts == (receipt,)
    await service.aclose()


def test_held_signatures_are_let_go_once_the_store_has_them(tmp_path: Path) -> None:
    """The file does not grow with the evening; a line that a kill cut short costs itself alone."""
    held = HeldSeals(tmp_path / "heads.seals")
    assert held.held() == {}
    held.hold(POLL, 1, "one")
    with (tmp_path / "heads.seals").open("ab") as file:
        file.write(b'["robotics",3,"cut sh\n')
    held.hold(POLL, 2, "two")
    assert HeldSeals(tmp_path / "heads.seals").held() == {POLL: {1: "one", 2: "two"}}
    held.release()
    held.hold(POLL, 4, "four")
    held.close()
    assert HeldSeals(tmp_path / "heads.seals").held() == {POLL: {4: "four"}}
    assert (tmp_path / "heads.seals").stat().st_mode & 0o077 == 0


async def test_heads_are_told_without_reading_a_ledger_twice(store: VoteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody who comes is told them: a crowd must not have the ledger read for each."""
    service = await _server(store)
    asked: list[int] = []
    reading = store.ledger

    async def counted(poll: PollId, after: int, limit: int) -> tuple[LedgerEntry, ...]:
        asked.append(after)
        return await reading(poll, after, limit)

    await _voted(service)
    monkeypatch.setattr(store, "ledger", counted)
    told = await service.heads(ROOM, 8)
    assert asked[0] == 0
    asked.clear()
    for _ in range(3):
        assert await service.heads(ROOM, 8) == told
    assert asked == []
    await service.act(ROOM, CHAIR, CloseCount(1), _command(89))
    asked.clear()
    assert [one.when for one in (await service.heads(ROOM, 9)).heads] == ["closed", "counted"]
    assert 0 not in asked
    assert told.rules == genesis(SPEC)
    last = (await reading(POLL, 7, 1))[0]
    assert [(one.hash, one.entries) for one in told.heads] == [(last.hash, 8)]
