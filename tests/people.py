"""People made up for tests."""

from roadshow.competitions.people import Appointment, Person, Role
from roadshow.ids import PersonId, ProjectId, RoomId
from roadshow.texts import same_in_all


def somebody(name: str, role: Role, room: RoomId | None = None, project: ProjectId | None = None) -> Person:
    """With one appointment."""
    return Person(PersonId(name), same_in_all(name.title()), (Appointment(role, room, project),))
