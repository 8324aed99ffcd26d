"""Roles, and the people who hold them. (pure)

Guests have no passwords: a person comes with a single-use invitation link. One browser may hold several people at once
(each desk's URL names the person it is for), so that two invitations opened in one browser do not push each other out.
One person may hold several roles: each is an appointment, to a room and to what is done there.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

import msgspec

from roadshow.ids import OrganisationId, PersonId, ProjectId, PublisherId, RoomId
from roadshow.texts import Label, Line

MOST_APPOINTMENTS = 24
"""Of one person: two in each of a competition's most fields."""
MOST_RECUSALS = 200
"""Of one judge: every project there may be."""


class Role(StrEnum):
    """From the strongest to the weakest: by the first of theirs, somebody with several is called."""

    ORGANISER = "organiser"
    CHAIR = "chair"
    """A judge who also settles ties and confirms the field's result."""
    DEPUTY = "deputy"
    """A judge who decides in the chair's stead where the chair has a conflict of interest."""
    JUDGE = "judge"
    PITCHER = "pitcher"
    CLERK = "clerk"
    """Types in what judges wrote on paper: holds no other role."""
    AUDITOR = "auditor"
    """Watches that all is done by the rules, and does nothing: holds no other role."""
    AUDIENCE = "audience"
    """Everybody, without an invitation."""


JUDGING = frozenset({Role.CHAIR, Role.DEPUTY, Role.JUDGE})


class Appointment(msgspec.Struct, frozen=True, omit_defaults=True):
    """One role, and where it is held."""

    role: Role
    room: RoomId | None = None
    """None: in every room, as an organiser, a clerk or an auditor."""
    project: ProjectId | None = None
    """A pitcher's."""
    recused: Annotated[tuple[ProjectId, ...], msgspec.Meta(max_length=MOST_RECUSALS)] = ()
    """Declared conflicts of interest: these projects this judge never scores."""
    order: int = 0
    """Among those who hold the role there, by rising number."""
    panel: Annotated[str, msgspec.Meta(max_length=48)] = ""
    """A judge's, where the rules know panels. None: the first of them."""
    reserve: bool = False
    """A judge without a seat, who may take another one's."""

    @property
    def place(self) -> tuple[Role, RoomId | None, ProjectId | None]:
        """What tells one person's appointments from each other."""
        return self.role, self.room, self.project


class Person(msgspec.Struct, frozen=True, omit_defaults=True, tag="person"):
    """Somebody with an invitation."""

    id: PersonId
    name: Label
    appointments: Annotated[tuple[Appointment, ...], msgspec.Meta(max_length=MOST_APPOINTMENTS)] = ()
    organisation: OrganisationId | None = None
    affiliation: Line | None = None
    """As pages name it, where no organisation is on record."""

    @property
    def role(self) -> Role:
        """The strongest of theirs."""
        return strongest(appointment.role for appointment in self.appointments)

    @property
    def publishers(self) -> frozenset[PublisherId]:
        """As whom they may send: the projects they pitch."""
        return frozenset(PublisherId(one.project) for one in self.appointments if one.project is not None)

    def appointed(self, *roles: Role, room: RoomId | None = None) -> tuple[Appointment, ...]:
        """Their appointments to one of the roles; with ``room``, those that hold there."""
        return tuple(
            one for one in self.appointments if one.role in roles and (room is None or one.room in (None, room))
        )

    def holds(self, *roles: Role, room: RoomId | None = None) -> bool:
        """Whether they have such an appointment."""
        return bool(self.appointed(*roles, room=room))


def strongest(roles: Iterable[Role]) -> Role:
    """Audience, if there is none."""
    return min(roles, key=_RANKS.__getitem__, default=Role.AUDIENCE)


def strongest_of(appointments: Iterable[Appointment]) -> Appointment:
    """The one with the strongest role. Raises ValueError for none."""
    return min(appointments, key=lambda one: _RANKS[one.role])


_RANKS = {role: rank for rank, role in enumerate(Role)}
