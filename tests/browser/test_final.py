"""The main job, as its people do it: a whole field of the brisk final in real browsers."""

import asyncio
import json

from playwright.async_api import Page, WebSocket, expect

from tests.browser.conftest import People, Server

ROOM = "ai"
STEP = 15_000
"""Milliseconds that a page may take to show what has happened."""

# Scores in the rubric's order: innovation 30, market 25, team 15, feasibility 15, cooperation 15.
# A ballot's total is 3·i + 2.5·m + 1.5·(t + f + c); the columns are judge 1, judge 2, judge 3, the chair.
BALLOTS: dict[int, list[list[int]]] = {
    0: [[8, 8, 8, 8, 8]] * 4,  # 80, 80, 80, 80 → 80.00
    1: [[9, 8, 8, 8, 8], [7, 8, 8, 8, 8], [10, 9, 9, 9, 9], [9, 9, 9, 9, 9]],  # 83, 77, 93, 90 → 85.75
    2: [[6, 6, 6, 6, 6], [7, 7, 7, 7, 7], [5, 5, 5, 5, 5], [9, 6, 6, 6, 6]],  # 60, 70, 50, 69 → 62.25
    3: [[7, 9, 8, 8, 8]] * 4,  # 79.5 → 79.50
    4: [[1, 1, 1, 1, 1]] * 4,  # 10.00
}
SKIPPED = 5
PODIUM = [(3, 3, "79.50"), (2, 0, "80.00"), (1, 1, "85.75")]
"""Place, project by its position in the rundown, score: worked out by hand above."""
SEALED = ["79.50", "80.00", "85.75", "62.25", "10.00", "79.5", "85.8"]


class Heard:
    """Every frame a page's sockets have received."""

    def __init__(self, page: Page) -> None:
        self.frames: list[str] = []
        page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: self.frames.append(str(frame)))


async def frames_of(page: Page) -> int:
    """Frames of the main picture that this page has shown."""
    return int(await page.locator("room-stage").get_attribute("data-frames-main") or 0)


async def plays(page: Page, more: int = 10) -> None:
    """The main picture moves: ``more`` new frames."""
    before = await frames_of(page)
    for _ in range(150):
        if await frames_of(page) >= before + more:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{page.url}: the picture stands at {await frames_of(page)} frames")


async def advance(control: Page, phase: str) -> None:
    """Press the main button; the room is then in ``phase``."""
    await control.locator("#go").click()
    await expect(control.locator("#phase")).to_have_attribute("data-phase", phase, timeout=STEP)
    await control.wait_for_timeout(450)  # a second press within 400 ms is a double click


async def score(judge: Page, scores: list[int]) -> None:
    """By keyboard alone: a digit for each criterion, Enter to the next, Ctrl+Enter to submit."""
    criteria = judge.locator("fieldset.criterion")
    await criteria.first.locator("input").first.focus()
    for number in scores:
        await judge.keyboard.type(str(number))
        await judge.keyboard.press("Enter")
    await judge.keyboard.press("Control+Enter")
    await expect(judge.locator("#ballot-state")).to_have_attribute("data-kind", "good", timeout=STEP)


async def test_a_whole_field_from_the_first_pitch_to_the_podium(server: Server, people: People) -> None:
    """Everything Roadshow is for, joined up: rundown, video, sealed voting, confirmation, reveal."""
    links = server.links["links"]
    control = await people.invited(links["organiser"])
    await control.goto(control.url.rstrip("/").split("/control")[0] + f"/control/{ROOM}")
    await expect(control.locator("#rundown li")).to_have_count(6, timeout=STEP)
    projects = await control.locator("#rundown li").evaluate_all("rows => rows.map(row => row.dataset.project)")

    audience = [await people.visit(links["audience"][ROOM]) for _ in range(2)]
    screen = await people.visit(links["screen"][ROOM], viewport={"width": 1920, "height": 1080})
    jury = [await people.invited(link) for link in [*links["judges"][ROOM][:3], links["chairs"][ROOM]]]
    chair = jury[-1]
    watched = {page: Heard(page) for page in [control, *audience, screen]}
    for page in watched:
        await page.reload()

    pitchers = [await people.invited(links["pitchers"][project]) for project in projects[:2]]
    for pitcher in pitchers:
        await pitcher.locator("#go").click()
        await expect(pitcher.locator("main")).to_have_attribute("data-state", "green", timeout=STEP)

    connections: list[str | None] = []
    for number, ballots in BALLOTS.items():
        await expect(control.locator("#rundown li[aria-current]")).to_have_attribute(
            "data-project", projects[number], timeout=STEP
        )
        await advance(control, "pitch")
        if number < len(pitchers):
            await asyncio.gather(*(plays(page) for page in audience))
            connections.append(await audience[0].locator("room-stage").get_attribute("data-connection"))
        await advance(control, "questions")
        await advance(control, "voting")
        for judge, scores in zip(jury, ballots, strict=True):
            await score(judge, scores)
        submitted = control.locator("#progress li[data-state=submitted]")
        await expect(submitted).to_have_count(len(jury), timeout=STEP)
        await advance(control, "closed")
        if number < len(BALLOTS) - 1:
            await advance(control, "standby")
    assert len(set(connections)) == 1, "the viewers' connection was replaced when the pitcher changed"

    await control.locator(f"#rundown li[data-project={projects[SKIPPED]}] button", has_text="Skip").click()
    await control.locator("dialog button[value=yes]").click()

    await expect(chair.locator("[data-review=confirm]")).to_have_attribute("aria-disabled", "false", timeout=STEP)
    await chair.locator("[data-review=confirm]").click()
    await chair.locator("dialog button[value=yes]").click()
    await expect(control.locator("#announce")).to_be_visible(timeout=STEP)

    # Up to here nobody has seen a score that is not their own.
    sent = "".join(frame for heard in watched.values() for frame in heard.frames)
    assert '"score"' not in sent and '"scores"' not in sent
    result_page = await audience[0].request.get(f"{server.links['base']}/rooms/{ROOM}/results")
    everything = sent + await result_page.text()
    assert not [number for number in SEALED if number in everything]

    for place, project, points in PODIUM:
        await control.locator("#announce").click()
        await control.locator("dialog button[value=yes]").click()
        await expect(control.locator("#announced li")).to_have_count(4 - place, timeout=STEP)
        for page in [audience[0], screen]:
            await expect(page.locator("podium-reveal")).to_contain_text(points, timeout=STEP)
        await control.wait_for_timeout(450)
        announced = json.loads(watched[audience[1]].frames[-1]) if watched[audience[1]].frames else {}
        if announced.get("value", {}).get("section") == "ceremony":
            assert announced["value"]["announced"][-1] == {
                "place": place,
                "projects": [projects[project]],
                "score": points,
            }

    await audience[0].goto(f"{server.links['base']}/rooms/{ROOM}/results")
    table = audience[0].locator("table").first
    for _, project, points in PODIUM:
        row = table.locator(f"tr[data-project={projects[project]}]")
        await expect(row).to_contain_text(points)
    assert people.errors == []
