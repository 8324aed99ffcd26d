"""The audience's page of a room: stage, clock, rundown, podium. Everybody may see it, and all see the same.

Who votes for the audience award gets a voter's token at that moment, from an address of its own: the page itself comes
out of caches.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from roadshow.competitions.cast import Project
from roadshow.desks.page_data import (
    live_address,
    page_all_projects,
    page_prizes,
    page_projects,
    page_room,
    page_shown_judges,
)
from roadshow.desks.public_context import PublicContext
from roadshow.errors import Conflict
from roadshow.ids import ProjectId, RoomId
from roadshow.rooms.phases import SlotStatus
from roadshow.rooms.views import RundownView
from roadshow.voting.audience.award import FIRST_VOTE_WITHIN, AwardState, StoredAward

if TYPE_CHECKING:  # a front makes the page, and must not load what a desk needs
    from roadshow.access.voters import Token
    from roadshow.desks.context import DeskContext


@dataclass(frozen=True, slots=True)
class Now:
    """Who is on, as far as the rundown tells: it stands on the page until the script draws the same."""

    project: Project | None
    """None: all have pitched."""
    on: bool
    """On stage; else next."""
    following: Project | None


def now_of(rundown: RundownView, projects: Mapping[ProjectId, Project]) -> Now:
    """(pure)"""
    slots = [slot for slot in rundown.slots if slot.project in projects]
    live = next((slot for slot in slots if slot.status is SlotStatus.LIVE), None)
    waiting = [slot for slot in slots if slot.status is SlotStatus.WAITING]
    shown = live or (waiting[0] if waiting else None)
    following = waiting[0] if live and waiting else None
    return Now(
        project=None if shown is None else projects[shown.project],
        on=live is not None,
        following=None if following is None else projects[following.project],
    )


def public_routes(context: PublicContext) -> list[Route]:
    async def watch(request: Request) -> Response:
        competition = context.competition
        field = context.field(request)
        projects = context.cast.projects_in(field.id)
        language = context.pages.language(request)
        told = page_projects(context, projects, language)
        everybody = page_all_projects(context, language)
        return context.pages.render(
            request,
            "watch/watch.html",
            mood="stage",
            module="watch",
            data={
                "live": live_address(context, language),
                "room": page_room(field, language),
                "projects": told,
                **everybody,
                **page_prizes(context, language, field),
                **page_shown_judges(context, field, language),
                "whep": f"{context.base}/rooms/{field.room}/whep",
                "voters": f"{context.base}/rooms/{field.room}/voters",
            },
            competition=competition.judging(field),
            field=field,
            projects=projects,
            told=told,
            now=now_of(context.rundown(field.room), {project.id: project for project in projects}),
            ceremony=await context.polls.ceremony(field.room),
            overall=(await context.polls.overall()).view(),
            all_projects=everybody.get("all_projects", {}),
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
