"""The line check: a pitcher measures the way to this very server, and control hears what it is good for."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.acts import STEP, to_room
from tests.browser.conftest import People
from tests.browser.houses import pitcher_in
from tests.demo_server import DemoServer

CHECKED = 40_000
"""Milliseconds: twelve seconds of measuring, and a machine that does other things."""
THIN = {
    "offline": False,
    "latency": 30,
    "downloadThroughput": -1,
    "uploadThroughput": 400_000 // 8,
    "packetQueueLength": 30,
}
"""The browser's own throttle, which media keep to as well: 400 kbit/s upwards."""
ANEW = "The check was begun anew in another tab or on another device."
LINE = "() => JSON.parse(document.getElementById('page').textContent).line.last"


async def check(page: Page, state: str = "done") -> None:
    await page.locator("#line-start").click()
    await expect(page.locator("#line-check")).to_have_attribute("data-state", "running", timeout=STEP)
    await expect(page.locator("#line-check")).to_have_attribute("data-state", state, timeout=CHECKED)


async def stops(page: Page) -> None:
    """Because another tab has begun anew."""
    await expect(page.locator("#line-check")).to_have_attribute("data-state", "failed", timeout=STEP)
    await expect(page.locator("#line-said")).to_have_text(ANEW, timeout=STEP)


async def throttle(page: Page, conditions: dict[str, Any]) -> None:
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("Network.enable")
    await devtools.send("Network.emulateNetworkConditions", conditions)


async def told(page: Page) -> dict[str, Any]:
    """What the desk knows of its last check once it is loaded anew."""
    await page.reload()
    found = await page.evaluate(LINE)
    assert isinstance(found, dict)
    return found


@pytest.mark.alone
async def test_a_good_line_and_a_thin_one_are_told_apart_and_control_hears_of_both(
    server: DemoServer, room: str, people: People
) -> None:
    """A pitcher who is told days before still finds a cable. The figures are what this line carries, not a guess."""
    links = server.people
    good, thin = [(await people.invited(link)).page for link in (pitcher_in(server, room), pitcher_in(server, room, 1))]
    organiser = await people.invited(links["organiser"])
    audience = await people.visit(f"{server.base}/rooms/{room}/watch")
    control = organiser.page
    await to_room(control, room)
    await control.locator("#media > details > summary").click()
    await control.locator("#lines > summary").click()
    rows = control.locator("#lines-list li")
    await expect(rows.first).to_have_attribute("data-line", "none", timeout=STEP)
    await throttle(thin, THIN)
    # The good one begins in two tabs. The one that was left stops, and does not give up what the other has: a person
    # has one place.
    left = (await people.tab(good.context, good.url)).page
    await left.locator("#line-start").click()
    await expect(left.locator("#line-progress")).not_to_have_js_property("value", 0, timeout=STEP)
    people.tolerant = True  # its session is gone
    await asyncio.gather(check(good), check(thin), stops(left))
    people.tolerant = False
    await left.close()
    await expect(good.locator("#line-title-said")).to_have_text("Full picture")
    await expect(thin.locator("#line-title-said")).to_have_text("Slides and voice")
    assert await thin.locator("#line-advice li").count() == 3
    # Who has not checked comes before both, and the thin line before the good one.
    for place, state in ((-2, "slides"), (-1, "full")):
        await expect(rows.nth(await rows.count() + place)).to_have_attribute("data-line", state, timeout=STEP)
    assert not any('"lines"' in frame or "check-" in frame for frame in audience.frames)
    found = await told(thin)
    assert (found["verdict"], found["reasons"][0], found["figures"]["way"]) == ("slides", "rate", "udp")
    assert found["up"] < 500_000
    await expect(thin.locator("#line-title-said")).to_have_text("Slides and voice")
    assert people.errors == []


async def test_a_check_that_does_not_end_well_says_why_and_can_be_begun_again(
    server: DemoServer, room: str, people: People
) -> None:
    """Stopped, cut off in the middle, refused for a pitch that is on: never a bar that stands still."""
    people.tolerant = True  # requests fail on purpose
    links = server.people
    pitcher = (await people.invited(pitcher_in(server, room, 1))).page
    said, section = pitcher.locator("#line-said"), pitcher.locator("#line-check")
    await pitcher.locator("#line-start").press("Enter")
    await expect(section).to_have_attribute("data-state", "running", timeout=STEP)
    await expect(pitcher.locator("#line-stop")).to_be_focused()
    await pitcher.keyboard.press("Escape")
    await expect(section).to_have_attribute("data-state", "none", timeout=STEP)
    await expect(pitcher.locator("#line-start")).to_be_focused()

    await pitcher.locator("#line-start").click()
    await expect(pitcher.locator("#line-progress")).to_be_visible()
    await pitcher.context.set_offline(True)
    await expect(section).to_have_attribute("data-state", "failed", timeout=STEP)
    await expect(said).to_contain_text("lost in the middle")
    await pitcher.context.set_offline(False)

    organiser = (await people.invited(links["organiser"])).page
    await to_room(organiser, room)
    await organiser.locator("#go").click()
    await expect(organiser.locator("#phase")).to_have_attribute("data-phase", "pitch", timeout=STEP)
    await pitcher.locator("#line-start").click()
    await expect(said).to_contain_text("The show is on", timeout=STEP)
    assert people.errors == []
