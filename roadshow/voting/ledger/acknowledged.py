"""What of a ledger was acknowledged: every act has a signature that the server made for just this entry. (pure)

Whoever can write to the store can put in an act, or leave one out, and make every hash fit; a signature for it they
have none.
"""

from collections.abc import Iterable, Iterator, Sequence

from roadshow.voting.ballot import decode_ballot
from roadshow.voting.ledger.chain import genesis
from roadshow.voting.ledger.record import Record, Seal
from roadshow.voting.ledger.signing import is_ballot, is_in, is_signed, needs_signature, seal_text
from roadshow.voting.paper.cards import typed_ballot
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import LedgerEntry
from roadshow.voting.votes import BallotKind, Receipt


def receipt_faults(record: Record, entries: Sequence[LedgerEntry], genuine: Sequence[Receipt]) -> Iterator[str]:
    """A sentence for each receipt that is not ``genuine``, or not for this ledger."""
    signed = set(map(id, genuine))
    by_sequence = {entry.sequence: entry for entry in entries}
    rules = genesis(record.spec)
    receipted: set[int] = set()
    for one in record.receipts:
        whose = f"The receipt of {one.judge} for {one.project} (entry {one.sequence})"
        if one.sequence in receipted:
            yield f"{whose} is in the file twice."
        receipted.add(one.sequence)
        entry = by_sequence.get(one.sequence)
        if one.poll != record.spec.poll or id(one) not in signed:
            yield f"{whose} is not signed with the record's key, or was changed."
        elif one.rules != rules:
            yield f"{whose} was given out under other rules than those in the file."
        elif entry is None:
            yield f"{whose} is for a ballot that is not in the ledger."
        elif not is_in(one, entry):
            yield f"{whose} is for another ballot than the one in the ledger, or for one with another ledger before it."


def seal_faults(
    spec: PollSpec, seals: Iterable[Seal], entries: Sequence[LedgerEntry], public_key: str
) -> Iterator[str]:
    """The same for the seals of all other acts."""
    by_sequence = {entry.sequence: entry for entry in entries}
    rules = genesis(spec)
    sealed: set[int] = set()
    for seal in seals:
        if seal.sequence in sealed:
            yield f"The seal of entry {seal.sequence} is in the file twice."
        sealed.add(seal.sequence)
        entry = by_sequence.get(seal.sequence)
        if entry is None or is_ballot(entry):
            yield f"There is a seal for entry {seal.sequence}, which is no act in the ledger that has one."
        elif not is_signed(seal_text(spec.poll, rules, entry), seal.signature, public_key):
            yield (
                f"The seal of entry {seal.sequence} ({entry.kind}) is not the server's for this act, under these rules "
                "and after this ledger."
            )


def unacknowledged(signed: Iterable[Receipt | Seal], entries: Sequence[LedgerEntry]) -> Iterator[str]:
    """A sentence for each act that the server has not signed at all."""
    known = {one.sequence for one in signed}
    for entry in entries:
        if needs_signature(entry) and entry.sequence not in known:
            yield (
                f"Entry {entry.sequence} ({entry.kind}{_whose(entry)}) was never acknowledged: the server has not "
                "signed it. Either it failed before it could answer and was not asked again, or somebody who holds the "
                "store put this in."
            )


def _whose(entry: LedgerEntry) -> str:
    if entry.kind == "paper":
        try:
            card = typed_ballot(entry.sequence, entry.at, entry.body).ballot
        except (ValueError, RecursionError):
            return ""
        return f" of {card.judge} for {card.project}"
    kind: BallotKind
    for kind in ("ballot", "recuse", "abstain", "late"):
        if entry.kind == kind:
            try:
                ballot = decode_ballot(kind, entry.body, entry.at)
            except (ValueError, RecursionError):
                return ""
            return f" of {ballot.judge} for {ballot.project}"
    return ""
