"""Rooms in Valkey or Redis. One server-side function (functions.lua) checks the revision and saves."""

from typing import cast

from redis.asyncio import Redis
from typing_extensions import override

from roadshow.errors import Conflict
from roadshow.ids import RoomId
from roadshow.moments import Instant
from roadshow.rooms.ports import HISTORY, Journal, Note, Saved
from roadshow.store.connection import guard
from roadshow.store.fence import Fence
from roadshow.store.functions import Library, read_library
from roadshow.store.keys import Keys


class RedisJournal(Journal):
    """As durable as the store: with ``appendfsync always``, on disk when ``save`` returns."""

    def __init__(self, redis: Redis, keys: Keys, fence: Fence | None = None) -> None:
        self._redis = redis
        self._keys = keys
        self._fence = fence or Fence(keys)
        self._library = Library(read_library("roadshow.rooms"))

    @override
    async def load(self, room: RoomId) -> Saved | None:
        with guard():
            stored = await self._redis.hmget(self._keys.room(room).state, ["revision", "state"])
        revision, state = cast("list[bytes | None]", stored)
        if revision is None or state is None:
            return None
        return Saved(int(revision), state)

    @override
    async def save(self, room: RoomId, saved: Saved, note: str) -> None:
        keys = self._keys.room(room)
        with guard():
            kept = await self._library.call(
                self._redis,
                "roadshow_rooms_save",
                [keys.state, keys.history],
                saved.revision,
                saved.state,
                note,
                HISTORY,
                fence=self._fence,
            )
        if not kept:
            raise Conflict("room.stale")

    @override
    async def history(self, room: RoomId) -> tuple[Note, ...]:
        with guard():
            entries = await self._redis.xrange(self._keys.room(room).history)
        return tuple(
            Note(int(fields[b"revision"]), Instant(int(entry.split(b"-")[0])), fields[b"note"].decode())
            for entry, fields in cast("list[tuple[bytes, dict[bytes, bytes]]]", entries)
        )
