"""The Chromium of everything here that needs a real browser."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, Playwright, async_playwright

from roadshow.bench.lines.devtools import OMNIBOX_PAGES, UNATTENDED

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
OFF = [
    *OMNIBOX_PAGES,
    # Playwright switches these off; the last list is the one that counts, so it has to say them, too.
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
]
FLAGS = [
    *UNATTENDED,
    f"--disable-features={','.join(OFF)}",
    # Few frames: the machine that runs the tests encodes and decodes all of them. Several cameras: one may be changed.
    "--use-fake-device-for-media-stream=fps=5,device-count=3",
    "--allow-loopback-in-peer-connection",
]


class Chromium:
    """One process, started when first asked for, and again should it have died: that fails one test, not all."""

    def __init__(self, playwright: Playwright) -> None:
        self._playwright = playwright
        self._browser: Browser | None = None

    async def running(self) -> Browser:
        # No browser is a failure, not a skip.
        assert CHROMIUM is not None, "no Chromium: make test installs one, or name it in CHROMIUM"
        if self._browser is None or not self._browser.is_connected():
            self._browser = await self._playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        return self._browser

    async def close(self) -> None:
        if self._browser is not None:
            await self._browser.close()


@asynccontextmanager
async def chromium() -> AsyncIterator[Chromium]:
    async with async_playwright() as playwright:
        started = Chromium(playwright)
        try:
            yield started
        finally:
            await started.close()
