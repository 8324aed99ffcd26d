"""A ledger's chain as a server comes to know it: page by page, and from the answers of its own acts, which may overtake
one another. Each entry is hashed once, and one that was changed or lost later is found out. (pure)
"""

from roadshow.errors import Conflict
from roadshow.moments import Instant
from roadshow.voting.ledger.chain import entry_hash
from roadshow.voting.tally import EntryKind, LedgerEntry

MOST_AHEAD = 4096
"""Entries that wait for those before them: as many as acts may wait for the store."""


class FollowedChain:
    """Without bodies: hashes alone."""

    def __init__(self, genesis: str) -> None:
        self._hashes = [genesis]
        self._ahead: dict[int, tuple[EntryKind, Instant, bytes]] = {}

    @property
    def genesis(self) -> str:
        return self._hashes[0]

    @property
    def known(self) -> int:
        """Number of the last entry that is known with all before it."""
        return len(self._hashes) - 1

    def hash_at(self, sequence: int) -> str:
        """Of an entry up to ``known``; of number 0: the genesis."""
        return self._hashes[sequence]

    def link(self, sequence: int, kind: EntryKind, at: Instant, body: bytes) -> LedgerEntry:
        """An entry as it was read. Raises Conflict("ledger.rewritten") if it was another before, or if one is missing
        before it."""
        if sequence > len(self._hashes):
            raise Conflict("ledger.rewritten")
        parent = self._hashes[sequence - 1]
        entry = LedgerEntry(sequence, parent, entry_hash(parent, sequence, kind, at, body), kind, body, at)
        if sequence == len(self._hashes):
            self._hashes.append(entry.hash)
        elif self._hashes[sequence] != entry.hash:
            raise Conflict("ledger.rewritten")
        return entry

    def follow(self, sequence: int, kind: EntryKind, at: Instant, body: bytes) -> None:
        """An entry that an act has just made; it is linked once nothing is missing before it. Raises as ``link``."""
        if sequence > len(self._hashes):
            if len(self._ahead) < MOST_AHEAD:
                self._ahead[sequence] = (kind, at, body)
            return
        self.link(sequence, kind, at, body)
        if not self._ahead:
            return
        for number in sorted(self._ahead):
            if number > len(self._hashes):
                break
            self.link(number, *self._ahead.pop(number))
