"""From every public page there is a way to one's desk, and a message is asked for only where a link was meant."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from roadshow.adapters import in_memory
from roadshow.app import open_house
from roadshow.settings import Settings
from tests.live.two import FINAL

OURS = "https://final.example.org"
PUBLIC = (
    "/",
    "/programme",
    "/results",
    f"/projects/{FINAL.projects[0].id}",
    "/rooms/ai/watch",
    "/rooms/ai/results",
)
WORDS = {"en": "With an invitation: your desk", "zh": "已有邀请", "ru": "По приглашению"}
FORM = '<form class="pasted'


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings(data=tmp_path / "data", port=0, udp_port=0, public_url=OURS)
    async with open_house(settings, [FINAL], adapters=in_memory) as house:
        transport = httpx.ASGITransport(house.app)
        async with httpx.AsyncClient(transport=transport, base_url=OURS, headers={"Accept": "text/html"}) as opened:
            yield opened


@pytest.mark.parametrize("address", PUBLIC)
async def test_every_public_page_leads_to_the_sign_in(browser: httpx.AsyncClient, address: str) -> None:
    """A judge who opens the competition's address stood before a page for the audience, and no door."""
    for language, words in WORDS.items():
        page = (await browser.get(address, params={"lang": language})).text
        assert f'href="/sign-in">{words}' in page


async def test_a_message_is_asked_for_only_where_a_link_was_meant(browser: httpx.AsyncClient) -> None:
    """A viewer who mistyped an address has no message."""
    asks = {
        "/no/such/page": False,
        "/rooms/nowhere/watch": False,
        "/c/elsewhere/results": False,
        "/i/cut": True,
        "/i/cut/in-two": True,
        "/i": True,
        f"/c/{FINAL.id}/i/cut/in-two": True,
        "/as/organiser/people": True,
    }
    for address, does in asks.items():
        assert (FORM in (await browser.get(address)).text) == does, address


async def test_a_link_that_does_not_open_offers_one_form(browser: httpx.AsyncClient) -> None:
    """Not also a button that leads to the same form."""
    page = (await browser.get("/i/cut")).text
    assert page.count(FORM) == 1
    assert 'href="/sign-in"' not in page


@pytest.mark.parametrize("address", ["/sign-in", "/i/cut", "/no/such/page"])
async def test_a_page_that_works_without_a_script_misses_none(browser: httpx.AsyncClient, address: str) -> None:
    """It said that parts of it do not work."""
    assert 'id="unscripted"' not in (await browser.get(address)).text
    assert 'id="unscripted"' in (await browser.get("/")).text
