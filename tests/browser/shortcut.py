"""A whole field played in a second, without browsers: for tests that look at what comes after it."""

from collections.abc import Sequence

from playwright.async_api import BrowserContext

from tests.chaos.desks import Guest, receipt_of
from tests.demo_server import DemoServer

CRITERIA = ("innovation", "market", "team", "feasibility", "cooperation")
SCORED = 3
"""Projects that get ballots; the others are skipped."""


async def guest_of(server: DemoServer, context: BrowserContext, person: str) -> Guest:
    """Somebody who is signed in to a browser, outside of it."""
    cookies = await context.cookies(server.base)
    return Guest(server.base, person, {cookie.get("name", ""): cookie.get("value", "") for cookie in cookies})


async def cast(judge: Guest, room: str, project: str, scores: Sequence[int]) -> None:
    """Their first ballot for it, in the order of the criteria."""
    async with judge.desk(room) as desk:
        ballot = {"type": "ballot.cast", "project": project, "expected_revision": 0}
        receipt_of(await desk.ask({**ballot, "scores": dict(zip(CRITERIA, scores, strict=True))}))


async def let_vote(organiser: Guest, room: str) -> None:
    """For the next project, without an end."""
    async with organiser.desk(room) as control:
        for phase in ("pitch", "questions", "voting"):
            await control.advance(phase)
        await control.do("session.pause")


async def pitch(organiser: Guest, room: str) -> str:
    """The next project pitches, for minutes; its name."""
    async with organiser.desk(room) as control:
        await control.advance("pitch")
        for _ in range(3):
            await control.do("session.add_time", seconds=60)
        project: str = control.room["session"]["project"]
        return project


async def play_field(server: DemoServer, organiser: Guest, room: str) -> None:
    """From the first pitch to the last place: three projects pitch, three people vote, the podium is public."""
    links = [server.people["chairs"][room], *server.people["judges"][room][:2]]
    await play(organiser, [await Guest.accepted(server.base, link) for link in links], room)


async def play(organiser: Guest, jury: list[Guest], room: str, scores: tuple[int, ...] = (5, 6, 7)) -> None:
    """As ``play_field``. ``jury``: the chair first. ``scores``: of every criterion, for one project after the other."""
    async with organiser.desk(room) as control:
        for slot in control.room["rundown"]["slots"][SCORED:]:
            await control.do("slot.skip", slot=slot["slot"])
        for number in range(SCORED):
            for phase in ("pitch", "questions", "voting"):
                await control.advance(phase)
            for judge in jury:
                async with judge.desk(room) as desk:
                    ballot = {
                        "type": "ballot.cast",
                        "project": control.room["session"]["project"],
                        "scores": dict.fromkeys(CRITERIA, scores[number]),
                        "expected_revision": 0,
                    }
                    receipt_of(await desk.ask(ballot))
            await control.advance("closed")
            if number < SCORED - 1:
                await control.advance("standby")
        async with jury[0].desk(room) as chair:
            await chair.do("count.close", count=1)
            await chair.do("result.confirm", accept_incomplete=True)
        for announced in range(3):
            await control.do("result.reveal", announced=announced)
