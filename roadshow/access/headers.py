"""What every response tells the browser to forbid, and the id by which the log knows the request.

Into ``request.state``: ``nonce`` for script elements, ``request_id``.
"""

import re
import secrets

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from roadshow import logs
from roadshow.origins import origin_and_rest

CAPTURE_PATHS = re.compile(r"(?:/c/[^/]+)?/as/[^/]+/(?:pitch(?:/[^/]+)?|practice)")
"""Pages that may use camera, microphone and screen."""
HSTS = "max-age=31536000"
"""A year; without subdomains, which are not ours to decide about."""

_CAPTURE = "camera={0}, microphone={0}, display-capture={0}"
_FEATURES = (
    "accelerometer=(), autoplay=(self), fullscreen=(self), geolocation=(), gyroscope=(), magnetometer=(), midi=(), "
    "payment=(), picture-in-picture=(self), screen-wake-lock=(self), usb=()"
)


def content_security_policy(nonce: str, connect: str = "") -> str:
    """``connect``: an origin that pages may connect to, beside their own."""
    sources = f"'self' {connect}".rstrip()
    return (
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; font-src 'self'; "
        "img-src 'self' blob: data:; media-src 'self' blob: data:; manifest-src 'self'; "
        f"connect-src {sources}; "
        "worker-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
    )


class HeadersMiddleware:
    """A response's own value of a header wins: a deck, say, is served under a stricter policy of its own."""

    def __init__(self, app: ASGIApp, *, secure: bool, media_from: str | None = None) -> None:
        """``secure``: people come over TLS. ``media_from``: another server's address to which viewers may be sent."""
        self._app = app
        self._secure = secure
        self._connect = origin_and_rest(media_from)[0] if media_from else ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(16)
        request_id = secrets.token_hex(6)
        scope.setdefault("state", {}).update(nonce=nonce, request_id=request_id)
        logs.of_request(request_id)
        capture = "(self)" if CAPTURE_PATHS.fullmatch(scope["path"]) else "()"

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", content_security_policy(nonce, self._connect))
                headers.setdefault("Permissions-Policy", f"{_CAPTURE.format(capture)}, {_FEATURES}")
                # Not no-referrer: with that, browsers send our own forms with "Origin: null", which nobody can trust.
                headers.setdefault("Referrer-Policy", "same-origin")
                headers.setdefault("X-Content-Type-Options", "nosniff")
                headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
                headers.setdefault("X-Request-Id", request_id)
                if self._secure:
                    headers.setdefault("Strict-Transport-Security", HSTS)
            await send(message)

        await self._app(scope, receive, send_with_headers)
