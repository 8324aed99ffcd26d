"""A pitcher in the middle of a slot: what is shared, which devices are used, and what others see of it meanwhile."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.acts import STEP, advance, give_time, plays, ready_to_pitch, sees, to_room, until
from tests.browser.conftest import People
from tests.browser.houses import House, pitcher_in
from tests.browser.shortcut import pitch
from tests.demo_server import DemoServer

CALM: dict[str, Any] = {"reduced_motion": "reduce"}
STOPS_SHARING = """() => {
  const [track] = document.querySelector("#screen").srcObject.getVideoTracks();
  track.stop();
  track.dispatchEvent(new Event("ended"));
}"""
"""As the browser's own bar does."""
IS_BUSY = """() => {
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = (wanted) =>
    wanted.video?.deviceId?.exact ? Promise.reject(new DOMException("", "NotReadableError")) : open(wanted);
}"""
"""Another program holds every camera that is chosen from now on."""
ASLEEP = "Object.defineProperty(AudioContext.prototype, 'state', { get: () => 'suspended' });"
"""As in a Firefox that has no loudspeaker to go by."""
OPENS_LATE = """
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
const touched = new Promise((resolve) => addEventListener("pointerdown", resolve, { once: true, capture: true }));
navigator.mediaDevices.getUserMedia = (wanted) => touched.then(() => open(wanted));
"""
"""Nothing is open before somebody clicked, as where the browser still asks."""
REFUSED = "AudioContext.prototype.createMediaStreamSource = () => { throw new DOMException('', 'NotSupportedError'); };"
SHOWS = "document.querySelector('room-stage').dataset"
HEARD = "(document.querySelector('room-stage').viewer.lanes.get('floor-1')?.bytes ?? 0)"
"""Bytes of the pitcher's voice that have come."""
OVERLAPS = """() => {
  const rows = ".pitch-status > *, .pitch-check > *, .pitch-plan > *, .pitch-slides > *, .pitch-devices > *";
  const boxes = [...document.querySelectorAll(rows)]
    .filter((row) => row.checkVisibility())
    .map((row) => [row.id || row.className, row.getBoundingClientRect(), row])
    .filter(([, box]) => box.height > 0);
  const found = [];
  boxes.forEach(([name, one, row], at) => {
    for (const [other, two, under] of boxes.slice(at + 1)) {
      if (row.contains(under)) continue;
      const width = Math.min(one.right, two.right) - Math.max(one.left, two.left);
      const height = Math.min(one.bottom, two.bottom) - Math.max(one.top, two.top);
      if (width > 1 && height > 1) found.push(`${name} covers ${other}`);
    }
  });
  for (const frame of [document.documentElement, document.querySelector("main")]) {
    if (frame.scrollWidth > frame.clientWidth) found.push(`${frame.tagName} is ${frame.scrollWidth} wide`);
  }
  return found;
}"""
LINES_OF_NAME = """project => {
  const name = document.querySelector(`.green-room [data-publisher="${project}"] strong`);
  const range = document.createRange();
  range.selectNodeContents(name);
  return new Set([...range.getClientRects()].map(box => box.top)).size;
}"""
"""In the control desk's green room."""
SIZES = [(360, 740), (390, 844), (960, 600), (1280, 720), (1440, 900), (1920, 720)]
"""A small phone and a usual one; a laptop's narrowest window, low ones, and a wide one that is low."""


async def fits(page: Page, moment: str) -> None:
    """Nothing lies over something else, and nothing is wider than the window."""
    before = page.viewport_size
    for width, height in SIZES:
        await page.set_viewport_size({"width": width, "height": height})
        assert await page.evaluate(OVERLAPS) == [], f"{moment}, {width} × {height}"
    if before is not None:
        await page.set_viewport_size(before)


async def by_keyboard(page: Page, control: str) -> None:
    """Reach it with Tab alone, and press it."""
    for _ in range(40):
        if await page.evaluate("document.activeElement?.id") == control:
            await page.keyboard.press("Enter")
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"#{control} is not reached by Tab")


@pytest.mark.parametrize("broken", [ASLEEP, ASLEEP + OPENS_LATE, REFUSED], ids=["asleep", "clicked-before", "refused"])
async def test_a_microphone_without_a_level_is_said_to_be_sent(house: House, people: People, broken: str) -> None:
    """Firefox refuses to measure some, or never begins; "Click anywhere" stood there for ever, whatever was clicked."""
    pitcher = (await people.invited(next(iter(house.people["pitchers"].values())))).page
    await pitcher.add_init_script(broken)
    await pitcher.reload()
    await pitcher.locator("#device-panel").click(position={"x": 2, "y": 2})
    await expect(pitcher.locator("#level-note")).to_contain_text("It is sent all the same", timeout=STEP)


async def test_a_pitcher_on_stage_shares_again_and_changes_every_device(
    server: DemoServer, room: str, people: People
) -> None:
    """Nobody may have to leave the stage, or be gone from the picture, to put right what went wrong there."""
    links = server.people
    control = (await people.invited(links["organiser"], **CALM)).page
    await to_room(control, room)
    project = await control.locator("#rundown li").first.get_attribute("data-project")
    assert project is not None
    pitcher = (await people.invited(links["pitchers"][project], **CALM)).page
    viewer = (await people.visit(f"{links['audience'][room]}?lang=zh", **CALM)).page
    offers: list[str] = []
    pitcher.on("request", lambda request: offers.append(request.url) if request.method == "POST" else None)
    main, slides = pitcher.locator("main"), "?as=slides"

    await pitcher.locator("#slides-choice [value=screen]").click()
    await expect(main).to_have_attribute("data-slides", "screen", timeout=STEP)
    await ready_to_pitch(pitcher)
    await advance(control, "pitch")
    for _ in range(3):
        await give_time(control)
    await sees(viewer, f"{project}/camera")
    await until(viewer, f"{SHOWS}.layout === 'both'")
    before = control.viewport_size
    await control.set_viewport_size({"width": 360, "height": 740})
    assert await control.evaluate(LINES_OF_NAME, project) == 1, "what is sent leaves the name its room on a phone"
    if before is not None:
        await control.set_viewport_size(before)

    people.tolerant = True  # a session that its browser has closed may be over before it is ended
    # The browser stops sharing: both ways on are there, by keyboard alone.
    for control_id, mode in (("share-again", "screen"), ("show-deck", "deck")):
        await pitcher.evaluate(STOPS_SHARING)
        await expect(main).to_have_attribute("data-slides", "none", timeout=STEP)
        await expect(pitcher.locator("#slides-note")).to_contain_text("not shared any more")
        await until(viewer, f"{SHOWS}.layout === 'main'")
        await by_keyboard(pitcher, control_id)
        await expect(main).to_have_attribute("data-slides", mode, timeout=STEP)
        await until(viewer, f"{SHOWS}.layout === 'both'")
    for mode in ("screen", "deck"):
        await pitcher.locator(f"#slides-choice [value={mode}]").click()
        await expect(main).to_have_attribute("data-slides", mode, timeout=STEP)
    assert len([offer for offer in offers if slides in offer]) == 3, (
        "one kind of slides follows the other in its session"
    )

    # Other devices, while everybody watches: one connection all along.
    await pitcher.locator("#devices").click()
    for kind in ("camera", "microphone"):
        select = pitcher.locator(f"#choose-{kind}")
        others = await select.locator("option").evaluate_all("all => all.filter(o => !o.selected).map(o => o.value)")
        await select.select_option(others[-1])  # the camera between the first and the last sends depths, no picture
        await expect(select).to_have_value(others[-1], timeout=STEP)
        await plays(viewer)
        heard = await viewer.evaluate(HEARD)
        await until(viewer, f"{HEARD} > {heard}")
    select = pitcher.locator("#choose-camera")
    chosen = await select.input_value()
    await pitcher.evaluate(IS_BUSY)
    others = await select.locator("option").evaluate_all("all => all.filter(o => !o.selected).map(o => o.value)")
    await select.select_option(others[0])
    await expect(pitcher.locator("#failed-camera")).to_contain_text("in use by another program", timeout=STEP)
    await expect(select).to_have_value(chosen)
    await plays(viewer)

    # A camera that is off shows who speaks, in the viewer's language; also after a reload, with its new connection.
    name = await viewer.evaluate(f"JSON.parse(document.querySelector('#page').textContent).projects['{project}'].name")
    card = viewer.locator(".stage-card")
    await expect(card).to_be_hidden()
    await pitcher.locator("#camera").click()
    await expect(card).to_be_visible(timeout=STEP)
    await expect(card).to_contain_text(name)
    await expect(card).to_contain_text("摄像头已关")
    assert await viewer.evaluate(f"{SHOWS}.layout") == "both"
    await expect(pitcher.locator("#state-text")).to_contain_text("sees your name", timeout=STEP)
    whip = [offer for offer in offers if offer.endswith("/whip")]
    assert len(whip) == 1, "no device, and no camera that is off, asks for another session"
    await pitcher.reload()
    await expect(main).to_have_attribute("data-state", "stage", timeout=STEP)
    await plays(viewer)  # what goes on under it, for other programs' players
    await expect(card).to_be_visible()
    await pitcher.locator("#camera").click()
    await expect(card).to_be_hidden(timeout=STEP)
    await sees(viewer, f"{project}/camera")

    # Whoever has switched by mouse turns the page with the space bar, and does not switch again.
    await pitcher.locator("#microphone").click()
    await pitcher.locator("#microphone").click()
    await pitcher.keyboard.press("Space")
    await expect(pitcher.locator("#slide-number")).to_contain_text("Slide 2 of", timeout=STEP)
    await expect(pitcher.locator("#microphone")).to_have_attribute("aria-pressed", "true")

    # The end is two presses and a question away.
    await pitcher.locator("#devices").click()
    await pitcher.locator("#end").click()
    await pitcher.locator("dialog button[type=button]").click()
    await expect(main).to_have_attribute("data-state", "stage")
    assert people.errors == []


async def test_nothing_lies_over_anything_on_a_pitchers_desk(server: House, room: str, people: People) -> None:
    """In Russian, whose words are longest: the picture lay over the level, and the page was wider than a phone."""
    organiser = await server.guest(server.people["organiser"])
    pitcher = (await people.invited(pitcher_in(server, room), locale="ru-RU", **CALM)).page
    await expect(pitcher.locator("#choose-camera")).to_be_visible(timeout=STEP)
    await fits(pitcher, "before")
    await pitcher.locator("#slides-choice [value=screen]").click()
    await ready_to_pitch(pitcher)
    await pitch(organiser, room)
    await expect(pitcher.locator("main")).to_have_attribute("data-state", "stage", timeout=STEP)
    people.tolerant = True  # as above
    await pitcher.evaluate(STOPS_SHARING)
    await expect(pitcher.locator("#show-deck")).to_be_visible(timeout=STEP)
    await fits(pitcher, "nothing shared any more")
    await pitcher.locator("#show-deck").click()
    await expect(pitcher.locator("#following")).to_be_visible(timeout=STEP)
    await fits(pitcher, "on stage")
    await pitcher.locator("#camera").click()
    await pitcher.locator("#devices").click()
    await expect(pitcher.locator("#end")).to_be_visible()
    await fits(pitcher, "with the devices open")
    async with organiser.desk(room) as control:
        for phase in ("questions", "voting"):
            await control.advance(phase)
    await expect(pitcher.locator("#leave")).to_be_visible(timeout=STEP)
    await fits(pitcher, "still in the picture")
    assert people.errors == []
