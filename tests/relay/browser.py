"""A real Chromium that publishes and watches, for tests and measurements."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from playwright.async_api import Browser, Page
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from roadshow.rooms.relay.relay import ForwardingRelay
from roadshow.signalling.routes import signalling_routes
from tests.relay.support import ROOM, Gate

PATIENCE_S = 30
PAGE = """<!doctype html><meta charset="utf-8"><script>
// `through`: the port of a proxy that stands before the relay, where there is one.
const exchange = async (pc, url, token, through) => {
  await pc.setLocalDescription();
  const reply = await fetch(url, {method: "POST", body: pc.localDescription.sdp,
    headers: {"Content-Type": "application/sdp", ...(token ? {Authorization: "Bearer " + token} : {})}});
  if (reply.status !== 201) throw new Error(reply.status + " " + await reply.text());
  const sdp = detour(await reply.text(), through);
  await pc.setRemoteDescription({type: "answer", sdp});
  pc.through = through;
  pc.session = {location: reply.headers.get("Location"), etag: reply.headers.get("ETag")};
  return pc.session;
};
const detour = (sdp, port) => port ? sdp.replace(/^(a=candidate:\\S+ \\d+ udp \\d+ \\S+) \\d+/gm, "$1 " + port) : sdp;
// Restart ICE as RFC 9725, section 4.3.3 has it: PATCH with new credentials, the answer's put into the description.
window.restart = async (pc) => {
  const {location, etag} = pc.session;
  pc.restartIce();
  await pc.setLocalDescription();
  const lines = pc.localDescription.sdp.split("\\r\\n"), first = lines.findIndex(l => l.startsWith("m="));
  const line = start => lines.find((l, at) => at > first && l.startsWith(start));
  const fragment = [line("a=ice-ufrag:"), line("a=ice-pwd:"), lines[first], line("a=mid:")].join("\\r\\n") + "\\r\\n";
  const reply = await fetch(location, {method: "PATCH", body: fragment,
    headers: {"Content-Type": "application/trickle-ice-sdpfrag", "If-Match": "*"}});
  if (reply.status !== 200) throw new Error(reply.status + " " + await reply.text());
  const theirs = await reply.text();
  const told = name => theirs.match(new RegExp("^a=" + name + ":(\\\\S+)", "m"))[1];
  const sdp = pc.remoteDescription.sdp
    .replace(/^a=ice-ufrag:.*$/gm, "a=ice-ufrag:" + told("ice-ufrag"))
    .replace(/^a=ice-pwd:.*$/gm, "a=ice-pwd:" + told("ice-pwd"));
  await pc.setRemoteDescription({type: "answer", sdp});
  pc.session = {location, etag: reply.headers.get("ETag")};
  return [etag, pc.session.etag];
};
window.publish = async (url, token, codec, width, height, through) => {
  const media = await navigator.mediaDevices.getUserMedia({video: {width, height, frameRate: 20},
    audio: {echoCancellation: false, noiseSuppression: false, autoGainControl: false}});
  return await send(media, url, token, codec, through);
};
const send = async (media, url, token, codec, through) => {
  const pc = window.publisher = new RTCPeerConnection();
  for (const track of media.getTracks()) {
    const transceiver = pc.addTransceiver(track, {direction: "sendonly", streams: [media]});
    if (track.kind === "video") {
      const all = RTCRtpSender.getCapabilities("video").codecs;
      const wanted = c => c.mimeType === "video/" + codec || c.mimeType === "video/rtx";
      transceiver.setCodecPreferences(all.filter(wanted));
    }
  }
  return await exchange(pc, url, token, through);
};
// A picture with so much change in it that the encoder needs all the bits it may have.
window.publishNoise = async (url, token, codec, width, height, through) => {
  const board = () => Object.assign(document.createElement("canvas"), {width, height});
  const canvas = board(), paint = canvas.getContext("2d"), grain = board(), dots = new ImageData(width, height);
  let state = 1;
  for (let at = 0; at < dots.data.length; at += 1) {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    dots.data[at] = at % 4 === 3 ? 255 : state >> 20 & 255;
  }
  grain.getContext("2d").putImageData(dots, 0, 0);
  let frame = 0;
  setInterval(() => {
    frame += 1;
    paint.drawImage(grain, -(frame * 37 % 200), -(frame * 23 % 100), width * 2, height * 2);
    paint.fillStyle = "#346";
    paint.fillRect(0, 0, width * 0.7, height);
  }, 1000 / 30);
  const sound = await navigator.mediaDevices.getUserMedia({audio: true});
  const media = canvas.captureStream(30);
  media.addTrack(sound.getAudioTracks()[0]);
  return await send(media, url, token, codec, through);
};
window.watch = async (url, through) => {
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
  return await exchange(pc, url, null, through);
};
window.inbound = async () => {
  const all = [], stats = await viewer.getStats();
  for (const s of stats.values()) if (s.type === "inbound-rtp") all.push({mid: s.mid, ssrc: s.ssrc, kind: s.kind,
    frames: s.framesDecoded ?? 0, width: s.frameWidth, codec: stats.get(s.codecId)?.mimeType, plis: s.pliCount,
    heard: s.totalSamplesReceived - s.concealedSamples, plays: s.estimatedPlayoutTimestamp});
  return all.sort((a, b) => a.mid - b.mid);
};
// All numbers of the main picture (or the first voice), as this end of a connection counts them.
window.counts = async (pc, kind, type) => {
  for (const s of (await pc.getStats()).values())
    if (s.type === type && s.kind === kind && (type !== "inbound-rtp" || s.mid === (kind === "video" ? "0" : "2")))
      return Object.fromEntries(Object.entries(s));
  return null;
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


@asynccontextmanager
async def serving(relay: ForwardingRelay) -> AsyncIterator[str]:
    """The page and the relay's HTTP side on a free port of loopback, in this event loop."""
    page = Route("/", lambda request: HTMLResponse(PAGE))
    app = Starlette(routes=[page, *signalling_routes(relay, Gate())])
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", ws="none"))
    async with asyncio.TaskGroup() as group:
        group.create_task(server.serve(sockets=[listening]))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True


async def a_page(browser: Browser, base: str) -> Page:
    opened = await (await browser.new_context(permissions=["camera", "microphone"])).new_page()
    await opened.goto(base)
    return opened


def whip(base: str) -> str:
    return f"{base}/rooms/{ROOM}/whip"


def whep(base: str) -> str:
    return f"{base}/rooms/{ROOM}/whep"


async def plays(page: Page, codec: str, width: int) -> None:
    """Wait until the page's main picture moves, in this codec and size."""
    async with asyncio.timeout(PATIENCE_S):
        await page.evaluate("wanted => until(plays, wanted)", [codec, width])


async def sent(page: Page) -> dict[str, Any]:
    """The publisher's outbound picture, as Chromium counts it."""
    counts: dict[str, Any] = await page.evaluate("until(() => counts(publisher, 'video', 'outbound-rtp'))")
    return counts


async def got(page: Page, kind: str = "video") -> dict[str, Any]:
    """The viewer's main picture or first voice, as Chromium counts it."""
    counts: dict[str, Any] = await page.evaluate("kind => until(() => counts(viewer, kind, 'inbound-rtp'))", kind)
    return counts
