"""Which pages may act on behalf of somebody's cookie: our own, nobody else's.

Unsafe methods and WebSocket handshakes must come with our own Origin. Without one (no browser of this decade) they are
refused if they carry a cookie; a WebSocket is refused in any case. WHIP and WHEP are exempt: no
browser sends a bearer token of itself.
"""

import ipaddress
import logging
import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from roadshow.addresses.origins import canonical

log = logging.getLogger(__name__)

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
EXEMPT = re.compile(r"(?:/c/[^/]+)?/rooms/[^/]+/(whip|whep)(/.*)?")
_TOKEN = re.compile(r"(?<=/i/)[^/]+|[A-Za-z0-9_-]{32,}")
"""An invitation's, or what is as long as one, wherever in an address it stands: mangled links lead to all kinds. It may
well be unused, as this request was refused: what stands in a log must open nothing."""
OWN_FETCH_SITES = frozenset({"same-origin", "none"})
"""``Sec-Fetch-Site`` of our own pages and of what people do in the browser's own bars."""


def is_own_origin(origin: str, public_url: str, scheme: str, host: str) -> bool:
    """Whether ``origin`` is ours: that of ``public_url``; and on plain HTTP also the address the request itself went
    to, if that is a number or ``localhost``. A name would not do: anybody may let one lead here (DNS rebinding)."""
    said = canonical(origin)
    if said is None:
        return False
    if said == canonical(public_url):
        return True
    if public_url.startswith("https://") or said != canonical(f"{scheme}://{host}"):
        return False
    name = urlsplit(said).hostname or ""
    try:
        return name == "localhost" or ipaddress.ip_address(name) is not None
    except ValueError:
        return False


class OriginMiddleware:
    def __init__(self, app: ASGIApp, public_url: str) -> None:
        self._app = app
        self._public_url = public_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and not self._may_pass(scope):
            method, path = scope.get("method", "WebSocket"), _TOKEN.sub("…", scope["path"])
            log.warning("refused: from a foreign origin", extra={"method": method[:20], "path": path[:100]})
            # Nobody's browser shows this; it is for whoever looks into the network log.
            response = PlainTextResponse("origin.foreign\n", status_code=403)
            await response(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _may_pass(self, scope: Scope) -> bool:
        is_socket = scope["type"] == "websocket"
        if not is_socket and (scope["method"] in SAFE_METHODS or EXEMPT.fullmatch(scope["path"])):
            return True
        headers = Headers(scope=scope)
        if headers.get("sec-fetch-site", "same-origin") not in OWN_FETCH_SITES:
            return False
        origin = headers.get("origin")
        if origin is None:
            return not is_socket and "cookie" not in headers
        scheme = scope["scheme"].replace("ws", "http")
        return is_own_origin(origin, self._public_url, scheme, headers.get("host", ""))
