"""How long requests take, by what kind they are: pages wait for the store, media for keys, files for nothing."""

from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from roadshow.access.origin import EXEMPT as MEDIA_PATHS
from roadshow.telemetry import Telemetry


class TimingMiddleware:
    """Sockets are not timed: they last as long as somebody watches."""

    def __init__(self, app: ASGIApp, telemetry: Telemetry) -> None:
        self._app = app
        self._telemetry = telemetry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = perf_counter()
        status = 500

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        finally:
            self._telemetry.request(_kind(scope["path"]), status, perf_counter() - begun)


def _kind(path: str) -> str:
    if path.startswith("/static/"):
        return "file"
    return "media" if MEDIA_PATHS.fullmatch(path) else "page"
