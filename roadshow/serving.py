"""The web server around a show: one listening socket, bound before anything else starts, a front that accepts on it,
and an orderly end. While another server runs the competitions, it says so instead (``_Standby``)."""

import asyncio
import gc
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from typing_extensions import override

from roadshow import installation
from roadshow.app import OpenHouse, open_house
from roadshow.competitions.definition import Competition
from roadshow.errors import SetupError
from roadshow.fields.revisions import Revisions, shared_file
from roadshow.front.beginning import Beginning
from roadshow.front.bounds import BACKLOG, UNREAD_MS, allow_open_files
from roadshow.front.house import metrics
from roadshow.front.house.bounded_http import BoundedHttp, HandedHttp, HandedSocket
from roadshow.front.house.supervising import Fronts, fronts
from roadshow.front.house.taking import Taking
from roadshow.live.messages import MAX_MESSAGE_BYTES
from roadshow.pages.static import StaticFiles
from roadshow.settings import Settings
from roadshow.site import standby
from roadshow.store.tenure import NotWanted, Standing
from roadshow.voting.key_file import USUAL, Once

SHUTDOWN_SECONDS = 2
"""For requests that are being answered; sockets are told to reconnect before."""


async def serve(
    settings: Settings,
    competitions: Sequence[Competition],
    ready: Callable[[OpenHouse], Awaitable[None]],
    *,
    once: Once = USUAL,
) -> None:
    """Serve until SIGINT or SIGTERM. ``ready`` is called once connections are taken: again, if another server had taken
    over meanwhile. Raises SetupError."""
    allow_open_files()
    with _listening(settings) as listening, _revisions() as memory:
        settings = settings.bound_to(port=listening.getsockname()[1])
        beginning = Beginning(settings, tuple(competitions))
        standby = _Standby(settings, competitions[0], listening)
        standing = standby.standing
        while not standing.stopping.is_set():
            try:
                async with (
                    fronts(listening, memory) as front,
                    open_house(
                        settings,
                        competitions,
                        revisions=Revisions.of_file(memory),
                        standing=standing,
                        once=once,
                    ) as house,
                ):
                    await standby.end()
                    config = _config(settings, house.app, http=HandedHttp, ws=HandedSocket)
                    config.load()
                    await _Server(config, house, front, listening, beginning, ready).serve(sockets=[])
            except NotWanted:
                return
            finally:
                await standby.end()


def _config(settings: Settings, app: ASGIApp, *, http: type[asyncio.Protocol], ws: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        interface="asgi3",
        lifespan="off",
        http=http,
        ws=ws,
        ws_max_size=MAX_MESSAGE_BYTES,
        ws_per_message_deflate=False,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )


class _Standby:
    """Answers itself while the server waits for another one: most servers never need it."""

    def __init__(self, settings: Settings, current: Competition, listening: socket.socket) -> None:
        self.standing = Standing(self._begin)
        self._settings = settings
        self._current = current
        self._listening = listening
        self._server: _Signalled | None = None
        self._running: asyncio.Task[None] | None = None

    async def _begin(self) -> None:
        if self._running is None:
            static = StaticFiles(installation.web() / "static")
            app = standby(self._settings, self._current, self.standing, static)
            config = _config(self._settings, app, http=BoundedHttp, ws="websockets-sansio")
            self._server = _Signalled(config, self.standing)
            self._running = asyncio.create_task(self._server.serve(sockets=[self._listening.dup()]))

    async def end(self) -> None:
        if self._server is not None and self._running is not None:
            self._server.should_exit = True
            await self._running
            self._server = self._running = None


class _Signalled(uvicorn.Server):
    """A signal means that the whole server is to stop; what is served may end before."""

    def __init__(self, config: uvicorn.Config, standing: Standing) -> None:
        super().__init__(config)
        self.standing = standing

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self.standing.stopping.set()

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


class _Server(_Signalled):
    """Has no socket of its own to listen on: its connections come from the front. Ends when it is to stop, or when
    another server has taken over."""

    def __init__(
        self,
        config: uvicorn.Config,
        house: OpenHouse,
        front: Fronts,
        listening: socket.socket,
        beginning: Beginning,
        ready: Callable[[OpenHouse], Awaitable[None]],
    ) -> None:
        super().__init__(config, house.standing)
        self._house = house
        self._front = front
        self._listening = listening
        self._beginning = beginning
        self._ready = ready

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            taking = Taking(self.config, self.server_state)
            metrics.register(self._house.telemetry.registry, self._front.totals, taking)
            await self._front.serve(self._beginning, taking)
            await self._ready(self._house)
            _settle()

    @override
    async def main_loop(self) -> None:
        losing = asyncio.create_task(self.standing.lost.wait())
        losing.add_done_callback(self._stop)
        try:
            await super().main_loop()
        finally:
            losing.cancel()

    def _stop(self, _: object) -> None:
        self.should_exit = True

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._house.say_goodbye()
        self._front.end()
        # Whoever goes on to wait for another server listens on.
        await super().shutdown([self._listening] if self.standing.stopping.is_set() else [])


@contextmanager
def _revisions() -> Iterator[int]:
    """Open for as long as fronts may be started."""
    memory = shared_file()
    try:
        yield memory
    finally:
        os.close(memory)


WHOLE_AFTER = 100
"""Rounds of the collector over what is young until one over all: some 700,000 objects more than there were. Ten is
Python's own, and then a thousand people who come at once cost the loop a tenth of a second, again and again."""


def _settle() -> None:
    """What the house is made of stays as long as it runs: the collector looks through it once more and never again."""
    gc.collect()
    gc.freeze()
    young, older, _ = gc.get_threshold()
    gc.set_threshold(young, older, WHOLE_AFTER)


@contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    """Raises SetupError when the port is taken or the address is not this machine's."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
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
