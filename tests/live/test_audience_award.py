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

from roadshow.access.voters import Voters
from roadshow.app import OpenHouse, open_show
from roadshow.competitions.loading import load_preset
from roadshow.competitions.people import Role
from roadshow.desks import watch as watch_page
from roadshow.errors import NotFound, RoadshowError
from roadshow.ids import CommandId, CompetitionId, ProjectId, RoomId
from roadshow.moments import Duration, Instant
from roadshow.serving import serve
from roadshow.settings import Settings
from roadshow.show import Show
from roadshow.voting.audience.award import NEW_VOTERS_AT_ONCE, Doubt, turnout
from tests.told import sections

ROOM = "ai"
AI, FINAL = RoomId(ROOM), CompetitionId("final")
OPENING, NOW = 1_700_000_000_000, Instant(1_700_000_100_000)
SECRET = b"x" * 32


def _request(*cookies: str, address: str = "192.0.2.7") -> HTTPConnection:
    headers = [(b"cookie", "; ".join(cookies).encode())] if cookies else []
    return HTTPConnection({"type": "http", "headers": headers, "client": (address, 1)})


# Tokens -------------------------------------------------------------------------------------------------------------


def test_a_token_is_kept_from_scripts_and_from_other_sites() -> None:
    """And not for longer than an award lasts."""
    voters, response = Voters(SECRET, FINAL, secure=True), Response()
    token = voters.make(AI, OPENING, NOW)
    voters.keep(response, token)
    cookie = response.headers["set-cookie"]
    assert cookie.startswith(f"__Host-voter.final.ai={token.text};")
    for attribute in ("HttpOnly", "Secure", "SameSite=strict", "Path=/", f"Max-Age={7 * 24 * 60 * 60}"):
        assert attribute in cookie
    assert voters.shown(_request("a=b", cookie.partition(";")[0]), AI) == token


def test_a_token_we_did_not_give_for_this_room_is_nobodys() -> None:
    """Otherwise one browser could make up a thousand voters, or carry its votes from room to room."""
    voters = Voters(SECRET, FINAL, secure=False)
    own = voters.make(AI, OPENING, NOW)
    _, made_at, name, signature = own.text.split(".")
    changed = signature[:-1] + ("0" if signature[-1] != "0" else "1")
    forged = [
        f"{OPENING}.{made_at}.{name}.{changed}",
        f"{OPENING + 1}.{made_at}.{name}.{signature}",
        f"{OPENING}.{int(made_at) + 1}.{name}.{signature}",
        f"{OPENING}.{made_at}.{'A' * 24}.{signature}",
        voters.make(RoomId("bio"), OPENING, NOW).text,
        Voters(SECRET, CompetitionId("youth"), secure=False).make(AI, OPENING, NOW).text,
        Voters(b"y" * 32, FINAL, secure=False).make(AI, OPENING, NOW).text,
        f"{'A' * 24}.{'0' * 32}",
        "x" * 4096,
        "",
    ]
    assert voters.read(AI, {"voter.final.ai": own.text}) == own
    assert [voters.read(AI, {"voter.final.ai": one}) for one in forged] == [None] * len(forged)


def test_an_origin_is_one_hall_and_nobody_can_read_it_back() -> None:
    """A campus may give each phone a network of its own; a customer who has 65,536 of them is still one."""
    voters = Voters(SECRET, FINAL, secure=False)

    def origin(address: str, opening: int = OPENING) -> str:
        with voters.booth(_request(address=address)) as booth:
            booth.take(voters.make(AI, opening, NOW))
            voter = booth.voter(AI)
        assert voter is not None
        return voter.origin

    assert origin("2001:db8:1:2::3") == origin("2001:db8:1:ffff::4") != origin("2001:db8:2:2::3")
    assert origin("192.0.2.7") == origin("::ffff:192.0.2.7") != origin("192.0.2.8")
    assert origin("192.0.2.7") != origin("192.0.2.7", OPENING + 1)
    assert "192" not in origin("192.0.2.7")


def test_a_booth_is_there_for_as_long_as_its_socket() -> None:
    """What is kept for strangers must not outlive them."""
    voters = Voters(SECRET, FINAL, secure=False)
    with voters.booth(_request()) as booth:
        assert voters.find(booth.name) is booth
        assert booth.voter(AI) is None
    with pytest.raises(NotFound, match=r"audience\.booth"):
        voters.find(booth.name)


@pytest.mark.parametrize(
    ("votes", "largest", "viewers", "before", "doubt"),
    [
        (49, 49, 1, 0, None),
        (100, 50, 100, 0, None),
        (100, 51, 100, 0, Doubt.ONE_ADDRESS),
        (200, 90, 100, 0, None),
        (201, 90, 100, 0, Doubt.MORE_THAN_VIEWERS),
        (201, 190, 100, 0, Doubt.MORE_THAN_VIEWERS),
        (201, 90, 0, 201, None),  # the server was started anew, and nobody is back yet
    ],
)
def test_control_is_asked_to_look_where_votes_are_out_of_proportion(
    votes: int, largest: int, viewers: int, before: int, doubt: Doubt | None
) -> None:
    """Halves and doubles can be explained to a hall; and a few votes say nothing."""
    assert turnout(votes, largest, viewers, before).doubt is doubt


# Browsers -----------------------------------------------------------------------------------------------------------


class Phone:
    """A connection that follows the room, and the browser it belongs to."""

    def __init__(self, live: ClientConnection, browser: httpx.AsyncClient) -> None:
        self._live = live
        self.browser = browser
        self._commands = 0

    async def ask(self, kind: str, **fields: Any) -> dict[str, Any]:
        """The answer to a command."""
        self._commands += 1
        command = f"command-{self._commands:04}"
        await self._live.send(json.dumps({"type": kind, "command": command, "room": ROOM, **fields}))
        while (message := await self.read()).get("command") != command:
            pass
        return message

    async def cast(self, project: ProjectId) -> dict[str, Any]:
        return await self.ask("audience.vote", project=project)

    async def vote(self, project: ProjectId) -> str:
        """As the page does it: whoever is told to fetch a token fetches one, and votes again."""
        answer = await self.cast(project)
        if answer.get("code") in ("audience.no_token", "audience.token_old"):
            fetched = await self.fetch(answer["details"]["booth"])
            if fetched.status_code != 204:
                return str(fetched.json()["code"])
            answer = await self.cast(project)
        return str(answer["project"] if answer["type"] == "audience.accepted" else answer["code"])

    async def fetch(self, booth: str) -> httpx.Response:
        return await self.browser.post(f"/rooms/{ROOM}/voters/{booth}")

    async def follow(self) -> dict[str, Any]:
        """The snapshot's audience section."""
        section: dict[str, Any] = sections(await self.follow_all())["audience"]
        return section

    async def follow_all(self) -> dict[str, Any]:
        """The snapshot."""
        await self._live.send(json.dumps({"type": "follow", "room": ROOM}))
        return await self.hear("room.snapshot")

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

    @asynccontextmanager
    async def phone(self, browser: httpx.AsyncClient | None = None, person: str = "") -> AsyncIterator[Phone]:
        """In a browser of its own, or one more tab of this one."""
        own = browser or self.browser()
        cookie = "; ".join(f"{name}={value}" for name, value in own.cookies.items())
        headers = {"Cookie": cookie} if cookie else {}
        address = self.base.replace("http", "ws") + "/live" + (f"?as={person}" if person else "")
        try:
            async with connect(address, origin=self.base, additional_headers=headers) as live:  # type: ignore[arg-type]
                yield Phone(live, own)
        finally:
            if browser is None:
                await own.aclose()

    @asynccontextmanager
    async def control(self) -> AsyncIterator[Phone]:
        organiser = next(one for one in self.show.people if one.role is Role.ORGANISER)
        async with self.browser() as browser:
            assert (await browser.post(f"/i/{await self.show.guests.invite(organiser.id)}")).status_code == 303
            async with self.phone(browser, organiser.id) as phone:
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
    async with _house(tmp_path) as house, house.control() as control, house.browser() as browser:
        arm, leg = house.projects[:2]
        async with house.phone(browser) as one, house.phone() as two:
            assert (await one.follow())["state"] == "closed"
            assert await one.vote(arm) == "audience.closed"
            assert (await control.ask("audience.open"))["type"] == "command.accepted"
            assert (await one.told("open"))["winners"] is None
            assert [await one.vote(arm), await two.vote(arm), await one.vote(leg), await one.vote(leg)] == [
                arm,
                arm,
                leg,
                leg,
            ]
            assert await two.vote(ProjectId("nobody")) == "project.unknown"
            while (section := await one.told("open"))["votes"] < 2:
                assert section["winners"] is None
            assert (await control.ask("audience.announce"))["code"] == "audience.open"
            await control.ask("audience.close")
            assert await two.vote(leg) == "audience.closed"
            assert (await control.ask("audience.announce"))["type"] == "command.accepted"
            winners = (await one.told("counted"))["winners"]
        assert winners == [{"project": arm, "votes": 1}, {"project": leg, "votes": 1}], "and nobody hears of a nought"
        async with house.phone(browser) as back:
            assert (await back.follow())["winners"] == winners
            assert (await back.hear("audience.own"))["project"] == leg


async def test_who_does_not_pitch_has_no_part_in_it(tmp_path: Path) -> None:
    """A project that withdraws must not be voted for, nor win by votes from before; brought back, it can again."""
    async with _house(tmp_path) as house, house.control() as control:
        arm, leg = house.projects[:2]
        async with house.phone() as one, house.phone() as two:
            await control.ask("audience.open")
            assert await one.vote(leg) == leg
            assert (await control.ask("slot.skip", slot=leg))["type"] == "command.accepted"
            assert await two.vote(leg) == "audience.skipped"
            assert await two.vote(arm) == arm
            await control.ask("slot.defer", slot=leg)
            assert await two.vote(leg) == leg
            await control.ask("slot.skip", slot=leg)
            await control.ask("audience.close")
            assert (await control.ask("audience.announce"))["code"] == "audience.none", "both have voted for it"
            await one.follow()
            await control.ask("audience.open")
            assert await two.vote(arm) == arm
            await control.ask("audience.close")
            await control.ask("audience.announce")
            told = await one.told("counted")
            assert (told["winners"], told["votes"]) == ([{"project": arm, "votes": 1}], 1)
            await control.ask("slot.skip", slot=arm)
            assert await two.follow() == told, "what was announced is not taken back"


async def test_a_page_that_everybody_gets_gives_no_token(tmp_path: Path) -> None:
    """It comes out of caches; and whoever only looks needs none."""
    async with _house(tmp_path) as house, house.browser() as browser:
        for page in ("watch", "screen"):
            answer = await browser.get(f"/rooms/{ROOM}/{page}")
            assert answer.status_code == 200
            assert "set-cookie" not in answer.headers
            assert "token" not in answer.text.split('id="page">', 1)[1].split("</script>", 1)[0]


async def test_one_browser_is_one_voter_in_all_its_tabs_and_after_a_reload(tmp_path: Path) -> None:
    """Opening a hundred tabs is no way to win, before the first vote or after it."""
    async with _house(tmp_path) as house, house.control() as control, house.browser() as browser:
        arm, leg = house.projects[:2]
        await control.ask("audience.open", seconds=600)
        async with house.phone(browser) as one, house.phone(browser) as two:
            assert [await one.vote(arm), await two.vote(leg), await one.vote(arm)] == [arm, leg, arm]
        async with house.phone(browser) as reloaded:
            await reloaded.follow()
            assert (await reloaded.hear("audience.own"))["project"] == arm
            assert (await reloaded.cast(leg))["project"] == leg
        section = await control.follow()
        assert (section["votes"], section["state"], section["winners"]) == (1, "open", None)
        assert section["closes_at"] is not None


async def test_a_tab_of_long_ago_is_no_second_voter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its connection is older than the token, which is too old for a first vote by now; but it has voted."""
    async with _house(tmp_path) as house, house.control() as control, house.browser() as browser:
        arm, leg = house.projects[:2]
        await control.ask("audience.open")
        async with house.phone(browser) as one, house.phone(browser) as long_open:
            assert await one.vote(arm) == arm
            monkeypatch.setattr(watch_page, "FIRST_VOTE_WITHIN", Duration(-1))
            assert await long_open.vote(leg) == leg
        assert (await control.follow())["votes"] == 1


async def test_one_socket_is_given_one_token(tmp_path: Path) -> None:
    """A browser that throws its cookies away needs a new connection for each vote, and those are counted."""
    async with _house(tmp_path) as house, house.control() as control, house.phone() as phone:
        project = house.projects[0]
        await control.ask("audience.open")
        refused = await phone.cast(project)
        assert (refused["code"], refused["retry"]) == ("audience.no_token", False)
        tokens = set()
        for _ in range(3):
            assert (await phone.fetch(refused["details"]["booth"])).status_code == 204
            tokens.add(phone.browser.cookies[f"voter.demo.{ROOM}"])
            assert (await phone.cast(project))["type"] == "audience.accepted"
            phone.browser.cookies.clear()
        assert len(tokens) == 1
        assert (await control.follow())["votes"] == 1
        assert (await phone.fetch("x" * 24)).json()["code"] == "audience.booth"
        assert (await phone.ask("audience.close"))["code"] == "sign_in.needed"


async def test_what_is_no_good_any_more_is_refused_and_the_page_gets_another(tmp_path: Path) -> None:
    """A token of yesterday, of before the opening, or of another room must not stand between a guest and the vote."""
    async with _house(tmp_path) as house, house.control() as control:
        project, voters = house.projects[0], house.show.parts.context.voters
        cookie = f"voter.demo.{ROOM}"
        await control.ask("audience.open")
        stored = await house.show.parts.award.state(AI)
        stale = {
            voters.make(AI, stored.opening, stored.now - Duration.minutes(1440)).text: "audience.token_old",
            voters.make(AI, stored.opening - 1, stored.now).text: "audience.token_old",
            voters.make(RoomId("bio"), stored.opening, stored.now).text: "audience.no_token",
        }
        for token, code in stale.items():
            async with house.browser() as browser:
                browser.cookies.set(cookie, token, domain="localhost.local", path="/")
                async with house.phone(browser) as phone:
                    assert (await phone.cast(project))["code"] == code
                    assert await phone.vote(project) == project
                    assert browser.cookies[cookie] != token
        assert (await control.follow())["votes"] == len(stale)


async def test_whoever_only_looks_takes_nothing_from_their_neighbours(tmp_path: Path) -> None:
    """One guest of a hall opens the page 1,200 times, and has as many tokens made; the next one votes at once."""
    competition = load_preset("demo", today=date(2026, 1, 1))
    async with open_show(Settings(data=tmp_path / "data", port=0, udp_port=0), competition) as show:
        context, base = show.parts.context, show.settings.public_url
        await context.award.open(AI, None, CommandId("open-0001"))
        transport = httpx.ASGITransport(show.app)
        async with httpx.AsyncClient(transport=transport, base_url=base, headers={"Origin": base}) as browser:
            for _ in range(NEW_VOTERS_AT_ONCE):
                # Whoever looks so often is told to wait, in time; nobody else is.
                assert (await browser.get(f"/rooms/{ROOM}/watch")).status_code in (200, 429)
                with context.voters.booth(_request(address="127.0.0.1")) as wasted:
                    assert (await browser.post(f"/rooms/{ROOM}/voters/{wasted.name}")).status_code == 204
                browser.cookies.clear()
            with context.voters.booth(_request(address="127.0.0.1")) as booth:
                assert (await browser.post(f"/rooms/{ROOM}/voters/{booth.name}")).status_code == 204
                voter = booth.voter(AI)
        assert voter is not None
        voted: asyncio.Future[RoadshowError | None] = asyncio.get_running_loop().create_future()
        project = context.rooms[AI].snapshot().rundown.slots[0].project
        context.award.vote(AI, voter, project, voted.set_result)
        assert await voted is None


async def test_control_sees_votes_beside_viewers(tmp_path: Path) -> None:
    """And nobody else does: which share one address has would tell a factory how far it may go."""
    async with _house(tmp_path) as house, house.control() as control, house.phone() as phone:
        await control.follow()
        await control.ask("audience.open")
        assert "turnout" not in sections(await phone.follow_all())
        await phone.vote(house.projects[0])
        while (told := sections(await control.hear("room.changed")).get("turnout")) is None or not told["votes"]:
            pass
        assert told == {"section": "turnout", "votes": 1, "viewers": 1, "largest": 1, "doubt": None, "result": None}
