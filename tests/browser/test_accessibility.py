"""Every page can be used by everybody: checked by axe-core, and walked through by keyboard alone."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.async_api import Page, expect

from tests.browser.acts import (
    STEP,
    advance,
    ballot_taken,
    in_phase,
    just_pressed,
    press,
    rested,
    to_room,
    until,
)
from tests.browser.conftest import People, Visit
from tests.browser.houses import House
from tests.browser.pages import AFTERWARDS, OVER, ROOM, a_crowd, opened
from tests.browser.shortcut import guest_of, let_vote, play_field
from tests.demo_server import DemoServer

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
CALM: dict[str, Any] = {"reduced_motion": "reduce"}
"""So that nothing is looked at half way to where it goes."""

RUN = """async rules => {
  const options = {resultTypes: ["violations"], ...(rules.length ? {runOnly: rules} : {})};
  const {violations} = await axe.run(document, options);
  return violations.map(({id, impact, nodes}) => [impact, id, nodes.map(({target}) => target.join(" ")).slice(0, 3)]);
}"""
THEME_RULES = ["color-contrast", "link-in-text-block"]
"""What a theme can change."""

# Where the focus is, and whether one can see it there: at the element itself, or at what stands for it.
FOCUS = """() => {
  const element = document.activeElement;
  const seen = one => {
    if (!one) return false;
    const {outlineStyle, outlineWidth, boxShadow} = getComputedStyle(one);
    return (outlineStyle !== "none" && parseFloat(outlineWidth) >= 1.5) || boxShadow !== "none";
  };
  const {add, part, project} = element.dataset;
  const name = element.id || element.name || add || part || project || element.textContent.trim();
  const around = [element, element.nextElementSibling, element.parentElement];
  return {name, tag: element.localName, visible: around.some(seen)};
}"""
REACHABLE = """() => {
  const all = [...document.querySelectorAll("main :is(button, a[href], select, input, textarea, [tabindex='0'])")];
  const visible = all.filter(one => one.checkVisibility({visibilityProperty: true}));
  return visible.filter(one => one.tabIndex >= 0 && !one.disabled).map(one => one.id).filter(Boolean);
}"""
MOST_STOPS = 120


async def found_on(page: Page, rules: Sequence[str] = ()) -> list[str]:
    """Of these of axe's rules, or of all, those of good practice too; told by page, rule and element. On the page as it
    stands now, whatever was opened or typed on it."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE.read_text())
    found = await page.evaluate(RUN, list(rules))
    where = "/".join(page.url.split("/", 3)[3:])
    return [f"/{where}: {rule} {elements}" for _, rule, elements in found]


async def check(visit: Visit, url: str) -> list[str]:
    """Both themes: all rules in one, the rules of colour in the other."""
    page = visit.page
    origin = "/".join(url.split("/", 3)[:3])
    await page.context.add_cookies([{"name": "theme", "value": "light", "url": origin}])
    await opened(visit, url)
    await expect(page.locator("html")).to_have_attribute("data-theme", "light")
    found = [f"light, {problem}" for problem in await found_on(page)]
    await page.locator("html").evaluate("(one) => (one.dataset.theme = 'dark')")
    return found + [f"dark, {problem}" for problem in await found_on(page, THEME_RULES)]


async def test_axe_finds_nothing_on_any_page(server: DemoServer, people: People) -> None:
    """Judges and organisers may see badly or not use a mouse; the audience is everybody."""
    assert AXE.exists(), "axe-core is missing: make test installs it"
    people.tolerant = True  # addresses that lead nowhere are part of it
    crowd = await a_crowd(people, ROOM, **CALM)
    problems = [problem for visit, address in crowd.pages() for problem in await check(visit, server.base + address)]

    await play_field(server, await guest_of(server, crowd.organiser.page.context, "organiser"), OVER)
    for address in AFTERWARDS:
        problems += await check(crowd.anybody, server.base + address)
    control = crowd.organiser.page
    await to_room(control, ROOM)
    for phase in ("pitch", "questions", "voting"):
        await advance(control, phase)
    await press(control, "#pause")
    for visit, address in crowd.during_the_show():
        problems += await check(visit, server.base + address)
    # On a laptop a desk fills the window, and its panels scroll each for itself.
    await control.set_viewport_size({"width": 1366, "height": 768})
    problems += await check(crowd.organiser, f"{server.base}/as/organiser/control/{ROOM}")
    assert not problems, "\n".join(problems)
    assert people.errors == []


async def walk(page: Page) -> list[str]:
    """Tab through the page once; the names of all stops. Each one must show the focus."""
    await page.evaluate("document.activeElement?.blur(); getSelection().removeAllRanges(); scrollTo(0, 0)")
    await page.locator("#main").focus()
    stops: list[str] = []
    for _ in range(MOST_STOPS):
        await page.keyboard.press("Tab")
        focus = await page.evaluate(FOCUS)
        if focus["tag"] == "body":
            return stops
        assert focus["visible"], f"{page.url}: the focus cannot be seen at {focus['tag']} {focus['name']}"
        stops.append(focus["name"])
    raise AssertionError(f"{page.url}: no end of Tab stops: {stops}")


async def test_a_judge_scores_without_a_mouse(server: House, room: str, people: People) -> None:
    """Eyes stay on the pitch, one hand on the keys."""
    judge = (await people.invited(server.people["judges"][room][0], **CALM)).page
    await let_vote(await server.guest(server.people["organiser"]), room)
    await in_phase(judge, "voting")

    stops = await walk(judge)
    criteria = await judge.locator("fieldset.criterion").evaluate_all("sets => sets.map(set => set.dataset.criterion)")
    assert [stop for stop in stops if stop in criteria] == criteria
    assert {"recuse", "submit"} <= set(stops)

    first = judge.locator("fieldset.criterion input").first
    await first.focus()
    await judge.keyboard.type("10")
    await judge.keyboard.press("Control+Enter")
    missing = judge.locator("fieldset.criterion[data-missing]")
    await expect(missing).to_have_attribute("data-criterion", criteria[1])
    assert (await judge.evaluate(FOCUS))["name"] == criteria[1]
    for digit in ("9", "8", "7", "6"):
        await judge.keyboard.type(digit)
        await judge.keyboard.press("Enter")
    await judge.keyboard.press("Shift+Tab")
    assert (await judge.evaluate(FOCUS))["name"] != "submit"
    await judge.keyboard.press("Tab")
    assert (await judge.evaluate(FOCUS))["name"] == "submit"
    await judge.keyboard.press("Space")
    await ballot_taken(judge, 1)
    chosen = await judge.locator("fieldset.criterion input:checked").evaluate_all("all => all.map(one => one.value)")
    assert chosen == ["10", "9", "8", "7", "6"]

    await first.focus()
    await judge.keyboard.press("ArrowRight")
    assert "1" in await judge.locator("fieldset.criterion input:checked").evaluate_all(
        "all => all.map(one => one.value)"
    )
    assert people.errors == []


async def test_control_runs_a_slot_without_a_mouse(server: DemoServer, room: str, people: People) -> None:
    """Whoever runs a show watches the stage, not the pointer."""
    control = (await people.invited(server.people["organiser"], viewport={"width": 1280, "height": 800}, **CALM)).page
    await to_room(control, room)
    stops = await walk(control)
    assert set(await control.evaluate(REACHABLE)) <= set(stops)

    clock = "document.querySelector('show-clock').clock"
    await control.keyboard.press("n")
    await in_phase(control, "pitch")
    just_pressed(control)
    ends = await control.evaluate(f"{clock}.ends_at")
    await control.keyboard.press("+")
    await until(control, f"{clock}.ends_at === {ends + 30_000}")
    await control.keyboard.press("-")
    await until(control, f"{clock}.ends_at === {ends}")
    await rested(control)
    await control.keyboard.press("p")
    just_pressed(control)
    await until(control, f"{clock}.remaining_ms !== null")
    await rested(control)
    await control.keyboard.press("b")
    await in_phase(control, "standby")

    # A question can be answered, or left, by keyboard; the focus is then where it was.
    skip = control.locator("#rundown li [data-part=skip]").nth(2)
    await skip.focus()
    await control.keyboard.press("Enter")
    await expect(control.locator("dialog")).to_be_visible(timeout=STEP)
    assert await control.evaluate("document.activeElement.closest('dialog') !== null")
    await control.keyboard.press("Escape")
    await expect(control.locator("dialog")).to_have_count(0)
    await expect(skip).to_be_focused()
    await expect(control.locator("#rundown li[data-status=skipped]")).to_have_count(0)
    assert people.errors == []
