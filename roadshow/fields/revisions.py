"""How often what public pages show has changed, in memory that the house writes and its front reads.

Memory, not messages: a number cannot be lost, does not wait behind others, and is there before anything that the house
writes to a socket afterwards (docs/decisions/pages-for-everybody.md).
"""

import mmap
import os
import tempfile
from typing import Self

PLACES = 32
"""Competitions of a house (``app.MOST_COMPETITIONS``), and some."""
_BYTES = PLACES * 8


class Revisions:
    """One number for each competition, by its place among them."""

    def __init__(self, memory: mmap.mmap) -> None:
        # Whole aligned words: whoever reads meanwhile reads the former or the new number, nothing between.
        self._numbers = memoryview(memory).cast("Q")

    @classmethod
    def private(cls) -> Self:
        """Where no other process reads them."""
        return cls(mmap.mmap(-1, _BYTES))

    @classmethod
    def of_file(cls, file: int) -> Self:
        """Those in the memory behind a descriptor, which may be closed then; see ``shared_file``."""
        return cls(mmap.mmap(file, _BYTES))

    def advance(self, place: int) -> None:
        """Something has changed. The house alone calls this: two writers would count two changes for one."""
        self._numbers[place] += 1

    def of(self, place: int) -> int:
        """As it is at this moment."""
        return self._numbers[place]


def shared_file() -> int:
    """A descriptor of memory for ``of_file``, all of it 0, for a child to inherit. Whoever asks closes it."""
    if hasattr(os, "memfd_create"):
        file = os.memfd_create("roadshow-revisions")
    else:
        with tempfile.TemporaryFile() as unnamed:
            file = os.dup(unnamed.fileno())
    os.truncate(file, _BYTES)
    return file
