"""Ledger entries as Valkey or Redis answers with them."""

from typing import Any

import msgspec

from roadshow.moments import Instant
from roadshow.store.functions import in_rows
from roadshow.voting.tally import EntryKind

Stored = tuple[int, EntryKind, Instant, bytes]
"""Sequence, kind, at, body."""


def stored(entry: Any) -> Stored:
    """Of a stream. Raises ValueError for what is none."""
    number, fields = entry
    values = dict(in_rows(fields, 2))
    return int(number.split(b"-")[0]), kind_of(values[b"kind"]), instant(values[b"at"]), values[b"body"]


def kind_of(kind: bytes) -> EntryKind:
    known: EntryKind = msgspec.convert(kind.decode(), EntryKind)
    return known


def instant(milliseconds: bytes) -> Instant:
    return Instant(int(milliseconds))
