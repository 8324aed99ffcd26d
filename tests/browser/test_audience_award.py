"""The audience award on real pages: two phones, control's switch, and the result."""

from playwright.async_api import Page, expect

from tests.browser.acts import STEP, to_room, yes
from tests.browser.conftest import People

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


async def _vote(phone: Page, place: int) -> str:
    """For the project in that place of the list; its name."""
    choice = phone.locator("#award-choices label").nth(place)
    name = (await choice.inner_text()).strip()
    await choice.click()
    await phone.locator("#award-send").click()
    await expect(phone.locator("#award-said")).to_contain_text(name, timeout=STEP)
    return name


async def test_two_phones_vote_and_one_changes_its_mind(people: People, room: str) -> None:
    """What the audience presses is what is announced, and nothing of it is seen before."""
    server = people.server
    control = (await people.invited(server.people["organiser"])).page
    await to_room(control, room)
    watch = f"{server.base}/rooms/{room}/watch"
    hall = (await people.visit(f"{server.base}/rooms/{room}/screen")).page
    results = (await people.visit(f"{server.base}/results")).page
    lines = (hall.locator("#award"), results.locator(f"[data-room='{room}'] [data-award]"))
    one, two = [(await people.visit(watch, **PHONE)).page for _ in range(2)]
    await expect(one.locator("#award")).to_be_hidden()
    assert not await one.context.cookies()
    # This page's last award was yesterday's.
    value = f"1.1.{'A' * 24}.{'0' * 32}"
    await two.context.add_cookies([{"name": f"voter.demo.{room}", "value": value, "url": server.base}])
    await two.reload()
    await control.locator("#award-switch").click()
    for phone in (one, two):
        await expect(phone.locator("#award-form")).to_be_visible(timeout=STEP)

    first = await _vote(one, 0)
    await _vote(two, 0)
    second = await _vote(two, 1)
    await two.reload()
    await expect(two.locator("#award-said")).to_contain_text(second, timeout=STEP)
    await expect(control.locator("#award-votes")).to_contain_text("2", timeout=STEP)
    await expect(control.locator("#award-turnout")).to_contain_text(
        "Most votes from one address: 2 of 2.", timeout=STEP
    )
    await expect(control.locator("#award-doubt")).to_be_hidden()
    (cookie,) = await one.context.cookies()
    assert (cookie.get("httpOnly"), cookie.get("sameSite")) == (True, "Strict")
    assert await one.evaluate("document.cookie") == ""
    await expect(one.locator("#award-winner")).to_be_hidden()
    for line in lines:
        await expect(line).to_be_hidden()

    await control.locator("#award-switch").click()
    await expect(one.locator("#award-form")).to_be_hidden(timeout=STEP)
    await control.locator("#award-announce").click()
    await yes(control)
    # Pages that were open hear of it; pages opened later have it from the beginning.
    later = (await people.visit(f"{server.base}/rooms/{room}/screen")).page
    for line in (*lines, later.locator("#award")):
        await expect(line).to_be_visible(timeout=STEP)
        await expect(line.locator("[data-names]")).to_have_text(f"{first}, {second}")
        await expect(line.locator("[data-votes]")).to_have_text("1 vote")
    await expect(results.locator("[data-award]:visible")).to_have_count(1)
    room_results = (await people.visit(f"{server.base}/rooms/{room}/results")).page
    for line in (one.locator("#award-winner"), two.locator("#award-winner"), room_results.locator("[data-award]")):
        await expect(line.locator("[data-names]")).to_have_text(f"{first}, {second}", timeout=STEP)
    # Who got how little is for those who run it.
    rows = control.locator("#award-result li")
    await expect(rows).to_have_count(len(await control.locator("#rundown li").all()), timeout=STEP)
    await expect(control.locator("#award-result li[data-winner]")).to_have_count(2)
    for row, name in zip(await control.locator("#award-result li[data-winner]").all(), (first, second), strict=True):
        await expect(row).to_contain_text(name)
        await expect(row.locator(".figures")).to_have_text("1")
    for phone in (one, two):
        await expect(phone.locator("#award")).not_to_contain_text("0")
