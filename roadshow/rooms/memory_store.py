"""Rooms in memory: for tests and rehearsals that nobody needs to keep."""

from collections import deque

from typing_extensions import override

from roadshow.clock import Clock
from roadshow.errors import Conflict
from roadshow.ids import RoomId
from roadshow.rooms.ports import HISTORY, Journal, Note, Saved


class MemoryJournal(Journal):
    """As durable as the process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._saved: dict[RoomId, Saved] = {}
        self._notes: dict[RoomId, deque[Note]] = {}

    @override
    async def load(self, room: RoomId) -> Saved | None:
        return self._saved.get(room)

    @override
    async def save(self, room: RoomId, saved: Saved, note: str) -> None:
        stored = self._saved.get(room)
        if stored == saved:
            return
        if saved.revision != (0 if stored is None else stored.revision) + 1:
            raise Conflict("room.stale")
        self._saved[room] = saved
        self._notes.setdefault(room, deque(maxlen=HISTORY)).append(Note(saved.revision, self._clock.now(), note))

    @override
    async def history(self, room: RoomId) -> tuple[Note, ...]:
        return tuple(self._notes.get(room, ()))
