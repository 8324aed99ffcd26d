"""Takes pictures of pages for screenshots.py: in every size, language and theme that was asked for."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from playwright.async_api import Browser, BrowserContext, Page, Route
from playwright.async_api import TimeoutError as PlaywrightTimeout

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "screenshots"
SIZES = {"phone": (390, 844), "laptop": (1440, 900), "hall": (1920, 1080)}
LANDSCAPE = (844, 390)
FLAGS = [
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
]
SETTLE_MS = 900
"""For fonts, first data and motion."""
FIRST_PICTURE_MS = 2500
RESIZED_MS = 350
TOLD_MS = 5000
"""For what the room is like."""

Act: TypeAlias = Callable[[Page], Awaitable[None]]
"""What somebody does on a page before its picture is taken."""


@dataclass
class Studio:
    """A server, a browser, and who is signed in."""

    browser: Browser
    links: dict[str, Any]
    only: str
    languages: list[str]
    sizes: list[str]
    themes: list[str]
    states: dict[str, Any] = field(default_factory=dict)
    taken: int = 0

    @property
    def base(self) -> str:
        return str(self.links["base"])

    async def sign_in(self, name: str, link: str) -> tuple[BrowserContext, Page]:
        """A browser of this person's own, on their desk; its cookie is kept for pictures under ``name``."""
        context = await self.browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
        page = await context.new_page()
        await page.goto(link)
        await page.locator("main form button").click()
        await page.wait_for_url("**/as/**")
        self.states[name] = await context.storage_state()
        return context, page

    def wants(self, label: str) -> bool:
        return self.only in label

    async def shoot(
        self,
        moment: str,
        name: str,
        path: str,
        *,
        who: str | None = None,
        whole: bool = False,
        act: Act | None = None,
        told: dict[str, Any] | None = None,
        script: str = "",
        turned: bool = False,
    ) -> None:
        """Pictures of one page in every size, language and theme.

        ``whole``: all of it, not what the window shows. ``told``: JSON that stands for the server's answers, by the
        glob of their addresses. ``script``: runs before the page's own. ``turned``: the phone is held sideways; no
        other size is taken.
        """
        label = f"{moment}-{name}"
        if not self.wants(label):
            return
        phone = {size: LANDSCAPE if turned else SIZES[size] for size in self.sizes if size == "phone"}
        large = {size: SIZES[size] for size in self.sizes if size != "phone" and not turned}

        async def in_sizes(sizes: dict[str, tuple[int, int]], theme: str) -> None:
            context = await self._visitor(who, theme, touched=sizes is phone)
            page = await context.new_page()
            await page.set_viewport_size(_window(next(iter(sizes.values()))))
            if script:
                await page.add_init_script(script)
            for glob, answer in (told or {}).items():
                await page.route(glob, _answering(answer))
            await self._take(page, label, f"{self.base}{path}", sizes, theme, whole=whole, act=act)
            await context.close()

        for theme in self.themes:
            await asyncio.gather(*(in_sizes(sizes, theme) for sizes in (phone, large) if sizes))

    async def shoot_desk(self, moment: str, name: str, page: Page, act: Act | None = None) -> None:
        """Pictures of somebody's desk as it is open: a second one of the same person would take its place."""
        label = f"{moment}-{name}"
        if not self.wants(label):
            return
        sizes = {size: SIZES[size] for size in self.sizes}
        await self._take(page, label, page.url.partition("?")[0], sizes, "auto", whole=False, act=act)
        await page.set_viewport_size(_window(SIZES["laptop"]))

    async def print(self, moment: str, name: str, path: str, *, who: str | None = None) -> None:
        """The page as paper, a PDF for each language."""
        label = f"{moment}-{name}"
        if not self.wants(label):
            return
        context = await self._visitor(who, "auto", touched=False)
        page = await context.new_page()
        for language in self.languages:
            await page.goto(f"{self.base}{path}?lang={language}")
            await page.wait_for_timeout(SETTLE_MS)
            await page.pdf(path=FOLDER / f"{label}-{language}.pdf", prefer_css_page_size=True)
            self.taken += 1
        await context.close()

    async def _visitor(self, who: str | None, theme: str, *, touched: bool) -> BrowserContext:
        context = await self.browser.new_context(
            storage_state=self.states.get(who or ""), locale="en-GB", has_touch=touched
        )
        if theme != "auto":
            await context.add_cookies([{"name": "theme", "value": theme, "url": self.base}])
        return context

    async def _take(
        self,
        page: Page,
        label: str,
        url: str,
        sizes: dict[str, tuple[int, int]],
        theme: str,
        *,
        whole: bool,
        act: Act | None,
    ) -> None:
        suffix = "" if theme == "auto" else f"-{theme}"
        for language in self.languages:
            await page.goto(f"{url}?lang={language}")
            if await page.locator("show-clock").count():
                with suppress(PlaywrightTimeout):  # a page that is told nothing is pictured as it is
                    await page.locator(".clock-phase:not(:empty)").first.wait_for(state="attached", timeout=TOLD_MS)
            shows_stage = await page.locator("room-stage").count() > 0
            await page.wait_for_timeout(FIRST_PICTURE_MS if shows_stage else SETTLE_MS)
            if act is not None:
                await act(page)
                await page.wait_for_timeout(SETTLE_MS)
            for size, window in sizes.items():
                await page.set_viewport_size(_window(window))
                await page.wait_for_timeout(RESIZED_MS)
                await page.screenshot(path=FOLDER / f"{label}-{size}-{language}{suffix}.png", full_page=whole)
                self.taken += 1


def _window(size: tuple[int, int]) -> Any:
    return {"width": size[0], "height": size[1]}


def _answering(answer: Any) -> Callable[[Route], Awaitable[None]]:
    async def answering(route: Route) -> None:
        await route.fulfill(body=json.dumps(answer), content_type="application/json")

    return answering
