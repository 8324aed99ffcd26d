"""GStreamer publishes to a relay by WHIP and watches by WHEP, in VP8 and in H264. Ends with 1 if a picture is missing.

    .venv/bin/python scripts/gstreamer.py [PYTHON_WITH_GI]

It makes itself a network of its own (Linux, ``unshare`` and ``ip``): GStreamer's ICE does not use loopback.
"""

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from roadshow.access.tokens import PublishGrant
from roadshow.clock import SystemClock
from roadshow.errors import NotFound, NotSignedIn
from roadshow.ids import PublisherId, RoomId, SourceId
from roadshow.rooms.lanes import FLOOR_1, MAIN
from roadshow.rooms.relay.relay import ForwardingRelay, RelayConfig
from roadshow.signalling.gate import WatchGrant
from roadshow.signalling.routes import signalling_routes

EXAMPLE = Path(__file__).parents[1] / "docs" / "examples" / "gstreamer.py"
ADDRESS, PORT = "10.99.0.1", 8899
ROOM = RoomId("hall")
INSIDE = "ROADSHOW_IN_ITS_OWN_NETWORK"
SECONDS = 5
"""Of watching."""
FEWEST = {"audio": 100, "video": 60}
"""Decoded buffers in that time; there are 50 packets of sound and 30 pictures a second."""


class Gate:
    """One publisher, and watchers without a token."""

    async def may_publish(self, room: str, bearer: str | None) -> PublishGrant:
        if bearer != "token":
            raise NotSignedIn("whip.token")
        return PublishGrant((await self.may_watch(room, bearer)).room, PublisherId("feed"))

    async def may_watch(self, room: str, bearer: str | None) -> WatchGrant:
        if room != ROOM:
            raise NotFound("room.unknown")
        return WatchGrant(ROOM)


class Printer:
    def source_came(self, room: RoomId, source: SourceId) -> None:
        print("came", source)

    def source_went(self, room: RoomId, source: SourceId) -> None:
        print("went", source)


async def play(python: str, codec: str) -> bool:
    """Whether a viewer decoded what a publisher sent."""

    async def run(*arguments: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(python, EXAMPLE, *arguments, stdout=asyncio.subprocess.PIPE)

    base = f"http://{ADDRESS}:{PORT}/rooms/{ROOM}"
    publisher = await run("publish", f"{base}/whip", "--token=token", f"--codec={codec}", f"--seconds={SECONDS + 5}")
    await asyncio.sleep(2)  # the encoder's start
    watcher = await run("watch", f"{base}/whep", f"--seconds={SECONDS}")
    seen, _ = await watcher.communicate()
    await publisher.communicate()
    found = {kind: int(number) for kind, number in re.findall(r"(audio|video)=(\d+)", seen.decode())}
    print(codec, "decoded", found)
    ended_well = publisher.returncode == watcher.returncode == 0
    return ended_well and all(found.get(kind, 0) >= fewest for kind, fewest in FEWEST.items())


async def main(python: str) -> int:
    relay = ForwardingRelay(RelayConfig(host=ADDRESS, max_viewers=1), SystemClock(), Printer())
    await relay.start()
    try:
        relay.show(ROOM, {MAIN: SourceId("feed/camera"), FLOOR_1: SourceId("feed/microphone")})
        app = Starlette(routes=signalling_routes(relay, Gate()))
        server = uvicorn.Server(uvicorn.Config(app, host=ADDRESS, port=PORT, log_level="warning"))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(server.serve())
            good = [await play(python, codec) for codec in ("vp8", "h264")]
            server.should_exit = True
    finally:
        await relay.stop()
    return 0 if all(good) else 1


if __name__ == "__main__":
    if INSIDE not in os.environ:
        again = ["unshare", "--user", "--map-root-user", "--net", sys.executable, *sys.argv]
        sys.exit(subprocess.run(again, env={**os.environ, INSIDE: "1"}, check=False).returncode)
    for command in (
        "ip link set lo up",
        "ip link add d0 type veth peer name d1",
        f"ip address add {ADDRESS}/24 dev d0",
        "ip link set d0 up",
        "ip link set d1 up",
    ):
        subprocess.run(command.split(), check=True)
    sys.exit(asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "/usr/bin/python3")))
