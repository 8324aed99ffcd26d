"""One thing after another: what is asked is done whole before the next begins, whether or not the asker still waits."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from roadshow.errors import Unavailable

MOST_WAITING = 256
"""Of one field. A handful of people decide there; more than this is not people."""
LONGEST_WAIT = 8.0
"""Seconds in line until whoever asked is told to try again. A store that hangs takes 5 of them from each act before."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Turn:
    act: Callable[[], Awaitable[Any]]
    answer: asyncio.Future[Any]
    patience: asyncio.TimerHandle


class Turns:
    """``run()`` in a task group, then ``take`` turns. An asker who goes away leaves nothing half done: a command that
    was begun is finished, one that was not is dropped.

    How long an act takes is the act's own: rooms and stores bound it. One that were cut off in the middle could still
    happen behind the next."""

    def __init__(self) -> None:
        self._waiting: deque[_Turn] = deque()
        self._something_waits = asyncio.Event()
        self._ended = False

    async def take(self, act: Callable[[], Awaitable[T]]) -> T:
        """Returns or raises what the act does. Raises Unavailable("room.stopping", "room.busy")."""
        if self._ended:
            raise Unavailable("room.stopping")
        if len(self._waiting) >= MOST_WAITING:
            raise Unavailable("room.busy")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        patience = loop.call_later(LONGEST_WAIT, _fail, answer, Unavailable("room.busy"))
        self._waiting.append(_Turn(act, answer, patience))
        self._something_waits.set()
        try:
            return await answer
        finally:
            patience.cancel()

    async def run(self) -> None:
        """Ends only by cancellation."""
        try:
            while True:
                await self._something_waits.wait()
                while self._waiting:
                    await self._do(self._waiting.popleft())
                self._something_waits.clear()
        finally:
            self._ended = True
            for turn in self._waiting:
                _fail(turn.answer, Unavailable("room.stopping"))
            self._waiting.clear()

    async def _do(self, turn: _Turn) -> None:
        if turn.answer.done():  # whoever asked has gone, or was told to try again
            return
        turn.patience.cancel()
        try:
            result = await turn.act()
        except asyncio.CancelledError:
            _fail(turn.answer, Unavailable("room.stopping"))
            raise
        except Exception as problem:  # noqa: BLE001  # the asker's, who logs it
            _fail(turn.answer, problem)
        else:
            if not turn.answer.done():
                turn.answer.set_result(result)


def _fail(answer: asyncio.Future[Any], problem: Exception) -> None:
    if not answer.done():
        answer.set_exception(problem)
