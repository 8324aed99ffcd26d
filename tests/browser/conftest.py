"""A real server in its own process, and pages of real browsers on it."""

import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, WebSocket

from tests.browser.houses import House, Houses
from tests.chaos.desks import Guest
from tests.conftest import FAILED
from tests.demo_server import DemoServer

SMALL = {"width": 800, "height": 600}
"""A desk that is worked with. Large pages cost the machine time to draw."""
SMALL_CAMERA = """{
  const small = {width: 320, height: 180, frameRate: 5};
  const open = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
  if (open) navigator.mediaDevices.getUserMedia = (wanted) =>
    open(wanted.video ? {...wanted, video: {...wanted.video, ...small}} : wanted);
}"""
"""What nobody looks at need not be encoded large. tests/relay has cameras of all sizes."""


@pytest.fixture(scope="session")
def _houses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Houses]:
    houses = Houses(tmp_path_factory.mktemp("houses"))
    yield houses
    houses.leave()


@pytest.fixture
def house(request: pytest.FixtureRequest, _houses: Houses) -> Iterator[House]:
    """A brisk demo final on free ports, which other tests were in before."""
    house = _houses.house(fresh_room="room" in request.fixturenames)
    yield house
    sys.stdout.write(house.log())
    if request.node.stash.get(FAILED, True):
        _houses.leave()


@pytest.fixture
def room(house: House) -> str:
    """One of its rooms, in which nothing has happened yet, and which is this test's."""
    return house.fresh.pop(0)


@pytest.fixture
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DemoServer]:
    """A brisk demo final on free ports: the test's own, unless it asks for a room of a house, or for the house alone,
    because it changes nothing there."""
    if "house" in request.fixturenames:
        yield request.getfixturevalue("house")
        return
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
        """A new person's browser, at this address. ``options``: of the browser's context, and ``own_time``: the test
        may have the page's time pass faster."""
        own_time = options.pop("own_time", False)
        context = await self.browser.new_context(**{"viewport": SMALL, "locale": "en-GB", **options})
        await context.add_init_script(SMALL_CAMERA)
        if self.browser.browser_type.name == "chromium":  # Firefox is told by a preference
            await context.grant_permissions(["camera", "microphone"], origin=self.server.base)
        self.contexts.append(context)
        return await self.tab(context, url, own_time=own_time)

    async def tab(self, context: BrowserContext, url: str, *, own_time: bool = False) -> "Visit":
        """One more tab in somebody's browser."""
        page = await context.new_page()
        if own_time:
            await page.clock.install()
        frames: list[str] = []
        page.on("websocket", lambda socket: _listen(socket, frames))
        page.on("pageerror", lambda error: self.errors.append(f"{page.url}: {error}"))
        page.on("console", lambda message: self._said(page, message.type, message.text))
        await page.goto(url)
        return Visit(page, frames)

    async def invited(self, url: str, **options: Any) -> "Visit":
        """Open an invitation and accept it: the desk it leads to. Who did so in an earlier test comes as then."""
        signed_in = self.server.signed_in if isinstance(self.server, House) else {}
        known = signed_in.get(url)
        visit = await self.visit("about:blank" if known else url, **options)
        if known:
            cookies = [{"name": name, "value": value, "url": known.base} for name, value in known.cookies.items()]
            await visit.page.context.add_cookies(cast("Any", cookies))
            await visit.page.goto(f"{known.base}/as/{known.person}")
        else:
            await visit.page.locator("main form button").click()
        await visit.page.wait_for_url("**/as/**")
        if not known:
            person = visit.page.url.partition("/as/")[2].partition("/")[0]
            kept = [one for one in await visit.page.context.cookies(self.server.base) if one.get("httpOnly")]
            cookies_now = {one.get("name", ""): one.get("value", "") for one in kept}
            signed_in[url] = Guest(self.server.base, person, cookies_now)
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
