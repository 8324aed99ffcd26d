"""A real server in its own process, and real Chromium pages on it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Pages in the background must keep playing: a person has one window, the test has ten.
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
    "--disable-background-timer-throttling",
]
START_WITHIN = 30.0
STOP_WITHIN = 10.0


@dataclass
class Server:
    """A demo final in a process of its own. ``kill`` is SIGKILL to the server alone: its store lives on."""

    data: Path
    links_file: Path
    brisk: bool = True
    port: int = 0
    udp_port: int = 0
    process: subprocess.Popen[bytes] | None = None
    links: dict[str, Any] = field(default_factory=dict)

    def start(self) -> None:
        self.links_file.unlink(missing_ok=True)
        command = [sys.executable, "-m", "roadshow", "demo", "--port", str(self.port), "--udp-port", str(self.udp_port)]
        command += ["--data", str(self.data), "--links", str(self.links_file)]
        if self.brisk:
            command.append("--brisk")
        with (self.data.parent / "server.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        give_up = time.monotonic() + START_WITHIN
        while not self.links_file.exists():
            assert self.process.poll() is None, f"the server ended: {self.log()}"
            assert time.monotonic() < give_up, f"the server does not serve: {self.log()}"
            time.sleep(0.05)
        self.links = json.loads(self.links_file.read_text())
        self.port = int(self.links["base"].rsplit(":", 1)[1])

    def log(self) -> str:
        return (self.data.parent / "server.log").read_text(errors="replace")[-4000:]

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(STOP_WITHIN)

    def stop(self) -> int:
        """Ask it to end; its exit status."""
        if self.process is None or self.process.poll() is not None:
            return self.process.returncode if self.process else 0
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A brisk demo final on free ports."""
    running = Server(tmp_path / "data", tmp_path / "links.json")
    running.start()
    yield running
    running.stop()


def browser_path() -> str:
    """Chromium: ``CHROMIUM`` names it, else it is looked for on the path. No browser is a failure, not a skip."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.fail("no Chromium: run make test, which installs one, or name it in CHROMIUM")
    return found


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=browser_path(), args=CHROMIUM_FLAGS)
        yield chromium
        await chromium.close()


@dataclass
class People:
    """Browser pages for the people of a final, and everything that went wrong on them."""

    server: Server
    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    async def visit(self, url: str, **context: Any) -> Page:
        """A new person's browser, at this address."""
        profile = await self.browser.new_context(**{"viewport": {"width": 1440, "height": 900}, "locale": "en-GB", **context})
        await profile.grant_permissions(["camera", "microphone"], origin=self.server.links["base"])
        self.contexts.append(profile)
        page = await profile.new_page()
        page.on("pageerror", lambda error: self.errors.append(f"{page.url}: {error}"))
        page.on(
            "console",
            lambda message: self.errors.append(f"{page.url}: {message.text}") if message.type == "error" else None,
        )
        await page.goto(url)
        return page

    async def invited(self, url: str, **context: Any) -> Page:
        """Open an invitation and accept it: the desk it leads to."""
        page = await self.visit(url, **context)
        await page.locator("main form button").click()
        await page.wait_for_url("**/as/**")
        return page


@pytest.fixture
async def people(server: Server, browser: Browser) -> AsyncIterator[People]:
    crowd = People(server, browser)
    yield crowd
    for context in crowd.contexts:
        await context.close()
