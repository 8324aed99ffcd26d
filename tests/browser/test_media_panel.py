"""Control's figures of picture and sound: real sources, and the moments a host must notice."""

import asyncio
import re
from typing import Any

from playwright.async_api import Locator, Page, Route, expect

from tests.browser.acts import DOUBLE_CLICK, STEP, advance, ready_to_pitch, to_room
from tests.browser.conftest import People
from tests.demo_server import DemoServer

WORD, LINE, ADVICE = "#media-word", "#media-line", "#media-advice"
OPEN = "#media > details > summary"
LOOKED_AT = "document.dispatchEvent(new Event('visibilitychange'))"
"""Somebody comes back to the tab: it asks at once, and not only with the next of its seconds."""
ONE_LINE = 30
"""CSS pixels; two lines are some 48."""


def told(**changes: Any) -> dict[str, Any]:
    """An answer of the server, as docs/architecture.md names the address."""
    camera = {
        "source": "feed/camera",
        "video": True,
        "condition": "good",
        "bits_per_second": 1_840_000,
        "loss": 0.0,
        "round_trip_ms": 62,
        "trouble": None,
        "blind": 0,
        "layers": [{"name": name, "codec": "VP8", "live": True} for name in "lmh"],
    }
    viewers = {"connected": 120, "joining": 0, "failed": 0, "see_less": 0, "worst_loss": 0.0, "round_trip_ms": 38}
    return {
        "load": 0.3,
        "lost_before_reading": 5,
        "crowd": None,
        "notices": [],
        "encoders": [],
        "sources": [camera | changes.pop("camera", {})],
        "viewers": viewers,
        "blind": [],
        "noted": [],
    } | changes


async def height(part: Locator) -> float:
    """In CSS pixels."""
    box = await part.bounding_box()
    assert box is not None
    return box["height"]


async def bottom(part: Locator) -> float:
    """Its lower edge, in CSS pixels of the window."""
    box = await part.bounding_box()
    assert box is not None
    return box["y"] + box["height"]


async def test_a_host_sees_each_source_and_who_else_may_not(server: DemoServer, room: str, people: People) -> None:
    """With real media, by keyboard alone: the line says how it is, and opens to a row for each track."""
    people.tolerant = True  # the audience is refused on purpose
    links = server.people
    organiser = await people.invited(links["organiser"])
    control = organiser.page
    await to_room(control, room)
    await expect(control.locator(LINE)).to_contain_text("Nobody sends", timeout=STEP)
    await expect(control.locator("#media-said")).to_be_empty()
    project = await control.locator("#rundown li").first.get_attribute("data-project")
    assert project is not None
    pitcher = (await people.invited(links["pitchers"][project])).page
    await ready_to_pitch(pitcher)
    await advance(control, "pitch")
    await expect(control.locator(WORD)).to_have_text("good", timeout=STEP)
    await expect(control.locator("#media-said")).to_have_text("Picture and sound: good")

    rows = control.locator("#media-sources li")
    await expect(rows.first).to_be_hidden()
    await control.locator(OPEN).focus()
    await control.keyboard.press("Enter")
    await expect(rows.first).to_be_visible()
    tracks = await rows.evaluate_all("rows => rows.map(row => row.dataset.key)")
    assert {f"{project}/camera", f"{project}/microphone"} <= set(tracks)
    await expect(control.locator(f"#media-sources li[data-key='{project}/camera']")).to_contain_text("b/s")
    await expect(control.locator("#media-viewers")).to_contain_text("1 screen", timeout=STEP)
    await control.keyboard.press("Tab")  # over the feed's encoders
    await control.keyboard.press("Tab")
    await control.keyboard.press("Enter")
    await expect(control.locator("#media-worst-list")).to_be_visible()

    audience = (await people.visit(f"{server.base}/rooms/{room}/watch")).page
    address = f"{server.base}/as/organiser/control/{room}/media"
    for page, status in ((control, 200), (audience, 401), (pitcher, 401)):
        assert await page.evaluate("async address => (await fetch(address)).status", address) == status
    assert await audience.locator("#media").count() == 0

    await pitcher.close()
    await expect(control.locator(LINE)).to_contain_text("Nobody sends", timeout=STEP)
    assert people.errors == []


async def test_the_open_panel_leaves_a_picture_to_judge(server: DemoServer, room: str, people: People) -> None:
    """On a low screen and in the longest language: the figures of three tracks, and above them what they speak of."""
    media = told()
    [camera] = media["sources"]
    media["sources"] += [camera | {"source": f"feed/{kind}", "layers": []} for kind in ("microphone", "slides")]
    control = (await people.invited(server.people["organiser"], viewport={"width": 1366, "height": 768})).page
    await control.context.route("**/as/organiser/control/*/media*", lambda route: route.fulfill(json=media))
    await to_room(control, room)
    await control.goto(f"{control.url}?lang=ru")
    await control.locator(OPEN).click()
    await expect(control.locator("#media-sources li")).to_have_count(3, timeout=STEP)
    title = control.locator("room-stage .stage-title")
    await expect(title).not_to_be_empty(timeout=STEP)
    for part, least in (("room-stage .stage-picture", 110), ("room-stage .stage-title", 20)):
        box = await control.locator(part).bounding_box()
        assert box is not None, part
        assert box["height"] >= least, part
    rows, panel = control.locator("#media-sources"), control.locator("#media .body")
    assert await bottom(rows) <= await bottom(panel), "a track is out of sight"

    camera["blind"] = 41
    await expect(rows.locator("li").first).to_contain_text("41", timeout=STEP)
    for name in await rows.locator(".media-name").all():
        assert await height(name) < ONE_LINE, "what is told of a source leaves its name in one piece"
    told_of_camera = await rows.locator(".media-figures").first.text_content() or ""
    assert "потери\u00a00" in told_of_camera, "a figure stays by its name"
    assert people.errors == []


async def test_a_host_is_warned_in_words(server: DemoServer, room: str, people: People) -> None:
    """What the server would say in a bad hour: weak and lost sources, a machine at its limit, figures that stop."""
    people.tolerant = True
    answers: list[dict[str, Any] | None] = [told()]
    organiser = await people.invited(server.people["organiser"])
    control: Page = organiser.page
    asked: list[str] = []

    async def answer(route: Route) -> None:
        asked.append(route.request.url)
        if answers[-1] is None:
            await route.abort()
        else:
            await route.fulfill(json=answers[-1])

    async def is_told(following: dict[str, Any] | None) -> None:
        answers.append(following)
        await control.evaluate(LOOKED_AT)

    await control.context.route("**/as/organiser/control/*/media*", answer)
    await to_room(control, room)
    await expect(control.locator(WORD)).to_have_text("good", timeout=STEP)
    await expect(control.locator(LINE)).to_have_text("120 screens · load 30%")
    await control.locator(OPEN).click()
    row = control.locator("#media-sources li")
    await expect(row).to_contain_text("1.8 Mb/s · loss 0% · 62 ms · 3 of 3 picture sizes")
    await expect(control.locator(ADVICE)).to_be_hidden()

    await is_told(told(crowd=0.64))
    await expect(control.locator(ADVICE)).to_contain_text("one network holds 64% of the places", timeout=STEP)

    await is_told(told(lost_before_reading=9))
    await expect(control.locator(ADVICE)).to_contain_text("every viewer missed something", timeout=STEP)

    crowd = {"connected": 900, "joining": 3, "failed": 0, "see_less": 41, "worst_loss": 0.162, "round_trip_ms": 38}
    await is_told(told(load=0.86, viewers=crowd, camera={"condition": "weak", "loss": 0.043}))
    await expect(control.locator(WORD)).to_have_text("weak", timeout=STEP)
    await expect(control.locator("#media-busy")).to_be_visible()
    await expect(control.locator(ADVICE)).to_contain_text("The machine is at 86%")
    await expect(row).to_contain_text("loss 4.3%")
    figures = ["900 screens", "3 are connecting", "41 get less than the best picture", "worst loss 16%"]
    figures += ["round trip 38 ms", "load 86%"]
    await expect(control.locator("#media-viewers")).to_have_text(" · ".join(figures))

    group = {"lane": "main", "trouble": "codec", "codec": "H264", "takes": ["VP8"], "viewers": 4}
    h264 = {"condition": "weak", "blind": 4, "layers": [{"name": "", "codec": "H264", "live": True}]}
    noted = [{"who": "feed", "trouble": "too_fast", "detail": "33 Mb/s", "count": 3}]
    await is_told(told(camera=h264, blind=[group], noted=noted))
    await expect(row).to_contain_text("4 of 120 screens cannot show H264", timeout=STEP)
    await expect(control.locator(ADVICE)).to_contain_text("Let the encoder send VP8")
    await expect(control.locator("#media-noted li")).to_have_text("Feed: more than is taken (33 Mb/s), 3 times")

    await is_told(told(camera={"condition": "lost"}))
    await expect(control.locator("#media-said")).to_have_text("Picture and sound: lost", timeout=STEP)
    await expect(row).to_contain_text("nothing comes")
    await expect(control.locator("#media-busy")).to_be_hidden()

    assert not any("worst" in address for address in asked), "single viewers are asked for only to be shown"
    worst = [{"loss": 0.2, "round_trip_ms": 310, "bandwidth": 420_000, "lanes": {"main": "low"}, "sees_less": True}]
    answers.append(told(worst=worst))
    await control.locator("#media-worst > summary").click()
    await expect(control.locator("#media-worst-list li")).to_have_text(
        "loss 20% · round trip 310 ms · takes 420 kb/s · gets a smaller picture", timeout=STEP
    )
    assert asked[-1].endswith("?worst=1")

    await is_told(None)
    await expect(control.locator("#media")).to_have_attribute("data-stale", "", timeout=STEP)
    await expect(control.locator(WORD)).to_be_empty()
    await expect(control.locator(LINE)).to_be_visible()
    await expect(control.locator(LINE)).to_have_text("No figures just now.")
    await is_told(told())
    await expect(control.locator(WORD)).to_have_text("good", timeout=STEP)
    await expect(control.locator("#media")).not_to_have_attribute("data-stale", "", timeout=STEP)
    assert people.errors == []


async def test_a_host_sets_an_encoder_up_and_takes_its_token_back(
    server: DemoServer, room: str, people: People
) -> None:
    """By keyboard alone, in the middle of a show: whoever has the old token is out, and the new one is there to be
    copied. The dialog gives the focus back to the button it came from."""
    control = (await people.invited(server.people["organiser"])).page
    await to_room(control, room)
    await control.locator(OPEN).click()
    await control.locator("#encoders > summary").focus()
    await control.keyboard.press("Enter")
    main, backup = [control.locator(f"#encoders-list li[data-key='{name}']") for name in ("main", "backup")]
    await expect(main.locator(".badge")).to_have_text("never connected", timeout=STEP)
    await expect(backup.get_by_role("button", name="Use Backup")).to_be_hidden()
    opener = backup.get_by_role("button", name="Set up Backup")
    await opener.focus()
    await control.keyboard.press("Enter")
    token = control.get_by_label("Bearer token", exact=True)
    await expect(token).to_have_value(re.compile(rf"p\.{room}\.feed~backup\.0\.\.0\."), timeout=STEP)
    await expect(control.get_by_label("Server", exact=True)).to_have_value(f"{server.base}/c/demo/rooms/{room}/whip")
    former = await token.input_value()
    await asyncio.sleep(DOUBLE_CLICK)
    await control.get_by_role("button", name="Withdraw the token…").press("Enter")
    await control.get_by_role("button", name="Withdraw it").press("Enter")
    await expect(token).not_to_have_value(former, timeout=STEP)
    following = await token.input_value()
    await control.keyboard.press("Escape")
    await expect(opener).to_be_focused()
    await expect(backup.locator(".badge")).to_have_text("new token, not used yet", timeout=STEP)

    async def offered(bearer: str) -> int:
        status: int = await control.evaluate(
            """async ([address, token]) => (await fetch(address, {method: "POST", body: "v=0\\r\\n",
              headers: {Authorization: `Bearer ${token}`, "Content-Type": "application/sdp"}})).status""",
            [f"{server.base}/rooms/{room}/whip", bearer],
        )
        return status

    people.tolerant = True  # both are refused: one for its token, one for what it offers
    assert [await offered(former), await offered(following)] == [401, 422]
    assert people.errors == []
