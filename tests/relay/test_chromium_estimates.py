"""A real browser tells how much its network carries: by what came of our packets, or by an estimate of its own."""

import asyncio
from itertools import pairwise

import pytest
from playwright.async_api import Browser

from roadshow.ids import SourceId
from roadshow.rooms.lanes import FLOOR_1, MAIN
from roadshow.rooms.relay.offers import negotiation
from roadshow.rooms.relay.watching import Watching
from tests.relay.browser import PATIENCE_S, a_page, plays, serving, whep, whip
from tests.relay.support import ROOM, running_relay

LOOK_S = 0.1
ENOUGH = 3
"""Estimates that differ. A calm line is looked at every two seconds; an estimate of all that is given stands still."""


@pytest.mark.parametrize("measured", [True, False], ids=["our packets", "its own estimate"])
async def test_chromium_tells_what_its_network_carries(
    monkeypatch: pytest.MonkeyPatch, browser: Browser, measured: bool
) -> None:
    """The rules for the quality stand on it: it comes at all, begins near what is received, and rises."""
    if not measured:
        monkeypatch.setattr(negotiation, "numbers_packets", lambda section, formats: False)
    async with running_relay() as relay, serving(relay) as base:
        relay.show(ROOM, {MAIN: SourceId("alpha/camera"), FLOOR_1: SourceId("alpha/microphone")})
        publisher, viewer = await a_page(browser, base), await a_page(browser, base)
        await viewer.evaluate("url => watch(url)", whep(base))
        await publisher.evaluate("url => publish(url, 'alpha', 'VP8', 640, 480)", whip(base))
        await plays(viewer, "VP8", 640)
        (watching,) = relay._viewers.values()
        async with asyncio.timeout(PATIENCE_S):
            estimates = await estimated(watching)
        (camera,) = relay._stages[ROOM].sources[SourceId("alpha/camera")].layers
        assert estimates[0] < 2 * max(camera.reception.bitrate, 100_000)
        assert sum(later > earlier for earlier, later in pairwise(estimates)) >= ENOUGH // 2
        assert (watching.measured is not None) is measured
        if watching.measured is not None:
            told = watching.measured.line.told
            assert told.lost <= 0.02 * told.came
            assert told.departed - told.came - told.lost < 200, "what is on its way"


async def estimated(watching: Watching) -> list[int]:
    """Its estimates, until there are enough."""
    estimates: list[int] = []
    while len(estimates) < ENOUGH:
        await asyncio.sleep(LOOK_S)
        if watching.bandwidth is not None and estimates[-1:] != [watching.bandwidth]:
            estimates.append(watching.bandwidth)
    return estimates
