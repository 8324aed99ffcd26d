"""What follows from a definition: who meets whom, in which order, and when. (pure)

Takes a Competition that ``loading`` has checked; asks nothing of one that it has not.
"""

from datetime import datetime

from roadshow.competitions.definition import Competition, Field, Judge, Project, Stage
from roadshow.competitions.people import Person, Role
from roadshow.ids import FieldId, PersonId, ProjectId, RoomId
from roadshow.moments import Duration, Instant


def field_of(competition: Competition, field: FieldId) -> Field:
    """Raises KeyError."""
    for candidate in competition.fields:
        if candidate.id == field:
            return candidate
    raise KeyError(field)


def project_of(competition: Competition, project: ProjectId) -> Project:
    """Raises KeyError."""
    for candidate in competition.projects:
        if candidate.id == project:
            return candidate
    raise KeyError(project)


def projects_in(competition: Competition, field: FieldId) -> tuple[Project, ...]:
    """In the order in which they pitch."""
    return tuple(project for project in competition.projects if project.field == field)


def jury_of(competition: Competition, field: FieldId) -> tuple[Judge, ...]:
    """All of a field's judges, its chair first."""
    judges = [judge for judge in competition.judges if judge.field == field]
    return tuple(sorted(judges, key=lambda judge: not judge.chair))


def voters(competition: Competition, project: Project) -> tuple[PersonId, ...]:
    """Who may score the project: its field's judges without those recused, the chair if the rules let chairs vote."""
    return tuple(
        judge.id
        for judge in competition.judges
        if judge.field == project.field
        and project.id not in judge.recused
        and (competition.rules.chair_votes or not judge.chair)
    )


def slot_length(stage: Stage) -> Duration:
    """One project's time on stage, voting included."""
    return Duration.seconds(stage.pitch.seconds + stage.questions.seconds + stage.voting.seconds)


def opens_at(field: Field) -> Instant:
    """When the field's first slot begins. Raises ValueError for a time that ``loading`` has not resolved."""
    moment = datetime.fromisoformat(field.starts_at)
    if moment.tzinfo is None:
        raise ValueError("no offset")
    return Instant(int(moment.timestamp()) * 1000)


def schedule(competition: Competition, field: FieldId) -> tuple[tuple[ProjectId, Instant], ...]:
    """Each project of the field with the planned beginning of its slot, in order; slots follow without a gap."""
    length = slot_length(competition.stage)
    start = opens_at(field_of(competition, field))
    return tuple(
        (project.id, start + Duration(index * length.ms))
        for index, project in enumerate(projects_in(competition, field))
    )


def people(competition: Competition) -> tuple[Person, ...]:
    """Everybody who gets an invitation. Organisers are ``organiser``, ``organiser-2``, …; a project's pitcher is
    ``pitcher-<project>`` and bears the project's name."""
    organisers = (
        Person(
            id=PersonId("organiser" if number == 1 else f"organiser-{number}"),
            role=Role.ORGANISER,
            name={"en": name.en, "zh": name.zh, "ru": name.ru},
        )
        for number, name in enumerate(competition.organisers, start=1)
    )
    judges = (
        Person(
            id=judge.id,
            role=Role.CHAIR if judge.chair else Role.JUDGE,
            name={"en": judge.name.en, "zh": judge.name.zh, "ru": judge.name.ru},
            room=RoomId(judge.field),
        )
        for judge in competition.judges
    )
    pitchers = (
        Person(
            id=PersonId(f"pitcher-{project.id}"),
            role=Role.PITCHER,
            name={"en": project.name.en, "zh": project.name.zh, "ru": project.name.ru},
            room=RoomId(project.field),
            project=project.id,
        )
        for project in competition.projects
    )
    return (*organisers, *judges, *pitchers)
