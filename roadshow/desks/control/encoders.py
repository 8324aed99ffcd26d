"""The encoders of a room's feed, on its control desk: how each is doing, its token, and what a host may do about it."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from roadshow.desks.context import DeskContext, signed_in
from roadshow.errors import Unavailable
from roadshow.ids import EncoderId, RoomId
from roadshow.rooms.feeds.encoders import NONE_KEPT, RoomEncoders, in_order
from roadshow.rooms.relay.feeds.places import EncoderStats

NEVER = "never"
"""No connection of it since the server began."""
RENEWED = "renewed"
"""Its token was withdrawn, and nobody came with the new one yet."""


def routes(context: DeskContext) -> list[Route]:
    async def encoder(request: Request) -> Response:
        """What its machine is set up with."""
        room, name = _named(context, request)
        return _told(_setup(context, room, name, await context.crew.generation(room, name)))

    async def withdraw(request: Request) -> Response:
        """Ends its token, and what was opened with it; answers with the next one."""
        room, name = _named(context, request)
        by = signed_in(request)
        with context.telemetry.act("feed.withdraw", who=by.id, role=by.role.value, field=room, whom=name):
            generation = await context.crew.withdraw(room, name)
        return _told(_setup(context, room, name, generation))

    async def first(request: Request) -> Response:
        """It goes before all others of the feed: at once, if it is heard."""
        room, name = _named(context, request)
        by = signed_in(request)
        with context.telemetry.act("feed.first", who=by.id, role=by.role.value, field=room, whom=name):
            await context.crew.put_first(room, name)
        return Response(status_code=204)

    path = "/as/{person}/control/{room}/feed/{encoder}"
    return [
        context.guarded(path, encoder, "encoder"),
        context.guarded(f"{path}/withdraw", withdraw, "encoder-withdraw", methods=("POST",)),
        context.guarded(f"{path}/first", first, "encoder-first", methods=("POST",)),
    ]


async def encoders_of(context: DeskContext, room: RoomId) -> list[dict[str, Any]]:
    """For the desk's figures; js/control/encoders.js has their type. Also while the store is away."""
    try:
        kept = await context.crew.of(room)
    except Unavailable:
        kept = NONE_KEPT
    return encoders_view(kept, context.relay.encoders(room))


def encoders_view(kept: RoomEncoders, seen: tuple[EncoderStats, ...]) -> list[dict[str, Any]]:
    """All there are, in their order. ``slides`` is None for one that never sent slides alone."""
    here = {one.encoder: one for one in seen}
    return [
        {
            "encoder": name,
            "picture": (one.picture or one.slides) if one else RENEWED if kept.generation(name) else NEVER,
            "slides": one.slides if one and one.picture else None,
            "disputed": one is not None and one.disputed,
            "first": name == kept.first,
        }
        for name in in_order({*kept.names, *here})
        for one in (here.get(name),)
    ]


def _setup(context: DeskContext, room: RoomId, encoder: EncoderId, generation: int) -> dict[str, str]:
    return {
        "server": f"{context.settings.public_url}/c/{context.competition.id}/rooms/{room}/whip",
        "token": context.tokens.encoder_token(room, encoder, generation),
    }


def _named(context: DeskContext, request: Request) -> tuple[RoomId, EncoderId]:
    return context.room(request).id, EncoderId(request.path_params["encoder"])


def _told(body: dict[str, str]) -> Response:
    return Response(msgspec.json.encode(body), media_type="application/json", headers={"Cache-Control": "no-store"})
