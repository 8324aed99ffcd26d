"""The relay with a real browser at both ends, on a good network."""

import asyncio

from playwright.async_api import Browser

from roadshow.ids import SourceId
from roadshow.rooms.lanes import FLOOR_1, MAIN
from tests.relay.browser import PATIENCE_S, a_page, plays, serving, whep, whip
from tests.relay.support import ROOM, Listener, running_relay


async def test_pictures_go_on_through_a_change_of_publishers_and_codecs_on_one_connection(browser: Browser) -> None:
    """The final's promise to its audience: one connection, from the first pitch to the last."""
    listener = Listener()
    async with running_relay(listener) as relay, serving(relay) as base:

        def on_stage(publisher: str) -> None:
            relay.show(
                ROOM,
                {MAIN: SourceId(f"{publisher}/camera"), FLOOR_1: SourceId(f"{publisher}/microphone")},
            )

        first, second, third, viewer, late = [await a_page(browser, base) for _ in range(5)]
        on_stage("alpha")
        await viewer.evaluate("url => watch(url)", whep(base))
        await first.evaluate("url => publish(url, 'alpha', 'VP8', 640, 480)", whip(base))
        await plays(viewer, "VP8", 640)
        assert await viewer.evaluate("lanes") == ["main", "slides", "floor-1", "floor-2", "floor-3"]
        ssrc = (await viewer.evaluate("inbound()"))[0]["ssrc"]
        async with asyncio.timeout(PATIENCE_S):
            # Known only from sender reports; without them, or with wrong ones, it is null or far off.
            assert await viewer.evaluate("until(apart)") < 1000

        await second.evaluate("url => publish(url, 'beta', 'VP8', 320, 240)", whip(base))
        on_stage("beta")
        await plays(viewer, "VP8", 320)

        await third.evaluate("url => publish(url, 'gamma', 'H264', 640, 360)", whip(base))
        on_stage("gamma")
        await plays(viewer, "H264", 640)

        await late.evaluate("url => watch(url)", whep(base))
        await plays(late, "H264", 640)
        on_stage("alpha")
        await plays(viewer, "VP8", 640)

        await first.reload()
        await first.evaluate("url => publish(url, 'alpha', 'VP8', 480, 360)", whip(base))
        await plays(viewer, "VP8", 480)
        assert SourceId("alpha/camera") in listener.present

        streams = await viewer.evaluate("inbound()")
        assert streams[0]["ssrc"] == ssrc
        assert next(stream for stream in streams if stream["kind"] == "audio")["heard"] > 0
