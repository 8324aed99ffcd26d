"""Two competitions with people, links and results in one installation, at once and through restarts."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.browser.acts import STEP, soon
from tests.browser.conftest import People
from tests.browser.serving import TwoServer, invite
from tests.browser.shortcut import play
from tests.browser.test_accessibility import check, walk
from tests.chaos.desks import Guest

ROOM = "bio"
SPRING, AUTUMN = "Spring final", "Autumn final"
SCORES = {SPRING: (5, 6, 7), AUTUMN: (9, 8, 3)}
"""Of the first, second and third to pitch: the last of spring's wins, the first of autumn's."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[TwoServer]:
    with TwoServer(tmp_path, {"spring": SPRING, "autumn": AUTUMN}) as running:
        yield running


async def jury_of(organiser: Guest) -> list[Guest]:
    """The chair first, with links of the organiser's page of people."""
    people = (f"chair-{ROOM}", f"judge-{ROOM}-1", f"judge-{ROOM}-2")
    return [await Guest.accepted(organiser.base, await invite(organiser, person)) for person in people]


async def organiser_of(context: BrowserContext, base: str) -> Guest:
    cookies = await context.cookies(base)
    return Guest(base, "organiser", {cookie.get("name", ""): cookie.get("value", "") for cookie in cookies})


async def podium(page: Page) -> list[str]:
    """First to third, as the page shows them."""
    places = [page.locator(f"podium-reveal .pedestal[data-place='{place}'].taken") for place in (1, 2, 3)]
    for place in places:
        await expect(place).to_be_visible(timeout=STEP)
    return [
        await place.locator("[data-part=name], .pedestal-name, h3, b, strong").first.inner_text() for place in places
    ]


async def test_two_competitions_at_once_and_through_restarts(server: TwoServer, people: People) -> None:
    """Somebody organises both in one browser. Spring's field is over when the server is killed; autumn's is played
    after that, by the jury of before, and told to a hall that has been watching all the while."""
    people.tolerant = True  # sockets are lost on purpose
    spring, autumn = server.addresses
    desk = await people.invited(server.organiser_links[0])
    context = desk.page.context
    other = await people.tab(context, server.organiser_links[1])
    await other.page.locator("main form button").click()
    await other.page.wait_for_url("**/as/organiser/**")
    assert desk.page.url.startswith(f"{spring}/as/organiser/")
    assert other.page.url.startswith(f"{autumn}/as/organiser/")
    hall = await people.visit(f"{autumn}/rooms/{ROOM}/watch", own_time=True, reduced_motion="reduce")

    organisers = [await organiser_of(context, base) for base in (spring, autumn)]
    juries = [await jury_of(organiser) for organiser in organisers]
    await play(organisers[0], juries[0], ROOM, SCORES[SPRING])
    server.kill()
    await asyncio.to_thread(server.start)
    assert server.addresses == [spring, autumn]
    await play(organisers[1], juries[1], ROOM, SCORES[AUTUMN])
    await soon(hall.page, hall.page.locator("podium-reveal .pedestal[data-place='1'].taken"))
    autumns = await podium(hall.page)
    assert server.stop() == 0
    await asyncio.to_thread(server.start)

    home = await people.visit(server.base, reduced_motion="reduce")
    for title, base in ((SPRING, spring), (AUTUMN, autumn)):
        await home.page.goto(server.base)
        await home.page.locator("main").get_by_role("link", name=title, exact=True).click()
        await expect(home.page).to_have_url(f"{base}/")
        await expect(home.page.get_by_role("heading", level=1)).to_contain_text(title)
        for tab in (desk, other):
            await tab.page.goto(f"{base}/as/organiser/people")
            await expect(tab.page.locator("[data-person]").first).to_be_visible()
    await home.page.goto(f"{spring}/rooms/{ROOM}/results")
    springs = await podium(home.page)
    await home.page.goto(f"{autumn}/rooms/{ROOM}/results")
    assert await podium(home.page) == autumns
    assert springs == autumns[::-1], "the same three projects, the other way round"
    assert await check(home, f"{server.base}/") == []
    assert {SPRING, AUTUMN} <= set(await walk(home.page)), "by keyboard, too"
    assert people.errors == []
