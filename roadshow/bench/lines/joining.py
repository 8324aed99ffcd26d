"""A viewer comes from far away: case 18."""

from roadshow.bench.lines.finding import Finding
from roadshow.bench.lines.network import Line
from roadshow.bench.lines.scene import Scene
from roadshow.bench.results import quantile

FAR = Line(delay=75)
JOINS = 30
MOST_MS, GIVEN_UP_MS = 500.0, 5000


async def first_picture(scene: Scene) -> Finding:
    """One after another, of a picture that is on."""
    async with scene.on(1) as (_, viewer):
        scene.viewer.line(up=FAR, down=FAR)
        page = (await scene.page("viewer")).page
        found = [await page.call("lines.join.bind(lines)", scene.server.room.whep, GIVEN_UP_MS) for _ in range(JOINS)]
        await page.close()
        await viewer.look()
    times = sorted(GIVEN_UP_MS if one["picture"] is None else one["picture"] for one in found)
    p50, p95 = quantile(times, 0.5) or 0, quantile(times, 0.95) or 0
    never = sum(one["picture"] is None for one in found)
    return Finding(f"p50 {p50:.0f}, p95 {p95:.0f} ms of {JOINS}{f', {never} without' if never else ''}", p95 <= MOST_MS)
