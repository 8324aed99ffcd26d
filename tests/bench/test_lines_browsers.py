"""``roadshow bench lines`` in brief: its network, server, browsers and pages tell the truth of a line."""

import asyncio

import pytest

from roadshow.bench.lines.network import CLEAN, Line, missing
from roadshow.bench.lines.scene import Scene, clock_ms
from roadshow.bench.lines.seen import Seen, round_trip_ms

pytestmark = pytest.mark.skipif(missing() is not None, reason=str(missing()))
PATIENCE_S = 30.0
DELAY_MS = 40.0


@pytest.mark.alone
async def test_two_browsers_see_each_other_through_a_bad_line_and_each_thing_it_does_is_seen() -> None:
    """A bench that measures a clean line whatever it was told calls everything good."""
    async with Scene(filled=False) as scene:
        scene.pitcher.line(up=Line(delay=DELAY_MS, rate=1500, queue=300))
        pitcher, viewer = await scene.pitch(1), await scene.watch()
        since = clock_ms()
        assert await viewer.moves(since, PATIENCE_S, least=5) is not None
        assert await pitcher.look_until(lambda seen: round_trip_ms(seen) >= DELAY_MS, PATIENCE_S)
        assert viewer.seen.state == pitcher.seen.state == "live"
        assert await viewer.look_until(heard, PATIENCE_S)

        scene.viewer.line(down=Line(blockudp=True))
        stopped = clock_ms()
        await viewer.look_until(lambda seen: still_for(seen, 1500), PATIENCE_S)
        scene.viewer.line(down=CLEAN)
        assert await viewer.moves(clock_ms(), PATIENCE_S, least=5) is not None
        assert viewer.seen.frames[-1][0] > stopped
        await asyncio.gather(viewer.leave(), pitcher.leave())


def heard(seen: Seen) -> bool:
    return seen.went("totalSamplesReceived", mid=seen.voice) - seen.went("concealedSamples", mid=seen.voice) > 0


def still_for(seen: Seen, milliseconds: float) -> bool:
    return clock_ms() - seen.frames[-1][0] >= milliseconds
