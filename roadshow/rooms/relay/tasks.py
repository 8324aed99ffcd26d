"""The relay's tasks, held together so that none outlives it, and none's mishap ends the others."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

logger = logging.getLogger(__name__)


class Tasks:
    def __init__(self) -> None:
        self._keeper: asyncio.Task[None] | None = None
        self._group: asyncio.TaskGroup | None = None
        self._stopping = asyncio.Event()

    @property
    def running(self) -> bool:
        return self._keeper is not None

    @property
    def open(self) -> bool:
        """Whether new ones are taken."""
        return self._group is not None

    async def start(self, ticks: Coroutine[Any, Any, None]) -> None:
        """Take tasks from now on. ``ticks`` goes on until ``stop``."""
        self._stopping.clear()
        started = asyncio.Event()
        self._keeper = asyncio.create_task(self._keep(ticks, started), name="relay")
        await started.wait()

    async def stop(self) -> None:
        """Wait until all are done; the ticks end at once."""
        self._stopping.set()
        if self._keeper is not None:
            await self._keeper
            self._keeper = None

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Nothing is done where none is taken any more."""
        if self._group is None:
            work.close()
            return
        self._group.create_task(self._guarded(work), name=name)

    async def _keep(self, ticks: Coroutine[Any, Any, None], started: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as group:
            self._group = group
            ticker = group.create_task(ticks, name="relay ticks")
            started.set()
            await self._stopping.wait()
            self._group = None
            ticker.cancel()

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception:  # one connection's mishap must not end the others
            logger.exception("a relay connection failed")
