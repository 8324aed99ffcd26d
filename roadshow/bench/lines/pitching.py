"""The pitcher's line is thin: cases 1 to 6."""

import asyncio

import msgspec

from roadshow.bench.lines.finding import Finding, seconds
from roadshow.bench.lines.network import CLEAN, Line
from roadshow.bench.lines.scene import FULL, Scene, clock_ms
from roadshow.bench.lines.seen import freezes, height, rate, round_trip_ms

QUEUE_MS = 300
SETTLED_S, HELD_S = 5.0, 25.0
"""Measured is from the first on, for so long."""
BACK_S, BACK_WITHIN_S, TIMES_DIRECT = 30.0, 10.0, 1.2
"""After the limit's end it is waited so long; good is the second, or so many times what two browsers need."""
LEAST_FPS, MOST_FREEZES, MOST_RTT_MS = 14.5, 1, 60.0


class Thin(msgspec.Struct, frozen=True):
    """What a limit did."""

    fps: float
    height: int
    freezes: list[float]
    round_trip_ms: float
    repeats: float
    """Packets of the picture that the pitcher sent again."""
    back_s: float | None
    """From the limit's end to the whole picture."""


async def thin(scene: Scene, layers: int, kbps: int) -> Thin:
    """Through the relay; with 0 layers between two browsers without it."""

    async def measure() -> Thin:
        async with scene.on(layers) if layers else scene.direct() as (pitcher, viewer):
            scene.pitcher.line(up=Line(rate=kbps, queue=QUEUE_MS))
            since = clock_ms() + SETTLED_S * 1000
            await asyncio.sleep(SETTLED_S + HELD_S)
            until = clock_ms()
            scene.pitcher.line(up=CLEAN)
            back = await viewer.moves(until, BACK_S)
            frames, sent = viewer.seen.frames, (await pitcher.look()).between(since, until)
            return Thin(
                rate(frames, since, until),
                height(frames, since, until),
                freezes(frames, since, until),
                round_trip_ms(sent),
                sent.went("retransmittedPacketsSent", of="outbound-rtp"),
                back,
            )

    return await scene.once(("thin", layers, kbps), measure)


async def holds(scene: Scene, layers: int, kbps: int, *, high: int = 0) -> Finding:
    found = await thin(scene, layers, kbps)
    good = (
        found.fps >= LEAST_FPS
        and found.height >= high
        and len(found.freezes) <= MOST_FREEZES
        and found.round_trip_ms <= MOST_RTT_MS
    )
    return Finding(
        f"{found.fps:.1f} fps {found.height}p, {len(found.freezes)} freezes ({sum(found.freezes) / 1000:.1f} s), "
        f"RTT {found.round_trip_ms:.0f} ms, {found.repeats:.0f} repeats",
        good,
    )


async def comes_back(scene: Scene, kbps: int) -> Finding:
    """Both kinds, beside what two browsers need without a relay where it takes longer."""
    back = [(await thin(scene, layers, kbps)).back_s for layers in (1, 3)]
    words = f"{seconds(back[0])} with one layer, {seconds(back[1])} with three"
    if all(one is not None and one <= BACK_WITHIN_S for one in back):
        return Finding(words, True)
    direct = (await thin(scene, 0, kbps)).back_s
    words += f"; two browsers {seconds(direct)}"
    most = max(BACK_WITHIN_S, TIMES_DIRECT * (BACK_S if direct is None else direct))
    return Finding(words, all(one is not None and one <= most for one in back))


async def one_at_1000(scene: Scene) -> Finding:
    return await holds(scene, 1, 1000, high=FULL)


async def three_at_1000(scene: Scene) -> Finding:
    return await holds(scene, 3, 1000)


async def one_at_500(scene: Scene) -> Finding:
    return await holds(scene, 1, 500)


async def three_at_500(scene: Scene) -> Finding:
    return await holds(scene, 3, 500)


async def back_from_1000(scene: Scene) -> Finding:
    return await comes_back(scene, 1000)


async def back_from_500(scene: Scene) -> Finding:
    return await comes_back(scene, 500)
