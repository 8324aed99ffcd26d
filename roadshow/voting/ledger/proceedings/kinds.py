"""How a kind of entry is read and taken; each module of kinds has a table of its own. (pure)"""

from collections.abc import Callable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from roadshow.voting.acts import Body
from roadshow.voting.ballot import canonical
from roadshow.voting.ledger.proceedings.standing import Impossible, Standing
from roadshow.voting.tally import EntryKind, LedgerEntry

Read = TypeVar("Read")
Some = TypeVar("Some", bound=Body)


class Kind(NamedTuple, Generic[Read]):
    read: Callable[[LedgerEntry], Read]
    """Its body. Raises Impossible where the store would have written another text."""
    take: Callable[[Standing, LedgerEntry, Read], None]
    """Raises Impossible, with nothing changed."""


Kinds = Mapping[EntryKind, Kind[Any]]


def written_as(type_: type[Some], write: Callable[[Some], bytes] = canonical) -> Callable[[LedgerEntry], Some]:
    """Reads bodies of a type that has one way of being written."""

    def read(entry: LedgerEntry) -> Some:
        try:
            body = msgspec.json.decode(entry.body, type=type_)
        except (ValueError, RecursionError) as problem:
            raise Impossible("its text cannot be read") from problem
        if write(body) != entry.body:
            raise Impossible("its text is not written as the store writes it")
        return body

    return read
