"""The ledger of a poll: every act, in order, chained by hashes; and signed receipts for ballots. (pure)

The store alone decides the order of acts, atomically; the hash of an entry is a function of its place and content, so
whoever reads the entries derives the same chain, and nobody has to win a race to extend it. docs/voting.md gives the
format and tells how to check it with other tools.
"""

import base64
import binascii
from collections.abc import Iterable
from typing import Literal

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from roadshow.ids import PersonId, PollId, ProjectId
from roadshow.moments import Instant
from roadshow.voting.acts import ActBody, RevoteBody, SettleBody
from roadshow.voting.ballot import ballot_hash, canonical, decode_ballot, digest, kind_of
from roadshow.voting.results import SignedResult
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import EntryKind, LedgerEntry, Penalty, Revote, SetAside, Tally
from roadshow.voting.votes import FIRST_ROUND, Accepted, Ballot, BallotKind, Receipt

RECEIPT_DOMAIN = b"roadshow receipt 1\n"
"""Goes before what is signed, so that a signature under one kind of text is never one under another."""
RESULT_DOMAIN = b"roadshow result 2\n"


# The chain ----------------------------------------------------------------------------------------------------------


def genesis(spec: PollSpec) -> str:
    """Parent of the first entry: the hash of the canonical spec, so a ledger belongs to one rubric and rule set."""
    return digest(canonical(spec))


def entry_hash(parent: str, sequence: int, kind: EntryKind, at: Instant, body: bytes) -> str:
    """SHA-256 (hex) of five lines: parent, sequence, kind, milliseconds since the epoch, body."""
    return digest(b"\n".join((parent.encode(), b"%d" % sequence, kind.encode(), b"%d" % at.ms, body)))


def chained(parent: str, sequence: int, kind: EntryKind, at: Instant, body: bytes) -> LedgerEntry:
    """The entry with number ``sequence`` after the one with hash ``parent``."""
    return LedgerEntry(sequence, parent, entry_hash(parent, sequence, kind, at, body), kind, body, at)


class Fault(msgspec.Struct, frozen=True):
    """The first thing that is wrong with a ledger."""

    sequence: int
    """The number the entry should have."""
    problem: Literal["missing", "not-joined", "changed", "back-in-time"]
    """``missing``: an entry with this number should stand here. ``not-joined``: it does not name the entry before as
    its parent. ``changed``: its hash is not that of its content. ``back-in-time``: it is older than the one before."""


def verify(entries: Iterable[LedgerEntry], genesis: str) -> Fault | None:
    """Check a whole ledger from its first entry on. None: the chain is whole."""
    parent, at = genesis, Instant(0)
    for sequence, entry in enumerate(entries, start=1):
        if entry.sequence != sequence:
            return Fault(sequence, "missing")
        if entry.parent != parent:
            return Fault(sequence, "not-joined")
        if entry.hash != entry_hash(parent, sequence, entry.kind, entry.at, entry.body):
            return Fault(sequence, "changed")
        if entry.at < at:
            return Fault(sequence, "back-in-time")
        parent, at = entry.hash, entry.at
    return None


# The tally, as a fold -----------------------------------------------------------------------------------------------

_settles = msgspec.json.Decoder(SettleBody)
_revotes = msgspec.json.Decoder(RevoteBody)
_acts = msgspec.json.Decoder(ActBody)

Pair = tuple[PersonId, ProjectId]


def fold(entries: Iterable[LedgerEntry]) -> Tally:
    """Count again from nothing but the entries, which are taken to be in order and possible: ``replay`` sees to that.
    Raises ValueError for a body that cannot be read."""
    ballots: dict[int, dict[Pair, Accepted]] = {FIRST_ROUND: {}}
    late: dict[Pair, Accepted] = {}
    set_aside: dict[Pair, SetAside] = {}
    penalties: dict[ProjectId, Penalty] = {}
    settled: list[SettleBody] = []
    revotes: list[Revote] = []
    for entry in entries:
        match entry.kind:
            case "ballot" | "recuse" | "abstain":
                accepted = accepted_of(entry.sequence, entry.kind, entry.at, entry.body)
                pair = (accepted.ballot.judge, accepted.ballot.project)
                ballots.setdefault(accepted.ballot.round, {})[pair] = accepted
                if accepted.ballot.round == FIRST_ROUND:
                    late.pop(pair, None)
            case "late":
                accepted = accepted_of(entry.sequence, entry.kind, entry.at, entry.body)
                late[accepted.ballot.judge, accepted.ballot.project] = accepted
            case "accept" | "reject":
                pair = _pair(_acts.decode(entry.body))
                decided = late.pop(pair, None)
                if entry.kind == "accept" and decided is not None:
                    ballots[FIRST_ROUND][pair] = decided
            case "void":
                act = _acts.decode(entry.body)
                set_aside[_pair(act)] = SetAside(*_pair(act), act.reason or "")
            case "restore":
                set_aside.pop(_pair(_acts.decode(entry.body)), None)
            case "penalty":
                penalty = penalty_of(entry.body)
                penalties.pop(penalty.project, None)
                if penalty.points:
                    penalties[penalty.project] = penalty
            case "settle":
                settled.append(_settles.decode(entry.body))
            case "revote":
                revotes.append(revote_of(entry.body))
            case "open" | "close" | "confirm" | "countersign" | "reopen" | "reveal":
                pass
    return Tally(
        ballots=_by_sequence(ballots[FIRST_ROUND].values()),
        settled=tuple(vote.order for vote in settled),
        settled_because=tuple(vote.reason for vote in settled),
        set_aside=tuple(set_aside.values()),
        penalties=tuple(penalties.values()),
        revotes=tuple(
            msgspec.structs.replace(revote, ballots=_by_sequence(ballots.get(revote.round, {}).values()))
            for revote in revotes
        ),
        late=_by_sequence(late.values()),
    )


def in_force(entries: Iterable[tuple[str, int, EntryKind, Instant, bytes]]) -> Tally:
    """The tally as a store keeps it: for everything in force its name, and sequence, kind, time and body of its entry.
    Names: ``ballot|J|P|round``, ``late|J|P``, ``void|J|P``, ``penalty|P``, ``settle|sequence``, ``revote|round``."""
    ballots: dict[int, list[Accepted]] = {FIRST_ROUND: []}
    late: list[Accepted] = []
    set_aside: list[SetAside] = []
    penalties: list[Penalty] = []
    settled: list[SettleBody] = []
    revotes: list[Revote] = []
    for name, sequence, kind, at, body in sorted(entries, key=lambda entry: entry[1]):
        match name.split("|"):
            case ["ballot", _, _, in_round]:
                ballots.setdefault(int(in_round), []).append(accepted_of(sequence, kind, at, body))
            case ["late", *_]:
                late.append(accepted_of(sequence, kind, at, body))
            case ["void", *_]:
                act = _acts.decode(body)
                set_aside.append(SetAside(*_pair(act), act.reason or ""))
            case ["penalty", *_]:
                penalties.append(penalty_of(body))
            case ["settle", *_]:
                settled.append(_settles.decode(body))
            case ["revote", *_]:
                revotes.append(revote_of(body))
            case _:
                raise ValueError("nothing of the kind can be in force")
    return Tally(
        ballots=tuple(ballots[FIRST_ROUND]),
        settled=tuple(vote.order for vote in settled),
        settled_because=tuple(vote.reason for vote in settled),
        set_aside=tuple(set_aside),
        penalties=tuple(penalties),
        revotes=tuple(
            msgspec.structs.replace(revote, ballots=tuple(ballots.get(revote.round, ()))) for revote in revotes
        ),
        late=tuple(late),
    )


def accepted_of(sequence: int, kind: EntryKind, at: Instant, body: bytes) -> Accepted:
    """What a judge's entry acknowledges. Raises ValueError for one of another kind."""
    return Accepted(decode_ballot(msgspec.convert(kind, BallotKind), body, at), sequence, digest(body))


def penalty_of(body: bytes) -> Penalty:
    act = _acts.decode(body)
    if act.project is None or act.points is None:
        raise ValueError("no penalty")
    return Penalty(act.project, act.points, act.reason or "", act.by)


def revote_of(body: bytes) -> Revote:
    """Without its ballots."""
    read = _revotes.decode(body)
    return Revote(read.round, read.projects, read.reason)


def _pair(act: ActBody) -> Pair:
    if act.judge is None or act.project is None:
        raise ValueError("no ballot")
    return act.judge, act.project


def _by_sequence(ballots: Iterable[Accepted]) -> tuple[Accepted, ...]:
    return tuple(sorted(ballots, key=lambda accepted: accepted.sequence))


# Signatures ---------------------------------------------------------------------------------------------------------


class Signer:
    """Signs with one Ed25519 key (RFC 8032). Equal texts get equal signatures."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public_key = _to_text(key.public_key().public_bytes_raw())
        """32 bytes in base64url."""

    def sign(self, data: bytes) -> str:
        """64 bytes in base64url."""
        return _to_text(self._key.sign(data))


def is_signed(data: bytes, signature: str, public_key: str) -> bool:
    """False also for a key or signature that is none."""
    try:
        Ed25519PublicKey.from_public_bytes(_from_text(public_key)).verify(_from_text(signature), data)
    except (ValueError, InvalidSignature):
        return False
    return True


def _to_text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _from_text(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as problem:
        raise ValueError("not base64url") from problem


def receipt(poll: PollId, accepted: Accepted, signer: Signer) -> Receipt:
    """The same for the same ballot, however often it is asked for."""
    ballot = accepted.ballot
    unsigned = Receipt(
        poll=poll,
        judge=ballot.judge,
        project=ballot.project,
        revision=ballot.revision,
        command=ballot.command,
        scores=ballot.scores,
        cast_at=ballot.cast_at,
        ballot_hash=accepted.hash,
        sequence=accepted.sequence,
        signature="",
        recused=ballot.recused,
        abstained=ballot.abstained,
        late=ballot.late,
        round=ballot.round,
    )
    return msgspec.structs.replace(unsigned, signature=signer.sign(_receipt_text(unsigned)))


def is_genuine(receipt: Receipt, public_key: str) -> bool:
    """Whether the holder of the key signed this receipt as it stands, and its hash is that of its scores."""
    if not is_signed(_receipt_text(receipt), receipt.signature, public_key):
        return False
    # The hash of a recusal or an abstention also covers its reason, which a receipt does not repeat.
    return (
        receipt.recused
        or receipt.abstained
        or receipt.ballot_hash
        == ballot_hash(
            Ballot(
                judge=receipt.judge,
                project=receipt.project,
                revision=receipt.revision,
                command=receipt.command,
                scores=receipt.scores,
                cast_at=receipt.cast_at,
                late=receipt.late,
                round=receipt.round,
            )
        )
    )


def is_in(receipt: Receipt, entry: LedgerEntry) -> bool:
    """Whether a ledger entry holds just the ballot that the receipt is for."""
    return (
        entry.kind == kind_of(receipt)
        and entry.sequence == receipt.sequence
        and entry.at == receipt.cast_at
        and digest(entry.body) == receipt.ballot_hash
    )


def signed_result(unsigned: SignedResult, signer: Signer) -> SignedResult:
    """With the signer's key and signature."""
    keyed = msgspec.structs.replace(unsigned, public_key=signer.public_key)
    return msgspec.structs.replace(keyed, signature=signer.sign(result_text(keyed)))


def result_text(result: SignedResult) -> bytes:
    """What the signature of a result is over."""
    fields = {name: getattr(result, name) for name in result.__struct_fields__ if name != "signature"}
    return RESULT_DOMAIN + canonical(fields)


def _receipt_text(receipt: Receipt) -> bytes:
    unsaid = {"abstained": False, "late": False, "round": FIRST_ROUND}
    fields = {name: getattr(receipt, name) for name in receipt.__struct_fields__ if name != "signature"}
    said = {name: value for name, value in fields.items() if name not in unsaid or value != unsaid[name]}
    return RECEIPT_DOMAIN + canonical(said)
