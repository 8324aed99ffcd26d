"""aiortc's own peer connections as publisher and viewer: a client we did not write, with real codecs."""

import asyncio
import fractions

import aioice.ice
import pytest
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription, VideoStreamTrack
from av import AudioFrame, VideoFrame
from typing_extensions import override

from roadshow.ids import PublisherId, SourceId
from roadshow.rooms.ports import Lane
from tests.relay.support import ROOM, Listener, running_relay


class Tone(MediaStreamTrack):
    """Twenty milliseconds of noise at a time."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._at = 0

    @override
    async def recv(self) -> AudioFrame:
        await asyncio.sleep(0.02)
        frame = AudioFrame(format="s16", layout="mono", samples=960)
        frame.planes[0].update(bytes((n * 37) % 251 for n in range(1920)))
        frame.pts, frame.sample_rate, frame.time_base = self._at, 48_000, fractions.Fraction(1, 48_000)
        self._at += 960
        return frame


async def test_an_aiortc_viewer_sees_and_hears_an_aiortc_publisher(monkeypatch: pytest.MonkeyPatch) -> None:
    """WHIP and WHEP are for any client: trickle or not, other jitter buffers, other SDP."""
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: ["127.0.0.1"])
    listener = Listener()
    publisher, viewer = (RTCPeerConnection(RTCConfiguration(iceServers=[])) for _ in range(2))
    tracks: dict[str, MediaStreamTrack] = {}
    viewer.on("track", lambda track: tracks.update({track.kind: track}))
    async with running_relay(listener) as relay:
        relay.show(ROOM, {Lane.MAIN: SourceId("alpha/camera"), Lane.FLOOR_1: SourceId("alpha/microphone")})
        viewer.addTransceiver("video", direction="recvonly")
        viewer.addTransceiver("audio", direction="recvonly")
        await viewer.setLocalDescription(await viewer.createOffer())
        answer = await relay.watch(ROOM, viewer.localDescription.sdp)
        await viewer.setRemoteDescription(RTCSessionDescription(answer.sdp, "answer"))
        publisher.addTrack(VideoStreamTrack())
        publisher.addTrack(Tone())
        await publisher.setLocalDescription(await publisher.createOffer())
        answer = await relay.publish(ROOM, PublisherId("alpha"), False, publisher.localDescription.sdp)
        await publisher.setRemoteDescription(RTCSessionDescription(answer.sdp, "answer"))
        async with asyncio.timeout(20):
            for _ in range(5):
                picture = await tracks["video"].recv()
                assert isinstance(picture, VideoFrame)
                assert picture.width == 640
            assert isinstance(await tracks["audio"].recv(), AudioFrame)
        assert listener.present == {"alpha/camera", "alpha/microphone"}
        await publisher.close()
        await listener.until(lambda: not listener.present)
        await viewer.close()
