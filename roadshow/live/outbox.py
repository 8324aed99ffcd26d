"""What waits to be written to one socket: bounded, and with answers ahead of broadcasts. Pure.

Three lanes: clock pongs (stamped when they leave, so that waiting does not spoil the measurement), replies to this
browser's own messages, and events of the rooms it follows. A reader too slow for the events loses those that wait; once
it has caught up it gets a fresh snapshot of each room instead.
"""

from collections import deque
from dataclasses import dataclass

from roadshow.ids import RoomId
from roadshow.moments import Duration, Instant

MOST_EVENTS = 64
"""Frames; a whole phase change is two, so this is minutes of a show."""
MOST_REPLIES = 128
"""Frames; a socket may have 32 commands under way and 40 messages in one burst."""
MOST_PONGS = 8
"""The oldest is dropped: its measurement is spoiled anyway."""
MOST_BEHIND = Duration.seconds(10)


@dataclass(frozen=True, slots=True)
class Pong:
    """To be stamped and encoded now."""

    sent: float


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """Nothing waits any more: these rooms need a snapshot."""

    rooms: frozenset[RoomId]


class Overflow(Exception):
    """The browser sends and does not read: nothing can be answered any more."""


class Outbox:
    def __init__(self) -> None:
        self._pongs: deque[float] = deque(maxlen=MOST_PONGS)
        self._replies: deque[str] = deque()
        self._events: deque[tuple[RoomId, str]] = deque()
        self._stale: set[RoomId] = set()
        """Rooms whose events are lost until their next snapshot."""
        self._owed: set[RoomId] = set()
        """Those of them nobody has asked a snapshot for yet."""
        self._behind_since: Instant | None = None

    def pong(self, sent: float) -> None:
        self._pongs.append(sent)

    def reply(self, frame: str) -> None:
        """Raises Overflow."""
        if len(self._replies) >= MOST_REPLIES:
            raise Overflow
        self._replies.append(frame)

    def event(self, room: RoomId, frame: str, now: Instant) -> None:
        """A room's next event; lost if the room waits for a snapshot."""
        if room in self._stale:
            return
        if len(self._events) >= MOST_EVENTS:
            lost = {room, *(waiting for waiting, _ in self._events)}
            self._stale |= lost
            self._owed |= lost
            self._events.clear()
            self._behind_since = self._behind_since or now
            return
        self._events.append((room, frame))

    def snapshot(self, room: RoomId, frame: str, now: Instant) -> None:
        """A room's whole state, from which its events go on."""
        self._stale.discard(room)
        self._owed.discard(room)
        self.event(room, frame, now)

    def drop_events(self) -> None:
        """All that wait, and what was lost before."""
        self._events.clear()
        self._owed.clear()

    def take(self) -> Pong | str | CaughtUp | None:
        """What to write next. None: nothing; the reader is up to date."""
        if self._pongs:
            return Pong(self._pongs.popleft())
        if self._replies:
            return self._replies.popleft()
        if self._events:
            return self._events.popleft()[1]
        self._behind_since = None
        if self._owed:
            rooms = frozenset(self._owed)
            self._owed.clear()
            return CaughtUp(rooms)
        return None

    def is_overdue(self, now: Instant) -> bool:
        """Whether the reader has been behind for too long to be served."""
        return self._behind_since is not None and now - self._behind_since > MOST_BEHIND
