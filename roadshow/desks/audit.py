"""The auditor's desk: each field's ledger as it grows, and nothing to press that changes anything."""

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from roadshow.access.roles import AUDITOR
from roadshow.desks.context import DeskContext, appointed, signed_in
from roadshow.desks.page_data import live_address, page_person, page_projects, page_room
from roadshow.errors import InputError

LARGEST_SEQUENCE = 2**53 - 1
"""What a browser counts exactly."""


def routes(context: DeskContext) -> list[Route]:
    async def first_room(request: Request) -> Response:
        """The first field that is not over."""
        person, field = signed_in(request), context.current(context.competition.fields)
        return RedirectResponse(f"{context.base}/as/{person.id}/audit/{field.room}", 303)

    async def desk(request: Request) -> Response:
        field = context.field(request)
        person, appointment = appointed(request, AUDITOR, field.room)
        language = context.pages.language(request)
        cast, page = context.cast, f"{context.base}/as/{person.id}/audit"
        return context.pages.render(
            request,
            "audit/desk.html",
            mood="paper",
            module="audit",
            data={
                "live": live_address(context, language, person.id),
                "room": page_room(field, language),
                "person": page_person(person, appointment, language),
                "projects": page_projects(context, cast.projects_in(field.id), language),
                "people": {one.id: one.name.in_language(language) for one in cast.everybody()},
                "entries": f"{page}/{field.room}/entries",
                "record": f"{context.base}/rooms/{field.room}/record.json",
            },
            field=field,
            rooms=[
                {
                    "url": f"{page}/{other.room}",
                    "title": other.title.in_language(language),
                    "current": other.room == field.room,
                }
                for other in context.competition.fields
            ],
            results_url=f"{context.base}/rooms/{field.room}/results",
        )

    async def entries(request: Request) -> Response:
        field = context.field(request)
        appointed(request, AUDITOR, field.room)
        found = await context.polls.seen(field.room, _number(request.query_params.get("after", "0")))
        headers = {"Cache-Control": "no-store"}
        return Response(msgspec.json.encode(found), media_type="application/json", headers=headers)

    return [
        context.guarded("/as/{person}/audit", first_room, "audit"),
        context.guarded("/as/{person}/audit/{room}", desk, "audit-room"),
        context.guarded("/as/{person}/audit/{room}/entries", entries, "audit-entries"),
    ]


def _number(text: str) -> int:
    """Raises InputError("message.malformed")."""
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(LARGEST_SEQUENCE))):
        raise InputError("message.malformed")
    return min(int(text), LARGEST_SEQUENCE)
