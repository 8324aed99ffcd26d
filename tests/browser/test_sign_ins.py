"""Signing out, being signed out, and coming back, at real desks."""

import re
from typing import Any

from playwright.async_api import Page, expect

from tests.browser.acts import STEP, ballot_taken, in_phase, score, yes
from tests.browser.conftest import People
from tests.browser.shortcut import guest_of, let_vote
from tests.demo_server import DemoServer

CALM: dict[str, Any] = {"reduced_motion": "reduce"}
SHOWN = "all => all.map(one => one.value)"


async def _link(organiser: Page, base: str, person: str, what: str) -> str:
    """Made at the people desk, which asks first where something ends."""
    await organiser.goto(f"{base}/as/organiser/people")
    await organiser.locator(f"tr[data-person={person}] form[action$='/{what}'] button").click()
    if what == "invite":
        await yes(organiser)
    return await organiser.locator("#link").input_value()


async def test_a_judge_hears_of_a_ballot_from_elsewhere_and_gets_a_draft_over_the_end_of_a_sign_in(
    server: DemoServer, room: str, people: People
) -> None:
    """Somebody who came by a stolen link hands in for the judge. The judge is told when, loses nothing of what they
    typed, gets a new link, which puts the thief out, and hands in their own."""
    links = server.people
    organiser = (await people.invited(links["organiser"], **CALM)).page
    judge = (await people.invited(links["judges"][room][0], **CALM)).page
    person = judge.url.split("/as/")[1].split("/")[0]
    thief = (await people.invited(await _link(organiser, server.base, person, "invite-further"), **CALM)).page
    await let_vote(await guest_of(server, organiser.context, "organiser"), room)
    for page in (judge, thief):
        await in_phase(page, "voting")
    await judge.locator("fieldset.criterion input").first.focus()
    for digit in "7654":
        await judge.keyboard.type(digit)
        await judge.keyboard.press("Enter")
    await score(thief, [1, 1, 1, 1, 1])
    await ballot_taken(thief, 1)
    state = judge.locator("#ballot-state")
    await expect(state).to_contain_text(re.compile(r"Changed on another device or tab at \d\d:\d\d"), timeout=STEP)
    checked = judge.locator("fieldset.criterion input:checked")
    assert await checked.evaluate_all(SHOWN) == ["7", "6", "5", "4"], "the draft stays on the card"

    people.tolerant = True
    new = await _link(organiser, server.base, person, "invite")
    for page in (judge, thief):
        await expect(page.locator("#connection")).to_have_attribute("data-state", "closed", timeout=STEP)
    await judge.goto(new)
    await judge.locator("main form button").click()
    await judge.wait_for_url("**/as/**")
    await in_phase(judge, "voting")
    assert await checked.evaluate_all(SHOWN) == ["7", "6", "5", "4"]
    await score(judge, [7, 6, 5, 4, 3])
    await ballot_taken(judge, 2)
    reply = await thief.reload()
    assert reply is not None
    assert reply.status == 401
    assert people.errors == []


async def test_without_scripts_the_people_desk_asks_on_a_page_of_its_own(
    server: DemoServer, room: str, people: People
) -> None:
    """One press on a laptop whose script did not arrive put a judge out."""
    judge = (await people.invited(server.people["judges"][room][0], **CALM)).page
    person = judge.url.split("/as/")[1].split("/")[0]
    people.tolerant = True
    desk = (await people.invited(server.people["organiser"], java_script_enabled=False)).page
    await desk.goto(f"{server.base}/as/organiser/people")
    take = desk.locator(f"tr[data-person={person}] form[action$='/revoke'] button")
    await take.click()
    await expect(desk.locator("h1")).to_contain_text("access away?")
    await desk.locator("main a.button").click()
    await expect(judge.locator("#connection")).not_to_have_attribute("data-state", "closed")
    await take.click()
    await desk.locator("main form button").click()
    await expect(desk.locator("#new-link")).to_contain_text("signed out everywhere")
    await expect(judge.locator("#connection")).to_have_attribute("data-state", "closed", timeout=STEP)


CELLS = """() => [...document.querySelectorAll(".people-table tbody tr")].flatMap(row => {
  const measured = all => [...all].map(one => [one, one.getBoundingClientRect()]);
  const cells = measured(row.children).filter(([cell]) => cell.textContent.trim());
  const narrow = cells.filter(([cell, box]) => box.width < 72 && cell.textContent.trim().length > 10)
    .map(([cell]) => `narrow: ${cell.textContent.trim()}`);
  const parts = measured(row.querySelectorAll("th a, .badge, .people-role, .button"));
  const over = parts.flatMap(([one, a], i) => parts.slice(i + 1).filter(([other, b]) => !one.contains(other)
    && a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1)
    .map(([other]) => `${one.textContent.trim()} lies on ${other.textContent.trim()}`));
  const out = parts.filter(([, box]) => box.right > innerWidth).map(([part]) => `cut: ${part.textContent.trim()}`);
  return [...narrow, ...over, ...out];
})"""


async def test_the_people_desk_can_be_read_at_every_width(server: DemoServer, room: str, people: People) -> None:
    """Between a phone and a laptop its columns stood letter by letter, or on each other. In the longest language."""
    desk = (await people.invited(server.people["organiser"], locale="ru-RU", **CALM)).page
    await people.invited(server.people["judges"][room][0], **CALM)
    await desk.goto(f"{server.base}/as/organiser/people")
    for width in (360, 720, 768, 820, 959, 960, 1024, 1280, 1366):
        await desk.set_viewport_size({"width": width, "height": 800})
        assert await desk.evaluate(CELLS) == [], width
        assert await desk.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
        await desk.locator("details.who summary").click()
        panel = await desk.locator(".who-panel").bounding_box()
        assert panel is not None
        assert panel["x"] >= 0, width
        assert panel["x"] + panel["width"] <= width
        await desk.keyboard.press("Escape")


async def test_somebody_signs_out_by_keyboard_and_leaves_no_link_behind(server: DemoServer, people: People) -> None:
    """On a borrowed laptop: the bar says who is there, and going back leads to the sign-in."""
    desk = (await people.invited(server.people["organiser"], **CALM)).page
    who = desk.locator("details.who")
    await expect(who.locator("summary")).to_contain_text("Anna Grigorieva")
    await expect(who.locator("summary")).to_contain_text("Organiser")
    await who.locator("summary").focus()
    await desk.keyboard.press("Enter")
    await desk.keyboard.press("Tab")
    await desk.keyboard.press("Tab")
    await desk.keyboard.press("Enter")
    await expect(desk.locator("dialog")).to_contain_text("You need a new link from the organiser")
    await desk.keyboard.press("Escape")
    await expect(desk.locator("dialog")).to_have_count(0)
    await desk.keyboard.press("Escape")
    assert not await who.evaluate("one => one.open"), "a menu closes by Escape"
    await desk.keyboard.press("Enter")
    await desk.mouse.click(400, 500)
    assert not await who.evaluate("one => one.open"), "and by a press outside"
    await who.locator("summary").press("Enter")
    await who.locator("form button").first.press("Enter")
    await yes(desk)
    await desk.wait_for_url("**/sign-in?signed-out")
    await expect(desk.locator("main")).to_contain_text("The link you used does not open again")
    await expect(desk.locator("main")).to_contain_text("Nobody is signed in in this browser.")
    people.tolerant = True
    for _ in range(3):
        await desk.go_back(wait_until="load")
        assert "/i/" not in desk.url
        if "/sign-in" in desk.url:
            break
    assert people.errors == []
