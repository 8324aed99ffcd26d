"""What acts and cues leave in the log, through real sockets."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from roadshow import logs
from roadshow.adapters import in_memory
from roadshow.app import open_show
from roadshow.competitions.loading import load_preset
from roadshow.errors import Conflict
from roadshow.ids import PersonId
from roadshow.live.messages import Message
from roadshow.settings import Settings
from tests.core.competitions.definitions import TODAY
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


async def test_links_made_and_taken_back_are_told(told: Told, tmp_path: Path) -> None:
    """Who let somebody in, and who put them out, is the first question after a strange evening."""
    competition = load_preset("demo", today=TODAY)
    async with open_show(Settings(data=tmp_path, port=0, udp_port=0), competition, adapters=in_memory) as show:
        base = show.settings.public_url
        transport, headers = httpx.ASGITransport(show.app), {"Origin": base}
        async with httpx.AsyncClient(transport=transport, base_url=base, headers=headers) as browser:
            await browser.post(f"/i/{await show.guests.invite(PersonId('organiser'))}")
            judge = competition.judges[0]
            for act in (f"{judge.id}/invite", f"{judge.id}/revoke", "organiser/revoke"):
                await browser.post(f"/as/organiser/people/{act}", data={"asked": "yes"})
    lines = [line for line in told("act") if line["what"].startswith("people.")]
    assert [(line["what"], line["who"], line["whom"], line.get("field"), line["outcome"]) for line in lines] == [
        ("people.invite", "organiser", judge.id, judge.field, "accepted"),
        ("people.revoke", "organiser", judge.id, judge.field, "accepted"),
        ("people.revoke", "organiser", "organiser", None, "people.yourself"),
    ]


@pytest.fixture
def everything(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """All that the process logs, at the level that tells most."""
    server = logging.getLogger("uvicorn.error")
    before, root = server.filters[:], logging.getLogger()
    handlers, level = root.handlers[:], root.level
    caplog.set_level(logging.DEBUG)
    logs.set_up("debug", "json")
    yield caplog
    server.filters[:] = before
    root.handlers[:], root.level = handlers, level


async def test_no_level_of_the_log_tells_what_sockets_say(everything: pytest.LogCaptureFixture, site: Site) -> None:
    """The web server's own lines would: each message with its scores, the cookie of each handshake, who came and went;
    and a traceback for whoever sends bytes that are no text."""
    cookie = await site.sign_in("judge")
    async with site.browser("judge", cookie=cookie) as judge:
        await judge.send(**BALLOT)
        await judge.read_until("command.accepted")
        await judge.socket.send(b"\xff", text=True)
        await judge.closed()
    told = [line for line in everything.records if line.name != "websockets.client"]  # the browser's own
    assert [line for line in told if line.name == "roadshow.telemetry"], "it listens"
    text = "\n".join(f"{line.getMessage()} {line.exc_info or ''}" for line in told)
    for secret in (cookie.partition("=")[2], "ballot.own", "scores", "[accepted]", "connection open"):
        assert secret not in text
    assert not [line for line in told if line.exc_info]
