"""What a judge holds of a ballot that was typed in for them. (pure)

Nothing is signed for it: it is the clerk's entry, word for word, and the seal that this was given when it was
acknowledged. It proves what was typed in, when and by whom, not that it counts.
"""

import msgspec

from roadshow.ids import PollId
from roadshow.moments import Instant
from roadshow.voting.ledger.chain import entry_hash
from roadshow.voting.ledger.signing import is_signed, seal_text
from roadshow.voting.tally import LedgerEntry


class PaperReceipt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
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
    public_key: str
    signature: str
    """The entry's seal (``signing.seal_text``). Empty: it never was acknowledged."""


def paper_receipt(poll: PollId, rules: str, entry: LedgerEntry, public_key: str, seal: str) -> PaperReceipt:
    """``rules``: the ledger's genesis; ``seal``: as it was made when the entry was acknowledged."""
    return PaperReceipt(poll, rules, entry.sequence, entry.at.ms, entry.body.decode(), entry.parent, public_key, seal)


def is_paper_genuine(receipt: PaperReceipt, public_key: str) -> bool:
    """Whether the holder of the key sealed a card that says just this."""
    return is_signed(seal_text(receipt.poll, receipt.rules, entry_of(receipt)), receipt.signature, public_key)


def entry_of(receipt: PaperReceipt) -> LedgerEntry:
    """The ledger's, if it is genuine."""
    at, body = Instant(receipt.at), receipt.body.encode()
    own = entry_hash(receipt.parent, receipt.sequence, "paper", at, body)
    return LedgerEntry(receipt.sequence, receipt.parent, own, "paper", body, at)
