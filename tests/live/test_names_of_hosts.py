"""A server that is known by a name in another script: what its people's browsers do with it."""

from datetime import date
from pathlib import Path

import httpx
import pytest

from roadshow.adapters import in_memory
from roadshow.app import open_house
from roadshow.competitions.loading import load_preset
from roadshow.settings import Settings
from tests.live.conftest import a_browser, listening_socket, served

DEMO = load_preset("demo", today=date(2026, 1, 1))
ORIGINS = {"https://финал.рф": "https://xn--80apkg7a.xn--p1ai", "https://决赛.cn": "https://xn--67q576l.cn"}


@pytest.mark.parametrize(("written", "origin"), ORIGINS.items())
async def test_an_origin_in_punycode_signs_in_and_opens_a_socket(tmp_path: Path, written: str, origin: str) -> None:
    """Browsers show 决赛.cn and say xn--67q576l.cn: compared as they stand, nobody at all could sign in."""
    environment = {"ROADSHOW_PUBLIC_URL": written, "ROADSHOW_DATA": str(tmp_path / "data"), "ROADSHOW_UDP_PORT": "0"}
    settings = Settings.from_environment(environment)
    async with open_house(settings, [DEMO], adapters=in_memory) as house:
        (show,) = house.shows
        with listening_socket() as (listening, base):
            async with (
                served(house.app, listening, house.say_goodbye),
                httpx.AsyncClient(base_url=base, headers={"Host": origin.removeprefix("https://")}) as browser,
            ):
                person = show.people[0]
                link = await show.invite(person.id)
                assert link.startswith(f"{origin}/i/")
                path = link.removeprefix(origin)
                foreign = await browser.post(path, headers={"Origin": "https://evil.example", "Sec-Fetch-Site": "none"})
                assert foreign.status_code == 403
                answer = await browser.post(path, headers={"Origin": origin, "Sec-Fetch-Site": "same-origin"})
                assert (answer.status_code, answer.headers["location"]) == (303, f"/as/{person.id}")
                cookie = answer.headers["set-cookie"].partition(";")[0]
                async with a_browser(base, f"?as={person.id}", cookie, origin=origin) as live:
                    assert (await live.read())["type"] == "welcome"
                page = (await browser.get("/", headers={"Accept": "text/html"})).text
                assert f'hreflang="ru" href="{origin}/?lang=ru"' in page
