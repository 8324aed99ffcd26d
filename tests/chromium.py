"""The Chromium of everything here that needs a real browser."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, Playwright, async_playwright

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
OFF = [
    # Pages of Chromium's own behind the address bar, two for each window, which nobody sees: they take more of the
    # machine than the pages that are tested.
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
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
    "--no-sandbox",
    f"--disable-features={','.join(OFF)}",
    # Few frames: the machine that runs the tests encodes and decodes all of them. Several cameras: one may be changed.
    "--use-fake-device-for-media-stream=fps=10,device-count=3",
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
