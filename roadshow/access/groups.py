"""Which group of a room's followers a visitor belongs to. Pure."""

from typing import Final

from roadshow.access.roles import Visitor
from roadshow.competitions.people import Role
from roadshow.fields.sections import Group
from roadshow.ids import RoomId

_BY_ROLE: Final = (
    (Role.CHAIR, Group.CHAIR),
    (Role.ORGANISER, Group.CONTROL),
    (Role.DEPUTY, Group.DEPUTY),
    (Role.JUDGE, Group.JUDGE),
    (Role.CLERK, Group.CLERK),
    (Role.AUDITOR, Group.AUDITOR),
)
"""The first that applies: a chair is told of ties, so an organiser who is one sees as one."""


def group_of(visitor: Visitor, room: RoomId) -> Group:
    """What the visitor may see of the room: as much as the strongest of their appointments there lets them."""
    roles = visitor.roles_in(room)
    return next((group for role, group in _BY_ROLE if role in roles), Group.AUDIENCE)
