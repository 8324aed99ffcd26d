"""A walk through a calibration round, for a test that has a server before its first window."""

from playwright.async_api import Page, expect

from tests.browser.acts import STEP
from tests.browser.test_accessibility import found_on

SAMPLES = """
[[voting.samples]]
id = "last-year"
title = { en = "Last year's winner", zh = "去年的冠军", ru = "Победитель прошлого года" }
text = { en = "A robot picks apples.", zh = "机器人采摘苹果。", ru = "Робот собирает яблоки." }
"""
"""Goes after the rules of a definition."""


async def calibrated(chair: Page, judge: Page, base: str, room: str) -> None:
    """The chair opens a round; the judge, on a phone, finds it from the desk and scores by keyboard alone; once it is
    closed, both see the judge's card, and the judge by itself."""
    await chair.get_by_role("link", name="Calibration", exact=True).click()
    await chair.get_by_role("button", name="Open", exact=True).click()
    await expect(chair.locator(".notice.good")).to_contain_text("The round is open.", timeout=STEP)

    await judge.get_by_role("link", name="Calibration", exact=True).click()
    await expect(judge.locator(".calibration-text")).to_have_text("A robot picks apples.")
    await expect(judge.get_by_text("Lowest to highest")).to_have_count(0)
    assert await found_on(judge) == []
    scales = judge.get_by_role("radiogroup")
    for number in range(await scales.count()):
        cells = scales.nth(number).get_by_role("radio")
        await cells.first.focus()
        for _ in range(7):
            await judge.keyboard.press("ArrowRight")
        await expect(cells.nth(7)).to_be_checked()
    await judge.keyboard.press("Tab")
    await judge.keyboard.press("Enter")
    await expect(judge.locator(".notice.good")).to_contain_text("Your card is handed in.", timeout=STEP)

    await chair.reload()
    await chair.get_by_role("button", name="Close the round and show all cards").click()
    await expect(chair.get_by_role("row", name="Total –")).to_contain_text("70.00–70.00", timeout=STEP)
    await judge.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # as when the phone is taken up again
    await expect(judge.get_by_role("row", name="Total 70.00")).to_have_count(1, timeout=STEP)
    assert await found_on(judge) == []
    assert await judge.locator(".table-scroll").first.evaluate("it => it.scrollWidth <= it.clientWidth")
    assert await judge.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for page, person in ((chair, "chair-ai"), (judge, "judge-ai-1")):
        await page.goto(f"{base}/as/{person}/judge/{room}")
