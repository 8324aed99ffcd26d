"""A show's web: every route, what stands around them, and who may publish or watch."""

from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.types import ASGIApp
from typing_extensions import override

from roadshow.access.headers import HeadersMiddleware
from roadshow.access.limits import Limits
from roadshow.access.media_limits import MediaLimitsMiddleware
from roadshow.access.origin import OriginMiddleware
from roadshow.access.timing import TimingMiddleware
from roadshow.desks import control, invitation, judge, media, people, pitch, public, results, screen, watch
from roadshow.desks.context import DeskContext
from roadshow.desks.operator import operator
from roadshow.languages import message_for
from roadshow.live.families import FAMILIES
from roadshow.live.family import Families, Services
from roadshow.live.hub import Hub
from roadshow.live.socket import LiveEndpoint
from roadshow.rooms.relay.relay import ForwardingRelay
from roadshow.signalling.gate import Gate
from roadshow.signalling.routes import signalling_routes
from roadshow.telemetry import Telemetry
from roadshow.texts import LANGUAGES

DESKS = (public, watch, screen, results, invitation, judge, pitch, control, media, people, operator)


def application(
    context: DeskContext, relay: ForwardingRelay, hub: Hub, services: Services, limits: Limits
) -> Starlette:
    """All that is served."""
    families = Families(family(services) for family in FAMILIES)
    live = LiveEndpoint(
        context.door,
        limits,
        hub,
        families,
        context.clock,
        message_for,
        LANGUAGES,
        context.voters,
        context.telemetry,
    )
    routes: list[BaseRoute] = [
        WebSocketRoute("/live", live.serve, name="live"),
        *signalling_routes(
            relay, Gate(context.tokens, context.rooms, context.guests), overflow=context.settings.whep_redirect
        ),
        *context.pages.routes(),
    ]
    for desk in DESKS:
        routes += desk.routes(context)
    app = _Application(
        secure=context.settings.is_secure,
        media_from=context.settings.whep_redirect,
        telemetry=context.telemetry,
        routes=routes,
        middleware=[
            Middleware(OriginMiddleware, public_url=context.settings.public_url),
            Middleware(MediaLimitsMiddleware, limits=limits, places=context.settings.max_viewers),
        ],
        exception_handlers=context.pages.error_handlers(),
    )
    # It would send browsers to whatever host their request named.
    app.router.redirect_slashes = False
    return app


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
