"""A link that nobody has used is a key: it must not lie in any log."""

import io
import logging
import os
import re
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException
from websockets.typing import Origin

from roadshow import logs
from roadshow.adapters import in_memory
from roadshow.app import open_show
from roadshow.competitions.loading import load_preset
from roadshow.ids import PersonId
from roadshow.settings import Settings
from tests.core.competitions.definitions import TODAY
from tests.demo_server import DemoServer

LINK = re.compile(r"/i/([A-Za-z0-9_-]{32})")
CADDYFILE = Path(__file__).parents[2] / "deploy" / "Caddyfile"


async def test_no_way_that_an_invitation_goes_leaves_its_token_in_the_servers_log(tmp_path: Path) -> None:
    """At the most talkative level, and whatever is wrong with the request."""
    with DemoServer(tmp_path, environment=_talkative()) as server:
        base = server.base
        headers = {"Origin": base, "Accept": "text/html"}
        async with httpx.AsyncClient(base_url=base, headers=headers) as organiser:
            await organiser.post(server.people["organiser"])
            page = (await organiser.post("/as/organiser/people/chair-ai/invite", data={"asked": "yes"})).text
            again = (await organiser.post("/as/organiser/people/chair-ai/invite-again")).text
        tokens = {found for text in (page, again) for found in LINK.findall(text)}
        assert len(tokens) == 2
        async with httpx.AsyncClient(base_url=base, headers={"Accept": "text/html"}) as guest:
            for token in tokens:
                for method in ("GET", "HEAD", "PUT", "DELETE", "OPTIONS"):
                    await guest.request(method, f"/i/{token}")
                for path in (f"/i/{token}.", f"/i/{token}/", f"//i/{token}", f"/c/demo/i/{token}", f"/i/{token}%0a"):
                    await guest.get(path)
                    await guest.post(path, headers={"Origin": "https://evil.example"})
                await guest.post(f"/i/{token}", headers={"Origin": "null"})
                await guest.post(f"/i/{token}", headers={"Origin": base, "Sec-Fetch-Site": "cross-site"})
                await guest.post("/sign-in", data={"text": f"{base}/i/{token}"}, headers={"Origin": base})
                await guest.get("/", headers={"Referer": f"{base}/i/{token}"})
                for origin in (base, "https://evil.example"):
                    for path in (f"/i/{token}", f"/live?as=/i/{token}"):
                        with suppress(WebSocketException, OSError):
                            async with connect(base.replace("http", "ws") + path, origin=Origin(origin)) as socket:
                                await socket.recv()
        log = server.log_file.read_text(errors="replace")
    assert "foreign origin" in log, "it does say what was refused"
    assert [line for line in log.splitlines() if any(token in line for token in tokens)] == []


def _talkative() -> dict[str, str]:
    return {**os.environ, "ROADSHOW_LOG_LEVEL": "debug"}


async def test_a_page_that_fails_leaves_no_token_in_its_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of ours on the invitation's page is logged with all that led there."""
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    handler.setFormatter(logs.formatter("text"))
    root = logging.getLogger()
    root.addHandler(handler)
    settings = Settings(data=tmp_path, port=0, udp_port=0)
    try:
        async with open_show(settings, load_preset("demo", today=TODAY), adapters=in_memory) as show:
            door = show.parts.context.door

            async def fails(_request: Request, token: str) -> None:
                raise ZeroDivisionError("on purpose")

            monkeypatch.setattr(type(door), "look", lambda _self, request, token: fails(request, token))
            token = await show.guests.invite(PersonId("chair-ai"))
            transport = httpx.ASGITransport(show.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=settings.public_url) as guest:
                answer = await guest.get(f"/i/{token}", headers={"Accept": "text/html"})
            assert answer.status_code == 500
    finally:
        root.removeHandler(handler)
    assert token not in said.getvalue()


async def test_what_an_invitations_page_loads_is_not_told_its_address(tmp_path: Path) -> None:
    """Else the proxy's log has the unused token in the Referer of every style sheet. Forms must still say where they
    come from: ``no-referrer`` would make their Origin null."""
    settings = Settings(data=tmp_path, port=0, udp_port=0)
    async with open_show(settings, load_preset("demo", today=TODAY), adapters=in_memory) as show:
        token = await show.guests.invite(PersonId("chair-ai"))
        transport = httpx.ASGITransport(show.app)
        async with httpx.AsyncClient(transport=transport, base_url=settings.public_url) as guest:
            for path in (f"/i/{token}", "/i/unknown", f"/c/demo/i/{token}"):
                answer = await guest.get(path, headers={"Accept": "text/html"})
                assert answer.headers["Referrer-Policy"] == "strict-origin", path
                assert answer.headers["Cache-Control"] == "no-store", path
            assert (await guest.get("/")).headers["Referrer-Policy"] == "same-origin"


def test_the_proxys_log_has_no_token_either() -> None:
    """Its lines have the path, the Referer, and where a pasted message leads."""
    rules = CADDYFILE.read_text()
    for field in ("request>uri", "request>headers>Referer", "resp_headers>Location"):
        assert f'{field} regexp "/i/[^/?]+" "/i/…"' in rules
    for field in ("Authorization", "Cookie"):
        assert f"request>headers>{field} delete" in rules
