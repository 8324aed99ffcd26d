"""Encoders in memory: for tests and rehearsals that nobody needs to keep."""

from msgspec.structs import replace
from typing_extensions import override

from roadshow.ids import EncoderId, RoomId
from roadshow.rooms.feeds.encoders import NONE_KEPT, Kept, RoomEncoders
from roadshow.rooms.feeds.ports import FeedStore


class MemoryFeedStore(FeedStore):
    """As durable as the process."""

    def __init__(self) -> None:
        self._kept: Kept = {}

    @override
    async def encoders(self) -> Kept:
        return dict(self._kept)

    @override
    async def name(self, room: RoomId, encoder: EncoderId) -> None:
        self._set(room, encoder, self._of(room).generations.get(encoder, 0))

    @override
    async def raise_generation(self, room: RoomId, encoder: EncoderId) -> int:
        return self._set(room, encoder, self._of(room).generations.get(encoder, 0) + 1)

    @override
    async def put_first(self, room: RoomId, encoder: EncoderId) -> None:
        self._kept[room] = replace(self._of(room), first=encoder)

    def _of(self, room: RoomId) -> RoomEncoders:
        return self._kept.get(room, NONE_KEPT)

    def _set(self, room: RoomId, encoder: EncoderId, generation: int) -> int:
        before = self._of(room)
        self._kept[room] = replace(before, generations={**before.generations, encoder: generation})
        return generation
