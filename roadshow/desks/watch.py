"""The audience's page of a room: stage, clock, rundown, podium. Everybody may see it, and all see the same.

Who votes for the audience award gets a voter's token at that moment, from an address of its own: the page itself comes
out of caches.
"""

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from roadshow.desks.page_data import live_address, page_projects, page_room
from roadshow.desks.public_context import PublicContext
from roadshow.errors import Conflict
from roadshow.ids import RoomId
from roadshow.voting.audience.award import FIRST_VOTE_WITHIN, AwardState, StoredAward

if TYPE_CHECKING:  # a front makes the page, and must not load what a desk needs
    from roadshow.access.voters import Token
    from roadshow.desks.context import DeskContext


def public_routes(context: PublicContext) -> list[Route]:
    async def watch(request: Request) -> Response:
        competition = context.competition
        field = context.field(request)
        projects = context.cast.projects_in(field.id)
        language = context.pages.language(request)
        told = page_projects(context, projects, language)
        return context.pages.render(
            request,
            "watch/watch.html",
            mood="stage",
            module="watch",
            data={
                "live": live_address(context, language),
                "room": page_room(field, language),
                "projects": told,
                "whep": f"{context.base}/rooms/{field.room}/whep",
                "voters": f"{context.base}/rooms/{field.room}/voters",
            },
            field=field,
            projects=projects,
            told=told,
            ceremony=await context.polls.ceremony(field.room),
            others=[other for other in competition.fields if other is not field],
        )

    return [context.guarded("/rooms/{room}/watch", watch, "watch")]


def routes(context: "DeskContext") -> list[Route]:
    """Also where a voter's token is fetched: that is somebody's own."""

    async def voter(request: Request) -> Response:
        """Have the browser keep a token, and its socket vote with it: the one it has, unless that is no good any more.
        Raises NotFound("audience.booth"), Conflict("audience.closed")."""
        room, voters = context.field(request).room, context.voters
        booth = voters.find(request.path_params["booth"])
        stored = await context.award.recent(room)
        if stored.state is not AwardState.OPEN:
            raise Conflict("audience.closed")
        token = voters.shown(request, room) or booth.token(room)
        if token is None or not await _is_good(token, room, stored):
            token = voters.make(room, stored.opening, stored.now)
        booth.take(token)
        response = Response(status_code=204, headers={"Cache-Control": "no-store"})
        voters.keep(response, token)
        return response

    async def _is_good(token: "Token", room: RoomId, stored: StoredAward) -> bool:
        if token.opening != stored.opening:
            return False
        fresh = stored.now < token.made_at + FIRST_VOTE_WITHIN
        return fresh or await context.award.choice(room, token.voter) is not None

    return [
        *public_routes(context),
        context.guarded("/rooms/{room}/voters/{booth}", voter, "voter", methods=("POST",)),
    ]
