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

from roadshow.ids import CommandId, PersonId, PollId, ProjectId
from roadshow.moments import Instant
from roadshow.voting.ballot import ballot_hash, canonical, decode_ballot, digest
from roadshow.voting.ports import Accepted, Ballot, EntryKind, LedgerEntry, PollSpec, Receipt, Standing

RECEIPT_DOMAIN = b"roadshow receipt 1\n"
"""Goes before what is signed, so that a signature under one kind of text is never one under another."""
RESULT_DOMAIN = b"roadshow result 1\n"


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


class Tally(msgspec.Struct, frozen=True):
    """What a ledger comes to."""

    ballots: tuple[Accepted, ...]
    """The newest revision of each, by sequence."""
    settled: tuple[tuple[ProjectId, ...], ...]
    """The chair's votes, oldest first."""


class SettleBody(msgspec.Struct, frozen=True):
    """Body of a ``settle`` entry."""

    chair: PersonId
    command: CommandId
    order: tuple[ProjectId, ...]
    reason: str


_settle_decoder = msgspec.json.Decoder(SettleBody)


def fold(entries: Iterable[LedgerEntry]) -> Tally:
    """Count again from nothing but the entries. Raises ValueError for a body that cannot be read."""
    ballots: dict[tuple[PersonId, ProjectId], Accepted] = {}
    settled: list[tuple[ProjectId, ...]] = []
    for entry in entries:
        if entry.kind == "ballot" or entry.kind == "recuse":
            ballot = decode_ballot(entry.kind, entry.body, entry.at)
            ballots[ballot.judge, ballot.project] = Accepted(ballot, entry.sequence, digest(entry.body))
        elif entry.kind == "settle":
            settled.append(_settle_decoder.decode(entry.body).order)
    return Tally(tuple(sorted(ballots.values(), key=lambda accepted: accepted.sequence)), tuple(settled))


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
    )
    return msgspec.structs.replace(unsigned, signature=signer.sign(_receipt_text(unsigned)))


def is_genuine(receipt: Receipt, public_key: str) -> bool:
    """Whether the holder of the key signed this receipt as it stands, and its hash is that of its scores."""
    if not is_signed(_receipt_text(receipt), receipt.signature, public_key):
        return False
    # A recusal's hash also covers its reason, which a receipt does not repeat.
    return receipt.recused or receipt.ballot_hash == ballot_hash(
        Ballot(receipt.judge, receipt.project, receipt.revision, receipt.command, receipt.scores, receipt.cast_at)
    )


def is_in(receipt: Receipt, entry: LedgerEntry) -> bool:
    """Whether a ledger entry holds just the ballot that the receipt is for."""
    return (
        entry.kind == ("recuse" if receipt.recused else "ballot")
        and entry.sequence == receipt.sequence
        and entry.at == receipt.cast_at
        and digest(entry.body) == receipt.ballot_hash
    )


def result_text(poll: PollId, head: str, sequence: int, standings: tuple[Standing, ...]) -> bytes:
    """What the signature of a result is over."""
    return RESULT_DOMAIN + canonical({"head": head, "poll": poll, "sequence": sequence, "standings": standings})


def _receipt_text(receipt: Receipt) -> bytes:
    fields = {name: getattr(receipt, name) for name in receipt.__struct_fields__ if name != "signature"}
    return RECEIPT_DOMAIN + canonical(fields)
