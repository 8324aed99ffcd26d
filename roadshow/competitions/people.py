"""Roles, and the people who hold them.

Guests have no passwords: a role comes with a single-use invitation link. One browser may hold several people at once
(each desk's URL names the person it is for), so that two invitations opened in one browser do not push each other out.
"""

from enum import StrEnum

import msgspec

from roadshow.ids import PersonId, ProjectId, RoomId


class Role(StrEnum):
    ORGANISER = "organiser"
    CHAIR = "chair"
    """A judge who also settles ties and confirms the field's result."""
    JUDGE = "judge"
    PITCHER = "pitcher"
    AUDIENCE = "audience"
    """Everybody, without an invitation."""


class Person(msgspec.Struct, frozen=True):
    """Somebody with an invitation."""

    id: PersonId
    role: Role
    name: dict[str, str]
    """By language."""
    room: RoomId | None = None
    """Their room; None for the organiser, who has all."""
    project: ProjectId | None = None
    """A pitcher's."""
