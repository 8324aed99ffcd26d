"""Something is wrong at a judge's desk, walked in browsers; and what is striking in the cards, once it may be told."""

from playwright.async_api import expect

from tests.browser.acts import STEP, ballot_taken, score, yes
from tests.browser.conftest import People
from tests.browser.shortcut import guest_of
from tests.browser.test_chair import ROOM, chaired, close_count, jury_of, play
from tests.demo_server import DemoServer

HIGH = (9, 9, 9, 9, 9)
MIDDLE = (6, 6, 6, 6, 6)
NOTHING = (1, 1, 1, 1, 1)
PHONE = {"viewport": {"width": 360, "height": 780}}


async def test_a_judge_calls_control_which_says_that_it_heard(server: DemoServer, people: People) -> None:
    """Who sits alone before a screen must know that somebody comes; and which project the card is for."""
    control = (await people.invited(server.people["organiser"])).page
    organiser = await guest_of(server, control.context, "organiser")
    await control.goto(f"{server.base}/as/organiser/control/{ROOM}")
    elsewhere = (await people.tab(control.context, f"{server.base}/as/organiser/control/bio")).page
    judge = (await people.invited(server.people["judges"][ROOM][0], **PHONE)).page
    async with organiser.desk(ROOM) as room:
        await room.advance("pitch")
        await expect(judge.locator("#card-project strong")).to_contain_text("1", timeout=STEP)
        await expect(judge.locator("#card-project")).to_have_attribute("data-away", "false")
        await judge.locator(".project-tab").nth(1).click()
        await expect(judge.locator("#card-project")).to_contain_text("Not on stage now")
        await expect(judge.locator("#card-project strong")).to_contain_text("2")

    await judge.locator("#call-ask").click()
    await judge.locator("dialog button[value=yes]").click()
    await expect(judge.locator("dialog .error")).to_be_visible()
    await judge.locator("dialog [value=stage]").check()
    await judge.locator("#call-words").fill("No sound since the second slide")
    await yes(judge)
    await expect(judge.locator("#call-state")).to_contain_text("has not answered yet", timeout=STEP)

    call = control.locator("#calls-list li")
    await expect(call).to_contain_text("No sound since the second slide", timeout=STEP)
    assert (await control.title()).startswith("(1) ")
    await expect(control.locator("#calls-said")).to_contain_text("Picture or sound")
    await expect(elsewhere.locator(f"[data-room={ROOM}] [data-state]")).to_contain_text("1 call", timeout=STEP)
    await call.get_by_role("button").click()
    await expect(judge.locator("#call-state")).to_contain_text("control heard you", timeout=STEP)
    await expect(call).to_contain_text("heard by", timeout=STEP)
    assert not (await control.title()).startswith("(")

    await judge.reload()
    await expect(judge.locator("#call-state")).to_contain_text("control heard you", timeout=STEP)
    await judge.locator("#call-fine").click()
    await expect(judge.locator("#call-state")).to_be_hidden(timeout=STEP)
    await expect(control.locator("#calls")).to_be_hidden(timeout=STEP)
    assert not people.errors, people.errors


async def test_what_is_striking_is_told_to_a_judge_at_once_and_to_the_chair_once_nothing_moves(
    server: DemoServer, people: People
) -> None:
    """An alarm that is silent when the chair has set the right ballot aside would measure the others' scores."""
    control_page = (await people.invited(server.people["organiser"])).page
    organiser = await guest_of(server, control_page.context, "organiser")
    chair, own = await chaired(people, server.people["chairs"][ROOM])
    flat = (await people.invited(server.people["judges"][ROOM][2])).page
    striking = chair.locator("[data-review=striking]")

    async def same_again(number: int) -> None:
        await score(flat, list(MIDDLE))
        await ballot_taken(flat, 1)
        await expect(flat.locator("#alike")).to_be_hidden() if number < 2 else await expect(
            flat.locator("#alike")
        ).to_contain_text("all 3 projects the same total")
        await expect(striking).to_be_hidden()

    async with organiser.desk(ROOM) as control:
        ballots = [[HIGH, MIDDLE, HIGH], [MIDDLE, HIGH, NOTHING], [HIGH, MIDDLE, MIDDLE]]
        await play(control, [own, *await jury_of(server)], ballots, while_open=same_again)
        names = await chair.evaluate("JSON.parse(document.querySelector('#page').textContent).projects")
        apart = names[control.room["rundown"]["slots"][1]["project"]]["name"]
        await chair.locator("#tab-review").click()
        await close_count(chair)
    await expect(striking).to_contain_text(f"more than 40 points apart: {apart}", timeout=STEP)
    await expect(striking).to_contain_text("The same total for all projects, from")
    assert not people.errors, people.errors
