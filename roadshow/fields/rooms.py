"""Rooms without a field: no rundown, no poll, nobody who follows them. (pure)

A kind is a row here: what its ids begin with, who may enter, what it shows. A panel, a green room and a talk between
two are rows to come.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from roadshow.competitions.definition import Competition
from roadshow.errors import SetupError
from roadshow.ids import PersonId, PublisherId, RoomId, is_slug
from roadshow.rooms.ports import Programme
from roadshow.rooms.programme import one_publisher


class RoomKind(StrEnum):
    """What a side room's id begins with."""

    PRACTICE = "try"
    """Somebody's own: to try camera, slides and line. Short, so that the longest person's id fits behind it."""
    CHECK = "check"
    """Somebody's own: what they send is measured, and no page shows it."""


PRIVATE: Final = frozenset({RoomKind.PRACTICE, RoomKind.CHECK})
"""Kinds that nobody may watch without a token of the room."""


@dataclass(frozen=True, slots=True)
class SideRoom:
    kind: RoomKind
    owner: PersonId

    @property
    def id(self) -> RoomId:
        return RoomId(f"{self.kind.value}-{self.owner}")

    @property
    def publisher(self) -> PublisherId:
        """As whom the owner sends. In fields' rooms projects send: an id that is both tells two publishers apart by
        their rooms alone."""
        return PublisherId(self.owner)

    @property
    def programme(self) -> Programme:
        """What it shows, always."""
        return one_publisher(self.publisher)


def side_room(room: str) -> SideRoom | None:
    """None: an id that no side room has. Whether there is such a person, whoever gives out tokens knows."""
    kind, _, owner = room.partition("-")
    found = next((one for one in RoomKind if one.value == kind), None)
    return SideRoom(found, PersonId(owner)) if found is not None and is_slug(owner) else None


def standing_programme(room: RoomId) -> Programme:
    """What a room shows of which no session speaks. ``room`` is the relay's name for it: a competition's own rooms may
    stand behind its name."""
    found = side_room(room.rpartition("/")[2])
    return {} if found is None else found.programme


class PrivateRooms:
    """All of them, there and to come. A ``Container``."""

    def __contains__(self, room: object) -> bool:
        found = side_room(str(room))
        return found is not None and found.kind in PRIVATE


def refuse_names_of_side_rooms(competition: Competition) -> None:
    """Raises SetupError for a field whose room would be somebody's side room."""
    for field in competition.fields:
        if (taken := side_room(field.room)) is not None:
            raise SetupError(
                f"The field {field.id} cannot have this id: what begins with “{taken.kind.value}-” names rooms without "
                "a field. Choose another."
            )
