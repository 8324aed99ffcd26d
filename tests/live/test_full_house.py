"""A house that is full, or flooded: who was invited gets in all the same, and a stranger reads when to come back."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

import httpx
import pytest

from roadshow import app as of_app
from roadshow.access.admission import house as of_house
from roadshow.access.admission.viewing import PER_PERSON, kept_for_people
from roadshow.access.page_limits import GOOD_FOR
from roadshow.adapters import in_memory
from roadshow.app import open_show
from roadshow.competitions.loading import load_preset
from roadshow.competitions.people import Role
from roadshow.ids import PersonId, RoomId
from roadshow.moments import Duration
from roadshow.settings import Settings
from roadshow.show import Show
from roadshow.signalling.routes import SDP
from tests.clocks import HandClock
from tests.relay.light_peer import LightPeer, section

AI = RoomId("ai")
WATCH = section("video", "0", "recvonly", ["VP8"])
HALL, STRANGER = "192.0.2.7", "203.0.113.9"


class House:
    def __init__(self, show: Show) -> None:
        self.show = show

    def browser(self, address: str = STRANGER, **headers: str) -> httpx.AsyncClient:
        base = self.show.settings.public_url
        transport = httpx.ASGITransport(self.show.app, client=(address, 1))
        given = {"Origin": base, "Accept": "text/html"} | headers
        return httpx.AsyncClient(transport=transport, base_url=base, headers=given)

    async def desk(self, browser: httpx.AsyncClient, role: Role) -> str:
        """Their picture's token, after they came in."""
        person = next(one for one in self.show.people if one.role is role and one.holds(role, room=AI))
        await browser.post(await self.show.invite(PersonId(person.id)))
        desk = "control" if role is Role.ORGANISER else "judge"
        page = await browser.get(f"/as/{person.id}/{desk}/{AI}")
        found = re.search(r'"watch_token":"([^"]+)"', page.text)
        assert found is not None, "a desk's picture has a token"
        return found[1]


async def offer(browser: httpx.AsyncClient, token: str = "") -> httpx.Response:
    headers = {"Content-Type": SDP} | ({"Authorization": f"Bearer {token}"} if token else {})
    return await browser.post(f"/rooms/{AI}/whep", content=LightPeer().offer(WATCH), headers=headers)


@asynccontextmanager
async def house(folder: Path, max_viewers: int = 1) -> AsyncIterator[House]:
    settings = Settings(data=folder / "data", port=0, udp_port=0, max_viewers=max_viewers)
    async with open_show(settings, load_preset("demo", today=date(2026, 1, 1)), adapters=in_memory) as show:
        yield House(show)


@pytest.mark.parametrize("role", [Role.ORGANISER, Role.CHAIR, Role.JUDGE])
async def test_a_desk_gets_its_picture_in_a_full_house(tmp_path: Path, role: Role) -> None:
    """They got 503, as everybody: whoever cannot see the pitch cannot judge it."""
    async with house(tmp_path) as full, full.browser() as stranger, full.browser(HALL) as browser:
        token = await full.desk(browser, role)
        assert (await offer(stranger)).status_code == 201
        assert (await offer(stranger)).json()["code"] == "relay.full"
        assert (await offer(stranger, "nonsense")).json()["code"] == "relay.full"
        assert (await offer(browser, token)).status_code == 201


async def test_whose_access_ended_watches_as_everybody_does(tmp_path: Path) -> None:
    """Their token opens no place kept for others, and a public room is not closed to them either."""
    async with house(tmp_path) as full, full.browser() as stranger, full.browser(HALL) as browser:
        token = await full.desk(browser, Role.JUDGE)
        person = next(one for one in full.show.people if one.role is Role.JUDGE and one.holds(Role.JUDGE, room=AI))
        await full.show.guests.revoke(person.id)
        assert (await offer(browser, token)).status_code == 201
        assert (await offer(stranger)).json()["code"] == "relay.full"
        assert (await offer(browser, token)).json()["code"] == "relay.full"


async def new_link(show: Show, person: PersonId) -> None:
    await show.guests.invite(person)


async def signed_out(show: Show, person: PersonId) -> None:
    await show.guests.presence.end(person)


async def by_another_programs_word(show: Show, person: PersonId) -> None:
    """``roadshow revoke``: the server looks by itself."""
    await show.guests._store.raise_era(person)
    await show.guests.presence.look(show.parts.given.sign_ins)


@pytest.mark.parametrize("end", [new_link, signed_out, by_another_programs_word])
async def test_the_pictures_of_a_sign_in_end_with_it_and_their_places_are_the_persons_again(
    tmp_path: Path, end: Callable[[Show, PersonId], Awaitable[None]]
) -> None:
    """Whoever had stolen a judge's link kept the judge from seeing the pitch after it was taken from them."""
    async with (
        house(tmp_path) as full,
        full.browser() as stranger,
        full.browser() as thief,
        full.browser(HALL) as judge,
    ):
        assert (await offer(stranger)).status_code == 201
        stolen = await full.desk(thief, Role.JUDGE)
        pictures = [await offer(thief, stolen) for _ in range(PER_PERSON)]
        assert {picture.status_code for picture in pictures} == {201}
        assert (await thief.delete(pictures.pop(0).headers["Location"])).status_code == 200
        assert len(full.show.parts.given.sign_ins) == 1
        person = next(one for one in full.show.people if one.role is Role.JUDGE and one.holds(Role.JUDGE, room=AI))
        await end(full.show, person.id)
        assert not full.show.parts.given.sign_ins
        for picture in pictures:
            assert (await thief.get(picture.headers["Location"])).status_code == 404
        assert (await offer(thief, stolen)).json()["code"] == "relay.full"
        own = await full.desk(judge, Role.JUDGE)
        for _ in range(PER_PERSON):
            assert (await offer(judge, own)).status_code == 201


async def test_a_token_of_another_field_opens_no_kept_place(tmp_path: Path) -> None:
    """A place is kept for whoever has to do with what is on this stage."""
    async with house(tmp_path) as full, full.browser() as stranger, full.browser(HALL) as browser:
        token = await full.desk(browser, Role.JUDGE)
        assert (await offer(stranger)).status_code == 201
        elsewhere = await browser.post(
            "/rooms/bio/whep",
            content=LightPeer().offer(WATCH),
            headers={"Content-Type": SDP, "Authorization": f"Bearer {token}"},
        )
        assert elsewhere.json()["code"] == "relay.full"


async def test_the_relay_has_as_many_places_for_people_as_are_counted(tmp_path: Path) -> None:
    """Else it would refuse whom admission let in."""
    async with house(tmp_path, 30) as full:
        config = full.show.parts.relay._relay._config
        assert (config.max_viewers, config.kept_for_people) == (30, kept_for_people(30))


@pytest.fixture
def few_pages(monkeypatch: pytest.MonkeyPatch) -> int:
    """How many an address gets while a test lasts."""
    monkeypatch.setattr(of_house, "PAGES", 20)
    monkeypatch.setattr(of_house, "PAGES_WITHIN", Duration.minutes(60))
    return 10


@pytest.mark.parametrize(
    ("language", "says"), [("en", "from your network"), ("zh", "您所在的网络"), ("ru", "Из вашей сети")]
)
async def test_a_flooded_house_says_when_to_come_back(tmp_path: Path, few_pages: int, language: str, says: str) -> None:
    """In the reader's language, under a stable code, and the page comes back by itself; nobody else is refused."""
    async with house(tmp_path) as flooded, flooded.browser() as stranger, flooded.browser(HALL) as guest:
        stranger.headers["Accept-Language"] = language
        assert {(await stranger.get("/nothing")).status_code for _ in range(few_pages)} == {404}
        refused = await stranger.get("/")
        assert (refused.status_code, "rate.network" in refused.text, says in refused.text) == (429, True, True)
        assert int(refused.headers["retry-after"]) <= int(refused.headers["refresh"])
        program = await stranger.get("/", headers={"Accept": "application/json"})
        assert program.json()["code"] == "rate.network"
        assert (await stranger.get("/health")).status_code == 200
        assert (await guest.get("/")).status_code == 200


@pytest.mark.usefixtures("few_pages")
async def test_who_was_let_in_is_not_counted_with_the_strangers_of_their_hall(tmp_path: Path) -> None:
    """A guest who floods the hall's address must not keep the jury from its desks."""
    async with house(tmp_path) as flooded, flooded.browser(HALL) as judge, flooded.browser(HALL) as guest:
        await flooded.desk(judge, Role.JUDGE)
        while (await guest.get("/nothing")).status_code != 429:
            pass
        assert (await judge.get("/")).status_code == 200
        await flooded.desk(guest, Role.CHAIR)
        assert (await flooded.browser(HALL).get("/as/somebody/judge")).status_code == 429, "without a session"
        assert (await flooded.browser(HALL).post(f"/rooms/{AI}/voters/nobody's")).status_code == 404, "nor from voting"


@pytest.mark.usefixtures("few_pages")
async def test_whose_sign_in_ended_is_counted_with_everybody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cookie that was good once opened a flood's door for good. Until it is asked for again it may pass for a
    minute, and a judge who still sits there is asked at the desk, where nobody with a session is counted."""
    clock = HandClock()
    monkeypatch.setattr(of_app, "SteadyClock", lambda: clock)
    async with house(tmp_path) as flooded, flooded.browser(HALL) as judge, flooded.browser(HALL) as thief:
        await flooded.desk(judge, Role.JUDGE)
        await flooded.desk(thief, Role.CHAIR)
        chair = next(one for one in flooded.show.people if one.role is Role.CHAIR and one.holds(Role.CHAIR, room=AI))
        while (await flooded.browser(HALL).get("/nothing")).status_code != 429:
            pass
        await flooded.show.guests.revoke(chair.id)
        clock.advance(GOOD_FOR)
        assert (await thief.get("/nothing")).status_code == 429
        assert (await judge.get("/nothing")).status_code == 429, "who may have gone"
        person = next(one for one in flooded.show.people if one.role is Role.JUDGE and one.holds(Role.JUDGE, room=AI))
        assert (await judge.get(f"/as/{person.id}/judge/{AI}")).status_code == 200
        assert (await judge.get("/nothing")).status_code == 404
