"""Line checks in Valkey or Redis: one string for each person, which ends by itself."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import cast

import msgspec
from redis.asyncio import Redis
from typing_extensions import override

from roadshow.ids import PersonId
from roadshow.rooms.lines.ports import KEPT_DAYS, LineStore
from roadshow.rooms.lines.verdict import LineCheck
from roadshow.store.connection import guard
from roadshow.store.fence import Fence
from roadshow.store.keys import Keys

_DECODER = msgspec.json.Decoder(LineCheck)


class RedisLineStore(LineStore):
    """As durable as the store: with ``appendfsync always``, on disk when a method returns."""

    def __init__(self, redis: Redis, keys: Keys, fence: Fence | None = None) -> None:
        self._redis = redis
        self._key = keys.line
        self._fence = fence or Fence(keys)

    @override
    async def lines(self, people: Iterable[PersonId]) -> Mapping[PersonId, LineCheck]:
        asked = list(people)
        if not asked:
            return {}
        with guard():
            found = cast("list[bytes | None]", await self._redis.mget([self._key(person) for person in asked]))
        read = ((person, _read(value)) for person, value in zip(asked, found, strict=True))
        return {person: check for person, check in read if check is not None}

    @override
    async def keep_line(self, person: PersonId, check: LineCheck) -> None:
        with guard():
            async with self._fence.transaction(self._redis) as batch:
                batch.set(self._key(person), msgspec.json.encode(check), ex=timedelta(days=KEPT_DAYS))
                await batch.execute()


def _read(value: bytes | None) -> LineCheck | None:
    """None also for what another version kept in another form: a check is quickly made again."""
    if value is None:
        return None
    try:
        return _DECODER.decode(value)
    except msgspec.DecodeError:
        return None
