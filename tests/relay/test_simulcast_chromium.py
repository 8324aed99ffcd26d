"""The pitcher's own publishing module in a real browser: its layers arrive, come and go."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn
from playwright.async_api import Browser, Page
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from roadshow.ids import SourceId
from roadshow.rooms.lanes import MAIN
from roadshow.rooms.relay.relay import ForwardingRelay
from roadshow.rooms.relay.sources.publication import Publication
from roadshow.signalling.routes import signalling_routes
from tests.relay.browser import PAGE, PATIENCE_S, a_page, plays, whep, whip
from tests.relay.support import ROOM, Gate, Listener, running_relay

STATIC = Path(__file__).parents[2] / "web" / "static"
CAMERA, SLIDES = SourceId("alpha/camera"), SourceId("alpha/slides")
SCRIPT = """<script type="module">
import { Publisher } from "/static/js/media/whip.js";
// `codec`: the only one offered, whatever the module prefers; empty: as it prefers.
window.present = async (url, codec, width, height, slides) => {
  const restrict = RTCRtpTransceiver.prototype.setCodecPreferences;
  RTCRtpTransceiver.prototype.setCodecPreferences = function (codecs) {
    const of = c => !codec || ["video/" + codec, "video/rtx"].includes(c.mimeType);
    restrict.call(this, codecs.filter(of));
  };
  const video = {width: {exact: width}, height: {exact: height}, frameRate: 20};
  const media = await navigator.mediaDevices.getUserMedia({video});
  window.presenter = new Publisher(url, "alpha", {tracks: media.getVideoTracks(), slides});
  const opened = new Promise(resolve => presenter.addEventListener("opened", resolve, {once: true}));
  presenter.start();
  await opened;
  RTCRtpTransceiver.prototype.setCodecPreferences = restrict;
};
window.activate = async (rid, active) => {  // as the browser itself does when its line gets narrow
  const [sender] = presenter.pc.getSenders(), parameters = sender.getParameters();
  parameters.encodings.find(encoding => encoding.rid === rid).active = active;
  await sender.setParameters(parameters);
};
</script>"""


@asynccontextmanager
async def serving(relay: ForwardingRelay) -> AsyncIterator[str]:
    """A page with the product's own module, and the relay's HTTP side."""
    page = Route("/", lambda request: HTMLResponse(PAGE + SCRIPT))
    static = Mount("/static", StaticFiles(directory=STATIC))
    app = Starlette(routes=[page, static, *signalling_routes(relay, Gate())])
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", ws="none"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        async with asyncio.TaskGroup() as group:
            group.create_task(server.serve(sockets=[listening]))
            try:
                yield f"http://127.0.0.1:{listening.getsockname()[1]}"
            finally:
                server.should_exit = True


class Hall:
    """A relay, a browser, and a viewer of the main picture."""

    def __init__(self, relay: ForwardingRelay, browser: Browser, base: str) -> None:
        self.relay, self.browser, self.base = relay, browser, base

    async def page(self) -> Page:
        return await a_page(self.browser, self.base)

    async def watching(self) -> Page:
        page = await self.page()
        await page.evaluate("url => watch(url)", whep(self.base))
        return page

    async def presenting(self, codec: str, width: int, height: int, slides: bool = False) -> Page:
        page = await self.page()
        await page.evaluate("args => present(...args)", [whip(self.base), codec, width, height, slides])
        return page

    async def published(self, source: SourceId, condition: Callable[[Publication], bool]) -> Publication:
        """Wait until what is published under this name is so."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                found = self.relay._stages[ROOM].sources.get(source)
                if found is not None and condition(found):
                    return found
                await asyncio.sleep(0.05)


@asynccontextmanager
async def hall(browser: Browser) -> AsyncIterator[Hall]:
    async with running_relay(Listener()) as relay, serving(relay) as base:
        relay.show(ROOM, {MAIN: CAMERA})
        yield Hall(relay, browser, base)


def layers(publication: Publication) -> list[tuple[str, tuple[int, int] | None]]:
    pairs = zip(publication.layers, publication.live, strict=True)
    return [(layer.rid, layer.payloads.size) for layer, live in pairs if live]


@pytest.mark.alone  # Chromium leaves out a layer it has no time to encode
@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_a_camera_comes_in_three_layers_and_the_picture_outlives_the_highest(
    codec: str, browser: Browser
) -> None:
    three = [("l", (320, 180)), ("m", (640, 360)), ("h", (1280, 720))]
    async with hall(browser) as here:
        viewer = await here.watching()
        presenter = await here.presenting(codec, 1280, 720)
        camera = await here.published(CAMERA, lambda found: layers(found) == three)
        assert {layer.codec for layer in camera.layers} == {codec}
        await plays(viewer, codec, 1280)
        await presenter.evaluate("activate('h', false)")
        await here.published(CAMERA, lambda found: layers(found) == three[:2])
        await plays(viewer, codec, 640)
        await presenter.evaluate("activate('h', true)")
        await here.published(CAMERA, lambda found: layers(found) == three)
        await plays(viewer, codec, 1280)


async def test_small_cameras_come_in_fewer_layers_and_slides_in_one(browser: Browser) -> None:
    async with hall(browser) as here:
        presenter = await here.presenting("", 640, 480)
        two = [("l", (320, 240)), ("h", (640, 480))]
        await here.published(CAMERA, lambda found: layers(found) == two)
        await presenter.close()  # the fake camera has one size at a time
        await here.presenting("", 1280, 720, slides=True)
        slides = await here.published(SLIDES, lambda found: found.layers[0].payloads.size == (1280, 720))
        assert layers(slides) == [("", (1280, 720))]
