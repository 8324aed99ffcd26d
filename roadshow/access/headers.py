"""What every response tells the browser to forbid, and the id by which the log knows the request.

Into ``request.state``: ``request_id``.
"""

import re
import secrets

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from roadshow import logs
from roadshow.addresses.origins import origin_and_rest

CAPTURE_PATHS = re.compile(r"(?:/c/[^/]+)?/as/[^/]+/(?:pitch(?:/[^/]+)?|practice)")
"""Pages that may use camera, microphone and screen."""
TOKEN_PATHS = re.compile(r"(?:/c/[^/]+)?/i/.*")
"""Pages whose address is a secret: what they load and where they lead must not name it in a Referer, which proxies
log."""
HSTS = "max-age=31536000"
"""A year; without subdomains, which are not ours to decide about."""

_CAPTURE = "camera={0}, microphone={0}, display-capture={0}"
_FEATURES = (
    "accelerometer=(), autoplay=(self), fullscreen=(self), geolocation=(), gyroscope=(), magnetometer=(), midi=(), "
    "payment=(), picture-in-picture=(self), screen-wake-lock=(self), usb=()"
)


def content_security_policy(connect: str = "") -> str:
    """``connect``: an origin that pages may connect to, beside their own. Scripts are files of ours alone: a page that
    is the same for everybody can hold no nonce, and blocks of JSON are no scripts."""
    sources = f"'self' {connect}".rstrip()
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "
        "img-src 'self' blob: data:; media-src 'self' blob: data:; manifest-src 'self'; "
        f"connect-src {sources}; "
        "worker-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
    )


def headers_for(*, secure: bool, media_from: str | None, captures: bool = False) -> tuple[tuple[str, str], ...]:
    """Of every answer. ``secure``: people come over TLS. ``media_from``: another server's address to which viewers may
    be sent. ``captures``: the page is one of ``CAPTURE_PATHS``."""
    connect = origin_and_rest(media_from)[0] if media_from else ""
    headers = (
        ("Content-Security-Policy", content_security_policy(connect)),
        ("Permissions-Policy", f"{_CAPTURE.format('(self)' if captures else '()')}, {_FEATURES}"),
        # Not no-referrer: with that, browsers send our own forms with "Origin: null", which nobody can trust.
        ("Referrer-Policy", "same-origin"),
        ("X-Content-Type-Options", "nosniff"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
    )
    return (*headers, ("Strict-Transport-Security", HSTS)) if secure else headers


class HeadersMiddleware:
    """A response's own value of a header wins: a deck, say, is served under a stricter policy of its own."""

    def __init__(self, app: ASGIApp, *, secure: bool, media_from: str | None = None) -> None:
        """As ``headers_for``."""
        self._app = app
        self._headers = {
            captures: headers_for(secure=secure, media_from=media_from, captures=captures) for captures in (False, True)
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        request_id = secrets.token_hex(6)
        scope.setdefault("state", {}).update(request_id=request_id)
        logs.of_request(request_id)
        has_secret = TOKEN_PATHS.fullmatch(scope["path"]) is not None

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if has_secret:
                    headers.setdefault("Referrer-Policy", "strict-origin")
                for name, value in self._headers[CAPTURE_PATHS.fullmatch(scope["path"]) is not None]:
                    headers.setdefault(name, value)
                headers.setdefault("X-Request-Id", request_id)
            await send(message)

        await self._app(scope, receive, send_with_headers)
