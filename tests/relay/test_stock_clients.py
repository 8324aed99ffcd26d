"""aiortc's own peer connections publish by WHIP and watch by WHEP, over HTTP: a client we did not write, with real
codecs, other jitter buffers and other SDP. OBS is here as the offer it makes.

What else others made is in tests/strangers.
"""

import asyncio
import fractions
import itertools
import math
from array import array
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Literal

import aioice.ice
import httpx
import pytest
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
    VideoStreamTrack,
)
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame, VideoFrame
from starlette.applications import Starlette
from typing_extensions import override

from roadshow.ids import SourceId
from roadshow.rooms.lanes import FLOOR_1, MAIN
from roadshow.rooms.relay.offers.formats import WANTED
from roadshow.signalling.routes import FRAGMENT, SDP, signalling_routes
from tests.relay.light_peer import LightPeer, h264, opus
from tests.relay.support import ROOM, Gate, Listener, running_relay

PATIENCE_S = 20
SAMPLES = 960
"""Of 20 ms at 48 kHz."""
PITCH = 1000
"""Hz."""
BRIGHT, DARK = 200, 60
"""Luma of the picture's left and right half."""


class Tone(MediaStreamTrack):
    """One pitch, loud."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._at = 0

    @override
    async def recv(self) -> AudioFrame:
        await asyncio.sleep(SAMPLES / 48_000)
        at = range(self._at, self._at + SAMPLES)
        wave = array("h", (int(16_000 * math.sin(2 * math.pi * PITCH * n / 48_000)) for n in at))
        frame = AudioFrame(format="s16", layout="mono", samples=SAMPLES)
        frame.planes[0].update(wave.tobytes())
        frame.pts, frame.sample_rate, frame.time_base = self._at, 48_000, fractions.Fraction(1, 48_000)
        self._at += SAMPLES
        return frame


class Halves(VideoStreamTrack):
    """A bright left half and a dark right one."""

    @override
    async def recv(self) -> VideoFrame:
        pts, time_base = await self.next_timestamp()
        frame = VideoFrame(width=320, height=240, format="yuv420p")
        luma, *chroma = frame.planes
        line = bytes([BRIGHT] * 160 + [DARK] * 160 + [0] * (luma.line_size - 320))
        luma.update(line * 240)
        for plane in chroma:
            plane.update(bytes([128]) * plane.buffer_size)
        frame.pts, frame.time_base = pts, time_base
        return frame


class Studio:
    """A relay over HTTP, and aiortc's peers on loopback."""

    def __init__(self, client: httpx.AsyncClient, listener: Listener) -> None:
        self.client = client
        self.listener = listener
        self.peers: list[RTCPeerConnection] = []

    def peer(self) -> RTCPeerConnection:
        made = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.peers.append(made)
        return made

    async def connect(self, peer: RTCPeerConnection, way: Literal["whip", "whep"], token: str = "") -> str:
        """One offer with all candidates, one answer. Gives the session's address."""
        await peer.setLocalDescription(await peer.createOffer())
        headers = {"Content-Type": SDP} | ({"Authorization": f"Bearer {token}"} if token else {})
        reply = await self.client.post(f"/rooms/{ROOM}/{way}", content=peer.localDescription.sdp, headers=headers)
        assert reply.status_code == 201, reply.text
        await peer.setRemoteDescription(RTCSessionDescription(reply.text, "answer"))
        return str(reply.headers["location"])

    async def publish(self, codec: str) -> str:
        peer = self.peer()
        peer.addTrack(Halves())
        peer.addTrack(Tone())
        prefer(peer, codec)
        return await self.connect(peer, "whip", "alpha")

    async def watch(self) -> tuple[str, dict[str, MediaStreamTrack]]:
        peer = self.peer()
        tracks: dict[str, MediaStreamTrack] = {}
        peer.on("track", lambda track: tracks.update({track.kind: track}))
        for kind in ("video", "audio"):
            peer.addTransceiver(kind, direction="recvonly")
        return await self.connect(peer, "whep"), tracks


@pytest.fixture
async def studio(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Studio]:
    async with _studio(monkeypatch) as made:
        yield made


@asynccontextmanager
async def _studio(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Studio]:
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: ["127.0.0.1"])
    listener = Listener()
    async with running_relay(listener) as relay:
        relay.show(ROOM, {MAIN: SourceId("alpha/camera"), FLOOR_1: SourceId("alpha/microphone")})
        transport = httpx.ASGITransport(Starlette(routes=signalling_routes(relay, Gate())))
        async with httpx.AsyncClient(transport=transport, base_url="http://relay.test") as client:
            made = Studio(client, listener)
            try:
                yield made
            finally:
                await asyncio.gather(*(peer.close() for peer in made.peers))


def prefer(peer: RTCPeerConnection, codec: str) -> None:
    """Offer this video codec alone, with its repeats."""
    wanted = [one for one in RTCRtpSender.getCapabilities("video").codecs if one.name in (codec, "rtx")]
    for transceiver in peer.getTransceivers():
        if transceiver.kind == "video":
            transceiver.setCodecPreferences(wanted)


async def frames(track: MediaStreamTrack, wanted: Callable[[VideoFrame | AudioFrame], bool], count: int) -> None:
    """Until so many decoded frames are as wanted."""
    seen = 0
    async with asyncio.timeout(PATIENCE_S):
        while seen < count:
            frame = await track.recv()
            assert isinstance(frame, VideoFrame | AudioFrame)
            seen += wanted(frame)


def shows_halves(frame: VideoFrame | AudioFrame) -> bool:
    if not isinstance(frame, VideoFrame) or (frame.width, frame.height) != (320, 240):
        return False
    luma = frame.planes[0]
    row = bytes(luma)[120 * luma.line_size :]
    return abs(row[80] - BRIGHT) < 20 and abs(row[240] - DARK) < 20


def sounds(frame: VideoFrame | AudioFrame) -> bool:
    """Loud, and crossing zero twice a period of the tone."""
    if not isinstance(frame, AudioFrame):
        return False
    channels = len(frame.layout.channels)
    wave = array("h", bytes(frame.planes[0])[: 2 * channels * frame.samples])[::channels]
    crossings = sum((a < 0) != (b < 0) for a, b in itertools.pairwise(wave))
    expected = 2 * PITCH * frame.samples / frame.sample_rate
    return max(wave) > 8_000 and abs(crossings - expected) <= 3


@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_an_aiortc_viewer_sees_and_hears_an_aiortc_publisher(studio: Studio, codec: str) -> None:
    """Whoever was there before and whoever comes late; what arrives is what was sent, not just something."""
    early, tracks = await studio.watch()
    publisher = await studio.publish(codec)
    late, late_tracks = await studio.watch()
    for taken in (tracks, late_tracks):
        await frames(taken["video"], shows_halves, 10)
        await frames(taken["audio"], sounds, 10)
    assert studio.listener.present == {"alpha/camera", "alpha/microphone"}
    assert [(await studio.client.delete(where)).status_code for where in (early, late)] == [200, 200]
    assert (await studio.client.delete(publisher)).status_code == 200
    await studio.listener.until(lambda: not studio.listener.present)
    # DELETE ends DTLS, which aiortc's tracks notice.
    with pytest.raises(MediaStreamError):
        await frames(tracks["video"], lambda _: False, 1)


async def test_an_aiortc_viewer_follows_a_change_of_codec(studio: Studio) -> None:
    """Another publisher takes the place in another codec; nobody negotiates again."""
    _, tracks = await studio.watch()
    first = await studio.publish("VP8")
    await frames(tracks["video"], shows_halves, 5)
    await studio.publish("H264")
    async with asyncio.timeout(PATIENCE_S):
        while (await studio.client.get(first)).status_code != 404:
            await frames(tracks["video"], shows_halves, 1)
    await frames(tracks["video"], shows_halves, 40)


def obs_offer(peer: LightPeer, candidates: bool) -> str:
    """As OBS 30 offers by libdatachannel: keys for the whole session, audio first, one payload type each, SSRCs told,
    no header extensions, no RTX; written anew from what such an offer contains."""
    whole = peer.offer()
    ice = [line for line in whole.split("\r\n") if line.startswith(("a=ice-", "a=fingerprint:"))]
    lines = ["v=0", "o=rtc 2889384193 0 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1", "a=group:LS 0 1"]
    lines += ["a=msid-semantic:WMS *", "a=setup:actpass", *ice, "a=ice-options:ice2,trickle"]
    for kind, mid, payload_type, ssrc in (("audio", 0, 111, 2), ("video", 1, 96, 1)):
        lines += [f"m={kind} 9 UDP/TLS/RTP/SAVPF {payload_type}", "c=IN IP4 0.0.0.0", f"a=mid:{mid}", "a=sendonly"]
        lines += [f"a=ssrc:{ssrc} cname:Kc3vQ", f"a=ssrc:{ssrc} msid:Zx8Aw Zx8Aw-{kind}", f"a=msid:Zx8Aw Zx8Aw-{kind}"]
        lines.append("a=rtcp-mux")
        if kind == "audio":
            fmtp = "minptime=10;maxaveragebitrate=96000;stereo=1;sprop-stereo=1;useinbandfec=1"
            lines += ["a=rtpmap:111 opus/48000/2", f"a=fmtp:111 {fmtp}"]
        else:
            lines += ["a=rtpmap:96 H264/90000", "a=rtcp-fb:96 nack", "a=rtcp-fb:96 nack pli", "a=rtcp-fb:96 goog-remb"]
            lines.append("a=fmtp:96 profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1")
        if candidates and kind == "audio":
            lines += ["a=candidate:1 1 UDP 2122317823 192.0.2.7 50001 typ host", "a=end-of-candidates"]
    return "\r\n".join(lines) + "\r\n"


@pytest.mark.parametrize("candidates", [True, False])
async def test_obs_is_answered_in_its_own_terms(studio: Studio, candidates: bool) -> None:
    """libdatachannel takes the same payload types, the same order and the roles; it sends its candidates or not."""
    peer = LightPeer()
    headers = {"Content-Type": SDP, "Authorization": "Bearer alpha"}
    reply = await studio.client.post(f"/rooms/{ROOM}/whip", content=obs_offer(peer, candidates), headers=headers)
    assert reply.status_code == 201, reply.text
    audio, video = reply.text.split("m=")[1:]
    assert audio.startswith("audio ")
    assert video.startswith("video ")
    for section, payload_type, mid in ((audio, 111, 0), (video, 96, 1)):
        lines = section.split("\r\n")
        assert lines[0].endswith(f"UDP/TLS/RTP/SAVPF {payload_type}")
        for wanted in (f"a=mid:{mid}", "a=recvonly", "a=rtcp-mux", "a=setup:passive"):
            assert wanted in lines
    assert "a=fmtp:96 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f" in video
    assert "a=rtcp-fb:96 nack pli" in video
    # A path alone: OBS joins it with the address it has reached.
    assert reply.headers["location"].startswith("/")
    await peer.connect(reply.text)
    for number in range(3):
        peer.send_rtp(h264_as_obs(number))
        peer.send_rtp(opus(number, 960 * number))
    await studio.listener.until(lambda: studio.listener.present == {"alpha/camera", "alpha/microphone"})
    fragment = f"a=ice-ufrag:{peer.ufrag}\r\na=ice-pwd:{peer.password}\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n"
    fragment += "a=candidate:1 1 UDP 2122317823 192.0.2.7 50001 typ host\r\n"
    trickle = {"Content-Type": FRAGMENT, "If-Match": reply.headers["etag"], "Authorization": "Bearer alpha"}
    trickled = await studio.client.patch(reply.headers["location"], content=fragment, headers=trickle)
    assert trickled.status_code == 204
    assert (await studio.client.delete(reply.headers["location"])).status_code == 200
    await studio.listener.until(lambda: not studio.listener.present)
    peer.vanish()


def h264_as_obs(number: int) -> bytes:
    """A key frame under OBS's payload type."""
    packet = h264(number, 3000 * number, key=True)
    return bytes((packet[0], 0x80 | 96)) + packet[2:]


async def test_obs_with_a_codec_nobody_can_read_is_refused(studio: Studio) -> None:
    """OBS can send HEVC and AV1; it shows the refusal, where a show without a picture would surprise everybody."""
    offer = obs_offer(LightPeer(), candidates=False).replace("H264/90000", "H265/90000")
    headers = {"Content-Type": SDP, "Authorization": "Bearer alpha"}
    reply = await studio.client.post(f"/rooms/{ROOM}/whip", content=offer, headers=headers)
    assert (reply.status_code, reply.json()["details"]) == (
        422,
        {"reason": "codec", "offered": "H265", "wanted": WANTED},
    )
    assert "VP8" in reply.json()["message"]
