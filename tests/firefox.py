"""The Firefox that people have, stock and from the system, for what must not hang on one kind of browser.

It is driven by Playwright's own interface, so that acts and expectations are those of Chromium (``bidi.py`` says how).
It does not tell frames of WebSockets. It lacks H.264, which Firefox fetches from its maker after it was installed."""

import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import Browser, Playwright, async_playwright

FIREFOX = os.environ.get("FIREFOX") or shutil.which("firefox-esr") or shutil.which("firefox")
PREFERENCES: dict[str, str | float | bool] = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    # Sound without a gesture, as in the tests' Chromium.
    "media.autoplay.default": 0,
    # The server of a test is on the loopback and nowhere else. Firefox goes there when told to, and from pages that
    # may use a camera: from others it uses the one address that leads to the internet.
    "media.peerconnection.ice.loopback": True,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    "permissions.default.camera": 1,
    "permissions.default.microphone": 1,
    # Motion costs the machine more than anything else; Playwright cannot say so for one context alone.
    "ui.prefersReducedMotion": 1,
    # And so do pictures; those of the tests' cameras come slower.
    "layout.frame_rate": 15,
}


class Firefox:
    """One process, started when first asked for, and again should it have died: that fails one test, not all."""

    def __init__(self, playwright: Playwright, folder: Path) -> None:
        self._playwright = playwright
        self._starter = folder / "firefox"
        self._browser: Browser | None = None

    async def running(self) -> Browser:
        # No browser is a failure, not a skip.
        assert FIREFOX is not None, "no Firefox: make test installs one, or name it in FIREFOX"
        if self._browser is None or not self._browser.is_connected():
            between = Path(__file__).with_name("bidi.py")
            self._starter.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{between}" "{FIREFOX}" "$@"\n')
            self._starter.chmod(0o700)
            self._browser = await self._playwright.firefox.launch(
                channel="moz-firefox", executable_path=self._starter, firefox_user_prefs=PREFERENCES
            )
        return self._browser

    async def close(self) -> None:
        if self._browser is not None:
            await self._browser.close()


@asynccontextmanager
async def firefox() -> AsyncIterator[Firefox]:
    with TemporaryDirectory(prefix="roadshow-firefox-") as folder:
        async with async_playwright() as playwright:
            started = Firefox(playwright, Path(folder))
            try:
                yield started
            finally:
                await started.close()
