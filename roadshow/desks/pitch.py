"""The pitcher's desk: device check, green room, clock and slides. For the project's own pitchers alone."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from roadshow.access.roles import PITCHER
from roadshow.competitions.people import Appointment, Person
from roadshow.desks.context import DeskContext, signed_in
from roadshow.desks.grants import TOKEN_LIFE, hold_of
from roadshow.desks.lines import line_page
from roadshow.desks.page_data import live_address, page_deck, page_person, page_projects, page_room
from roadshow.errors import NotAllowed
from roadshow.ids import PublisherId
from roadshow.voting.results import CeremonyState


def routes(context: DeskContext) -> list[Route]:
    async def only(request: Request) -> Response:
        """Of somebody with one project; whoever pitches several goes to the first."""
        person = signed_in(request)
        held = person.appointed(*PITCHER)
        if len(held) > 1:
            return RedirectResponse(f"{context.base}/as/{person.id}/pitch/{held[0].project}", 303)
        return await desk(request, person, held)

    async def of_project(request: Request) -> Response:
        person = signed_in(request)
        asked = request.path_params["project"]
        return await desk(request, person, tuple(one for one in person.appointed(*PITCHER) if one.project == asked))

    async def desk(request: Request, person: Person, held: tuple[Appointment, ...]) -> Response:
        if not held or held[0].project is None:
            raise NotAllowed("room.not_yours")
        appointment, project = held[0], context.cast.project(held[0].project)
        hold = await hold_of(context, request, person)
        field = context.field_named(project.field)
        language = context.pages.language(request)
        return context.pages.render(
            request,
            "pitch/pitch.html",
            mood="stage",
            module="pitch",
            data={
                "live": live_address(context, language, person.id),
                "room": page_room(field, language),
                "person": page_person(person, appointment, language),
                "projects": page_projects(context, context.cast.projects_in(field.id), language),
                "deck": page_deck(project, language),
                "whip": f"{context.base}/rooms/{field.room}/whip",
                "publish_token": context.tokens.publish_token(
                    field.room,
                    PublisherId(project.id),
                    expires_at=context.clock.now() + TOKEN_LIFE,
                    **hold,
                ),
                "line": await line_page(context, request, person.id),
            },
            field=field,
            project=project,
            comments_url=f"{context.base}/as/{person.id}/pitch/{project.id}/comments"
            if context.competition.judging(field).rules.comments != "off"
            else None,
            objection_url=f"{context.base}/as/{person.id}/pitch/{project.id}/objection"
            if (await context.voting.state(field.room)) is CeremonyState.REVEALED
            else None,
            practice_url=f"{context.base}/as/{person.id}/practice",
        )

    return [
        context.guarded("/as/{person}/pitch", only, "pitch"),
        context.guarded("/as/{person}/pitch/{project}", of_project, "pitch-project"),
    ]
