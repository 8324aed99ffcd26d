"""The line check over HTTP, for whoever has a desk: begin, stop, what was measured."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from roadshow.access.admission.origins import origin_of
from roadshow.access.limits import LINE_CHECKS_OF_PERSON, client_address
from roadshow.desks.context import DeskContext, signed_in
from roadshow.desks.grants import hold_of
from roadshow.errors import InputError
from roadshow.ids import PersonId
from roadshow.rooms.lines.verdict import Figures

MOST_BYTES = 1024
"""Of figures: six numbers and two words."""
_FIGURES = msgspec.json.Decoder(Figures)


def routes(context: DeskContext) -> list[Route]:
    async def check(request: Request) -> Response:
        person = signed_in(request)
        if request.method == "DELETE":
            context.lines.end(person.id, _check(request))
            return Response(status_code=204)
        await context.limits.spend(LINE_CHECKS_OF_PERSON, f"{context.competition.id}/{person.id}")
        hold = await hold_of(context, request, person)
        begun = context.lines.begin(person.id)
        room = begun.room.id
        token = context.tokens.publish_token(room, begun.room.publisher, begun.until, **hold)
        return _json({"whip": f"{context.base}/rooms/{room}/whip", "token": token, "check": begun.check})

    async def figures(request: Request) -> Response:
        person = signed_in(request)
        told = await context.lines.finish(person.id, _check(request), await _figures(request), _network(request))
        return _json(told)

    return [
        context.guarded("/as/{person}/line", check, "line-check", methods=("POST", "DELETE")),
        context.guarded("/as/{person}/line/figures", figures, "line-figures", methods=("POST",)),
    ]


async def line_page(context: DeskContext, request: Request, person: PersonId) -> dict[str, Any]:
    """The page data's ``line``: where a check is asked for, which UDP port must be open, and what came of the last.
    Raises Unavailable."""
    last = await context.lines.of(person, _network(request))
    return {
        "address": f"{context.base}/as/{person}/line",
        "port": context.relay.udp_port,
        "last": msgspec.to_builtins(last),
    }


def _check(request: Request) -> str:
    """The id that was given at the beginning."""
    return request.query_params.get("check", "")


def _network(request: Request) -> str:
    """Providers move people within it."""
    return origin_of(client_address(request)).wide


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json", headers={"Cache-Control": "no-store"})


async def _figures(request: Request) -> Figures:
    """Raises InputError("message.malformed")."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise InputError("message.malformed")
    try:
        return _FIGURES.decode(body)
    except (msgspec.DecodeError, UnicodeError):
        raise InputError("message.malformed") from None
