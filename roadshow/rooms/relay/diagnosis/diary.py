"""What went wrong for whom, kept for a while so that it can be told: the relay's one place to note a trouble.

Notes of the same room, person and trouble are one entry, which is counted; so a client that fails ten times a second
fills nothing. Pure: the time is an argument, in whole milliseconds of the relay's clock.
"""

import msgspec

from roadshow.ids import RoomId
from roadshow.rooms.relay.diagnosis.troubles import Trouble

VIEWERS = "viewers"
"""Who something happened to, where it was one of those who watch: nobody tells them apart."""
MOST_OF_ROOM = 32
"""Entries of one room: some twelve people and encoders send into it, each with one trouble or two."""
MOST = 512
"""Entries of all rooms, 100 KB: sixteen rooms full of them. What was noted longest ago makes room."""
REMEMBERED_MS = 15 * 60_000
"""So long an entry is told after it last happened: a slot and its questions, in which somebody looks into it."""
MOST_DETAIL = 120
"""Characters of a detail. Some are a client's own words."""


class Entry(msgspec.Struct, frozen=True):
    """``who``: a publisher's id, an encoder's name, or ``VIEWERS``."""

    room: RoomId
    who: str
    trouble: Trouble
    detail: str
    """As last noted: an alert's name, a codec, who took over. For people who run the server, not translated."""
    since: int
    at: int
    """When it last happened."""
    count: int


class Diary:
    """One for each relay."""

    def __init__(self) -> None:
        self._entries: dict[tuple[RoomId, str, Trouble], Entry] = {}
        """The one noted last stands last."""
        self._fresh: list[Entry] = []
        self.totals: dict[Trouble, int] = {}
        """Of each trouble, how often it was noted since the relay began."""

    def note(self, room: RoomId, who: str, trouble: Trouble, now: int, detail: str = "") -> None:
        """It happened, once more."""
        self.totals[trouble] = self.totals.get(trouble, 0) + 1
        key = (room, who, trouble)
        former = self._entries.pop(key, None)
        since, count = now, 1
        if former is not None and now - former.at <= REMEMBERED_MS:
            since, count = former.since, former.count + 1
        entry = self._entries[key] = Entry(room, who, trouble, _plain(detail), since, now, count)
        if count == 1:
            self._make_room(room)
            self._fresh = [*self._fresh[1 - MOST_OF_ROOM :], entry]

    def settle(self, room: RoomId, who: str, *troubles: Trouble) -> None:
        """It is over: these troubles of theirs, or all."""
        for trouble in troubles or Trouble:
            self._entries.pop((room, who, trouble), None)

    def of(self, room: RoomId, now: int, who: str | None = None) -> tuple[Entry, ...]:
        """What is told of a room, of one person or of all, the newest first."""
        return tuple(
            entry
            for entry in reversed(self._entries.values())
            if entry.room == room and who in (None, entry.who) and now - entry.at <= REMEMBERED_MS
        )

    def fresh(self) -> list[Entry]:
        """Entries that were begun since this was last asked, for the log; the first of very many are left out."""
        fresh, self._fresh = self._fresh, []
        return fresh

    def _make_room(self, room: RoomId) -> None:
        """Drop what is one too many: of the room, then of all."""
        here = [key for key in self._entries if key[0] == room]
        if len(here) > MOST_OF_ROOM:
            del self._entries[here[0]]
        if len(self._entries) > MOST:
            del self._entries[next(iter(self._entries))]


def _plain(detail: str) -> str:
    """Nothing in it is obeyed by a terminal or breaks a line."""
    return "".join(letter if letter.isprintable() else " " for letter in detail[:MOST_DETAIL])
