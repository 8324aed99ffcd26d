"""What happens when the system has no descriptor left, where nobody can wait for that to happen."""

import asyncio
import errno
import logging
import os
import socket

import pytest

from roadshow.front import accepting
from roadshow.front.accepting import Accepting
from roadshow.front.house import taking
from tests.front.client import get
from tests.front.conftest import opened, until


class Exhausted:
    """A listening socket that always has somebody to accept, and never a descriptor for them."""

    def __init__(self, listening: socket.socket) -> None:
        self.listening = listening
        self.tries = 0

    def fileno(self) -> int:
        return self.listening.fileno()

    def setblocking(self, _flag: bool) -> None: ...

    def close(self) -> None:
        self.listening.close()

    def accept(self) -> tuple[socket.socket, tuple[str, int]]:
        self.tries += 1
        raise OSError(errno.EMFILE, "Too many open files")


async def test_an_accept_that_fails_is_not_tried_again_at_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """asyncio's own tries in every turn of its loop, and writes a traceback each time."""
    monkeypatch.setattr(accepting, "AGAIN_AFTER", 0.01)
    listening = socket.create_server(("127.0.0.1", 0))
    with socket.create_connection(listening.getsockname()):
        exhausted = Exhausted(listening)
        asked = 0

        def make_room() -> bool:
            nonlocal asked
            asked += 1
            return False

        turns = 0
        door = Accepting(exhausted, lambda *_: None, make_room)  # type: ignore[arg-type]
        while exhausted.tries < 4:
            turns += 1
            await asyncio.sleep(0.001)
        door.stop()
    assert turns > exhausted.tries
    assert asked >= 3
    told = [line for line in caplog.records if line.name == accepting.__name__]
    assert [line.levelno for line in told] == [logging.WARNING]


async def test_the_last_descriptors_are_for_staff(monkeypatch: pytest.MonkeyPatch) -> None:
    """And for the store, without which nobody's vote counts."""
    lowest = os.dup(0)
    os.close(lowest)
    monkeypatch.setattr(taking, "descriptors", lambda: lowest + 100)
    monkeypatch.setattr(taking, "spared", lambda _limit: 150)
    async with opened() as place:
        async with await place.client() as guest:
            reply = await guest.ask(get("/page"))
            assert (reply.status, "retry-after" in reply.headers) == (503, True)
        async with await place.client() as judge:
            assert (await judge.ask(get("/as/judge/judge"))).status == 200
        await until(lambda: len(place.settled) == 2)
    assert place.served == ["/as/judge/judge"]
