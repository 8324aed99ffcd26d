"""What must be kept of encoders."""

from typing import Protocol

from roadshow.ids import EncoderId, RoomId
from roadshow.rooms.feeds.encoders import Kept


class FeedStore(Protocol):
    """Every method raises Unavailable when the store is away. Each act may be done beside a running server: whichever
    order two come in, neither undoes the other."""

    async def encoders(self) -> Kept:
        """Of each room of which anything was ever kept."""
        ...

    async def name(self, room: RoomId, encoder: EncoderId) -> None:
        """There is such an encoder. Idempotent."""
        ...

    async def raise_generation(self, room: RoomId, encoder: EncoderId) -> int:
        """The new one: tokens of those before it open nothing any more."""
        ...

    async def put_first(self, room: RoomId, encoder: EncoderId) -> None:
        """Before all others of the room. Idempotent."""
        ...
