"""Whoever asks as fast as they are answered: what they get, and what it leaves for the others."""

import asyncio
from typing import cast

from starlette.websockets import WebSocket

from roadshow.access.admission.flows import Flow
from roadshow.access.limits import MESSAGES_AT_ONCE
from roadshow.access.roles import Visitor
from roadshow.access.speaking import DESKS, MOST_REMEMBERED, NETWORK_AT_ONCE, Speaking
from roadshow.clock import SystemClock
from roadshow.competitions.people import Role
from roadshow.live.connection import Connection
from roadshow.live.family import Sender
from roadshow.live.hub import Hub
from roadshow.moments import Duration, Instant
from tests.live.conftest import AI, FakeRooms, texts
from tests.people import somebody

NOW = Instant(1_000_000)
JUDGE = somebody("judge", Role.JUDGE, AI)


def test_a_network_says_as_much_with_fifty_sockets_as_with_a_few() -> None:
    """Messages were counted by socket alone: fifty of them could say fifty times as much."""
    speaking = Speaking(Flow("messages", 100_000, Duration.seconds(1)))
    said = sum(speaking.may(Visitor(None, f"2001:db8:0:{number % 50:x}::/64"), "", NOW) for number in range(10_000))
    assert said == NETWORK_AT_ONCE
    assert speaking.may(Visitor(None, "192.0.2.7"), "", NOW)
    assert speaking.may(Visitor(JUDGE, "2001:db8:0:1::/64"), "", NOW), "a judge in the same hall is not of them"


def test_a_person_says_as_much_with_fifty_sockets_as_with_a_few() -> None:
    """And another competition's of the same name is somebody else."""
    speaking = Speaking(Flow("messages", 100_000, Duration.seconds(1)))
    judge = Visitor(JUDGE, "192.0.2.7")
    assert sum(speaking.may(judge, "final", NOW) for _ in range(1_000)) == DESKS * MESSAGES_AT_ONCE
    assert speaking.may(judge, "youth", NOW)


def test_of_those_who_spoke_only_so_many_are_remembered() -> None:
    """However many networks somebody has."""
    speaking = Speaking(Flow("messages", 100_000, Duration(1)))
    for number in range(2 * MOST_REMEMBERED):
        speaking.may(Visitor(None, f"10.{number // 250}.{number % 250}.1"), "", NOW + Duration(number))
    assert len(speaking._networks) == MOST_REMEMBERED


class Chatter:
    """A socket that says one thing after another, and counts."""

    def __init__(self) -> None:
        self.said = 0
        self.told: list[str] = []

    async def receive(self) -> dict[str, str]:
        self.said += 1
        return {"type": "websocket.receive", "text": '{"type":"clock.ping","sent":1}'}

    async def send_text(self, text: str) -> None:
        self.told.append(text)

    async def close(self, code: int, reason: str) -> None: ...


async def test_who_speaks_when_their_network_has_said_enough_is_not_listened_to_for_a_moment() -> None:
    """Refusing each message would cost as much as carrying it out."""
    chatter, clock, rooms = Chatter(), SystemClock(), FakeRooms()
    hub = Hub([AI], clock, rooms.read, "epoch")
    sender = Sender(Visitor(None, "192.0.2.1"))
    connection = Connection(
        cast("WebSocket", chatter), sender, hub, rooms.families(), clock, texts, "en", None, lambda _now: False
    )
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(connection.run())
        while not chatter.told:  # noqa: ASYNC110  (the connection's own tasks have to get there)
            await asyncio.sleep(0)
        for _ in range(100):
            await asyncio.sleep(0)
        assert chatter.said == 1
        assert '"code":"rate.messages"' in chatter.told[0]
        connection.end(1000, "enough")
