"""What exactly is wrong with a chain: which entry, and whether it was changed, moved, taken out or put in. (pure)"""

from collections.abc import Iterator, Mapping, Sequence

from roadshow.voting.ballot import decode_ballot, digest, kind_of
from roadshow.voting.ledger.chain import entry_hash
from roadshow.voting.tally import LedgerEntry
from roadshow.voting.votes import Receipt


def chain_faults(entries: Sequence[LedgerEntry], genuine: Sequence[Receipt]) -> Iterator[str]:
    """A sentence for each fault. Genuine receipts tell what a changed ballot was before."""
    yield from _numbering(entries)
    receipts = {one.sequence: one for one in genuine}
    broken: set[int] = set()
    previous: LedgerEntry | None = None
    for entry in entries:
        if entry.hash != entry_hash(entry.parent, entry.sequence, entry.kind, entry.at, entry.body):
            broken.add(entry.sequence)
            yield _changed(entry, receipts)
        elif (one := receipts.get(entry.sequence)) is not None and _differs(entry, one):
            yield f"{_changed(entry, receipts)} Its hash was made to fit."
        in_place = previous is not None and entry.sequence == previous.sequence + 1
        if previous is not None and in_place and previous.sequence not in broken:
            if entry.parent != previous.hash:
                yield (
                    f"Entry {entry.sequence} does not follow from entry {previous.sequence}: what its parent's hash "
                    "was made of is not there any more. Something was put in, taken out or changed before it."
                )
            elif entry.at < previous.at:
                yield f"Entry {entry.sequence} is older than entry {previous.sequence}."
        previous = entry


def _numbering(entries: Sequence[LedgerEntry]) -> Iterator[str]:
    seen: dict[int, LedgerEntry] = {}
    last = 0
    present = {entry.sequence for entry in entries}
    for entry in entries:
        known = seen.setdefault(entry.sequence, entry)
        if known is not entry:
            yield (
                f"Entry {entry.sequence} is in the file twice."
                if known == entry
                else f"There are two different entries {entry.sequence}: one was put in."
            )
        elif entry.sequence < last:
            yield f"Entry {entry.sequence} stands after entry {last}: entries were put into another order."
        elif entry.sequence > last + 1:
            missing = [number for number in range(last + 1, min(entry.sequence, last + 100)) if number not in present]
            if missing:
                which = f"Entry {missing[0]} is" if len(missing) == 1 else f"Entries {missing[0]} to {missing[-1]} are"
                yield f"{which} missing before entry {entry.sequence}."
        last = max(last, entry.sequence)


def _differs(entry: LedgerEntry, receipt: Receipt) -> bool:
    return (digest(entry.body), entry.at, entry.kind) != (receipt.ballot_hash, receipt.cast_at, kind_of(receipt))


def _changed(entry: LedgerEntry, receipts: Mapping[int, Receipt]) -> str:
    what = f"Entry {entry.sequence} ({entry.kind}) was changed"
    receipt = receipts.get(entry.sequence)
    if receipt is None:
        return f"{what}: its hash is not that of its kind, time and text."
    if entry.kind != kind_of(receipt):
        return f"{what}: {receipt.judge}'s receipt says {kind_of(receipt)}."
    if digest(entry.body) == receipt.ballot_hash:
        if entry.at == receipt.cast_at:
            return f"{what}: its hash is not that of its kind, time and text."
        return f"{what}: its time is {entry.at.ms}, {receipt.judge}'s receipt says {receipt.cast_at.ms}."
    try:
        ballot = decode_ballot(kind_of(receipt), entry.body, entry.at)
    except (ValueError, RecursionError):
        return f"{what}: its text is no ballot any more, and {receipt.judge} has a receipt for one."
    if ballot.judge != receipt.judge:
        return f"{what}: it says judge {ballot.judge}, the receipt {receipt.judge}."
    if ballot.project != receipt.project:
        return f"{what}: it says project {ballot.project}, {receipt.judge}'s receipt {receipt.project}."
    if not receipt.sealed and ballot.scores != receipt.scores:
        scores = [
            f"{criterion} {ballot.scores.get(criterion, 'none')} instead of {receipt.scores.get(criterion, 'none')}"
            for criterion in sorted({*ballot.scores, *receipt.scores})
            if ballot.scores.get(criterion) != receipt.scores.get(criterion)
        ]
        return f"{what}: by {receipt.judge}'s receipt for {receipt.project} it has {', '.join(scores)}."
    return f"{what}: it is not the ballot in {receipt.judge}'s receipt."
