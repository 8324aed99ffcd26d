"""Judges sign with keys that their browsers make: one from a second browser takes a second person."""

from pathlib import Path

import httpx
from playwright.async_api import Browser, expect

from tests.browser.acts import STEP, ballot_taken, score, yes
from tests.browser.conftest import People
from tests.browser.serving import INVITATION, RulesServer
from tests.browser.shortcut import guest_of
from tests.browser.test_chair import ROOM
from tests.chaos.desks import Guest, origin_of

RULES = "quorum = 1\nballot_keys = true\n"


async def further_link(organiser: Guest, person: str) -> str:
    """For one more device: what is signed in stays so."""
    async with httpx.AsyncClient(cookies=organiser.cookies) as client:
        address = f"{organiser.base}/as/{organiser.person}/people/{person}/invite-further"
        answer = await client.post(address, headers={"Origin": origin_of(organiser.base)})
    found = INVITATION.search(answer.text)
    assert found is not None, answer.text[:500]
    return f"{origin_of(organiser.base)}{found.group(0)}"


async def test_a_second_browser_votes_once_somebody_else_has_signed_for_it(tmp_path: Path, browser: Browser) -> None:
    """Who comes by a judge's link must not vote as the judge; the judge with a new telephone must."""
    with RulesServer(tmp_path, RULES) as server:
        people = People(server, browser)
        control_page = (await people.invited(server.organiser_link)).page
        organiser = await guest_of(server, control_page.context, "organiser")
        await control_page.goto(f"{server.base}/as/organiser/control/{ROOM}")
        phone = (await people.invited(await server.invite(organiser, "judge-ai-1"))).page
        own = phone.locator("#own-key p").first
        await expect(own).to_contain_text("signed with this browser's own key", timeout=STEP)
        await phone.reload()
        await expect(own).to_contain_text("signed with this browser's own key", timeout=STEP)
        tablet = (await people.invited(await further_link(organiser, "judge-ai-1"))).page
        other = tablet.locator("#own-key p").first
        await expect(other).to_contain_text("Another browser's key is enrolled for you", timeout=STEP)
        await expect(tablet.locator("#own-key button")).to_be_hidden()
        deputy = (await people.invited(await server.invite(organiser, "judge-ai-5"))).page
        await expect(deputy.locator("#own-key p").first).to_contain_text("own key", timeout=STEP)
        async with organiser.desk(ROOM) as control:
            for phase in ("pitch", "questions", "voting"):
                await control.advance(phase)
            await score(phone, [8, 8, 8, 8, 8])
            await ballot_taken(phone, 1)
            await expect(tablet.locator("#card")).to_have_attribute("data-revision", "1", timeout=STEP)
            await score(tablet, [9, 9, 9, 9, 9])
            await expect(tablet.locator("#ballot-state")).to_contain_text("Another key is enrolled", timeout=STEP)
            await tablet.locator("#own-key button").click(timeout=STEP)
            await yes(tablet)
            await expect(other).to_contain_text("Asked.", timeout=STEP)
            await deputy.locator("#tab-review").click()
            request = deputy.locator("[data-review=keys] li")
            await expect(request).to_contain_text("asks to vote with another browser's key", timeout=STEP)
            await expect(control_page.locator("#asked-keys")).to_be_hidden()
            await request.locator("button").click()
            await yes(deputy)
            await expect(other).to_contain_text("signed with this browser's own key", timeout=STEP)
            await expect(own).to_contain_text("Another browser's key is enrolled for you", timeout=STEP)
            await expect(phone.locator("#other-browsers")).to_be_hidden()
            await expect(tablet.locator("#other-browsers")).to_contain_text("tell the organiser", timeout=STEP)
            await tablet.locator("#submit").click()
            await ballot_taken(tablet, 2)
            await expect(phone.locator("#card")).to_have_attribute("data-revision", "2", timeout=STEP)
        assert not people.errors, people.errors
        await people.leave()
