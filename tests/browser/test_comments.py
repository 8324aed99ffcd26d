"""A judge writes to the teams, the chair looks it through, and a team reads it: on pages of real browsers."""

import re
from pathlib import Path

from playwright.async_api import Browser, expect

from tests.browser.acts import STEP
from tests.browser.calibrating import SAMPLES, calibrated
from tests.browser.conftest import People
from tests.browser.serving import RulesServer
from tests.browser.shortcut import guest_of, play
from tests.browser.test_accessibility import check, found_on
from tests.chaos.desks import Guest

ROOM = "ai"
RULES = f"""quorum = 3
comments = "chair"
{SAMPLES}"""
NOTED = "Who pays in year one?"
SAID = f"{NOTED}\nThe answers to the second question were the best of the day."
STILL = {"reduced_motion": "reduce"}
PHONE = {"viewport": {"width": 360, "height": 780}, **STILL}


async def test_what_a_judge_writes_reaches_the_team_by_the_chair(tmp_path: Path, browser: Browser) -> None:
    """The jury calibrates; then from the note beside the card to the page that the team prints; what is withheld comes
    back with the reason."""
    with RulesServer(tmp_path, RULES) as server:
        people = People(server, browser)
        organiser = await Guest.accepted(server.base, server.organiser_link)
        visits = [
            await people.invited(await server.invite(organiser, "judge-ai-1"), **PHONE),
            await people.invited(await server.invite(organiser, "chair-ai"), **STILL),
        ]
        judge, chair = (visit.page for visit in visits)
        jury = [
            await guest_of(server, chair.context, "chair-ai"),
            await guest_of(server, judge.context, "judge-ai-1"),
            await Guest.accepted(server.base, await server.invite(organiser, "judge-ai-2")),
        ]
        await calibrated(chair, judge, server.base, ROOM)
        await judge.locator("#notes summary").click()
        await judge.locator("#notes-text").fill(NOTED)
        assert await found_on(judge) == []
        await play(organiser, jury, ROOM)

        await judge.goto(f"{server.base}/as/judge-ai-1/comments/{ROOM}")
        first, second = judge.locator("section.comment").nth(0), judge.locator("section.comment").nth(1)
        await first.locator("[data-notes]").click()
        await expect(first.locator("textarea")).to_have_value(NOTED)
        await first.locator("textarea").fill(SAID)
        await judge.reload()  # a battery that ran empty: what was typed is still there
        await expect(first.locator("textarea")).to_have_value(SAID)
        await expect(first.locator("[data-draft]")).to_contain_text("Not sent yet")
        await first.locator("button.primary").click()
        await expect(first.locator(".notice.good")).to_have_text("Sent.", timeout=STEP)
        await expect(first.locator("[data-draft]")).to_have_text("")
        await second.locator("textarea").fill("Hopeless people.")
        await second.locator("button.primary").click()
        await expect(second.locator(".notice.good")).to_be_visible(timeout=STEP)
        assert await judge.evaluate("document.documentElement.scrollWidth <= innerWidth")

        project = await first.get_attribute("data-project")
        visits.append(await people.invited(await server.invite(organiser, f"pitcher-{project}"), **PHONE))
        team = visits[-1].page
        await team.goto(f"{server.base}/as/pitcher-{project}/pitch/{project}")
        await team.get_by_role("link", name="Comments of the jury").click()
        await expect(team.locator("h1")).to_have_text("Polynya", timeout=STEP)
        await expect(team.locator("article.comment")).to_have_count(0)
        await chair.goto(f"{server.base}/as/chair-ai/comments/{ROOM}/all")
        await chair.locator(f"[data-project={project}] [value=release]").click()
        await expect(chair.locator(f"[data-project={project}] .badge")).to_have_text("released", timeout=STEP)
        rest = chair.locator("article.comment").nth(1)
        await rest.locator("summary").click()
        await rest.locator("textarea").fill("About people, not about the project.")
        await rest.locator("[value=withhold]").click()
        await expect(rest.locator(".badge")).to_have_text("withheld", timeout=STEP)

        await team.reload()
        await expect(team.locator(".comment-words")).to_have_text(SAID, timeout=STEP)
        await expect(team.locator("article.comment")).to_contain_text("Chen Yuhan")
        assert await team.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await judge.reload()
        await expect(first.locator(".badge")).to_have_text("released", timeout=STEP)
        await expect(second.locator(".notice.warn")).to_contain_text("About people")
        pages = [
            re.sub("[?#].*", "", one.url) for one in (judge, chair, team)
        ]  # with what was released, withheld and read on them
        problems = [one for visit, url in zip(visits, pages, strict=True) for one in await check(visit, url)]
        assert not problems, "\n".join(problems)
        assert not people.errors, people.errors
        await people.leave()
