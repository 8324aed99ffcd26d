"""What a field takes over from fields before it, as a definition says it. (pure)"""

from typing import Annotated, Literal

import msgspec

from roadshow.ids import FieldId, PollId, ProjectId

MOST_SOURCES = 12
"""As ``definition.MOST_FIELDS``."""
MOST_LINES = 200
"""As ``definition.MOST_PROJECTS``."""
_FILE = msgspec.Meta(
    pattern=r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z",
    extra={"expected": "the name of a file beside this one, of letters, digits, dot, hyphen and underscore"},
)
_KEY = msgspec.Meta(
    pattern=r"\A[A-Za-z0-9_-]{43}\Z",
    extra={"expected": "the public key that is printed with that competition's results: 43 letters"},
)


class RecordFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The published record of a field of another competition."""

    file: Annotated[str, _FILE]
    key: Annotated[str, _KEY]
    """Whose record it has to be: from the results as they were printed, and not from the file."""


class Came(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A project of this field is one of an earlier field, under another id."""

    project: ProjectId
    was: ProjectId


class PublishedLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    project: ProjectId
    place: int
    score: str
    """As it was published."""


class Published(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was read out of a record, once it was found to hold (``fields.records``)."""

    poll: PollId
    key: str
    version: int
    sequence: int
    head: str
    result: str
    """SHA-256 (hex) of the signed result."""
    best: str
    out: tuple[ProjectId, ...]
    """Who is disqualified."""
    lines: tuple[PublishedLine, ...]


class Carried(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    fields: Annotated[tuple[FieldId, ...], msgspec.Meta(max_length=MOST_SOURCES)] = ()
    """Of this competition."""
    records: Annotated[tuple[RecordFile, ...], msgspec.Meta(max_length=MOST_SOURCES)] = ()
    weight: Annotated[int, msgspec.Meta(ge=0, le=100)] = 0
    """Per cent of the score."""
    scale: Literal["points", "best"] = "points"
    """``points``: as published; ``best``: the best of each earlier field brings 100."""
    through: Annotated[int, msgspec.Meta(ge=0, le=MOST_LINES)] = 0
    """The last place with which one is through; 0: any."""
    came: Annotated[tuple[Came, ...], msgspec.Meta(max_length=MOST_LINES)] = ()
    """A project that is not among these is looked for under its own id, in the records."""
    published: tuple[Published, ...] = ()
    """What the records say. Nobody writes it: it is read when the definition is."""
