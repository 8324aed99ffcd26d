"""A numbered, bounded log: a follower who was away gets exactly what it missed, or is told to start afresh. Pure."""

from collections import deque
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Numbered(Generic[Item]):
    offset: int
    """Counts from 1, without gaps."""
    item: Item


@dataclass(frozen=True, slots=True)
class Resync:
    """What was missed is not known any more: take a snapshot, then follow from ``offset`` of ``epoch``."""

    epoch: str
    offset: int


class Replay(Generic[Item]):
    """The newest ``limit`` items. ``epoch`` names this log's life; numbers of another life mean nothing here."""

    def __init__(self, epoch: str, limit: int) -> None:
        if limit < 1:
            raise ValueError("a log keeps at least one item")
        self.epoch = epoch
        self._kept: deque[Item] = deque(maxlen=limit)
        self._offset = 0

    @property
    def offset(self) -> int:
        """The newest item's number; 0 before the first."""
        return self._offset

    def append(self, item: Item) -> int:
        """Returns the item's number."""
        self._kept.append(item)
        self._offset += 1
        return self._offset

    def since(self, epoch: str, offset: int) -> tuple[Numbered[Item], ...] | Resync:
        """Everything after ``offset``, oldest first; Resync when it is of another epoch, fell out of the log, or never
        was."""
        missed = self._offset - offset
        if epoch != self.epoch or not 0 <= missed <= len(self._kept):
            return Resync(self.epoch, self._offset)
        newest = islice(self._kept, len(self._kept) - missed, None)
        return tuple(Numbered(number, item) for number, item in enumerate(newest, offset + 1))
