"""Line checks: who may make one now, what came of it, and what control is told.

A check is a session like a publisher's, into a side room of its own that nobody else can watch. It costs the show what
one more pitcher costs, for half a minute; so there are few at once, none while a field is live, and the relay opens no
side room while its core is busy.
"""

import asyncio
import hmac
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Final

from roadshow.clock import ShowClock
from roadshow.competitions.cast import Cast
from roadshow.competitions.people import Role
from roadshow.errors import Conflict, Unavailable
from roadshow.fields.field import Reading
from roadshow.fields.news import News
from roadshow.fields.rooms import RoomKind, SideRoom
from roadshow.ids import PersonId, RoomId
from roadshow.moments import Duration, Instant
from roadshow.rooms.lines.ports import LineStore
from roadshow.rooms.lines.verdict import Figures, LineCheck, judge
from roadshow.rooms.lines.views import LinesView, LineTold, line_told, line_view
from roadshow.rooms.phases import Phase
from roadshow.rooms.relay.share import Share
from roadshow.rooms.runner import RoomRunner

MOST: Final = 4
"""Checks at once: half of the side rooms, so that practice goes on, and 10 Mbit/s."""
FULL_RETRY_S: Final = 20
LONGEST_S: Final = 45
"""Seconds for one: 20 until media come through, by a TURN server at last, 12 of measuring, and slow machines."""
LIVE: Final = frozenset({Phase.PITCH, Phase.QUESTIONS, Phase.VOTING})


class LineChecks:
    """Of one competition."""

    def __init__(
        self,
        store: LineStore,
        relay: Share,
        cast: Callable[[], Cast],
        rooms: Mapping[RoomId, RoomRunner],
        news: News,
        clock: ShowClock,
        secret: bytes,
    ) -> None:
        self._store = store
        self._relay = relay
        self._cast = cast
        self._rooms = rooms
        self._news = news
        self._clock = clock
        self._key = hmac.digest(secret, b"line check: origins", sha256)
        self._running: set[PersonId] = set()
        self._tokens: dict[PersonId, asyncio.TimerHandle] = {}
        """What ends with the newest token of each: it outlives a check that is over early."""

    @property
    def running(self) -> int:
        return len(self._running)

    def begin(self, person: PersonId) -> tuple[SideRoom, Instant]:
        """A place for a check, where to send, and until when; one that this person has already ends. Raises
        Conflict("line.live"), Unavailable("relay.side-rooms")."""
        if any(room.snapshot().session.phase in LIVE for room in self._rooms.values()):
            raise Conflict("line.live")
        self.end(person)
        if len(self._running) >= MOST:
            raise Unavailable("relay.side-rooms", retry_after=FULL_RETRY_S)
        self._running.add(person)
        if former := self._tokens.pop(person, None):
            former.cancel()
        self._tokens[person] = asyncio.get_running_loop().call_later(LONGEST_S, self._expire, person)
        until = self._clock.now() + Duration(round(LONGEST_S * 1000 * self._clock.speed))
        return SideRoom(RoomKind.CHECK, person), until

    def end(self, person: PersonId) -> bool:
        """Give the place back, and end what is sent. Whether there was a check."""
        if person not in self._running:
            return False
        self._running.remove(person)
        self._relay.close(SideRoom(RoomKind.CHECK, person).id)
        return True

    def _expire(self, person: PersonId) -> None:
        del self._tokens[person]
        self._running.discard(person)
        self._relay.close(SideRoom(RoomKind.CHECK, person).id)

    async def finish(self, person: PersonId, figures: Figures, address: str) -> LineTold:
        """Judge and keep it, and tell control. ``address``: the network they come from, as limits count it. Raises
        Conflict("line.over"): there is no check, or it took too long."""
        missing = self._relay.missing(SideRoom(RoomKind.CHECK, person).id)
        if not self.end(person):
            raise Conflict("line.over")
        verdict, reasons = judge(figures, missing)
        now, origin = self._clock.now(), self._origin(address)
        check = LineCheck(now.ms, verdict, reasons, figures, missing, origin)
        await self._store.keep_line(person, check)
        known = self._cast().people.get(person)
        for appointment in known.appointed(Role.PITCHER) if known is not None else ():
            if appointment.room is not None and appointment.room in self._rooms:
                self._news.changed(appointment.room, LinesView)
        return line_told(check, origin)

    async def of(self, person: PersonId, address: str) -> LineTold | None:
        """Their newest."""
        check = (await self._store.lines([person])).get(person)
        return None if check is None else line_told(check, self._origin(address))

    async def read(self, reading: Reading) -> LinesView:
        """A ``fields.field.Reader``: those who pitch in the field, each project's together."""
        cast = self._cast()
        here = [
            (person.id, cast.projects[held.project])
            for person, held in cast.everybody_in(reading.field.id)
            if held.role is Role.PITCHER and held.project is not None and held.project in cast.projects
        ]
        kept = await self._store.lines({person for person, _ in here})
        here.sort(key=lambda one: (one[1].order, one[1].id, one[0]))
        return LinesView(tuple(line_view(person, project.id, kept.get(person)) for person, project in here))

    def _origin(self, address: str) -> str:
        return hmac.digest(self._key, address.encode(), sha256).hex()[:16]
