"""Signed receipts for ballots, and signed results. (pure)"""

import base64
import binascii

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from roadshow.ids import PollId
from roadshow.voting.ballot import ballot_hash, canonical, digest, kind_of
from roadshow.voting.results import SignedResult
from roadshow.voting.tally import LedgerEntry
from roadshow.voting.votes import FIRST_ROUND, Accepted, Ballot, Receipt

RECEIPT_DOMAIN = b"roadshow receipt 1\n"
"""Goes before what is signed, so that a signature under one kind of text is never one under another."""
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
    """What the signature of a result is over. A caveat that there is not is left out, as before there were any."""
    unsaid = {"signature"} if result.caveat is not None else {"signature", "caveat"}
    fields = {name: getattr(result, name) for name in result.__struct_fields__ if name not in unsaid}
    return RESULT_DOMAIN + canonical(fields)


def _receipt_text(receipt: Receipt) -> bytes:
    unsaid = {"abstained": False, "late": False, "round": FIRST_ROUND}
    fields = {name: getattr(receipt, name) for name in receipt.__struct_fields__ if name != "signature"}
    said = {name: value for name, value in fields.items() if name not in unsaid or value != unsaid[name]}
    return RECEIPT_DOMAIN + canonical(said)
