"""What judges sent and were told, held against the ledger in the end. (pure)

A command without an answer is a *maybe*: it may be in the ledger or not. With a receipt it must be there, exactly as
the receipt says and only once; refused for good, it must not be there.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from roadshow.ids import CommandId, PersonId, ProjectId
from roadshow.voting.ballot import decode_ballot
from roadshow.voting.boxes.box import Box
from roadshow.voting.boxes.opening import opened_ballot
from roadshow.voting.ledger.chain import genesis, verify
from roadshow.voting.ledger.counting import counted
from roadshow.voting.ledger.signing import (
    is_ballot,
    is_genuine,
    is_in,
    is_signed,
    needs_signature,
    receipt_of,
    receipt_text,
    seal_text,
)
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import LedgerEntry, PollState
from roadshow.voting.votes import Ballot, Cast, Receipt

ACTS = ("penalty", "close-count", "ask-reopening", "reopen")
"""Of chair and organisers, as far as they are sent."""
AFTER_THE_COUNT = ("ask-reopening", "browser")
"""What changes no score."""


@dataclass
class Sent:
    judge: PersonId
    cast: Cast
    at: int
    """When it was sent first. Times are the numbers of events."""
    receipts: list[Receipt] = field(default_factory=list)
    told_at: int | None = None
    """When the first receipt came."""
    refusal: str | None = None


@dataclass
class History:
    """``told`` and ``refused`` are ends; whatever is neither is a maybe, and belongs into the outbox."""

    sent: dict[CommandId, Sent] = field(default_factory=dict)
    events: int = 0
    done: set[CommandId] = field(default_factory=set)
    """Acts of chair and organisers that were answered."""
    not_done: dict[CommandId, str] = field(default_factory=dict)
    """Those refused, and with which code."""

    def was_sent(self, judge: PersonId, cast: Cast) -> None:
        self.events += 1
        self.sent.setdefault(cast.command, Sent(judge, cast, self.events))

    def was_told(self, receipt: Receipt) -> None:
        self.events += 1
        sent = self.sent[receipt.command]
        sent.receipts.append(receipt)
        sent.told_at = sent.told_at or self.events

    def was_refused(self, command: CommandId, code: str) -> None:
        self.events += 1
        self.sent[command].refusal = code

    def was_done(self, act: CommandId) -> None:
        self.events += 1
        self.done.add(act)

    def was_not_done(self, act: CommandId, code: str) -> None:
        self.events += 1
        self.not_done[act] = code

    def outbox(self) -> list[tuple[PersonId, Cast]]:
        return [(one.judge, one.cast) for one in self.sent.values() if not one.receipts and one.refusal is None]

    def acknowledged(self) -> list[Sent]:
        return [one for one in self.sent.values() if one.receipts]


@dataclass
class Verdict:
    acknowledged: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """Anything else that breaks a promise of docs/voting.md."""

    def add(self, other: "Verdict") -> None:
        self.acknowledged += other.acknowledged
        self.lost += other.lost
        self.doubled += other.doubled
        self.wrong += other.wrong

    @property
    def faults(self) -> list[str]:
        return [*self.lost, *self.doubled, *self.wrong]


def judge(
    history: History,
    spec: PollSpec,
    entries: Sequence[LedgerEntry],
    state: PollState,
    seals: Mapping[int, str],
    public_key: str,
    box: Box | None = None,
) -> Verdict:
    """``entries``: the whole ledger; ``state``: the store's own tally of it; ``seals``: the signatures it keeps;
    ``box``: what opens ballots that are sealed."""
    verdict = Verdict(acknowledged=len(history.acknowledged()))
    try:
        ballots = [(one, _ballot(one, box)) for one in entries if one.kind == "ballot"]
    except ValueError as problem:
        verdict.wrong.append(f"a ballot cannot be opened: {problem}")
        return verdict
    _check_receipts(verdict, history, entries, public_key)
    _check_commands(verdict, history, ballots)
    _check_order(verdict, history)
    _check_acts(verdict, history, entries)
    verdict.wrong += latched(entries)
    verdict.wrong += _windows(entries) + _revisions([ballot for _, ballot in ballots])
    verdict.wrong += unsigned(spec, entries, seals, public_key, box)
    fault = verify(entries, genesis(spec))
    if fault is not None:
        verdict.wrong.append(f"entry {fault.sequence} is {fault.problem}")
    if counted(entries, box) != state.tally or state.sequence != len(entries):
        verdict.wrong.append("the store's tally is not that of its ledger")
    return verdict


def _ballot(entry: LedgerEntry, box: Box | None) -> Ballot:
    """Raises ValueError."""
    ballot = decode_ballot("ballot", entry.body, entry.at)
    if box is None:
        return ballot
    if not ballot.sealed:
        raise ValueError(f"entry {entry.sequence} is in the open")
    return opened_ballot(ballot, box)


def unsigned(
    spec: PollSpec,
    entries: Sequence[LedgerEntry],
    seals: Mapping[int, str],
    public_key: str,
    box: Box | None = None,
) -> list[str]:
    """What an honest server asked for and did not sign, though everything was sent again: it looks like a forgery."""

    def text(entry: LedgerEntry) -> bytes:
        if is_ballot(entry):
            return receipt_text(receipt_of(spec.poll, genesis(spec), entry, box=box))
        return seal_text(spec.poll, genesis(spec), entry)

    return [
        f"entry {entry.sequence} ({entry.kind}) has no signature"
        for entry in entries
        if needs_signature(entry) and not is_signed(text(entry), seals.get(entry.sequence, ""), public_key)
    ]


def _check_receipts(verdict: Verdict, history: History, entries: Sequence[LedgerEntry], public_key: str) -> None:
    for one in history.acknowledged():
        first = one.receipts[0]
        if any(receipt != first for receipt in one.receipts):
            verdict.doubled.append(f"{first.command} has several receipts that differ")
        stored = entries[first.sequence - 1] if first.sequence <= len(entries) else None
        if stored is None or not is_in(first, stored):
            verdict.lost.append(f"{first.command} was acknowledged as entry {first.sequence} and is not there")
        if not is_genuine(first, public_key) or (first.judge, first.project, first.scores) != (
            one.judge,
            one.cast.project,
            one.cast.scores,
        ):
            verdict.wrong.append(f"the receipt of {first.command} is not for what was sent")


def _check_commands(verdict: Verdict, history: History, ballots: list[tuple[LedgerEntry, Ballot]]) -> None:
    seen: set[CommandId] = set()
    for entry, ballot in ballots:
        if ballot.command in seen:
            verdict.doubled.append(f"{ballot.command} is in the ledger once more as entry {entry.sequence}")
        seen.add(ballot.command)
        sent = history.sent.get(ballot.command)
        if sent is None or (sent.judge, sent.cast.project, sent.cast.scores) != (
            ballot.judge,
            ballot.project,
            ballot.scores,
        ):
            verdict.wrong.append(f"nobody sent what entry {entry.sequence} says")
        elif sent.refusal is not None:
            verdict.wrong.append(f"{ballot.command} was refused ({sent.refusal}) and is entry {entry.sequence}")


def _check_order(verdict: Verdict, history: History) -> None:
    """Whoever sends after somebody else was told comes after them."""
    first_told = history.events + 1
    for one in sorted(history.acknowledged(), key=lambda one: one.receipts[0].sequence, reverse=True):
        if one.at > first_told:
            verdict.wrong.append(f"{one.cast.command} stands before one that was acknowledged before it was sent")
        first_told = min(first_told, one.told_at or first_told)


def _check_acts(verdict: Verdict, history: History, entries: Sequence[LedgerEntry]) -> None:
    """Those of chair and organisers: one that was answered is there once, one that was refused is not."""
    there = Counter(_command(entry) for entry in entries if entry.kind in ACTS)
    verdict.lost += [f"{one} was done and is not there" for one in history.done if not there[one]]
    verdict.doubled += [f"{one} was done {times} times" for one, times in there.items() if times > 1]
    verdict.wrong += [
        f"{one} was refused ({code}) and is there"
        for one, code in history.not_done.items()
        if there[one] and one not in history.done
    ]


def _command(entry: LedgerEntry) -> CommandId:
    return CommandId(msgspec.json.decode(entry.body)["command"])


def latched(entries: Sequence[LedgerEntry]) -> list[str]:
    """Once the count is closed nothing moves a score, until two people open another."""
    wrong: list[str] = []
    number, closed = 1, False
    for entry in entries:
        if entry.kind == "close-count":
            closed = True
        elif entry.kind == "reopen":
            number, closed = number + 1, False
        elif closed and entry.kind not in AFTER_THE_COUNT:
            wrong.append(f"entry {entry.sequence} ({entry.kind}) came into count {number}, which was closed")
    return wrong


def _windows(entries: Sequence[LedgerEntry]) -> list[str]:
    wrong: list[str] = []
    is_open: set[bytes] = set()
    for entry in entries:
        project = entry.body.split(b'"project":"')[1].split(b'"')[0] if b'"project":"' in entry.body else b""
        if entry.kind == "open":
            is_open.add(project)
        elif entry.kind == "close":
            is_open.discard(project)
        elif entry.kind == "ballot" and project not in is_open:
            wrong.append(f"entry {entry.sequence} is a ballot outside its window")
    return wrong


def _revisions(ballots: list[Ballot]) -> list[str]:
    newest: dict[tuple[PersonId, ProjectId], int] = {}
    wrong: list[str] = []
    for ballot in ballots:
        pair = ballot.judge, ballot.project
        if ballot.revision != newest.get(pair, 0) + 1:
            wrong.append(f"revision {ballot.revision} of {pair} follows {newest.get(pair, 0)}")
        newest[pair] = ballot.revision
    return wrong
