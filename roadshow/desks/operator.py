"""For whoever runs the server: is it well, and how busy is it."""

from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from roadshow.desks.pages import DeskContext
from roadshow.errors import RoadshowError

METRICS_TYPE = "text/plain; version=0.0.4"
"""Prometheus' text format."""


def routes(context: DeskContext) -> list[Route]:
    async def health(_request: Request) -> Response:
        """200 while the store answers, else 503."""
        try:
            await context.guests.people()
        except RoadshowError as problem:
            return JSONResponse({"status": "down", "code": problem.code}, 503)
        return JSONResponse({"status": "up"})

    async def metrics(_request: Request) -> Response:
        return PlainTextResponse("".join(f"{line}\n" for line in _lines(context)), media_type=METRICS_TYPE)

    return [Route("/health", health, name="health"), Route("/metrics", metrics, name="metrics")]


def _lines(context: DeskContext) -> Iterator[str]:
    yield "# HELP roadshow_sockets Open WebSocket connections."
    yield "# TYPE roadshow_sockets gauge"
    yield f"roadshow_sockets {context.traffic.sockets}"
    yield "# HELP roadshow_room_followers Audience sockets that follow a room."
    yield "# TYPE roadshow_room_followers gauge"
    for room in context.rooms:
        yield f'roadshow_room_followers{{room="{room}"}} {context.traffic.viewers(room)}'
