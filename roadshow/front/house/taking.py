"""The house's end of the hand-over: connections of the fronts become connections of its web server."""

import asyncio
import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import uvicorn
from uvicorn.server import ServerState

from roadshow.front.accepting import Seldom
from roadshow.front.bounds import descriptors, spared
from roadshow.front.house.bounded_http import HandedHttp
from roadshow.front.lanes import Lane

log = logging.getLogger(__name__)

PER_TURN = 4
"""Connections taken on in one turn of the loop. Each costs about 0.2 ms, and packets and clocks are not to wait for
more than one of those milliseconds."""
SETTLED_WITHIN = 0.25
"""Seconds. What takes longer waits for something else than this core, a store that is away for example, and others can
be worked on meanwhile."""
_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nRefresh: 2\r\n"
    b"Content-Length: 0\r\nConnection: close\r\n\r\n"
)


class Taking:
    def __init__(self, config: uvicorn.Config, state: ServerState) -> None:
        self._loop = asyncio.get_running_loop()
        self._config = config
        self._state = state
        self._tasks: set[asyncio.Task[None]] = set()
        limit = descriptors()
        spare = spared(limit)
        self._ceilings = {Lane.CROWD: limit - spare, Lane.STAFF: limit - spare // 2}
        """By lane; the lowest free descriptor is the one a connection got."""
        self._full = Seldom("few file descriptors are left: connections are turned away")
        self.turned_away = 0

    def take(self, payload: bytes, descriptor: int | None, settled: Callable[[Lane], None]) -> None:
        """``payload`` and ``descriptor`` as ``Kind.CONNECTION`` has them; None: the system had none left."""
        lane = Lane(payload[0])
        if descriptor is None:
            self._turn_away()
            settled(lane)
            return
        client = socket.socket(fileno=descriptor)
        client.setblocking(False)
        if descriptor >= self._ceilings[lane]:
            with suppress(OSError):
                client.send(_FULL)
            client.close()
            self._turn_away()
            settled(lane)
            return
        one = _Once(partial(settled, lane))
        self._loop.call_later(SETTLED_WITHIN, one)
        task = self._loop.create_task(self._connect(client, payload[1:], one))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self, client: socket.socket, read: bytes, settled: Callable[[], None]) -> None:
        try:
            await self._loop.connect_accepted_socket(
                lambda: HandedHttp(self._config, self._state, read, settled), client
            )
        except OSError:
            client.close()
            settled()

    def _turn_away(self) -> None:
        self.turned_away += 1
        self._full.happened(log)


class _Once:
    def __init__(self, act: Callable[[], None]) -> None:
        self._act: Callable[[], None] | None = act

    def __call__(self) -> None:
        if self._act is not None:
            act, self._act = self._act, None
            act()
