"""Signed receipts for ballots, seals for all other acts, and signed results. (pure)

Each entry of a ledger gets one signature, at the moment it is acknowledged: a ballot its receipt's, any other act a
seal. Both bind the rules, the entry and, by its parent, everything before it.
"""

import base64
import binascii
from operator import attrgetter
from typing import get_args

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from roadshow.ids import CommandId, CriterionId, PersonId, PollId, ProjectId
from roadshow.moments import Instant
from roadshow.voting.ballot import ballot_hash, canonical, decode_ballot, digest, encode_ballot, kind_of
from roadshow.voting.boxes.box import Box
from roadshow.voting.boxes.opening import opened_ballot
from roadshow.voting.ledger.chain import entry_hash
from roadshow.voting.results import SignedResult
from roadshow.voting.tally import LedgerEntry
from roadshow.voting.votes import FIRST_ROUND, Accepted, Ballot, BallotKind, Receipt

RECEIPT_DOMAIN = b"roadshow receipt 2\n"
"""Goes before what is signed, so that a signature under one kind of text is never one under another."""
SEAL_DOMAIN = b"roadshow seal 1\n"
RESULT_DOMAIN = b"roadshow result 2\n"


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


def unsigned_receipt(poll: PollId, rules: str, parent: str, accepted: Accepted, entry: str = "") -> Receipt:
    """What a receipt for this ballot says; its signature is empty. ``rules``: the ledger's genesis; ``parent``: hash of
    the entry before the ballot's; ``entry``: its own, for whoever knows it."""
    ballot = accepted.ballot
    return Receipt(
        poll=poll,
        judge=ballot.judge,
        project=ballot.project,
        revision=ballot.revision,
        command=ballot.command,
        scores=ballot.scores,
        cast_at=ballot.cast_at,
        ballot_hash=accepted.hash,
        sequence=accepted.sequence,
        rules=rules,
        parent=parent,
        entry=entry or entry_hash(parent, accepted.sequence, kind_of(ballot), ballot.cast_at, encode_ballot(ballot)),
        signature="",
        recused=ballot.recused,
        abstained=ballot.abstained,
        late=ballot.late,
        round=ballot.round,
        signed=ballot.signature,
        sealed=ballot.sealed,
    )


def is_genuine(receipt: Receipt, public_key: str) -> bool:
    """Whether the holder of the key signed this receipt as it stands, and its hash is that of its scores."""
    if not is_signed(receipt_text(receipt), receipt.signature, public_key):
        return False
    # The hash of a recusal or an abstention also covers its reason, which a receipt does not repeat.
    return receipt.recused or receipt.abstained or receipt.ballot_hash == ballot_hash(ballot_of(receipt))


def ballot_of(receipt: Receipt) -> Ballot:
    """The ballot that a receipt repeats: all of one with scores."""
    return Ballot(
        judge=receipt.judge,
        project=receipt.project,
        revision=receipt.revision,
        command=receipt.command,
        scores=receipt.scores,
        cast_at=receipt.cast_at,
        late=receipt.late,
        round=receipt.round,
        signature=receipt.signed,
        sealed=receipt.sealed,
    )


def is_in(receipt: Receipt, entry: LedgerEntry) -> bool:
    """Whether a ledger entry holds just the ballot that the receipt is for, after all that was before it then."""
    return (
        entry.kind == kind_of(receipt)
        and entry.hash == receipt.entry
        and entry.parent == receipt.parent
        and entry.sequence == receipt.sequence
        and entry.at == receipt.cast_at
        and digest(entry.body) == receipt.ballot_hash
    )


def signed_result(unsigned: SignedResult, signer: Signer) -> SignedResult:
    """With the signer's key and signature."""
    keyed = msgspec.structs.replace(unsigned, public_key=signer.public_key)
    return msgspec.structs.replace(keyed, signature=signer.sign(result_text(keyed)))


def result_text(result: SignedResult) -> bytes:
    """What the signature of a result is over. A caveat that there is not is left out, as before there were any."""
    unsaid = {"signature"} if result.caveat is not None else {"signature", "caveat"}
    fields = {name: getattr(result, name) for name in result.__struct_fields__ if name not in unsaid}
    return RESULT_DOMAIN + canonical(fields)


class _Said(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a receipt's signature is over; a default goes without saying."""

    ballot_hash: str
    cast_at: Instant
    command: CommandId
    entry: str
    judge: PersonId
    parent: str
    poll: PollId
    project: ProjectId
    recused: bool
    revision: int
    rules: str
    scores: dict[CriterionId, int]
    sequence: int
    abstained: bool = False
    late: bool = False
    round: int = FIRST_ROUND
    signed: str = ""
    sealed: str = ""


_said = attrgetter(*_Said.__struct_fields__)


def receipt_text(receipt: Receipt) -> bytes:
    """What the signature of a receipt is over."""
    return RECEIPT_DOMAIN + canonical(_Said(*_said(receipt)))


def seal_text(poll: PollId, rules: str, entry: LedgerEntry) -> bytes:
    """What the signature of an act that is no ballot is over. ``rules``: the ledger's genesis."""
    return SEAL_DOMAIN + canonical(
        {"entry": entry.hash, "parent": entry.parent, "poll": poll, "rules": rules, "sequence": entry.sequence}
    )


def entry_text(poll: PollId, rules: str, entry: LedgerEntry) -> bytes:
    """What the one signature of an entry is over: a ballot's receipt, or a seal. Raises ValueError for a ballot that
    cannot be read."""
    return receipt_text(receipt_of(poll, rules, entry)) if is_ballot(entry) else seal_text(poll, rules, entry)


def is_ballot(entry: LedgerEntry) -> bool:
    """Whether a judge is given a receipt for it."""
    return entry.kind in get_args(BallotKind)


def receipt_of(poll: PollId, rules: str, entry: LedgerEntry, signature: str = "", box: Box | None = None) -> Receipt:
    """The receipt of a ballot's entry, with a signature that was made before; ``box``: opens sealed scores. Raises
    ValueError for another entry, or scores that it does not open."""
    kind = msgspec.convert(entry.kind, BallotKind)
    ballot = decode_ballot(kind, entry.body, entry.at)
    if box is not None:
        ballot = opened_ballot(ballot, box)
    accepted = Accepted(ballot, entry.sequence, digest(entry.body))
    unsigned = unsigned_receipt(poll, rules, entry.parent, accepted)
    return msgspec.structs.replace(unsigned, signature=signature)


def needs_signature(entry: LedgerEntry) -> bool:
    """All but a window's end by its deadline: nobody asks for that, and the ledger itself tells when it was."""
    return not (entry.kind == "close" and entry.body.startswith(b'{"by":"deadline"'))
