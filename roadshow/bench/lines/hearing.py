"""Packets of the voice are lost: cases 11 to 16."""

import asyncio

from roadshow.bench.lines.finding import Finding
from roadshow.bench.lines.network import Line
from roadshow.bench.lines.scene import Scene, clock_ms
from roadshow.bench.lines.seen import concealed

SETTLED_S, HEARD_S = 5.0, 25.0
"""What protects a voice may need to see the loss first; measured is after it."""
AIMS = {2: 0.1, 5: 0.25, 10: 1.0}
"""% of loss, and % of the voice that may then be made up."""


async def lossy(scene: Scene, where: str, loss: int) -> Finding:
    """Lost is what goes the picture's way, each packet for itself: to the viewer, or from the pitcher."""
    async with scene.on(1) as (_, viewer):
        line = Line(loss=loss)
        if where == "viewer":
            scene.viewer.line(down=line)
        else:
            scene.pitcher.line(up=line)
        await asyncio.sleep(SETTLED_S)
        since = clock_ms()
        await asyncio.sleep(HEARD_S)
        seen = (await viewer.look()).between(since, clock_ms())
        share = concealed(seen)
        kbps = seen.went("bytesReceived", mid=seen.voice) * 8 / HEARD_S / 1000
        return Finding(f"{share:.2f} % concealed, {kbps:.0f} kbit/s of sound", share <= AIMS[loss])


async def viewer_2(scene: Scene) -> Finding:
    return await lossy(scene, "viewer", 2)


async def viewer_5(scene: Scene) -> Finding:
    return await lossy(scene, "viewer", 5)


async def viewer_10(scene: Scene) -> Finding:
    return await lossy(scene, "viewer", 10)


async def pitcher_2(scene: Scene) -> Finding:
    return await lossy(scene, "pitcher", 2)


async def pitcher_5(scene: Scene) -> Finding:
    return await lossy(scene, "pitcher", 5)


async def pitcher_10(scene: Scene) -> Finding:
    return await lossy(scene, "pitcher", 10)
