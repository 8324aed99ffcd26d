"""What acts and cues leave in the log, through real sockets."""

import logging
from collections.abc import Callable
from typing import Any

import pytest

from roadshow.errors import Conflict
from roadshow.live.messages import Message
from tests.live.conftest import COMMAND, Site
from tests.live.test_socket import BALLOT

Told = Callable[[str], list[dict[str, Any]]]


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Told:
    caplog.set_level(logging.INFO, "roadshow")
    known = set(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}

    def lines(event: str) -> list[dict[str, Any]]:
        records = [record for record in caplog.records if record.message == event]
        return [{name: value for name, value in vars(one).items() if name not in known} for one in records]

    return lines


async def test_an_act_is_told_with_who_did_it_and_what_came_of_it(site: Site, told: Told) -> None:
    """A host who asks "who pressed that" gets an answer, and what was scored stays with the store."""

    async def closed(message: Message) -> None:
        raise Conflict("ballot.closed")

    async with site.browser("organiser") as organiser, site.browser("judge") as judge:
        await organiser.send(type="session.pause", command=COMMAND, room="ai")
        await organiser.read_until("command.accepted")
        site.rooms.answer = closed
        await judge.send(**BALLOT)
        await judge.read_until("refused")
    pause, ballot = told("act")
    assert pause.pop("ms") >= 0
    assert pause == {
        "what": "session.pause",
        "who": "organiser",
        "role": "organiser",
        "field": "ai",
        "command": COMMAND,
        "outcome": "accepted",
    }
    assert (ballot["who"], ballot["what"], ballot["outcome"]) == ("judge", "ballot.cast", "ballot.closed")
    assert set(ballot) == {*pause, "ms"}


async def test_strangers_leave_no_line(site: Site, told: Told) -> None:
    """Anybody could fill the disk with what they are not allowed to do."""
    async with site.browser() as browser:
        await browser.send(type="session.pause", command=COMMAND, room="ai")
        assert (await browser.read_until("refused"))["command"] == COMMAND
    assert told("act") == []


async def test_a_cue_is_told_once_with_how_many_it_reached(site: Site, told: Told) -> None:
    """One line says that all have it; a line for each of them would say nothing."""
    async with site.browser() as one, site.browser() as other:
        for browser in (one, other):
            await browser.send(type="follow", room="ai")
            await browser.read_until("room.snapshot")
        site.happens("orbit")
        for browser in (one, other):
            await browser.read_until("room.changed")
    (cue,) = told("cue")
    assert cue.pop("ms") >= 0
    assert cue == {"what": "session", "field": "ai", "sockets": 2}
