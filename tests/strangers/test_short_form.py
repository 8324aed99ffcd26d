"""A few seconds of ``make strangers``, with what needs nothing of the system: FFmpeg, aiortc, and pages of another
origin with clients from npm."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import suppress

import pytest
from playwright.async_api import Browser

from tests.browser.acts import until
from tests.demo_server import DemoServer
from tests.strangers.aiortc_client import LOOPBACK
from tests.strangers.clients import HERE, Act, ffmpeg_wheel, program
from tests.strangers.ffmpeg import ffmpeg
from tests.strangers.pages_of_others import OtherPage, page_server

ENOUGH = 10
"""Pictures, and as many packets of sound: it goes on, then."""
PATIENCE = 30


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoServer]:
    """One for all here: each test has a room of its own."""
    with DemoServer(tmp_path_factory.mktemp("strangers"), brisk=False) as running:
        yield running


@pytest.fixture(scope="module")
def other_origin() -> Iterator[str]:
    with page_server() as address:
        yield address


async def test_ffmpeg_publishes_and_an_aiortc_viewer_decodes_it(server: DemoServer) -> None:
    """FFmpeg's WHIP muxer is the DTLS server, and checks no connection once it has one; nobody here wrote either."""
    room = server.links["rooms"][0]
    there, enough = asyncio.Event(), asyncio.Event()

    def told(video: int, audio: int) -> None:
        there.set()
        if min(video, audio) >= ENOUGH:
            enough.set()

    viewer = program(sys.executable, str(HERE / "aiortc_client.py"), **{LOOPBACK: "1"})
    watching = asyncio.create_task(viewer(Act("watch", room["whep"], room["watch_token"], PATIENCE, told)))
    try:
        async with asyncio.timeout(PATIENCE):
            await there.wait()
            sends = Act("publish", room["whip"], room["publish_token"], 5, lambda _video, _audio: None)
            await ffmpeg_wheel(ffmpeg())(sends)
            await enough.wait()
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


@pytest.mark.parametrize(("client", "number"), [("whip-whep", 1), ("eyevinn", 2)])
async def test_a_page_of_another_origin_publishes_and_watches_without_an_error(
    server: DemoServer, browser: Browser, other_origin: str, client: str, number: int
) -> None:
    """From the preflight to DELETE, a restart of ICE between them where the client has one: no request is refused or
    fails, and the console stays empty. Both connections are closed as their clients do it, one before it says so."""
    room = server.links["rooms"][number]
    publisher, viewer = (OtherPage(browser, other_origin, client) for _ in range(2))
    async with (
        asyncio.timeout(PATIENCE),
        publisher.connected("publish", room["whip"], room["publish_token"]) as stage,
        viewer.connected("watch", room["whep"], room["watch_token"]) as page,
    ):
        await until(page, _more_than(0, 0))
        pages = (stage, page) if client == "whip-whep" else ()
        for one in pages:
            await one.evaluate("strangers.restart()")
        await until(page, _more_than(*await viewer.counts(page)))


def _more_than(video: int, audio: int) -> str:
    return f"strangers.counts().then(got => got.video >= {video + ENOUGH} && got.audio >= {audio + ENOUGH})"
