"""The operator's addresses and the control desk's figures, on the whole application."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

import httpx

from roadshow.app import open_show
from roadshow.competitions.loading import load_preset
from roadshow.competitions.people import Role
from roadshow.settings import Settings
from roadshow.show import Show

TOKEN = "0123456789abcdef" * 2


@asynccontextmanager
async def _demo(folder: Path, token: str | None = None) -> AsyncIterator[Show]:
    competition = load_preset("demo", today=date(2026, 1, 1))
    settings = Settings(data=folder / "data", port=0, udp_port=0, metrics_token=token)
    async with open_show(settings, competition) as show:
        yield show


def _from(show: Show, address: str) -> httpx.AsyncClient:
    """A client at this address."""
    transport = httpx.ASGITransport(show.app, client=(address, 40_000))
    return httpx.AsyncClient(transport=transport, base_url="http://localhost:8000")


async def test_figures_are_for_the_machine_itself_unless_there_is_a_token(tmp_path: Path) -> None:
    """How many watch and who is on the way is for the operator; outside, only whether the server is well."""
    async with _demo(tmp_path) as show, _from(show, "127.0.0.1") as here, _from(show, "203.0.113.9") as there:
        page = await here.get("/metrics")
        assert page.status_code == 200
        assert page.headers["content-type"].startswith("text/plain; version=0.0.4")
        assert "\nroadshow_relay_publishers 0.0\n" in page.text
        assert '\nroadshow_places{of="sockets"} 5000.0\n' in page.text
        assert '\nroadshow_places_refused_total{of="viewers",reason="network"} 0.0\n' in page.text
        assert "\nroadshow_relay_ingest_dropped_total 0.0\n" in page.text
        for refused in (
            await there.get("/metrics"),
            await here.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}),
            await here.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}", "Via": "1.1 proxy"}),
        ):
            assert refused.status_code == 401
            assert refused.headers["www-authenticate"] == "Bearer"
            assert refused.json()["code"] == "metrics.token"
            assert "roadshow_" not in refused.text
        well = await there.get("/health")
        assert (well.status_code, well.json()) == (200, {"status": "up"})
        ready = await there.get("/ready")
        assert (ready.status_code, ready.json()) == (200, {"status": "ready"})


async def test_a_collector_gets_the_form_it_asks_for(tmp_path: Path) -> None:
    """Prometheus asks for OpenMetrics and gzip; a person with curl for neither. Names are the same in both."""
    async with _demo(tmp_path) as show, _from(show, "127.0.0.1") as here:
        assert (await here.get("/")).status_code == 200
        plain = await here.get("/metrics", headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers
        open_form = {"Accept": "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"}
        asked = await here.get("/metrics", headers={**open_form, "Accept-Encoding": "gzip"})
        assert asked.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
        assert asked.headers["content-encoding"] == "gzip"
        assert asked.text.endswith("# EOF\n")
        names = {
            form: set(re.findall(r"^(roadshow_\w+)", page, re.MULTILINE))
            for form, page in (("plain", plain.text), ("open", asked.text))
        }
        assert names["plain"] == names["open"]
        nonsense = await here.get("/metrics", headers={"Accept": "application/openmetrics-text;version=newest"})
        assert nonsense.headers["content-type"].startswith("text/plain; version=0.0.4")
        assert 'roadshow_request_seconds_count{kind="page",status="2xx"} 1.0' in plain.text


async def test_with_a_token_figures_are_for_who_shows_it(tmp_path: Path) -> None:
    """A collector on another machine gets in; one beside the server needs the token, too."""
    async with _demo(tmp_path, TOKEN) as show, _from(show, "127.0.0.1") as here, _from(show, "203.0.113.9") as there:
        assert (await there.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})).status_code == 200
        assert (await here.get("/metrics")).status_code == 401
        assert (await there.get("/metrics", headers={"Authorization": "Bearer wrong"})).status_code == 401


async def test_the_desks_figures_are_the_organisers_alone(tmp_path: Path) -> None:
    """Everybody else is refused, a chair in their own room among them; single viewers come only when asked for."""
    async with _demo(tmp_path) as show:
        room = next(iter(show.rooms))
        for role in Role:
            person = next((one for one in show.people if one.role is role), None)
            async with _from(show, "203.0.113.9") as browser:
                browser.headers.update({"Origin": show.settings.public_url, "Accept": "application/json"})
                name = "organiser"
                if person is not None:
                    name = person.id
                    await browser.post(f"/i/{await show.guests.invite(person.id)}")
                answer = await browser.get(f"/as/{name}/control/{room}/media")
                if role is not Role.ORGANISER:
                    assert answer.status_code in (401, 403), role
                    continue
                assert answer.status_code == 200
                assert answer.headers["cache-control"] == "no-store"
                assert answer.json()["sources"] == []
                assert "worst" not in answer.json()
                asked = await browser.get(f"/as/{name}/control/{room}/media?worst=1")
                assert asked.json()["worst"] == []
                unknown = await browser.get(f"/as/{name}/control/nowhere/media")
                assert (unknown.status_code, unknown.json()["code"]) == (404, "room.unknown")
