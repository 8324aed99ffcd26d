"""The house and the processes it starts."""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from datetime import date

import pytest
import uvicorn
from starlette.applications import Starlette

from roadshow.competitions.loading import load_preset
from roadshow.errors import SetupError
from roadshow.fields.revisions import shared_file
from roadshow.front.beginning import Beginning
from roadshow.front.house import supervising
from roadshow.front.house.supervising import STARTS_TRIED, Fronts, fronts
from roadshow.front.house.taking import Taking
from roadshow.settings import Settings
from tests.front.client import Client, get
from tests.front.conftest import until

DEMO = load_preset("demo", today=date(2090, 1, 1))


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        yield bound


@pytest.fixture
def revisions() -> Iterator[int]:
    memory = shared_file()
    yield memory
    os.close(memory)


async def _serve(all_of_them: Fronts) -> None:
    config = uvicorn.Config(Starlette(), lifespan="off", log_config=None)
    config.load()
    await all_of_them.serve(Beginning(Settings(), (DEMO,)), Taking(config, uvicorn.Server(config).server_state))


async def _ask(listening: socket.socket) -> int:
    async with await Client.connect(listening.getsockname()[1]) as client:
        return (await client.ask(get("/nowhere", "Connection: close"))).status


async def test_several_fronts_share_the_port(listening: socket.socket, revisions: int) -> None:
    """For a machine with cores to spare."""
    async with fronts(listening, revisions, 2) as all_of_them:
        await _serve(all_of_them)
        for _ in range(10):
            assert await _ask(listening) == 404
        await until(lambda: all_of_them.totals.all.handed == 10)
        assert all_of_them.totals.starts == 2


async def test_figures_go_on_over_a_new_start(listening: socket.socket, revisions: int) -> None:
    """A counter that falls is taken for a new server."""
    async with fronts(listening, revisions) as all_of_them:
        await _serve(all_of_them)
        assert await _ask(listening) == 404
        await until(lambda: all_of_them.totals.all.handed == 1)
        os.kill(all_of_them.pids[0], signal.SIGKILL)
        assert await _ask(listening) == 404
        await until(lambda: all_of_them.totals.all.handed == 2)
        assert all_of_them.totals.starts == 2


async def test_a_front_that_hangs_is_started_again(
    listening: socket.socket, revisions: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It has the port, so that nobody gets in; that it has not ended keeps another from being started."""
    monkeypatch.setattr(supervising, "SILENT_FOR", 3)
    async with fronts(listening, revisions) as all_of_them:
        await _serve(all_of_them)
        (pid,) = all_of_them.pids
        os.kill(pid, signal.SIGSTOP)
        assert await _ask(listening) == 404
        assert all_of_them.pids != [pid]
        assert all_of_them.totals.starts == 2
    assert [line for line in caplog.messages if "says nothing any more" in line]


async def test_an_idle_front_is_left_alone_and_so_is_one_whose_house_stood_still(
    listening: socket.socket, revisions: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says each second that it runs. What it said while the house did nothing is still to be read."""
    monkeypatch.setattr(supervising, "SILENT_FOR", 5)
    looked = 0
    sleep = asyncio.sleep

    async def counted(seconds: float) -> None:
        nonlocal looked
        await sleep(seconds)
        if seconds == supervising.LOOK_EVERY:
            looked += 1

    async with fronts(listening, revisions) as all_of_them:
        await _serve(all_of_them)
        pids = all_of_them.pids
        monkeypatch.setattr(asyncio, "sleep", counted)
        time.sleep(6 * supervising.LOOK_EVERY)  # noqa: ASYNC251  # the house stands still
        await until(lambda: looked > 4)
        assert all_of_them.pids == pids


async def test_a_front_that_cannot_run_is_said_at_the_start(
    listening: socket.socket, revisions: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """And not found out by the first visitor, nor tried for ever."""
    monkeypatch.setattr(supervising, "PROGRAM", (sys.executable, "-c", "raise SystemExit(3)"))
    with pytest.raises(SetupError):
        async with asyncio.timeout(20), fronts(listening, revisions) as all_of_them:
            await _serve(all_of_them)
    lines = [line for line in caplog.records if line.name == supervising.__name__]
    assert [line.__dict__["status"] for line in lines][:STARTS_TRIED] == [3] * STARTS_TRIED


async def test_a_front_that_does_not_end_is_ended(
    listening: socket.socket, revisions: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The port must be free when the house has gone."""
    monkeypatch.setattr(supervising, "ENDS_WITHIN", 0.1)
    monkeypatch.setattr(supervising, "PROGRAM", (sys.executable, "-c", "import time; time.sleep(600)"))
    async with fronts(listening, revisions) as all_of_them:
        await until(lambda: all_of_them.pids)
        (pid,) = all_of_them.pids
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
