"""The addresses of a house with two competitions: what its pages link to, what errors look like, and what tricks with a
path lead to."""

import re
from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace
from starlette.types import Message

from roadshow.adapters import in_memory
from roadshow.app import OpenHouse, open_house
from roadshow.competitions.definition import Event
from roadshow.competitions.loading import load_preset
from roadshow.competitions.people import Role
from roadshow.ids import CompetitionId, PersonId
from roadshow.moments import Instant
from roadshow.show import Show
from roadshow.texts import same_in_all
from tests.clocks import HandClock
from tests.live.two import FINAL, YOUTH, base_of, browser_in, house_of_two, settings_in, sign_in, somebody

LINK = re.compile(r'\b(?:href|src|action)="([^"]*)"')
ADDRESS = re.compile(r'"(/[a-z][^"]*)"')
"""In a page's data."""


def _links(page: str) -> set[str]:
    return set(LINK.findall(page)) | set(ADDRESS.findall(page.split('id="page">', 1)[1].split("</script>", 1)[0]))


def _stays(link: str, show: Show) -> bool:
    """Whether it leads to the competition, to what the house has for all, or to the page itself."""
    if link.startswith(("/static/", "#", "?")) or link in ("/", ""):
        return True
    return f"{link.removeprefix(show.settings.public_url)}/".startswith(f"{base_of(show)}/")


@pytest.mark.parametrize("person", [None, "organiser", "chair", "judge", "pitcher"])
async def test_no_page_of_one_leads_into_the_other(tmp_path: Path, person: str | None) -> None:
    """Every link that a page has, followed from the competition's home or somebody's desk, until nothing is new."""
    async with house_of_two(tmp_path) as (house, *_):
        for show in house.shows:
            async with browser_in(house) as browser:
                waiting = [f"{base_of(show)}/", f"{base_of(show)}/no/such/page", f"{base_of(show)}/i/no-such-link"]
                if person is not None:
                    who = somebody(show, Role(person))
                    assert who is not None
                    await sign_in(browser, show, who.id)
                    waiting = [f"{base_of(show)}/as/{who.id}", f"{base_of(show)}/as/{who.id}/people"]
                seen = set(waiting)
                while waiting:
                    answer = await browser.get(waiting.pop(), follow_redirects=True)
                    if "text/html" not in answer.headers["content-type"]:
                        continue
                    assert show.competition.title.en.partition(" · ")[0] in answer.text
                    for link in _links(answer.text):
                        assert _stays(link, show), (answer.url, link)
                        address = link.partition("#")[0].partition("?")[0]
                        if address.startswith(f"{base_of(show)}/") and address not in seen and "/wh" not in address:
                            seen.add(address)
                            waiting.append(address)
                assert len(seen) > 20 or person is not None


async def test_errors_have_the_face_of_the_competition_they_happen_in(tmp_path: Path) -> None:
    async with house_of_two(tmp_path) as (house, final, youth), browser_in(house) as browser:
        for address, show in {
            "/c/youth/nope": youth,
            "/c/youth/as/organiser/people": youth,
            "/c/youth/rooms/nope/watch": youth,
            "/c/demo/nope": final,
            "/nope": final,
            "/c/nope/": final,
            "/c/": final,
            "/c/youth-/": final,
        }.items():
            answer = await browser.get(address)
            assert answer.status_code in (401, 404), address
            assert show.competition.title.en.partition(" · ")[0] in answer.text, address
            assert f'href="{base_of(show)}/"' in answer.text, address
        answer = await browser.post("/c/youth/results")
        assert answer.status_code == 405
        assert "Youth cup" in answer.text


# Addresses ----------------------------------------------------------------------------------------------------------


async def _answer(house: OpenHouse, path: str) -> tuple[int, str]:
    """Status, and everything else: to a request that no browser would send. ``path`` as the server has decoded it."""
    said: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        said.append(message)

    headers = [(b"host", b"elsewhere.example"), (b"accept", b"text/html")]
    request = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": headers}
    await house.app(
        {**request, "scheme": "http", "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1)}, receive, send
    )
    body = b"".join(message.get("body", b"") for message in said).decode()
    return said[0]["status"], body + str(said[0]["headers"])


async def test_tricks_with_the_path_lead_nowhere_else(tmp_path: Path) -> None:
    """However an address is written, it is one competition's page or none; and no redirect follows the Host header."""
    async with house_of_two(tmp_path) as (house, *_), browser_in(house) as browser:
        assert "Youth cup" in (await browser.get("/c/%79outh/results")).text
        for path in (
            "/c/demo/../youth/results",
            "/c/demo//results",
            "/c//demo/results",
            "//c/demo/results",
            "/c/demo/results/",
            "/c/demo/c/youth/results",
            "/C/demo/results",
            "/c/DEMO/results",
            "/c/demo/./results",
            "/c/demo\0/results",
            "/c/demo\n/results",
            "/c/demo/results\n",
            "/c/demo\\results",
            "/c/demo/health",
            "/c/demo/metrics",
            "/c/demo/programme",
            "/results/",
        ):
            status, said = await _answer(house, path)
            assert status == 404, path
            assert "elsewhere.example" not in said, path
        for name in ("demo", "youth"):
            answer = await browser.get(f"/c/{name}", headers={"Host": "elsewhere.example"})
            assert (answer.status_code, answer.headers["location"]) == (308, f"/c/{name}/")


async def test_no_link_of_a_page_becomes_another_hosts(tmp_path: Path) -> None:
    """Two slashes at the beginning of an address are a host, to a browser."""
    async with house_of_two(tmp_path) as (house, *_):
        for path in ("//nowhere.example/x", "///nowhere.example", "/\\nowhere.example", "/c/demo//nowhere.example"):
            status, said = await _answer(house, path)
            assert status == 404
            assert "nowhere.example" not in said, path
            assert not [link for link in LINK.findall(said) if link.startswith(("//", "/\\"))], path


async def test_headers_are_those_of_the_page_wherever_it_is(tmp_path: Path) -> None:
    """A pitcher's desk needs the camera, and nobody's cache keeps a desk."""
    async with house_of_two(tmp_path) as (house, _final, youth), browser_in(house) as browser:
        pitcher = somebody(youth, Role.PITCHER)
        assert pitcher is not None
        await sign_in(browser, youth, pitcher.id)
        desk = (await browser.get(f"/c/youth/as/{pitcher.id}/pitch")).headers
        public = (await browser.get("/c/youth/results")).headers
        assert "camera=(self)" in desk["Permissions-Policy"]
        assert desk["Cache-Control"] == "no-store"
        assert "camera=()" in public["Permissions-Policy"]
        assert public["Cache-Control"] == "private, no-cache"
        for headers in (desk, public):
            assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        foreign = {"Origin": "https://elsewhere.example"}
        refused = await browser.post(f"/c/youth/as/{pitcher.id}/people/{pitcher.id}/invite", headers=foreign)
        assert (refused.status_code, refused.text) == (403, "origin.foreign\n")
        media = await browser.post("/c/youth/rooms/ai/whip", headers=foreign)
        assert media.json()["code"] == "whip.token", "any origin may send media, with a token"


async def test_search_engines_are_told_one_address_of_a_page(tmp_path: Path) -> None:
    """Whether or not it was asked for with the competition's name."""
    async with house_of_two(tmp_path) as (house, *_), browser_in(house) as browser:
        for address in ("/results", "/c/demo/results"):
            page = (await browser.get(address)).text
            assert f'hreflang="ru" href="{house.settings.public_url}/c/demo/results?lang=ru"' in page
            assert re.search(r'href="/c/demo/results" aria-current="page"', page)
    async with open_house(settings_in(tmp_path), [FINAL], adapters=in_memory) as house, browser_in(house) as browser:
        for address in ("/results", "/c/demo/results"):
            page = (await browser.get(address)).text
            assert f'hreflang="ru" href="{house.settings.public_url}/results?lang=ru"' in page


async def test_a_competition_may_be_called_c(tmp_path: Path) -> None:
    """Or like a word in an address."""
    named = [replace(FINAL, id=CompetitionId(name)) for name in ("c", "static", "as")]
    async with open_house(settings_in(tmp_path), named, adapters=in_memory) as house, browser_in(house) as browser:
        for show in house.shows:
            await sign_in(browser, show, PersonId("organiser"))
            assert (await browser.get(f"{base_of(show)}/results")).status_code == 200
            assert (await browser.get(f"{base_of(show)}/as/organiser/people")).status_code == 200


# The programme ------------------------------------------------------------------------------------------------------


async def test_the_house_lists_what_takes_place_and_what_was(tmp_path: Path) -> None:
    """The final of 2020 is over; this week's has a roundtable beside its fields."""
    event = Event(
        kind="roundtable",
        title=same_in_all("Who pays for pilots"),
        summary=same_in_all("Five parks"),
        starts_at="2026-01-01T09:30:00+00:00",
        minutes=60,
    )
    morning = HandClock(Instant(1_767_260_000_000))  # 1 January 2026, 09:33 UTC: near no end of a day
    week = replace(load_preset("demo", today=date(2026, 1, 1)), id=CompetitionId("week"), events=(event,))
    async with (
        open_house(settings_in(tmp_path), [week, YOUTH], adapters=in_memory, clock=morning) as house,
        browser_in(house) as browser,
    ):
        page = (await browser.get("/")).text
        now, _, before = page.partition('id="editions"')
        assert "Who pays for pilots" in now
        assert 'href="/c/week/rooms/ai/watch"' in now
        assert "Youth cup" not in now.partition("<main")[2]
        assert 'href="/c/youth/"' in before
        assert (await browser.get("/c/youth/results")).status_code == 200
    for competition, listed in ((week, True), (FINAL, False)):
        one = open_house(settings_in(tmp_path), [competition], adapters=in_memory, clock=morning)
        async with one as house, browser_in(house) as browser:
            page = (await browser.get("/")).text
            assert ('href="/programme"' in page) is listed, "only where it has more to tell than the page itself"
            assert (await browser.get("/programme")).status_code == 200
