"""Which group of a room's followers a visitor belongs to. Pure."""

from typing import Final

from roadshow.access.roles import Visitor
from roadshow.competitions.people import Role
from roadshow.fields.sections import Group
from roadshow.ids import RoomId

JURY: Final = frozenset({Group.JUDGE, Group.CHAIR})


def group_of(visitor: Visitor, room: RoomId) -> Group:
    """What the visitor may see of the room."""
    match visitor.role:
        case Role.ORGANISER:
            return Group.CONTROL
        case Role.CHAIR | Role.JUDGE if visitor.person is None or visitor.person.room != room:
            return Group.AUDIENCE
        case Role.CHAIR:
            return Group.CHAIR
        case Role.JUDGE:
            return Group.JUDGE
        case Role.PITCHER | Role.AUDIENCE:
            return Group.AUDIENCE
