"""Encoders in Valkey or Redis: one hash, whose fields are set and counted one by one."""

from typing import cast

from redis.asyncio import Redis
from typing_extensions import override

from roadshow.ids import EncoderId, RoomId
from roadshow.rooms.feeds.encoders import Kept, RoomEncoders
from roadshow.rooms.feeds.ports import FeedStore
from roadshow.store.connection import guard
from roadshow.store.fence import Fence
from roadshow.store.keys import Keys


class RedisFeedStore(FeedStore):
    """As durable as the store: with ``appendfsync always``, on disk when a method returns."""

    def __init__(self, redis: Redis, keys: Keys, fence: Fence | None = None) -> None:
        self._redis = redis
        self._key = keys.feeds()
        self._fence = fence or Fence(keys)

    @override
    async def encoders(self) -> Kept:
        with guard():
            rows = cast("dict[bytes, bytes]", await self._redis.hgetall(self._key))
        generations: dict[RoomId, dict[EncoderId, int]] = {}
        first: dict[RoomId, EncoderId] = {}
        for field, value in sorted(rows.items()):
            room, _, encoder = field.decode().partition("/")
            if encoder:
                generations.setdefault(RoomId(room), {})[EncoderId(encoder)] = int(value)
            else:
                first[RoomId(room)] = EncoderId(value.decode())
        rooms = generations.keys() | first.keys()
        return {room: RoomEncoders(generations.get(room, {}), first.get(room)) for room in rooms}

    @override
    async def name(self, room: RoomId, encoder: EncoderId) -> None:
        with guard():
            async with self._fence.transaction(self._redis) as batch:
                batch.hsetnx(self._key, f"{room}/{encoder}", "0")
                await batch.execute()

    @override
    async def raise_generation(self, room: RoomId, encoder: EncoderId) -> int:
        with guard():
            async with self._fence.transaction(self._redis) as batch:
                batch.hincrby(self._key, f"{room}/{encoder}", 1)
                (generation,) = await batch.execute()
        return int(generation)

    @override
    async def put_first(self, room: RoomId, encoder: EncoderId) -> None:
        with guard():
            async with self._fence.transaction(self._redis) as batch:
                batch.hset(self._key, str(room), encoder)
                await batch.execute()
