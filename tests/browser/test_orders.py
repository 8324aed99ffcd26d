"""Ballots that are orders: by keyboard, on a phone, and as the table says it at last."""

from pathlib import Path

from playwright.async_api import Browser, Page, expect

from tests.browser.acts import STEP
from tests.browser.conftest import People
from tests.browser.serving import RulesServer
from tests.chaos.desks import Guest

ROOM = "ai"
RULES = """ballots = "orders"
estimator = "borda"
tie_chain = ["pairwise-majority", "chair"]
quorum = 2
"""
PHONE = {"width": 360, "height": 740}


async def _order(desk: Page) -> list[str]:
    return await desk.locator("[data-order] .order-name").all_inner_texts()


async def test_a_judge_puts_projects_in_order_by_keyboard_and_on_a_phone(tmp_path: Path, browser: Browser) -> None:
    """Each newcomer is put in its place, and what was handed in is moved: nothing is lost by a reload."""
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
            waiting = desk.locator("[data-unplaced] .order-row")
            await expect(waiting).to_have_count(1, timeout=STEP)
            await desk.locator("#submit").click()
            await expect(desk.locator("#ballot-state")).to_contain_text("needs a place")
            await waiting.get_by_role("button", name="first").press("Enter")
            await desk.keyboard.press("Control+Enter")
            await expect(desk.locator("#receipt")).to_contain_text("projects in order: 1", timeout=STEP)

            # The second one: first below, then by an arrow above the one before, which the store has first.
            for phase in ("closed", "standby", "pitch", "questions", "voting"):
                await control.advance(phase)
            await expect(waiting).to_have_count(1, timeout=STEP)
            [before] = await _order(desk)
            await waiting.get_by_role("button", name="last").click()
            [_, newcomer] = await _order(desk)
            moved = desk.locator(".order-row", has_text=newcomer)
            await moved.get_by_role("button", name="up").press("ArrowUp")
            assert await _order(desk) == [newcomer, before]
            await expect(desk.locator("[data-order-said]")).to_have_text(f"{newcomer}: place 1 of 2")
            await desk.reload()
            await expect(desk.locator("[data-order] .order-row")).to_have_count(2, timeout=STEP)
            assert await _order(desk) == [newcomer, before]
            await desk.locator("#submit").click()
            await expect(desk.locator("#receipt")).to_contain_text("projects in order: 2", timeout=STEP)
            await expect(desk.locator(".project-tab[data-state=submitted]")).to_have_count(2)

            # On a phone, all at once.
            names = phone.locator("[data-unplaced] .order-row")
            await expect(names).to_have_count(2, timeout=STEP)
            for _ in range(2):
                await names.first.get_by_role("button", name="last").click()
            up = phone.locator("[data-order] .order-row").last.get_by_role("button", name="up")
            box = await up.bounding_box()
            assert box is not None
            assert box["height"] >= 40  # a thumb's height
            await up.click()
            assert await _order(phone) == [newcomer, before]
            assert await phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
            await phone.locator("#submit").click()
            await expect(phone.locator("#receipt")).to_contain_text("projects in order: 2", timeout=STEP)
        assert not people.errors, people.errors
        await people.leave()
