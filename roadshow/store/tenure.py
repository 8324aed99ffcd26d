"""A server's time in office: it waits until the leases of all its competitions are free, keeps them, and lets them go.

Each renewal is a write like a vote's, checked by the fence and durable. So it also proves, more often than anybody
asks, that the store takes writes.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from time import monotonic

from roadshow.errors import Unavailable
from roadshow.ids import CompetitionId
from roadshow.moments import Duration, Instant
from roadshow.store.lease import LASTS, LOOKED_AT_EVERY, RENEWED_EVERY, Lease, LeaseLost
from roadshow.store.trouble import Trouble

log = logging.getLogger(__name__)

DEAD_AFTER = LASTS + Duration.seconds(1)
"""A holder that has not renewed for so long by the waiter's own clock is gone, whatever the store's clock says."""
SILENT = Trouble("The store has not answered for some seconds. See that it runs and can be reached.", "store.away")
WAITING = "lease.waiting"
LOST = "lease.lost"

Sample = Callable[[Instant, Duration], None]
"""Hears what the store's clock said, and how long the question took."""


class NotWanted(Exception):
    """The server was asked to stop while it waited."""


class Standing:
    """How it stands with this server: whether it serves, and whether its store takes what it writes."""

    def __init__(self, when_waiting: Callable[[], Awaitable[None]] | None = None) -> None:
        """``when_waiting`` is called once, before the first wait."""
        self.stopping = asyncio.Event()
        self.lost = asyncio.Event()
        self._serves = False
        self._trouble: Trouble | None = None
        self._proved_at = monotonic()
        self._when_waiting = when_waiting

    @property
    def is_waiting(self) -> bool:
        return not self._serves

    def trouble(self) -> Trouble | None:
        """Why this server cannot do its work now."""
        if not self._serves:
            return Trouble("Waits for another server, which the log names, to stop.", WAITING)
        if self.lost.is_set():
            return Trouble("Another server has taken the competition over.", LOST)
        if self._trouble is None and monotonic() - self._proved_at > LASTS.in_seconds():
            return SILENT
        return self._trouble

    def serve(self) -> None:
        self._serves = True

    def stand_down(self) -> None:
        self._serves = False
        self.lost.clear()

    async def wait(self) -> None:
        """Until it is worth looking again. Raises NotWanted."""
        if self._when_waiting is not None:
            await self._when_waiting()
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOKED_AT_EVERY.in_seconds()):
                await self.stopping.wait()
        if self.stopping.is_set():
            raise NotWanted

    def note(self, trouble: Trouble | None) -> None:
        """What came of a write. Said once when it begins and once when it is over."""
        if trouble is None:
            self._proved_at = monotonic()
            if self._trouble is not None:
                log.warning("The store takes writes again.")
        elif self._trouble is None or self._trouble.code != trouble.code:
            log.error("Nothing can be written (%s): %s", trouble.code, trouble.words)
        self._trouble = trouble


@asynccontextmanager
async def in_office(leases: Mapping[CompetitionId, Lease], standing: Standing, sample: Sample) -> AsyncIterator[None]:
    """All leases, for as long as the block runs; ``standing.lost`` says when one is not ours any more. Waits as long as
    another server has one. Raises NotWanted, Unavailable."""
    keepers: list[asyncio.Task[None]] = []
    try:
        # In one order, so that two servers never wait for each other.
        for name, lease in sorted(leases.items()):
            await _take(name, lease, standing)
            keepers.append(asyncio.create_task(_keep(name, lease, standing, sample)))
        standing.note(None)
        standing.serve()
        yield
    finally:
        standing.stand_down()
        for keeper in keepers:
            keeper.cancel()
        await asyncio.gather(*keepers, return_exceptions=True)
        for lease in leases.values():
            with suppress(Unavailable):  # then it comes to its end by itself
                await lease.release()


async def _take(name: CompetitionId, lease: Lease, standing: Standing) -> None:
    seen, since, waits = "", 0.0, False
    while True:
        is_dead = seen != "" and monotonic() - since > DEAD_AFTER.in_seconds()
        holder = await lease.take(seen if is_dead else "")
        if holder is None:
            break
        if not waits:
            log.warning(
                "%s is run by %s, for another %.1f s unless it renews its lease. This server waits.",
                name,
                holder.name,
                holder.lasts.in_seconds(),
            )
            waits = True
        if holder.sign != seen:
            seen, since = holder.sign, monotonic()
        await standing.wait()
    if waits:
        log.warning("%s is run by this server from now on.", name)


async def _keep(name: CompetitionId, lease: Lease, standing: Standing, sample: Sample) -> None:
    """Until it is lost."""
    while True:
        await asyncio.sleep(RENEWED_EVERY.in_seconds())
        asked = monotonic()
        try:
            moment = await lease.renew()
        except LeaseLost:
            log.error("%s has been taken over by another server. This one stops serving it.", name)  # noqa: TRY400
            standing.lost.set()
            return
        except Unavailable as problem:
            standing.note(lease.explain(problem))
        else:
            standing.note(None)
            sample(moment, Duration(round((monotonic() - asked) * 1000)))
