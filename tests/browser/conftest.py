"""A real server in its own process, and pages of real browsers on it."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, WebSocket

from tests.demo_server import DemoServer

SMALL = {"width": 800, "height": 600}
"""A desk that is worked with. Large pages cost the machine time to draw."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[DemoServer]:
    """A brisk demo final on free ports."""
    with DemoServer(tmp_path) as running:
        yield running


@dataclass
class People:
    """Browsers for the people of a final, everything their pages were told, and everything that went wrong on them."""

    server: DemoServer
    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    """Uncaught errors, and errors of the console."""
    tolerant: bool = False
    """Something is refused or taken away on purpose: the console then tells of requests that failed."""

    async def visit(self, url: str, **options: Any) -> "Visit":
        """A new person's browser, at this address. ``options``: of the browser's context."""
        context = await self.browser.new_context(**{"viewport": SMALL, "locale": "en-GB", **options})
        if self.browser.browser_type.name == "chromium":  # Firefox is told by a preference
            await context.grant_permissions(["camera", "microphone"], origin=self.server.base)
        self.contexts.append(context)
        return await self.tab(context, url)

    async def tab(self, context: BrowserContext, url: str) -> "Visit":
        """One more tab in somebody's browser."""
        page = await context.new_page()
        frames: list[str] = []
        page.on("websocket", lambda socket: _listen(socket, frames))
        page.on("pageerror", lambda error: self.errors.append(f"{page.url}: {error}"))
        page.on("console", lambda message: self._said(page, message.type, message.text))
        await page.goto(url)
        return Visit(page, frames)

    async def invited(self, url: str, **options: Any) -> "Visit":
        """Open an invitation and accept it: the desk it leads to."""
        visit = await self.visit(url, **options)
        await visit.page.locator("main form button").click()
        await visit.page.wait_for_url("**/as/**")
        return visit

    def _said(self, page: Page, kind: str, text: str) -> None:
        of_request = text.startswith(("Failed to load resource", "WebSocket connection"))
        if kind == "error" and not (self.tolerant and of_request):
            self.errors.append(f"{page.url}: {text}")

    async def leave(self) -> None:
        for context in self.contexts:
            await context.close()
        self.contexts.clear()


@dataclass
class Visit:
    """A page, and every frame its WebSockets have received."""

    page: Page
    frames: list[str]


def _listen(socket: WebSocket, frames: list[str]) -> None:
    socket.on("framereceived", lambda frame: frames.append(str(frame)))


@pytest_asyncio.fixture(loop_scope="session")
async def people(server: DemoServer, browser: Browser) -> AsyncIterator[People]:
    crowd = People(server, browser)
    yield crowd
    await crowd.leave()


@pytest_asyncio.fixture(loop_scope="session")
async def others(server: DemoServer, other_browser: Browser) -> AsyncIterator[People]:
    """People of the same final who have Firefox."""
    crowd = People(server, other_browser)
    yield crowd
    await crowd.leave()
