"""Second tab, double click, reload, back button, lost network, killed server: every desk recovers on its own."""

import asyncio
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

from playwright.async_api import Page, WebSocketRoute, expect

from tests.browser.acts import (
    STEP,
    advance,
    ballot_taken,
    give_time,
    in_phase,
    just_pressed,
    plays,
    press,
    ready_to_pitch,
    score,
    sees,
    to_room,
    until,
    yes,
)
from tests.browser.conftest import People
from tests.browser.houses import House, pitcher_in
from tests.browser.shortcut import CRITERIA, guest_of, let_vote, pitch
from tests.chaos.desks import Guest
from tests.demo_server import DemoServer
from tests.told import sections

ROOM = "bio"
CALM = {"reduced_motion": "reduce"}
NOTED = "Ask about the price."
CONNECTED = "document.documentElement.dataset.live === 'open'"
STATE = "document.documentElement.dataset.live"
PRESS_WHEN_IT_CHANGES = """() => {
  const clock = document.querySelector("show-clock");
  let before = clock.dataset.phase;
  globalThis.presses = 0;
  globalThis.observer = new MutationObserver(() => {
    if (clock.dataset.phase === before) return;
    before = clock.dataset.phase;
    document.querySelector("#go").click();
    presses += 1;
  });
  observer.observe(clock, {attributes: true, attributeFilter: ["data-phase"]});
}"""
OTHER_RECEIPTS = """() => {
  for (const name of Object.keys(localStorage).filter((name) => name.startsWith("roadshow.receipt."))) {
    localStorage.setItem(name, JSON.stringify({...JSON.parse(localStorage.getItem(name)), entry: "0".repeat(64)}));
  }
}"""
"""As if the server had acknowledged another ledger than it has now."""


async def _say_so(page: Page, state: str) -> None:
    """The page knows, and says so where people see it."""
    await until(page, f"{STATE} === '{state}'")
    banner = page.locator("#connection")
    if state == "open":
        await expect(banner).to_be_hidden(timeout=STEP)
    else:
        await expect(banner).to_be_visible(timeout=STEP)
        await expect(banner).not_to_be_empty()


async def _projects(control: Page) -> list[str]:
    return list(await control.locator("#rundown li").evaluate_all("rows => rows.map(row => row.dataset.project)"))


async def test_the_show_goes_on_by_itself_after_the_server_was_killed(server: DemoServer, people: People) -> None:
    """A crash in the middle of a pitch: nobody touches anything, and everybody sees and hears again."""
    links = server.people
    control = (await people.invited(links["organiser"], **CALM)).page
    await to_room(control, ROOM)
    project = (await _projects(control))[0]
    pitcher = (await people.invited(links["pitchers"][project], **CALM)).page
    audience = (await people.visit(links["audience"][ROOM], **CALM)).page
    await ready_to_pitch(pitcher)
    await advance(control, "pitch")
    await give_time(control)
    await give_time(control)
    await sees(audience, f"{project}/camera")
    ends = await control.evaluate("document.querySelector('show-clock').clock.ends_at")

    people.tolerant = True
    server.kill()
    for page in (control, pitcher, audience):
        await _say_so(page, "waiting")
    await asyncio.to_thread(server.start)
    for page in (control, pitcher, audience):
        await _say_so(page, "open")
        await in_phase(page, "pitch")
        assert await page.evaluate("document.querySelector('show-clock').clock.ends_at") == ends
    await sees(audience, f"{project}/camera")
    await expect(audience.locator("room-stage")).to_have_attribute("data-sessions", "2")
    await expect(pitcher.locator("main")).to_have_attribute("data-state", "stage", timeout=STEP)

    late = (await people.visit(links["audience"][ROOM], **CALM)).page
    await sees(late, f"{project}/camera")
    assert people.errors == []


async def test_a_ballot_submitted_without_a_network_arrives_when_it_is_back(
    server: DemoServer, room: str, people: People
) -> None:
    """The hall's network fails just as everybody votes."""
    links = server.people
    control = (await people.invited(links["organiser"], **CALM)).page
    judge = (await people.invited(links["judges"][room][0], **CALM)).page
    await to_room(control, room)
    for phase in ("pitch", "questions"):
        await advance(control, phase)

    # A draft is noted while the pitcher still talks, and is there after a reload.
    await judge.locator("fieldset.criterion input").first.focus()
    for digit in "7654":
        await judge.keyboard.type(digit)
        await judge.keyboard.press("Enter")
    await judge.locator("#notes summary").click()
    await judge.locator("#notes-text").fill(NOTED)
    await judge.reload()
    checked = judge.locator("fieldset.criterion input:checked")
    await expect(checked).to_have_count(4, timeout=STEP)
    assert await checked.evaluate_all("all => all.map(one => one.value)") == ["7", "6", "5", "4"]

    await advance(control, "voting")
    await press(control, "#pause")
    await in_phase(judge, "voting")
    people.tolerant = True
    await judge.context.set_offline(True)
    await score(judge, [7, 6, 5, 4, 3])
    state = judge.locator("#ballot-state")
    await expect(state).to_have_attribute("data-kind", "busy", timeout=STEP)
    await _say_so(judge, "waiting")
    await judge.locator("#notes-text").fill(f"{NOTED}\nTwo patents")
    await expect(control.locator("#progress li[data-state=submitted]")).to_have_count(0)

    await judge.context.set_offline(False)
    await ballot_taken(judge, 1)
    await _say_so(judge, "open")
    await expect(control.locator("#progress li[data-state=submitted]")).to_have_count(1, timeout=STEP)

    # A ballot on its way outlives the page, too: submitted, closed at once, and opened again later.
    await judge.context.set_offline(True)
    await score(judge, [8, 8, 8, 8, 8])
    await expect(state).to_have_attribute("data-kind", "busy", timeout=STEP)
    address, context = judge.url, judge.context
    await judge.close()
    await context.set_offline(False)
    judge = (await people.tab(context, address)).page
    await ballot_taken(judge, 2)

    # What they noted for themselves was kept all along, is theirs to take away, and gone when they say so.
    other = (await people.tab(context, address)).page
    for page in (judge, other):
        await expect(page.locator("#notes-text")).to_have_value(f"{NOTED}\nTwo patents")
    async with judge.expect_download() as saved:
        await judge.locator("#notes-save").click()
    text = await asyncio.to_thread(Path(await (await saved.value).path()).read_text, encoding="utf-8")
    assert text.endswith(f"{NOTED}\nTwo patents\n")
    await other.locator("#notes-forget").click()
    await yes(other)
    await expect(judge.locator("#notes-text")).to_have_value("")
    assert await judge.evaluate("Object.keys(localStorage).filter((name) => name.includes('notes.'))") == []
    await other.close()

    # What was acknowledged is kept here and checked; should the server say something else later, the judge is told.
    alarm = judge.locator("#receipt-alarm")
    await judge.reload()
    await expect(judge.locator("#save-receipts")).to_be_visible(timeout=STEP)
    await expect(judge.locator("#receipts-unchecked")).to_be_hidden()
    await expect(alarm).to_be_hidden()
    await judge.evaluate(OTHER_RECEIPTS)
    await judge.reload()
    await expect(alarm).to_be_visible(timeout=STEP)
    async with judge.expect_download() as saved:
        await alarm.locator("[data-save]").click()
    file = json.loads(await asyncio.to_thread(Path(await (await saved.value).path()).read_bytes))
    assert [receipt["revision"] for receipt in file["receipts"]] == [1, 2]
    await alarm.locator("[data-forget]").click()
    await expect(alarm).to_be_hidden()
    assert people.errors == []


async def test_a_server_killed_between_submit_and_receipt_still_gets_the_ballot(
    server: DemoServer, people: People
) -> None:
    """The judge sees that it is not confirmed, and then that it is; nothing has to be done twice."""
    links = server.people
    visit = await people.invited(links["judges"][ROOM][0], **CALM)
    judge = visit.page
    await let_vote(await Guest.accepted(server.base, links["organiser"]), ROOM)
    await in_phase(judge, "voting")

    people.tolerant = True
    server.kill()
    await score(judge, [9, 9, 9, 9, 9])
    await expect(judge.locator("#ballot-state")).to_have_attribute("data-kind", "busy", timeout=STEP)
    await asyncio.to_thread(server.start)
    await ballot_taken(judge, 1)
    accepted = [json.loads(frame) for frame in visit.frames if '"ballot.accepted"' in frame]
    assert [frame["receipt"]["scores"] for frame in accepted] == [dict.fromkeys(CRITERIA, 9)]
    assert people.errors == []


async def test_a_second_tab_of_a_pitcher_offers_to_take_over(server: House, room: str, people: People) -> None:
    """Two tabs would take camera and stage from each other."""
    first = (await people.invited(pitcher_in(server, room), **CALM)).page
    audience = (await people.visit(server.people["audience"][room], **CALM)).page
    await ready_to_pitch(first)
    project = await pitch(await server.guest(server.people["organiser"]), room)
    await sees(audience, f"{project}/camera")

    people.tolerant = True  # the tab that is taken over from ends a session that is over
    second = (await people.tab(first.context, first.url)).page
    main = second.locator("main")
    await expect(main).to_have_attribute("data-view", "elsewhere", timeout=STEP)
    await expect(first.locator("main")).to_have_attribute("data-state", "stage")
    await second.locator("#take-over").click()
    await expect(main).to_have_attribute("data-state", "stage", timeout=STEP)
    await expect(first.locator("main")).to_have_attribute("data-view", "elsewhere", timeout=STEP)
    await plays(audience)

    # And the first one may come back; a reload then is no second tab.
    await first.locator("#take-over").click()
    await expect(first.locator("main")).to_have_attribute("data-state", "stage", timeout=STEP)
    await expect(main).to_have_attribute("data-view", "elsewhere", timeout=STEP)
    await second.close()
    await first.reload()
    await expect(first.locator("main")).to_have_attribute("data-state", "stage", timeout=STEP)
    await plays(audience)
    assert people.errors == []


class Lag:
    """Between a page and the server: while it ``holds``, the page hears nothing new, but what it says gets through."""

    def __init__(self) -> None:
        self.holds = False
        self._held: list[Callable[[], None]] = []

    def between(self, socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        socket.on_message(server.send)
        server.on_message(lambda message: self._pass(partial(socket.send, message)))

    def _pass(self, send: Callable[[], None]) -> None:
        if self.holds:
            self._held.append(send)
        else:
            send()

    def release(self) -> None:
        self.holds = False
        for send in self._held:
            send()
        self._held.clear()


async def test_controls_main_button_acts_once_for_a_double_click_and_for_two_operators(
    server: DemoServer, room: str, people: People
) -> None:
    """A phase that is skipped by mistake costs a team its minutes."""
    control = await people.invited(server.people["organiser"], **CALM)
    page = control.page
    await to_room(page, room)
    lag = Lag()
    await page.context.route_web_socket("**/live?*", lag.between)
    other = (await people.tab(page.context, page.url)).page
    await expect(other.locator("#rundown li[aria-current]")).to_have_count(1, timeout=STEP)

    await page.locator("#go").dblclick()
    for desk in (page, other):
        await in_phase(desk, "pitch")
    just_pressed(page)
    # Both see the pitch, and mean its end.
    lag.holds = True
    await advance(page, "questions")
    await other.locator("#go").click()
    await until(other, "document.querySelector('show-clock').phase === 'pitch'")
    async with (await guest_of(server, page.context, "organiser")).desk(room) as desk_of_third:
        assert desk_of_third.room["session"]["phase"] == "questions"
    lag.release()
    await in_phase(other, "questions")
    await expect(other.locator("#said")).not_to_be_empty(timeout=STEP)
    phases: list[str] = []
    for frame in control.frames:
        message = json.loads(frame)
        if message["type"] == "room.changed" and "session" in sections(message):
            phases += [phase for phase in [sections(message)["session"]["phase"]] if phases[-1:] != [phase]]
    assert phases == ["pitch", "questions"]
    assert people.errors == []


async def test_a_press_for_a_phase_that_has_just_ended_does_not_end_the_next_one(
    server: DemoServer, room: str, people: People
) -> None:
    """The time runs out, or a colleague was faster, in the moment between seeing the button and pressing it."""
    page = (await people.invited(server.people["organiser"], **CALM)).page
    await to_room(page, room)
    await page.evaluate(PRESS_WHEN_IT_CHANGES)
    async with (await guest_of(server, page.context, "organiser")).desk(room) as colleague:
        for phase in ("pitch", "questions"):
            await colleague.advance(phase)
            await in_phase(page, phase)
        await until(page, "presses === 2")
    await page.evaluate("observer.disconnect()")
    just_pressed(page)
    await advance(page, "voting")
    assert people.errors == []


async def test_the_back_button_leads_back_into_the_running_show(server: DemoServer, room: str, people: People) -> None:
    """A page that comes out of the browser's memory must not show what was."""
    control = (await people.invited(server.people["organiser"], **CALM)).page
    await to_room(control, room)
    audience = (await people.visit(server.people["audience"][room], **CALM)).page
    await in_phase(audience, "standby")
    await audience.locator("#rundown a").first.click()
    await audience.wait_for_url("**/projects/**")
    await advance(control, "pitch")
    await give_time(control)
    await audience.go_back()
    await in_phase(audience, "pitch")
    await until(audience, CONNECTED)
    await audience.go_forward()
    await audience.wait_for_url("**/projects/**")

    # Back at a desk that was entered by an invitation is no second use of it.
    await control.go_back()
    await control.go_forward()
    await until(control, CONNECTED)
    await in_phase(control, "pitch")
    assert people.errors == []


async def test_a_used_invitation_says_so_and_looking_does_not_use_it(
    server: DemoServer, room: str, people: People
) -> None:
    """Messengers open links to preview them; and a link that was passed on must not let a second person in."""
    people.tolerant = True  # a refused invitation is an error to the browser's console
    link = server.people["judges"][room][0]
    previews = [(await people.visit(link)).page for _ in range(2)]
    for preview in previews:
        await expect(preview.locator("main form button")).to_be_visible()
    judge = await people.invited(link)
    address = judge.page.url
    await judge.page.goto(link)
    await judge.page.wait_for_url(address)

    stranger = (await people.visit(link)).page
    await expect(stranger.locator("main code")).to_have_text("invitation.used")
    await expect(stranger.locator("main form")).to_have_count(0)
    reply = await stranger.goto(address)
    assert reply is not None
    assert reply.status == 401
    # Somebody who had the page open before the link was used presses its button too late.
    late = previews[0]
    await late.locator("main form button").click()
    await expect(late.locator("main code")).to_have_text("invitation.used")
    assert people.errors == []


async def test_a_revoked_person_is_signed_out_at_once(server: DemoServer, room: str, people: People) -> None:
    """A link in wrong hands: the organiser ends it, and the page in those hands stops."""
    organiser = (await people.invited(server.people["organiser"], **CALM)).page
    judge = (await people.invited(server.people["judges"][room][0], **CALM)).page
    await until(judge, CONNECTED)
    person = judge.url.split("/as/")[1].split("/")[0]

    await organiser.goto(f"{server.base}/as/organiser/people")
    await organiser.locator(f"tr[data-person={person}] form[action$='/revoke'] button").click()
    await organiser.locator("dialog button[value=yes]").click()
    await _say_so(judge, "closed")
    people.tolerant = True
    reply = await judge.reload()
    assert reply is not None
    assert reply.status == 401
    assert people.errors == []
