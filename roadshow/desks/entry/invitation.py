"""The page a link leads to: it says for whom and what for, and a button uses it.

Looking does not use it up, because mail programs and messengers open links to preview them.
"""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from roadshow.access.pasted import find_invitation
from roadshow.competitions.invitations import Again
from roadshow.competitions.people import Person, Role
from roadshow.desks.context import DeskContext
from roadshow.desks.forms import SEE_OTHER
from roadshow.errors import Conflict, Gone, NotFound, RoadshowError


def routes(context: DeskContext) -> list[Route]:
    pages, competition = context.pages, context.competition

    def page(request: Request, status: int, person: Person | None, refusal: RoadshowError | None) -> Response:
        language = pages.language(request)
        held = () if person is None else person.appointments
        cast = context.cast
        return pages.render(
            request,
            "invitation/page.html",
            mood="paper",
            module="invitation",
            data={},
            status=status,
            name=None if person is None else person.name.in_language(language),
            roles=[role.value for role in Role if person is not None and person.holds(role)],
            fields=[field for field in competition.fields if any(one.room == field.room for one in held)],
            projects=[cast.projects[one.project] for one in held if one.project and one.project in cast.projects],
            accept_url=f"{context.base}/i/{request.path_params['token']}",
            code=None if refusal is None else refusal.code,
            text="" if refusal is None else pages.text(request, refusal),
        )

    async def look(request: Request) -> Response:
        asked = request.path_params["token"]
        found = find_invitation(asked)
        if found is not None and found.token != asked:
            # What a sentence put behind the link came along with it.
            return RedirectResponse(f"{context.base}{found.path}", SEE_OTHER)
        try:
            person, ours = await context.door.look(request, asked)
        except (NotFound, Gone) as refusal:
            return page(request, refusal.status, None, refusal)
        if ours:
            return RedirectResponse(f"{context.base}/as/{person.id}", SEE_OTHER)
        response = page(request, 200, person, None)
        # Before anything is accepted, so that both requests of a double click come from the same session. One that the
        # browser has is not given again: meanwhile another link may have put the next one in its place.
        if not context.door.knows(request):
            context.door.keep(request, response)
        return response

    async def accept(request: Request) -> Response:
        try:
            person, session = await context.door.accept(request, request.path_params["token"])
        except Again:
            # With the cookie that the other link's answer brings, the same button lets them in.
            return RedirectResponse(f"{context.base}/i/{request.path_params['token']}", SEE_OTHER)
        except (NotFound, Gone, Conflict) as refusal:
            return page(request, refusal.status, None, refusal)
        response = RedirectResponse(f"{context.base}/as/{person.id}", SEE_OTHER)
        context.door.keep(request, response, session)
        return response

    return [
        context.guarded("/i/{token}", look, "invitation"),
        context.guarded("/i/{token}", accept, "accept", methods=("POST",)),
    ]
