"""Whether the machine itself stood still: what was heard then says nothing of a line."""

import threading
import time
from typing import Self

EVERY_S = 0.01


class Stillness:
    """``with Stillness() as machine``: ``longest_ms`` is by how much a thread that only sleeps woke too late."""

    def __init__(self) -> None:
        self.longest_ms = 0.0
        self._due: float | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def woke(self, now: float) -> None:
        """In seconds; it sleeps again until ``EVERY_S`` later."""
        if self._due is not None:
            self.longest_ms = max(self.longest_ms, (now - self._due) * 1000)
        self._due = now + EVERY_S

    def _watch(self) -> None:
        while not self._over.wait(EVERY_S):
            self.woke(time.monotonic())
