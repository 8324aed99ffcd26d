"""The relay's one task: its ticks. All else is done where a datagram, a request or a timer calls for it."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class Ticks:
    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None

    @property
    def running(self) -> bool:
        return self._task is not None

    def start(self, ticks: Coroutine[Any, Any, None]) -> None:
        """They go on until ``stop``."""
        self._task = asyncio.create_task(ticks, name="relay ticks")

    async def stop(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait((task,))
