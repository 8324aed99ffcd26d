"""A practice room: somebody sees themselves as others would, and nobody else does."""

import re

from playwright.async_api import Page, expect

from tests.browser.acts import FRAMES, STEP, plays, ready_to_pitch, until, yes
from tests.browser.conftest import People
from tests.browser.houses import pitcher_in
from tests.demo_server import DemoServer

SLIDES_FRAMES = "Number(document.querySelector('room-stage').dataset.framesSlides)"
WATCH_FROM_OUTSIDE = """async ([address, token]) => {
  const pc = new RTCPeerConnection();
  pc.addTransceiver("video", {direction: "recvonly"});
  const {sdp} = await pc.createOffer();
  const headers = {"Content-Type": "application/sdp", ...(token ? {Authorization: `Bearer ${token}`} : {})};
  const response = await fetch(address, {method: "POST", headers, body: sdp});
  pc.close();
  return response.status;
}"""


def practice(desk: Page) -> str:
    """Of whoever has this desk."""
    found = re.match(r".*/as/[^/]+", desk.url)
    assert found is not None
    return f"{found[0]}/practice"


NO_DEVICES = "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotFoundError'))"


async def given(page: Page) -> dict[str, str]:
    """What the page's script was told."""
    told = await page.evaluate("JSON.parse(document.getElementById('page').textContent)")
    assert isinstance(told, dict)
    return told


async def checked(page: Page, name: str, state: str) -> None:
    await expect(page.locator(f"#checklist li[data-key={name}]")).to_have_attribute("data-check", state, timeout=STEP)


async def test_a_pitcher_tries_alone_what_the_stage_will_be_like(server: DemoServer, room: str, people: People) -> None:
    """Camera, slides and voice go through the relay and come back; nobody else may look, and none of it is on stage."""
    people.tolerant = True  # strangers are refused on purpose
    links = server.people
    pitcher = (await people.invited(pitcher_in(server, room))).page
    judge = (await people.invited(links["judges"][room][0])).page
    audience = await people.visit(f"{server.base}/rooms/{room}/watch")
    await pitcher.locator("#practice").click()
    await pitcher.wait_for_url(practice(pitcher))
    await pitcher.locator("#go").click()
    await plays(pitcher)
    await until(pitcher, f"{SLIDES_FRAMES} > 3")
    for name in ("camera", "microphone", "out", "back", "slides"):
        await checked(pitcher, name, "works")
    await expect(pitcher.locator("#summary")).to_be_visible()
    await expect(pitcher.locator("room-stage")).to_have_attribute("data-sound", "off")
    assert await pitcher.evaluate("[...document.querySelectorAll('room-stage audio')].every(one => one.paused)")

    await judge.goto(practice(judge))
    own, others = await given(pitcher), await given(judge)
    statuses = [
        await audience.page.evaluate(WATCH_FROM_OUTSIDE, [own["whep"], token])
        for token in ("", others["watch_token"], others["publish_token"])
    ]
    assert statuses == [401, 403, 403]
    assert not any("try-" in frame for frame in audience.frames), "nobody is told of it"
    assert await audience.page.evaluate(FRAMES) == 0

    await pitcher.locator("#stop").click()
    await expect(pitcher.locator("room-stage")).to_have_attribute("data-connection", "idle")
    await checked(pitcher, "back", "off")
    await pitcher.get_by_role("link", name="Back to the desk").click()
    await ready_to_pitch(pitcher)
    await expect(pitcher.locator("#practice")).to_be_hidden()
    assert people.errors == []


async def test_revoking_somebody_ends_their_trial(server: DemoServer, room: str, people: People) -> None:
    """Whoever was shown out has no picture any more, and gets none by pressing the button again."""
    people.tolerant = True  # the revoked are refused on purpose
    links = server.people
    judge = (await people.invited(links["judges"][room][0])).page
    organiser = (await people.invited(links["organiser"])).page
    await judge.goto(practice(judge))
    await judge.locator("#go").click()
    await plays(judge)
    await checked(judge, "slides", "off")
    person = practice(judge).split("/")[-2]
    await organiser.goto(f"{server.base}/as/organiser/people")
    await organiser.locator(f"form[action$='/people/{person}/revoke'] button").click()
    await yes(organiser)
    await expect(judge.locator("#go")).to_be_visible(timeout=STEP)
    await expect(judge.locator("main")).to_have_attribute("data-state", "idle")
    await judge.locator("#go").click()
    await expect(judge.locator("main")).to_have_attribute("data-state", "refused", timeout=STEP)
    assert people.errors == []


async def test_without_devices_it_is_said_what_to_do_and_no_place_is_taken(
    server: DemoServer, room: str, people: People
) -> None:
    """The room is for finding this out; a trial that sends nothing must not keep others waiting."""
    judge = (await people.invited(server.people["judges"][room][0])).page
    await judge.add_init_script(NO_DEVICES)
    await judge.goto(practice(judge))
    await judge.locator("#go").click()
    await expect(judge.locator("#problem")).to_be_visible(timeout=STEP)
    for name in ("camera", "microphone"):
        await checked(judge, name, "fails")
    await checked(judge, "back", "off")
    await expect(judge.locator("#go")).to_be_visible()
    await expect(judge.locator("room-stage")).to_have_attribute("data-sessions", "0")
    assert people.errors == []
