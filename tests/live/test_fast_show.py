"""A show is no more than its arguments: it runs in memory, and as fast as one likes."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from roadshow.adapters import in_memory
from roadshow.app import open_show
from roadshow.clock import SystemClock
from roadshow.competitions.loading import load_preset
from roadshow.rooms.commands import Start
from roadshow.settings import Settings


async def test_a_final_in_memory_ten_times_as_fast(tmp_path: Path) -> None:
    """Rehearsals and whole-day tests need neither a store nor the day."""
    brisk = load_preset("demo", today=datetime.now(UTC).date(), variant="brisk")
    settings = Settings(data=tmp_path / "data", port=0, udp_port=0)
    async with open_show(settings, brisk, adapters=in_memory, clock=SystemClock(speed=10)) as show, asyncio.timeout(30):
        room = next(iter(show.fields.values())).room
        await room.ask(Start())
        while room.snapshot().session.phase != "closed":  # noqa: ASYNC110  # the clock does it, and tells the sockets
            await asyncio.sleep(0.01)
    assert not (settings.data / "store").exists()
