"""The audience's page in windows of every kind: nothing moves under the reader's eyes, and the picture fits in."""

from collections.abc import Awaitable, Callable

from playwright.async_api import Browser, Page, expect

from tests.browser.acts import until
from tests.browser.conftest import People
from tests.browser.houses import House
from tests.browser.pages import ROOM

MOST_SHIFT = 0.02
"""Of the sum of layout shifts (CLS); on the web 0.1 counts as good. What is left is text that changes in its place."""
WINDOWS = [(360, 740), (1440, 900), (1920, 1080)]
LOW = [(844, 390), (667, 375), (1280, 600), (390, 844)]
"""Phones held sideways, a small laptop, and a phone held upright."""
SHIFTS = """window.shifted = 0;
new PerformanceObserver(list => {
  for (const one of list.getEntries()) if (!one.hadRecentInput) window.shifted += one.value;
}).observe({type: "layout-shift", buffered: true});"""
SETTLED = (
    """() => new Promise(done => document.fonts.ready.then(() => requestAnimationFrame(() => setTimeout(done, 50))))"""
)
# An iPhone's Safari: no part of a page can fill the screen.
WITHOUT_FULL_SCREEN = """delete Element.prototype.requestFullscreen;
Object.defineProperty(Document.prototype, "fullscreenEnabled", {get: () => false});"""
BOX = """selector => {
  const {top, left, right, bottom} = document.querySelector(selector).getBoundingClientRect();
  return {top, left, right, bottom, width: innerWidth, height: innerHeight};
}"""


async def drawn(page: Page) -> None:
    await expect(page.locator("#rundown time, #rundown .badge").first).to_be_visible()
    await page.evaluate(SETTLED)


async def test_pages_for_everybody_do_not_move_when_their_scripts_come(house: House, browser: Browser) -> None:
    """Who is about to press something presses another thing."""
    project = next(iter(house.people["pitchers"]))
    moved = []
    for width, height in WINDOWS:
        context = await browser.new_context(viewport={"width": width, "height": height}, locale="en-GB")
        await context.add_init_script(SHIFTS)
        page = await context.new_page()
        for path in (f"/rooms/{ROOM}/watch", f"/projects/{project}", "/programme"):
            await page.goto(house.base + path)
            if path.endswith("watch"):
                await drawn(page)
            await page.evaluate(SETTLED)
            if (shift := await page.evaluate("shifted")) >= MOST_SHIFT:
                moved.append(f"{path} at {width}: {shift:.3f}")
        await context.close()
    assert not moved


async def test_the_whole_picture_and_its_controls_are_in_the_window(house: House, people: People) -> None:
    """A phone is held sideways for the picture alone."""
    page = (await people.visit(f"{house.base}/rooms/{ROOM}/watch")).page
    await drawn(page)
    for width, height in LOW:
        await page.set_viewport_size({"width": width, "height": height})
        for part in (".stage-picture", ".stage-bar"):
            box = await page.evaluate(BOX, part)
            assert min(box["top"], box["left"], width - box["right"], height - box["bottom"]) >= 0, (width, part, box)
        # A name that is one long word, as there are in Russian, is parted rather than cut off.
        await page.locator("#now-name").evaluate(
            "(one, name) => (one.textContent = name)", "Высокопревосходительство" * 2
        )
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
    assert people.errors == []


async def test_where_no_full_screen_is_the_picture_takes_the_window(house: House, people: People) -> None:
    """On an iPhone no part of a page can fill the screen. There must be a way out that is seen, and the usual ones."""
    page = (await people.visit("about:blank", viewport={"width": 844, "height": 390}, has_touch=True)).page
    await page.context.add_init_script(WITHOUT_FULL_SCREEN)
    await page.goto(f"{house.base}/rooms/{ROOM}/watch")
    await drawn(page)
    full, stage, bar = page.locator("[data-tool=full]"), page.locator("room-stage"), page.locator(".site-bar")
    ways: dict[str, Callable[[], Awaitable[object]]] = {
        "button": full.tap,
        "escape": lambda: page.keyboard.press("Escape"),
        "back": page.go_back,
    }
    for way, out in ways.items():
        await full.click()
        await expect(stage).to_have_attribute("data-full", "window")
        box = await page.evaluate(BOX, ".stage-picture")
        assert (box["top"], box["left"], box["right"], box["bottom"]) == (0, 0, 844, 390)
        assert await bar.evaluate("one => one.inert"), "what is covered can still be reached"
        # However long nobody touches it, the way out is seen, and takes a tap.
        await stage.evaluate("one => (one.dataset.idle = 'true')")
        await expect(full).to_be_visible()
        await expect(full).to_have_accessible_name("Leave full screen")
        await out()
        await expect(stage, way).not_to_have_attribute("data-full", "window")
        assert not await bar.evaluate("one => one.inert")
        await until(page, "history.state === null")
    assert page.url.endswith("/watch")
    assert people.errors == []
