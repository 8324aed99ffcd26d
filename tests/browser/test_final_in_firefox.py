"""The main job once more, with Firefox on every desk but control: a short field, from pitch to podium."""

import asyncio

from playwright.async_api import Page, expect

from tests.browser.acts import (
    STEP,
    ballot_taken,
    ready_to_pitch,
    score,
    sees,
    until,
    yes,
)
from tests.browser.conftest import People
from tests.browser.houses import House, projects_in
from tests.browser.shortcut import cast, pitch
from tests.chaos.desks import Guest

PITCHES = 2
SCORES = [[8, 8, 8, 8, 8], [6, 6, 6, 6, 6]]


async def shows(page: Page, source: str) -> None:
    """Camera and deck, to whoever looks at it: not a slate over a picture that plays."""
    await sees(page, source)
    await expect(page.locator("room-stage")).to_have_attribute("data-layout", "both", timeout=STEP)
    await expect(page.locator("room-stage")).to_have_attribute("data-slate", "none")


async def test_a_short_field_from_pitch_to_podium_in_firefox(
    server: House, room: str, people: People, others: People
) -> None:
    """A stage stayed empty over a playing video there, on all desks at once, and no test had a Firefox."""
    links = server.people
    projects = projects_in(server, room)[:PITCHES]
    organiser = await server.guest(links["organiser"])
    async with organiser.desk(room) as control:
        for slot in control.room["rundown"]["slots"][PITCHES:]:
            await control.do("slot.skip", slot=slot["slot"])

    watching = (await others.visit(links["audience"][room])).page
    hall = (await others.visit(links["screen"][room])).page
    judge = (await others.invited(links["judges"][room][0])).page
    chair = (await others.invited(links["chairs"][room])).page
    jury = [await Guest.accepted(server.base, link) for link in links["judges"][room][1:3]]
    chromium = (await people.visit(links["audience"][room])).page
    pitchers = [
        (await crowd.invited(links["pitchers"][project])).page
        for crowd, project in zip((others, people), projects, strict=True)
    ]
    for pitcher in pitchers:
        await ready_to_pitch(pitcher)

    for project, scores in zip(projects, SCORES, strict=True):
        assert await pitch(organiser, room) == project
        await asyncio.gather(*(shows(page, f"{project}/camera") for page in (watching, hall, judge, chair, chromium)))
        async with organiser.desk(room) as control:
            for phase in ("questions", "voting"):
                await control.advance(phase)
            await control.do("session.add_time", seconds=60)
        # As the quorum wants it; what a desk does is looked at on those in Firefox.
        await asyncio.gather(*(cast(guest, room, project, scores) for guest in jury))
        for page in (judge, chair):
            await expect(page.locator("#submit")).to_have_attribute("aria-disabled", "false", timeout=STEP)
            await score(page, scores)
            await ballot_taken(page, 1)
        async with organiser.desk(room) as control:
            await control.advance("closed")
            if project == projects[0]:
                await control.advance("standby")
    for page in (watching, hall):
        await expect(page.locator("room-stage")).to_have_attribute("data-sessions", "1")

    for act in ("close-count", "confirm"):
        button = chair.locator(f"[data-review={act}]")
        await expect(button).to_have_attribute("aria-disabled", "false", timeout=STEP)
        await button.click()
        await yes(chair)
    async with organiser.desk(room) as control:
        await control.until(lambda now: now["ceremony"]["state"] == "confirmed")
        for announced in range(PITCHES):
            await control.do("result.reveal", announced=announced)
    for page in (watching, hall):
        await until(page, f"document.querySelector('podium-reveal').ceremony?.announced.length === {PITCHES}")
        first = page.locator("podium-reveal .pedestal[data-place='1'].taken")
        await expect(first).to_contain_text("80.00", timeout=STEP)
    await watching.goto(f"{server.base}/rooms/{room}/results")
    rows = watching.locator("table.ranking tbody tr")
    order = await rows.evaluate_all("rows => rows.map(row => row.dataset.project)")
    assert order[:PITCHES] == projects
    assert people.errors == others.errors == []
