"""Signatures that the store has not got yet, in a file beside the signing key: a receipt is given out a moment before
its signature is in the store, and a server that is killed in that moment must still know what it gave out.

Lines are appended and not flushed: they outlive the process. With the machine's power they may go; then the judge's
page sends the ballot again, and gets the same receipt.
"""

import logging
import os
from pathlib import Path

import msgspec

from roadshow.ids import PollId

log = logging.getLogger(__name__)

MOST_BYTES = 50_000_000
"""That are read at a start: more than a hundred thousand signatures."""

_line = msgspec.json.Decoder(tuple[PollId, int, str])


class HeldSeals:
    """Opened with the first signature. Methods do not raise: what cannot be held is lost with the process at worst."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self._is_empty = False

    def hold(self, poll: PollId, sequence: int, signature: str) -> None:
        try:
            if self._file is None:
                self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            os.write(self._file, msgspec.json.encode((poll, sequence, signature)) + b"\n")
            self._is_empty = False
        except OSError as problem:
            log.warning("A signature cannot be noted in %s: %s", self._path, problem.strerror)

    def held(self) -> dict[PollId, dict[int, str]]:
        """What an earlier server held when it ended; a line that was cut short is left out."""
        found: dict[PollId, dict[int, str]] = {}
        try:
            with self._path.open("rb") as file:
                lines = file.read(MOST_BYTES).splitlines()
        except OSError:
            return {}
        for line in lines:
            try:
                poll, sequence, signature = _line.decode(line)
            except (ValueError, RecursionError):
                continue
            found.setdefault(poll, {})[sequence] = signature
        return found

    def release(self) -> None:
        """The store has them all."""
        if self._file is not None and not self._is_empty:
            try:
                os.ftruncate(self._file, 0)
                self._is_empty = True
            except OSError as problem:
                log.warning("The file %s cannot be emptied: %s", self._path, problem.strerror)

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
