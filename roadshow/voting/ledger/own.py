"""Somebody's own receipts, looked for in a record: a judge's, one alone or the file that their desk saves, or a team's
for its objection. (pure)"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Literal

import msgspec

from roadshow.moments import decode_moment
from roadshow.voting.aftermath.sealing import ObjectionReceipt, entry_of, is_objection_genuine
from roadshow.voting.ballot import kind_of
from roadshow.voting.ledger.chain import genesis
from roadshow.voting.ledger.findings import Finding, finding
from roadshow.voting.ledger.reading import MAX_RECEIPT_BYTES, MOST_RECEIPTS
from roadshow.voting.ledger.record import Record, box_of
from roadshow.voting.ledger.signing import ballot_of, is_genuine, is_in
from roadshow.voting.paper.receipts import PaperReceipt, is_paper_genuine
from roadshow.voting.paper.receipts import entry_of as card_entry
from roadshow.voting.tally import LedgerEntry
from roadshow.voting.votes import Receipt


class ReceiptsFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a judge's browser kept."""

    format: Literal["roadshow receipts 1"]
    public_key: str
    """At first sight."""
    receipts: tuple[Receipt, ...]
    heads: tuple[str, ...] = ()
    """Hashes of the rules and of the ledger, as everybody was told them."""


_one = msgspec.json.Decoder(Receipt, dec_hook=decode_moment)
_objection = msgspec.json.Decoder(ObjectionReceipt)
_card = msgspec.json.Decoder(PaperReceipt)
_many = msgspec.json.Decoder(ReceiptsFile, dec_hook=decode_moment)


def own_findings(record: Record, entries: Sequence[LedgerEntry], data: bytes) -> Iterator[Finding]:
    """Whether the record has what judge or team was acknowledged. Whatever ``data`` is, there is an answer."""
    if len(data) > MAX_RECEIPT_BYTES:
        yield finding("receipt", False, f"Your receipt is longer than {MAX_RECEIPT_BYTES // 1024} KiB: none is.")
        return
    with suppress(ValueError, RecursionError):
        yield _own_objection(record, entries, _objection.decode(data))
        return
    with suppress(ValueError, RecursionError):
        yield _own_card(record, entries, _card.decode(data))
        return
    try:
        own = _receipts(data, record.public_key)
    except (ValueError, RecursionError):
        yield finding("receipt", False, "Your receipt cannot be read.")
        return
    if len(own.receipts) > MOST_RECEIPTS or len(own.heads) > MOST_RECEIPTS:
        yield finding("receipt", False, f"Your file has more than {MOST_RECEIPTS} receipts or hashes: none has.")
        return
    if own.public_key != record.public_key:
        yield finding("receipt", False, f"Your receipts are of the key {own.public_key}, which is not the record's.")
    by_sequence = {entry.sequence: entry for entry in entries}
    for one in own.receipts:
        yield _own(record, by_sequence.get(one.sequence), one)
    yield from head_findings(record, entries, own.heads)


def head_findings(record: Record, entries: Sequence[LedgerEntry], heads: Iterable[str]) -> Iterator[Finding]:
    """Whether the rules or the ledger had this hash, of each that was noted at the time."""
    by_hash = {entry.hash: entry.sequence for entry in entries}
    rules = genesis(record.spec)
    for head in heads:
        wanted = "".join(head.split()).lower()
        if wanted == rules:
            yield finding("head", True, f"The rules are those of the hash {wanted}.")
        elif (sequence := by_hash.get(wanted)) is not None:
            yield finding("head", True, f"The ledger up to entry {sequence} is the one with the head {wanted}.")
        else:
            yield finding(
                "head", False, f"{wanted} is neither the rules' hash nor the head of this ledger at any time."
            )


def _receipts(data: bytes, key: str) -> ReceiptsFile:
    """``key``: of a receipt alone, which names none. Raises ValueError."""
    try:
        return _many.decode(data)
    except msgspec.ValidationError:
        return ReceiptsFile("roadshow receipts 1", key, (_one.decode(data),))


def _own(record: Record, entry: LedgerEntry | None, own: Receipt) -> Finding:
    try:
        genuine = is_genuine(own, record.public_key)
    except (ValueError, OverflowError):
        genuine = False
    if not genuine:
        return finding("receipt", False, "Your receipt is not signed with the record's key, or was changed.")
    if not _is_opened(record, own):
        return finding("receipt", False, f"What was sealed of you for {own.project} is not what your receipt says.")
    if own.poll == record.spec.poll and entry is not None and is_in(own, entry):
        what = {"ballot": "ballot", "late": "late ballot", "recuse": "recusal", "abstain": "abstention"}[kind_of(own)]
        return finding("receipt", True, f"Your {what} for {own.project} is entry {own.sequence}, as receipted.")
    return finding("receipt", False, f"Your ballot for {own.project} is not in the ledger as receipted.")


def _is_opened(record: Record, own: Receipt) -> bool:
    """Whether the record's key opens what was sealed, and it is what the receipt says. A key that is none is told of
    the record."""
    if not own.sealed:
        return True
    try:
        box = box_of(record)
        return box is not None and box.opened(ballot_of(own)) == ballot_of(own)
    except (ValueError, RecursionError):
        return False


def _own_objection(record: Record, entries: Sequence[LedgerEntry], own: ObjectionReceipt) -> Finding:
    if not is_objection_genuine(own, record.public_key):
        return finding("receipt", False, "Your receipt is not signed with the record's key, or was changed.")
    if (own.poll, own.rules) == (record.spec.poll, genesis(record.spec)) and entry_of(own) in entries:
        return finding("receipt", True, f"Your objection is entry {own.sequence}, word for word.")
    return finding("receipt", False, "Your objection is not in the ledger as receipted.")


def _own_card(record: Record, entries: Sequence[LedgerEntry], own: PaperReceipt) -> Finding:
    if not is_paper_genuine(own, record.public_key):
        return finding("receipt", False, "Your receipt is not signed with the record's key, or was changed.")
    if (own.poll, own.rules) == (record.spec.poll, genesis(record.spec)) and card_entry(own) in entries:
        return finding("receipt", True, f"The card that was typed in for you is entry {own.sequence}, word for word.")
    return finding("receipt", False, "The card that was typed in for you is not in the ledger as receipted.")
