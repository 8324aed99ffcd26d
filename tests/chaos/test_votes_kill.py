"""Servers and stores are killed in the middle of votes; and the judge of that would notice a broken promise."""

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from roadshow.clock import SystemClock
from roadshow.ids import CommandId
from roadshow.voting.boxes.boxes import Boxes
from roadshow.voting.ledger.chain import chained, genesis
from roadshow.voting.ledger.signing import Signer
from roadshow.voting.memory_store import MemoryVoteStore
from roadshow.voting.service import VotingService
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import EntryKind, LedgerEntry
from roadshow.voting.votes import Cast
from tests.chaos.votes_history import History, Verdict, judge, latched
from tests.chaos.votes_server import IMPACT, JUDGES, PROJECTS, ROOM, SPEC, Everything, read_all
from tests.contract.sealing import BOXES, box_for, with_sealed_ballots

ROOT = Path(__file__).resolve().parents[2]
FIRST, SEEDS = 60, 40
"""With one that is played through the whole server, the hundredth. ``make chaos`` plays as many as one likes."""
WITHIN = 900.0
"""Seconds; only so that a run that hangs fails. It takes a quarter of a minute on two idle cores."""
ARM = PROJECTS[0]
LIN, MEI = JUDGES[:2]


def test_no_acknowledged_ballot_is_lost_or_doubled_whatever_is_killed_when() -> None:
    """The promise the podium rests on."""
    command = [sys.executable, "-m", "tests.chaos.votes_run", "--first", str(FIRST), "--seeds", str(SEEDS)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=WITHIN, check=False)
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
    last = run.stdout.splitlines()[-1]
    found = re.fullmatch(r"chaos: kills (\d+) acknowledged (\d+) lost 0 doubled 0", last)
    assert found, last
    assert int(found[1]) >= SEEDS
    assert int(found[2]) >= 10 * SEEDS


# The judge of a run -------------------------------------------------------------------------------------------------


class _Deaf:
    def progress_changed(self, room: object) -> None: ...

    def ceremony_changed(self, room: object) -> None: ...


SIGNER = Signer(Ed25519PrivateKey.generate())


SEALED = with_sealed_ballots(SPEC)


async def _played(spec: PollSpec = SPEC) -> tuple[History, Everything]:
    """Two judges, three ballots, one command sent twice, one refused, one without an answer."""
    votes, history = MemoryVoteStore(SystemClock(), BOXES), History()
    service = VotingService(votes, SIGNER, {ROOM: spec}, _Deaf(), boxes=BOXES)
    await service.prepare()
    await service.open_window(ROOM, ARM, None)
    casts = [
        (LIN, Cast(CommandId("lin-00001"), ARM, {IMPACT: 3}, 0)),
        (MEI, Cast(CommandId("mei-00001"), ARM, {IMPACT: 4}, 0)),
        (LIN, Cast(CommandId("lin-00002"), ARM, {IMPACT: 5}, 1)),
        (LIN, Cast(CommandId("lin-00002"), ARM, {IMPACT: 5}, 1)),
    ]
    for person, cast in casts:
        history.was_sent(person, cast)
        history.was_told(await service.cast(ROOM, person, cast))
    stale = Cast(CommandId("mei-00002"), ARM, {IMPACT: 6}, 0)
    history.was_sent(MEI, stale)
    history.was_refused(stale.command, "ballot.stale")
    history.was_sent(MEI, Cast(CommandId("mei-00003"), ARM, {IMPACT: 7}, 1))
    await service.aclose()
    return history, await read_all(votes, SPEC.poll)


def _judged(history: History, everything: Everything, spec: PollSpec = SPEC) -> Verdict:
    return judge(history, spec, *everything, SIGNER.public_key, box_for(spec))


@pytest.mark.parametrize("spec", [SPEC, SEALED], ids=["open", "sealed"])
async def test_an_honest_store_is_acquitted(spec: PollSpec) -> None:
    """A maybe may be missing."""
    history, everything = await _played(spec)
    verdict = _judged(history, everything, spec)
    assert (verdict.acknowledged, verdict.faults) == (3, [])
    assert [cast.command for _, cast in history.outbox()] == ["mei-00003"]


async def test_a_maybe_may_also_be_there() -> None:
    """The answer was lost, not the ballot: that is no fault, and neither is it a proof of one."""
    history, (entries, state, seals) = await _played()
    sent = history.sent[CommandId("lin-00002")]
    sent.receipts, sent.told_at = [], None
    assert _judged(history, (entries, state, seals)).faults == []


async def test_a_ballot_in_the_open_is_noticed_where_all_are_sealed() -> None:
    """The store could read it."""
    history, everything = await _played()
    assert any("is in the open" in one for one in _judged(history, everything, SEALED).wrong)


async def test_scores_that_were_sealed_with_another_key_are_noticed() -> None:
    """Nobody could count them."""
    history, everything = await _played(SEALED)
    other = Boxes(lambda: bytes(32)).box(SEALED.poll)
    verdict = judge(history, SEALED, *everything, SIGNER.public_key, other)
    assert any("cannot be opened" in one for one in verdict.wrong)


Records = list[tuple[EntryKind, bytes]]


def _rewritten(entries: tuple[LedgerEntry, ...], change: Callable[[Records], None]) -> tuple[LedgerEntry, ...]:
    """A store that lies consistently: the chain of what it says is whole."""
    records: Records = [(entry.kind, entry.body) for entry in entries]
    change(records)
    parent, chain = genesis(SPEC), []
    for number, (kind, body) in enumerate(records, start=1):
        chain.append(chained(parent, number, kind, entries[min(number, len(entries)) - 1].at, body))
        parent = chain[-1].hash
    return tuple(chain)


def _lose_last(records: Records) -> None:
    records.pop()


def _double_last(records: Records) -> None:
    records.append(records[-1])


def _change_score(records: Records) -> None:
    first = next(number for number, (kind, _) in enumerate(records) if kind == "ballot")
    kind, body = records[first]
    records[first] = kind, body.replace(b'"impact":3', b'"impact":9')


def _close_first(records: Records) -> None:
    records.insert(2, ("close", b'{"by":"command","project":"arm"}'))


@pytest.mark.parametrize(
    ("change", "lost", "doubled"),
    [(_lose_last, 1, 0), (_double_last, 0, 1), (_change_score, 3, 0), (_close_first, 3, 0)],
)
async def test_a_lying_store_is_convicted(change: Callable[[Records], None], lost: int, doubled: int) -> None:
    """A run that could not fail would prove nothing."""
    history, (entries, state, seals) = await _played()
    verdict = _judged(history, (_rewritten(entries, change), state, seals))
    assert (len(verdict.lost), len(verdict.doubled)) == (lost, doubled)
    assert verdict.wrong


async def test_an_act_is_there_once_if_it_was_answered_and_never_if_it_was_refused() -> None:
    history, (entries, state, seals) = await _played()
    close = b'{"by":"judge-0","command":"close-count-1","count":1}'

    def judged(times: int, *, done: bool = False, refused: bool = False) -> Verdict:
        history.done = {CommandId("close-count-1")} if done else set()
        history.not_done = {CommandId("close-count-1"): "count.closed"} if refused else {}
        written = _rewritten(entries, lambda records: records.extend([("close-count", close)] * times))
        return _judged(history, (written, state, seals))

    assert judged(0, done=True).lost == ["close-count-1 was done and is not there"]
    assert judged(2, done=True).doubled == ["close-count-1 was done 2 times"]
    assert "close-count-1 was refused (count.closed) and is there" in judged(1, refused=True).wrong
    assert not judged(1, done=True).lost


@pytest.mark.parametrize(
    ("after", "convicted"),
    [
        ([], False),
        (["ask-reopening"], False),
        (["penalty"], True),
        (["ballot"], True),
        (["ask-reopening", "reopen", "penalty"], False),
        (["reopen", "close-count", "late"], True),
    ],
)
async def test_what_moves_a_score_in_a_closed_count_is_noticed(after: list[EntryKind], convicted: bool) -> None:
    """Whoever is told who stands level could choose the podium with it."""
    _, (entries, _, _) = await _played()
    kinds: list[EntryKind] = ["close-count", *after]
    told = _rewritten(entries, lambda records: records.extend((kind, b"{}") for kind in kinds))
    assert bool(latched(told)) == convicted


async def test_two_receipts_that_differ_are_a_ballot_counted_twice() -> None:
    """A repetition must be told what was told first."""
    history, everything = await _played()
    receipts = history.sent[CommandId("lin-00002")].receipts
    receipts[1] = msgspec.structs.replace(receipts[1], revision=3)
    assert len(_judged(history, everything).doubled) == 1


async def test_a_receipt_by_another_key_is_noticed() -> None:
    """A restart with a new key would make all receipts worthless."""
    history, everything = await _played()
    other = Signer(Ed25519PrivateKey.generate())
    sent = history.sent[CommandId("mei-00001")]
    sent.receipts = [msgspec.structs.replace(receipt, signature=other.sign(b"")) for receipt in sent.receipts]
    assert len(_judged(history, everything).wrong) == 1


async def test_a_refused_ballot_must_not_be_counted() -> None:
    """The judge was told it is not there."""
    history, everything = await _played()
    sent = history.sent[CommandId("mei-00001")]
    history.sent[CommandId("mei-00001")] = replace(sent, receipts=[], told_at=None, refusal="ballot.closed")
    assert len(_judged(history, everything).wrong) == 1


async def test_the_ledger_keeps_the_order_people_saw() -> None:
    """A ballot that was sent after another was acknowledged cannot stand before it."""
    history, everything = await _played()
    first, second = history.sent[CommandId("lin-00001")], history.sent[CommandId("lin-00002")]
    first.at = (second.told_at or 0) + 1
    assert len(_judged(history, everything).wrong) == 1
