"""Pictures of every desk, in three sizes and three languages: ``make screenshots``, into docs/screenshots/.

A real server runs a demo final, and the script walks it from before the first pitch to the podium. Names of pictures:
``<moment>-<page>-<size>-<language>.png``. Arguments, all optional: ``--only WORD`` takes pages whose name contains it;
``--languages en,zh``; ``--sizes phone``; ``--themes auto,light``.
"""

import argparse
import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from roadshow.app import open_show
from roadshow.competitions.loading import load_preset
from roadshow.competitions.people import Appointment, Role
from roadshow.ids import RoomId
from roadshow.settings import Settings
from roadshow.texts import Text

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "screenshots"
ROOM = "ai"
OTHER_ROOMS = ("robotics", "bio")
SIZES = {"phone": (390, 844), "laptop": (1440, 900), "hall": (1920, 1080)}
FLAGS = [
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
]
SETTLE_MS = 900
"""For fonts, first data and motion."""
FIRST_PICTURE_MS = 2500


@dataclass
class Studio:
    """A server, a browser, and who is signed in."""

    browser: Browser
    links: dict[str, Any]
    only: str
    languages: list[str]
    sizes: list[str]
    themes: list[str]
    states: dict[str, Any] = field(default_factory=dict)
    taken: int = 0

    @property
    def base(self) -> str:
        return str(self.links["base"])

    async def sign_in(self, name: str, link: str) -> tuple[BrowserContext, Page]:
        """A browser of this person's own, on their desk; its cookie is kept for pictures under ``name``."""
        context = await self.browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
        page = await context.new_page()
        await page.goto(link)
        await page.locator("main form button").click()
        await page.wait_for_url("**/as/**")
        self.states[name] = await context.storage_state()
        return context, page

    async def shoot(self, moment: str, name: str, path: str, *, who: str | None = None, whole: bool = False) -> None:
        """Pictures of one page in every size, language and theme. ``whole``: all of it, not what the window shows."""
        label = f"{moment}-{name}"
        if self.only not in label:
            return
        for size in self.sizes:
            width, height = SIZES[size]
            for theme in self.themes:
                context = await self.browser.new_context(
                    viewport={"width": width, "height": height},
                    storage_state=self.states.get(who or ""),
                    locale="en-GB",
                    has_touch=size == "phone",
                )
                if theme != "auto":
                    await context.add_cookies([{"name": "theme", "value": theme, "url": self.base}])
                page = await context.new_page()
                for language in self.languages:
                    await page.goto(f"{self.base}{path}?lang={language}")
                    await page.wait_for_timeout(
                        SETTLE_MS if await page.locator("room-stage").count() == 0 else FIRST_PICTURE_MS
                    )
                    suffix = "" if theme == "auto" else f"-{theme}"
                    await page.screenshot(path=FOLDER / f"{label}-{size}-{language}{suffix}.png", full_page=whole)
                    self.taken += 1
                await context.close()


async def walk(studio: Studio, of_two_juries: str) -> None:
    links = studio.links["links"]
    rows = "#rundown li"
    _, control = await studio.sign_in("organiser", links["organiser"])
    await control.goto(f"{studio.base}/as/organiser/control/{ROOM}")
    await control.locator(rows).first.wait_for()
    projects = await control.locator(rows).evaluate_all("rows => rows.map(row => row.dataset.project)")
    control_path = f"/as/organiser/control/{ROOM}"
    fresh = links["judges"][ROOM][4].removeprefix(studio.base)

    await studio.shoot("1-before", "home", "/", whole=True)
    await studio.shoot("1-before", "programme", "/programme", whole=True)
    await studio.shoot("1-before", "project", f"/projects/{projects[0]}", whole=True)
    await studio.shoot("1-before", "invitation", fresh)
    await studio.shoot("1-before", "unknown", "/nowhere")
    await studio.shoot("1-before", "forbidden", control_path)
    await studio.shoot("1-before", "results", "/results", whole=True)
    await studio.shoot("1-before", "room-results", f"/rooms/{ROOM}/results", whole=True)
    await studio.shoot("1-before", "watch", f"/rooms/{ROOM}/watch")
    await studio.shoot("1-before", "screen", f"/rooms/{ROOM}/screen")
    await studio.shoot("1-before", "people", "/as/organiser/people", who="organiser", whole=True)

    (busy,) = set.intersection(*(set(links["judges"][room]) for room in OTHER_ROOMS))
    several, _ = await studio.sign_in("of-two-juries", busy)
    await several.close()
    await studio.shoot("1-before", "used", busy.removeprefix(studio.base))
    await studio.shoot("1-before", "desks", f"/as/{of_two_juries}", who="of-two-juries")

    pitching, pitcher = await studio.sign_in("pitcher", links["pitchers"][projects[0]])
    _, waiting = await studio.sign_in("next-pitcher", links["pitchers"][projects[1]])
    await waiting.close()
    await studio.shoot("1-before", "pitch", f"/as/pitcher-{projects[1]}/pitch", who="next-pitcher")
    await studio.shoot("1-before", "practice", f"/as/pitcher-{projects[1]}/practice", who="next-pitcher")
    await pitcher.locator("#go").click()
    await pitcher.locator("#slides-choice button[value=deck]").click()
    await pitcher.wait_for_timeout(FIRST_PICTURE_MS)
    jury = [await studio.sign_in(f"judge-{number}", links["judges"][ROOM][number]) for number in range(3)]
    jury.append(await studio.sign_in("chair", links["chairs"][ROOM]))
    judge_path, chair_path = f"/as/judge-{ROOM}-1/judge", f"/as/chair-{ROOM}/judge"

    await press(control, "pitch")
    await pitcher.wait_for_timeout(FIRST_PICTURE_MS)
    await pitcher.locator("#following").click()
    await studio.shoot("2-pitch", "watch", f"/rooms/{ROOM}/watch")
    await studio.shoot("2-pitch", "screen", f"/rooms/{ROOM}/screen")
    await studio.shoot("2-pitch", "control", control_path, who="organiser")
    await studio.shoot("2-pitch", "judge", judge_path, who="judge-0")
    if studio.only in "2-pitch-pitch":
        for size in studio.sizes:
            width, height = SIZES[size]
            await pitcher.set_viewport_size({"width": width, "height": height})
            await pitcher.wait_for_timeout(SETTLE_MS)
            await pitcher.screenshot(path=FOLDER / f"2-pitch-pitch-{size}-en.png")
    await press(control, "questions")
    for number, project in enumerate(projects):
        await press(control, "voting")
        for judge, (_, page) in enumerate(jury):
            await score(page, [9 - (number + judge) % 4, 8 - number % 3, 7, 8 - judge % 2, 6 + (number * 2) % 4])
            if number == 0 and judge == 1:
                await studio.shoot("3-voting", "control", control_path, who="organiser")
                await studio.shoot("3-voting", "judge", judge_path, who="judge-0")
                await studio.shoot("3-voting", "watch", f"/rooms/{ROOM}/watch")
        await press(control, "closed")
        if project != projects[-1]:
            await press(control, "standby")
            await press(control, "pitch")
            await press(control, "questions")
    await pitching.close()

    await studio.shoot("4-count", "chair", chair_path, who="chair")
    await studio.shoot("4-count", "control", control_path, who="organiser")
    await studio.shoot("4-count", "screen", f"/rooms/{ROOM}/screen")
    await award(studio, control)
    chair = jury[-1][1]
    await show_review(chair)
    await chair.locator("[data-review=confirm]").click()
    await chair.locator("dialog button[value=yes]").click()
    await control.locator("#announce").wait_for()
    for place in (3, 2, 1):
        await control.locator("#announce").click()
        await control.locator("dialog button[value=yes]").click()
        await control.locator("#announced li").nth(3 - place).wait_for()
        await control.wait_for_timeout(500)
        if place == 2:
            await studio.shoot("5-ceremony", "watch", f"/rooms/{ROOM}/watch")
            await studio.shoot("5-ceremony", "screen", f"/rooms/{ROOM}/screen")
            await studio.shoot("5-ceremony", "control", control_path, who="organiser")
    public = {"results": f"/rooms/{ROOM}/results", "protocol": f"/rooms/{ROOM}/protocol", "all-results": "/results"}
    for name, path in (public | {"home": "/", "programme": "/programme"}).items():
        await studio.shoot("6-after", name, path, whole=True)
    await studio.shoot("6-after", "watch", f"/rooms/{ROOM}/watch")
    await studio.shoot("6-after", "screen", f"/rooms/{ROOM}/screen")
    await studio.shoot("6-after", "chair", chair_path, who="chair")


async def press(control: Page, phase: str) -> None:
    await control.locator("#go").click()
    await control.locator(f"#phase[data-phase={phase}]").wait_for()
    await control.wait_for_timeout(450)  # sooner, a second press counts as a double click


async def score(page: Page, scores: list[int]) -> None:
    await page.locator("#submit[aria-disabled=false]").wait_for()
    await page.locator("fieldset.criterion input").first.focus()
    for number in scores:
        await page.keyboard.type(str(number))
        await page.keyboard.press("Enter")
    await page.keyboard.press("Control+Enter")
    await page.locator("#ballot-state[data-kind=good]").wait_for()


async def award(studio: Studio, control: Page) -> None:
    """Two of the audience vote, and what they chose is announced."""
    await control.locator("#award-switch").click()
    for _ in range(2):
        context = await studio.browser.new_context(locale="en-GB")
        watcher = await context.new_page()
        await watcher.goto(f"{studio.base}/rooms/{ROOM}/watch")
        await watcher.locator("#award-choices label").nth(1).click()
        await watcher.locator("#award-send").click()
        await watcher.locator("#award-said:not(:empty)").wait_for()
        await context.close()
    await control.locator("#award-switch").click()
    await control.locator("#award-announce").click()
    await control.locator("dialog button[value=yes]").click()
    await control.locator("#award-result li").first.wait_for()


async def show_review(chair: Page) -> None:
    """It opens by itself where the chair has no ballot under way; else it is behind its tab."""
    await chair.locator("#tab-review").click()
    await chair.locator("[data-review=confirm][aria-disabled=false]").wait_for()


async def add_somebody_of_two_juries(data: Path) -> str:
    """Nobody of the demo has two desks. Their id."""
    settings = Settings(data=data, port=0, udp_port=0)
    async with open_show(settings, load_preset("demo", today=datetime.now(UTC).date())) as show:
        appointments = [Appointment(Role.JUDGE, RoomId(room)) for room in OTHER_ROOMS]
        name = Text(en="Zhou Mei", zh="周梅", ru="Чжоу Мэй")
        return (await show.casting.register(name, appointments)).id


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", default="")
    parser.add_argument("--languages", default="en,zh,ru")
    parser.add_argument("--sizes", default="phone,laptop,hall")
    parser.add_argument("--themes", default="auto")
    options = parser.parse_args()
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        sys.exit("No Chromium: `make test` installs one, or name it in CHROMIUM.")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        links_file = Path(folder) / "links.json"
        of_two_juries = await add_somebody_of_two_juries(Path(folder) / "data")
        command = [sys.executable, "-m", "roadshow", "demo", "--port", "0", "--udp-port", "0"]
        command += ["--data", f"{folder}/data", "--links", str(links_file)]
        server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)  # noqa: ASYNC220  # nothing else runs yet
        try:
            give_up = time.monotonic() + 30
            while not links_file.exists():
                if server.poll() is not None or time.monotonic() > give_up:
                    sys.exit("The demo final does not start: try `make run`.")
                await asyncio.sleep(0.1)
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
                studio = Studio(
                    browser=browser,
                    links=json.loads(links_file.read_text()),
                    only=options.only,
                    languages=options.languages.split(","),
                    sizes=options.sizes.split(","),
                    themes=options.themes.split(","),
                )
                await walk(studio, of_two_juries)
                await browser.close()
                print(f"{studio.taken} pictures in {FOLDER.relative_to(ROOT)}")
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(10)


if __name__ == "__main__":
    asyncio.run(main())
