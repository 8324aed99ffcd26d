"""What the cases share: a network, a server in it, a browser for the pitcher and one for the viewer."""

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any, Self, TypeVar

from roadshow.bench.lines import media
from roadshow.bench.lines.devtools import Browser, Page, chromium
from roadshow.bench.lines.network import CLEAN, Host, Network, Record, records
from roadshow.bench.lines.seen import Seen, back_after
from roadshow.bench.server import Server
from roadshow.errors import SetupError

T = TypeVar("T")
FULL, FULL_RATE = media.HEIGHT, 14.0
"""The whole picture: lines, and frames a second that are nearly all of 15."""
WARM_S = 25.0
"""A connection that does not show the whole picture by then is measured as it is."""
STEADY_S = 4.0
"""More until encoders are at their rate."""
LOOK_EVERY_S = 0.5
MOST_VIEWERS = 200
PLACE = "/as/nobody/practice"
"""Where a page may use a camera. There is nothing there, and so no script beside ours."""
PORT = 8000
"""The host has nothing else."""


def clock_ms() -> float:
    return time.time() * 1000


class Actor:
    """A page that sends or watches, and all it has seen."""

    def __init__(self, page: Page, host: Host) -> None:
        self.page, self.host, self.seen = page, host, Seen()

    async def look(self) -> Seen:
        self.seen.add(await self.page.run("lines.take()"))
        return self.seen

    async def look_until(self, is_so: Callable[[Seen], bool], within: float) -> bool:
        end = time.monotonic() + within
        while not is_so(await self.look()):
            if time.monotonic() > end:
                return False
            await asyncio.sleep(LOOK_EVERY_S)
        return True

    async def moves(self, since: float, within: float, *, high: int = FULL, least: float = FULL_RATE) -> float | None:
        """Seconds from ``since`` (``clock_ms``) until its picture is of this height and rate; None: not in time."""

        def after(seen: Seen) -> float | None:
            return back_after(seen.frames, since, least=least, high=high, until=clock_ms())

        await self.look_until(lambda seen: after(seen) is not None, within + 1)
        found = after(self.seen)
        return found if found is not None and found <= within else None

    async def leave(self) -> None:
        await self.page.run("lines.leave()")
        await self.page.close()


class Scene:
    """``async with Scene() as scene``."""

    def __init__(self, log: Path | None = None, *, keep: Path | None = None, filled: bool = True) -> None:
        """``log``: where the server's log is kept; ``keep``: a folder where the packets are, of cases that record them.
        ``filled``: a camera that takes all its rate and a voice, which are made at the first use; else Chromium's own
        pattern and beeps."""
        self.network = Network("server", "viewer", "pitcher")
        self._log, self._keep, self._filled = log, keep, filled
        self._script = files(__package__).joinpath("page.js").read_text(encoding="utf-8")
        self._found: dict[object, Any] = {}

    async def __aenter__(self) -> Self:
        """Raises SetupError with what is missing."""
        chromium()
        self.network.__enter__()
        try:
            capture = self._capture() if self._filled else []
            here = self.network["server"]
            self.server = Server(
                None,
                max_viewers=MOST_VIEWERS,
                host=here.address,
                port=PORT,
                inside=lambda words: here.command(*words),
            )
            self.server.__enter__()
            origin = f"--unsafely-treat-insecure-origin-as-secure={self.server.show.base}"
            self._pitching = Browser(self.pitcher, [origin, *capture])
            self._watching = Browser(self.viewer, [origin])
            await self._pitching.__aenter__()
            await self._watching.__aenter__()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        for browser in (getattr(self, "_pitching", None), getattr(self, "_watching", None)):
            if browser is not None:
                await browser.close()
        if hasattr(self, "server"):
            if self._log is not None and self.server.log_file.exists():
                self._log.write_bytes(self.server.log_file.read_bytes())
            self.server.stop()
        self.network.close()

    def _capture(self) -> list[str]:
        picture, sound = media.picture(), media.sound()
        return [f"--use-file-for-fake-video-capture={picture}", f"--use-file-for-fake-audio-capture={sound}"]

    @property
    def pitcher(self) -> Host:
        return self.network["pitcher"]

    @property
    def viewer(self) -> Host:
        return self.network["viewer"]

    async def once(self, key: object, measure: Callable[[], Awaitable[T]]) -> T:
        """What several cases ask for is measured for the first of them."""
        if key not in self._found:
            self._found[key] = await measure()
        found: T = self._found[key]
        return found

    def forget(self) -> None:
        """All that was found so far is measured again."""
        self._found.clear()

    def clean(self) -> None:
        """Every line is without a fault again."""
        for host in self.network.hosts.values():
            host.line(up=CLEAN, down=CLEAN)

    @contextmanager
    def recorded(self) -> Iterator[list[Record]]:
        """Each packet of the network meanwhile: the list is filled at the end."""
        found: list[Record] = []
        with tempfile.TemporaryDirectory(prefix="roadshow-bench-") as folder:
            trace = Path(folder) / "trace"
            self.network.traced(trace)
            try:
                yield found
            finally:
                self.network.traced(None)
            found += records(trace)
            if self._keep is not None:
                self._keep.mkdir(parents=True, exist_ok=True)
                shutil.copy(trace, self._keep / f"{time.strftime('%H%M%S')}.trace")

    async def page(self, of: str) -> Actor:
        browser = self._pitching if of == "pitcher" else self._watching
        page = await browser.page(f"{self.server.show.base}{PLACE}")
        await page.run(self._script)
        return Actor(page, self.network[of])

    async def pitch(self, layers: int) -> Actor:
        actor, room = await self.page("pitcher"), self.server.room
        await actor.page.call("lines.publish.bind(lines)", room.whip, room.publish_token, layers)
        return actor

    async def watch(self) -> Actor:
        actor = await self.page("viewer")
        await actor.page.call("lines.watch.bind(lines)", self.server.room.whep)
        return actor

    @asynccontextmanager
    async def on(self, layers: int) -> AsyncIterator[tuple[Actor, Actor]]:
        """A pitcher with so many layers and a viewer who sees the whole picture, on clean lines. They leave at the end.
        Raises SetupError when there is no picture at all."""
        self.clean()
        pitcher = await self.pitch(layers)
        viewer = await self.watch()
        try:
            await warmed(pitcher, viewer)
            yield pitcher, viewer
        finally:
            self.clean()
            await viewer.leave()
            await pitcher.leave()

    @asynccontextmanager
    async def direct(self) -> AsyncIterator[tuple[Actor, Actor]]:
        """The same two browsers without a relay between them, in one layer."""
        self.clean()
        pitcher, viewer = await self.page("pitcher"), await self.page("viewer")
        try:
            offer = await pitcher.page.call("lines.offer.bind(lines)", 1)
            await pitcher.page.call(
                "lines.accept.bind(lines)", await viewer.page.call("lines.answer.bind(lines)", offer)
            )
            await warmed(pitcher, viewer)
            yield pitcher, viewer
        finally:
            self.clean()
            await viewer.leave()
            await pitcher.leave()


async def warmed(pitcher: Actor, viewer: Actor) -> None:
    since = clock_ms()
    if await viewer.moves(since, WARM_S) is None and not viewer.seen.frames:
        raise SetupError("no picture came on clean lines.")
    await asyncio.sleep(STEADY_S)
    await pitcher.look()
