"""Connections of redis-py's that end when they are asked to: in the middle of an act, and with whoever opened them.

Left to itself, redis-py keeps some of them. A pool closes them in tasks of their own, which never begin where whoever
closes it is cancelled; whoever uses it afterwards, as a task does that outlives its store by a moment, opens it again;
and one that is just being opened when the pool is closed gets open a moment later.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

from redis.asyncio import BlockingConnectionPool, Connection, Redis, SSLConnection, UnixDomainSocketConnection
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.maint_notifications import MaintNotificationsConfig
from typing_extensions import override

POOL_SIZE = 32
"""Connections for ordinary commands. One store thread answers them all; more would only queue there."""
POOL_WAIT = 2.0
"""Seconds a command waits for a free connection before it is told the store is away."""
CONNECT_TIMEOUT = 2.0
"""Seconds."""
ANSWER_TIMEOUT = 5.0
"""Seconds; every write waits for the disk, and a slow disk may take a second or two."""


class _Ending:
    """Of some connections: once it has come, none of them opens."""

    has_come = False


class _Heedful(AbstractConnection):
    def __init__(self, *, ending: _Ending, **options: Any) -> None:
        super().__init__(**options)
        self._ending = ending

    @override
    async def connect_check_health(self, check_health: bool = True, retry_socket_connect: bool = True) -> None:
        self._require_use()
        await super().connect_check_health(check_health, retry_socket_connect)
        if self._ending.has_come:
            await self.disconnect(nowait=True)
            self._require_use()

    def _require_use(self) -> None:
        if self._ending.has_come:
            raise RedisConnectionError("closed by whoever had opened it")

    @override
    async def send_packed_command(self, command: bytes | str | Iterable[bytes], check_health: bool = True) -> None:
        """redis-py sends by ``asyncio.wait_for``, which on Python 3.11 may swallow a cancellation: a room's task would
        then go on for ever while the server waits for its end."""
        if not self.is_connected:
            await self.connect_check_health(check_health=False)
        limit, self.socket_timeout = self.socket_timeout, None  # without a limit of its own it does without wait_for
        try:
            async with asyncio.timeout(limit):
                await super().send_packed_command(command, check_health)
        except TimeoutError as problem:
            raise RedisTimeoutError("Timeout writing to socket") from problem
        finally:
            self.socket_timeout = limit


class _HeedfulConnection(_Heedful, Connection): ...


class _HeedfulSSLConnection(_Heedful, SSLConnection): ...


class _HeedfulUnixConnection(_Heedful, UnixDomainSocketConnection): ...


_HEEDFUL: dict[type[AbstractConnection], type[_Heedful]] = {
    Connection: _HeedfulConnection,
    SSLConnection: _HeedfulSSLConnection,
    UnixDomainSocketConnection: _HeedfulUnixConnection,
}


class Pool(BlockingConnectionPool):
    """Once it is closed, what it has made is closed for good."""

    def __init__(self, connection_class: type[AbstractConnection] = Connection, **options: Any) -> None:
        self._ending = _Ending()
        timeouts: dict[str, Any] = {"socket_connect_timeout": CONNECT_TIMEOUT}
        super().__init__(
            connection_class=_HEEDFUL[connection_class],
            max_connections=POOL_SIZE,
            timeout=POOL_WAIT,
            ending=self._ending,
            retry=Retry(NoBackoff(), 0),
            decode_responses=False,
            maint_notifications_config=MaintNotificationsConfig(enabled=False),
            **({} if connection_class is UnixDomainSocketConnection else timeouts),
            **options,
        )

    @override
    async def aclose(self) -> None:
        """What it has lent is closed under whoever uses it. Waits for nothing, so nobody can be cancelled in it."""
        self._ending.has_come = True
        for connection in (*self._available_connections, *self._in_use_connections):
            await connection.disconnect(nowait=True)


@asynccontextmanager
async def client(url: str) -> AsyncIterator[Redis]:
    """For ordinary commands, while the block runs."""
    # redis-py's own block waits at its end before it closes, and is left at once by whoever is cancelled there.
    async with aclosing(Pool.from_url(url, socket_timeout=ANSWER_TIMEOUT)) as pool:
        yield Redis(connection_pool=pool)


@asynccontextmanager
async def socket_client(path: Path) -> AsyncIterator[Redis]:
    """The same to the store that listens at ``path``."""
    async with aclosing(Pool(UnixDomainSocketConnection, path=str(path), socket_timeout=ANSWER_TIMEOUT)) as pool:
        yield Redis(connection_pool=pool)


@asynccontextmanager
async def connections(url: str) -> AsyncIterator[Callable[[], AbstractConnection]]:
    """Makes connections that belong to nobody else and have no time-out of their own. They open on first use, and never
    after the block: whoever made them closes them at its end."""
    async with aclosing(Pool.from_url(url, socket_timeout=None)) as pool:
        yield pool.make_connection
