"""People as Roadshow kept them before they were records of a cast: in one hash, replaced at each start. (pure)

All of them came from a definition: they count as brought by it and changed by nobody, and who was signed in stays so.
"""

from collections.abc import Iterable

import msgspec

from roadshow.competitions.cast import Cast
from roadshow.competitions.merging import Key, Record, Subject, key_of, records_of
from roadshow.competitions.people import Appointment, Person, Role
from roadshow.ids import PersonId, ProjectId, RoomId
from roadshow.texts import Text


class FormerPerson(msgspec.Struct, frozen=True):
    id: PersonId
    role: Role
    name: Text
    room: RoomId | None = None
    project: ProjectId | None = None


def recalled(former: Iterable[FormerPerson], brought: Cast) -> dict[Key, Record]:
    """The store's records as they would be, had that version kept any. What it did not keep (affiliations, projects)
    is taken to be what the definition says now. Revision 0: nothing of this is written yet."""
    rows = {row.id: row for row in former}
    if not rows:
        return {}
    known: dict[Key, Subject] = {key: one for key, one in records_of(brought).items() if not isinstance(one, Person)}
    for row in rows.values():
        person = _completed(row, brought.people.get(row.id))
        known[key_of(person)] = person
    return {key: Record(0, subject, subject) for key, subject in known.items()}


def _completed(row: FormerPerson, brought: Person | None) -> Person:
    kept = Person(row.id, row.name, (Appointment(row.role, row.room, row.project),))
    if brought is None or [one.place for one in brought.appointments] != [one.place for one in kept.appointments]:
        return kept
    return msgspec.structs.replace(brought, name=row.name)
