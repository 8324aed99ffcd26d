"""The viewer's line is bad: cases 7 to 10."""

import asyncio

from roadshow.bench.lines import bursts
from roadshow.bench.lines.finding import Finding, seconds
from roadshow.bench.lines.network import CLEAN, Line
from roadshow.bench.lines.scene import FULL, Scene, clock_ms
from roadshow.bench.lines.seen import concealed, freezes, gaps, height, rate, repeated
from roadshow.bench.lines.stills import least_gap_ms

JITTER, STEP, DISORDER = Line(jitter=30), Line(delay=100), Line(jitter=30, reorder=True)
WATCHED_S = 30.0
MOST_REPEATS = 1.0
"""%"""
THIN = Line(rate=500, queue=300)
THIN_S, FIRST_S = 40.0, 3.0
LEAST_FPS, STALL_MS = 14.0, 500.0
"""A stall: half a second."""
STILL_MS, STILL_TIMES = 1200.0, 1.25
"""One layer that does not fit: a picture each second, and a fifth for what it takes to send it. A key frame that the
line does not hold in a second, beside the voice, cannot come each second whatever the relay does: one of 540 kbit takes
500 kbit/s less a voice of 58 for 1.22 s. Then it is a picture in each such time and a quarter, by the largest picture
and the voice of that very run (``stills.py``): probes and repeats, and an encoder that is asked and answers at its next
frame, have the quarter."""
MOST_CONCEALED, MOST_DROWNED = 1.0, 20.0
"""% of the voice that may be made up, and of the picture's packets that may be repeats, on a line that is too thin."""
BACK_S, BACK_WITHIN_S = 20.0, 8.0


async def undisturbed(scene: Scene, *, down: Line, up: Line = CLEAN) -> Finding:
    """Nothing is wrong with such a line: the picture must stay as it is, in three layers."""
    async with scene.on(3) as (_, viewer):
        since = clock_ms()
        scene.viewer.line(down=down, up=up)
        await asyncio.sleep(WATCHED_S)
        until = clock_ms()
        seen = (await viewer.look()).between(since, until)
        small = [high for _, high in seen.frames if high < FULL]
        share = repeated(seen)
        return Finding(
            f"{rate(seen.frames, since, until):.1f} fps, smaller {len(small) / max(len(seen.frames), 1):.0%}"
            f"{f' (to {min(small)}p)' if small else ''}, {share:.1f} % repeats",
            bool(seen.frames) and not small and share <= MOST_REPEATS,
        )


async def jitter(scene: Scene) -> Finding:
    return await undisturbed(scene, down=JITTER)


async def step(scene: Scene) -> Finding:
    return await undisturbed(scene, down=STEP, up=STEP)


async def reordering(scene: Scene) -> Finding:
    return await undisturbed(scene, down=DISORDER)


async def thin(scene: Scene) -> Finding:
    found = [await _thin(scene, layers) for layers in (3, 1)]
    return Finding("; ".join(one.measured for one in found), all(one.good for one in found))


async def _thin(scene: Scene, layers: int) -> Finding:
    async with scene.on(layers) as (_, viewer):
        scene.viewer.line(down=THIN)
        await asyncio.sleep(FIRST_S)
        since = clock_ms()
        with scene.recorded() as records:
            await asyncio.sleep(THIN_S - FIRST_S)
        until = clock_ms()
        scene.viewer.line(down=CLEAN)
        back = await viewer.moves(until, BACK_S)
        seen = viewer.seen.between(since, until)
    came = bursts.packets(records, scene.viewer.number, down=True)
    longest = max(gaps(seen.frames, since, until))
    fps, share, voice = rate(seen.frames, since, until), repeated(seen), concealed(seen)
    least = least_gap_ms(came, kbps=THIN.rate)
    fits = fps >= LEAST_FPS and longest <= STALL_MS
    still = longest <= max(STILL_MS, STILL_TIMES * least) and share <= MOST_DROWNED
    return Finding(
        f"{layers}: {fps:.1f} fps {height(seen.frames, since, until)}p, longest gap {longest / 1000:.1f} s"
        f"{'' if fits else f' (the largest picture and the voice take {least / 1000:.2f} s)'}, "
        f"{sum(freezes(seen.frames, since, until)) / 1000:.1f} s frozen, {share:.0f} % repeats, "
        f"voice {voice:.1f} %, high after {seconds(back)}",
        (fits or (layers == 1 and still)) and voice <= MOST_CONCEALED and back is not None and back <= BACK_WITHIN_S,
    )
