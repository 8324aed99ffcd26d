"""A jury of seven and 亮分 on the hall: each judge's card after the pitch, counted up for everybody who watches."""

from pathlib import Path
from typing import Any, cast

from playwright.async_api import Browser, Page, expect

from tests.browser.acts import STEP, yes
from tests.browser.conftest import People
from tests.browser.serving import RulesServer
from tests.browser.shortcut import CRITERIA
from tests.chaos.desks import Desk, Guest, receipt_of

ROOM = "ai"
RULES = """estimator = "trimmed-mean"
scores_told = "after-each"
chair_votes = true

[[judges]]
id = "judge-ai-6"
field = "ai"
name = { en = "Nina Orlova", zh = "尼娜·奥尔洛娃", ru = "Нина Орлова" }
affiliation = { en = "Volga Fund, Kazan", zh = "伏尔加基金，喀山", ru = "Фонд «Волга», Казань" }
"""
JURY = ("chair-ai", *(f"judge-ai-{number}" for number in range(1, 7)))
SCORES = (9, 5, 8, 7, 10, 8, 8)
"""Of every criterion: one 50 and one 100 are dropped, and (90 + 80 + 70 + 80 + 80) ÷ 5 is 80."""
HALL = {"width": 1920, "height": 1080}
PHONE = {"width": 360, "height": 740}


async def vote(jury: dict[str, Guest], project: str, judges: tuple[str, ...]) -> None:
    for person in judges:
        async with jury[person].desk(ROOM) as desk:
            scores = dict.fromkeys(CRITERIA, SCORES[JURY.index(person)])
            receipt_of(
                await desk.ask({"type": "ballot.cast", "project": project, "scores": scores, "expected_revision": 0})
            )


async def pitch(control: Desk) -> str:
    for phase in ("pitch", "questions", "voting"):
        await control.advance(phase)
    project: str = control.room["session"]["project"]
    return project


async def control_of(people: People, organiser: Guest, **options: Any) -> Page:
    """The organiser's own desk in a browser, which is signed in as they are."""
    page = (await people.visit(organiser.base, **options)).page
    kept = [{"name": name, "value": value, "url": organiser.base} for name, value in organiser.cookies.items()]
    await page.context.add_cookies(cast("Any", kept))
    await page.goto(f"{organiser.base}/as/{organiser.person}/control/{ROOM}")
    return page


async def no_jump(page: Page) -> list[float]:
    """Where cards and points stand."""
    found: list[float] = await page.evaluate(
        "[...document.querySelectorAll('.shown-card, .shown-points')].map((one) => one.getBoundingClientRect().top)"
    )
    return found


async def test_a_jury_of_seven_shows_its_cards_on_hall_and_watch(tmp_path: Path, browser: Browser) -> None:
    """From the button at control to the points in the last row, and back to the show with the next pitch."""
    with RulesServer(tmp_path, RULES) as server:
        people = People(server, browser)
        organiser = await Guest.accepted(server.base, server.organiser_link)
        jury = {person: await Guest.accepted(server.base, await server.invite(organiser, person)) for person in JURY}
        desk = await control_of(people, organiser)
        hall = (await people.visit(f"{server.base}/rooms/{ROOM}/screen", viewport=HALL)).page
        watch = (await people.visit(f"{server.base}/rooms/{ROOM}/watch", viewport=PHONE, reduced_motion="reduce")).page
        async with organiser.desk(ROOM) as control:
            project = await pitch(control)
            await vote(jury, project, JURY[:6])
            await expect(desk.locator("#show-cards button")).to_have_count(0)
            await control.advance("closed")

            # One ballot is missing: control is told whose, and that they would be shut out.
            await expect(desk.locator("#show-cards p")).to_have_text("Not yet: Nina Orlova", timeout=STEP)
            await control.do("session.back", expected={"phase": "closed", "slot": control.room["session"]["slot"]})
            await control.until(lambda room: room["session"]["phase"] == "voting")
            await vote(jury, project, JURY[6:])
            await control.advance("closed")
            await expect(desk.locator("#show-cards p")).to_have_text("", timeout=STEP)
            await expect(hall.locator("shown-cards")).to_be_hidden()
            await expect(watch.locator("shown-cards")).to_be_hidden()
            await desk.locator("#show-cards button").click()
            await yes(desk)

            # Every card stands where it will stay, before it is seen.
            await expect(hall.locator(".shown-card")).to_have_count(7, timeout=STEP)
            before = await no_jump(hall)
            await expect(hall.locator("[data-waits]")).to_have_count(0, timeout=STEP)
            await expect(hall.locator(".shown-points")).to_have_text("80.00", timeout=STEP)
            assert await no_jump(hall) == before
            for page in (hall, watch):
                await expect(page.locator("[data-waits]")).to_have_count(0, timeout=STEP)
                await expect(page.locator(".shown-points")).to_have_text("80.00", timeout=STEP)
                assert await page.locator(".shown-card[data-dropped] b").all_inner_texts() == ["50.00", "100.00"]
                await expect(page.locator(".shown-judge").first).to_have_text("Tatiana Belova")
                await expect(page.locator("shown-cards [aria-live]")).to_contain_text(
                    "80.00 points. Tatiana Belova: 90.00"
                )
            size = await hall.locator(".shown-card b").first.evaluate(
                "(one) => parseFloat(getComputedStyle(one).fontSize)"
            )
            assert size >= HALL["height"] / 20  # as tall as a name on stage: read from the last row
            for page in (hall, watch):
                assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            await expect(desk.locator("#show-cards button")).to_have_count(0, timeout=STEP)

            # What was shown stands: there is no way back into its window.
            expected = {"phase": "closed", "slot": control.room["session"]["slot"]}
            refusal = await control.ask({"type": "session.back", "expected": expected})
            assert (refusal["type"], refusal["code"]) == ("refused", "cards.shown")
            await control.advance("standby")
            await expect(hall.locator("shown-cards")).to_be_hidden(timeout=STEP)
        assert not people.errors, people.errors
        await people.leave()
