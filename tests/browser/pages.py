"""Every page there is, for tests that look at all of them."""

import asyncio
import re
from dataclasses import dataclass
from typing import Any

from tests.browser.acts import STEP
from tests.browser.conftest import People, Visit
from tests.browser.houses import projects_in

ROOM = "ai"
OVER = "bio"
"""The room of a field that is over, where a test has played one."""
AFTERWARDS = ["/", f"/rooms/{OVER}/watch", f"/rooms/{OVER}/screen", "/results", f"/rooms/{OVER}/results"]
"""Public pages that look different then."""


@dataclass
class Crowd:
    """One browser for each kind of person, each with the addresses of their pages."""

    anybody: Visit
    organiser: Visit
    judge: Visit
    chair: Visit
    pitcher: Visit
    room: str
    addresses: dict[str, list[str]]

    def pages(self) -> list[tuple[Visit, str]]:
        return [(getattr(self, who), address) for who, addresses in self.addresses.items() for address in addresses]

    def during_the_show(self) -> list[tuple[Visit, str]]:
        """Those that change with the phase."""
        own = f"/rooms/{self.room}"
        public = [(self.anybody, address) for address in ("/", f"{own}/watch", f"{own}/screen")]
        desks = [(visit, address) for visit, address in self.pages() if visit is not self.anybody]
        still = re.compile(r".*/(people(/.*)?|sign-ins|objections/.*|objection)")
        return public + [(visit, address) for visit, address in desks if not still.fullmatch(address)]


async def a_crowd(people: People, room: str, **options: Any) -> Crowd:
    """``room``: of those who have one. ``options``: of each browser."""
    server = people.server
    links = server.people
    project = projects_in(server, room)[0]
    desks = [links["judges"][room][0], links["chairs"][room], links["pitchers"][project]]
    anybody = await people.visit(server.base, **options)
    organiser = await people.invited(links["organiser"], **options)
    judge, chair, pitcher = [await people.invited(link, **options) for link in desks]
    addresses = {
        who: [visit.page.url.removeprefix(server.base)]
        for who, visit in (("judge", judge), ("chair", chair), ("pitcher", pitcher))
    }
    own = addresses["pitcher"][0].rpartition("/")[0]
    addresses["pitcher"] += [f"{own}/practice", f"{own}/pitch/{project}/objection"]
    addresses["organiser"] = [
        f"/as/organiser/control/{room}",
        "/as/organiser/people",
        f"/as/organiser/people/chair-{room}",
        "/as/organiser/sign-ins",
        f"/as/organiser/objections/{room}",
    ]
    addresses["anybody"] = [
        "/",
        "/programme",
        f"/projects/{project}",
        f"/rooms/{room}/watch",
        f"/rooms/{room}/screen",
        "/results",
        f"/rooms/{room}/results",
        "/no/such/page",
        links["judges"][room][4].removeprefix(server.base),
        "/i/no-such-invitation",
        "/sign-in",
    ]
    return Crowd(anybody, organiser, judge, chair, pitcher, room, addresses)


async def opened(visit: Visit, url: str) -> None:
    """The page as its script has drawn it: with what the room is like, where it follows one."""
    heard = len(visit.frames)
    page = visit.page
    await page.goto(url)
    if not await page.locator("show-clock, podium-reveal").count():
        return
    loop = asyncio.get_running_loop()
    give_up = loop.time() + STEP / 1000
    while not any('"room.snapshot"' in frame for frame in visit.frames[heard:]):
        assert loop.time() < give_up, f"{url}: nobody told it of the room"
        await asyncio.sleep(0.05)
    await page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
