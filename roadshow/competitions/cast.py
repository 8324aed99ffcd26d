"""Everybody and everything that takes part: organisations, people and projects, and what pages ask of them. (pure)

A competition's definition says by which rules it is held; the cast lives in the store. What a definition says of
projects, judges and organisers is a *first* cast, which ``merging`` brings together with the one that is there.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

import msgspec

from roadshow.competitions import definition
from roadshow.competitions.declarations import Declaration, Declared
from roadshow.competitions.definition import Competition, Field, Panel, Rules
from roadshow.competitions.enrolment import Enrolment
from roadshow.competitions.people import JUDGING, Appointment, Person, Role
from roadshow.errors import NotFound
from roadshow.ids import FieldId, OrganisationId, PanelId, PersonId, ProjectId, RoomId
from roadshow.texts import Label, Text

MOST_PEOPLE = 5_000
"""In one competition: every applicant of a large one, and its juries. The people desk is one page."""
MOST_ORGANISATIONS = 2_000


class Organisation(msgspec.Struct, frozen=True, omit_defaults=True, tag="organisation"):
    id: OrganisationId
    name: Label
    place: Label | None = None
    """City and country."""


class Project(definition.Project, frozen=True, forbid_unknown_fields=False, tag="project"):
    """A project of a definition, and its place in the running order."""

    order: int = 0
    """Among its field's projects, by rising number; equal ones by id."""


@dataclass(frozen=True, slots=True)
class Juror:
    """A judge as one field's jury knows them."""

    id: PersonId
    name: Text
    affiliation: Text | None
    chair: bool
    deputy: bool
    recused: tuple[ProjectId, ...]
    """By their appointment."""
    declared: tuple[Declared, ...] = ()
    """What they have said themselves besides, in the running order."""
    panel: str = ""
    """None: the first there is."""
    reserve: bool = False
    """Has no seat as long as they take nobody's."""

    @property
    def conflicts(self) -> tuple[ProjectId, ...]:
        """All of both: what they do not score."""
        return (*self.recused, *(one.project for one in self.declared))


@dataclass(frozen=True)
class Cast:
    """Whole and unchanging: what was worked out for one page is there for the next."""

    people: Mapping[PersonId, Person]
    projects: Mapping[ProjectId, Project]
    organisations: Mapping[OrganisationId, Organisation]
    declarations: Mapping[tuple[PersonId, RoomId], Declaration] = field(default_factory=dict)
    """Of whom and for which field."""
    keys: Mapping[tuple[PersonId, RoomId], Enrolment] = field(default_factory=dict)
    """Of whom and for which field: with which they sign."""

    def person(self, person: PersonId) -> Person:
        """Raises NotFound("person.unknown")."""
        if person not in self.people:
            raise NotFound("person.unknown")
        return self.people[person]

    def project(self, project: ProjectId) -> Project:
        """Raises NotFound("project.unknown")."""
        if project not in self.projects:
            raise NotFound("project.unknown")
        return self.projects[project]

    def projects_in(self, field: FieldId) -> tuple[Project, ...]:
        """In the order in which they pitch."""
        return self._running_orders.get(field, ())

    def everybody(self) -> tuple[Person, ...]:
        """Organisers first, then field by field: juries with their chairs, pitchers in the running order."""
        return tuple(sorted(self.people.values(), key=_standing))

    def everybody_in(self, room: RoomId | None) -> tuple[tuple[Person, Appointment], ...]:
        """Who is appointed to this very room (None: to all of them), the chair first; with each such appointment."""
        return self._appointed.get(room, ())

    def jury_of(self, field: Field) -> tuple[Juror, ...]:
        """All of a field's judges, its chair first."""
        return tuple(
            Juror(
                person.id,
                person.name,
                self.affiliation_of(person),
                chair=held.role is Role.CHAIR,
                deputy=held.role is Role.DEPUTY,
                recused=held.recused,
                declared=self._declared_of(person.id, field, held.recused),
                panel=held.panel,
                reserve=held.reserve,
            )
            for person, held in self.everybody_in(field.room)
            if held.role in JUDGING
        )

    def _declared_of(self, person: PersonId, field: Field, known: Collection[ProjectId]) -> tuple[Declared, ...]:
        declaration = self.declarations.get((person, field.room))
        if declaration is None:
            return ()
        said = {one.project: one for one in declaration.conflicts if one.project not in known}
        return tuple(said[project.id] for project in self.projects_in(field.id) if project.id in said)

    def pitchers_of(self, project: ProjectId) -> tuple[Person, ...]:
        """Who may pitch it: several people, who may be in several cities."""
        return tuple(
            person for person in self.everybody() if any(one.project == project for one in person.appointments)
        )

    @cached_property
    def _running_orders(self) -> Mapping[FieldId, tuple[Project, ...]]:
        orders: dict[FieldId, tuple[Project, ...]] = {}
        for project in sorted(self.projects.values(), key=lambda project: (project.order, project.id)):
            orders[project.field] = (*orders.get(project.field, ()), project)
        return orders

    @cached_property
    def _appointed(self) -> Mapping[RoomId | None, tuple[tuple[Person, Appointment], ...]]:
        found: dict[RoomId | None, list[tuple[Person, Appointment]]] = {}
        for person in self.people.values():
            for held in person.appointments:
                found.setdefault(held.room, []).append((person, held))
        return {
            room: tuple(sorted(here, key=lambda pair: (_rank(pair[1]), pair[0].id))) for room, here in found.items()
        }

    def affiliation_of(self, person: Person) -> Text | None:
        """The name of their organisation, or what they say themselves."""
        known = None if person.organisation is None else self.organisations.get(person.organisation)
        return person.affiliation if known is None else known.name


def votes(juror: Juror, rules: Rules) -> bool:
    """Whether they score projects at all: the chair and the deputy do if the rules let them, the reserve does not."""
    if juror.reserve:
        return False
    return rules.chair_votes if juror.chair else rules.deputy_votes if juror.deputy else True


def voters(cast: Cast, project: Project, field: Field, rules: Rules) -> tuple[PersonId, ...]:
    """Who may score the project: its field's voting judges without those who have a conflict of interest with it."""
    return tuple(juror.id for juror in cast.jury_of(field) if project.id not in juror.conflicts and votes(juror, rules))


def panel_of(juror: Juror, rules: Rules) -> Panel | None:
    """Where they sit. None: the jury is one. Raises KeyError for a panel that is not there."""
    if not rules.panels:
        return None
    return {panel.id: panel for panel in rules.panels}[PanelId(juror.panel)] if juror.panel else rules.panels[0]


def first_cast(competition: Competition) -> Cast:
    """The one a definition brings. Organisers are ``organiser``, ``organiser-2``, …, clerks and auditors likewise; a
    project's pitcher is ``pitcher-<project>`` and bears the project's name."""
    people = [*_everywhere(competition), *_judges(competition), *_pitchers(competition)]
    return Cast(
        people={person.id: person for person in people},
        projects={project.id: project for project in _projects(competition)},
        organisations={},
    )


def _everywhere(competition: Competition) -> Iterator[Person]:
    """Organisers, clerks and auditors."""
    for role, names in (
        (Role.ORGANISER, competition.organisers),
        (Role.CLERK, competition.clerks),
        (Role.AUDITOR, competition.auditors),
    ):
        for order, name in enumerate(names):
            who = role.value if order == 0 else f"{role.value}-{order + 1}"
            yield Person(PersonId(who), name, (Appointment(role, order=order),))


def _judges(competition: Competition) -> Iterator[Person]:
    for order, judge in _counted(competition.judges):
        role = Role.CHAIR if judge.chair else Role.DEPUTY if judge.deputy else Role.JUDGE
        appointment = Appointment(
            role, RoomId(judge.field), recused=judge.recused, order=order, panel=judge.panel, reserve=judge.reserve
        )
        yield Person(judge.id, judge.name, (appointment,), affiliation=judge.affiliation)


def _pitchers(competition: Competition) -> Iterator[Person]:
    for order, project in _counted(competition.projects):
        appointment = Appointment(Role.PITCHER, RoomId(project.field), project.id, order=order)
        yield Person(PersonId(f"pitcher-{project.id}"), project.name, (appointment,))


def _projects(competition: Competition) -> Iterator[Project]:
    for order, project in _counted(competition.projects):
        yield Project(**msgspec.structs.asdict(project), order=order)


_Entry = TypeVar("_Entry", definition.Judge, definition.Project)


def _counted(entries: tuple[_Entry, ...]) -> Iterator[tuple[int, _Entry]]:
    """Each with its place among those of its field."""
    seen: dict[FieldId, int] = {}
    for entry in entries:
        order = seen.get(entry.field, 0)
        seen[entry.field] = order + 1
        yield order, entry


_RANKS = {role: rank for rank, role in enumerate(Role)}
_RANKS[Role.DEPUTY] = _RANKS[Role.JUDGE]  # where they stand among the judges is for the definition to say


def _rank(appointment: Appointment) -> tuple[int, int]:
    return _RANKS[appointment.role], appointment.order


def _standing(person: Person) -> tuple[bool, str, tuple[int, int], PersonId]:
    """By the strongest of their appointments; who has none comes last."""
    if not person.appointments:
        return True, "", (len(_RANKS), 0), person.id
    first = min(person.appointments, key=_rank)
    return False, first.room or "", _rank(first), person.id
