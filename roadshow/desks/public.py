"""What everybody sees: the competition with its programme, and each project."""

import asyncio
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from roadshow.competitions.cast import Juror, Project
from roadshow.competitions.definition import Field
from roadshow.competitions.plan import opens_at, slot_length
from roadshow.desks.page_data import live_address, page_projects
from roadshow.desks.public_context import PublicContext
from roadshow.ids import ProjectId
from roadshow.moments import Duration, Instant
from roadshow.rooms.phases import SlotStatus
from roadshow.voting.results import CeremonyState, CeremonyView


@dataclass(frozen=True, slots=True)
class Line:
    """A project in the programme."""

    project: Project
    at: Instant
    status: SlotStatus


@dataclass(frozen=True, slots=True)
class FieldProgramme:
    """One field: what is planned, and how far it has come."""

    field: Field
    number: int
    begins_at: Instant
    ends_at: Instant
    """As the rundown in force expects."""
    lines: tuple[Line, ...]
    jury: tuple[Juror, ...]
    ceremony: CeremonyView

    @property
    def state(self) -> str:
        """``upcoming``, ``live``, ``jury`` (all have pitched, no place is announced) or ``results``."""
        if self.ceremony.state in (CeremonyState.REVEALING, CeremonyState.REVEALED):
            return "results"
        if all(line.status in (SlotStatus.DONE, SlotStatus.SKIPPED) for line in self.lines):
            return "jury"
        if any(line.status is not SlotStatus.WAITING for line in self.lines):
            return "live"
        return "upcoming"


async def programmes(context: PublicContext) -> tuple[FieldProgramme, ...]:
    """All fields, in the competition's order."""
    ceremonies = await asyncio.gather(*(context.polls.ceremony(field.room) for field in context.competition.fields))
    return tuple(
        programme(context, field, number, ceremony)
        for number, (field, ceremony) in enumerate(zip(context.competition.fields, ceremonies, strict=True), 1)
    )


def programme(context: PublicContext, field: Field, number: int, ceremony: CeremonyView) -> FieldProgramme:
    cast = context.cast
    projects = {project.id: project for project in cast.projects_in(field.id)}
    lines = tuple(
        Line(projects[slot.project], Instant(slot.planned_at), slot.status)
        for slot in context.rundown(field.room).slots
        if slot.project in projects
    )
    # Who was skipped has no time of their own: the rundown keeps them where they would be now.
    times = [line.at for line in lines if line.status is not SlotStatus.SKIPPED] or [opens_at(field)]
    return FieldProgramme(
        field=field,
        number=number,
        begins_at=times[0],
        ends_at=times[-1] + slot_length(context.competition.stage),
        lines=lines,
        jury=cast.jury_of(field),
        ceremony=ceremony,
    )


def routes(context: PublicContext) -> list[Route]:
    pages, competition = context.pages, context.competition

    async def home(request: Request) -> Response:
        language = pages.language(request)
        fields = await programmes(context)
        total = sum(criterion.weight for criterion in competition.criteria)
        return pages.render(
            request,
            "public/home.html",
            mood="paper",
            module="public",
            data={
                "live": live_address(context, language),
                "rooms": [field.field.room for field in fields],
                "projects": page_projects(context, context.cast.projects.values(), language),
            },
            programmes=fields,
            starts_at=min(opens_at(field) for field in competition.fields),
            minutes=[
                Duration.seconds(phase.seconds)
                for phase in (competition.stage.pitch, competition.stage.questions, competition.stage.voting)
            ],
            shares=[(criterion, round(100 * criterion.weight / total)) for criterion in competition.criteria],
            by_id=context.cast.projects,
        )

    async def project(request: Request) -> Response:
        language = pages.language(request)
        cast = context.cast
        found = cast.project(ProjectId(request.path_params["project"]))
        field = context.field_named(found.field)
        # The rundown in force, not the plan: the order may have changed.
        slots = context.rundown(field.room).slots
        order = [slot.project for slot in slots]
        position = order.index(found.id)
        return pages.render(
            request,
            "public/project.html",
            mood="paper",
            module="public",
            data={
                "live": live_address(context, language),
                "rooms": [field.room],
                "projects": page_projects(context, [found], language),
            },
            project=found,
            field=field,
            position=position + 1,
            at=Instant(slots[position].planned_at),
            slot_status=slots[position].status,
            previous=cast.project(order[position - 1]) if position else None,
            following=cast.project(order[position + 1]) if position + 1 < len(order) else None,
        )

    return [
        context.guarded("/", home, "home"),
        context.guarded("/projects/{project}", project, "project"),
    ]
