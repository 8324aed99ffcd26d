"""The audience award from the browsers' side: the whole application behind real sockets."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.requests import HTTPConnection
from starlette.responses import Response
from websockets.asyncio.client import ClientConnection, connect

from roadshow.access.limits import VOTERS_FROM_ADDRESS, Limits
from roadshow.access.voters import Voters
from roadshow.app import OpenHouse
from roadshow.competitions.loading import load_preset
from roadshow.competitions.people import Role
from roadshow.ids import ProjectId
from roadshow.serving import serve
from roadshow.settings import Settings
from roadshow.show import Show
from tests.clocks import HandClock
from tests.told import sections

ROOM = "ai"
SECRET = b"x" * 32


def _request(*cookies: str, address: str = "192.0.2.7") -> HTTPConnection:
    headers = [(b"cookie", "; ".join(cookies).encode())] if cookies else []
    return HTTPConnection({"type": "http", "headers": headers, "client": (address, 1)})


def _cookie(response: Response) -> str:
    return response.headers["set-cookie"].partition(";")[0]


async def test_a_browser_gets_one_token_and_keeps_it() -> None:
    """Reloading the page must not make another voter."""
    voters = Voters(SECRET, Limits(HandClock()), secure=True)
    first = Response()
    await voters.keep(_request(), first)
    for attribute in ("__Host-voter=", "HttpOnly", "Secure", "SameSite=lax", "Path=/"):
        assert attribute in first.headers["set-cookie"]
    again = Response()
    await voters.keep(_request(_cookie(first)), again)
    assert "set-cookie" not in again.headers
    assert voters.voter(_request(_cookie(first))) == voters.voter(_request("a=b", _cookie(first))) is not None


async def test_a_token_we_did_not_give_is_nobodys() -> None:
    """Otherwise one browser could make up a thousand voters."""
    voters, others = (
        Voters(SECRET, Limits(HandClock()), secure=False),
        Voters(b"y" * 32, Limits(HandClock()), secure=False),
    )
    token = voters.new_token()
    assert voters.voter(_request(f"voter={token}")) is not None
    forged = (token[:-1] + ("0" if token[-1] != "0" else "1"), "A" + token[1:-1], others.new_token(), "x" * 57, "")
    assert [voters.voter(_request(f"voter={one}")) for one in forged] == [None] * len(forged)


async def test_a_factory_of_tokens_runs_dry_and_watching_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only new tokens are bounded by address: whoever has one votes on, whatever the neighbours do."""
    limits = Limits(HandClock())
    voters = Voters(SECRET, limits, secure=False)
    mine = Response()
    await voters.keep(_request(), mine)
    for _ in range(VOTERS_FROM_ADDRESS.amount - 1):
        await limits.spend(VOTERS_FROM_ADDRESS, "192.0.2.7")
    dry, elsewhere, known = Response(), Response(), Response()
    await voters.keep(_request(), dry)
    await voters.keep(_request(address="192.0.2.8"), elsewhere)
    await voters.keep(_request(_cookie(mine)), known)
    assert ["set-cookie" in one.headers for one in (dry, elsewhere, known)] == [False, True, False]
    assert voters.voter(_request(_cookie(mine))) is not None


class Phone:
    """A connection that follows the room."""

    def __init__(self, live: ClientConnection) -> None:
        self._live = live
        self._commands = 0

    async def ask(self, kind: str, **fields: Any) -> dict[str, Any]:
        """The answer to a command."""
        self._commands += 1
        command = f"command-{self._commands:04}"
        await self._live.send(json.dumps({"type": kind, "command": command, "room": ROOM, **fields}))
        while (message := await self.read()).get("command") != command:
            pass
        return message

    async def vote(self, project: ProjectId) -> str:
        answer = await self.ask("audience.vote", project=project)
        return str(answer["project"] if answer["type"] == "audience.accepted" else answer["code"])

    async def follow(self) -> dict[str, Any]:
        """The snapshot's audience section."""
        await self._live.send(json.dumps({"type": "follow", "room": ROOM}))
        section: dict[str, Any] = sections(await self.hear("room.snapshot"))["audience"]
        return section

    async def hear(self, kind: str) -> dict[str, Any]:
        while (message := await self.read())["type"] != kind:
            pass
        return message

    async def told(self, state: str) -> dict[str, Any]:
        """The next audience section that says so."""
        while True:
            value: dict[str, Any] = sections(await self.hear("room.changed")).get("audience", {})
            if value.get("state") == state:
                return value

    async def read(self) -> dict[str, Any]:
        async with asyncio.timeout(20):
            message: dict[str, Any] = json.loads(await self._live.recv())
        return message


class House:
    def __init__(self, show: Show) -> None:
        self.base = show.settings.public_url
        self.show = show
        self.projects = [slot.project for slot in show.rooms[next(iter(show.rooms))].snapshot().rundown.slots]

    def browser(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.base, headers={"Origin": self.base})

    async def token(self) -> str:
        """As a phone gets it: by opening the watch page."""
        async with self.browser() as browser:
            assert (await browser.get(f"/rooms/{ROOM}/watch")).status_code == 200
            return browser.cookies["voter"]

    @asynccontextmanager
    async def phone(self, cookie: str = "", person: str = "") -> AsyncIterator[Phone]:
        headers = {"Cookie": cookie} if cookie else {}
        address = self.base.replace("http", "ws") + "/live" + (f"?as={person}" if person else "")
        async with connect(address, origin=self.base, additional_headers=headers) as live:  # type: ignore[arg-type]
            yield Phone(live)

    @asynccontextmanager
    async def control(self) -> AsyncIterator[Phone]:
        organiser = next(one for one in self.show.people if one.role is Role.ORGANISER)
        async with self.browser() as browser:
            assert (await browser.post(f"/i/{await self.show.guests.invite(organiser.id)}")).status_code == 303
            cookie = f"roadshow={browser.cookies['roadshow']}"
        async with self.phone(cookie, organiser.id) as phone:
            yield phone


@asynccontextmanager
async def _house(folder: Path) -> AsyncIterator[House]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    ready: asyncio.Future[Show] = asyncio.get_running_loop().create_future()

    async def is_ready(house: OpenHouse) -> None:
        ready.set_result(house.shows[0])

    settings = Settings(data=folder / "data", port=port, udp_port=0, public_url=f"http://localhost:{port}")
    competition = load_preset("demo", today=date(2026, 1, 1))
    serving = asyncio.create_task(serve(settings, [competition], is_ready))
    serving.add_done_callback(lambda _: ready.cancel())  # if it never comes to serving
    try:
        yield House(await ready)
    finally:
        serving.cancel()
        await asyncio.wait([serving])


async def test_from_the_opening_to_the_announcement(tmp_path: Path) -> None:
    """Two phones vote, one changes its mind twice, nobody learns who leads, and the count is right."""
    async with _house(tmp_path) as house, house.control() as control:
        arm, leg = house.projects[:2]
        tokens = [await house.token() for _ in range(2)]
        async with house.phone(f"voter={tokens[0]}") as one, house.phone(f"voter={tokens[1]}") as two:
            assert (await one.follow())["state"] == "closed"
            assert await one.vote(arm) == "audience.closed"
            assert (await control.ask("audience.open"))["type"] == "command.accepted"
            assert (await one.told("open"))["result"] is None
            assert [await one.vote(arm), await two.vote(arm), await one.vote(leg), await one.vote(leg)] == [
                arm,
                arm,
                leg,
                leg,
            ]
            assert await two.vote(ProjectId("nobody")) == "project.unknown"
            while (section := await one.told("open"))["votes"] < 2:
                assert section["result"] is None
            assert (await control.ask("audience.announce"))["code"] == "audience.open"
            await control.ask("audience.close")
            assert await two.vote(leg) == "audience.closed"
            assert (await control.ask("audience.announce"))["type"] == "command.accepted"
            result = (await one.told("counted"))["result"]
        assert {row["project"]: row["votes"] for row in result if row["votes"]} == {arm: 1, leg: 1}
        async with house.phone(f"voter={tokens[0]}") as back:
            assert (await back.follow())["result"] == result
            assert (await back.hear("audience.own"))["project"] == leg


async def test_who_has_no_token_has_no_vote_and_two_sockets_of_one_are_one(tmp_path: Path) -> None:
    """Opening a hundred tabs is no way to win."""
    async with _house(tmp_path) as house, house.control() as control:
        project = house.projects[0]
        await control.ask("audience.open", seconds=600)
        token = await house.token()
        async with house.phone() as stranger, house.phone("voter=" + "x" * 57) as forger:
            assert [await stranger.vote(project), await forger.vote(project)] == ["audience.no_token"] * 2
            assert (await stranger.ask("audience.close"))["code"] == "sign_in.needed"
        async with house.phone(f"voter={token}") as one, house.phone(f"voter={token}") as two:
            assert [await one.vote(project), await two.vote(project)] == [project] * 2
        section = await control.follow()
        assert (section["votes"], section["state"], section["result"]) == (1, "open", None)
        assert section["closes_at"] is not None
