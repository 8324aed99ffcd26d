"""The hall's big screen: who is on, the clock, and the podium. Nobody touches it; it looks after itself."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from roadshow.desks.page_data import (
    live_address,
    page_all_projects,
    page_prizes,
    page_projects,
    page_room,
    page_shown_judges,
)
from roadshow.desks.public_context import PublicContext


def routes(context: PublicContext) -> list[Route]:
    async def screen(request: Request) -> Response:
        language = context.pages.language(request)
        field = context.field(request)
        return context.pages.render(
            request,
            "screen/hall.html",
            mood="stage",
            module="screen",
            data={
                "live": live_address(context, language),
                "room": page_room(field, language),
                "projects": page_projects(context, context.cast.projects_in(field.id), language),
                **page_all_projects(context, language),
                **page_prizes(context, language, field),
                **page_shown_judges(context, field, language),
                "whep": f"{context.base}/rooms/{field.room}/whep",
            },
            field=field,
        )

    return [context.guarded("/rooms/{room}/screen", screen, "screen")]
