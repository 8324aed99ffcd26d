"""Every page in browsers in which something is missing: a module that did not come, fonts, dates and numbers."""

import re

import pytest
from playwright.async_api import CDPSession, Page, expect

from tests.browser.acts import STEP, advance, ballot_taken, in_phase, ready_to_pitch, score, sees, to_room
from tests.browser.conftest import People, Visit
from tests.browser.houses import House
from tests.browser.pages import a_crowd, opened
from tests.demo_server import DemoServer

WHOLE = re.compile(r"/no/such/page|.*/(i/[^/]+|sign-in)")
"""Pages that do without: they say nothing."""
INERT = ("control", "judge", "pitch", "practice")
"""Desks on which nothing works without the script."""

# What the page would tell once the moment has come; the address, and whether it has stayed after everything was pressed
# that can be pressed and Enter was struck in every field. Forms that post are meant to.
SAID_SOON = "document.getAnimations().forEach(one => one.animationName === 'unscripted' && one.finish())"
PRESS_ALL = """() => {
  const before = location.href;
  for (const one of document.querySelectorAll("button, input, select, textarea")) {
    if (one.closest("form[method=post]") || one.closest("#theme")) continue;
    one.click();
    one.form?.requestSubmit();
    one.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true, cancelable: true}));
  }
  return [before, location.href];
}"""
MODULES = (
    "[...document.querySelectorAll('script[type=module], link[rel=modulepreload]')].map(one => one.src ?? one.href)"
)

FONTS = "[...document.fonts].filter(one => one.status === 'loaded').map(one => one.family)"

UNKNOWN_ZONE = """{
  const whole = Intl.DateTimeFormat;
  Intl.DateTimeFormat = class extends whole {
    constructor(locales, options) {
      if (options?.timeZone === "Etc/Unknown") throw new RangeError("Invalid time zone specified: Etc/Unknown");
      super(locales, options);
    }
    resolvedOptions() { return {...super.resolvedOptions(), timeZone: "Etc/Unknown"}; }
  };
  delete Intl.PluralRules;
}"""
"""As machines with ``TZ=:/etc/localtime`` answer; and no plurals, which old engines lack."""
NO_INTL = """{
  const fails = function () { throw new RangeError("no such thing"); };
  for (const name of Object.getOwnPropertyNames(Intl)) Intl[name] = fails;
  for (const kind of [Number, Date, String]) {
    const names = Object.getOwnPropertyNames(kind.prototype).filter(name => name.startsWith("toLocale"));
    for (const name of names) kind.prototype[name] = fails;
  }
}"""
"""Whatever is asked of it, throws."""


class Line:
    """What a page's network lets through. The browser looks at it, not we: Chromium now and then loses a page that it
    is sent to in the moment in which requests begin, or cease, to be held up."""

    def __init__(self, devtools: CDPSession) -> None:
        self._devtools = devtools

    @classmethod
    async def of(cls, page: Page) -> "Line":
        devtools = await page.context.new_cdp_session(page)
        await devtools.send("Network.enable")
        return cls(devtools)

    async def loses(self, ending: str) -> None:
        """Addresses that end so do not come; none, if it is empty."""
        await self._devtools.send("Network.setBlockedURLs", {"urls": [f"*{ending}"] if ending else []})


async def tells_that_its_script_is_missing(page: Page, url: str) -> None:
    notice = page.locator("#unscripted")
    await expect(notice).to_be_hidden()
    await page.evaluate(SAID_SOON)
    await expect(notice).to_be_visible()
    await expect(notice.locator("a")).to_have_attribute("href", "")
    before, after = await page.evaluate(PRESS_ALL)
    assert before == after == page.url, url
    works_not = url.rpartition("/as/")[2].split("/")[1:2]
    if works_not and works_not[0] in INERT and not url.endswith("/objection"):  # a form, which works without
        await expect(page.locator("main")).to_have_attribute("inert", "")


async def test_a_page_whose_modules_do_not_come_says_so_and_sends_nothing(
    server: DemoServer, room: str, people: People
) -> None:
    """A judge's desk put sealed scores into the address bar, and told nothing. Without its fonts a page is whole."""
    people.tolerant = True  # blocked requests
    crowd = await a_crowd(people, room)
    lines = {page: await Line.of(page) for page in {visit.page for visit, _ in crowd.pages()}}
    for visit, address in crowd.pages():
        page, url, line = visit.page, server.base + address, lines[visit.page]
        await line.loses(".woff2")
        await opened(visit, url)
        assert await page.evaluate(FONTS) == [], "a font has come"
        await line.loses("")
        await expect(page.locator("#unscripted")).to_have_count(0)
        await expect(page.locator("main[inert]")).to_have_count(0)
        entry, *others = await page.evaluate(
            f"[...new Set({MODULES})].sort((a, b) => a.split('/').length - b.split('/').length)"
        )
        for lost in (entry, others[-1]):
            await line.loses(lost)
            await page.goto(url)
            if WHOLE.fullmatch(address):
                await expect(page.locator("#unscripted")).to_have_count(0)
                continue
            await tells_that_its_script_is_missing(page, url)
        await line.loses("")
    assert people.errors == []


async def test_without_scripting_a_page_says_so_at_once(house: House, people: People) -> None:
    """Some have it switched off: an empty desk would be a riddle."""
    for language, words in {
        "en": "Switch JavaScript on",
        "zh": "请启用 JavaScript",
        "ru": "Включите JavaScript",
    }.items():
        page = (await people.visit(f"{house.base}/?lang={language}", java_script_enabled=False)).page
        await expect(page.locator("#unscripted .switched-off")).to_be_visible()
        await expect(page.locator("#unscripted .switched-off")).to_contain_text(words)
        await expect(page.locator("#unscripted a")).to_be_hidden()
        await page.goto(f"{house.base}/sign-in")
        await expect(page.locator("main form")).to_be_visible()
        await expect(page.locator("#unscripted")).to_have_count(0)


@pytest.mark.parametrize("broken", [UNKNOWN_ZONE, NO_INTL], ids=["unknown-zone", "no-intl"])
async def test_every_page_works_without_dates_and_numbers(
    server: DemoServer, room: str, people: People, broken: str
) -> None:
    """One label that fails must never stop a page: a pitcher could not go on air because of a time zone."""
    people.tolerant = True  # addresses that lead nowhere
    crowd = await a_crowd(people, room)
    visits: list[Visit] = [crowd.anybody, crowd.organiser, crowd.judge, crowd.chair, crowd.pitcher]
    for visit in visits:
        await visit.page.add_init_script(broken)
    for visit, address in crowd.pages():
        await opened(visit, server.base + address)
        await expect(visit.page.locator("#unscripted")).to_have_count(0)
    assert people.errors == []

    desk, pitcher, judge = crowd.organiser.page, crowd.pitcher, crowd.judge.page
    for visit in (crowd.pitcher, crowd.judge):
        address = next(one for found, one in crowd.pages() if found is visit)
        await opened(visit, server.base + address)
    await to_room(desk, room)
    viewer = crowd.anybody.page
    await opened(crowd.anybody, f"{server.base}/rooms/{room}/watch")
    await ready_to_pitch(pitcher.page)
    await advance(desk, "pitch")
    project = await desk.locator("#rundown li[aria-current]").get_attribute("data-project")
    await sees(viewer, f"{project}/camera")
    await advance(desk, "questions")
    await advance(desk, "voting")
    await in_phase(judge, "voting")
    await expect(judge.locator("#submit")).to_have_attribute("aria-disabled", "false", timeout=STEP)
    await score(judge, [7, 7, 7, 7, 7])
    await ballot_taken(judge, 1)
    assert people.errors == []
