"""What people do at their desks, and what they see there."""

import asyncio
from typing import Any
from weakref import WeakKeyDictionary

from playwright.async_api import Locator, Page, expect

STEP = 20_000
"""Milliseconds that a page may take to show what has happened; the machine may be busy with nine other pages."""
DOUBLE_CLICK = 0.45
"""Seconds after which control's main buttons take another press."""
_pressed: WeakKeyDictionary[Page, float] = WeakKeyDictionary()
"""When it was last done on a page, or last seen to have done something."""


async def until(page: Page, condition: str) -> Any:
    """Wait until an expression of the page is true. (Playwright's own way needs ``eval``, which our CSP forbids.)"""
    loop = asyncio.get_running_loop()
    give_up = loop.time() + STEP / 1000
    while not (value := await page.evaluate(condition)):
        assert loop.time() < give_up, f"{page.url}: never came true: {condition}"
        await asyncio.sleep(0.05)
    return value


async def soon(page: Page, *sights: Locator) -> None:
    """The page's time runs fast until all of them can be seen: moments of a ceremony take seconds. For a page that was
    opened with ``own_time``."""
    loop = asyncio.get_running_loop()
    give_up = loop.time() + STEP / 1000
    for sight in sights:
        while not await sight.is_visible():
            assert loop.time() < give_up, f"{page.url}: never came to be seen: {sight}"
            await page.clock.fast_forward(500)
            await asyncio.sleep(0.05)


async def to_room(control: Page, room: str) -> None:
    """Control's desk of one room."""
    origin, _, path = control.url.partition("/as/")
    await control.goto(f"{origin}/as/{path.split('/')[0]}/control/{room}")
    await expect(control.locator("#rundown li[aria-current]")).to_have_count(1, timeout=STEP)


async def rested(control: Page) -> None:
    """Until a press is no double click's second one."""
    loop = asyncio.get_running_loop()
    await asyncio.sleep(_pressed.get(control, 0) + DOUBLE_CLICK - loop.time())


def just_pressed(control: Page) -> None:
    """And what it does was seen."""
    _pressed[control] = asyncio.get_running_loop().time()


async def press(control: Page, button: str) -> None:
    """One of control's main buttons."""
    await rested(control)
    await control.locator(button).click()
    just_pressed(control)


async def advance(control: Page, phase: str) -> None:
    """Press the main button; the room is then in ``phase``."""
    await press(control, "#go")
    await in_phase(control, phase)
    just_pressed(control)


async def in_phase(page: Page, phase: str) -> None:
    await expect(page.locator("show-clock")).to_have_attribute("data-phase", phase, timeout=STEP)


async def give_time(control: Page) -> None:
    """A minute more, so that a slow machine does not run into the end of a phase."""
    before = await clock_end(control)
    await control.locator("[data-add='60']").click()
    await until(control, f"{CLOCK_END} > {before}")


CLOCK_END = "document.querySelector('show-clock').clock.ends_at"


async def clock_end(page: Page) -> int:
    end = await page.evaluate(CLOCK_END)
    assert isinstance(end, int), "the clock does not run"
    return end


async def ready_to_pitch(pitcher: Page) -> None:
    """Into the green room."""
    await pitcher.locator("#go").click()
    await expect(pitcher.locator("main")).to_have_attribute("data-state", "green", timeout=STEP)


async def score(judge: Page, scores: list[int]) -> None:
    """By keyboard alone: a digit for each criterion, Enter to the next, Ctrl+Enter to submit."""
    await judge.locator("fieldset.criterion input").first.focus()
    for number in scores:
        await judge.keyboard.type(str(number))
        await judge.keyboard.press("Enter")
    await judge.keyboard.press("Control+Enter")


async def ballot_taken(judge: Page, revision: int) -> None:
    """The store has the ballot, and the judge a receipt."""
    await expect(judge.locator("#card")).to_have_attribute("data-revision", str(revision), timeout=STEP)
    await expect(judge.locator("#ballot-state")).to_have_attribute("data-kind", "good", timeout=STEP)
    await expect(judge.locator("#receipt")).to_be_visible(timeout=STEP)


FRAMES = "Number(document.querySelector('room-stage').dataset.framesMain)"
MAIN_LANE = "document.querySelector('room-stage').room?.stage.lanes.main ?? ''"


async def plays(page: Page, more: int = 5) -> None:
    """The main picture moves: ``more`` new frames from now on."""
    before = await page.evaluate(FRAMES)
    await until(page, f"{FRAMES} >= {before} + {more}")


async def sees(page: Page, source: str) -> None:
    """The room's main lane carries ``source``, and its picture moves."""
    await until(page, f"({MAIN_LANE}) === '{source}'")
    await plays(page)


async def yes(page: Page) -> None:
    """To the question in the dialog."""
    await page.locator("dialog button[value=yes]").click()
    await expect(page.locator("dialog")).to_have_count(0, timeout=STEP)
