"""Line checks: who may make one now, what came of it, and what control is told.

A check is a session like a publisher's, into a side room of its own that nobody else can watch. It costs the show what
one more pitcher costs, for half a minute; so there are few at once, none while a field is live, and the relay opens no
side room while its core is busy.
"""

import asyncio
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Begun:
    """A check's place."""

    check: str
    """Its id: another tab of the same person may have begun anew meanwhile."""
    room: SideRoom
    until: Instant


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
        self._running: dict[PersonId, str] = {}
        self._tokens: dict[PersonId, asyncio.TimerHandle] = {}
        """What ends with the newest token of each: it outlives a check that is over early."""

    @property
    def running(self) -> int:
        return len(self._running)

    def begin(self, person: PersonId) -> Begun:
        """A place for a check; one that this person has already ends. Raises
        Conflict("line.live"), Unavailable("relay.side-rooms")."""
        if any(room.snapshot().session.phase in LIVE for room in self._rooms.values()):
            raise Conflict("line.live")
        self._close(person)
        if len(self._running) >= MOST:
            raise Unavailable("relay.side-rooms", retry_after=FULL_RETRY_S)
        check = secrets.token_urlsafe(6)
        self._running[person] = check
        if former := self._tokens.pop(person, None):
            former.cancel()
        self._tokens[person] = asyncio.get_running_loop().call_later(LONGEST_S, self._expire, person)
        until = self._clock.now() + Duration(round(LONGEST_S * 1000 * self._clock.speed))
        return Begun(check, SideRoom(RoomKind.CHECK, person), until)

    def end(self, person: PersonId, check: str) -> bool:
        """Give the place back, and end what is sent. Whether there was such a check. Raises Conflict("line.anew"): the
        place is another tab's by now, and stays its own."""
        running = self._running.get(person)
        if running is None:
            return False
        if check != running:
            raise Conflict("line.anew")
        self._close(person)
        return True

    def _close(self, person: PersonId) -> None:
        self._running.pop(person, None)
        self._relay.close(SideRoom(RoomKind.CHECK, person).id)

    def _expire(self, person: PersonId) -> None:
        del self._tokens[person]
        self._close(person)

    async def finish(self, person: PersonId, begun: str, figures: Figures, address: str) -> LineTold:
        """Judge and keep it, and tell control. ``begun``: the check's id; ``address``: the network they come from,
        as limits count it. Raises Conflict: "line.over", there is none, or it took too long; "line.anew"."""
        missing = self._relay.missing(SideRoom(RoomKind.CHECK, person).id)
        if not self.end(person, begun):
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
