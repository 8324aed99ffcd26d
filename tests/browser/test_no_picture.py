"""Why there is no picture, read by whoever misses it, in a browser without H264, and by the host."""

import aioice.ice
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender, VideoStreamTrack
from playwright.async_api import Browser, expect

from tests.browser.acts import STEP, advance, to_room
from tests.browser.conftest import People
from tests.browser.test_feed import connect
from tests.demo_server import DemoServer

WITHOUT_H264 = """
const offer = RTCPeerConnection.prototype.createOffer;
RTCPeerConnection.prototype.createOffer = function (...options) {
  const codecs = RTCRtpReceiver.getCapabilities("video").codecs.filter(({ mimeType }) => mimeType !== "video/H264");
  for (const transceiver of this.getTransceivers()) {
    if (transceiver.receiver.track.kind === "video") transceiver.setCodecPreferences(codecs);
  }
  return offer.apply(this, options);
};
"""
"""As a Firefox whose OpenH264 was never downloaded."""
HAS_H264 = "RTCRtpReceiver.getCapabilities('video').codecs.some(({ mimeType }) => mimeType === 'video/H264')"
SEVERAL = 15_000
"""The page asks first after 3 s, and the host's desk every 2."""


async def test_who_cannot_show_h264_reads_so_and_the_host_how_many(
    server: DemoServer, room: str, people: People, other_browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They waited for the picture for ever, while control read "good"."""
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: ["127.0.0.1"])
    stage = next(one for one in server.links["rooms"] if one["id"] == room)
    control = (await people.invited(server.people["organiser"])).page
    await to_room(control, room)
    feed = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    try:
        feed.addTrack(VideoStreamTrack())
        wanted = [one for one in RTCRtpSender.getCapabilities("video").codecs if one.name in ("H264", "rtx")]
        feed.getTransceivers()[0].setCodecPreferences(wanted)
        await connect(feed, stage["whip"], stage["publish_token"])
        await advance(control, "pitch")

        visit = await people.visit("about:blank")
        await visit.page.context.add_init_script(WITHOUT_H264)
        audience = visit.page
        await audience.goto(f"{server.base}/rooms/{room}/watch")
        await expect(audience.locator("room-stage")).to_have_attribute("data-reason", "codec", timeout=SEVERAL)
        await expect(audience.locator(".stage-slate")).to_contain_text("cannot show the picture (H264)")

        await expect(control.locator("#media-word")).to_have_text("weak", timeout=STEP)
        await expect(control.locator("#media-line")).to_contain_text("1 without a picture", timeout=STEP)
        await control.locator("#media > details > summary").click()
        # A Firefox as it is: Debian's comes without OpenH264, one that has it shows the picture.
        firefox = await (await other_browser.new_context()).new_page()
        await firefox.goto(f"{server.base}/rooms/{room}/watch")
        able = await firefox.evaluate(HAS_H264)
        await expect(firefox.locator("room-stage")).to_have_attribute(
            *(("data-layout", "main") if able else ("data-reason", "codec")), timeout=SEVERAL
        )

        row = control.locator("#media-sources li[data-key='feed/camera']")
        await expect(row).to_contain_text(f"{1 if able else 2} of 3 screens cannot show H264", timeout=STEP)
        await expect(control.locator("#media-viewers")).to_contain_text(f"{1 if able else 2} without a picture")
        await expect(control.locator("#media-advice")).to_contain_text("Let the encoder send VP8")
    finally:
        await feed.close()
    assert people.errors == []
