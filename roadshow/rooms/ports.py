"""What a room needs from the world around it. ``roadshow.show`` ties these to the relay, the voting service, the live
hub and the store; tests tie them to fakes."""

from collections.abc import Mapping
from typing import Protocol

import msgspec

from roadshow.ids import LaneId, ProjectId, RoomId, SourceId
from roadshow.moments import Duration, Instant
from roadshow.rooms.views import RoomEvent

Programme = Mapping[LaneId, SourceId]
"""Which source feeds which lane. A lane that is missing shows and plays nothing."""


class Relay(Protocol):
    def show(self, room: RoomId, programme: Programme) -> None:
        """Make the lanes carry these sources from now on. Idempotent; never blocks; sources need not be there yet:
        one that comes later (or comes back) feeds its lane as soon as it is published."""
        ...


class Polls(Protocol):
    async def open_window(self, room: RoomId, project: ProjectId, closes_in: Duration | None) -> None:
        """Judges of the room may score the project from now until ``closes_in`` has passed by the clock (None:
        until told otherwise). Idempotent; on a window that is open it moves the deadline; on a closed one it reopens.
        Raises Conflict("result.confirmed") once the field's result stands, Unavailable when the store is away."""
        ...

    async def close_window(self, room: RoomId, project: ProjectId) -> None:
        """Idempotent. Raises Unavailable when the store is away."""
        ...


class Followers(Protocol):
    def publish(self, event: RoomEvent) -> None:
        """Hand an event to everybody who follows the room. Never blocks, never fails."""
        ...


class Saved(msgspec.Struct, frozen=True):
    """A room as it rests in the store. ``revision`` counts saves from 1; ``state`` is the room's own encoding."""

    revision: int
    state: bytes


class Note(msgspec.Struct, frozen=True):
    """One save, as a word."""

    revision: int
    at: Instant
    """By the store's clock."""
    note: str


HISTORY = 1_000
"""Notes a journal keeps for each room: a busy final has some ten commands a slot."""


class Journal(Protocol):
    """Every method raises Unavailable when the store is away."""

    async def load(self, room: RoomId) -> Saved | None:
        """The newest save, or None for a room that never was."""
        ...

    async def save(self, room: RoomId, saved: Saved, note: str) -> None:
        """On the store's own disk when it returns. Replicas may not have it yet, as they have votes: a failover may
        set a room back by its newest command, which control sees and gives again.

        Raises Conflict("room.stale") unless ``saved.revision`` is the stored one plus 1: a second writer must not
        overwrite the first. Saving once more exactly what is stored does nothing, so a save whose answer was lost may
        be sent again. ``note`` says in a word what happened."""
        ...

    async def history(self, room: RoomId) -> tuple[Note, ...]:
        """What happened, oldest first; the newest ``HISTORY`` notes."""
        ...
