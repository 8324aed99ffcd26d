"""How often one address may ask for media.

Refused tokens are not counted apart: they cannot be guessed, and one guest who tried would lock a whole hall out.
"""

import msgspec
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from roadshow.access.limits import MEDIA_FROM_ADDRESS, Limits, client_address
from roadshow.access.origin import EXEMPT as MEDIA_PATHS
from roadshow.errors import TooMany


class MediaLimitsMiddleware:
    """Counts POSTs to WHIP and WHEP before they are looked at: an offer costs a handshake."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or not MEDIA_PATHS.fullmatch(scope["path"]):
            await self._app(scope, receive, send)
            return
        try:
            await self._limits.spend(MEDIA_FROM_ADDRESS, client_address(HTTPConnection(scope)))
        except TooMany as error:
            body = msgspec.json.encode({"code": error.code, "details": dict(error.details)})
            headers = {"Retry-After": str(error.retry_after), "Access-Control-Allow-Origin": "*"}
            await Response(body, error.status, headers, "application/json")(scope, receive, send)
            return
        await self._app(scope, receive, send)
