"""Requests that the store has not answered yet, in a file beside the signing key.

A server that is killed after the store carried out an act, and before it sealed it, leaves an entry that looks as if
somebody had put it into the store. So each request but a judge's, whose page keeps it, is written here and flushed
before the store hears of it. The next server seals what it finds here *and* in the ledger, and nothing else.
"""

import asyncio
import logging
import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from roadshow.moments import decode_moment, encode_moment
from roadshow.voting.seals.files import append_to
from roadshow.voting.seals.requests import Asked

log = logging.getLogger(__name__)

MOST_BYTES = 10_000_000
"""That are read at a start: ten thousand requests, or confirmations by the dozen while the store was away."""

_encoder = msgspec.json.Encoder(enc_hook=encode_moment)
_line = msgspec.json.Decoder(Asked, dec_hook=decode_moment)


class AskedFile:
    """Methods do not raise for a disk that is full: a final goes on, and a kill would be told as before."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self._open: dict[int, Asked] = {}
        """The requests without an answer, by identity."""
        self._waiting: list[bytes] = []
        self._writing = asyncio.Lock()

    async def note(self, asked: Asked) -> None:
        """Return once it is on disk."""
        self._open[id(asked)] = asked
        self._waiting.append(_encoder.encode(asked) + b"\n")
        async with self._writing:  # one flushing serves all who wait for it
            lines, self._waiting = b"".join(self._waiting), []
            if lines:
                try:
                    await asyncio.to_thread(self._append, lines)
                except OSError as problem:
                    log.warning("A request cannot be noted in %s: %s", self._path, problem.strerror)

    def _append(self, lines: bytes) -> None:
        if self._file is None:
            self._file = append_to(self._path)
        os.write(self._file, lines)
        os.fsync(self._file)

    def answered(self, asked: Iterable[Asked]) -> None:
        """They are sealed, or were refused. What an earlier server was asked goes with the last of them."""
        for one in asked:
            self._open.pop(id(one), None)
        if self._open:
            return
        try:
            os.truncate(self._path, 0)
        except FileNotFoundError:
            return
        except OSError as problem:
            log.warning("The file %s cannot be emptied: %s", self._path, problem.strerror)

    def asked(self) -> tuple[Asked, ...]:
        """What an earlier server was asked and did not see answered when it ended, oldest first; a line that was cut
        short was not sent to the store."""
        try:
            with self._path.open("rb") as file:
                lines = file.read(MOST_BYTES).splitlines()
        except OSError:
            return ()
        found: list[Asked] = []
        for line in lines:
            try:
                found.append(_line.decode(line))
            except (ValueError, RecursionError):
                continue
        return tuple(found)

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
