"""The control desk: one room at a time, the others one click away."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from roadshow.access.roles import ORGANISER
from roadshow.desks.calibration.pages import calibration_address
from roadshow.desks.context import DeskContext, appointed
from roadshow.desks.grants import watch_token_of
from roadshow.desks.page_data import page_desk, page_pitchers, page_rules
from roadshow.moments import Duration

TIME_BUTTONS = (("−1:00", -60), ("−0:30", -30), ("+0:30", 30), ("+1:00", 60))
"""What is on the buttons that add or take time, and how many seconds that is."""


def routes(context: DeskContext) -> list[Route]:
    async def first_room(request: Request) -> Response:
        """The first field that is not over."""
        desk = f"{context.base}/as/{request.path_params['person']}/control"
        return RedirectResponse(f"{desk}/{context.current(context.competition.fields).room}", 303)

    async def desk(request: Request) -> Response:
        runner = context.room(request)
        person, appointment = appointed(request, ORGANISER, runner.id)
        watch_token = await watch_token_of(context, request, person, runner.id)
        language = context.pages.language(request)
        field = context.field_of(runner.id)
        return context.pages.render(
            request,
            "control/desk.html",
            mood="stage",
            module="control",
            data={
                **page_desk(context, field, person, appointment, language, watch_token),
                "people": {one.id: one.name.in_language(language) for one in context.cast.everybody()},
                "pitchers": page_pitchers(context.cast, field.room, language),
                "media": f"{context.base}/as/{person.id}/control/{field.room}/media",
                "feed": f"{context.base}/as/{person.id}/control/{field.room}/feed",
                "rules": page_rules(context.competition.judging(field).rules, language),
            },
            field=field,
            rooms=[
                {
                    "id": other.room,
                    "url": f"{context.base}/as/{person.id}/control/{other.room}",
                    "title": other.title.in_language(language),
                    "current": other.room == runner.id,
                }
                for other in context.competition.fields
            ],
            times=[
                {"text": text, "seconds": seconds, "span": Duration.seconds(abs(seconds))}
                for text, seconds in TIME_BUTTONS
            ],
            people_url=f"{context.base}/as/{person.id}/people",
            screen_url=f"{context.base}/rooms/{field.room}/screen",
            watch_url=f"{context.base}/rooms/{field.room}/watch",
            comments_url=f"{context.base}/as/{person.id}/comments/{field.room}/all"
            if context.competition.judging(field).rules.comments == "chair"
            else None,
            calibration_url=calibration_address(context, field, person),
            paper_url=f"{context.base}/as/{person.id}/paper/{field.room}" if context.competition.clerks else None,
            objections_url=f"{context.base}/as/{person.id}/objections/{field.room}",
            results_url=f"{context.base}/rooms/{field.room}/results",
        )

    return [
        context.guarded("/as/{person}/control", first_room, "control"),
        context.guarded("/as/{person}/control/{room}", desk, "control-room"),
    ]
