"""What must hold of people's appointments, whoever makes them. (pure)"""

from collections import Counter

from roadshow.competitions.cast import Cast
from roadshow.competitions.definition import Competition
from roadshow.competitions.jury import faults
from roadshow.competitions.people import JUDGING, Appointment, Person, Role
from roadshow.errors import Conflict, InputError


def require_fitting(person: Person, cast: Cast, competition: Competition) -> None:
    """Whether these appointments can be one person's.

    Raises InputError("appointment.unfit") for a role that does not go with that room or project,
    Conflict("appointment.twice"), Conflict("appointment.both_sides") for a judge of the field they pitch in, and
    Conflict("appointment.audits") for an auditor who would audit themselves, Conflict("appointment.types") for a clerk
    who would type in what is theirs to decide.
    """
    if not all(_fits(one, cast, competition) for one in person.appointments):
        raise InputError("appointment.unfit")
    places = Counter(one.place for one in person.appointments)
    juries = Counter(one.room for one in person.appointments if one.role in JUDGING)
    if any(times > 1 for times in (*places.values(), *juries.values())):
        raise Conflict("appointment.twice")
    if any(one.room in juries for one in person.appointments if one.role is Role.PITCHER):
        raise Conflict("appointment.both_sides")
    if person.holds(Role.AUDITOR) and len(person.appointments) > 1:
        raise Conflict("appointment.audits")
    if person.holds(Role.CLERK) and len(person.appointments) > 1:
        raise Conflict("appointment.types")


def require_final(cast: Cast, competition: Competition) -> None:
    """Whether the competition can still be held. Raises Conflict("jury.short"), Conflict("cast.no_organiser")."""
    for field in competition.fields:
        if any(faults(cast, field, competition.judging(field).rules)):
            raise Conflict("jury.short", field=field.id)
    if not any(person.holds(Role.ORGANISER) for person in cast.people.values()):
        raise Conflict("cast.no_organiser")


def _fits(appointment: Appointment, cast: Cast, competition: Competition) -> bool:
    rooms = {field.room: field for field in competition.fields}
    match appointment:
        case Appointment(role=Role.ORGANISER | Role.CLERK | Role.AUDITOR, room=None, project=None, recused=()):
            return True
        case Appointment(role=Role.CHAIR | Role.DEPUTY | Role.JUDGE, room=room, project=None, recused=recused) if (
            room in rooms
        ):
            panels = competition.judging(rooms[room]).rules.panels
            is_seated = appointment.panel in ("", *(panel.id for panel in panels))
            return is_seated and set(recused) <= {project.id for project in cast.projects_in(rooms[room].id)}
        case Appointment(role=Role.PITCHER, room=room, project=project, recused=()) if room in rooms:
            return any(one.id == project for one in cast.projects_in(rooms[room].id))
        case _:
            return False
