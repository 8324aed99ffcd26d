"""A router with a shallow queue stands before the viewer: case 17."""

import asyncio

from roadshow.bench.lines import bursts
from roadshow.bench.lines.finding import Finding
from roadshow.bench.lines.network import Line
from roadshow.bench.lines.scene import Scene, clock_ms

TIMES_RATE, ROOM = 1.5, 20
"""The line's rate, by the picture's; packets that may wait."""
RATED_S, KEY_FRAMES, EACH_S = 8.0, 15, 2.0
"""How long the rate is taken; then a key frame so often, which is what bursts."""
SHARE, BEFORE = 0.1, 4.3
"""Good is a tenth of what was lost before the relay paced anything, in %: measured once with these pictures at 88f5b54,
when what is reckoned below said 4.46. It says less by now, since a browser that gets feedback spreads its own key
frames."""


async def shallow(scene: Scene) -> Finding:
    """Loss of the picture's packets, beside what would be lost if what there is of each frame left at once."""
    async with scene.on(1) as (pitcher, viewer):
        since = clock_ms()
        with scene.recorded() as rated:
            for _ in range(int(RATED_S / EACH_S)):
                await pitcher.page.call("lines.refresh.bind(lines)")
                await asyncio.sleep(EACH_S)
        came = bursts.packets(rated, scene.viewer.number, down=True)
        kbps = TIMES_RATE * sum(one.length for one in came) * 8 / (clock_ms() - since)
        scene.viewer.line(down=Line(rate=kbps, packets=ROOM))
        with scene.recorded() as found:
            for _ in range(KEY_FRAMES):
                await pitcher.page.call("lines.refresh.bind(lines)")
                await asyncio.sleep(EACH_S)
        await viewer.look()
    to_viewer = bursts.packets(found, scene.viewer.number, down=True)
    from_pitcher = bursts.packets(found, scene.pitcher.number, down=False)
    sent, shown = bursts.largest(from_pitcher), bursts.largest(to_viewer)
    picture = [one for one in to_viewer if one.ssrc == shown]
    lost = 100 * sum(one.overflowed for one in picture) / len(picture)
    unpaced = [one for one in to_viewer if one.ssrc != shown]
    unpaced += bursts.at_once(one for one in from_pitcher if one.ssrc == sent)
    without = bursts.overflow(unpaced, sent, kbps=kbps, room=ROOM)
    return Finding(
        f"{lost:.2f} % lost, {without:.2f} % without pacing; {len(picture)} packets at {kbps:.0f} kbit/s",
        lost <= SHARE * max(BEFORE, without),
    )
