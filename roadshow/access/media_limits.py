"""How often one address may ask for media.

Refused tokens are not counted apart: they cannot be guessed, and one guest who tried would lock a whole hall out.
"""

import msgspec
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from roadshow.access.limits import MEDIA_CHANGES_FROM_ADDRESS, MEDIA_FROM_ADDRESS, Limits, client_address
from roadshow.access.origin import EXEMPT as MEDIA_PATHS
from roadshow.errors import TooMany

_CHANGING = frozenset({"DELETE", "PATCH", "POST"})


class MediaLimitsMiddleware:
    """Counts offers to WHIP and WHEP before they are looked at, as each costs a handshake, and apart from them what is
    asked of sessions."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = MEDIA_PATHS.fullmatch(scope["path"]) if scope["type"] == "http" else None
        if found is None or scope["method"] not in _CHANGING:
            await self._app(scope, receive, send)
            return
        rule = MEDIA_CHANGES_FROM_ADDRESS if found[2] else MEDIA_FROM_ADDRESS
        try:
            await self._limits.spend(rule, client_address(HTTPConnection(scope)))
        except TooMany as error:
            body = msgspec.json.encode({"code": error.code, "details": dict(error.details)})
            headers = {"Retry-After": str(error.retry_after), "Access-Control-Allow-Origin": "*"}
            headers["Access-Control-Expose-Headers"] = "Retry-After"
            await Response(body, error.status, headers, "application/json")(scope, receive, send)
            return
        await self._app(scope, receive, send)
