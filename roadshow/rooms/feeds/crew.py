"""A competition's encoders, tied to a store: whose token holds, and what another program has changed of it."""

from collections.abc import Callable

from roadshow.errors import Conflict, InputError, NotFound
from roadshow.ids import EncoderId, RoomId, is_slug
from roadshow.rooms.feeds.encoders import MOST, NONE_KEPT, Kept, RoomEncoders
from roadshow.rooms.feeds.ports import FeedStore

Told = Callable[[RoomId, EncoderId], None]
"""Hears of one encoder."""


def _ignore(_room: RoomId, _encoder: EncoderId) -> None:
    pass


class Crew:
    def __init__(self, store: FeedStore, when_withdrawn: Told = _ignore, when_first: Told = _ignore) -> None:
        """``when_withdrawn`` hears whose token opens nothing any more, ``when_first`` whom a host put first."""
        self._store = store
        self._when_withdrawn = when_withdrawn
        self._when_first = when_first
        self._known: Kept | None = None
        """As last looked at."""
        self._told: dict[tuple[RoomId, EncoderId], int] = {}
        """The generation that was last heard of: whoever has the next one's token must not be ended for the former."""

    async def of(self, room: RoomId) -> RoomEncoders:
        return (await self._store.encoders()).get(room, NONE_KEPT)

    async def generation(self, room: RoomId, encoder: EncoderId) -> int:
        """Raises NotFound("feed.unknown")."""
        found = (await self.of(room)).generation(encoder)
        if found is None:
            raise NotFound("feed.unknown")
        return found

    async def holds(self, room: RoomId, encoder: EncoderId, generation: int) -> bool:
        """Whether a token of this generation opens the door."""
        return (await self.of(room)).generation(encoder) == generation

    async def name(self, room: RoomId, encoder: EncoderId) -> None:
        """Let there be one more. Raises InputError("feed.name"), Conflict("feed.too_many")."""
        if not is_slug(encoder):
            raise InputError("feed.name")
        there = await self.of(room)
        if there.generation(encoder) is not None:
            return
        if len(there.names) >= MOST:
            raise Conflict("feed.too_many", most=MOST)
        await self._store.name(room, encoder)

    async def withdraw(self, room: RoomId, encoder: EncoderId) -> int:
        """Its token ends, and what was opened with it; the generation of the next. Raises NotFound("feed.unknown")."""
        await self.generation(room, encoder)
        generation = await self._store.raise_generation(room, encoder)
        self._told[room, encoder] = generation
        self._when_withdrawn(room, encoder)
        return generation

    async def put_first(self, room: RoomId, encoder: EncoderId) -> None:
        """Raises NotFound("feed.unknown")."""
        await self.generation(room, encoder)
        await self._store.put_first(room, encoder)
        self._when_first(room, encoder)

    async def look(self) -> tuple[tuple[RoomId, EncoderId], ...]:
        """Tell what another program has changed since the last look; at the first, who was put first. Whose token was
        withdrawn."""
        kept = await self._store.encoders()
        before, self._known = self._known, kept
        withdrawn = []
        for room, now in kept.items():
            for encoder, generation in now.generations.items():
                if before is not None and generation > self._told.get((room, encoder), 0):
                    withdrawn.append((room, encoder))
                self._told[room, encoder] = max(generation, self._told.get((room, encoder), 0))
            if now.first is not None and now.first != (before or {}).get(room, NONE_KEPT).first:
                self._when_first(room, now.first)
        for room, encoder in withdrawn:
            self._when_withdrawn(room, encoder)
        return tuple(withdrawn)
