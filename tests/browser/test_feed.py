"""Programs that drive a demo by its links file: a feed goes straight onto a room's stage, a plain player shows it."""

import asyncio
import fractions
import stat
from collections.abc import Iterator

import aioice.ice
import httpx
import pytest
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription, VideoStreamTrack
from av import AudioFrame, VideoFrame
from typing_extensions import override

from tests.demo_server import DemoServer

PATIENCE = 20
SAMPLES = 960
"""Of 20 ms at 48 kHz."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoServer]:
    """One for all here: they read what it wrote, and use a room that nobody else does."""
    with DemoServer(tmp_path_factory.mktemp("feed")) as running:
        yield running


class Noise(MediaStreamTrack):
    """Sound that is no silence."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._at = 0

    @override
    async def recv(self) -> AudioFrame:
        await asyncio.sleep(SAMPLES / 48_000)
        frame = AudioFrame(format="s16", layout="mono", samples=SAMPLES)
        frame.planes[0].update(bytes((n * 37) % 251 for n in range(2 * SAMPLES)))
        frame.pts, frame.sample_rate, frame.time_base = self._at, 48_000, fractions.Fraction(1, 48_000)
        self._at += SAMPLES
        return frame


async def offered(peer: RTCPeerConnection, url: str, token: str) -> httpx.Response:
    """The offer of a peer with all its candidates, posted as WHIP and WHEP say."""
    await peer.setLocalDescription(await peer.createOffer())
    headers = {"Content-Type": "application/sdp", **({"Authorization": f"Bearer {token}"} if token else {})}
    async with httpx.AsyncClient() as client:
        return await client.post(url, content=peer.localDescription.sdp, headers=headers)


async def connect(peer: RTCPeerConnection, url: str, token: str) -> str:
    """The address of the session."""
    reply = await offered(peer, url, token)
    assert reply.status_code == 201, reply.text
    await peer.setRemoteDescription(RTCSessionDescription(reply.text, "answer"))
    return str(httpx.URL(url).join(reply.headers["Location"]))


def test_only_its_owner_may_read_the_links_file(server: DemoServer) -> None:
    """Whoever reads it may be anybody in this final."""
    assert stat.S_IMODE(server.links_file.stat().st_mode) == 0o600


def test_the_links_file_has_an_address_for_everybody(server: DemoServer) -> None:
    """Other programs rely on its shape."""
    rooms = {room["id"]: room for room in server.links["rooms"]}
    assert set(rooms) == {"ai", "robotics", "bio"}
    for room in rooms.values():
        assert set(room) == {"id", "whip", "whep", "publish_token", "watch_token"}
        assert room["whip"] == f"{server.base}/rooms/{room['id']}/whip"
        assert room["whep"] == f"{server.base}/rooms/{room['id']}/whep"
        assert room["publish_token"]
    people = server.people
    assert set(people) == {
        "organiser",
        "organisers",
        "auditors",
        "clerks",
        "screen",
        "audience",
        "judges",
        "chairs",
        "pitchers",
    }
    assert all(set(people[kind]) == set(rooms) for kind in ("screen", "audience", "judges", "chairs"))
    assert all(len(links) == 5 for links in people["judges"].values())
    assert len(people["pitchers"]) == 18
    assert people["organiser"] in people["organisers"]
    everybody = [*people["organisers"], *people["auditors"], *people["chairs"].values(), *people["pitchers"].values()]
    everybody += [link for links in people["judges"].values() for link in links]
    assert len(set(everybody)) == len(everybody)
    assert all(link.startswith(f"{server.base}/i/") for link in everybody)


async def test_a_feed_is_on_stage_at_once_for_a_plain_player(
    server: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hall's mixing desk publishes with OBS, and any WHEP player shows it: one section for picture, one for sound."""
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: ["127.0.0.1"])
    room, other = server.links["rooms"][:2]
    feed, player = (RTCPeerConnection(RTCConfiguration(iceServers=[])) for _ in range(2))
    tracks: dict[str, MediaStreamTrack] = {}
    player.on("track", lambda track: tracks.update({track.kind: track}))
    try:
        player.addTransceiver("video", direction="recvonly")
        player.addTransceiver("audio", direction="recvonly")
        watching = await connect(player, room["whep"], room["watch_token"])

        feed.addTrack(VideoStreamTrack())
        feed.addTrack(Noise())
        refused = await offered(feed, other["whip"], room["publish_token"])
        assert (refused.status_code, refused.json()["code"]) == (403, "whip.room")
        publishing = await connect(feed, room["whip"], room["publish_token"])
        async with asyncio.timeout(PATIENCE):
            for _ in range(5):
                picture = await tracks["video"].recv()
                assert isinstance(picture, VideoFrame)
                assert (picture.width, picture.height) == (640, 480)
            await _until_heard(tracks["audio"])
        async with httpx.AsyncClient() as client:
            assert (await client.delete(publishing)).status_code == 200
            assert (await client.delete(watching)).status_code == 200
    finally:
        await feed.close()
        await player.close()


async def _until_heard(sound: MediaStreamTrack) -> None:
    """Frames come that are not silent."""
    while True:
        frame = await sound.recv()
        assert isinstance(frame, AudioFrame)
        if any(bytes(frame.planes[0])):
            return
