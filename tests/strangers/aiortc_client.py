"""aiortc publishes (VP8, a moving picture and a tone) or watches: ``aiortc_client.py publish|watch URL SECONDS``.

As a watcher it is also the independent viewer of all that others publish: it decodes what comes. Four times a second
it prints what it has got so far: ``{"video": pictures, "audio": frames of sound}``."""

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import aioice.ice
import httpx
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaPlayer
from aiortc.mediastreams import MediaStreamError

PICTURE = "testsrc2=size=320x180:rate=15"
TONE = "sine=frequency=440:sample_rate=48000"
TELL_EVERY = 0.25
"""Seconds; what is told later makes a gap look longer."""
LOOPBACK = "STRANGERS_ON_LOOPBACK"
"""Set where the server has no other address; aiortc looks at the machine's networks alone."""


@asynccontextmanager
async def session(peer: RTCPeerConnection, url: str) -> AsyncIterator[None]:
    """From the offer to DELETE."""
    await peer.setLocalDescription(await peer.createOffer())
    token = os.environ.get("WHIP_TOKEN", "")
    headers = {"Content-Type": "application/sdp"} | ({"Authorization": f"Bearer {token}"} if token else {})
    async with httpx.AsyncClient(timeout=10) as client:
        reply = await client.post(url, content=peer.localDescription.sdp, headers=headers)
        assert reply.status_code == 201, f"{reply.status_code} {reply.text}"
        await peer.setRemoteDescription(RTCSessionDescription(reply.text, "answer"))
        yield
        gone = await client.delete(str(httpx.URL(url).join(reply.headers["Location"])))
        assert gone.status_code == 200, f"DELETE was answered with {gone.status_code}"


async def publish(peer: RTCPeerConnection, url: str, seconds: float) -> None:
    players = [MediaPlayer(source, format="lavfi") for source in (PICTURE, TONE)]
    for track in (players[0].video, players[1].audio):
        assert track is not None
        peer.addTrack(track)
    async with session(peer, url):
        await asyncio.sleep(seconds)


async def watch(peer: RTCPeerConnection, url: str, seconds: float) -> None:
    got: Counter[str] = Counter(video=0, audio=0)
    taking: set[asyncio.Task[None]] = set()

    async def take(track: MediaStreamTrack) -> None:
        with suppress(MediaStreamError):
            while True:
                await track.recv()
                got[track.kind] += 1

    peer.on("track", lambda track: taking.add(asyncio.create_task(take(track))))
    for kind in ("video", "audio"):
        peer.addTransceiver(kind, direction="recvonly")
    async with session(peer, url):
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while loop.time() < until:
            await asyncio.sleep(TELL_EVERY)
            sys.stdout.write(f"{json.dumps(got)}\n")
            sys.stdout.flush()
    for task in taking:
        task.cancel()


async def main(what: str, url: str, seconds: float) -> None:
    if LOOPBACK in os.environ:
        aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    try:
        await (publish if what == "publish" else watch)(peer, url, seconds)
    finally:
        await peer.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
