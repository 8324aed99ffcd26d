"""The relay with a real browser at both ends."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from playwright.async_api import Browser, Page, async_playwright
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from roadshow.ids import SourceId
from roadshow.live.signalling import signalling_routes
from roadshow.rooms.ports import Lane
from tests.relay.support import ROOM, Gate, Listener, running_relay

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_S = 30
PAGE = """<!doctype html><meta charset="utf-8"><script>
const exchange = async (pc, url, token) => {
  await pc.setLocalDescription();
  const reply = await fetch(url, {method: "POST", body: pc.localDescription.sdp,
    headers: {"Content-Type": "application/sdp", ...(token ? {Authorization: "Bearer " + token} : {})}});
  if (reply.status !== 201) throw new Error(reply.status + " " + await reply.text());
  await pc.setRemoteDescription({type: "answer", sdp: await reply.text()});
  return {location: reply.headers.get("Location"), etag: reply.headers.get("ETag")};
};
window.publish = async (url, token, codec, width, height) => {
  const media = await navigator.mediaDevices.getUserMedia({video: {width, height, frameRate: 20},
    audio: {echoCancellation: false, noiseSuppression: false, autoGainControl: false}});
  const pc = window.publisher = new RTCPeerConnection();
  for (const track of media.getTracks()) {
    const transceiver = pc.addTransceiver(track, {direction: "sendonly", streams: [media]});
    if (track.kind === "video") {
      const all = RTCRtpSender.getCapabilities("video").codecs;
      transceiver.setCodecPreferences(all.filter(c => c.mimeType === "video/" + codec));
    }
  }
  return await exchange(pc, url, token);
};
window.watch = async (url) => {
  const pc = window.viewer = new RTCPeerConnection();
  window.lanes = [];
  pc.ontrack = event => {
    lanes.push(event.streams.at(-1).id);
    const element = document.createElement(event.track.kind);
    element.autoplay = true;
    element.srcObject = new MediaStream([event.track]);
    document.body.append(element);
  };
  for (const kind of ["video", "video", "audio", "audio", "audio"]) pc.addTransceiver(kind, {direction: "recvonly"});
  return await exchange(pc, url);
};
window.inbound = async () => {
  const all = [], stats = await viewer.getStats();
  for (const s of stats.values()) if (s.type === "inbound-rtp") all.push({mid: s.mid, ssrc: s.ssrc, kind: s.kind,
    frames: s.framesDecoded ?? 0, width: s.frameWidth, codec: stats.get(s.codecId)?.mimeType, plis: s.pliCount,
    heard: s.totalSamplesReceived - s.concealedSamples, plays: s.estimatedPlayoutTimestamp});
  return all.sort((a, b) => a.mid - b.mid);
};
window.until = async (condition, argument) => {
  for (;;) {
    const result = await condition(argument);
    if (result) return result;
    await new Promise(resolve => setTimeout(resolve, 100));
  }
};
let seen = 0;
window.plays = async ([codec, width]) => {  // the picture moves, in this codec and size
  const main = (await inbound()).find(s => s.mid === "0");
  if (!main) return false;
  const moves = main.frames > seen;
  seen = main.frames;
  return moves && main.width === width && main.codec === "video/" + codec && viewer.connectionState === "connected";
};
window.apart = async () => {  // how far sound and picture are apart, in ms, once both are known
  const streams = await inbound();
  const [picture, sound] = ["video", "audio"].map(kind => streams.find(s => s.kind === kind)?.plays);
  return picture && sound ? Math.abs(picture - sound) : null;
};
</script>"""

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")


@asynccontextmanager
async def serving(app: Starlette) -> AsyncIterator[str]:
    """Serve on a free port of loopback, in this event loop."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", ws="none"))
    async with asyncio.TaskGroup() as group:
        group.create_task(server.serve(sockets=[listening]))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


async def plays(page: Page, codec: str, width: int) -> None:
    """Wait until the page's main picture moves, in this codec and size."""
    async with asyncio.timeout(PATIENCE_S):
        await page.evaluate("wanted => until(plays, wanted)", [codec, width])


async def test_pictures_go_on_through_a_change_of_publishers_and_codecs_on_one_connection() -> None:
    """The final's promise to its audience: one connection, from the first pitch to the last."""
    listener = Listener()
    page_route = Route("/", lambda request: HTMLResponse(PAGE))
    async with (
        running_relay(listener) as relay,
        serving(Starlette(routes=[page_route, *signalling_routes(relay, Gate())])) as base,
        chromium() as browser,
    ):
        whip, whep = f"{base}/rooms/{ROOM}/whip", f"{base}/rooms/{ROOM}/whep"

        async def page() -> Page:
            opened = await (await browser.new_context(permissions=["camera", "microphone"])).new_page()
            await opened.goto(base)
            return opened

        def on_stage(publisher: str) -> None:
            relay.show(
                ROOM,
                {Lane.MAIN: SourceId(f"{publisher}/camera"), Lane.FLOOR_1: SourceId(f"{publisher}/microphone")},
            )

        first, second, third, viewer, late = [await page() for _ in range(5)]
        on_stage("alpha")
        await viewer.evaluate("url => watch(url)", whep)
        await first.evaluate("url => publish(url, 'alpha', 'VP8', 640, 480)", whip)
        await plays(viewer, "VP8", 640)
        assert await viewer.evaluate("lanes") == ["main", "slides", "floor-1", "floor-2", "floor-3"]
        ssrc = (await viewer.evaluate("inbound()"))[0]["ssrc"]
        async with asyncio.timeout(PATIENCE_S):
            # Known only from sender reports; without them, or with wrong ones, it is null or far off.
            assert await viewer.evaluate("until(apart)") < 1000

        await second.evaluate("url => publish(url, 'beta', 'VP8', 320, 240)", whip)
        on_stage("beta")
        await plays(viewer, "VP8", 320)

        await third.evaluate("url => publish(url, 'gamma', 'H264', 640, 360)", whip)
        on_stage("gamma")
        await plays(viewer, "H264", 640)

        await late.evaluate("url => watch(url)", whep)
        await plays(late, "H264", 640)
        on_stage("alpha")
        await plays(viewer, "VP8", 640)

        await first.reload()
        await first.evaluate("url => publish(url, 'alpha', 'VP8', 480, 360)", whip)
        await plays(viewer, "VP8", 480)
        assert SourceId("alpha/camera") in listener.present

        streams = await viewer.evaluate("inbound()")
        assert streams[0]["ssrc"] == ssrc
        assert next(stream for stream in streams if stream["kind"] == "audio")["heard"] > 0
