"""Pictures of every desk, in three sizes and three languages: ``make screenshots``, into docs/screenshots/.

A real server runs a demo final, and the script walks it from before the first pitch to the podium. Names of pictures:
``<moment>-<page>-<size>-<language>.png``; what people print is a PDF for each language. Arguments, all optional:
``--only WORD`` takes pages whose name contains it; ``--languages en,zh``; ``--sizes phone``; ``--themes auto,light``.
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
from datetime import UTC, datetime
from pathlib import Path

from playwright.async_api import Page, async_playwright

from roadshow.app import open_show
from roadshow.competitions.loading import load_preset
from roadshow.competitions.people import Appointment, Role
from roadshow.ids import RoomId
from roadshow.settings import Settings
from roadshow.texts import Text
from scripts import staged
from scripts.studio import FIRST_PICTURE_MS, FLAGS, FOLDER, ROOT, Act, Studio

ROOM = "ai"
OTHER_ROOMS = ("robotics", "bio")
CONTROL = f"/as/organiser/control/{ROOM}"
WATCH, SCREEN = f"/rooms/{ROOM}/watch", f"/rooms/{ROOM}/screen"
RESULTS, PROTOCOL = f"/rooms/{ROOM}/results", f"/rooms/{ROOM}/protocol"
JUDGE, CHAIR = f"/as/judge-{ROOM}-1/judge", f"/as/chair-{ROOM}/judge"


async def walk(studio: Studio, of_two_juries: str) -> None:
    links = studio.links["links"]
    rows = "#rundown li"
    _, control = await studio.sign_in("organiser", links["organiser"])
    await control.goto(f"{studio.base}{CONTROL}")
    await control.locator(rows).first.wait_for()
    projects = await control.locator(rows).evaluate_all("rows => rows.map(row => row.dataset.project)")
    await before(studio, projects, of_two_juries)

    _, pitcher = await studio.sign_in("pitcher", links["pitchers"][projects[0]])
    await pitcher.locator("#go").click()
    await pitcher.locator("#slides-choice button[value=deck]").click()
    await pitcher.wait_for_timeout(FIRST_PICTURE_MS)
    jury = [(await studio.sign_in(f"judge-{n}", links["judges"][ROOM][n]))[1] for n in range(3)]
    chair = (await studio.sign_in("chair", links["chairs"][ROOM]))[1]
    await press(control, "pitch")
    await pitcher.wait_for_timeout(FIRST_PICTURE_MS)
    await pitcher.locator("#following").click()
    await pitch(studio, control, pitcher, projects[0])

    await press(control, "questions")
    await studio.shoot_desk("2-questions", "pitch", pitcher)
    for number, project in enumerate(projects):
        await press(control, "voting")
        for judge, page in enumerate([*jury, chair]):
            await score(page, [9 - (number + judge) % 4, 8 - number % 3, 7, 8 - judge % 2, 6 + (number * 2) % 4])
            if number == 0 and judge == 1:
                await voting(studio, control, pitcher)
        await press(control, "closed")
        if number == 0:
            await studio.shoot_desk("3-closed", "pitch", pitcher)
            await studio.shoot("3-closed", "judge", JUDGE, who="judge-0")
            await studio.shoot("3-closed", "watch", WATCH)
        if project != projects[-1]:
            await press(control, "standby")
            await press(control, "pitch")
            await press(control, "questions")
    await pitcher.context.close()

    await count(studio, control)
    await show_review(chair)
    await chair.locator("[data-review=confirm]").click()
    await chair.locator("dialog button[value=yes]").click()
    await control.locator("#announce").wait_for()
    await ceremony(studio, control)
    await after(studio)


async def before(studio: Studio, projects: list[str], of_two_juries: str) -> None:
    links, moment = studio.links["links"], "1-before"
    fresh = links["judges"][ROOM][4].removeprefix(studio.base)
    await studio.shoot(moment, "home", "/", whole=True)
    await studio.shoot(moment, "programme", "/programme", whole=True)
    await studio.shoot(moment, "project", f"/projects/{projects[0]}", whole=True)
    await studio.shoot(moment, "invitation", fresh)
    await studio.shoot(moment, "unknown", "/nowhere")
    await studio.shoot(moment, "forbidden", CONTROL)
    await studio.shoot(moment, "all-results", "/results", whole=True)
    await studio.shoot(moment, "results", RESULTS, whole=True)
    await studio.shoot(moment, "watch", WATCH)
    await studio.shoot(moment, "screen", SCREEN)
    await studio.shoot(moment, "people", "/as/organiser/people", who="organiser", whole=True)

    (busy,) = set.intersection(*(set(links["judges"][room]) for room in OTHER_ROOMS))
    several, _ = await studio.sign_in("of-two-juries", busy)
    await several.close()
    await studio.shoot(moment, "used", busy.removeprefix(studio.base))
    await studio.shoot(moment, "desks", f"/as/{of_two_juries}", who="of-two-juries")

    waiting, _ = await studio.sign_in("next-pitcher", links["pitchers"][projects[1]])
    await waiting.close()
    await studio.shoot(moment, "pitch", f"/as/pitcher-{projects[1]}/pitch", who="next-pitcher")
    await studio.shoot(moment, "practice", f"/as/pitcher-{projects[1]}/practice", who="next-pitcher")
    await line_checks(studio, projects)


async def line_checks(studio: Studio, projects: list[str]) -> None:
    """Each state there is, on the desk; one on the other page that has it; and what control is told."""
    moment, who, desk = "1-before", "next-pitcher", f"/as/pitcher-{projects[1]}"
    found: tuple[tuple[str, str, Act], ...] = (
        ("running", staged.NEVER_ANSWERED, staged.checks_line),
        ("failed", staged.NOT_ANSWERED, staged.checks_line),
        ("full", staged.line_found("good"), staged.reads_line),
        ("slides", staged.line_found("thin"), staged.reads_line),
        ("another", staged.line_found("shut"), staged.reads_line),
        ("old", staged.line_found("good", age_days=9), staged.reads_line),
        ("elsewhere", staged.line_found("thin", elsewhere=True), staged.reads_line),
    )
    for state, script, act in found:
        await studio.shoot(moment, f"line-{state}", f"{desk}/pitch", who=who, script=script, act=act)
    told = staged.line_found("thin")
    for kind, project in zip(staged.LINE, projects[2:], strict=False):
        context, page = await studio.sign_in(project, studio.links["links"]["pitchers"][project])
        await staged.tells_line(page, kind)
        await context.close()
    await studio.shoot(moment, "line-practice", f"{desk}/practice", who=who, script=told, act=staged.reads_line)
    await studio.shoot(moment, "line-control", CONTROL, who="organiser", act=staged.opens_lines)


async def pitch(studio: Studio, control: Page, pitcher: Page, project: str) -> None:
    """On stage: as it should be, and what may go wrong there. The clock is given what the pictures take."""
    moment = "2-pitch"
    more_time = control.locator("[data-add='60']").click
    await studio.shoot(moment, "watch", WATCH)
    await studio.shoot(moment, "watch-turned", WATCH, turned=True)
    await studio.shoot(moment, "screen", SCREEN)
    await studio.shoot(moment, "control", CONTROL, who="organiser")
    await studio.shoot(moment, "judge", JUDGE, who="judge-0")

    bad_hour = {"**/control/*/media*": staged.bad_hour(project)}
    for name, act in (
        ("troubles", staged.opens_media),
        ("encoders", staged.opens_encoders),
        ("encoder", staged.sets_up),
    ):
        await studio.shoot(moment, f"control-{name}", CONTROL, who="organiser", act=act, told=bad_hour)
    for trouble in staged.NO_PICTURE:
        await more_time()
        told = {"**/layer": staged.not_shown(trouble)}
        for name, path in (("watch", WATCH), ("screen", SCREEN)):
            label = f"{name}-{trouble.replace('_', '-')}"
            await studio.shoot(moment, label, path, told=told, script=staged.BLIND, act=staged.hears_why)

    await more_time()
    await studio.shoot_desk(moment, "pitch", pitcher, staged.is_back)
    await studio.shoot_desk(moment, "pitch-devices", pitcher, staged.opens_devices)
    await studio.shoot_desk(moment, "pitch-sharing", pitcher, staged.shares)
    await studio.shoot_desk(moment, "pitch-share-stopped", pitcher, staged.shares_no_more)
    await more_time()
    await pitcher.locator("#slides-choice button[value=deck]").click()
    await pitcher.locator("#camera").click()
    await studio.shoot_desk(moment, "pitch-card", pitcher, staged.is_back)
    for name, path in (("watch", WATCH), ("screen", SCREEN)):
        await studio.shoot(moment, f"{name}-card", path)
    await studio.shoot(moment, "judge-card", JUDGE, who="judge-0")
    await pitcher.locator("#camera").click()


async def voting(studio: Studio, control: Page, pitcher: Page) -> None:
    """Of two who have scored, `judge-0` is one; `judge-2` has not. It would close by itself."""
    moment = "3-voting"
    for _ in range(5):
        await control.locator("[data-add='60']").click()
    await studio.shoot(moment, "control", CONTROL, who="organiser")
    await studio.shoot(moment, "judge", JUDGE, who="judge-0")
    await studio.shoot(moment, "judge-to-score", JUDGE.replace("1", "3"), who="judge-2")
    await studio.shoot(moment, "watch", WATCH)
    await studio.shoot(moment, "screen", SCREEN)
    await studio.shoot_desk(moment, "pitch", pitcher)


async def count(studio: Studio, control: Page) -> None:
    """The jury has scored everybody; meanwhile the audience votes."""
    moment = "4-count"
    await studio.shoot(moment, "chair", CHAIR, who="chair")
    await studio.shoot(moment, "control", CONTROL, who="organiser")
    await studio.shoot(moment, "screen", SCREEN)
    await studio.shoot(moment, "judge", JUDGE, who="judge-0")
    await control.locator("#award-switch").click()
    await studio.shoot("4-award", "watch", WATCH)
    await studio.shoot("4-award", "screen", SCREEN)
    await award(studio, control)
    await studio.shoot(moment, "results", RESULTS, whole=True)
    await studio.shoot(moment, "all-results", "/results", whole=True)


async def ceremony(studio: Studio, control: Page) -> None:
    for place in (3, 2, 1):
        await control.locator("#announce").click()
        await control.locator("dialog button[value=yes]").click()
        await control.locator("#announced li").nth(3 - place).wait_for()
        await control.wait_for_timeout(500)
        moment = f"5-place-{place}"
        await studio.shoot(moment, "watch", WATCH)
        await studio.shoot(moment, "screen", SCREEN)
        await studio.shoot(moment, "control", CONTROL, who="organiser")
        await studio.shoot(moment, "results", RESULTS, whole=True)


async def after(studio: Studio) -> None:
    moment = "6-after"
    results = {"results": RESULTS, "all-results": "/results", "protocol": PROTOCOL}
    public = {"home": "/", "programme": "/programme"} | results
    for name, path in public.items():
        await studio.shoot(moment, name, path, whole=True)
    await studio.print(moment, "protocol-paper", PROTOCOL)
    await studio.print(moment, "results-paper", RESULTS)
    await studio.shoot(moment, "chair", CHAIR, who="chair")


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
    for _ in range(2):
        context = await studio.browser.new_context(locale="en-GB")
        watcher = await context.new_page()
        await watcher.goto(f"{studio.base}{WATCH}")
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
    await chair.locator("[data-review=close-count][aria-disabled=false]").click()
    await chair.locator("dialog button[value=yes]").click()
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
