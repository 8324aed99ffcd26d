"""The pitcher's desk: device check, green room, clock and slides. For the project's own pitcher alone."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from roadshow.access.roles import Visitor
from roadshow.competitions.definition import Project
from roadshow.competitions.plan import field_of, project_of, projects_in
from roadshow.desks.context import DeskContext
from roadshow.desks.page_data import live_address, page_person, page_projects, page_room
from roadshow.errors import NotAllowed
from roadshow.ids import FieldId, PublisherId
from roadshow.moments import Duration

TOKEN_LIFE = Duration.minutes(12 * 60)
"""Of the publish token: a day of rehearsal and show on one page. A reload brings a new one."""


def routes(context: DeskContext) -> list[Route]:
    async def pitch(request: Request) -> Response:
        visitor: Visitor = request.state.visitor
        person = visitor.person
        if person is None or person.room is None or person.project is None:
            raise NotAllowed("role.not_allowed", role=visitor.role.value)
        era = (await context.guests.access([person]))[person.id].era
        # Asked again: were they revoked since they came in, the era just read would outlast the revocation.
        await context.door.visitor(request, person.id)
        competition = context.competition
        field = field_of(competition, FieldId(person.room))
        project = project_of(competition, person.project)
        language = context.pages.language(request)
        return context.pages.render(
            request,
            "pitch/pitch.html",
            mood="stage",
            module="pitch",
            data={
                "live": live_address(context, language, person.id),
                "room": page_room(field, language),
                "person": page_person(person, language),
                "projects": page_projects(context, projects_in(competition, field.id), language),
                "deck": _deck(project, language),
                "whip": f"{context.base}/rooms/{field.room}/whip",
                "publish_token": context.tokens.publish_token(
                    field.room,
                    PublisherId(project.id),
                    expires_at=context.clock.now() + TOKEN_LIFE,
                    holder=person.id,
                    era=era,
                ),
            },
            field=field,
            project=project,
        )

    return [context.guarded("/as/{person}/pitch", pitch, "pitch")]


def _deck(project: Project, language: str) -> list[dict[str, Any]]:
    """The page data's ``deck``: the slides the page draws."""
    return [
        {
            "title": slide.title.in_language(language),
            "lines": [line.in_language(language) for line in slide.lines],
            "figure": slide.figure,
        }
        for slide in project.deck
    ]
