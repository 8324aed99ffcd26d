"""The web server around a show: one listening socket, bound before anything else starts, and an orderly end."""

import asyncio
import resource
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import cached_property
from types import FrameType

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from roadshow import installation
from roadshow.app import OpenHouse, open_house
from roadshow.competitions.definition import Competition
from roadshow.errors import SetupError
from roadshow.live.messages import MAX_MESSAGE_BYTES
from roadshow.pages.static import StaticFiles
from roadshow.settings import Settings
from roadshow.site import standby
from roadshow.store.tenure import NotWanted, Standing

BACKLOG = 2048
"""Connections that wait to be accepted: an audience reconnects all at once."""
UNREAD_MS = 30_000
"""What was written and is not acknowledged for so long ends the connection: a client that stops reading would otherwise
hold its buffers for ever, because closing waits until they are empty."""
REQUEST_WITHIN = 30.0
"""Seconds from its first byte, or from connecting, until a request is whole: nobody may hold one for nothing."""
MOST_HEAD = 64 * 1024
"""Bytes of a request's first line and headers; browsers send a few thousand."""
OPEN_FILES = 16_384
"""Sockets are files: the usual 1,024 would be full long before the house is."""
SHUTDOWN_SECONDS = 2
"""For requests that are being answered; sockets are told to reconnect before."""


async def serve(
    settings: Settings,
    competitions: Sequence[Competition],
    ready: Callable[[OpenHouse], Awaitable[None]],
    *,
    new_key: bool = False,
) -> None:
    """Serve until SIGINT or SIGTERM. ``ready`` is called once the house is open: again, if another server had taken it
    over meanwhile. Raises SetupError."""
    _allow_open_files()
    with _listening(settings) as listening:
        settings = settings.bound_to(port=listening.getsockname()[1])
        async with _web(settings, competitions, listening) as web:
            while not web.has_ended:
                with suppress(NotWanted):
                    async with open_house(settings, competitions, standing=web.standing, new_key=new_key) as house:
                        await web.serve(house, ready)


@asynccontextmanager
async def _web(
    settings: Settings, competitions: Sequence[Competition], listening: socket.socket
) -> AsyncIterator["_Web"]:
    """Begun when there is something to answer: a house, or that it has to wait. Ended with the block."""
    web = _Web(settings, competitions, listening)
    try:
        yield web
    finally:
        await web.end()


class _Web:
    """The web server, and what it answers now: a house, or that there is none here at the moment."""

    def __init__(self, settings: Settings, competitions: Sequence[Competition], listening: socket.socket) -> None:
        self.standing = Standing(self.begin)
        self._settings = settings
        self._competition = competitions[0]
        self._app: ASGIApp | None = None
        self._listening = listening
        self._running: asyncio.Task[None] | None = None
        config = uvicorn.Config(
            self._answer,
            interface="asgi3",
            lifespan="off",
            http=BoundedHttp,
            ws="websockets-sansio",
            ws_max_size=MAX_MESSAGE_BYTES,
            ws_per_message_deflate=False,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=list(settings.trusted_proxies),
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
        self._server = _Server(config, self.standing.stopping)

    @property
    def has_ended(self) -> bool:
        return self._running is not None and self._running.done()

    async def begin(self) -> None:
        if self._running is None:
            self._running = asyncio.create_task(self._server.serve(sockets=[self._listening]))

    async def serve(self, house: OpenHouse, ready: Callable[[OpenHouse], Awaitable[None]]) -> None:
        """Until the server is to stop, or has lost what it ran."""
        self._app, self._server.house = house.app, house
        await self.begin()
        await self._server.up.wait()
        if not self.has_ended:
            await ready(house)
        await self._until_over()
        self._app = self._server.house = None
        await house.say_goodbye()

    async def _until_over(self) -> None:
        assert self._running is not None, "begun before"  # noqa: S101  # a mistake in our own code
        losing = asyncio.create_task(self.standing.lost.wait())
        try:
            await asyncio.wait((self._running, losing), return_when=asyncio.FIRST_COMPLETED)
        finally:
            losing.cancel()

    async def end(self) -> None:
        if self._running is not None:
            self._server.should_exit = True
            await self._running

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (self._app or self._standby)(scope, receive, send)

    @cached_property
    def _standby(self) -> ASGIApp:
        """Most servers never need it."""
        static = StaticFiles(installation.web() / "static")
        return standby(self._settings, self._competition, self.standing, static)


class BoundedHttp(HttpToolsProtocol):
    """uvicorn's own waits for a request for ever, and keeps headers of any length."""

    _head: int | None = 0
    """Bytes of the head so far; None once it is complete."""
    _overdue: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        super().connection_made(transport)
        self._wait_for_request()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._request_is_whole()
        super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        if self._head is not None:
            self._head += len(data)
        super().data_received(data)
        if self._head is not None and self._head > MOST_HEAD and not self.transport.is_closing():
            self.send_400_response("The headers are too long.")

    @override
    def handle_websocket_upgrade(self) -> None:
        self._request_is_whole()
        super().handle_websocket_upgrade()

    @override
    def on_message_begin(self) -> None:
        self._wait_for_request()
        super().on_message_begin()

    @override
    def on_headers_complete(self) -> None:
        self._head = None
        super().on_headers_complete()

    @override
    def on_message_complete(self) -> None:
        self._head = 0
        self._request_is_whole()
        super().on_message_complete()

    def _wait_for_request(self) -> None:
        self._request_is_whole()
        self._overdue = self.loop.call_later(REQUEST_WITHIN, self.transport.abort)

    def _request_is_whole(self) -> None:
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, stopping: asyncio.Event) -> None:
        super().__init__(config)
        self.house: OpenHouse | None = None
        self.up = asyncio.Event()
        """Once connections are taken, or it is known that they never will be."""
        self._stopping = stopping

    @override
    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().serve(sockets)
        finally:
            self.up.set()

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self._stopping.set()

    @override
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """uvicorn's own raises the signal again when it is done, which would end the process before the store is
        closed. A second signal still ends it without waiting for requests."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self.house is not None:
            await self.house.say_goodbye()
        await super().shutdown(sockets)


def _allow_open_files() -> None:
    """As many as the system grants, up to ``OPEN_FILES``."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):  # macOS grants less than it says
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


@contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    """Raises SetupError when the port is taken or the address is not this machine's."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; accepted connections inherit it
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MS)
        try:
            listening.bind((settings.host, settings.port))
            listening.listen(BACKLOG)
        except OSError as problem:
            raise SetupError(
                f"Port {settings.port} on {settings.host} cannot be used: {problem.strerror}. "
                "Choose another with --port, or end the program that has it."
            ) from problem
        listening.setblocking(False)
        yield listening
