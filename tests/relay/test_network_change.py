"""A peer's address changes in mid-stream: a NAT forgot it, or the browser restarted ICE. Media go on by themselves."""

import asyncio
from typing import Any

from playwright.async_api import Browser, Page

from roadshow.ids import SourceId
from roadshow.rooms.lanes import FLOOR_1, MAIN
from tests.relay.browser import PATIENCE_S, a_page, got, plays, sent, serving, whep, whip
from tests.relay.lossy import LossyProxy, Weather, lossy
from tests.relay.support import ROOM, running_relay

LAN = Weather(delay_ms=5)
FRESH = 10
"""Frames after a change, a second's, that show the picture is back for good."""


async def more(page: Page, than: dict[str, Any]) -> dict[str, Any]:
    """Wait until the viewer has decoded a second's more frames."""
    async with asyncio.timeout(PATIENCE_S):
        wanted = than["framesDecoded"] + FRESH
        while (now := await got(page))["framesDecoded"] < wanted:  # noqa: ASYNC110  (the browser tells no event)
            await asyncio.sleep(0.1)
    return now


def outside(proxy: LossyProxy) -> set[int]:
    return {int(flow.outside.getsockname()[1]) for flow in proxy.flows.values()}


async def test_media_follow_a_new_address_and_an_ice_restart_on_one_connection(browser: Browser) -> None:
    """A phone goes from one network to another; neither it nor we negotiate anything but, at times, ICE."""
    async with (
        running_relay() as relay,
        serving(relay) as base,
        lossy(relay.udp_port, LAN, LAN) as proxy,
    ):
        publisher, viewer = await a_page(browser, base), await a_page(browser, base)
        relay.show(ROOM, {MAIN: SourceId("p/camera"), FLOOR_1: SourceId("p/microphone")})
        await publisher.evaluate("([url, port]) => publish(url, 'p', 'VP8', 640, 480, port)", [whip(base), proxy.port])
        await viewer.evaluate("([url, port]) => watch(url, port)", [whep(base), proxy.port])
        await plays(viewer, "VP8", 640)
        assert len(proxy.flows) >= 2, "media went past the proxy"
        start = await got(viewer)

        # The NAT gives both of them new addresses. Checks come from there every two or three seconds.
        former = outside(proxy)
        proxy.rebind()
        assert not former & outside(proxy)
        moved = await more(viewer, await got(viewer))
        assert await viewer.evaluate("viewer.connectionState") == "connected"

        # The browsers restart ICE, viewer and publisher: new credentials and a new tag, the same DTLS association.
        for page, end in ((viewer, "viewer"), (publisher, "publisher")):
            before, after = await page.evaluate(f"restart({end})")
            assert before != after
        restarted = await more(viewer, await got(viewer))

        # Both at once: the address is gone, and the browser restarts ICE from the new one.
        proxy.rebind()
        await viewer.evaluate("restart(viewer)")
        last = await more(viewer, await got(viewer))

        assert last["ssrc"] == start["ssrc"] == moved["ssrc"] == restarted["ssrc"]
        assert last["framesDecoded"] > start["framesDecoded"]
        assert (await sent(publisher))["framesSent"] > 0
