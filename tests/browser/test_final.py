"""The main job, as its people do it: a whole field of the brisk final in real browsers."""

import asyncio
import json
from collections.abc import Iterable

from playwright.async_api import Page, ViewportSize, expect

from tests.browser.acts import (
    STEP,
    advance,
    ballot_taken,
    give_time,
    just_pressed,
    press,
    ready_to_pitch,
    score,
    sees,
    soon,
    to_room,
    until,
    yes,
)
from tests.browser.conftest import People, Visit
from tests.browser.shortcut import cast
from tests.chaos.desks import Guest
from tests.demo_server import DemoServer

ROOM = "ai"

# Scores in the rubric's order: innovation 30, market 25, team 15, feasibility 15, cooperation 15; each of at most 10.
# A ballot's total is 3·i + 2.5·m + 1.5·(t + f + c); the columns are judge 1, judge 2, judge 3, the chair. A project's
# points are the mean of its ballots: two of the five judges give none, and the quorum is three.
BALLOTS: dict[int, list[list[int]]] = {
    0: [[8, 8, 8, 8, 8]] * 4,  # 80, 80, 80, 80 → 80.00
    1: [[9, 8, 8, 8, 8], [7, 8, 8, 8, 8], [10, 9, 9, 9, 9], [9, 9, 9, 9, 9]],  # 83, 77, 93, 90 → 85.75
    2: [[6, 6, 6, 6, 6], [7, 7, 7, 7, 7], [5, 5, 5, 5, 5], [9, 6, 6, 6, 6]],  # 60, 70, 50, 69 → 62.25
    3: [[7, 9, 8, 8, 8]] * 4,  # 21 + 22.5 + 36 = 79.5 → 79.50
    4: [[1, 1, 1, 1, 1]] * 4,  # 10.00
}
SKIPPED = 5
POINTS = {0: "80.00", 1: "85.75", 2: "62.25", 3: "79.50", 4: "10.00"}
RANKING = [1, 0, 3, 2, 4, 5]
"""Projects by their position in the rundown, best first; the skipped one has no place."""
PODIUM = {3: 3, 2: 0, 1: 1}
"""Place → project, in the order of the ceremony."""


def told_scores(visit: Visit, judge: str | None = None) -> list[str]:
    """Frames that hold scores, except what tells ``judge`` of their own ballots."""
    found: list[str] = []
    for frame in visit.frames:
        if '"score' not in frame:
            continue
        message = json.loads(frame)
        own = message["type"] == "ballot.accepted" and message["receipt"]["judge"] == judge
        own = own or (message["type"] == "ballot.own" and _all_of(message["ballots"], judge))
        if not own:
            found.append(frame)
    return found


def _all_of(ballots: list[dict[str, dict[str, str]]], judge: str | None) -> bool:
    return judge is not None and all(ballot["receipt"]["judge"] == judge for ballot in ballots)


def tells(text: str, points: Iterable[str]) -> list[str]:
    """Those points of which a page says anything, however it is written."""
    return [one for one in points if any(form in text for form in (one, one.replace(".", ",")))]


async def public_pages(page: Page, base: str) -> str:
    """All that anybody can open."""
    addresses = ["/", "/results", f"/rooms/{ROOM}/results", f"/rooms/{ROOM}/screen", f"/rooms/{ROOM}/watch", "/metrics"]
    return "\n".join([await (await page.request.get(base + address)).text() for address in addresses])


A4: ViewportSize = {"width": 672, "height": 1000}
"""What is printed of a page 210 mm wide between margins of 16 mm, in CSS pixels."""
TABLES_CUT_OFF = """
    () => [...document.querySelectorAll("table")].filter((table) => table.checkVisibility())
      .filter((table) => table.getBoundingClientRect().right > document.querySelector("main").clientWidth + 1)
      .map((table) => table.textContent.trim().slice(0, 40))
"""
A4_ACROSS: ViewportSize = {"width": 1001, "height": 672}
MANY_JUDGES = """
    (many) => {
      for (const row of document.querySelectorAll(".judges tr, .protocol > .table-scroll tr")) {
        while (row.children.length < many + 3) row.append(row.lastElementChild.cloneNode(true));
      }
    }
"""
"""Of the last one as many copies as it takes."""
WORDS_PARTED = """
    () => {
      const found = [];
      for (const cell of document.querySelectorAll("table :is(th, td)")) {
        const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
          for (const {0: word, index} of walker.currentNode.data.matchAll(/[^\\s·-]+/g)) {
            const range = document.createRange();
            range.setStart(walker.currentNode, index);
            range.setEnd(walker.currentNode, index + word.length);
            if (range.getClientRects().length > 1) found.push(word);
          }
        }
      }
      return found;
    }
"""
"""Words and figures in tables that end on another line than they begin."""
THE_RANKING_IS_OFFERED = """
    (room) => {
      const field = document.querySelector(`[data-room="${room}"]`);
      window.cutOff = new Set();
      const parts = () => {
        const moment = field.querySelector("[data-moment=name] .podium-moment");
        const {top, bottom} = moment?.getBoundingClientRect() ?? {};
        for (const part of moment?.children ?? []) {
          const at = part.getBoundingClientRect();
          if (at.top < top || at.bottom > bottom) window.cutOff.add(part.textContent);
        }
        requestAnimationFrame(parts);
      };
      parts();
      window.championStood = new Promise((done) => {
        const look = () => {
          const offered = field.querySelector(".button[data-when=revealed]").checkVisibility();
          if (offered) done(field.querySelector(".pedestal.taken[data-place='1']") !== null);
          else setTimeout(look, 20);
        };
        look();
      });
    }
"""
"""Looks, from now on, for the way to the ranking: was the champion's place taken when it came?"""


async def test_a_whole_field_from_the_first_pitch_to_the_podium(server: DemoServer, people: People) -> None:
    """Everything Roadshow is for, joined up: rundown, video, sealed voting, confirmation, reveal."""
    links, base = server.people, server.base
    control = await people.invited(links["organiser"])
    desk = control.page
    await to_room(desk, ROOM)
    projects = await desk.locator("#rundown li").evaluate_all("rows => rows.map(row => row.dataset.project)")
    assert len(projects) == len(RANKING)

    # Motion costs the machine more than anything else here; one page shows the ceremony with all of it.
    still = {"reduced_motion": "reduce"}
    audience = [await people.visit(links["audience"][ROOM], own_time=True, **still) for _ in range(2)]
    screen = await people.visit(links["screen"][ROOM], own_time=True)
    judge = await people.invited(links["judges"][ROOM][0], **still)
    chair = await people.invited(links["chairs"][ROOM], **still)
    jury = [judge, chair]
    others = [await Guest.accepted(base, link) for link in links["judges"][ROOM][1:3]]
    pitchers = [await people.invited(links["pitchers"][project], **still) for project in projects[:2]]
    for pitcher in pitchers:
        await ready_to_pitch(pitcher.page)

    noted: list[str] = []
    for number, ballots in BALLOTS.items():
        current = desk.locator("#rundown li[aria-current]")
        await expect(current).to_have_attribute("data-project", projects[number], timeout=STEP)
        await advance(desk, "pitch")
        await give_time(desk)
        if number < len(pitchers):
            await asyncio.gather(*(sees(viewer.page, f"{projects[number]}/camera") for viewer in audience))
        await advance(desk, "questions")
        await advance(desk, "voting")
        await give_time(desk)
        first, *by_others, last = ballots
        await asyncio.gather(
            *(cast(other, ROOM, projects[number], scores) for other, scores in zip(others, by_others, strict=True))
        )
        for visit, scores in zip(jury, (first, last), strict=True):
            await expect(visit.page.locator("#submit")).to_have_attribute("aria-disabled", "false", timeout=STEP)
            await score(visit.page, scores)
            await ballot_taken(visit.page, 1)
        await expect(desk.locator("#progress li[data-state=submitted]")).to_have_count(len(ballots), timeout=STEP)
        await advance(desk, "closed")
        if number == len(pitchers) - 1:
            for viewer in audience:
                stage = viewer.page.locator("room-stage")
                await expect(stage).to_have_attribute("data-connection", "live")
                await expect(stage).to_have_attribute("data-sessions", "1")
            for pitcher in pitchers:
                await pitcher.page.context.close()
        if number < len(BALLOTS) - 1:
            await advance(desk, "standby")
            # Between projects the hall shows a hash of all that was given so far, for whoever takes a picture.
            head = screen.page.locator("#heads [data-head]")
            await expect(head).to_be_visible(timeout=STEP)
            noted.append("".join((await head.inner_text()).split()))

    await desk.locator(f"#rundown li[data-project={projects[SKIPPED]}] [data-does^=skip]").click()
    await yes(desk)
    for act in ("close-count", "confirm"):
        button = chair.page.locator(f"[data-review={act}]")
        await expect(button).to_have_attribute("aria-disabled", "false", timeout=STEP)
        await button.click()
        await yes(chair.page)
    await expect(desk.locator("#announce")).to_be_visible(timeout=STEP)

    # Up to here nobody was told a score, except every judge their own.
    for visit in [control, *audience, screen, *pitchers]:
        assert any('"room.snapshot"' in frame for frame in visit.frames), "its frames were not heard"
        assert told_scores(visit) == []
    for visit in jury:
        person = visit.page.url.split("/as/")[1].split("/")[0]
        assert told_scores(visit, person) == []
        assert len([frame for frame in visit.frames if '"ballot.accepted"' in frame]) == len(BALLOTS)
    everything = "".join(frame for visit in [control, *audience, screen, *pitchers] for frame in visit.frames)
    assert tells(everything + await public_pages(desk, base), POINTS.values()) == []

    overview = (await people.visit(f"{base}/results", own_time=True, **still)).page
    await overview.set_viewport_size({"width": 1440, "height": 900})  # large letters, but no higher a podium
    await overview.evaluate(THE_RANKING_IS_OFFERED, ROOM)

    for place in PODIUM:
        announced = 4 - place
        await press(desk, "#announce")
        await yes(desk)
        await expect(desk.locator("#announced li")).to_have_count(announced, timeout=STEP)
        just_pressed(desk)
        for visit in [*audience, screen]:
            await until(
                visit.page, f"document.querySelector('podium-reveal').ceremony?.announced.length === {announced}"
            )
        everything = "".join(frame for visit in [control, *audience, screen] for frame in visit.frames)
        to_come = [POINTS[other] for level, other in PODIUM.items() if level < place]
        off_podium = [POINTS[other] for other in POINTS if other not in PODIUM.values()]
        assert tells(everything, [POINTS[PODIUM[place]]])
        assert tells(everything, to_come + off_podium) == []
        if place > 1:  # with the last place the whole result is public
            assert tells(await public_pages(desk, base), to_come + off_podium) == []

    for visit in [*audience, screen]:
        await soon(visit.page, visit.page.locator("podium-reveal .pedestal[data-place='1'].taken"))
        for place, project in PODIUM.items():
            pedestal = visit.page.locator(f"podium-reveal .pedestal[data-place='{place}'].taken")
            await expect(pedestal).to_contain_text(POINTS[project], timeout=2 * STEP)
            await expect(pedestal).to_contain_text(await _name(visit.page, projects[project]))

    # The record is everybody's now: each judge's browser finds in it what it was acknowledged.
    for visit in jury:
        await expect(visit.page.locator("#receipts-published")).to_contain_text(f"{len(BALLOTS)}", timeout=STEP)
        await expect(visit.page.locator("#receipt-alarm")).to_be_hidden()
    record = await (await desk.request.get(f"{base}/rooms/{ROOM}/record.json")).json()
    assert len(set(noted)) == len(BALLOTS) - 1
    assert set(noted) < {entry["hash"] for entry in record["entries"]}
    await audience[0].page.locator("#heads > summary").click()
    told = audience[0].page.locator("#heads dd")
    assert await told.first.text_content() == record["entries"][0]["parent"], "the hash of the rules"
    confirmed = [entry["hash"] for entry in record["entries"] if entry["kind"] == "confirm"]
    assert [await told.last.text_content()] == confirmed

    # The button leads to the champion's name: it must not stand there while the podium still holds its breath.
    await soon(overview, overview.locator(f"[data-room={ROOM}] .button[data-when=revealed]"))
    assert await overview.evaluate("window.championStood") is True
    assert await overview.evaluate("[...window.cutOff]") == [], "the moment is told whole"
    champion, second = [
        await overview.locator(f"[data-room={ROOM}] .pedestal[data-place='{place}'] strong").evaluate(
            "name => [Number(getComputedStyle(name).fontWeight), parseFloat(getComputedStyle(name).fontSize)]"
        )
        for place in (1, 2)
    ]
    assert champion[0] >= second[0]
    assert champion[1] > second[1], "nobody stands above the champion, in letters either"

    page = audience[0].page
    await page.goto(f"{base}/rooms/{ROOM}/results")
    rows = page.locator("table.ranking tbody tr")
    order = await rows.evaluate_all("rows => rows.map(row => row.dataset.project)")
    assert order == [projects[number] for number in RANKING]
    for number, points in POINTS.items():
        row = page.locator(f"tr[data-project={projects[number]}]")
        await expect(row.locator("strong")).to_have_text(points)
    for place, project in PODIUM.items():
        medal = page.locator(f"tr[data-project={projects[project]}] .medal")
        await expect(medal).to_have_attribute("data-place", str(place))
    # Nothing of a table is cut off: not on a laptop, and not on paper, where nobody can scroll.
    await page.set_viewport_size({"width": 1440, "height": 900})
    assert await page.evaluate(TABLES_CUT_OFF) == []
    for path in ("results", "protocol"):
        await page.goto(f"{base}/rooms/{ROOM}/{path}")
        await page.emulate_media(media="print")
        await page.set_viewport_size(A4)
        assert await page.evaluate(TABLES_CUT_OFF) == [], path
        for language in ("ru", "zh"):  # one has the longest words, the other breaks after any character
            await page.set_viewport_size(A4)
            await page.goto(f"{base}/rooms/{ROOM}/{path}?lang={language}")
            assert await page.evaluate(TABLES_CUT_OFF) + await page.evaluate(WORDS_PARTED) == [], path
            await page.evaluate(MANY_JUDGES, 16)
            await page.set_viewport_size(A4_ACROSS)
            assert await page.evaluate(TABLES_CUT_OFF) + await page.evaluate(WORDS_PARTED) == [], path
        await expect(page.locator(".screen-only:visible, .button:visible")).to_have_count(0)
    assert people.errors == []


async def _name(page: Page, project: str) -> str:
    data = json.loads(await page.locator("#page").text_content() or "{}")
    return str(data["projects"][project]["name"])
