"""The audience's page of a room: stage, clock, rundown, podium. Everybody may see it."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from roadshow.desks.context import DeskContext
from roadshow.desks.page_data import live_address, page_projects, page_room


def routes(context: DeskContext) -> list[Route]:
    async def watch(request: Request) -> Response:
        competition = context.competition
        field = context.field(request)
        projects = context.cast.projects_in(field.id)
        language = context.pages.language(request)
        response = context.pages.render(
            request,
            "watch/watch.html",
            mood="stage",
            module="watch",
            data={
                "live": live_address(context, language),
                "room": page_room(field, language),
                "projects": page_projects(context, projects, language),
                "whep": f"{context.base}/rooms/{field.room}/whep",
            },
            field=field,
            projects=projects,
            others=[other for other in competition.fields if other is not field],
        )
        await context.voters.keep(request, response)
        return response

    return [context.guarded("/rooms/{room}/watch", watch, "watch")]
