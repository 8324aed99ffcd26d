"""Paper for one judge in real browsers: printed, typed in by keyboard, typed again by another, counted, and told."""

import re

from playwright.async_api import Page, expect

from tests.browser.acts import STEP, yes
from tests.browser.conftest import People
from tests.browser.shortcut import CRITERIA, SCORED
from tests.chaos.desks import Desk, Guest, receipt_of
from tests.demo_server import DemoServer

ROOM = "ai"
GIVEN = [9, 8, 7, 9, 10]


async def test_paper_cards_for_one_judge(server: DemoServer, people: People) -> None:
    """Their phone is dead: two people stand for what they wrote, nothing typed is lost over a wrong code, and the
    protocol says how it came."""
    links = server.people
    organiser = (await people.invited(links["organisers"][0])).page
    clerk = (await people.invited(links["clerks"][0])).page
    second = (await people.invited(links["clerks"][1])).page
    lin = (await people.invited(links["judges"][ROOM][0])).page
    chair = await Guest.accepted(server.base, links["chairs"][ROOM])
    others = [chair, *[await Guest.accepted(server.base, link) for link in links["judges"][ROOM][1:3]]]
    runner = await Guest.accepted(server.base, links["organisers"][1])
    people.tolerant = True  # a page that says what is wrong has that status

    code = ""
    person = lin.url.split("/as/")[1].split("/")[0]
    async with runner.desk(ROOM) as control:
        for slot in control.room["rundown"]["slots"][SCORED:]:
            await control.do("slot.skip", slot=slot["slot"])
        for number in range(SCORED):
            for phase in ("pitch", "questions", "voting"):
                await control.advance(phase)
            for judge in others:
                await cast(judge, control, number)
            if number == 0:
                code = await printed(organiser, server.base, person)
                await called(clerk, control)
                await typed_in(clerk, code)
                await told_to_the_judge(lin)
            await control.advance("closed")
            if number == 0:
                await confirmed(second, code)
            if number < SCORED - 1:
                await control.advance("standby")
        async with chair.desk(ROOM) as desk:
            await desk.do("count.close", count=1)
            await desk.do("result.confirm", accept_incomplete=True)
        for announced in range(3):
            await control.do("result.reveal", announced=announced)

    for address in ("protocol", "results"):
        await organiser.goto(f"{server.base}/rooms/{ROOM}/{address}")
        await expect(organiser.locator("#paper-count")).to_contain_text("1 ballot that counts came on paper")
        await expect(organiser.locator("[data-kind=paper]")).to_contain_text("Confirmed by another clerk.")
    assert people.errors == []


async def called(clerk: Page, control: Desk) -> None:
    """A clerk sits apart from the stage: what is wrong with a card, control hears by the same button as a judge's."""
    await clerk.locator("#call-ask").click()
    await expect(clerk.locator("dialog [name=kind]")).to_have_count(3)
    await clerk.locator("dialog [value=card]").check()
    await clerk.locator("#call-words").fill("One has no signature")
    await yes(clerk)
    await expect(clerk.locator("#call-state")).to_contain_text("Judges' cards: control was told", timeout=STEP)
    await control.until(lambda room: bool(room["calls"]["calls"]))
    (call,) = control.room["calls"]["calls"]
    assert (call["role"], call["words"]) == ("clerk", "One has no signature")
    await control.do("call.hear", call=call["number"])
    await expect(clerk.locator("#call-state")).to_contain_text("control heard you", timeout=STEP)
    await clerk.locator("#code").focus()


async def cast(judge: Guest, control: Desk, number: int) -> None:
    async with judge.desk(ROOM) as desk:
        ballot = {
            "type": "ballot.cast",
            "project": control.room["session"]["project"],
            "scores": dict.fromkeys(CRITERIA, 5 + number),
            "expected_revision": 0,
        }
        receipt_of(await desk.ask(ballot))


async def printed(organiser: Page, base: str, judge: str) -> str:
    """The code on the judge's first card."""
    await organiser.goto(f"{base}/as/organiser/paper/{ROOM}/cards?judge={judge}")
    card = organiser.locator(".judge-paper").first
    await expect(card.locator("svg")).to_have_count(1)
    await expect(card.locator(".judge-paper-box")).to_have_count(len(CRITERIA))
    sheets = len(re.findall(rb"/Type\s*/Page\b", await organiser.pdf(prefer_css_page_size=True)))
    assert sheets == await organiser.locator(".judge-paper").count() / 2, "two on a sheet"
    code = await card.get_attribute("data-code")
    assert code
    return code


async def by_keyboard(page: Page, code: str) -> None:
    """A clerk's hands never leave it: Enter goes from field to field, and from the last one hands the card in."""
    await expect(page.locator("#code")).to_be_focused(timeout=STEP)
    await page.keyboard.type(code)
    await page.keyboard.press("Enter")
    for number in GIVEN:
        await page.keyboard.type(str(number))
        await page.keyboard.press("Enter")


async def typed_in(clerk: Page, code: str) -> None:
    wrong = code[:-1] + ("2" if code[-1] != "2" else "3")
    await by_keyboard(clerk, wrong)
    await expect(clerk.locator("#refused")).to_contain_text("One character is wrong", timeout=STEP)
    figures = clerk.locator(".paper-scores input")
    assert [await one.input_value() for one in await figures.all()] == [str(number) for number in GIVEN]
    await clerk.locator("#code").fill(code.lower())
    await clerk.locator("#code").press("Enter")
    await expect(clerk.locator("[data-whose]")).to_contain_text("·", timeout=STEP)
    await figures.last.press("Enter")
    await expect(clerk.get_by_role("status").filter(has_text="Typed in.")).to_be_visible(timeout=STEP)
    await expect(clerk.locator("#waiting .paper-card")).to_contain_text("somebody else confirms it")


async def told_to_the_judge(judge: Page) -> None:
    """At once, should their phone live after all: with what was typed, and a receipt."""
    await expect(judge.locator("#on-paper")).to_be_visible(timeout=STEP)
    address = judge.url
    await judge.locator("#on-paper a").click()
    await expect(judge.locator(".paper-own")).to_contain_text("waits to be confirmed")
    async with judge.expect_download() as saving:
        await judge.locator(".paper-own a[download]").click()
    assert "signature" in (await (await saving.value).path()).read_text()
    await judge.goto(address)


async def confirmed(second: Page, code: str) -> None:
    """The page shows what waits by itself, and not what was typed."""
    await second.locator("#waiting a").click()
    assert [await one.input_value() for one in await second.locator(".paper-scores input").all()] == [""] * len(GIVEN)
    await by_keyboard(second, code)
    await expect(second.get_by_role("status").filter(has_text="Confirmed.")).to_be_visible(timeout=STEP)
    await expect(second.locator("#confirmed li")).to_have_count(1)
