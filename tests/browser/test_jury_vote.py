"""A tie settled by votes of the jury, from judges' own desks, and the chair's casting vote; and an award by votes."""

from pathlib import Path

from playwright.async_api import Browser, Page, expect

from tests.browser.acts import STEP, yes
from tests.browser.conftest import People
from tests.browser.serving import RulesServer
from tests.browser.shortcut import guest_of
from tests.browser.test_chair import LEVEL, LOW, ROOM, chaired, close_count, confirm, places, play, results
from tests.chaos.desks import Desk, Guest

RULES = """quorum = 2
tie_chain = ["jury", "chair"]
vote_quorum = 2
deliberation = 1

[[rules.awards]]
id = "best-team"
by = "jury"
title = { en = "Best team", zh = "最佳团队", ru = "Лучшая команда" }
"""


async def give(page: Page, choice: int) -> None:
    """By keyboard alone: to the choices, down to one of them, and on to the button."""
    await expect(page.locator("#question-choices")).to_be_visible(timeout=STEP)
    await page.locator("#question-choices input").first.focus()
    await page.keyboard.press("Space")
    for _ in range(choice):
        await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Tab")
    await expect(page.locator("#question-send")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("dialog")).to_contain_text("cannot change it")
    await page.keyboard.press("Enter")
    await expect(page.locator("#question-choices")).to_be_hidden(timeout=STEP)


async def all_vote(judges: list[Guest], control: Desk, choice: str | None) -> None:
    """Judges without a browser."""
    question = control.room["questions"]["newest"]["question"]
    for judge in judges:
        async with judge.desk(ROOM) as desk:
            await desk.do("jury.vote", question=question, choice=choice)


async def test_the_jury_votes_on_a_tie_and_an_award_and_the_chair_has_the_casting_vote(
    tmp_path: Path, browser: Browser
) -> None:
    """One person, one vote, and nobody sees how it stands until it is over."""
    with RulesServer(tmp_path, RULES) as server:
        people = People(server, browser)
        control_page = (await people.invited(server.organiser_link)).page
        organiser = await guest_of(server, control_page.context, "organiser")
        chair, own = await chaired(people, await server.invite(organiser, "chair-ai"))
        judges = [(await people.invited(await server.invite(organiser, f"judge-ai-{n}"))).page for n in (1, 2)]
        guests = [await guest_of(server, page.context, f"judge-ai-{n}") for n, page in enumerate(judges, start=1)]
        others = [await Guest.accepted(server.base, await server.invite(organiser, f"judge-ai-{n}")) for n in (3, 4, 5)]
        async with organiser.desk(ROOM) as control:
            first, second, third = await play(control, [own, *guests], [[LEVEL] * 3, [LEVEL] * 3, [LOW] * 3])
            await chair.locator("#tab-review").click()
            await chair.locator("[data-review=deliberate]").click()
            await expect(chair.locator("dialog")).to_contain_text("For 1 minute every judge")
            await chair.keyboard.press("Escape")
            await close_count(chair)
            await expect(chair.locator("[data-review=deliberate]")).to_be_hidden()
            ties = chair.locator("[data-review=ties]")
            await expect(ties).to_contain_text("A tie for the jury to vote on", timeout=STEP)
            await expect(ties.locator("details")).to_have_count(0)
            await ties.get_by_role("button", name="Ask the jury").click()
            await give(chair, 0)
            await expect(chair.locator("[data-review=question]")).to_contain_text("1 of", timeout=STEP)
            await give(judges[0], 1)
            await expect(judges[0].locator("#question-state")).to_contain_text("Your vote is stored")
            await expect(chair.locator("[data-review=ties] .tie")).to_have_count(0)
            await expect(chair.locator("[data-review=question]")).to_contain_text("2 of 6", timeout=STEP)
            await give(judges[1], 2)
            await all_vote(others, control, None)
            await expect(ties).to_contain_text("Your casting vote", timeout=STEP)
            await ties.get_by_role("button", name="Give the casting vote").click()
            await expect(ties.locator(".error").first).to_contain_text("Choose first")
            await ties.get_by_role("radio").nth(1).check()
            await ties.locator("textarea").fill("Closer to its first customers")
            await ties.get_by_role("button", name="Give the casting vote").click()
            await expect(ties.locator(".tie")).to_have_count(0, timeout=STEP)

            awards = chair.locator("[data-review=awards]")
            await expect(awards).to_contain_text("Best team")
            await awards.get_by_role("checkbox").first.uncheck()
            await awards.get_by_role("button", name="Ask the jury").click()
            await yes(chair)
            await expect(judges[0].locator("#question-title")).to_contain_text("Best team", timeout=STEP)
            for page in (chair, *judges):
                await give(page, 1)
            await all_vote(others, control, third)
            await confirm(chair, is_counted=True)
            page = await results(people, control)
        assert await places(page) == [second, first, third]
        await expect(page.locator(".awards")).to_contain_text("Best team")
        await expect(page.locator(".awards")).to_contain_text("votes")
        minutes = page.locator("section[aria-labelledby=minutes] li[data-kind=act]")
        await expect(minutes.filter(has_text="Casting vote")).to_contain_text("Closer to its first customers")
        await expect(minutes.filter(has_text="which goes first")).to_have_count(1)
        await expect(page.locator(".minutes-votes").first).to_contain_text("none of them")
        assert not people.errors, people.errors
        await people.leave()
