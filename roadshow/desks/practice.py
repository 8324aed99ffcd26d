"""A practice room: everybody who is invited may try camera, slides and line there, alone."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from roadshow.access.roles import PITCHER
from roadshow.competitions.people import strongest_of
from roadshow.desks.context import DeskContext, signed_in
from roadshow.desks.grants import TOKEN_LIFE, hold_of
from roadshow.desks.lines import line_page
from roadshow.desks.page_data import page_deck, page_person, page_projects
from roadshow.fields.rooms import RoomKind, SideRoom


def routes(context: DeskContext) -> list[Route]:
    async def practice(request: Request) -> Response:
        person = signed_in(request)
        pitches = person.appointed(*PITCHER)
        appointment = pitches[0] if pitches else strongest_of(person.appointments)
        room = SideRoom(RoomKind.PRACTICE, person.id)
        hold = await hold_of(context, request, person)
        expires_at = context.clock.now() + TOKEN_LIFE
        project = context.cast.projects.get(appointment.project) if appointment.project is not None else None
        language = context.pages.language(request)
        return context.pages.render(
            request,
            "practice/practice.html",
            mood="stage",
            module="practice",
            data={
                "person": page_person(person, appointment, language),
                "projects": page_projects(context, () if project is None else (project,), language),
                "deck": [] if project is None else page_deck(project, language),
                "whip": f"{context.base}/rooms/{room.id}/whip",
                "publish_token": context.tokens.publish_token(room.id, room.publisher, expires_at, **hold),
                "whep": f"{context.base}/rooms/{room.id}/whep",
                "watch_token": context.tokens.watch_token(room.id, expires_at, **hold),
                "line": await line_page(context, request, person.id),
            },
            desk_url=f"{context.base}/as/{person.id}",
        )

    return [context.guarded("/as/{person}/practice", practice, "practice")]
