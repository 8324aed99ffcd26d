"""WHIP and WHEP in the whole application: how often one address may ask, and where viewers go from a full house."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from roadshow.access.limits import MEDIA_CHANGES_FROM_ADDRESS, MEDIA_FROM_ADDRESS, Limits
from roadshow.access.media_limits import MediaLimitsMiddleware, media_rules
from roadshow.app import open_show
from roadshow.competitions.loading import load_preset
from roadshow.settings import Settings
from roadshow.signalling.routes import SDP
from tests.clocks import HandClock
from tests.relay.light_peer import LightPeer, section

CLIENT = "127.0.0.1"
"""As the test's transport says."""


@asynccontextmanager
async def limited(limits: Limits) -> AsyncIterator[httpx.AsyncClient]:
    async def done(request: Request) -> PlainTextResponse:
        return PlainTextResponse("done")

    methods = ["DELETE", "GET", "OPTIONS", "PATCH", "POST"]
    paths = ("/rooms/ai/whip", "/rooms/ai/whep", "/rooms/ai/whep/session", "/rooms/ai/whep/session/layer")
    app = Starlette(routes=[Route(path, done, methods=methods) for path in paths])
    transport = httpx.ASGITransport(MediaLimitsMiddleware(app, limits))
    async with httpx.AsyncClient(transport=transport, base_url="http://relay.test") as client:
        yield client


async def test_changes_of_sessions_are_counted_apart_from_offers() -> None:
    """A hall that restarts its connections must still get new ones, and whoever floods one must not end the other
    (RFC 9725, section 5)."""
    limits = Limits(HandClock())
    async with limited(limits) as client:
        for _ in range(MEDIA_CHANGES_FROM_ADDRESS.amount):
            await limits.spend(MEDIA_CHANGES_FROM_ADDRESS, CLIENT)
        for method, path in (("PATCH", "/session"), ("DELETE", "/session"), ("POST", "/session/layer")):
            refused = await client.request(method, "/rooms/ai/whep" + path)
            assert (refused.status_code, refused.json()["code"]) == (429, "rate.media")
            assert int(refused.headers["retry-after"]) > 0
            assert "Retry-After" in refused.headers["access-control-expose-headers"]
        assert (await client.post("/rooms/ai/whep")).status_code == 200
        for _ in range(MEDIA_FROM_ADDRESS.amount - 1):
            await limits.spend(MEDIA_FROM_ADDRESS, CLIENT)
        for way in ("whip", "whep"):
            assert (await client.post("/rooms/ai/" + way)).status_code == 429
        for method in ("GET", "OPTIONS"):
            assert (await client.request(method, "/rooms/ai/whep")).status_code == 200


async def test_a_full_house_sends_its_viewers_where_the_setting_says(tmp_path: Path) -> None:
    """And its own pages may follow: their policy names that server, and no other."""
    offer = LightPeer().offer(section("video", "0", "recvonly", ["VP8"]))
    settings = Settings(
        data=tmp_path / "data",
        port=0,
        udp_port=0,
        max_viewers=1,
        whep_redirect="https://second.example.org:8443/rooms/{room}/whep",
    )
    async with open_show(settings, load_preset("demo", today=date(2026, 1, 1))) as show:
        room = next(iter(show.rooms))
        transport = httpx.ASGITransport(show.app)
        async with httpx.AsyncClient(transport=transport, base_url=settings.public_url) as viewer:
            replies = [
                await viewer.post(f"/rooms/{room}/whep", content=offer, headers={"Content-Type": SDP}) for _ in range(2)
            ]
            assert [reply.status_code for reply in replies] == [201, 307]
            where = f"https://second.example.org:8443/rooms/{room}/whep?redirected=1"
            assert replies[1].headers["location"] == where
            policy = (await viewer.get(f"/rooms/{room}/watch")).headers["content-security-policy"]
            assert "connect-src 'self' https://second.example.org:8443;" in policy
            assert (await viewer.delete(replies[0].headers["location"])).status_code == 200


async def test_without_the_setting_pages_connect_to_their_own_server_alone(tmp_path: Path) -> None:
    """What is not needed is not allowed."""
    settings = Settings(data=tmp_path / "data", port=0, udp_port=0)
    async with open_show(settings, load_preset("demo", today=date(2026, 1, 1))) as show:
        transport = httpx.ASGITransport(show.app)
        async with httpx.AsyncClient(transport=transport, base_url=settings.public_url) as viewer:
            policy = (await viewer.get("/")).headers["content-security-policy"]
            assert "connect-src 'self';" in policy


def test_a_larger_house_lets_its_whole_audience_in_from_one_address() -> None:
    offers, changes = media_rules(5000)
    assert (offers.amount, changes.amount) == (10_000, 20_000)
    assert media_rules(10) == (MEDIA_FROM_ADDRESS, MEDIA_CHANGES_FROM_ADDRESS)
