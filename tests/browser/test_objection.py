"""An objection that moves a place, from the pitcher's own link to the podium that everybody sees."""

import json

from playwright.async_api import Page, expect

from roadshow.voting.ledger.recount import recount
from tests.browser.acts import STEP
from tests.browser.conftest import People
from tests.browser.houses import House
from tests.browser.shortcut import guest_of, play
from tests.chaos.desks import Guest

WORDS = "They showed our own recording as theirs.\nThe third slide has our name on it, at 02:10."
STILL = {"reduced_motion": "reduce"}
PHONE = {"viewport": {"width": 360, "height": 780}, **STILL}


async def _placed(page: Page, room: str) -> list[str]:
    """Who is on the podium, the first place first."""
    names = page.locator(f"[data-room='{room}'] podium-reveal .pedestal.taken strong")
    return [await names.nth(number).inner_text() for number in range(await names.count())]


async def test_an_objection_moves_a_place(server: House, room: str, people: People) -> None:
    """A team objects, the chair upholds it and asks that the first be disqualified, the organiser signs: the others
    move up on every page, everybody reads why, nobody reads the words, and a recount comes to the same."""
    control = (await people.invited(server.people["organiser"], **STILL)).page
    organiser = await guest_of(server, control.context, "organiser")
    chair = (await people.invited(server.people["chairs"][room], **STILL)).page
    judges = [await Guest.accepted(server.base, link) for link in server.people["judges"][room][:2]]
    await play(organiser, [await guest_of(server, chair.context, f"chair-{room}"), *judges], room)
    results_url = f"{server.base}/rooms/{room}/results"
    results = (await people.visit(results_url, **STILL)).page
    await expect(results.locator("#aftermath [data-stands=open]")).to_be_visible(timeout=STEP)
    before = await _placed(results, room)
    assert len(before) == 3

    rows = results.locator("table.ranking tbody tr")
    second, first = [str(await rows.nth(number).get_attribute("data-project")) for number in (1, 0)]
    team = (await people.invited(server.people["pitchers"][second], **PHONE)).page
    await team.locator("#objection").click(timeout=STEP)
    await team.locator("#category").select_option("eligibility")
    await team.locator("#words").fill("Unfair")
    people.tolerant = True
    await team.locator("form.objection-form").evaluate("form => { form.noValidate = true; }")
    await team.locator("form.objection-form button").click()
    await expect(team.locator("#refused")).to_contain_text("from 20 to 3000", timeout=STEP)
    await expect(team.locator("#words")).to_have_value("Unfair")
    await team.locator("#words").fill(WORDS)
    await team.reload()  # a battery that ran empty: what was typed is still there
    await team.goto(team.url)
    await expect(team.locator("#words")).to_have_value(WORDS)
    await expect(team.locator("#category")).to_have_value("eligibility")
    await team.locator("form.objection-form button").click()
    await expect(team.locator(".objection-words")).to_have_text(WORDS, timeout=STEP)
    await expect(team.locator("#words")).to_have_value("")
    link = await team.locator("a[download]").get_attribute("href")
    receipt = await (await team.request.get(f"{server.base}{link}")).body()
    assert json.loads(receipt)["words"] == WORDS

    await chair.goto(f"{server.base}/as/chair-{room}/objections/{room}")
    await expect(chair.locator(".objection-words")).to_have_text(WORDS, timeout=STEP)
    await chair.locator("#project").select_option(first)
    await chair.locator("#objection").select_option(index=1)
    await chair.locator("#reason-ask").fill("The recording is the other team's.")
    await chair.locator("#ask button").click()
    await expect(chair.locator("#waiting")).to_contain_text("somebody else signs", timeout=STEP)
    assert await _placed(results, room) == before

    await control.goto(f"{server.base}/as/organiser/objections/{room}")
    await control.locator("#waiting button").click(timeout=STEP)
    await expect(control.locator("[data-amendment=disqualify]")).to_be_visible(timeout=STEP)

    # The open page's podium follows by itself; what it was made of is told once it is loaded again.
    await expect(results.locator(f"[data-room='{room}'] podium-reveal .pedestal.taken")).to_have_count(2, timeout=STEP)
    assert await _placed(results, room) == before[1:]
    await results.goto(results_url)
    assert await _placed(results, room) == before[1:]
    aftermath = results.locator("#aftermath")
    await expect(aftermath.locator("[data-objection='1']")).to_contain_text("Upheld by: Chair")
    await expect(aftermath.locator("[data-amendment=disqualify]")).to_contain_text("The recording is the other team's.")
    await expect(aftermath.locator(f"[data-project='{first}'] td").nth(1)).to_have_text("–")
    assert "02:10" not in await results.content()
    await results.goto(f"{server.base}/results")
    await expect(results.locator(f"[data-room='{room}'] [data-amended]")).to_be_visible()
    await results.goto(f"{server.base}/rooms/{room}/protocol")
    await expect(results.locator("[data-amendment=disqualify]")).to_be_visible()
    record = await (await results.request.get(f"{server.base}/rooms/{room}/record.json")).body()
    report = recount(record, receipt=receipt)
    assert report.faults == ()
    assert any("word for word" in finding.text for finding in report.findings)
    assert not people.errors, people.errors
