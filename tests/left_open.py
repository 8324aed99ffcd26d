"""Connections to the store that a test leaves open. The collector would find them later, in the middle of another test;
here they are found at once, and named with the test that opened them."""

import asyncio
import os
from weakref import WeakKeyDictionary

from redis.asyncio.connection import AbstractConnection

_opened: WeakKeyDictionary[AbstractConnection, tuple[asyncio.AbstractEventLoop, str]] = WeakKeyDictionary()


def watch() -> None:
    """From now on, in this process."""
    connecting = AbstractConnection.connect_check_health

    async def watched(self: AbstractConnection, check_health: bool = True, retry_socket_connect: bool = True) -> None:
        _opened[self] = asyncio.get_running_loop(), os.environ.get("PYTEST_CURRENT_TEST", "no test")
        await connecting(self, check_health, retry_socket_connect)

    AbstractConnection.connect_check_health = watched  # type: ignore[method-assign]


def open_now() -> list[AbstractConnection]:
    return [connection for connection in list(_opened) if connection._writer is not None]


def left_open() -> list[str]:
    """Those whose loop is over, so that nobody can close them any more. Each is told once."""
    left = [connection for connection in open_now() if _opened[connection][0].is_closed()]
    return [f"{connection!r}, opened in {_opened.pop(connection)[1]}" for connection in left]
