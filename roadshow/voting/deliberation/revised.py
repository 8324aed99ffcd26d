"""What came of a deliberation, as the ledger has it. (pure)"""

from collections.abc import Sequence

from roadshow.voting.ballot import decode_ballot
from roadshow.voting.tally import LedgerEntry, Pair
from roadshow.voting.votes import FIRST_ROUND


def revised_in(entries: Sequence[LedgerEntry], deliberation: int) -> frozenset[Pair]:
    """Whose ballots for what were changed or came first in it: from its entry's number on to the end of the count.
    ``entries``: the whole ledger."""
    changed: set[Pair] = set()
    for entry in entries[deliberation:]:
        if entry.kind == "close-count":
            break
        if entry.kind == "ballot" or entry.kind == "abstain" or entry.kind == "recuse":
            ballot = decode_ballot(entry.kind, entry.body, entry.at)
            if ballot.round == FIRST_ROUND:
                changed.add((ballot.judge, ballot.project))
    return frozenset(changed)
