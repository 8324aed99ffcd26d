"""What others make of our addresses: messengers that preview a link, search engines, home screens."""

import json
import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path
from urllib.robotparser import RobotFileParser

import httpx
import pytest

from roadshow.adapters import in_memory
from roadshow.app import open_house
from roadshow.languages import catalogue
from roadshow.pages.pages import NIGHT, PAPER
from roadshow.settings import Settings
from roadshow.texts import Text
from scripts import pictures
from tests.core.test_colours import read_tokens
from tests.live.two import FINAL, house_of_two

OURS = "https://final.example.org"
PROJECT = FINAL.projects[0]
PUBLIC: dict[str, Text | str] = {
    "/": FINAL.tagline,
    "/programme": FINAL.tagline,
    f"/projects/{PROJECT.id}": PROJECT.one_liner,
    "/rooms/ai/watch": FINAL.fields[0].summary,
    "/results": "Each field has its own podium. Places are announced third to first.",
    "/rooms/ai/results": (
        "The podium of this field as it is announced, then the full ranking and how each place came about."
    ),
}
"""Pages that people share, and what each says of itself: in the definition's words, or the interface's."""


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings(data=tmp_path / "data", port=0, udp_port=0, public_url=OURS)
    async with open_house(settings, [FINAL], adapters=in_memory) as house:
        # By another name than ours: nothing of it may be in what everybody gets.
        transport = httpx.ASGITransport(house.app)
        headers = {"Accept": "text/html", "Host": "evil.example"}
        async with httpx.AsyncClient(transport=transport, base_url=OURS, headers=headers) as opened:
            yield opened


def _told(page: str) -> dict[str, str]:
    """By property or name."""
    found = re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)">', page)
    return {name: unescape(content) for name, content in reversed(found)}


@pytest.mark.parametrize("address", PUBLIC)
@pytest.mark.parametrize("language", ["en", "zh", "ru"])
async def test_a_shared_page_is_previewed_in_its_language(
    browser: httpx.AsyncClient, address: str, language: str
) -> None:
    """A link in a messenger is what most of the audience sees first."""
    page = (await browser.get(address, params={"lang": language})).text
    told = _told(page)
    title = re.search("<title>(.*?)</title>", page)
    assert title is not None
    assert told["og:title"] == unescape(title[1])
    whose = FINAL.title.in_language(language).replace(" ·", "\u00a0·")  # a chat breaks lines, too
    assert whose in told["og:title"], "in a chat nothing else says whose page it is"
    says = PUBLIC[address]
    description = catalogue(language).gettext(says) if isinstance(says, str) else says.in_language(language)
    assert told["og:description"] == told["description"] == description
    assert told["og:url"] == f"{OURS}{address}?lang={language}"
    assert f'<link rel="canonical" href="{OURS}{address}?lang={language}">' in page
    assert told["og:locale"].startswith(language)
    assert told["twitter:card"] == "summary_large_image"
    assert "evil.example" not in page
    picture = await browser.get(told["og:image"].removeprefix(OURS))
    assert told["og:image"].startswith(f"{OURS}/static/")
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/png")
    assert picture.content[16:24] == bytes.fromhex("000004b0 00000276"), "1200 × 630, as the page says"


@pytest.mark.parametrize("address", ["/i/no-such-link", "/as/organiser/people", "/no/such/page"])
async def test_what_is_not_for_everybody_has_no_preview(browser: httpx.AsyncClient, address: str) -> None:
    """An invitation pasted into a chat must not look like the competition's own page."""
    page = (await browser.get(address)).text
    assert "og:" not in page
    assert 'rel="canonical"' not in page


@pytest.mark.parametrize("language", ["en", "zh", "ru"])
async def test_the_competition_stands_on_a_home_screen(browser: httpx.AsyncClient, language: str) -> None:
    """With its name in the reader's language, and icons that are there."""
    page = (await browser.get("/", params={"lang": language})).text
    address = re.search(r'<link rel="manifest" href="([^"]+)">', page)
    assert address is not None
    answer = await browser.get(address[1])
    assert answer.headers["content-type"] == "application/manifest+json"
    manifest = json.loads(answer.text)
    assert manifest["name"] == FINAL.title.in_language(language)
    assert (await browser.get(manifest["start_url"])).status_code == 200
    touch = re.search(r'<link rel="apple-touch-icon" href="([^"]+)">', page)
    assert touch is not None
    assert {icon.get("purpose", "any") for icon in manifest["icons"]} == {"any", "maskable"}
    for icon in [*(one["src"] for one in manifest["icons"]), touch[1], "/favicon.ico", "/apple-touch-icon.png"]:
        assert (await browser.get(icon)).status_code == 200, icon
    assert (await browser.get("/manifest/xx.webmanifest")).status_code == 404


async def test_search_engines_find_the_pages_and_no_desk(tmp_path: Path) -> None:
    """Of each competition, at each of its addresses."""
    async with house_of_two(tmp_path) as (house, *_):
        transport = httpx.ASGITransport(house.app)
        async with httpx.AsyncClient(transport=transport, base_url=OURS) as browser:
            answer = await browser.get("/robots.txt")
    assert answer.headers["content-type"].startswith("text/plain")
    rules = RobotFileParser()
    rules.parse(answer.text.splitlines())
    for base in ("", "/c/demo", "/c/youth"):
        for path in ("/", "/results", "/rooms/ai/watch", f"/projects/{PROJECT.id}"):
            assert rules.can_fetch("*", f"{OURS}{base}{path}"), base + path
        for path in ("/as/organiser/people", "/i/0123"):
            assert not rules.can_fetch("*", f"{OURS}{base}{path}"), base + path


@pytest.mark.parametrize(
    ("theme", "address", "grounds"),
    [
        ("auto", "/", [PAPER, NIGHT]),
        ("light", "/", [PAPER]),
        ("dark", "/", [NIGHT]),
        ("auto", "/rooms/ai/watch", [NIGHT]),
        ("light", "/rooms/ai/watch", [PAPER]),
    ],
)
async def test_the_browsers_own_bars_have_the_pages_ground(
    browser: httpx.AsyncClient, theme: str, address: str, grounds: list[str]
) -> None:
    """A white bar over a dark stage is a lamp in the hall."""
    browser.cookies.set("theme", theme)
    page = (await browser.get(address)).text
    assert re.findall(r'<meta name="theme-color" content="([^"]+)"', page) == grounds
    assert (read_tokens("paper")["bg"], read_tokens("stage")["bg"]) == (PAPER, NIGHT)


def test_pictures_are_what_the_script_draws() -> None:
    """Whoever changes the mark finds all of its pictures in one place."""
    for name, body in pictures.drawn().items():
        assert pictures.pixels_of((pictures.FOLDER / name).read_bytes()) == pictures.pixels_of(body), name
