"""The quality menu by the player: a viewer's own choice, and kind words when the network chose."""

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.acts import STEP, plays, ready_to_pitch, sees, until
from tests.browser.conftest import People
from tests.browser.houses import House, pitcher_in
from tests.browser.shortcut import pitch

CALM = {"reduced_motion": "reduce"}
BYTES = """document.querySelector("room-stage").viewer.pc.getStats().then((report) =>
  [...report.values()].filter((one) => one.type === "inbound-rtp" && one.kind === "video")
    .reduce((sum, one) => sum + one.bytesReceived, 0))"""
SEEN = """[...document.querySelectorAll('.stage-picture video')].some(
  video => video.checkVisibility({opacityProperty: true}))"""
ELSEWHERE = """quality => fetch(document.querySelector('room-stage').viewer.session + '/layer', {
  method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify({quality})
}).then(reply => reply.status)"""
PAUSE_MS = 800
"""In which four frames would come."""


async def on_stage(server: House, room: str, people: People) -> str:
    """A project pitches; its camera is on the main lane."""
    pitcher = (await people.invited(pitcher_in(server, room), **CALM)).page
    await ready_to_pitch(pitcher)
    return f"{await pitch(await server.guest(server.people['organiser']), room)}/camera"


async def comes_no_more(page: Page) -> None:
    """The server has stopped to send pictures."""
    before = -1
    while before != (before := await page.evaluate(BYTES)):
        await page.wait_for_timeout(PAUSE_MS)


async def test_a_viewer_chooses_and_the_choice_is_kept(server: House, room: str, people: People) -> None:
    """By keyboard alone; sound only must save the data it promises to save, and on the next visit too."""
    camera = await on_stage(server, room, people)
    audience = (await people.visit(server.people["audience"][room], **CALM)).page
    await sees(audience, camera)
    menu = audience.get_by_role("combobox", name="Quality")
    await expect(menu).to_have_value("auto")
    await expect(audience.locator(".stage-quality-state")).to_have_text(re.compile(r"^Auto\d{3}p$"), timeout=STEP)

    stage = audience.locator("room-stage")
    await menu.focus()
    # Letters choose in the menu; they are no shortcuts of the player there.
    await audience.keyboard.type("Sou")
    await expect(menu).to_have_value("sound")
    await expect(stage).to_have_attribute("data-slate", "listening", timeout=STEP)
    await expect(audience.locator(".stage-slate")).to_contain_text("No picture is loaded, which saves data.")
    await comes_no_more(audience)

    await audience.reload()
    menu = audience.get_by_role("combobox", name="Quality")
    await expect(menu).to_have_value("sound")
    await expect(stage).to_have_attribute("data-slate", "listening", timeout=STEP)
    await until(audience, "document.querySelector('room-stage').viewer.state === 'live'")
    await comes_no_more(audience)

    await menu.select_option("auto")
    await plays(audience)
    await expect(stage).to_have_attribute("data-slate", "none", timeout=STEP)
    assert await audience.evaluate("localStorage.getItem('roadshow.quality')") == "auto"
    assert people.errors == []


@pytest.mark.parametrize("width", [360, 390])
async def test_on_a_phone_the_choice_is_read_whole(house: House, people: People, width: int) -> None:
    """Beside the longest request for sound, which stays on one line, and beside what a picture has of buttons."""
    phone: Any = {"width": width, "height": 844}
    url = f"{house.people['audience']['bio']}?lang=ru"
    audience = (await people.visit(url, viewport=phone, has_touch=True)).page
    button, choice = audience.locator(".stage-bar .stage-sound"), audience.locator(".stage-quality-choice")
    whole = "choice => choice.scrollWidth <= choice.clientWidth"
    await expect(button).to_be_visible(timeout=STEP)
    before = await button.bounding_box()
    await audience.locator(".stage-quality select").select_option("sound")
    await expect(choice).to_have_text("Только звук")
    assert await choice.evaluate(whole)
    assert await button.bounding_box() == before
    await audience.locator(".stage-quality select").select_option("auto")
    await expect(choice).to_have_text("Авто")
    await audience.evaluate("for (const tool of document.querySelectorAll('.stage-tool')) tool.disabled = false")
    assert await choice.evaluate(whole)
    assert await button.bounding_box() == before
    assert await audience.evaluate("document.documentElement.scrollWidth") == phone["width"]
    assert people.errors == []


async def test_a_picture_the_network_took_away_is_spoken_of_and_comes_back(
    server: House, room: str, people: People
) -> None:
    """Silence would look like a fault of the show. (Here somebody else tells the server; the page must ask it.)"""
    camera = await on_stage(server, room, people)
    audience = (await people.visit(server.people["audience"][room], **CALM)).page
    await sees(audience, camera)
    assert await audience.evaluate(ELSEWHERE, "sound") == 204
    stage, note = audience.locator("room-stage"), audience.locator(".stage-note")
    await expect(note).to_have_text("Your connection is slow: sound only", timeout=STEP)
    await expect(stage).to_have_attribute("data-slate", "listening")
    await expect(audience.locator(".stage-slate")).to_contain_text("The picture comes back by itself.")
    assert not await audience.evaluate(SEEN)
    assert await audience.evaluate(ELSEWHERE, "auto") == 204
    await plays(audience)
    await expect(note).to_be_hidden(timeout=STEP)
    await expect(stage).to_have_attribute("data-slate", "none")
    assert await audience.evaluate(SEEN)
    assert people.errors == []
