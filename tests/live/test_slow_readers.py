"""A connection whose other end does not read, with a clock that is moved by hand."""

import asyncio
from typing import Any, cast

import pytest
from starlette.websockets import WebSocket

from roadshow.access.roles import Visitor
from roadshow.live.connection import Connection
from roadshow.live.family import Sender
from roadshow.live.hub import Hub
from roadshow.live.messages import CommandAccepted, Superseded
from roadshow.live.outbox import MOST_BEHIND, MOST_EVENTS, MOST_REPLIES
from roadshow.moments import Duration, Instant
from tests.live.conftest import AI, COMMAND, FakeRooms, texts


class HandClock:
    def __init__(self) -> None:
        self.time = Instant(1_000_000)

    def now(self) -> Instant:
        return self.time


class StuckSocket:
    """Takes nothing until ``reads`` is set."""

    def __init__(self) -> None:
        self.reads = asyncio.Event()
        self.sent: list[str] = []
        self.closed: list[tuple[int, str]] = []

    async def receive(self) -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    async def send_text(self, text: str) -> None:
        await self.reads.wait()
        self.sent.append(text)

    async def close(self, code: int, reason: str) -> None:
        self.closed.append((code, reason))


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def stuck() -> StuckSocket:
    return StuckSocket()


@pytest.fixture
def connection(clock: HandClock, stuck: StuckSocket) -> Connection:
    rooms = FakeRooms()
    hub = Hub([AI], clock, rooms.read, "epoch")
    sender = Sender(Visitor(None, "192.0.2.1"))
    connection = Connection(cast("WebSocket", stuck), sender, hub, rooms.families(), clock, texts, "en", steady=clock)
    hub.join(connection)
    return connection


async def test_being_behind_for_too_long_ends_the_connection(
    connection: Connection, clock: HandClock, stuck: StuckSocket
) -> None:
    """A phone that went away without a word must not be served for the rest of the day."""
    for number in range(MOST_EVENTS + 1):
        connection.send_event(AI, f"event {number}")
    clock.time += MOST_BEHIND + Duration(1)
    connection.send_event(AI, "last straw")
    stuck.reads.set()
    await connection.run()
    assert stuck.closed == [(1013, "too slow")]


async def test_being_behind_for_a_moment_ends_nothing(
    connection: Connection, clock: HandClock, stuck: StuckSocket
) -> None:
    """Halls have holes in their network; a snapshot is all that is needed after one."""
    for number in range(MOST_EVENTS + 1):
        connection.send_event(AI, f"event {number}")
    clock.time += MOST_BEHIND
    connection.send_event(AI, "not the last straw")
    stuck.reads.set()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(connection.run())
        async with asyncio.timeout(30):
            while not stuck.sent:  # noqa: ASYNC110  # the connection's own tasks have to get there
                await asyncio.sleep(0)
        connection.end(1000, "enough")
    assert '"type":"room.snapshot"' in stuck.sent[0]
    assert stuck.closed == [(1000, "enough")]


async def test_a_socket_that_the_web_server_closed_by_itself_leaves_no_trace(
    connection: Connection, stuck: StuckSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It closes those that answer no ping, and whoever writes then gets a RuntimeError: anybody could fill the log."""

    async def closed(*_: object) -> None:
        raise RuntimeError("Unexpected ASGI message 'websocket.send', after sending 'websocket.close'.")

    monkeypatch.setattr(stuck, "send_text", closed)
    monkeypatch.setattr(stuck, "close", closed)
    connection.send(CommandAccepted(COMMAND))
    await connection.run()


async def test_answers_nobody_reads_end_the_connection(connection: Connection, stuck: StuckSocket) -> None:
    """Whoever sends without reading would fill the memory with answers."""
    for _ in range(MOST_REPLIES + 1):
        connection.send(CommandAccepted(COMMAND))
    stuck.reads.set()
    await connection.run()
    assert stuck.closed == [(1013, "not reading")]
    assert len(stuck.sent) == MOST_REPLIES


async def test_whoever_has_to_go_is_told_nothing_more(connection: Connection, stuck: StuckSocket) -> None:
    """A revoked chair who reads a frame every few seconds would otherwise follow the voting for minutes."""
    connection.send_event(AI, "before")
    connection.end(1008, "revoked", Superseded("revoked"))
    connection.send_event(AI, "after")
    connection.send_snapshot(AI, "all of it")
    stuck.reads.set()
    await connection.run()
    assert stuck.sent == ['{"type":"superseded","reason":"revoked"}']
    assert stuck.closed == [(1008, "revoked")]
