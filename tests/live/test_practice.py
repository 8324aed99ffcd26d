"""Practice rooms over HTTP: for the person alone, for as long as they have access."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from roadshow.app import open_house
from roadshow.competitions.definition import Competition
from roadshow.competitions.loading import load_preset
from roadshow.competitions.people import Appointment, Person, Role
from roadshow.ids import CompetitionId, RoomId
from roadshow.settings import Settings
from roadshow.show import Show
from roadshow.texts import same_in_all
from tests.relay.light_peer import LightPeer, section

DEMO = load_preset("demo", today=date(2026, 1, 1))
PUBLISH = section("video", "0", "sendonly", ["VP8"])
WATCH = section("video", "0", "recvonly", ["VP8"])


@dataclass
class House:
    show: Show
    browser: httpx.AsyncClient

    async def practice(self, person: Person) -> dict[str, str]:
        """The person comes in and opens the page: what it is given."""
        await self.browser.post(await self.show.invite(person.id))
        page = await self.browser.get(f"{self.show.address}/as/{person.id}/practice")
        assert page.status_code == 200
        keys = ("whip", "publish_token", "whep", "watch_token")
        found = {key: re.search(rf'"{key}":"([^"]+)"', page.text) for key in keys}
        return {key: match[1] for key, match in found.items() if match is not None}

    async def offer(self, address: str, token: str | None, sections: list[str]) -> httpx.Response:
        headers = {"Content-Type": "application/sdp"} | ({"Authorization": f"Bearer {token}"} if token else {})
        return await self.browser.post(address, content=LightPeer().offer(sections), headers=headers)

    def somebody(self, role: Role) -> Person:
        return next(person for person in self.show.people if person.role is role)


@asynccontextmanager
async def _houses(folder: Path, *competitions: Competition) -> AsyncIterator[list[House]]:
    """One for each competition, all with the same browser."""
    settings = Settings(data=folder / "data", port=0, udp_port=0)
    async with open_house(settings, competitions) as house:
        base = settings.public_url
        transport = httpx.ASGITransport(house.app)
        async with httpx.AsyncClient(transport=transport, base_url=base, headers={"Origin": base}) as browser:
            yield [House(show, browser) for show in house.shows]


@asynccontextmanager
async def _house(folder: Path) -> AsyncIterator[House]:
    async with _houses(folder, DEMO) as (house,):
        yield house


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


async def test_everybody_who_is_invited_has_a_room_of_their_own(folder: Path) -> None:
    """A judge who asks a question on stage has as much reason to try as a pitcher."""
    async with _house(folder) as house:
        rooms = set()
        for role in set(Role) - {Role.AUDIENCE}:
            given = await house.practice(house.somebody(role))
            rooms.add(given["whip"])
            assert (await house.offer(given["whip"], given["publish_token"], PUBLISH)).status_code == 201
            assert (await house.offer(given["whep"], given["watch_token"], WATCH)).status_code == 201
        assert len(rooms) == len(Role) - 1


async def test_nobody_else_may_look_into_it_or_send_there(folder: Path) -> None:
    """Its address can be guessed: a person's id is no secret."""
    async with _house(folder) as house:
        given = await house.practice(house.somebody(Role.PITCHER))
        others = await house.practice(house.somebody(Role.JUDGE))
        assert (await house.offer(given["whip"], given["publish_token"], PUBLISH)).status_code == 201
        for token, status, code in (
            (None, 401, "whip.token"),
            ("nonsense", 401, "whip.token"),
            (others["watch_token"], 403, "whip.room"),
            (others["publish_token"], 403, "whip.room"),
        ):
            answer = await house.offer(given["whep"], token, WATCH)
            assert (answer.status_code, answer.json()["code"]) == (status, code), token
        for token, status in ((None, 401), (given["watch_token"], 401), (others["publish_token"], 403)):
            assert (await house.offer(given["whip"], token, PUBLISH)).status_code == status, token
        stage = f"/rooms/{DEMO.fields[0].room}/whip"
        assert (await house.offer(stage, given["publish_token"], PUBLISH)).status_code == 403, "it opens no stage"


async def test_revoking_somebody_ends_their_practice_at_once_and_for_good(folder: Path) -> None:
    """Both of its connections: what they send, and what they watch."""
    async with _house(folder) as house:
        pitcher, judge = house.somebody(Role.PITCHER), house.somebody(Role.JUDGE)
        given, others = await house.practice(pitcher), await house.practice(judge)
        sessions = [
            (await house.offer(given["whip"], given["publish_token"], PUBLISH)).headers["Location"],
            (await house.offer(given["whep"], given["watch_token"], WATCH)).headers["Location"],
        ]
        going_on = (await house.offer(others["whep"], others["watch_token"], WATCH)).headers["Location"]
        await house.show.guests.revoke(pitcher.id)
        for session in sessions:
            assert (await house.browser.get(session)).json()["code"] == "relay.session"
        for address, token, sections in (
            (given["whip"], given["publish_token"], PUBLISH),
            (given["whep"], given["watch_token"], WATCH),
            (given["whep"], given["publish_token"], WATCH),
        ):
            answer = await house.offer(address, token, sections)
            assert (answer.status_code, answer.json()["code"]) == (401, "whip.token")
        assert (await house.browser.get(going_on)).status_code == 204


async def test_whose_last_role_ends_practises_no_more(folder: Path) -> None:
    """The page is for people with a role; what it once gave must not outlast that for half a day."""
    async with _house(folder) as house:
        judging = Appointment(Role.JUDGE, RoomId("ai"))
        person = await house.show.casting.register(same_in_all("Nan Zhu"), [judging])
        given = await house.practice(person)
        sending = await house.offer(given["whip"], given["publish_token"], PUBLISH)
        assert sending.status_code == 201
        await house.show.casting.dismiss(person.id, judging, 1)
        assert (await house.browser.get(sending.headers["Location"])).json()["code"] == "relay.session"
        for address, token, sections in (
            (given["whip"], given["publish_token"], PUBLISH),
            (given["whep"], given["watch_token"], WATCH),
        ):
            assert (await house.offer(address, token, sections)).json()["code"] == "whip.token"


@pytest.mark.parametrize(
    ("address", "token", "sections"), [("whip", "publish_token", PUBLISH), ("whep", "watch_token", WATCH)]
)
async def test_a_revocation_in_the_middle_of_an_offer_wins(
    folder: Path, address: str, token: str, sections: list[str]
) -> None:
    """Asked before the offer was read, the gate still said yes; there was nothing yet that could be ended."""
    async with _house(folder) as house:
        pitcher = house.somebody(Role.PITCHER)
        given = await house.practice(pitcher)

        async def slowly() -> AsyncIterator[bytes]:
            offer = LightPeer().offer(sections).encode()
            yield offer[:100]
            await house.show.guests.revoke(pitcher.id)
            yield offer[100:]

        headers = {"Content-Type": "application/sdp", "Authorization": f"Bearer {given[token]}"}
        answer = await house.browser.post(given[address], content=slowly(), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "whip.token")
        metrics = await house.browser.get("/metrics", headers={"Host": "localhost"})
    assert "roadshow_relay_side_rooms 0" in metrics.text


async def test_practice_is_counted_and_nobody_is_named(folder: Path) -> None:
    """Whoever reads the figures need not know who is nervous."""
    async with _house(folder) as house:
        pitcher = house.somebody(Role.PITCHER)
        given = await house.practice(pitcher)
        await house.offer(given["whip"], given["publish_token"], PUBLISH)
        await house.offer(given["whep"], given["watch_token"], WATCH)
        organiser = house.somebody(Role.ORGANISER)
        await house.practice(organiser)
        room = DEMO.fields[0].room
        media = await house.browser.get(f"/as/{organiser.id}/control/{room}/media?worst=1")
        metrics = await house.browser.get("/metrics", headers={"Host": "localhost"})
    assert "roadshow_relay_side_rooms 1" in metrics.text
    for told in (media.text, metrics.text):
        assert pitcher.id not in told
        assert "try-" not in told


async def test_a_full_house_of_practice_says_so_and_when_to_come_back(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where viewers of a full house are sent on: another server has nothing of a practice room."""
    monkeypatch.setattr("roadshow.rooms.relay.side_rooms.MOST", 0)
    async with _house(folder) as house:
        given = await house.practice(house.somebody(Role.PITCHER))
        for address, token, sections in (
            (given["whip"], given["publish_token"], PUBLISH),
            (given["whep"], given["watch_token"], WATCH),
        ):
            answer = await house.offer(address, token, sections)
            assert (answer.status_code, answer.json()["code"]) == (503, "relay.side-rooms")
            assert answer.headers["Retry-After"] == "30"


async def test_two_competitions_have_each_their_own_practice_rooms(folder: Path) -> None:
    """The same id is another person there: neither token opens the other's room, and a revocation ends one of them."""
    another = replace(DEMO, id=CompetitionId("another"))
    async with _houses(folder, DEMO, another) as (first, second):
        pitcher = first.somebody(Role.PITCHER)
        own, other = await first.practice(pitcher), await second.practice(pitcher)
        sessions = []
        for given in (own, other):
            assert (await first.offer(given["whip"], given["publish_token"], PUBLISH)).status_code == 201
            watched = await first.offer(given["whep"], given["watch_token"], WATCH)
            sessions.append(watched.headers["Location"])
        assert (await first.offer(own["whep"], other["watch_token"], WATCH)).status_code == 401
        assert (await first.offer(other["whep"], own["watch_token"], WATCH)).status_code == 401
        await first.show.guests.revoke(pitcher.id)
        assert (await first.browser.get(sessions[0])).status_code == 404
        assert (await first.browser.get(sessions[1])).status_code == 204
