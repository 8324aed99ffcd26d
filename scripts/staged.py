"""Moments for screenshots.py to which a sound server does not come by itself: what it would tell, what people do."""

import json
from typing import Any

from playwright.async_api import Page

NO_PICTURE = ("codec", "undecodable", "no_key_frame", "no_parameter_sets", "silent")
"""Reasons that js/media/reason.js has words for."""
BLIND = "Object.defineProperty(HTMLMediaElement.prototype, 'paused', { get: () => true })"
"""For a page: as if nothing of a picture had been seen."""
STOPS_SHARING = """() => {
  const [track] = document.querySelector("#screen").srcObject.getVideoTracks();
  track.stop();
  track.dispatchEvent(new Event("ended"));
}"""
"""As the browser's own bar does."""


def bad_hour(project: str) -> dict[str, Any]:
    """What control is told in a bad hour, in the shape of roadshow/desks/media.py: each kind of row once."""
    camera: dict[str, Any] = {
        "source": f"{project}/camera",
        "video": True,
        "condition": "weak",
        "bits_per_second": 1_840_000,
        "loss": 0.043,
        "round_trip_ms": 310,
        "trouble": None,
        "blind": 41,
        "layers": [{"name": name, "codec": "H264", "live": name != "h"} for name in "lmh"],
    }
    feed = {"source": "feed/camera", "blind": 0, "layers": [], "trouble": "no_parameter_sets"}
    lost = {"source": "feed/slides", "condition": "lost", "trouble": "silent"}
    return {
        "load": 0.86,
        "lost_before_reading": 0,
        "crowd": None,
        "notices": [],
        "sources": [
            camera,
            camera | {"source": f"{project}/microphone", "video": False, "blind": 0, "layers": []},
            camera | feed,
            camera | feed | lost,
        ],
        "encoders": ENCODERS,
        "viewers": {
            "connected": 900,
            "joining": 3,
            "failed": 120,
            "see_less": 41,
            "worst_loss": 0.162,
            "round_trip_ms": 38,
        },
        "blind": [{"lane": "main", "trouble": "codec", "codec": "H264", "takes": ["VP8"], "viewers": 41}],
        "noted": [
            {"who": "viewers", "trouble": "no_way", "detail": "", "count": 120},
            {"who": "feed", "trouble": "too_fast", "detail": "33 Mb/s", "count": 3},
            {"who": "backup", "trouble": "taken_over", "detail": "", "count": 1},
            {"who": project, "trouble": "handshake", "detail": "illegal parameter", "count": 2},
        ],
        "worst": [
            {
                "loss": 0.2,
                "round_trip_ms": 310,
                "bandwidth": 420_000,
                "lanes": {"main": "low"},
                "sees_less": True,
            }
        ],
    }


ENCODERS = [
    {"encoder": "main", "picture": "used", "slides": None, "disputed": True, "first": True},
    {"encoder": "backup", "picture": "standing_by", "slides": "used", "disputed": False, "first": False},
]


def not_shown(trouble: str) -> dict[str, Any]:
    """What a viewer is told who asks why there is no picture, in the shape of js/media/whep.js."""
    return {"sent": "high", "missing": {"main": {"trouble": trouble, "codec": "H264"}}}


async def opens_media(control: Page) -> None:
    await control.locator("#media > details > summary").click()
    await control.locator("#media-sources li").first.wait_for()


async def opens_encoders(control: Page) -> None:
    await opens_media(control)
    await control.locator("#encoders > summary").click()
    await control.locator("#encoders").scroll_into_view_if_needed()


async def sets_up(control: Page) -> None:
    """An encoder, in its dialog."""
    await opens_encoders(control)
    await control.locator("#encoders-list li[data-key=backup] button").last.click()
    await control.locator("dialog #encoder-token").wait_for()


async def hears_why(viewer: Page) -> None:
    await viewer.locator("room-stage:not([data-reason=none])").wait_for()


async def is_back(pitcher: Page) -> None:
    """On stage, after the desk was loaded anew."""
    await pitcher.locator("main[data-state=stage]").wait_for()


async def opens_devices(pitcher: Page) -> None:
    await is_back(pitcher)
    await pitcher.locator("#devices").click()


async def shares(pitcher: Page) -> None:
    await is_back(pitcher)
    await pitcher.locator("#slides-choice [value=screen]").click()
    await pitcher.locator("main[data-slides=screen]").wait_for()


async def shares_no_more(pitcher: Page) -> None:
    """The browser's own bar has ended it."""
    await shares(pitcher)
    await pitcher.evaluate(STOPS_SHARING)
    await pitcher.locator("#show-deck").wait_for()


LINE = {
    "good": ("full", (), 2_500_000, "udp"),
    "thin": ("slides", ("rate",), 640_000, "udp"),
    "shut": ("another", ("unreached",), 0, None),
}
"""Verdict, reasons, bits a second, way."""


def line_found(kind: str, *, age_days: int = 0, elsewhere: bool = False) -> str:
    """For a page with a line check: as if this had come of the last."""
    verdict, reasons, up, way = LINE[kind]
    figures = {"way": way, "estimate": up, "carried": up, "round_trip": 64, "spread": 31, "lost": 0.004}
    last = {
        "verdict": verdict,
        "reasons": reasons,
        "up": up,
        "elsewhere": elsewhere,
        "missing": 0.0,
        "figures": figures | {"network": "wifi"},
    }
    return f"{{ const age = {age_days * 86_400_000}, last = {json.dumps(last)}; {TOLD_OF_LINE} }}"


TOLD_OF_LINE = """
  const {parse} = JSON;
  JSON.parse = (text) => {
    const found = parse(text);
    const at = Date.now() - age;
    if (found?.line) found.line.last = {...last, at, old_at: at + 7 * 86_400_000};
    return found;
  };"""
NEVER_ANSWERED = """{
  const {fetch} = globalThis;
  globalThis.fetch = (to, how) => (/\\/line$/.test(String(to)) ? new Promise(() => {}) : fetch(to, how));
}"""
NOT_ANSWERED = NEVER_ANSWERED.replace("new Promise(() => {})", "Promise.reject(new TypeError())")


async def tells_line(page: Page, kind: str) -> None:
    """As the page of somebody who has just checked."""
    _, _, up, way = LINE[kind]
    figures = {"way": way, "estimate": up, "carried": up, "round_trip": 64, "spread": 31, "lost": 0.004}
    await page.evaluate(
        """async figures => {
          const {address} = JSON.parse(document.getElementById("page").textContent).line;
          await fetch(address, {method: "POST"});
          await fetch(`${address}/figures`, {method: "POST", body: JSON.stringify(figures)});
        }""",
        figures,
    )


async def checks_line(page: Page) -> None:
    await page.locator("#line-start").click()
    await page.locator("#line-check").scroll_into_view_if_needed()


async def reads_line(page: Page) -> None:
    await page.locator("#line-figures > summary").click()
    await page.locator("#line-check").scroll_into_view_if_needed()


async def opens_lines(page: Page) -> None:
    await page.locator("#media > details > summary").click()
    await page.locator("#lines > summary").click()
    await page.locator("#lines").scroll_into_view_if_needed()
