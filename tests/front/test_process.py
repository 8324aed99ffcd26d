"""The front as the process it is, before a real house."""

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Origin

from tests.chaos.desks import Desk, Guest
from tests.demo_server import DemoServer
from tests.front.client import Client, get
from tests.front.conftest import until
from tests.live.conftest import a_browser

HAMMER = Path(__file__).with_name("hammer.py")
HAMMERS = 250
MOST_LOG = 32 * 1024
"""Bytes: hundreds of lines. What it was before was 64 MB."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[DemoServer]:
    with DemoServer(tmp_path, brisk=False) as running:
        yield running


@pytest.fixture
def short_of_descriptors(tmp_path: Path) -> Iterator[DemoServer]:
    """With 128 for each of its processes."""
    limited = ("/bin/sh", "-c", 'ulimit -n 128; exec "$0" "$@"', sys.executable, "-m", "roadshow")
    with DemoServer(tmp_path, brisk=False, program=limited) as running:
        yield running


async def _judge(server: DemoServer) -> Guest:
    return await Guest.accepted(server.base, server.people["judges"]["ai"][0])


async def _still_talks(desk: Desk) -> None:
    await desk.say({"type": "clock.ping", "sent": 1})
    await desk.heard(lambda frame: frame["type"] == "clock.pong")


async def test_a_killed_front_is_back_and_nobody_in_the_house_notices(server: DemoServer) -> None:
    """Who comes meanwhile waits in the backlog; sockets and media are not the front's."""
    judge = await _judge(server)
    async with judge.desk("ai") as desk:
        (front,) = server.front_pids
        os.kill(front, signal.SIGKILL)
        async with httpx.AsyncClient(base_url=server.base) as client:
            assert (await client.get("/")).status_code == 200
            figures = (await client.get("/metrics")).text
        await _still_talks(desk)
    assert "\nroadshow_front_starts_total 2.0\n" in figures
    assert front not in server.front_pids


async def test_a_front_dies_with_its_house(server: DemoServer) -> None:
    """A port that stays taken would keep the house from being started again."""
    (front,) = server.front_pids
    server.kill()
    await until(lambda: not _cmdline(front))
    await asyncio.to_thread(server.start)
    async with httpx.AsyncClient(base_url=server.base) as client:
        assert (await client.get("/")).status_code == 200


async def test_the_house_decides_when_the_front_ends(server: DemoServer) -> None:
    """Ctrl+C reaches both, and browsers get their goodbye from the house first."""
    (front,) = server.front_pids
    async with a_browser(server.base) as browser:
        assert (await browser.read())["type"] == "welcome"
        os.kill(front, signal.SIGINT)
        async with httpx.AsyncClient(base_url=server.base) as client:
            assert (await client.get("/")).status_code == 200
        assert server.front_pids == [front]
        assert server.process is not None
        server.process.send_signal(signal.SIGINT)
        code, reason = await browser.closed()
    assert (code, reason.partition("=")[0]) == (1012, "retry_ms")
    assert await asyncio.to_thread(server.stop) == 0
    assert not _cmdline(front)


async def test_no_secret_is_in_the_fronts_command(tmp_path: Path) -> None:
    """Everybody on the machine can read it."""
    secret = "s3cret-" * 8
    with DemoServer(tmp_path, environment={**os.environ, "ROADSHOW_SECRET": secret}) as server:
        (front,) = server.front_pids
        assert secret not in _cmdline(front)


async def test_one_client_that_hammers_keeps_no_judge_out(server: DemoServer) -> None:
    """250 connections on which somebody asks for pages as fast as they are answered."""
    judge = await _judge(server)
    cookies = "Cookie: " + "; ".join(f"{name}={value}" for name, value in judge.cookies.items())
    async with judge.desk("ai") as desk:
        command = (sys.executable, str(HAMMER), str(server.port), str(HAMMERS), "/")
        hammer = await asyncio.create_subprocess_exec(*command)
        try:
            await _is_hammered(server)
            for _ in range(5):
                async with await Client.connect(server.port) as client:
                    assert (await client.ask(get(f"/as/{judge.person}/judge/ai", cookies))).status == 200
                await _still_talks(desk)
            assert hammer.returncode is None
        finally:
            hammer.kill()
            await hammer.wait()


async def test_without_descriptors_the_log_stays_short_and_people_get_in_again(
    short_of_descriptors: DemoServer,
) -> None:
    """Without care an accept that fails is tried again in every turn of the loop, with a traceback each time."""
    server = short_of_descriptors
    judge = await _judge(server)
    async with judge.desk("ai") as desk:
        async with AsyncExitStack() as crowd:
            for _ in range(150):
                with suppress(OSError):
                    crowd.push_async_exit((await Client.connect(server.port)).__aexit__)
            guests = [asyncio.create_task(_follow(server, crowd)) for _ in range(150)]
            came = [guest.result() for guest in (await asyncio.wait(guests))[0]]
            assert any(came)
            assert not all(came)
            await _still_talks(desk)
            assert await judge.opens(f"/as/{judge.person}/judge/ai") == 200
        async with a_browser(server.base) as guest:
            assert (await guest.read())["type"] == "welcome"
        await _still_talks(desk)
    assert server.log_file.stat().st_size < MOST_LOG
    assert "Traceback" not in server.log()


async def _follow(server: DemoServer, crowd: AsyncExitStack) -> bool:
    """Whether there was a place for this socket."""
    address = server.base.replace("http", "ws") + "/live"
    try:
        opened = await connect(address, origin=Origin(server.base), open_timeout=10)
    except (OSError, TimeoutError, WebSocketException):
        return False
    crowd.push_async_callback(opened.close)
    try:
        await opened.recv()
    except ConnectionClosed:
        return False
    return True


async def _is_hammered(server: DemoServer) -> None:
    """Hundreds of pages were asked for."""
    async with httpx.AsyncClient(base_url=server.base, timeout=30) as client:
        asked = 0.0
        while asked < 2 * HAMMERS:
            lines = (await client.get("/metrics")).text.splitlines()
            asked = sum(float(line.split()[1]) for line in lines if line.startswith("roadshow_front_requests_total{"))


def _cmdline(pid: int) -> str:
    """Empty for one that has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""
