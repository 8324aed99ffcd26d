"""Pages of another origin, in a real browser: what the clients from npm do there, and everything that went wrong."""

import asyncio
import functools
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.async_api import Browser, Page, Request, Response
from typing_extensions import override

FOLDER = Path(__file__).parent / "pages"
BUNDLE = FOLDER / "page.bundle.js"
LOOK_EVERY = 0.25
CONNECT_WITHIN = 20.0
"""Seconds; only so that a page which never connects fails."""

Told = Callable[[int, int], None]
"""Pictures and packets of sound that came until now."""


class Trouble(Exception):
    """Why a client was not good."""


class _Quiet(SimpleHTTPRequestHandler):
    @override
    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def page_server() -> Iterator[str]:
    """The page's address, which is of another origin than a server on ``localhost`` or another port."""
    assert BUNDLE.exists(), "the page is missing: make .venv/strangers-pages"
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(FOLDER)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/page.html"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class OtherPage:
    """``client``: as in ``page.js``. ``relayed``: nothing but TURN servers may be used."""

    def __init__(self, browser: Browser, address: str, client: str, *, relayed: bool = False) -> None:
        self._browser = browser
        self._address = address
        self._client = client
        self._relayed = relayed
        self.troubles: list[str] = []
        """Errors of the page and its console, requests that failed or were refused."""

    async def run(self, what: str, url: str, token: str, seconds: float, told: Told) -> None:
        """Publish or watch for so long, from when it is connected. Raises Trouble."""
        async with self.connected(what, url, token) as page:
            loop = asyncio.get_running_loop()
            until = loop.time() + seconds
            while loop.time() < until:
                await asyncio.sleep(LOOK_EVERY)
                told(*await self.counts(page))

    @asynccontextmanager
    async def connected(self, what: str, url: str, token: str) -> AsyncIterator[Page]:
        """A page that publishes or watches, and ends it as its client does. Raises Trouble."""
        context = await self._browser.new_context(viewport={"width": 400, "height": 300})
        try:
            if self._browser.browser_type.name == "chromium":  # Firefox is told by a preference
                await context.grant_permissions(["camera", "microphone"], origin=self._address.rpartition("/")[0])
            page = await context.new_page()
            self._listen(page)
            await page.goto(self._address)
            given = {"url": url, "token": token, "relayed": self._relayed}
            await page.evaluate("given => strangers.start(...given)", [self._client, what, given])
            await self._until_connected(page)
            yield page
            await page.evaluate("strangers.end()")
            if self.troubles:
                raise Trouble("; ".join(self.troubles[:3]))
        finally:
            await context.close()

    async def counts(self, page: Page) -> tuple[int, int]:
        """Pictures and packets of sound until now. Raises Trouble."""
        got = await page.evaluate("strangers.counts()")
        if got["state"] != "connected":
            raise Trouble(f"the connection is {got['state']}")
        if self._relayed and got["way"] != "relay":
            raise Trouble(f"media goes {got['way'] or 'nowhere'}, not by the TURN server")
        return int(got["video"]), int(got["audio"])

    def _listen(self, page: Page) -> None:
        def answered(response: Response) -> None:
            if response.status >= 400:
                self.troubles.append(f"{response.request.method} {response.url} was answered with {response.status}")

        def failed(request: Request) -> None:
            self.troubles.append(f"{request.method} {request.url}: {request.failure}")

        page.on("response", answered)
        page.on("requestfailed", failed)
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("console", lambda said: self.troubles.append(said.text) if said.type == "error" else None)

    async def _until_connected(self, page: Page) -> None:
        loop = asyncio.get_running_loop()
        give_up = loop.time() + CONNECT_WITHIN
        while await page.evaluate("strangers.counts().then(got => got.state, () => '')") != "connected":
            if self.troubles or loop.time() > give_up:
                raise Trouble("; ".join(self.troubles[:3]) or "it does not connect")
            await asyncio.sleep(LOOK_EVERY)
