"""Connections that acknowledge nothing before it is durable.

A store with copies is asked WAITAOF after a write, and WAITAOF speaks only of what *its own connection wrote*: on a new
connection, or after an answer without a write, it returns at once, although no copy has anything. So each line is one
connection that belongs to nobody else, on which the acts, a mark and the WAITAOF follow one another; and as the mark
is always a write, it makes no difference which branch a function took or how young the connection is.

Everything that waits when a line gets free goes out in one batch, so that many acts share one round trip, one flush
of the disk, and one wait for the copies. Without copies the batch is all there is to it: a store with ``appendfsync
always`` answers when the disk has it.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import MasterDownError, ReadOnlyError, RedisError, ResponseError

from roadshow.errors import Unavailable
from roadshow.store.keys import MARK
from roadshow.store.trouble import trouble_of

log = logging.getLogger(__name__)

LINES = 2
"""Connections: while the answers of one are read, the store works for the other. More make batches smaller."""
BATCH = 64
"""Acts that go out together. Larger ones would hold up the answers of the first acts for the last."""
MAX_WAITING = 4096
"""Acts that wait for a line; more than all judges of a large final would have, with all they noted while offline."""
COPIES_WITHIN = 1.5
"""Seconds for the store's copies to have a batch on disk. A healthy one needs some milliseconds."""
ASKS_AGAIN_AFTER = 0.02
"""Seconds after which WAITAOF is asked once more. A copy that gets the question together with the write answers before
its disk has it, and next time only a second later, unless it is asked. (The store's timers tick every 100 ms.)"""
ANSWERS_WITHIN = 5.0
"""Seconds for a batch and its answers; every write waits for the disk, and a slow disk may take a second or two."""
GIVES_UP_AFTER = 8.0
"""Seconds in line until whoever asked is told that the store is away."""

Word = str | bytes | int


@dataclass(slots=True, eq=False)
class _Act:
    command: bytes
    turn: asyncio.Future[AbstractConnection | None]
    """The line to lead the next batch on, or None: somebody else has carried this act along."""
    answer: Any = None
    """The store's, or the exception that stands for it."""


class _NotConfirmed(Exception):
    """Too few copies have the batch on disk."""


class DurableLines:
    """``connect`` makes a connection that is not open yet; ``replicas``: copies that must have what is acknowledged.

    Whoever finds a line free leads: it carries its own act and all that wait. There is no task in the background; the
    line goes on to the next in line, and a leader that is cancelled leaves the others' acts to be carried again.
    """

    def __init__(self, connect: Callable[[], AbstractConnection], replicas: int = 0) -> None:
        self._replicas = replicas
        self._connections = tuple(connect() for _ in range(LINES))
        self._free = list(self._connections)
        self._waiting: deque[_Act] = deque()
        """In line while no line is free."""
        self._trouble = ""
        """Why the newest batch was not acknowledged."""
        self._mark = packed("SET", MARK, 1) if replicas else b""

    async def aclose(self) -> None:
        """Close the connections."""
        for connection in self._connections:
            await connection.disconnect(nowait=True)

    async def fcall(self, function: str, keys: int, *words: Word) -> Any:
        """The answer of a server-side function, once all it wrote is durable; as ``Redis.fcall``.

        A connection that breaks is replaced and the call sent once more, so it must be safe to repeat. Raises
        Unavailable("store.away") and Unavailable("store.not_durable"): whether it happened is then unknown. Errors
        that the store answered are redis-py's own: wrap calls in ``guard``.
        """
        return await self._ask(packed_call(function, words[:keys], words[keys:]))

    async def secure(self) -> None:
        """Return once all that anybody has written and seen so far is durable. Raises as ``fcall``."""
        if self._replicas:
            await self._ask(packed("PING"))

    async def _ask(self, command: bytes) -> Any:
        act = _Act(command, asyncio.get_running_loop().create_future())
        if self._free:
            await self._lead(self._free.pop(), act)
        elif len(self._waiting) < MAX_WAITING:
            self._waiting.append(act)
            await self._stand_in_line(act)
        else:
            raise Unavailable("store.away")
        if isinstance(act.answer, Exception):
            raise act.answer
        return act.answer

    async def _stand_in_line(self, act: _Act) -> None:
        giving_up = act.turn.get_loop().call_later(GIVES_UP_AFTER, _give_up, act.turn)
        try:
            line = await act.turn
        except asyncio.CancelledError:
            # Its turn may have come in the same moment.
            if not act.turn.cancelled() and act.turn.exception() is None and (line := act.turn.result()) is not None:
                self._pass_on(line)
            raise
        finally:
            giving_up.cancel()
        if line is not None:
            await self._lead(line, act)

    async def _lead(self, line: AbstractConnection, act: _Act) -> None:
        batch = [act]
        try:
            while self._waiting and len(batch) < BATCH:
                other = self._waiting.popleft()
                # Whoever has given up must not be surprised by an act that happens long afterwards.
                if not other.turn.done():
                    batch.append(other)
            await self._carry(line, batch)
        except BaseException:
            self._waiting.extendleft(reversed(batch[1:]))
            raise
        finally:
            self._pass_on(line)
        for other in batch[1:]:
            if not other.turn.done():
                other.turn.set_result(None)

    def _pass_on(self, line: AbstractConnection) -> None:
        while self._waiting:
            act = self._waiting.popleft()
            if not act.turn.done():
                act.turn.set_result(line)
                return
        self._free.append(line)

    async def _carry(self, line: AbstractConnection, batch: list[_Act]) -> None:
        """Bring the batch to the store, and the answers back."""
        answers: list[Any]
        try:
            async with asyncio.timeout(ANSWERS_WITHIN):
                answers = await self._exchange_or_repeat(line, batch)
        except _NotConfirmed as problem:
            answers = self._refusals([Unavailable("store.not_durable") for _ in batch], str(problem))
        except (RedisError, OSError) as problem:
            await line.disconnect(nowait=True)
            answers = self._refusals(
                [Unavailable("store.away") for _ in batch], f"{trouble_of(problem).words} {problem}".rstrip()
            )
        else:
            if self._trouble:
                log.warning("Votes are acknowledged again.")
            self._trouble = ""
        if any(isinstance(answer, ReadOnlyError | MasterDownError) for answer in answers):
            await line.disconnect(nowait=True)  # the address may lead to the new primary by now
        for act, answer in zip(batch, answers, strict=True):
            act.answer = answer

    def _refusals(self, refusals: list[Unavailable], why: str) -> list[Unavailable]:
        """Logged once, not for every judge who tries."""
        code = refusals[0].code
        if self._trouble != code:
            log.warning("Votes are not acknowledged (%s): %s", code, why)
        self._trouble = code
        return refusals

    async def _exchange_or_repeat(self, line: AbstractConnection, batch: list[_Act]) -> list[Any]:
        """One that breaks is made anew and everything is sent again, the wait included: what the old one wrote, a new
        one cannot wait for."""
        was_connected = line.is_connected
        try:
            return await self._exchange(line, batch)
        except (RedisConnectionError, OSError):
            await line.disconnect(nowait=True)
            if not was_connected:
                raise
        return await self._exchange(line, batch)

    async def _exchange(self, line: AbstractConnection, batch: list[_Act]) -> list[Any]:
        """The store's answers, errors among them. Raises _NotConfirmed rather than return one that could be lost."""
        if not line.is_connected:
            await line.connect()  # type: ignore[no-untyped-call]
        commands = [*(act.command for act in batch), self._mark]
        await line.send_packed_command(b"".join(commands), check_health=False)
        answers = [await _answer(line) for _ in batch]
        if self._replicas:
            mark = await _answer(line)
            if isinstance(mark, ResponseError):
                raise _NotConfirmed(str(mark))
            await self._wait_for_copies(line)
        return answers

    async def _wait_for_copies(self, line: AbstractConnection) -> None:
        wait = packed("WAITAOF", 1, self._replicas, int(ASKS_AGAIN_AFTER * 1000))
        now = asyncio.get_running_loop().time
        give_up = now() + COPIES_WITHIN
        while True:
            await line.send_packed_command(wait, check_health=False)
            answer = await _answer(line)
            if isinstance(answer, ResponseError):
                raise _NotConfirmed(str(answer))
            local, copies = answer
            if local >= 1 and copies >= self._replicas:
                return
            if now() >= give_up:
                raise _NotConfirmed(f"on disk at {local} of 1 primary and {copies} of {self._replicas} copies")


_LENGTHS = tuple(b"\r\n$%d\r\n" % length for length in range(1024))
"""What goes before a word of so many bytes; few have more. A ballot's two dozen words are packed in half the time."""


def packed(*words: Word) -> bytes:
    """A command as RESP sends it: an array of bulk strings."""
    return b"*%d%b\r\n" % (len(words), _strings(words))


def packed_call(function: str, keys: tuple[Word, ...], arguments: Sequence[Word]) -> bytes:
    """The same of a call of a server-side function; the third of its words that is in all calls for a poll is packed
    once."""
    return b"*%d%b%b\r\n" % (3 + len(keys) + len(arguments), _called(function, keys), _strings(arguments))


@lru_cache(maxsize=1024)
def _called(function: str, keys: tuple[Word, ...]) -> bytes:
    return _strings(("FCALL", function, len(keys), *keys))


def _strings(words: Sequence[Word]) -> bytes:
    parts: list[bytes] = []
    for word in words:
        data = word if isinstance(word, bytes) else str(word).encode()
        length = len(data)
        parts.append(_LENGTHS[length] if length < len(_LENGTHS) else b"\r\n$%d\r\n" % length)
        parts.append(data)
    return b"".join(parts)


def _give_up(turn: asyncio.Future[AbstractConnection | None]) -> None:
    if not turn.done():
        turn.set_exception(Unavailable("store.away"))


async def _answer(connection: AbstractConnection) -> Any:
    try:
        return await connection.read_response()
    except ResponseError as problem:
        return problem
