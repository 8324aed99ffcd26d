"""Each role as people meet it: what it is called, and the desk it leads to. What it may do: access/roles.py.

docs/roles.md has the table for readers, with the roles that are planned.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from roadshow.competitions.cast import Cast
from roadshow.competitions.definition import Competition
from roadshow.competitions.people import Appointment, Person, Role


def _(text: str) -> str:
    """Marks a text for the catalogues."""
    return text


@dataclass(frozen=True, slots=True)
class Face:
    label: str
    """To be looked up in the reader's catalogue."""
    desk: str
    """The end of its address, after ``/as/<person>/``; empty: it has none."""


FACES: Final[Mapping[Role, Face]] = {
    Role.ORGANISER: Face(_("Organiser"), "control"),
    Role.CHAIR: Face(_("Chair of the jury"), "judge"),
    Role.DEPUTY: Face(_("Deputy chair of the jury"), "judge"),
    Role.JUDGE: Face(_("Judge"), "judge"),
    Role.PITCHER: Face(_("Startup"), "pitch"),
    Role.CLERK: Face(_("Clerk"), "paper"),
    Role.AUDITOR: Face(_("Auditor"), "audit"),
    Role.AUDIENCE: Face(_("Audience"), ""),
}


@dataclass(frozen=True, slots=True)
class Desk:
    """A page on which somebody does what they are appointed to."""

    appointment: Appointment
    url: str


def desks_of(person: Person, base: str) -> tuple[Desk, ...]:
    """``base``: what the competition's addresses begin with. The only one has the short address."""
    held = sorted(person.appointments, key=lambda one: list(Role).index(one.role))
    if len(held) == 1:
        return (Desk(held[0], f"{base}/as/{person.id}/{FACES[held[0].role].desk}"),)
    return tuple(Desk(one, f"{base}{_address(person, one)}") for one in held)


def where(appointment: Appointment, competition: Competition, cast: Cast, language: str) -> Iterator[str]:
    """The field and the project it is for, by name."""
    for field in competition.fields:
        if field.room == appointment.room:
            yield field.title.in_language(language)
    if appointment.project is not None and appointment.project in cast.projects:
        yield cast.projects[appointment.project].name.in_language(language)


def _address(person: Person, appointment: Appointment) -> str:
    desk = FACES[appointment.role].desk
    place = appointment.project or appointment.room
    return f"/as/{person.id}/{desk}/{place}" if place else f"/as/{person.id}/{desk}"
