"""One thing after another: what is asked is done whole before the next begins, whether or not the asker still waits."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from roadshow.errors import Unavailable

MOST_WAITING = 256
"""Of one field. A handful of people decide there; more than this is not people."""

T = TypeVar("T")


class Turns:
    """``run()`` in a task group, then ``take`` turns. An asker who goes away leaves nothing half done: a command that
    was begun is finished, one that was not is dropped."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Callable[[], Awaitable[Any]], asyncio.Future[Any]]] = deque()
        self._something_waits = asyncio.Event()
        self._ended = False

    async def take(self, act: Callable[[], Awaitable[T]]) -> T:
        """Returns or raises what the act does. Raises Unavailable("room.stopping", "room.busy")."""
        if self._ended:
            raise Unavailable("room.stopping")
        if len(self._waiting) >= MOST_WAITING:
            raise Unavailable("room.busy")
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((act, answer))
        self._something_waits.set()
        return await answer

    async def run(self) -> None:
        """Ends only by cancellation."""
        try:
            while True:
                await self._something_waits.wait()
                while self._waiting:
                    await self._do(*self._waiting.popleft())
                self._something_waits.clear()
        finally:
            self._ended = True
            for _, answer in self._waiting:
                _fail(answer, Unavailable("room.stopping"))
            self._waiting.clear()

    async def _do(self, act: Callable[[], Awaitable[Any]], answer: asyncio.Future[Any]) -> None:
        if answer.done():  # whoever asked has gone
            return
        try:
            result = await act()
        except asyncio.CancelledError:
            _fail(answer, Unavailable("room.stopping"))
            raise
        except Exception as problem:  # noqa: BLE001  # the asker's, who logs it
            _fail(answer, problem)
        else:
            if not answer.done():
                answer.set_result(result)


def _fail(answer: asyncio.Future[Any], problem: Exception) -> None:
    if not answer.done():
        answer.set_exception(problem)
