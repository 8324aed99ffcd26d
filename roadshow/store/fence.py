"""What a server shows with everything it asks of the store: the token of its lease, and what its clock says.

The store compares the token in the same function as the write (prelude.lua): a server that was frozen, cut off or
overtaken and comes back finds the fence moved, whatever it believes. Its moment judges windows: one server has the
lease, so its clock, which no step can move in the middle of an item, is the one by which deadlines hold, and the
store's may say what it likes.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.exceptions import ResponseError

from roadshow.clock import Clock
from roadshow.store.keys import Keys

FENCED = "FENCED"
"""How a refusal begins; prelude.lua has the same word."""
NOBODYS = "-"
"""A server's token before it has the lease: fits no fence."""


class Fence:
    """Of one competition. Without a token nothing is asked for: so are commands that run beside a server, and each of
    their writes must be safe beside any act of it. Without a clock, the store's own counts."""

    def __init__(self, keys: Keys, clock: Clock | None = None) -> None:
        self.key = keys.fence()
        self.token = ""
        """``NOBODYS`` from when there is a lease to it, then what the lease brings."""
        self._clock = clock

    @classmethod
    def like(cls, other: Self) -> Self:
        """At the same place, but without a token: for whoever is about to take one."""
        fence = cls.__new__(cls)
        fence.key, fence.token, fence._clock = other.key, "", other._clock
        return fence

    def words(self) -> tuple[str, str]:
        """As prelude.lua reads them."""
        return self.token, "" if self._clock is None else str(self._clock.now().ms)

    @asynccontextmanager
    async def transaction(self, redis: Redis) -> AsyncIterator[Pipeline]:
        """Commands that happen together, or not at all where the fence has moved: then WatchError or ResponseError,
        which ``guard`` knows."""
        async with redis.pipeline(transaction=True) as batch:
            if self.token:
                await batch.watch(self.key)
                if await batch.get(self.key) != self.token.encode():
                    raise ResponseError(f"{FENCED} another server has the lease")
                batch.multi()  # type: ignore[no-untyped-call]
            yield batch
