"""Whether the machine stood still, or the server had to wait for a core: what was heard then says nothing of a line."""

import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Self

EVERY_S = 0.01


class Stillness:
    """``with Stillness(pids) as machine``: ``longest_ms`` is by how much a thread that only sleeps woke too late, or
    how long one of these processes was ready to run and had no core, whichever was longer."""

    def __init__(self, pids: Iterable[int] = ()) -> None:
        self.longest_ms = 0.0
        self._pids = tuple(pids)
        self._waited: tuple[float, ...] = ()
        self._due: float | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def woke(self, now: float, *waited: float) -> None:
        """In seconds; it sleeps again until ``EVERY_S`` later. ``waited``: by each process so far, ms."""
        if self._due is not None:
            waits = (later - before for before, later in zip(self._waited, waited, strict=True))
            self.longest_ms = max(self.longest_ms, (now - self._due) * 1000, *waits)
        self._due, self._waited = now + EVERY_S, waited

    def _watch(self) -> None:
        while not self._over.wait(EVERY_S):
            self.woke(time.monotonic(), *map(waited_ms, self._pids))


def waited_ms(pid: int) -> float:
    """How long a process' first thread was ready to run, and did not, since it began; 0 where the kernel does not say,
    or for one that is gone. A wait counts when it is over."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[1]) / 1e6
    except (OSError, IndexError, ValueError):
        return 0.0
