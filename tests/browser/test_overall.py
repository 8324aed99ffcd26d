"""The podium of all fields together, from the last field's last place to the hall, in people's browsers."""

from pathlib import Path

from playwright.async_api import Browser, Page, expect

from roadshow.voting.overall.counting import recount_together
from tests.browser.acts import STEP, soon, yes
from tests.browser.conftest import People
from tests.browser.serving import RulesServer
from tests.browser.shortcut import guest_of, play
from tests.chaos.desks import Guest

SCORES = {"ai": (5, 6, 8), "robotics": (9, 2, 3), "bio": (1, 7, 4)}
"""Of every criterion, for the three of each field that pitch: the podium of all is robotics', ai's and bio's."""
STILL = {"reduced_motion": "reduce"}


async def taken(page: Page, place: int, podium: str = "podium-reveal[data-overall]") -> str:
    """Who stands on that step of the podium of all fields."""
    step = page.locator(f"{podium} .pedestal.taken[data-place='{place}'] strong")
    await expect(step).to_be_visible(timeout=STEP)
    return await step.inner_text()


async def test_all_fields_together_from_two_signatures_to_the_hall(tmp_path: Path, browser: Browser) -> None:
    """What was accepted and did nothing: places across the fields, signed by two, told on every screen, and the same
    when anybody counts the fields' records together."""
    with RulesServer(tmp_path, 'podium = "overall"\n') as server:
        people = People(server, browser)
        control = (await people.invited(server.organiser_link, **STILL)).page
        organiser = await guest_of(server, control.context, "organiser")
        await control.goto(f"{server.base}/as/organiser/control/ai")
        panel = control.locator("#overall")
        hall = (await people.visit(f"{server.base}/rooms/ai/screen", own_time=True, **STILL)).page
        watch = (await people.visit(f"{server.base}/rooms/bio/watch", own_time=True, **STILL)).page
        chair = await people.invited(await server.invite(organiser, "chair-ai"), **STILL)
        await expect(panel).to_be_hidden()
        for room, scores in SCORES.items():
            names = (f"chair-{room}", f"judge-{room}-1", f"judge-{room}-2")
            own = await guest_of(server, chair.page.context, "chair-ai")
            jury = [
                own if name == "chair-ai" else await Guest.accepted(server.base, await server.invite(organiser, name))
                for name in names
            ]
            await play(organiser, jury, room, scores)

        field = hall.locator("podium-reveal:not([data-overall]) .pedestal.taken")
        await soon(hall, field.nth(2))
        await expect(field).to_have_count(3)
        await panel.locator("[data-do=confirm]").click(timeout=STEP)
        await yes(control)
        await expect(panel.locator("[data-line]")).to_contain_text("has yet to sign", timeout=STEP)
        await expect(panel.locator("[data-do=sign]")).to_be_hidden()
        await chair.page.goto(f"{server.base}/as/chair-ai/judge/ai")
        await chair.page.locator("#tab-review").click()
        await chair.page.locator("[data-overall] [data-do=sign]").click(timeout=STEP)
        await yes(chair.page)

        await expect(hall.locator("#title")).to_have_text("All fields together", timeout=STEP)
        for announced in range(3):
            await panel.locator("[data-do=announce]").click(timeout=STEP)
            await yes(control)
            await expect(panel.locator("ol.announced li")).to_have_count(announced + 1, timeout=STEP)
        for page in (hall, watch):
            await soon(page, page.locator("podium-reveal .pedestal.taken[data-place='1']:visible"))
        told = [await taken(hall, place) for place in (1, 2, 3)]
        # There it takes the place of the field's own.
        assert [await taken(watch, place, "podium-reveal") for place in (1, 2, 3)] == told
        await expect(hall.locator("podium-reveal:not([data-overall])")).to_be_hidden()

        results = (await people.visit(f"{server.base}/results", **STILL)).page
        assert [await taken(results, place) for place in (1, 2, 3)] == told
        rows = results.locator("#overall tbody tr")
        await expect(rows).to_have_count(18)
        assert [await rows.nth(place).locator("th").inner_text() for place in range(3)] == told
        assert [await rows.nth(place).locator(".number").inner_text() for place in range(3)] == [
            "90.00",
            "80.00",
            "70.00",
        ]
        files = {}
        for name in ("overall", *(f"rooms/{room}/record" for room in SCORES)):
            answer = await results.request.get(f"{server.base}/{name}.json")
            files[name] = await answer.body()
        overall = files.pop("overall")
        report = recount_together(list(files.values()), overall)
        assert report.faults == ()
        # Two of the five judges gave nobody a ballot; that is told as well.
        await results.goto(f"{server.base}/rooms/ai/results")
        await expect(results.locator("#caveat")).to_contain_text("No ballot came for")
        assert not people.errors, people.errors
        await people.leave()
