"""Public pages through the front as it runs: a process of its own, which reads the store and what the house counts."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
from websockets import Origin
from websockets.asyncio.client import ClientConnection, connect

from tests.demo_server import DemoServer

READS_WITHIN = 20.0
"""Seconds; only so that something that never comes fails the test."""


async def test_the_next_page_shows_what_a_socket_has_just_told(tmp_path: Path) -> None:
    """An order that changed is on every page that is asked for after it was told."""
    with DemoServer(tmp_path) as server:
        base = server.base
        organiser = server.people["organiser"]
        async with httpx.AsyncClient(base_url=base, headers={"Origin": base, "Cookie": ""}) as desk:
            opened = await desk.post(organiser)
            person = opened.headers["location"].partition("/as/")[2].split("/")[0]
            cookie = "; ".join(f"{name}={value}" for name, value in desk.cookies.items())
        async with httpx.AsyncClient(base_url=base, headers={"Accept-Encoding": "br"}) as browser:
            first = await browser.get("/")
            assert first.headers["content-encoding"] == "br"
            again = await browser.get("/", headers={"If-None-Match": first.headers["etag"]})
            assert again.status_code == 304
            assert "x-request-id" not in first.headers, "the house has answered"
            live, origin = base.replace("http", "ws") + "/live", Origin(base)
            async with (
                asyncio.timeout(READS_WITHIN),
                connect(f"{live}?as={person}", origin=origin, additional_headers={"Cookie": cookie}) as control,
                connect(live, origin=origin) as audience,
            ):
                for socket in (control, audience):
                    await socket.send(json.dumps({"type": "follow", "room": "ai"}))
                slots = (await said(audience, "room.snapshot"))["rundown"]["slots"]
                page = first
                for number, slot in enumerate(slots[:5]):
                    skip = {"type": "slot.skip", "room": "ai", "slot": slot["slot"], "command": f"skip-{number:08}"}
                    await control.send(json.dumps(skip))
                    while "rundown" not in await said(audience, "room.changed"):
                        pass
                    newer = await browser.get("/")
                    assert newer.content != page.content
                    page = newer


def test_a_front_loads_nothing_of_media_and_sign_in() -> None:
    """It is started again in a moment in which everybody waits, and has no business with either."""
    asked = "import sys, roadshow.front.process; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout.split()
    assert "roadshow.front.public.answers" in loaded
    for unwanted in ("aiortc", "av", "uvicorn", "prometheus_client", "roadshow.show", "roadshow.access.identity"):
        assert unwanted not in loaded


async def said(socket: ClientConnection, kind: str) -> dict[str, Any]:
    while (message := json.loads(await socket.recv()))["type"] != kind:
        pass
    found: dict[str, Any] = message
    return found
