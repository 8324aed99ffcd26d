"""A house's web: every route, and what stands around them."""

import re
import secrets
from collections.abc import Callable, Iterator
from typing import Any, cast

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router, WebSocketRoute
from starlette.types import ASGIApp, ExceptionHandler
from starlette.websockets import WebSocket
from typing_extensions import override

from roadshow.access.headers import HeadersMiddleware
from roadshow.access.media_limits import MediaLimitsMiddleware
from roadshow.access.nowhere import Nowhere
from roadshow.access.origin import OriginMiddleware
from roadshow.access.page_limits import PageLimitsMiddleware, Refuse
from roadshow.access.timing import TimingMiddleware
from roadshow.competitions.definition import Competition
from roadshow.desks import (
    audit,
    conflicts,
    judge,
    lines,
    media,
    objections,
    outside,
    people,
    pitch,
    practice,
    programme,
    public,
    receipts,
    screen,
    watch,
)
from roadshow.desks.calibration import pages as calibration
from roadshow.desks.comments import pages as comments
from roadshow.desks.context import DeskContext
from roadshow.desks.control import desk as control
from roadshow.desks.control import encoders
from roadshow.desks.entry import invitation, sign_in, sign_ins
from roadshow.desks.operator import operator
from roadshow.desks.paper import entering as paper_entering
from roadshow.desks.paper import own as paper_own
from roadshow.desks.paper import printing as paper_printing
from roadshow.desks.result import page as results
from roadshow.errors import TooMany, Unavailable
from roadshow.ids import CompetitionId
from roadshow.languages import message_for
from roadshow.live.connection import refusal as refused
from roadshow.live.hub import SHORTEST_RETRY_MS
from roadshow.live.socket import LiveEndpoint, turn_away
from roadshow.pages.pages import LANGUAGE_COOKIE, Pages
from roadshow.pages.static import StaticFiles
from roadshow.settings import Settings
from roadshow.show import Backstage, House
from roadshow.signalling.gate import Gate
from roadshow.signalling.routes import signalling_routes
from roadshow.signalling.seats import Seats
from roadshow.store.tenure import Standing
from roadshow.telemetry import Telemetry
from roadshow.texts import LANGUAGES

DESKS = (
    public,
    outside,
    watch,
    screen,
    results,
    invitation,
    judge,
    receipts,
    conflicts,
    calibration,
    pitch,
    objections,
    comments,
    practice,
    lines,
    control,
    audit,
    paper_entering,
    paper_printing,
    paper_own,
    media,
    encoders,
    people,
    sign_in,
    sign_ins,
)
COMPETITION = re.compile(r"/c/([^/]+)(?:/|$)")
SPREAD_S = 5
"""Seconds over which those come back who were turned away in one moment."""
REDIRECT_SLASHES = False
"""Starlette would send browsers to whatever host their request named."""


def application(house: House, shows: tuple[Backstage, ...]) -> Starlette:
    """All that is served. Each competition is at ``/c/<competition>``, the first one also without it."""
    current, settings = shows[0], house.settings
    contexts = [show.context for show in shows]
    seats = Seats(house.admission.viewing, house.steady.now)
    routes: list[BaseRoute] = [
        Nowhere(),
        *current.context.pages.routes(),
        *operator.routes(contexts, house.relay, house.telemetry, house.standing),
        *outside.routes_of_house(contexts, current.context.pages),
        *programme.routes(
            contexts, programme.pages_of_house(contexts[0], settings, several=house.several), is_home=house.several
        ),
        *(route for show in shows for route in _under_its_name(house, show, seats)),
        *_routes(house, current, seats),
    ]
    app = _Application(
        secure=settings.is_secure,
        media_from=settings.whep_redirect,
        telemetry=house.telemetry,
        routes=routes,
        middleware=[
            Middleware(OriginMiddleware, public_url=settings.public_url),
            Middleware(MediaLimitsMiddleware, limits=house.limits, places=settings.max_viewers),
            Middleware(
                PageLimitsMiddleware,
                limits=house.limits,
                pages=house.admission.pages,
                clock=house.steady,
                session=_sessions(contexts),
                refuse=_turning_away(current.context.pages),
            ),
        ],
        exception_handlers=_error_handlers({context.competition.id: context.pages for context in contexts}, current),
    )
    app.router.redirect_slashes = REDIRECT_SLASHES
    return app


def standby(settings: Settings, current: Competition, standing: Standing, static: StaticFiles) -> ASGIApp:
    """What a server answers that waits for another one to stop, or has been taken over: come back in a moment."""
    pages = Pages(current, settings, static=static)
    refusal = Unavailable("lease.waiting")

    async def come_back(_request: Request) -> Response:
        raise refusal

    async def not_yet(websocket: WebSocket) -> None:
        await websocket.accept()
        asked = websocket.query_params.get("lang", "")
        language = asked if asked in LANGUAGES else LANGUAGES[0]
        await turn_away(websocket, refusal, refused(None, refusal, message_for, language), SHORTEST_RETRY_MS)

    app = Starlette(
        routes=[
            *pages.routes(),
            *operator.health_routes(standing),
            WebSocketRoute("/{path:path}", not_yet),
            Route("/{path:path}", come_back, methods=["GET", "POST", "PATCH", "DELETE"]),
        ],
        exception_handlers=pages.error_handlers(),
    )
    return HeadersMiddleware(app, secure=settings.is_secure, media_from=None)


def _under_its_name(house: House, show: Backstage, seats: Seats) -> Iterator[BaseRoute]:
    """All of a competition's addresses, and the way to the first of them for whoever left out the slash."""
    name = f"/c/{show.competition.id}"

    async def to_its_home(_request: Request) -> Response:
        return RedirectResponse(f"{name}/", 308)

    yield show.context.guarded(name, to_its_home, "home")
    yield Mount(name, app=Router(_routes(house, show, seats), redirect_slashes=REDIRECT_SLASHES))


def _routes(house: House, show: Backstage, seats: Seats) -> list[BaseRoute]:
    """A competition's own."""
    context = show.context
    live = LiveEndpoint(
        context.door,
        house.limits,
        show.hub,
        show.families,
        context.clock,
        message_for,
        LANGUAGES,
        context.voters,
        context.telemetry,
        show.competition.id,
        house.admission,
        house.speaking,
        house.steady,
    )
    gate = Gate(context.tokens, context.rooms, context.guests, context.crew)
    overflow = (house.settings.whep_redirect or "").replace("{competition}", show.competition.id) or None
    return [
        WebSocketRoute("/live", live.serve, name="live"),
        *signalling_routes(show.relay, gate, overflow, seats, show.given, show.competition.id),
        *(route for desk in DESKS for route in desk.routes(context)),
    ]


def _sessions(contexts: list[DeskContext]) -> Callable[[HTTPConnection], str]:
    """All that a browser shows to any of the competitions, as each has a cookie of its own."""

    def shown(connection: HTTPConnection) -> str:
        return " ".join(sorted({one for context in contexts if (one := context.door.session(connection))}))

    return shown


def _turning_away(pages: Pages) -> Refuse:
    """The same page for all who are refused for one reason in one language: made once, since a flood asks for many. It
    comes back by itself, everybody at a time of their own."""
    made: dict[tuple[str, str, bool], Response] = {}

    def refuse(connection: HTTPConnection, error: TooMany) -> Response:
        reads = "text/html" in connection.headers.get("accept", "")
        language = pages.language(Request(connection.scope))
        known = made.get((error.code, language, reads))
        if known is None:
            nobody = _nobody(language, "text/html" if reads else "*/*")
            known = made[error.code, language, reads] = pages.error(nobody, error.code, error.status, error.details)
        answer = Response(known.body, known.status_code, known.headers)
        answer.headers["Retry-After"] = str(error.retry_after)
        answer.headers["Refresh"] = str(error.retry_after + secrets.randbelow(SPREAD_S))
        return answer

    return refuse


def _nobody(language: str, accept: str) -> Request:
    """A request of which nothing may stand in what many are shown."""
    headers = [(b"accept", accept.encode()), (b"cookie", f"{LANGUAGE_COOKIE}={language}".encode())]
    return Request({"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": headers})


def _error_handlers(pages: dict[CompetitionId, Pages], current: Backstage) -> dict[Any, ExceptionHandler]:
    """An error's page is of the competition in whose address it happened."""
    handlers = {name: those.error_handlers() for name, those in pages.items()}

    def of(kind: Any) -> ExceptionHandler:
        async def answer(request: Request, error: Exception) -> Response:
            found = COMPETITION.match(request.scope["path"])
            name = CompetitionId(found[1]) if found else current.competition.id
            chosen: Any = handlers.get(name, handlers[current.competition.id])[kind]
            response: Response = await chosen(request, error)
            return response

        return cast("ExceptionHandler", answer)

    return {kind: of(kind) for kind in current.context.pages.error_handlers()}


class _Application(Starlette):
    """Headers go around everything, also around what Starlette answers when a page fails."""

    def __init__(self, *, secure: bool, media_from: str | None, telemetry: Telemetry, **options: Any) -> None:
        super().__init__(**options)
        self._telemetry = telemetry
        self._secure = secure
        self._media_from = media_from

    @override
    def build_middleware_stack(self) -> ASGIApp:
        timed = TimingMiddleware(super().build_middleware_stack(), self._telemetry)
        return HeadersMiddleware(timed, secure=self._secure, media_from=self._media_from)
