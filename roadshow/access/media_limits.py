"""How often one address may ask for media.

Refused tokens are not counted apart: they cannot be guessed, and one guest who tried would lock a whole hall out.
"""

from dataclasses import replace

import msgspec
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from roadshow.access.limits import MEDIA_CHANGES_FROM_ADDRESS, MEDIA_FROM_ADDRESS, Limits, Rule, client_address
from roadshow.access.origin import EXEMPT as MEDIA_PATHS
from roadshow.access.rates import spend_from
from roadshow.errors import TooMany

_CHANGING = frozenset({"DELETE", "PATCH", "POST"})


OFFERS_A_PLACE, CHANGES_A_PLACE = 2, 4
"""Times a minute that every viewer there is room for may come from one address: a hall whose network returns."""


def media_rules(places: int) -> tuple[Rule, Rule]:
    """How often one address may make offers, and change sessions, in a house of so many places."""
    return (
        replace(MEDIA_FROM_ADDRESS, amount=max(MEDIA_FROM_ADDRESS.amount, OFFERS_A_PLACE * places)),
        replace(MEDIA_CHANGES_FROM_ADDRESS, amount=max(MEDIA_CHANGES_FROM_ADDRESS.amount, CHANGES_A_PLACE * places)),
    )


class MediaLimitsMiddleware:
    """Counts offers to WHIP and WHEP before they are looked at, as each costs a handshake, and apart from them what is
    asked of sessions."""

    def __init__(self, app: ASGIApp, limits: Limits, places: int = 0) -> None:
        self._app = app
        self._limits = limits
        self._offers, self._changes = media_rules(places)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = MEDIA_PATHS.fullmatch(scope["path"]) if scope["type"] == "http" else None
        if found is None or scope["method"] not in _CHANGING:
            await self._app(scope, receive, send)
            return
        rule = self._changes if found[2] else self._offers
        try:
            await spend_from(self._limits, rule, client_address(HTTPConnection(scope)))
        except TooMany as error:
            body = msgspec.json.encode({"code": error.code, "details": dict(error.details)})
            headers = {"Retry-After": str(error.retry_after), "Access-Control-Allow-Origin": "*"}
            headers["Access-Control-Expose-Headers"] = "Retry-After"
            await Response(body, error.status, headers, "application/json")(scope, receive, send)
            return
        await self._app(scope, receive, send)
