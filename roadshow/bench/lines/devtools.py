"""A Chromium in a host, driven over its own pipe (Chrome DevTools Protocol): nothing to install beside the browser, and
nothing of the network between it and us, so a line that is down hides nothing."""

import asyncio
import itertools
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from roadshow.bench.lines.network import Host
from roadshow.errors import SetupError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
START_S, ANSWER_S, STOP_S = 30.0, 60.0, 5.0
LARGEST = 64 * 1024 * 1024
"""Bytes of one message: what a page saw in a minute is below a megabyte."""
UNATTENDED = (
    "--no-sandbox",  # as root it has none
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Pages in the background must keep playing: a person has one window, we have ten.
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
    "--disable-background-timer-throttling",
)
"""For a Chromium that nobody sits at; tests have it, too."""
OMNIBOX_PAGES = ("WebUIOmniboxPopup", "WebUIOmniboxAimPopup")
"""Features: pages of Chromium's own behind the address bar, two for each window, which nobody sees: they take more of
the machine than the pages that are tested."""
FLAGS = (
    *UNATTENDED,
    "--headless",
    "--remote-debugging-pipe",
    "--no-first-run",
    "--mute-audio",
    "--use-fake-device-for-media-stream",
    # Addresses as they are, not behind names that nobody here answers for.
    f"--disable-features={','.join(('WebRtcHideLocalIpsWithMdns', *OMNIBOX_PAGES))}",
)


def chromium() -> str:
    """Raises SetupError where there is none."""
    named = os.environ.get("CHROMIUM")
    found = next(filter(None, map(shutil.which, [named] if named else NAMES)), None)
    if found is None:
        raise SetupError(
            f"There is no Chromium{f' at {named}' if named else ''}: install one, or name it in CHROMIUM. "
            "On Debian: apt-get install chromium"
        )
    return found


class PageError(Exception):
    """What a page threw."""


class Browser:
    """``async with Browser(host, ["--flag"]) as browser``. It ends with this process, and its profile with it."""

    def __init__(self, host: Host, flags: Sequence[str] = ()) -> None:
        self._host, self._flags = host, flags
        self._folder = tempfile.TemporaryDirectory(prefix="roadshow-bench-", ignore_cleanup_errors=True)
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._reading: asyncio.Task[None] | None = None
        self._out: asyncio.StreamWriter | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None  # noqa: S101
        return self._process.pid

    async def __aenter__(self) -> Self:
        to_them, our_out = os.pipe()
        our_in, from_them = os.pipe()
        words = [chromium(), *FLAGS, *self._flags, f"--user-data-dir={self._folder.name}", "about:blank"]
        log = (Path(self._folder.name) / "log").open("wb")
        with log:
            self._process = subprocess.Popen(  # noqa: ASYNC220, S603  (it takes files along)
                self._host.command(*words, pipes=(to_them, from_them)),
                pass_fds=(to_them, from_them),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        os.close(to_them)
        os.close(from_them)
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=LARGEST)
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(our_in, "rb", 0))
        transport, protocol = await loop.connect_write_pipe(
            asyncio.streams.FlowControlMixin, os.fdopen(our_out, "wb", 0)
        )
        self._out = asyncio.StreamWriter(transport, protocol, None, loop)
        self._reading = asyncio.create_task(self._read(reader))
        try:
            async with asyncio.timeout(START_S):
                await self.call("Browser.getVersion")
        except (TimeoutError, ConnectionError) as problem:
            said = (Path(self._folder.name) / "log").read_text(errors="replace")[-500:]
            await self.close()
            raise SetupError(f"the Chromium of the bench does not start. It said:\n{said}") from problem
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        if self._out is not None:
            self._out.close()  # it ends when its pipe does
        process, self._process = self._process, None
        if process is not None:
            try:
                await asyncio.to_thread(process.wait, STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._reading is not None:
            self._reading.cancel()
        self._folder.cleanup()

    async def page(self, address: str) -> "Page":
        """A page of its own window, at an address that answers."""
        target = (await self.call("Target.createTarget", url="about:blank", newWindow=True))["targetId"]
        session = (await self.call("Target.attachToTarget", targetId=target, flatten=True))["sessionId"]
        page = Page(self, target, session)
        await self.call("Page.enable", session)
        told = await self.call("Page.navigate", session, url=address)
        if "errorText" in told:
            raise SetupError(f"{address} did not open in the Chromium of the bench: {told['errorText']}")
        async with asyncio.timeout(START_S):
            while not await page.run("document.readyState === 'complete' && location.href !== 'about:blank'"):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        return page

    async def call(self, method: str, session: str = "", **parameters: object) -> dict[str, Any]:
        """One command. Raises ConnectionError when the browser is gone, PageError for what it refuses."""
        if self._out is None or self._out.is_closing() or self._reading is None or self._reading.done():
            raise ConnectionError("the browser is gone")
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters, **({"sessionId": session} if session else {})}
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        self._out.write(json.dumps(message).encode() + b"\0")
        try:
            async with asyncio.timeout(ANSWER_S):
                result: dict[str, Any] = await answer
        finally:
            del self._answers[number]
        return result

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while True:
                message = json.loads((await reader.readuntil(b"\0"))[:-1])
                waiting = self._answers.get(message.get("id"))
                if waiting is None or waiting.done():
                    continue  # an event, or nobody waits any more
                if "error" in message:
                    waiting.set_exception(PageError(message["error"]["message"]))
                else:
                    waiting.set_result(message["result"])
        except (asyncio.IncompleteReadError, OSError):
            for waiting in self._answers.values():
                if not waiting.done():
                    waiting.set_exception(ConnectionError("the browser is gone"))


class Page:
    def __init__(self, browser: Browser, target: str, session: str) -> None:
        self._browser, self._target, self._session = browser, target, session

    async def run(self, expression: str) -> Any:
        """Its value, awaited in the page. Raises PageError with what it threw."""
        told = await self._browser.call(
            "Runtime.evaluate", self._session, expression=expression, awaitPromise=True, returnByValue=True,
            userGesture=True,
        )  # fmt: skip
        if "exceptionDetails" in told:
            details = told["exceptionDetails"]
            raise PageError(details.get("exception", {}).get("description") or details.get("text"))
        return told["result"].get("value")

    async def call(self, function: str, *arguments: object) -> Any:
        """Of a function that the page has, by JSON."""
        return await self.run(f"{function}(...{json.dumps(arguments)})")

    async def close(self) -> None:
        await self._browser.call("Target.closeTarget", targetId=self._target)
