"""Has heads stamped, one after another, as long as it runs; a final never waits for it."""

import asyncio
import logging
import os
from pathlib import Path
from typing import Protocol

import msgspec
from typing_extensions import override

from roadshow.ids import PollId
from roadshow.voting.ledger.record import Stamp
from roadshow.voting.seals.files import append_to
from roadshow.voting.stamps.authority import Authority, HttpAuthority, Unanswered

log = logging.getLogger(__name__)

TRY_AGAIN = 30.0
"""Seconds, while the authority does not answer."""
MOST_WAITING = 1_000
"""Heads that wait for their stamps: of a competition's projects five times over."""
MOST_BYTES = 50_000_000
"""That are read at a start: a few thousand stamps."""


class _Line(msgspec.Struct, frozen=True):
    poll: PollId
    hash: str
    token: str


_lines = msgspec.json.Decoder(_Line)


class Stamps(Protocol):
    def want(self, poll: PollId, head: str, text: bytes) -> None:
        """Have a head stamped, unless it is. ``text``: what it is the hash of. Must not block or raise."""
        ...

    def of(self, poll: PollId) -> tuple[Stamp, ...]:
        """What there is, oldest first."""
        ...

    async def run(self) -> None:
        """For ever."""
        ...


class NoStamps:
    """For rehearsals."""

    def want(self, poll: PollId, head: str, text: bytes) -> None: ...

    def of(self, poll: PollId) -> tuple[Stamp, ...]:
        return ()

    async def run(self) -> None: ...


class KeptStamps:
    """Those of before, where no authority is set now. They are beside the key, where whoever holds the store has no
    hand in them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamps: dict[PollId, dict[str, Stamp]] | None = None

    def want(self, poll: PollId, head: str, text: bytes) -> None: ...

    def of(self, poll: PollId) -> tuple[Stamp, ...]:
        return tuple(self._known().get(poll, {}).values())

    async def run(self) -> None: ...

    def _known(self) -> dict[PollId, dict[str, Stamp]]:
        if self._stamps is None:
            self._stamps = {}
            for line in _read(self._path):
                self._stamps.setdefault(line.poll, {})[line.hash] = Stamp(line.hash, line.token)
        return self._stamps


class Stamper(KeptStamps):
    def __init__(self, path: Path, authority: Authority) -> None:
        super().__init__(path)
        self._authority = authority
        self._wanted: dict[tuple[PollId, str], bytes] = {}
        self._something_new = asyncio.Event()

    @override
    def want(self, poll: PollId, head: str, text: bytes) -> None:
        if head not in self._known().get(poll, {}) and len(self._wanted) < MOST_WAITING:
            self._wanted[poll, head] = text
            self._something_new.set()

    @override
    async def run(self) -> None:
        while True:
            await self._something_new.wait()
            self._something_new.clear()
            try:
                await self.stamp_all()
            except Unanswered as problem:
                log.warning("The time-stamping authority has not stamped a head: %s", problem)
                self._something_new.set()
                await asyncio.sleep(TRY_AGAIN)

    async def stamp_all(self) -> None:
        """What was wanted so far. Raises Unanswered; the rest is not forgotten."""
        for (poll, head), text in list(self._wanted.items()):
            stamp = await self._authority.stamp(head, text)
            del self._wanted[poll, head]
            self._known().setdefault(poll, {})[head] = stamp
            try:
                await asyncio.to_thread(self._keep, _Line(poll, stamp.hash, stamp.token))
            except OSError as problem:
                log.warning("A time stamp cannot be kept in %s: %s", self._path, problem.strerror)

    def _keep(self, line: _Line) -> None:
        file = append_to(self._path)
        try:
            os.write(file, msgspec.json.encode(line) + b"\n")
        finally:
            os.close(file)


def stamps_of(heads: Path, url: str | None) -> Stamps:
    """``heads``: the file that they are beside; ``url``: of an authority, if one is set."""
    path = heads.with_suffix(".stamps")
    return KeptStamps(path) if url is None else Stamper(path, HttpAuthority(url))


def _read(path: Path) -> list[_Line]:
    """A line that was cut short is left out: it is asked for again."""
    try:
        with path.open("rb") as file:
            lines = file.read(MOST_BYTES).splitlines()
    except OSError:
        return []
    found: list[_Line] = []
    for line in lines:
        try:
            found.append(_lines.decode(line))
        except (ValueError, RecursionError):
            continue
    return found
