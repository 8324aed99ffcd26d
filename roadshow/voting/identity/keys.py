"""Judges' own keys: each signs what they send in their own browser, with a key that never leaves it. (pure)

Then neither the store nor the server's key can make a ballot of a judge who has enrolled one. Keys that were enrolled
before the first window stand in the poll's spec. From then on a judge asks, and a second person signs.
"""

import base64
import binascii
from collections.abc import Iterable
from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from roadshow.ids import CommandId, PersonId, PollId
from roadshow.voting.ballot import canonical
from roadshow.voting.spec import KEYLESS
from roadshow.voting.votes import Ballot, BallotKind, Cast

BALLOT_DOMAIN: Final = b"roadshow ballot 1\n"
ED25519, P256 = "ed25519:", "p256:"
"""Before a public key in base64url: 32 bytes, or the 65 of an uncompressed point (X9.62). What browsers make; P-256
where they have no Ed25519."""
_BYTES: Final = {ED25519: 32, P256: 65}
SIGNATURE_BYTES = 64
"""Of either: RFC 8032, or r and s as browsers give them."""
MOST_ASKED: Final = 20
"""Requests of one judge in a poll: as many as browsers."""


class AskKey(msgspec.Struct, frozen=True, tag_field="act", tag="ask-key"):
    """A judge asks that another key be theirs, or that they may vote without one. Replaces their earlier request.
    Raises Conflict("key.off") where judges sign nothing, Conflict("ballot.closed") before the first window,
    NotAllowed("ballot.not_entitled"), Conflict("key.too_many", limit)."""

    key: str
    """``KEYLESS``: their browser makes none."""
    let_in: PersonId | None = None
    """Who made the link by which that browser came."""


class SignKey(msgspec.Struct, frozen=True, tag_field="act", tag="sign-key"):
    """A second person, who knows that it is the judge, signs. The former key is worth nothing from here on. Raises
    Conflict("key.moved_on") if no such request waits, NotAllowed("key.second_person") if the judge signs, or who made
    the link."""

    asked: int


class JudgeKey(msgspec.Struct, frozen=True):
    judge: PersonId
    key: str
    asked: int
    """The request's entry."""
    let_in: PersonId | None = None


def key_of(keys: Iterable[tuple[PersonId, str]], enrolled: Iterable[JudgeKey], judge: PersonId) -> str | None:
    """The judge's, of those in the spec and those enrolled since. None: they have none."""
    since = {one.judge: one.key for one in enrolled}
    return since.get(judge, dict(keys).get(judge))


def is_key(text: str) -> bool:
    return _bytes_of(text) is not None


def ballot_text(rules: str, poll: PollId, judge: PersonId, cast: Cast, kind: BallotKind, category: str = "") -> bytes:
    """What a judge signs. ``rules``: the ledger's genesis. Their own words are not in it, for nobody else could check
    it then; of a recusal, neither is what it replaces."""
    return BALLOT_DOMAIN + canonical(
        {
            "command": cast.command,
            "judge": judge,
            "kind": kind,
            "poll": poll,
            "project": cast.project,
            "replaces": 0 if kind == "recuse" else cast.expected_revision,
            "round": cast.round,
            "rules": rules,
            **({"category": category} if category else {"scores": cast.scores}),
        }
    )


def vote_text(rules: str, poll: PollId, judge: PersonId, question: int, choice: str, command: CommandId) -> bytes:
    """The same of a vote on a question."""
    return BALLOT_DOMAIN + canonical(
        {
            "choice": choice,
            "command": command,
            "judge": judge,
            "kind": "vote",
            "poll": poll,
            "question": question,
            "rules": rules,
        }
    )


def is_own(ballot: Ballot, kind: BallotKind, rules: str, poll: PollId, key: str) -> bool:
    """Whether the judge has signed this ballot with the key; who votes without one signs nothing."""
    if key == KEYLESS:
        return not ballot.signature
    cast = Cast(ballot.command, ballot.project, ballot.scores, ballot.revision - 1, ballot.round)
    return is_signed_by(key, ballot_text(rules, poll, ballot.judge, cast, kind, ballot.category), ballot.signature)


def is_signed_by(key: str, text: bytes, signature: str) -> bool:
    """False also for a key or signature that is none."""
    public, signed = _bytes_of(key), _decoded(signature)
    if public is None or signed is None or len(signed) != SIGNATURE_BYTES:
        return False
    try:
        if key.startswith(ED25519):
            Ed25519PublicKey.from_public_bytes(public).verify(signed, text)
        else:
            half = SIGNATURE_BYTES // 2
            numbers = (int.from_bytes(part, "big") for part in (signed[:half], signed[half:]))
            point = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), public)
            point.verify(encode_dss_signature(*numbers), text, ECDSA(SHA256()))
    except (ValueError, InvalidSignature):
        return False
    return True


def _bytes_of(key: str) -> bytes | None:
    kind, _, text = key.partition(":")
    decoded = _decoded(text)
    return decoded if decoded is not None and len(decoded) == _BYTES.get(f"{kind}:") else None


def _decoded(text: str) -> bytes | None:
    """Only what is written as base64url without padding: one key has one text."""
    try:
        decoded = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return decoded if base64.urlsafe_b64encode(decoded).rstrip(b"=").decode() == text else None
