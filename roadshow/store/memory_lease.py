"""Leases in memory, for tests and rehearsals, and the fence around stores in memory."""

import inspect
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar, cast

from typing_extensions import override

from roadshow.clock import Clock
from roadshow.errors import Unavailable
from roadshow.moments import ZERO, Duration, Instant
from roadshow.store.lease import LASTS, Holder, Lease, LeaseLost
from roadshow.store.trouble import Trouble, trouble_of

T = TypeVar("T")


@dataclass(slots=True)
class Place:
    """What the servers of one competition share."""

    token: str = ""
    number: int = 0
    beats: int = 0
    """Renewals."""
    name: str = ""
    ends_at: Instant = field(default_factory=lambda: Instant(0))
    signer: str = ""


class MemoryLease(Lease):
    """As lasting as the process."""

    def __init__(self, clock: Clock, place: Place | None = None, name: str = "", *, lasts: Duration = LASTS) -> None:
        self._clock = clock
        self._place = place or Place()
        self._name = name
        self._lasts = lasts
        self._owner = secrets.token_hex(8)
        self._token = ""

    @override
    async def take(self, dead: str = "") -> Holder | None:
        place, now = self._place, self._clock.now()
        sign = f"{place.token}@{place.beats}"
        is_ours = place.token.endswith(self._owner)
        if place.token and not is_ours and now < place.ends_at and sign != dead:
            return Holder(place.name, place.ends_at - now, sign)
        place.number += 1
        place.token = self._token = f"{place.number}-{self._owner}"
        place.name, place.ends_at = self._name, now + self._lasts
        return None

    @override
    async def renew(self) -> Instant:
        self.check()
        now = self._clock.now()
        self._place.ends_at = now + self._lasts
        self._place.beats += 1
        return now

    @override
    async def release(self) -> None:
        if self._token and self._place.token == self._token:
            self._place.token, self._place.ends_at = "", self._clock.now() + ZERO

    @override
    def explain(self, problem: Unavailable) -> Trouble:
        return trouble_of(problem)

    @override
    async def bind_key(self, fingerprint: str, *, anew: bool = False) -> str:
        self.check()
        if anew or not self._place.signer:
            self._place.signer = fingerprint
        return self._place.signer

    def check(self) -> None:
        """What the store's functions do at their beginning. Raises LeaseLost."""
        if not self._token or self._place.token != self._token:
            raise LeaseLost


def behind(store: T, check: Callable[[], None], *, reads: frozenset[str]) -> T:
    """The store, every method of which is preceded by ``check`` unless it only ``reads``. As the methods of a store in
    memory give way to nobody, check and write are one."""
    return cast("T", _Behind(store, check, reads))


class _Behind:
    def __init__(self, store: object, check: Callable[[], None], reads: frozenset[str]) -> None:
        self._store = store
        self._check = check
        self._reads = reads

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)
        if name in self._reads or not inspect.iscoroutinefunction(method):
            return method
        return _preceded(method, self._check)


def _preceded(method: Callable[..., Awaitable[Any]], check: Callable[[], None]) -> Callable[..., Awaitable[Any]]:
    @wraps(method)
    async def checked(*arguments: Any, **named: Any) -> Any:
        check()
        return await method(*arguments, **named)

    return checked
