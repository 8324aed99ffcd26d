"""How the server that people really talk to ends."""

import asyncio
import os
import signal
from datetime import date
from pathlib import Path

from roadshow.app import OpenHouse
from roadshow.competitions.loading import load_preset
from roadshow.live.hub import RESTARTING
from roadshow.serving import serve
from roadshow.settings import Settings
from tests.live.conftest import a_browser


async def test_browsers_are_told_when_to_come_back(tmp_path: Path) -> None:
    """The web server closes all sockets by itself, and without that word a full house comes back in one moment."""
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def is_ready(house: OpenHouse) -> None:
        ready.set_result(f"http://localhost:{house.settings.port}")

    settings = Settings(data=tmp_path / "data", port=0, udp_port=0)
    serving = asyncio.create_task(serve(settings, [load_preset("demo", today=date(2026, 1, 1))], is_ready))
    serving.add_done_callback(lambda _: ready.cancel())
    async with a_browser(await ready) as browser:
        assert (await browser.read())["type"] == "welcome"
        os.kill(os.getpid(), signal.SIGTERM)
        code, reason = await browser.closed()
    assert (code, reason.partition("=")[0]) == (RESTARTING, "retry_ms")
    async with asyncio.timeout(10):
        await serving
