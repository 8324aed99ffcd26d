"""Somebody's address changes while the picture is on: case 19."""

import asyncio

from roadshow.bench.lines.finding import Finding, seconds
from roadshow.bench.lines.network import FIRST, SECOND, Host
from roadshow.bench.lines.scene import STEADY_S, Actor, Scene, clock_ms

BACK_S, BACK_WITHIN_S = 20.0, 1.5
LEAST_FPS = 12.0
"""Over a second that begins with the first picture: the burst that was missed counts, too."""


async def changes(scene: Scene) -> Finding:
    """As from one network to another: the address is gone, and then there is another one."""
    async with scene.on(1) as (pitcher, viewer):
        back = [await after(scene.pitcher, viewer), await after(scene.viewer, viewer)]
        await pitcher.look()
    words = f"pitcher's {seconds(back[0])}, viewer's {seconds(back[1])}"
    return Finding(words, all(one is not None and one <= BACK_WITHIN_S for one in back))


async def after(host: Host, viewer: Actor) -> float | None:
    """Seconds without pictures. The host stays where it is then: to be moved again is another matter, and a feed's
    place is taken from a connection that is still heard but once (``dispute.py``)."""
    since = clock_ms()
    host.move(SECOND if host.address == host.at(FIRST) else FIRST)
    back = await viewer.moves(since + 100, BACK_S, high=1, least=LEAST_FPS)
    await asyncio.sleep(STEADY_S)
    return back
