"""A peer's address changes in mid-stream: a NAT forgot it, or the browser restarted ICE. Media go on by themselves."""

import asyncio
import re
from contextlib import suppress
from typing import Any

from playwright.async_api import Browser, Page

from roadshow import installation
from roadshow.ids import SourceId
from roadshow.rooms.lanes import FLOOR_1, MAIN
from tests.relay.browser import PATIENCE_S, a_page, got, plays, sent, serving, whep, whip
from tests.relay.lossy import LossyProxy, Weather, lossy
from tests.relay.support import ROOM, running_relay

MODULES = installation.web() / "static" / "js" / "connection"

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


class Callers:
    """An HTTP server that keeps connections, and notes by which each request comes."""

    def __init__(self) -> None:
        self.came: list[tuple[str, int]] = []
        self._kept: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._kept.append(writer)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                method, path, _ = head.split(" ", 2)
                if found := re.search(r"content-length: (\d+)", head, re.IGNORECASE):
                    await reader.readexactly(int(found[1]))
                self.came.append((method, int(writer.get_extra_info("peername")[1])))
                module = MODULES / path[1:]
                body = module.read_bytes() if module.suffix == ".js" else b"<!doctype html>"
                kind = "text/javascript" if module.suffix == ".js" else "text/html"
                writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode())
                writer.write(body)

    async def end(self) -> None:
        for writer in self._kept:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


async def test_a_hurried_request_waits_for_no_connection_of_before(browser: Browser) -> None:
    """The page's own may have gone with the network: a restart hung on it until it was given up."""
    callers = Callers()
    async with await asyncio.start_server(callers.serve, "127.0.0.1", 0) as server:
        page = await browser.new_page()
        await page.goto(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        await page.evaluate(
            """async () => {
              const { Signalling } = await import("/signalling.js");
              const signalling = new Signalling("/whep", "");
              for (const hurried of [false, false, true]) await (await signalling.begin("v=0", hurried)).text();
              await (await signalling.restart("/whep/1", "a=")).text();
            }"""
        )
        await page.close()
        await callers.end()
    usual = {port for method, port in callers.came[:-2]}
    hurried = {port for method, port in callers.came[-2:]}
    assert [method for method, _ in callers.came[-4:]] == ["POST", "POST", "POST", "PATCH"]
    assert callers.came[-3][1] in usual
    assert not hurried & usual
