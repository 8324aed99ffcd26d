"""What a server has to know of its signatures whatever becomes of the store: kept beside its key.

The newest entry of each poll that it has signed: a server that starts over a store which has not got that entry, or has
another in its place, does not go on, for somebody has put back an older copy, or rewritten what was acknowledged
(docs/voting.md tells what to do then). And what was under way when it was killed: signatures that were given out
(``held.py``), requests without an answer (``asked.py``).
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from roadshow.errors import Conflict, SetupError
from roadshow.ids import CompetitionId, PollId
from roadshow.voting.seals import files
from roadshow.voting.seals.asked import AskedFile
from roadshow.voting.seals.held import HeldSeals
from roadshow.voting.seals.requests import Asked

log = logging.getLogger(__name__)

BETWEEN = 1.0
"""Seconds from one writing of the file to the next: each flushes the disk that the store's acknowledgements wait for.
What is signed within a second before a power failure is not in it; the judges hold receipts of that."""
MAX_BYTES = 1_000_000
"""Of the file; a poll takes some 200."""


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An entry that was signed, and with it everything before it."""

    sequence: int
    hash: str


class Heads(Protocol):
    def load(self, *, forget: bool = False) -> None:
        """Take what an earlier server has noted; or ``forget`` it, where the operator has put an older copy of the
        store in place, and says so. Raises SetupError."""
        ...

    def newest(self, poll: PollId) -> Head | None:
        """The furthest that was noted of a poll."""
        ...

    def note(self, poll: PollId, head: Head) -> None:
        """It was signed, and is durable in the store. Must not block."""
        ...

    def hold(self, poll: PollId, sequence: int, signature: str) -> None:
        """A signature that is given out before the store has it. Must not block or raise."""
        ...

    def held(self) -> Mapping[PollId, Mapping[int, str]]:
        """Such signatures of an earlier server."""
        ...

    def release(self) -> None:
        """The store has all that were held."""
        ...

    async def ask(self, asked: Asked) -> None:
        """A request that the store is about to hear of. Kept when it returns. Must not raise."""
        ...

    def answered(self, asked: Iterable[Asked]) -> None:
        """They are sealed, or refused. Must not block or raise."""
        ...

    def asked(self) -> Sequence[Asked]:
        """Requests to an earlier server that were not answered, oldest first."""
        ...

    async def aclose(self) -> None:
        """Return once everything that was noted is kept. Must not raise."""
        ...


class ForgottenHeads:
    """For whoever only reads, and for rehearsals: remembered as long as the process lives."""

    def __init__(self) -> None:
        self._heads: dict[PollId, Head] = {}

    def load(self, *, forget: bool = False) -> None: ...

    def newest(self, poll: PollId) -> Head | None:
        return self._heads.get(poll)

    def note(self, poll: PollId, head: Head) -> None:
        if (known := self._heads.get(poll)) is None or head.sequence > known.sequence:
            self._heads[poll] = head

    def hold(self, poll: PollId, sequence: int, signature: str) -> None: ...

    def held(self) -> Mapping[PollId, Mapping[int, str]]:
        return {}

    def release(self) -> None: ...

    async def ask(self, asked: Asked) -> None: ...

    def answered(self, asked: Iterable[Asked]) -> None: ...

    def asked(self) -> Sequence[Asked]:
        return ()

    async def aclose(self) -> None: ...


class HeadFile:
    """The heads of a competition's polls in a file of the data folder. It is written whole under another name, flushed
    and renamed, in a thread, at most once in ``BETWEEN``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._heads: dict[PollId, Head] = {}
        self._seals = HeldSeals(path.with_suffix(".seals"))
        self._asked = AskedFile(path.with_suffix(".asked"))
        self._is_kept = True
        self._writing: asyncio.Task[None] | None = None

    def load(self, *, forget: bool = False) -> None:
        if forget:
            self._forget()
        try:
            with self._path.open("rb") as file:
                self._heads = msgspec.json.decode(file.read(MAX_BYTES), type=dict[PollId, Head])
        except FileNotFoundError:
            self._heads = {}
        except OSError as problem:
            raise SetupError(f"The file {self._path} cannot be read: {problem.strerror}.") from problem
        except (ValueError, RecursionError) as problem:
            raise SetupError(
                f"The file {self._path} is damaged. Put it back from a backup, or start once with --restored."
            ) from problem

    def _forget(self) -> None:
        for suffix in (".json", ".seals", ".asked"):
            path = self._path.with_suffix(suffix)
            try:
                files.put_aside(path)
            except OSError as problem:
                raise SetupError(f"The file {path} cannot be moved: {problem.strerror}.") from problem

    def newest(self, poll: PollId) -> Head | None:
        return self._heads.get(poll)

    def note(self, poll: PollId, head: Head) -> None:
        if (known := self._heads.get(poll)) is not None and head.sequence <= known.sequence:
            return
        self._heads[poll] = head
        self._is_kept = False
        if self._writing is None or self._writing.done():
            self._writing = asyncio.get_running_loop().create_task(self._keep_writing())

    def hold(self, poll: PollId, sequence: int, signature: str) -> None:
        self._seals.hold(poll, sequence, signature)

    def held(self) -> Mapping[PollId, Mapping[int, str]]:
        return self._seals.held()

    def release(self) -> None:
        self._seals.release()

    async def ask(self, asked: Asked) -> None:
        await self._asked.note(asked)

    def answered(self, asked: Iterable[Asked]) -> None:
        self._asked.answered(asked)

    def asked(self) -> Sequence[Asked]:
        return self._asked.asked()

    async def aclose(self) -> None:
        self._seals.close()
        self._asked.close()
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.wait([self._writing])
        await self._write()

    async def _keep_writing(self) -> None:
        while not self._is_kept:
            await self._write()
            await asyncio.sleep(BETWEEN)

    async def _write(self) -> None:
        if self._is_kept:
            return
        self._is_kept, data = True, msgspec.json.encode(self._heads)
        try:
            await asyncio.to_thread(files.replace, self._path, data)
        except OSError as problem:
            self._is_kept = False
            log.warning("The newest signed entry cannot be noted in %s: %s", self._path, problem.strerror)


def heads_path(data: Path, competition: CompetitionId) -> Path:
    return data / f"heads-{competition}.json"


def not_contained(problem: Conflict) -> str:
    """What an operator reads whose store has not got what this server signed."""
    entry = f"entry {problem.details['sequence']} of {problem.details['poll']}"
    return (
        f"The votes in this store are not those that this server acknowledged: {entry}, the newest that it has signed, "
        "is missing or was changed. If you have put back a backup, tell the judges, and start once "
        "with --restored. If not, somebody has rewritten the store: keep a copy of it and of the data folder."
    )
