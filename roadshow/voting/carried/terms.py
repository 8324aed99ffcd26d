"""By which rules a poll takes points over from earlier ones, and what it took. (pure)

The terms are a part of the poll's spec. What they come to is an entry of its ledger, the first one: from there on it is
fixed, whatever becomes of the results that it was taken from.
"""

import re
from typing import Literal

import msgspec

from roadshow.ids import CommandId, PersonId, PollId, ProjectId

Scale = Literal["points", "best"]
"""``points``: as they were published. ``best``: those of the source's best are 100, so that the field of a strict jury
is not behind that of a lenient one."""
_PUBLISHED = re.compile(r"-?\d{1,3}\.\d\d")


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A project's line in a published table."""

    project: ProjectId
    place: int
    score: str
    """Two decimals, as it was published: what everybody knows, and can calculate with."""


class Taken(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The very result that points were taken from."""

    poll: PollId
    version: int
    sequence: int
    head: str
    """Hash of the source's ledger up to entry ``sequence``, which was counted."""
    result: str
    """SHA-256 (hex) of the signed result, as in the source's ``confirm``."""
    best: str
    """The highest score of those who had a place in it."""
    out: tuple[ProjectId, ...] = ()
    """Who was disqualified by then, in the order of the source's rundown."""


class Source(msgspec.Struct, frozen=True, omit_defaults=True):
    poll: PollId
    key: str = ""
    """The public key of another competition, whose published record was read. Empty: a poll of this one, whose result
    is looked up when the first window is opened."""
    taken: Taken | None = None
    """Of another competition's record: what it is."""
    lines: tuple[Line, ...] = ()
    """And its table, as far as there are places."""


class Came(msgspec.Struct, frozen=True):
    """A project here is one that pitched before."""

    project: ProjectId
    source: PollId
    was: ProjectId
    """What it is called there."""


class Terms(msgspec.Struct, frozen=True, omit_defaults=True):
    sources: tuple[Source, ...]
    came: tuple[Came, ...]
    """Whom the organisers have let in, in the order of the rundown; who of them is through, the results tell."""
    weight: int = 0
    """Per cent of the score. 0: points are not carried, it is about who is through."""
    scale: Scale = "points"
    through: int = 0
    """Whoever has this place in their source or a better one is through; 0: whoever has any."""


class Brought(msgspec.Struct, frozen=True):
    """What was taken over."""

    sources: tuple[Taken, ...]
    """In the order of the terms."""
    came: tuple[Line, ...]
    """Those who are through, by their ids here and in the order of the terms; no other project is scored."""


class CarryBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of the ledger's entry."""

    by: PersonId
    """Empty: the rules. Nobody chooses anything in it."""
    came: tuple[Line, ...]
    command: CommandId
    sources: tuple[Taken, ...]


_bodies = msgspec.json.Decoder(CarryBody)


def brought_of(body: bytes) -> Brought:
    """Raises ValueError for what is no such entry."""
    read = _bodies.decode(body)
    if not all(map(is_published, (*(one.score for one in read.came), *(one.best for one in read.sources)))):
        raise ValueError("no score as it is published")
    return Brought(read.sources, read.came)


def is_published(score: str) -> bool:
    """Whether it can stand in a published table."""
    return _PUBLISHED.fullmatch(score) is not None
