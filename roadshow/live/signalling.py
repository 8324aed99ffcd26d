"""WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep) over HTTP: offers in, answers out.

Whoever may publish or watch is decided by a ``SignallingGate``; a session, once made, is ruled by whoever knows its
unguessable id. Tokens travel as bearer tokens and no cookie is read, so pages of any origin may call.
"""

import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from roadshow.access.tokens import PublishGrant
from roadshow.errors import InputError, NotFound, RoadshowError, TooLarge, UnsupportedInput
from roadshow.ids import RoomId, is_slug
from roadshow.rooms.relay.config import Answer
from roadshow.rooms.relay.relay import ForwardingRelay
from roadshow.rooms.relay.sdp import MAX_OFFER

SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"
MAX_FRAGMENT = 16 * 1024
"""Bytes of a PATCH: a few candidates."""
_BEARER = re.compile(r"Bearer +([\x21-\x7e]{1,4096})", re.IGNORECASE)
_ETAG = re.compile(r'"([\x21\x23-\x7e]{1,64})"')
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Location, ETag, Link, Retry-After, Accept-Patch",
}
_PREFLIGHT = {
    "Access-Control-Allow-Headers": "Authorization, Content-Type, If-Match",
    "Access-Control-Max-Age": "86400",
}


class SignallingGate(Protocol):
    """Who may send media and who may get it. Both raise NotSignedIn, NotAllowed or NotFound; the first Unavailable,
    too."""

    async def may_publish(self, room: str, bearer: str | None) -> PublishGrant: ...

    def may_watch(self, room: str, bearer: str | None) -> RoomId: ...


class PreconditionRequired(RoadshowError):
    """A PATCH without If-Match."""

    status = 428


Handler = Callable[[Request], Awaitable[Response]]


def signalling_routes(relay: ForwardingRelay, gate: SignallingGate) -> list[Route]:
    """``/rooms/{room}/whip`` and ``/whep``, and the sessions below them."""

    async def publish(request: Request) -> Response:
        room, bearer = _room(request), _bearer(request)
        grant = await gate.may_publish(room, bearer)
        offer = await _text(request, SDP, MAX_OFFER)
        slides = request.query_params.get("as") == "slides"
        answer = await relay.publish(grant.room, grant.publisher, slides, offer)
        try:
            # Asked again, now that a revocation would find the session.
            await gate.may_publish(room, bearer)
        except RoadshowError:
            with suppress(NotFound):
                await relay.end(answer.session)
            raise
        return _created(request, relay, answer)

    async def watch(request: Request) -> Response:
        room = gate.may_watch(_room(request), _bearer(request))
        offer = await _text(request, SDP, MAX_OFFER)
        return _created(request, relay, await relay.watch(room, offer))

    async def change(request: Request) -> Response:
        if "if-match" not in request.headers:
            raise PreconditionRequired("relay.if-match")
        fragment = await _text(request, FRAGMENT, MAX_FRAGMENT)
        result = await relay.restart_or_trickle(request.path_params["session"], fragment, _etag(request))
        if result is None:
            return Response(status_code=204, headers=_CORS)
        return Response(result.fragment, media_type=FRAGMENT, headers={**_CORS, "ETag": f'"{result.etag}"'})

    async def end(request: Request) -> Response:
        await relay.end(request.path_params["session"])
        return Response(status_code=200, headers=_CORS)

    def collection(post: Handler) -> Handler:
        async def answer(request: Request) -> Response:
            if request.method == "OPTIONS":
                return _options("OPTIONS, POST", {"Accept-Post": SDP, **_links(relay)})
            return await post(request)

        return _answering(answer)

    async def session(request: Request) -> Response:
        if request.method == "OPTIONS":
            return _options("DELETE, OPTIONS, PATCH", {"Accept-Patch": FRAGMENT})
        return await (change(request) if request.method == "PATCH" else end(request))

    on_collection, on_session = ["OPTIONS", "POST"], ["DELETE", "OPTIONS", "PATCH"]
    return [
        Route("/rooms/{room}/whip", collection(publish), methods=on_collection, name="whip"),
        Route("/rooms/{room}/whep", collection(watch), methods=on_collection, name="whep"),
        Route("/rooms/{room}/whip/{session}", _answering(session), methods=on_session, name="whip-session"),
        Route("/rooms/{room}/whep/{session}", _answering(session), methods=on_session, name="whep-session"),
    ]


def _answering(handler: Handler) -> Handler:
    """Turn refusals into their status and code."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except RoadshowError as error:
            return refusal(error)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody reads it; a trace in the log would help nobody either

    return answer


def refusal(error: RoadshowError) -> Response:
    """``{"code": …, "details": …}`` with the error's status and what the client must know to go on."""
    headers = dict(_CORS)
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if "retry_after" in error.details:
        headers["Retry-After"] = str(error.details["retry_after"])
    body = msgspec.json.encode({"code": error.code, "details": dict(error.details)})
    return Response(body, error.status, headers, "application/json")


def _room(request: Request) -> str:
    room = str(request.path_params["room"])
    if not is_slug(room):
        raise NotFound("room.unknown")
    return room


def _bearer(request: Request) -> str | None:
    found = _BEARER.fullmatch(request.headers.get("authorization", "").strip())
    return found[1] if found else None


def _etag(request: Request) -> str:
    value = request.headers["if-match"].strip()
    if value == "*":
        return value
    found = _ETAG.fullmatch(value)
    return found[1] if found else ""


async def _text(request: Request, wanted: str, limit: int) -> str:
    """The body, if it has the wanted media type and is not longer than ``limit`` bytes."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != wanted:
        raise UnsupportedInput("relay.media-type", wanted=wanted)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise TooLarge("relay.sdp-size", limit=limit)
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise InputError("relay.encoding") from error


def _created(request: Request, relay: ForwardingRelay, answer: Answer) -> Response:
    response = Response(answer.sdp, 201, _CORS, SDP)
    response.headers["Location"] = f"{request.url.path}/{answer.session}"
    response.headers["ETag"] = f'"{answer.etag}"'
    response.headers["Accept-Patch"] = FRAGMENT
    for link in relay.ice_links():
        response.headers.append("Link", link)
    return response


def _links(relay: ForwardingRelay) -> dict[str, str]:
    links = relay.ice_links()
    return {"Link": ", ".join(links)} if links else {}


def _options(methods: str, extra: dict[str, str]) -> Response:
    allow = {"Allow": methods, "Access-Control-Allow-Methods": methods}
    return Response(status_code=204, headers={**_CORS, **_PREFLIGHT, **allow, **extra})
