"""The ledger of a poll: every act, in order, chained by hashes. (pure)

The store alone decides the order of acts, atomically; the hash of an entry is a function of its place and content, so
whoever reads the entries derives the same chain, and nobody has to win a race to extend it. docs/voting.md gives the
format and tells how to check it with other tools.
"""

from collections.abc import Iterable
from typing import Literal

import msgspec

from roadshow.moments import Instant
from roadshow.voting.ballot import canonical, digest
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import EntryKind, LedgerEntry


def genesis(spec: PollSpec) -> str:
    """Parent of the first entry: the hash of the canonical spec, so a ledger belongs to one rubric and rule set."""
    return digest(canonical(spec))


def entry_hash(parent: str, sequence: int, kind: EntryKind, at: Instant, body: bytes) -> str:
    """SHA-256 (hex) of five lines: parent, sequence, kind, milliseconds since the epoch, body."""
    return digest(_lines(parent, sequence, kind, at, body))


def lines_of(entry: LedgerEntry) -> bytes:
    """What an entry's hash is of."""
    return _lines(entry.parent, entry.sequence, entry.kind, entry.at, entry.body)


def _lines(parent: str, sequence: int, kind: EntryKind, at: Instant, body: bytes) -> bytes:
    return b"\n".join((parent.encode(), b"%d" % sequence, kind.encode(), b"%d" % at.ms, body))


def chained(parent: str, sequence: int, kind: EntryKind, at: Instant, body: bytes) -> LedgerEntry:
    """The entry with number ``sequence`` after the one with hash ``parent``."""
    return LedgerEntry(sequence, parent, entry_hash(parent, sequence, kind, at, body), kind, body, at)


class Fault(msgspec.Struct, frozen=True):
    """The first thing that is wrong with a ledger."""

    sequence: int
    """The number the entry should have."""
    problem: Literal["missing", "not-joined", "changed", "back-in-time"]
    """``missing``: an entry with this number should stand here. ``not-joined``: it does not name the entry before as
    its parent. ``changed``: its hash is not that of its content. ``back-in-time``: it is older than the one before."""


def verify(entries: Iterable[LedgerEntry], genesis: str) -> Fault | None:
    """Check a whole ledger from its first entry on. None: the chain is whole."""
    parent, at = genesis, Instant(0)
    for sequence, entry in enumerate(entries, start=1):
        if entry.sequence != sequence:
            return Fault(sequence, "missing")
        if entry.parent != parent:
            return Fault(sequence, "not-joined")
        if entry.hash != entry_hash(parent, sequence, entry.kind, entry.at, entry.body):
            return Fault(sequence, "changed")
        if entry.at < at:
            return Fault(sequence, "back-in-time")
        parent, at = entry.hash, entry.at
    return None
