"""Ballots that are comparisons: by keyboard, on a phone, and in a re-vote of nothing but what pitched."""

from pathlib import Path

from playwright.async_api import Browser, Page, expect

from tests.browser.acts import STEP
from tests.browser.conftest import People
from tests.browser.serving import RulesServer
from tests.chaos.desks import Guest

ROOM = "ai"
RULES = """ballots = "pairs"
estimator = "copeland"
level_places = true
tie_chain = ["pairwise-majority", "chair"]
quorum = 2
"""
PHONE = {"width": 360, "height": 740}


async def _choices(desk: Page) -> list[str]:
    return await desk.locator("[data-pairs] input:checked + span").all_inner_texts()


async def test_a_judge_compares_each_newcomer_by_keyboard_and_on_a_phone(tmp_path: Path, browser: Browser) -> None:
    """Each is compared with those before it; what was chosen outlives a reload, and nothing is left out unasked."""
    with RulesServer(tmp_path, RULES) as server:
        people = People(server, browser)
        organiser = await Guest.accepted(server.base, server.organiser_link)
        desk = (await people.invited(await server.invite(organiser, "judge-ai-1"))).page
        phone = (
            await people.invited(await server.invite(organiser, "judge-ai-2"), viewport=PHONE, has_touch=True)
        ).page
        async with organiser.desk(ROOM) as control:
            for phase in ("pitch", "questions", "voting"):
                await control.advance(phase)
            await expect(desk.locator("#ballot-state")).to_contain_text("nothing to compare it with", timeout=STEP)
            await expect(desk.locator("[data-pairs] .pair")).to_have_count(0)

            # The second one, beside the first: nothing is handed in before anything is chosen.
            for phase in ("closed", "standby", "pitch", "questions", "voting"):
                await control.advance(phase)
            pair = desk.get_by_role("radiogroup", name="which is ahead?")
            await expect(pair).to_have_count(1, timeout=STEP)
            await desk.locator("#submit").click()
            await expect(desk.locator("#ballot-state")).to_contain_text("one other project at least")
            second = await desk.locator("#project-name").inner_text()
            own = pair.get_by_role("radio", name=second)
            await pair.get_by_role("radio", name="leave out").focus()
            await desk.keyboard.press("ArrowRight")  # round to the first
            await expect(own).to_be_checked()
            await desk.reload()
            await expect(own).to_be_checked(timeout=STEP)
            await desk.keyboard.press("Control+Enter")
            await expect(desk.locator("#receipt")).to_contain_text("comparisons: 1", timeout=STEP)
            await expect(desk.locator(".project-tab[data-state=submitted]")).to_have_count(2)

            # The third beside both, on a phone: who is left out is said before it goes.
            for phase in ("closed", "standby", "pitch", "questions", "voting"):
                await control.advance(phase)
            pairs = phone.locator("[data-pairs] .pair")
            await expect(pairs).to_have_count(2, timeout=STEP)
            level = pairs.first.get_by_role("radio", name="level")
            box = await level.locator("xpath=..").bounding_box()
            assert box is not None
            assert box["height"] >= 40  # a thumb's height
            await level.check()
            assert await phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
            await phone.locator("#submit").click()
            await expect(phone.get_by_role("dialog")).to_contain_text("left out: 1")
            await phone.get_by_role("dialog").get_by_role("button", name="Submit").click()
            await expect(phone.locator("#receipt")).to_contain_text("comparisons: 1", timeout=STEP)
            assert await _choices(phone) == ["level", "leave out"]
        assert not people.errors, people.errors
        await people.leave()
