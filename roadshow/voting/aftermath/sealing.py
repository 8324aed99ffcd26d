"""What an objection says, and who says it: kept from the public, and bound to the ledger all the same. (pure)

The ledger, which is published, has a hash over team and words with a salt that only the server's key can make. So
nobody can guess its words or put others in their place; and the team, which is given the salt, can prove what it said.
"""

import msgspec

from roadshow.ids import CommandId, PersonId, PollId, ProjectId
from roadshow.moments import Instant
from roadshow.voting.aftermath.acts import AfterBody, Category, Object
from roadshow.voting.ballot import canonical, digest
from roadshow.voting.ledger.chain import entry_hash
from roadshow.voting.ledger.signing import Signer, is_signed, seal_text
from roadshow.voting.tally import LedgerEntry

_TEAM_DOMAIN = b"roadshow objecting team 1\n"
_SALT_DOMAIN = b"roadshow objection salt 1\n"


class Confided(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is confided to those who rule on it."""

    by: PersonId
    project: ProjectId
    """Whose team objects."""
    salt: str
    words: str


class ObjectionReceipt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a team holds of its objection: it proves that it was there, when, and what it said. Nothing is signed for
    it: it is the entry, the seal that this was given when it was acknowledged, and what the entry has a hash of."""

    poll: PollId
    rules: str
    """Hash that the ledger begins with."""
    sequence: int
    """Of its ledger entry."""
    at: int
    """Milliseconds since the epoch."""
    body: str
    """Canonical JSON, as text."""
    parent: str
    """Hash of the entry before."""
    by: PersonId
    project: ProjectId
    salt: str
    words: str
    public_key: str
    signature: str
    """The entry's seal (``signing.seal_text``). Empty: it never was acknowledged."""


def team_of(poll: PollId, project: ProjectId, signer: Signer) -> str:
    """One name for all of a team's objections. Signatures with Ed25519 are the same for the same text, and nobody else
    can make them."""
    return digest(signer.sign(_TEAM_DOMAIN + canonical([poll, project])).encode())


def confided(
    poll: PollId, by: PersonId, project: ProjectId, words: str, command: CommandId, signer: Signer
) -> Confided:
    salt = digest(signer.sign(_SALT_DOMAIN + canonical([poll, by, project, command])).encode())
    return Confided(by, project, salt, words)


def sealed(category: Category, said: Confided, team: str) -> Object:
    """What of it goes into the ledger."""
    return Object(category, team, digest(canonical(said)))


def objection_receipt(
    poll: PollId, rules: str, entry: LedgerEntry, said: Confided, public_key: str, seal: str
) -> ObjectionReceipt:
    """``rules``: the ledger's genesis; ``seal``: as it was made when the entry was acknowledged."""
    return ObjectionReceipt(
        poll=poll,
        rules=rules,
        sequence=entry.sequence,
        at=entry.at.ms,
        body=entry.body.decode(),
        parent=entry.parent,
        by=said.by,
        project=said.project,
        salt=said.salt,
        words=said.words,
        public_key=public_key,
        signature=seal,
    )


def is_objection_genuine(receipt: ObjectionReceipt, public_key: str) -> bool:
    """Whether the holder of the key sealed an objection that says just this."""
    entry = entry_of(receipt)
    said = Confided(receipt.by, receipt.project, receipt.salt, receipt.words)
    try:
        words = _bodies.decode(entry.body).words
    except (ValueError, RecursionError):
        return False
    return words == digest(canonical(said)) and is_signed(
        seal_text(receipt.poll, receipt.rules, entry), receipt.signature, public_key
    )


def entry_of(receipt: ObjectionReceipt) -> LedgerEntry:
    """The ledger's, if it is genuine."""
    at, body = Instant(receipt.at), receipt.body.encode()
    own = entry_hash(receipt.parent, receipt.sequence, "object", at, body)
    return LedgerEntry(receipt.sequence, receipt.parent, own, "object", body, at)


_bodies = msgspec.json.Decoder(AfterBody)
