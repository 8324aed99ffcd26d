"""Leases in Valkey or Redis. The acts are in functions.lua; here answers become values and errors."""

import secrets
from typing import Any

from typing_extensions import override

from roadshow.errors import Unavailable
from roadshow.moments import Duration, Instant
from roadshow.store.connection import Store, guard
from roadshow.store.fence import NOBODYS, Fence
from roadshow.store.functions import Library, read_library
from roadshow.store.keys import Keys
from roadshow.store.lease import LASTS, MOST_NAME, Holder, Lease, LeaseLost
from roadshow.store.trouble import Trouble, trouble_of


class RedisLease(Lease):
    """``fence``: where its token goes, so that all stores of the competition show it. ``name``: how other servers'
    operators are told who it is."""

    def __init__(self, store: Store, keys: Keys, fence: Fence, name: str, *, lasts: Duration = LASTS) -> None:
        self._store = store
        self._fence = fence
        fence.token = NOBODYS
        self._name = name[:MOST_NAME]
        self._lasts = lasts
        self._keys = [keys.lease(), keys.signer()]
        self._owner = secrets.token_hex(8)
        self._library = Library(read_library("roadshow.store"))

    @override
    async def take(self, dead: str = "") -> Holder | None:
        answer = await self._act("take", Fence.like(self._fence), self._owner, self._name, self._lasts.ms, dead)
        if answer[0] == b"taken":
            self._fence.token = answer[1].decode()
            return None
        _, name, lasts, sign = answer
        if self._store.is_ours_alone and not dead:
            return await self.take(sign.decode())
        return Holder(name.decode(errors="replace"), Duration(int(lasts)), sign.decode())

    @override
    async def renew(self) -> Instant:
        return Instant(int(await self._act("renew", self._held(), self._lasts.ms)))

    @override
    async def release(self) -> None:
        if self._fence.token != NOBODYS:
            try:
                await self._act("release", self._fence)
            except LeaseLost:
                return

    @override
    def explain(self, problem: Unavailable) -> Trouble:
        known = trouble_of(problem)
        return (self._store.explain() or known) if known.code == "store.away" else known

    @override
    async def bind_key(self, fingerprint: str, *, anew: bool = False) -> str:
        noted: bytes = await self._act("bind", self._held(), fingerprint, int(anew))
        return noted.decode()

    def _held(self) -> Fence:
        if self._fence.token == NOBODYS:
            raise LeaseLost
        return self._fence

    async def _act(self, function: str, fence: Fence, *arguments: str | int) -> Any:
        """As durable as a vote: a lease that a promoted copy has not heard of would be given away."""
        with guard():
            return await self._library.call(
                self._store.redis,
                f"{self._library.name}_{function}",
                [fence.key, *self._keys],
                *arguments,
                by=self._store.lines,
                fence=fence,
            )


async def is_held(store: Store, keys: Keys) -> bool:
    """For whoever only reads: whether a server runs the competition now."""
    with guard():
        until: Any = await store.redis.hget(keys.lease(), "until")
        seconds, micros = await store.redis.time()
    # A lease outlives a server that was killed for some seconds; its store, where that is ours alone, tells at once.
    return until is not None and not store.is_ours_alone and seconds * 1000 + micros // 1000 < int(until)


async def bound_key(store: Store, keys: Keys) -> str:
    """For whoever only reads: what ``bind_key`` noted, or nothing."""
    with guard():
        noted: Any = await store.redis.get(keys.signer())
    return "" if noted is None else noted.decode()
