"""A definition's cast and the one in the store become one, and nothing done in the product is undone. (pure)

Three ways, as version control does it: beside each record stands what the definition last brought of it. A record that
is still as it was brought follows the definition, also out of the cast; one that was made, changed or withdrawn in the
product stays, and that it does is said.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import msgspec

from roadshow.competitions.cast import Cast, Organisation, Project
from roadshow.competitions.declarations import Declaration
from roadshow.competitions.enrolment import Enrolment
from roadshow.competitions.people import Person

Subject = Person | Project | Organisation | Declaration | Enrolment

MOST_SAID = 20
"""Lines at a start; who changed more than that knows it."""


class Key(NamedTuple):
    """What tells records apart."""

    kind: str
    """The subject's tag: ``person``, ``project``, ``organisation``, ``declaration`` or ``key``."""
    id: str


class Record(msgspec.Struct, frozen=True):
    """One of the cast, as it rests in the store."""

    revision: int
    """Rises with every write and outlives what it counts, so that no writer is taken for one who knew."""
    value: Subject | None
    """None: not in the cast (any more)."""
    brought: Subject | None = None
    """What the definition last said of it. None: nothing."""

    @property
    def is_as_brought(self) -> bool:
        return self.value == self.brought


Records = Mapping[Key, Record]


class Turn(StrEnum):
    """What a start did to a record, as a line begins that says so."""

    ADDED = "new in the definition"
    UPDATED = "changed in the definition"
    WITHDRAWN = "no longer in the definition, withdrawn"
    KEPT = "changed in the definition, but also here: stays as it is here"
    KEPT_WITHDRAWN = "changed in the definition, but withdrawn here: stays withdrawn"
    KEPT_ALONE = "no longer in the definition, but changed here: stays"
    KEPT_OWN = "new in the definition, but made here before: stays as it is here"


@dataclass(frozen=True, slots=True)
class Change:
    turn: Turn
    subject: Subject
    """As it was last known."""


@dataclass(frozen=True, slots=True)
class Merged:
    records: Records
    """All of them."""
    written: Records
    """Those that are not in the store like this yet."""
    changes: tuple[Change, ...]


def key_of(subject: Subject) -> Key:
    return Key(str(subject.__struct_config__.tag), subject.id)


def records_of(cast: Cast) -> dict[Key, Subject]:
    subjects: Iterable[Subject] = (
        *cast.organisations.values(),
        *cast.projects.values(),
        *cast.people.values(),
        *cast.declarations.values(),
        *cast.keys.values(),
    )
    return {key_of(subject): subject for subject in subjects}


def cast_of(records: Records) -> Cast:
    present = [record.value for record in records.values() if record.value is not None]
    return Cast(
        people={one.id: one for one in present if isinstance(one, Person)},
        projects={one.id: one for one in present if isinstance(one, Project)},
        organisations={one.id: one for one in present if isinstance(one, Organisation)},
        declarations={(one.person, one.room): one for one in present if isinstance(one, Declaration)},
        keys={(one.person, one.room): one for one in present if isinstance(one, Enrolment)},
    )


def merge(stored: Records, brought: Cast) -> Merged:
    """The store's records with what the definition brings now. Merging the outcome again changes nothing."""
    new = records_of(brought)
    records = dict(stored)
    changes: list[Change] = []
    for key in dict.fromkeys((*stored, *new)):
        record = stored.get(key, NOTHING)
        subject = new.get(key)
        if subject == record.brought and record.revision > 0:
            continue
        value = subject if record.is_as_brought else record.value
        records[key] = Record(record.revision + 1, value, subject)
        turn = _turn(record, subject)
        known = subject or record.value or record.brought
        if turn is not None and known is not None:
            changes.append(Change(turn, known))
    written = {key: record for key, record in records.items() if stored.get(key) is not record}
    return Merged(records, written, tuple(changes))


NOTHING = Record(0, None)


def _turn(record: Record, new: Subject | None) -> Turn | None:
    """What is said of a record that the definition words like this now. None: nothing has changed, or both sides have
    come to the same."""
    if new == record.brought:
        return None
    if record.is_as_brought:
        if new is None:
            return Turn.WITHDRAWN
        return Turn.ADDED if record.value is None else Turn.UPDATED
    if record.value == new:
        return None
    if record.value is None:
        return Turn.KEPT_WITHDRAWN
    if new is None:
        return Turn.KEPT_ALONE
    return Turn.KEPT_OWN if record.brought is None else Turn.KEPT


def said(changes: Iterable[Change], most: int = MOST_SAID) -> Iterator[str]:
    """A line for each, for whoever starts the server; no more than ``most`` and one."""
    changes = tuple(changes)
    for change in changes[:most]:
        key = key_of(change.subject)
        named = "" if isinstance(change.subject, Declaration | Enrolment) else f" ({change.subject.name.en})"
        yield f"{change.turn.value}: {key.kind} {key.id}{named}"
    if len(changes) > most:
        yield f"… and {len(changes) - most} more"
