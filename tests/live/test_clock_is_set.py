"""The machine's clock is set while a show is on: nothing moves within an item, and all is right after it."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Origin

from roadshow.access.admission import house as of_house
from roadshow.adapters import in_memory
from roadshow.app import open_show
from roadshow.clock import SystemClock
from roadshow.competitions.loading import load_preset
from roadshow.competitions.people import Role
from roadshow.fields import timekeeper
from roadshow.fields.timekeeper import Timekeeper
from roadshow.ids import CommandId
from roadshow.moments import Duration, Instant
from roadshow.rooms.commands import Next, Start
from roadshow.settings import Settings
from roadshow.show import Show
from tests.clocks import HandClock
from tests.live.conftest import listening_socket, served

HOUR = Duration.minutes(60)
WITHIN = 20.0


class Machine:
    """Its clocks: one that can be set, and one that cannot."""

    def __init__(self) -> None:
        self.step = Duration(0)

    def wall(self) -> int:
        return time.time_ns() + self.step.ms * 1_000_000


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timekeeper, "LOOKS_EVERY", 0.01)


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(WITHIN):
        while not holds():  # noqa: ASYNC110  # a clock has no event
            await asyncio.sleep(0.01)


@asynccontextmanager
async def _signed_in(show: Show) -> AsyncIterator[httpx.AsyncClient]:
    """The organiser's browser, on the server's own machine."""
    organiser = next(one for one in show.people if one.holds(Role.ORGANISER))
    link = (await show.invite(organiser.id)).removeprefix(show.address)
    transport = httpx.ASGITransport(show.app, client=("127.0.0.1", 40_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
        assert (await client.post(link, headers={"Origin": "http://localhost:8000"})).status_code == 303
        yield client


async def test_a_clock_set_in_the_middle_of_an_item_is_followed_after_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It was read once at the start: links, credentials and times stayed wrong until the next one."""
    machine = Machine()
    clock = SystemClock(wall=machine.wall)
    demo = load_preset("demo", today=datetime.now(UTC).date())
    async with open_show(
        Settings(data=tmp_path / "data", port=0, udp_port=0), demo, adapters=in_memory, clock=clock
    ) as show:
        clocks = show.parts.context.clocks
        field = next(iter(show.fields.values()))
        room = field.room
        await room.ask(Start())
        before = room.snapshot().session.clock.ends_at
        machine.step = HOUR
        await _until(lambda: bool(clocks.wall_off))
        assert abs((clocks.wall_off - HOUR).ms) < 1000
        for _ in range(50):
            await asyncio.sleep(0)
        assert room.snapshot().session.clock.ends_at == before
        assert abs((clock.wall_ahead() - HOUR).ms) < 1000, "not in an item"

        async with _signed_in(show) as client:
            media = await client.get(f"/as/organiser/control/{room.id}/media?lang=en")
            (notice,) = media.json()["notices"]
            assert notice == (
                "The server's clock was set by 3600 seconds. The show keeps its own until this item is over."
            )
            assert 'roadshow_clock_off_seconds{clock="wall"} 36' in (await client.get("/metrics")).text

        await field.award.open(field.id, Duration.minutes(1), CommandId("command-open"))
        for phase in ("questions", "voting", "closed"):
            await room.ask(Next())
            assert room.snapshot().session.phase == phase
        await asyncio.sleep(0.1)  # some looks
        assert clocks.wall_off, "an open award is an item too"
        await field.award.close(field.id, CommandId("command-close"))
        await _until(lambda: not clocks.wall_off)
        assert abs(clock.wall_ahead().ms) < 1000
        await room.ask(Next())
        await room.ask(Start())
        left = Instant(room.snapshot().session.clock.ends_at or 0) - clock.now()
        assert 0 < left.ms <= room.snapshot().session.clock.duration_ms
    told = [record.getMessage() for record in caplog.records if record.name == "roadshow.fields.timekeeper"]
    assert [line.partition(":")[0] for line in told] == [
        "This machine's clock was set",
        "The show's clock was set right between two items",
    ]


@pytest.mark.parametrize("step", [HOUR, -HOUR])
async def test_a_show_that_stands_follows_at_once(tmp_path: Path, step: Duration) -> None:
    """A machine that boots a day slow has the right time long before the first pitch; a poll's windows last as long as
    they should afterwards, whichever way it went."""
    machine = Machine()
    clock = SystemClock(wall=machine.wall)
    demo = load_preset("demo", today=datetime.now(UTC).date())
    async with open_show(
        Settings(data=tmp_path / "data", port=0, udp_port=0), demo, adapters=in_memory, clock=clock
    ) as show:
        field = next(iter(show.fields.values()))
        project = field.room.snapshot().rundown.slots[0].project
        await field.voting.open_window(field.id, project, None)
        await field.voting.close_window(field.id, project)
        machine.step = step
        await _until(lambda: abs(clock.wall_ahead().ms) < 1000)
        await field.voting.keep_time(field.id)  # as the timekeeper does right after it; once more changes nothing
        await field.voting.open_window(field.id, project, Duration.minutes(1))
        (window,) = (await field.voting.views(field.id)).windows().windows
        assert window.closes_at is not None
        assert Duration(0) < window.closes_at - clock.now() <= Duration.minutes(1)


async def test_strangers_are_counted_by_a_clock_that_nobody_sets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A show's clock that was set back by an hour shut pages and handshakes for as long. This one even stands."""
    monkeypatch.setattr(of_house, "PAGES", 8)
    monkeypatch.setattr(of_house, "PAGES_WITHIN", Duration(200))
    monkeypatch.setattr(of_house, "HANDSHAKES", 8)
    monkeypatch.setattr(of_house, "HANDSHAKES_WITHIN", Duration(200))
    clock = HandClock()
    demo = load_preset("demo", today=datetime.now(UTC).date())
    with listening_socket() as (listening, base):
        settings = Settings(data=tmp_path / "data", port=0, udp_port=0, public_url=base)
        async with (
            open_show(settings, demo, adapters=in_memory, clock=clock) as show,
            served(show.app, listening, lambda: None),
            httpx.AsyncClient(base_url=base) as stranger,
            asyncio.timeout(WITHIN),
        ):
            while (await stranger.get("/nothing")).status_code != 429:
                pass
            while await _welcomed(base):
                pass
            clock.advance(-HOUR)
            while (await stranger.get("/nothing")).status_code == 429:  # noqa: ASYNC110  # a clock has no event
                await asyncio.sleep(0.05)
            while not await _welcomed(base):  # noqa: ASYNC110
                await asyncio.sleep(0.05)


async def _welcomed(base: str) -> bool:
    async with connect(f"{base.replace('http', 'ws')}/live", origin=Origin(base)) as socket:
        return '"welcome"' in str(await socket.recv())


def test_a_stores_clock_that_is_off_is_told_and_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """Links and sign-ins end by it, so somebody should know."""
    clock = SystemClock()
    keeper = Timekeeper(clock)
    with caplog.at_level(logging.WARNING, "roadshow.fields"):
        for _ in range(20):
            keeper.heard_store(clock.now() + HOUR, Duration(3))
        for _ in range(20):
            keeper.heard_store(clock.now(), Duration(3))
    assert [record.getMessage().partition(".")[0] for record in caplog.records] == [
        "The store's clock is 3600",
        "The store's clock agrees with this server's again",
    ]
