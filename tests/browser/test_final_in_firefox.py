"""The main job once more, with Firefox on every desk but control: a short field, from pitch to podium."""

import asyncio
from typing import Any

from playwright.async_api import Page, expect

from tests.browser.acts import (
    STEP,
    advance,
    ballot_taken,
    give_time,
    ready_to_pitch,
    score,
    sees,
    to_room,
    until,
    yes,
)
from tests.browser.conftest import People
from tests.browser.shortcut import CRITERIA, guest_of
from tests.chaos.desks import Guest, receipt_of
from tests.demo_server import DemoServer

ROOM = "ai"
PITCHES = 2
SCORES = [[8, 8, 8, 8, 8], [6, 6, 6, 6, 6]]


async def shows(page: Page, source: str) -> None:
    """Camera and deck, to whoever looks at it: not a slate over a picture that plays."""
    await sees(page, source)
    await expect(page.locator("room-stage")).to_have_attribute("data-layout", "both", timeout=STEP)
    await expect(page.locator("room-stage")).to_have_attribute("data-slate", "none")


async def casts(judge: Guest, project: str, scores: list[int]) -> None:
    """As the quorum wants it; what a desk does is looked at on those in Firefox."""
    async with judge.desk(ROOM) as desk:
        ballot: dict[str, Any] = {"type": "ballot.cast", "project": project, "expected_revision": 0}
        receipt_of(await desk.ask({**ballot, "scores": dict(zip(CRITERIA, scores, strict=True))}))


async def test_a_short_field_from_pitch_to_podium_in_firefox(
    server: DemoServer, people: People, others: People
) -> None:
    """A stage stayed empty over a playing video there, on all desks at once, and no test had a Firefox."""
    links = server.people
    control = await people.invited(links["organiser"])
    desk = control.page
    await to_room(desk, ROOM)
    projects = await desk.locator("#rundown li").evaluate_all("rows => rows.map(row => row.dataset.project)")
    async with (await guest_of(server, desk.context, "organiser")).desk(ROOM) as organiser:
        for slot in organiser.room["rundown"]["slots"][PITCHES:]:
            await organiser.do("slot.skip", slot=slot["slot"])

    watching = (await others.visit(links["audience"][ROOM])).page
    hall = (await others.visit(links["screen"][ROOM])).page
    judge = (await others.invited(links["judges"][ROOM][0])).page
    chair = (await others.invited(links["chairs"][ROOM])).page
    jury = [await Guest.accepted(server.base, link) for link in links["judges"][ROOM][1:3]]
    chromium = (await people.visit(links["audience"][ROOM])).page
    pitchers = [
        (await crowd.invited(links["pitchers"][project])).page
        for crowd, project in zip((others, people), projects, strict=False)
    ]
    for pitcher in pitchers:
        await ready_to_pitch(pitcher)

    for project, scores in zip(projects, SCORES, strict=False):
        await advance(desk, "pitch")
        await give_time(desk)
        await give_time(desk)
        await asyncio.gather(*(shows(page, f"{project}/camera") for page in (watching, hall, judge, chair, chromium)))
        await advance(desk, "questions")
        await advance(desk, "voting")
        await give_time(desk)
        await asyncio.gather(*(casts(guest, project, scores) for guest in jury))
        for page in (judge, chair):
            await expect(page.locator("#submit")).to_have_attribute("aria-disabled", "false", timeout=STEP)
            await score(page, scores)
            await ballot_taken(page, 1)
        await advance(desk, "closed")
        if project == projects[0]:
            await advance(desk, "standby")
    for page in (watching, hall):
        await expect(page.locator("room-stage")).to_have_attribute("data-sessions", "1")

    for act in ("close-count", "confirm"):
        button = chair.locator(f"[data-review={act}]")
        await expect(button).to_have_attribute("aria-disabled", "false", timeout=STEP)
        await button.click()
        await yes(chair)
    async with (await guest_of(server, desk.context, "organiser")).desk(ROOM) as organiser:
        for announced in range(PITCHES):
            await organiser.do("result.reveal", announced=announced)
    for page in (watching, hall):
        await until(page, f"document.querySelector('podium-reveal').ceremony?.announced.length === {PITCHES}")
        first = page.locator("podium-reveal .pedestal[data-place='1'].taken")
        await expect(first).to_contain_text("80.00", timeout=STEP)
    await watching.goto(f"{server.base}/rooms/{ROOM}/results")
    rows = watching.locator("table.ranking tbody tr")
    order = await rows.evaluate_all("rows => rows.map(row => row.dataset.project)")
    assert order[:PITCHES] == projects[:PITCHES]
    assert people.errors == others.errors == []
