"""Tests in several processes: many beside each other, or one alone."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Turns:
    """A lock that the processes of a folder share. Whoever wants to be alone waits until the others have left, and
    nobody enters before them meanwhile. The system gives back what a process that dies was holding."""

    def __init__(self, folder: Path) -> None:
        self._door = (folder / "door").open("w")
        self._hall = (folder / "hall").open("w")

    @contextmanager
    def turn(self, *, alone: bool) -> Iterator[None]:
        fcntl.flock(self._door, fcntl.LOCK_EX)
        fcntl.flock(self._hall, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(self._door, fcntl.LOCK_UN)
        try:
            yield
        finally:
            fcntl.flock(self._hall, fcntl.LOCK_UN)

    def close(self) -> None:
        self._door.close()
        self._hall.close()
