"""The web server around a show: one listening socket, bound before anything else starts, a front that accepts on it,
and an orderly end."""

import asyncio
import gc
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager

import uvicorn
from typing_extensions import override

from roadshow.app import OpenHouse, open_house
from roadshow.competitions.definition import Competition
from roadshow.errors import SetupError
from roadshow.fields.revisions import Revisions, shared_file
from roadshow.front.beginning import Beginning
from roadshow.front.bounds import BACKLOG, UNREAD_MS, allow_open_files
from roadshow.front.house import metrics
from roadshow.front.house.bounded_http import HandedHttp, HandedSocket
from roadshow.front.house.supervising import Fronts, fronts
from roadshow.front.house.taking import Taking
from roadshow.live.messages import MAX_MESSAGE_BYTES
from roadshow.settings import Settings

SHUTDOWN_SECONDS = 2
"""For requests that are being answered; sockets are told to reconnect before."""


async def serve(
    settings: Settings, competitions: Sequence[Competition], ready: Callable[[OpenHouse], Awaitable[None]]
) -> None:
    """Serve until SIGINT or SIGTERM. ``ready`` is called once connections are taken. Raises SetupError."""
    allow_open_files()
    with _listening(settings) as listening, _revisions() as memory:
        settings = settings.bound_to(port=listening.getsockname()[1])
        revisions = Revisions.of_file(memory)
        async with (
            fronts(listening, memory) as front,
            open_house(settings, competitions, revisions=revisions) as house,
        ):
            config = uvicorn.Config(
                house.app,
                lifespan="off",
                http=HandedHttp,
                ws=HandedSocket,
                ws_max_size=MAX_MESSAGE_BYTES,
                ws_per_message_deflate=False,
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=bool(settings.trusted_proxies),
                forwarded_allow_ips=list(settings.trusted_proxies),
                timeout_graceful_shutdown=SHUTDOWN_SECONDS,
            )
            config.load()
            beginning = Beginning(settings, tuple(competitions))
            await _Server(config, house, front, listening, beginning, ready).serve(sockets=[])


class _Server(uvicorn.Server):
    """Has no socket of its own to listen on: its connections come from the front."""

    def __init__(
        self,
        config: uvicorn.Config,
        house: OpenHouse,
        front: Fronts,
        listening: socket.socket,
        beginning: Beginning,
        ready: Callable[[OpenHouse], Awaitable[None]],
    ) -> None:
        super().__init__(config)
        self._house = house
        self._front = front
        self._listening = listening
        self._beginning = beginning
        self._ready = ready

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
        if self.started:
            taking = Taking(self.config, self.server_state)
            metrics.register(self._house.telemetry.registry, self._front.totals, taking)
            await self._front.serve(self._beginning, taking)
            await self._ready(self._house)
            _settle()

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._house.say_goodbye()
        self._front.end()
        await super().shutdown([self._listening])


@contextmanager
def _revisions() -> Iterator[int]:
    """Open for as long as fronts may be started."""
    memory = shared_file()
    try:
        yield memory
    finally:
        os.close(memory)


def _settle() -> None:
    """What the house is made of stays as long as it runs: the collector looks through it once more and never again.
    Each of its full rounds would hold the loop for tens of milliseconds, just when many come at once."""
    gc.collect()
    gc.freeze()


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
