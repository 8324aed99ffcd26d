"""A card of a hundred points by keyboard and on a phone: nothing typed is lost, or becomes another score."""

from pathlib import Path

from playwright.async_api import Browser, expect

from tests.browser.acts import STEP
from tests.browser.conftest import People
from tests.browser.serving import RulesServer
from tests.chaos.desks import Guest

ROOM = "ai"
RUBRIC = """quorum = 3

[[criteria]]
id = "innovation"
maximum = 100
step = "0.5"

[[criteria]]
id = "market"
maximum = 100

[[rules.deductions]]
id = "reading"
title = { en = "Reads from a sheet", zh = "照稿宣读", ru = "Чтение с листа" }
maximum = 3
"""
"""Of 30 and 25 per cent. The other three have cells from 0 to 10,
and 15 per cent each. For reading up to 3 points are off."""
CELLS = ("team", "feasibility", "cooperation")
PHONE = {"width": 360, "height": 740}


async def test_a_hundred_points_by_keyboard_and_on_a_phone(tmp_path: Path, browser: Browser) -> None:
    """101 cells of a pixel were no card: two judges type, one with a comma, one gets it wrong first."""
    with RulesServer(tmp_path, RUBRIC) as server:
        people = People(server, browser)
        organiser = await Guest.accepted(server.base, server.organiser_link)
        desk = (await people.invited(await server.invite(organiser, "judge-ai-1"))).page
        phone = (
            await people.invited(
                await server.invite(organiser, "judge-ai-2"), viewport=PHONE, has_touch=True, locale="ru-RU"
            )
        ).page
        async with organiser.desk(ROOM) as control:
            for phase in ("pitch", "questions", "voting"):
                await control.advance(phase)

            # By keyboard alone: a digit anywhere begins, Enter goes on, Ctrl+Enter looks once more, Enter submits.
            market = desk.locator("[name=market]")
            await expect(market).to_be_enabled(timeout=STEP)
            await desk.locator("body").press("8")
            await desk.keyboard.type("7.5")
            await desk.keyboard.press("Enter")
            await desk.keyboard.type("90")
            for _ in CELLS:
                await desk.keyboard.press("Enter")
                await desk.keyboard.press("8")
            await expect(desk.locator("[data-total]")).to_have_text("84.75")
            await desk.keyboard.press("Enter")
            await desk.keyboard.press("1")
            await expect(desk.locator("[data-total]")).to_have_text("83.75")
            await market.press("ArrowUp")
            await expect(market).to_have_value("91")
            await desk.keyboard.press("Control+Enter")
            given = ["87.5 / 100", "91 / 100", "8 / 10", "8 / 10", "8 / 10", "−1", "84.00"]
            await expect(desk.locator(".look dd")).to_have_text(given)
            await desk.keyboard.press("Enter")
            await expect(desk.locator("#receipt")).to_contain_text("84.00", timeout=STEP)

            # On a phone: its number pad, a comma, and a mistake that stays until it is mended.
            work = phone.locator("[name=innovation]")
            await expect(work).to_be_enabled(timeout=STEP)
            assert await work.get_attribute("inputmode") == "decimal"
            assert await phone.locator("[name=market]").get_attribute("inputmode") == "numeric"
            for criterion in CELLS:
                await phone.locator(f"label:has([name={criterion}][value='8'])").click()
            await work.fill("90,3")
            await phone.locator("[name=market]").fill("100")
            await expect(phone.locator("#problem-innovation")).to_contain_text("0,5")
            await phone.locator("#submit").click()
            await expect(work).to_have_value("90,3")
            await expect(work).to_be_focused()
            await phone.reload()
            await expect(work).to_have_value("90,3", timeout=STEP)
            await expect(phone.locator("[name=market]")).to_have_value("100")
            assert await phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
            box = await work.bounding_box()
            assert box is not None
            assert box["height"] >= 40  # a thumb's height
            await work.fill("90,5")
            await expect(phone.locator("#problem-innovation")).to_have_text("")
            await phone.locator("#submit").click()
            await expect(phone.locator(".look dd").last).to_have_text("88,15")
            await phone.locator(".dialog [value=yes]").click()
            await expect(phone.locator("#receipt")).to_contain_text("88,15", timeout=STEP)

            # Their own totals, beside each other.
            await phone.locator("#totals").click()
            totals = phone.locator(".own-totals")
            await expect(totals.locator("tbody tr")).to_have_count(len(control.room["rundown"]["slots"]))
            await totals.locator("button").last.click()
            await expect(totals.locator("tbody tr").first).to_contain_text("88,15")
            await expect(totals.locator("[aria-sort=descending]")).to_have_count(1)
        assert not people.errors, people.errors
        await people.leave()
