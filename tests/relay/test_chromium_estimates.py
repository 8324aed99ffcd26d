"""A real browser tells the relay how much its network carries."""

import asyncio
from itertools import pairwise

import pytest
from playwright.async_api import Browser

from roadshow.ids import SourceId
from roadshow.rooms.lanes import FLOOR_1, MAIN
from roadshow.rooms.relay.watching import Watching
from roadshow.rooms.relay.wire import rtcp
from tests.relay.browser import PATIENCE_S, a_page, plays, serving, whep, whip
from tests.relay.support import ROOM, running_relay

ENOUGH = 20
"""Estimates: some five seconds of them."""


async def test_chromium_estimates_its_network_and_says_so(monkeypatch: pytest.MonkeyPatch, browser: Browser) -> None:
    """The rules for the quality stand on it: it comes at all, begins near what is received, and rises."""
    estimates: list[int] = []
    told = asyncio.Event()
    read = Watching.rtcp

    def listen(self: Watching, data: bytes, now: int) -> None:
        estimates.extend(part.bits_per_second for part in rtcp.parse(data) if isinstance(part, rtcp.Bandwidth))
        if len(estimates) >= ENOUGH:
            told.set()
        read(self, data, now)

    monkeypatch.setattr(Watching, "rtcp", listen)
    async with running_relay() as relay, serving(relay) as base:
        relay.show(ROOM, {MAIN: SourceId("alpha/camera"), FLOOR_1: SourceId("alpha/microphone")})
        publisher, viewer = await a_page(browser, base), await a_page(browser, base)
        await viewer.evaluate("url => watch(url)", whep(base))
        await publisher.evaluate("url => publish(url, 'alpha', 'VP8', 640, 480)", whip(base))
        await plays(viewer, "VP8", 640)
        async with asyncio.timeout(PATIENCE_S):
            await told.wait()
        (camera,) = relay._stages[ROOM].sources[SourceId("alpha/camera")].layers
        assert estimates[0] < 2 * max(camera.reception.bitrate, 100_000)
        assert sum(later > earlier for earlier, later in pairwise(estimates)) >= 5
