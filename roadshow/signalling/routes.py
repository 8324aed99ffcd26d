"""WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep) over HTTP: offers in, answers out. docs/whip.md goes through both,
requirement by requirement.

Whoever may publish or watch is decided by a ``SignallingGate``; a session, once made, is ruled by whoever knows its
unguessable id. Tokens travel as bearer tokens and no cookie is read, so pages of any origin may call.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Protocol, TypeAlias

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from roadshow.access.admission.viewing import Viewing
from roadshow.access.limits import client_address
from roadshow.access.tokens import PublishGrant
from roadshow.clock import SteadyClock
from roadshow.errors import (
    InputError,
    NotAllowed,
    NotFound,
    NotSignedIn,
    RoadshowError,
    TooLarge,
    TooMany,
    Unavailable,
    UnsupportedInput,
)
from roadshow.fields.rooms import side_room
from roadshow.ids import RoomId, is_slug
from roadshow.languages import DEFAULT, message_for, negotiate
from roadshow.rooms.feeds.encoders import MAIN
from roadshow.rooms.relay.config import Answer
from roadshow.rooms.relay.relay import ForwardingRelay
from roadshow.rooms.relay.share import Share
from roadshow.rooms.relay.wire.sdp import MAX_OFFER
from roadshow.signalling.bodies import MAX_BODY, read_card, read_choice
from roadshow.signalling.conditions import patched, tags
from roadshow.signalling.gate import WatchGrant
from roadshow.signalling.given import Given
from roadshow.signalling.seats import Seats, ViewerSeat

SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"
JSON = "application/json"
MAX_FRAGMENT = 16 * 1024
"""Bytes of a PATCH: a few candidates."""
REDIRECTED = "redirected"
"""Query parameter of whoever was sent on once: two full servers must not send viewers to and fro."""
_BEARER = re.compile(r"Bearer +([\x21-\x7e]{1,4096})", re.IGNORECASE)
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Location, ETag, Link, Retry-After, Accept-Patch, Accept-Post, WWW-Authenticate",
}
_PREFLIGHT = {
    # No cookie is read, so no header of a page's own is worth a refusal. "*" stands for all but Authorization.
    "Access-Control-Allow-Headers": "Authorization, Content-Type, If-Match, Link, *",
    "Access-Control-Max-Age": "86400",
}


class SignallingGate(Protocol):
    """Who may send media and who may get it. Both raise NotSignedIn, NotAllowed, NotFound or Unavailable."""

    async def may_publish(self, room: str, bearer: str | None) -> PublishGrant: ...

    async def may_watch(self, room: str, bearer: str | None) -> WatchGrant: ...


class _Open(Route):
    """Pages of any origin may read its refusal of other methods, too."""

    @override
    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.methods is None or scope["method"] in self.methods:
            await super().handle(scope, receive, send)
            return
        allowed = {**_CORS, "Allow": ", ".join(sorted(self.methods))}
        await Response(status_code=405, headers=allowed)(scope, receive, send)


Relay: TypeAlias = ForwardingRelay | Share
"""The whole of it, or one competition's part."""
Handler = Callable[[Request], Awaitable[Response]]


def signalling_routes(
    relay: Relay,
    gate: SignallingGate,
    overflow: str | None = None,
    shared: Seats | None = None,
    given: Given | None = None,
    competition: str = "",
) -> list[Route]:
    """``/rooms/{room}/whip`` and ``/whep``, and the sessions below them. ``overflow``: where viewers go when there is
    no place for them, an address of WHEP in which ``{room}`` stands for the room. ``shared``: the seats of all who
    watch in the house; None: of those who watch here. ``given``: where to note which sign-in sends and gets what; None:
    nobody asks. ``competition``: whose people are counted apart from another's of the same names."""
    noted = given or Given()
    seats = shared or Seats(Viewing(relay.max_viewers), SteadyClock().now)

    async def publish(request: Request) -> Response:
        room, bearer = _room(request), _bearer(request)
        grant = await gate.may_publish(room, bearer)
        offer = await _text(request, SDP, MAX_OFFER)
        slides = request.query_params.get("as") == "slides"
        answer = await relay.publish(grant.room, grant.publisher, slides, offer, grant.encoder or MAIN)
        noted.add(grant, answer.session)
        await _still(gate.may_publish(room, bearer), relay, answer)
        return _created(request, relay, answer)

    async def watch(request: Request) -> Response:
        bearer = _bearer(request)
        grant = await gate.may_watch(_room(request), bearer)
        room, offer = grant.room, await _text(request, SDP, MAX_OFFER)
        person = None if grant.person is None else f"{competition}/{grant.person}"
        try:
            seat = seats.take(client_address(request), person)
            answer = await _seated(relay, room, offer, seat)
        except (TooMany, Unavailable):
            # A side room is here alone: another server has nobody in it.
            if overflow is None or REDIRECTED in request.query_params or side_room(room) is not None:
                raise
            return _sent_on(overflow, room)
        if grant.person is not None and grant.sign_in is not None:
            noted.watches(grant.person, grant.sign_in, answer.session)
            seat.when_left = partial(noted.watches_no_more, grant.sign_in, answer.session)
        await _still(_unchanged(grant, gate.may_watch(room, bearer)), relay, answer)
        return _created(request, relay, answer)

    async def may_publish(request: Request) -> None:
        await gate.may_publish(_room(request), _bearer(request))

    async def may_watch(request: Request) -> None:
        await gate.may_watch(_room(request), _bearer(request))

    async def change(request: Request) -> Response:
        fragment = await _text(request, FRAGMENT, MAX_FRAGMENT)
        result = await patched(relay, request.path_params["session"], fragment, tags(request))
        if result is None:
            return Response(status_code=204, headers=_CORS)
        headers = {**_CORS, "ETag": f'"{result.etag}"'}
        # What a restart gathers, it allocates anew: the first answer's credentials may have had their time.
        headers |= _linked(relay.session_links(request.path_params["session"]))
        return Response(result.fragment, media_type=FRAGMENT, headers=headers)

    async def end(request: Request) -> Response:
        await relay.end(request.path_params["session"])
        return Response(status_code=200, headers=_CORS)

    def collection(post: Handler, may: Callable[[Request], Awaitable[None]], media_type: str | None) -> Handler:
        """``may`` raises as the gate does; ``media_type`` goes with the empty answer to GET and HEAD."""

        async def answer(request: Request) -> Response:
            if request.method == "POST":
                return await post(request)
            links: dict[str, str] = {}
            if request.method != "OPTIONS":
                # Nothing is there to see (RFC 9725, section 4.1), and for that nobody need prove who they are.
                with suppress(NotSignedIn, NotAllowed, Unavailable):
                    await may(request)
                return Response(b"", 204 if media_type is None else 200, _CORS, media_type)
            # TURN credentials are not for strangers, nor for a browser's preflight (section 4.6).
            if not _is_preflight(request):
                with suppress(RoadshowError):
                    await may(request)
                    # No session yet: all who ask from one address are one client.
                    links = _linked(relay.ice_links(f"at {client_address(request)}", invited=media_type is None))
            return _options("GET, HEAD, OPTIONS, POST", {"Accept-Post": SDP, **links})

        return _answering(answer)

    async def session(request: Request) -> Response:
        if request.method == "OPTIONS":
            return _options("DELETE, GET, HEAD, OPTIONS, PATCH", {"Accept-Patch": FRAGMENT})
        if request.method == "PATCH":
            return await change(request)
        if request.method == "DELETE":
            return await end(request)
        if relay.connected(request.path_params["session"]) is None:
            raise NotFound("relay.session")
        return Response(status_code=204, headers=_CORS)

    async def layer(request: Request) -> Response:
        """A viewer's own choice of quality, and what it is sent."""
        session = request.path_params["session"]
        if request.method == "OPTIONS":
            return _options("GET, OPTIONS, POST", {"Accept-Post": JSON})
        if request.method == "POST":
            await relay.choose(session, read_choice(await _text(request, JSON, MAX_BODY)))
            return Response(status_code=204, headers=_CORS)
        received = await relay.received(session)
        return Response(msgspec.json.encode(received), 200, {**_CORS, "Cache-Control": "no-store"}, JSON)

    async def picture(request: Request) -> Response:
        """How a publisher's pictures are seen, and why they are not."""
        if request.method == "OPTIONS":
            return _options("GET, OPTIONS", {})
        report = await relay.report(request.path_params["session"])
        return Response(msgspec.json.encode(report), 200, {**_CORS, "Cache-Control": "no-store"}, JSON)

    async def card(request: Request) -> Response:
        """Whether a publisher's name stands for their camera."""
        if request.method == "OPTIONS":
            return _options("OPTIONS, POST", {"Accept-Post": JSON})
        await relay.show_card(request.path_params["session"], read_card(await _text(request, JSON, MAX_BODY)))
        return Response(status_code=204, headers=_CORS)

    on_collection, on_session = ["GET", "OPTIONS", "POST"], ["DELETE", "GET", "OPTIONS", "PATCH"]
    on_layer = ["GET", "OPTIONS", "POST"]
    # By its type players know an address of WHEP.
    publishing, watching = collection(publish, may_publish, None), collection(watch, may_watch, SDP)
    return [
        _Open("/rooms/{room}/whip", publishing, methods=on_collection, name="whip"),
        _Open("/rooms/{room}/whep", watching, methods=on_collection, name="whep"),
        _Open("/rooms/{room}/whip/{session}", _answering(session), methods=on_session, name="whip-session"),
        _Open(
            "/rooms/{room}/whip/{session}/picture", _answering(picture), methods=["GET", "OPTIONS"], name="whip-picture"
        ),
        _Open("/rooms/{room}/whip/{session}/card", _answering(card), methods=["OPTIONS", "POST"], name="whip-card"),
        _Open("/rooms/{room}/whep/{session}", _answering(session), methods=on_session, name="whep-session"),
        _Open("/rooms/{room}/whep/{session}/layer", _answering(layer), methods=on_layer, name="whep-layer"),
    ]


async def _seated(relay: Relay, room: RoomId, offer: str, seat: ViewerSeat) -> Answer:
    """Once there is a session, it and the seat end together."""
    try:
        answer = await relay.watch(room, offer, seat)
    except BaseException:
        seat.left()
        raise
    seat.place.when_lost = partial(relay.drop, answer.session)
    return answer


async def _unchanged(grant: WatchGrant, asked: Awaitable[WatchGrant]) -> None:
    """Whose access ended meanwhile would be of the audience, in a place that is kept for people."""
    again = await asked
    if grant.person is not None and again != grant:
        raise NotSignedIn("whip.token")


async def _still(allowed: Awaitable[object], relay: ForwardingRelay | Share, answer: Answer) -> None:
    """Asked again, now that a revocation would find the session: if not, it ends."""
    try:
        await allowed
    except RoadshowError:
        with suppress(NotFound):
            await relay.end(answer.session)
        raise


def _answering(handler: Handler) -> Handler:
    """Turn refusals into their status and code."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except RoadshowError as error:
            language = negotiate(None, None, request.headers.get("accept-language"))
            return refusal(error, _challenge(error, request), language)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody reads it; a trace in the log would help nobody either

    return answer


def refusal(error: RoadshowError, more: Mapping[str, str] | None = None, language: str = DEFAULT) -> Response:
    """``{"code": …, "details": …, "message": …}`` with its status and what the client must know to go on; ``more``
    headers. The message is for whoever reads an encoder's log."""
    headers = {**_CORS, **(more or {})}
    if "retry_after" in error.details:
        headers["Retry-After"] = str(error.details["retry_after"])
    words = message_for(error.code, error.details, language)
    body = msgspec.json.encode({"code": error.code, "details": dict(error.details), "message": words})
    return Response(body, error.status, headers, "application/json")


def _challenge(error: RoadshowError, request: Request) -> dict[str, str]:
    """What RFC 6750, section 3, says to whom no or no sufficient token was shown; and to a wrong media type, which
    there is (RFC 5789, section 2.2)."""
    if error.status == 401:
        reason = "" if _bearer(request) is None else ', error="invalid_token"'
        return {"WWW-Authenticate": f'Bearer realm="roadshow"{reason}'}
    if error.status == 403:
        return {"WWW-Authenticate": 'Bearer realm="roadshow", error="insufficient_scope"'}
    if error.status == 415:
        if request.method == "PATCH":
            return {"Accept-Patch": FRAGMENT}
        return {"Accept-Post": str(error.details.get("wanted", SDP))}
    return {}


def _room(request: Request) -> str:
    room = str(request.path_params["room"])
    if not is_slug(room):
        raise NotFound("room.unknown")
    return room


def _bearer(request: Request) -> str | None:
    found = _BEARER.fullmatch(request.headers.get("authorization", "").strip())
    return found[1] if found else None


def _is_preflight(request: Request) -> bool:
    """A browser asks before another request, for what headers it may read anyway."""
    wanted = request.headers.get("access-control-request-headers", "").lower().split(",")
    return "access-control-request-method" in request.headers and "link" not in map(str.strip, wanted)


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


def _created(request: Request, relay: Relay, answer: Answer) -> Response:
    response = Response(answer.sdp, 201, _CORS, SDP)
    response.headers["Location"] = f"{request.scope['path']}/{answer.session}"
    response.headers["ETag"] = f'"{answer.etag}"'
    response.headers["Accept-Patch"] = FRAGMENT
    for link in relay.session_links(answer.session):
        response.headers.append("Link", link)
    return response


def _sent_on(overflow: str, room: str) -> Response:
    """Only 307 keeps the POST a POST (RFC 9725, section 4.5)."""
    address = overflow.replace("{room}", room)
    where = f"{address}{'&' if '?' in address else '?'}{REDIRECTED}=1"
    return Response(status_code=307, headers={**_CORS, "Location": where})


def _linked(links: list[str]) -> dict[str, str]:
    return {"Link": ", ".join(links)} if links else {}


def _options(methods: str, extra: dict[str, str]) -> Response:
    allow = {"Allow": methods, "Access-Control-Allow-Methods": methods}
    return Response(status_code=204, headers={**_CORS, **_PREFLIGHT, **allow, **extra})
