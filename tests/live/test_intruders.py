"""What somebody with bad intentions tries on the whole application."""

import re
from datetime import date
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from roadshow.app import open_show
from roadshow.clock import SystemClock
from roadshow.commands.links import Links, PeopleLinks, write_links
from roadshow.competitions.loading import load_preset
from roadshow.competitions.people import Role
from roadshow.desks.grants import TOKEN_LIFE
from roadshow.errors import SetupError
from roadshow.settings import Settings
from tests.relay.light_peer import LightPeer, section

PUBLISH = section("video", "0", "sendonly", ["VP8"])
DEMO = load_preset("demo", today=date(2026, 1, 1))


def _settings(folder: Path) -> Settings:
    return Settings(data=folder / "data", port=0, udp_port=0)


def _token_in(page: str) -> str:
    found = re.search(r'"publish_token":"([^"]+)"', page)
    assert found is not None
    return found[1]


async def test_a_revoked_pitcher_is_off_the_air_and_stays_off(tmp_path: Path) -> None:
    """Somebody who was shown out must not go on publishing with what their page once got."""
    async with open_show(_settings(tmp_path), DEMO) as show:
        pitcher = next(person for person in show.people if person.role is Role.PITCHER)
        base = show.settings.public_url
        transport = httpx.ASGITransport(show.app)
        async with httpx.AsyncClient(transport=transport, base_url=base, headers={"Origin": base}) as browser:
            await browser.post(f"/i/{await show.guests.invite(pitcher.id)}")

            page = (await browser.get(f"/as/{pitcher.id}/pitch")).text
            headers = {"Content-Type": "application/sdp", "Authorization": f"Bearer {_token_in(page)}"}
            whip = f"/rooms/{pitcher.appointments[0].room}/whip"
            on_air = await browser.post(whip, content=LightPeer().offer(PUBLISH), headers=headers)
            assert on_air.status_code == 201
            await show.guests.revoke(pitcher.id)
            again = await browser.post(whip, content=LightPeer().offer(PUBLISH), headers=headers)
            assert (again.status_code, again.json()["code"]) == (401, "whip.token")
            assert (await browser.get(on_air.headers["Location"])).json()["code"] == "relay.session"


async def test_a_pitchers_token_ends_within_the_day(tmp_path: Path) -> None:
    """A page left open, or a token copied from it, is no key for ever."""
    async with open_show(_settings(tmp_path), DEMO) as show:
        pitcher = next(person for person in show.people if person.role is Role.PITCHER)
        base = show.settings.public_url
        transport = httpx.ASGITransport(show.app)
        async with httpx.AsyncClient(transport=transport, base_url=base, headers={"Origin": base}) as browser:
            await browser.post(f"/i/{await show.guests.invite(pitcher.id)}")
            page = (await browser.get(f"/as/{pitcher.id}/pitch")).text
        expires_at = int(_token_in(page).split(".")[3])
        assert 0 < expires_at <= (SystemClock().now() + TOKEN_LIFE).ms


async def test_a_page_that_fails_still_forbids_what_every_page_forbids(tmp_path: Path) -> None:
    """An error page without a policy would be the one place to inject into."""

    async def fails(request: Request) -> Response:
        raise ZeroDivisionError("as on purpose")

    async with open_show(_settings(tmp_path), DEMO) as show:
        show.app.router.routes.append(Route("/fails", fails))
        transport = httpx.ASGITransport(show.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=show.settings.public_url) as browser:
            answer = await browser.get("/fails", headers={"Accept": "text/html"})
    assert answer.status_code == 500
    assert "on purpose" not in answer.text
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "script-src 'self';" in answer.headers["Content-Security-Policy"]


async def test_no_redirect_leads_to_the_host_a_request_names(tmp_path: Path) -> None:
    """Kept by a careless cache, it would lead others there."""
    async with open_show(_settings(tmp_path), DEMO) as show:
        transport = httpx.ASGITransport(show.app)
        async with httpx.AsyncClient(transport=transport, base_url=show.settings.public_url) as browser:
            for path in ("/results/", "/rooms/ai/watch/", "/projects/..%2f"):
                answer = await browser.get(path, headers={"Host": "evil.example"})
                assert "evil" not in answer.headers.get("Location", ""), path


def test_links_are_not_written_into_what_somebody_laid_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder that others may write to, a file of the draft's name could be theirs to read."""
    monkeypatch.setattr("roadshow.commands.links.secrets.token_hex", lambda _count: "guessed")
    theirs = tmp_path / "theirs"
    (tmp_path / "links.json.guessed").symlink_to(theirs)
    links = Links("http://localhost", [], PeopleLinks("", {}, {}, {}, {}, {}))
    with pytest.raises(SetupError):
        write_links(links, tmp_path / "links.json")
    assert not theirs.exists()
