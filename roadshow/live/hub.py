"""Fan-out: what happens in a room, to everybody who follows it.

A topic is one room as one group of people may see it. Its events are numbered, and each is encoded once for all
sockets. A browser that comes back says where it was and gets what it missed; a new one gets a snapshot. In this order:
the topic's number is read, the snapshot is taken (which may wait for the store), and every event since goes after it.
Sections replace each other whole, so an event the snapshot already contains does no harm.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Protocol

from roadshow.access.admission.house import SOCKETS, SOCKETS_FOR_PEOPLE
from roadshow.access.admission.origins import origin_of
from roadshow.access.admission.places import NoPlace, Place, Places
from roadshow.access.groups import group_of
from roadshow.access.roles import Visitor
from roadshow.clock import Clock, SteadyClock
from roadshow.competitions.people import Role
from roadshow.errors import NotFound, Unavailable
from roadshow.fields.sections import Group, View, seen_by, visible
from roadshow.ids import PersonId, RoomId, SignInId
from roadshow.live.messages import EndReason, Message, RoomChanged, RoomState, Superseded, Viewers
from roadshow.live.protocol import encode
from roadshow.moments import Duration, Instant
from roadshow.rooms.replay import Replay, Resync
from roadshow.telemetry import Telemetry

log = logging.getLogger(__name__)

REMEMBERED_EVENTS = 256
"""Of each topic: an hour of a show."""
MOST_REPLAYED = 32
"""Events; whoever missed more is served better by a snapshot, and its outbox would not hold them."""
SNAPSHOT_LIFE = Duration.seconds(2)
"""A snapshot serves everybody who comes while nothing happens, but not for longer than this."""
COUNT_EVERY = 1.0
"""Seconds between two counts of viewers."""
COUNT_MOVES = 100
"""A number of viewers is told again once it has moved by this part of what was told."""
COUNTED_AT_A_TIME = 50
"""Followers who are told a number in one turn of the loop. Each costs it 50 us, and no clock or packet is to wait
longer than a few milliseconds for a number."""
RETRY_WHEN_FULL = 10
"""Seconds."""
RETURNING_PER_SECOND = 200
"""Handshakes one core takes while the show goes on; told to browsers as a spread of their first reconnect."""
SHORTEST_RETRY_MS = 500
LONGEST_RETRY_MS = 15_000

RESTARTING = 1012
TRY_LATER = 1013
POLICY = 1008
"""WebSocket close codes; after POLICY a browser does not come back by itself."""


SnapshotSource = Callable[[RoomId, tuple[type[View], ...]], Awaitable[tuple[View, ...]]]
"""Reads these sections of a room, as they are now."""


class Follower(Protocol):
    """One socket, as the hub knows it. Nothing here waits."""

    @property
    def visitor(self) -> Visitor: ...

    def send(self, message: Message) -> None:
        """To this one alone, ahead of all events."""
        ...

    def send_event(self, room: RoomId, frame: str) -> None: ...

    def send_snapshot(self, room: RoomId, frame: str) -> None: ...

    def end(self, code: int, reason: str, last: Message | None = None) -> None:
        """Close, after a last message. Idempotent; the first close code counts."""
        ...


@dataclass(slots=True)
class _Snapshot:
    offset: int
    taken_at: Instant
    sections: dict[str, View]


@dataclass(slots=True)
class _Topic:
    room: RoomId
    group: Group
    log: Replay[str]
    followers: set[Follower] = field(default_factory=set)
    snapshot: _Snapshot | None = None
    building: asyncio.Lock = field(default_factory=asyncio.Lock)
    """One snapshot at a time, for all who wait for it."""


class Hub:
    """Satisfies ``fields.news.Followers``. ``epoch`` must differ from that of any earlier process."""

    def __init__(
        self,
        rooms: Iterable[RoomId],
        clock: Clock,
        snapshot: SnapshotSource,
        epoch: str,
        telemetry: Telemetry | None = None,
        seats: Places | None = None,
        steady: Clock | None = None,
    ) -> None:
        """``telemetry`` None: nobody asks for it. ``seats``: of all hubs that share them; None: its own alone.
        ``steady``: by which these are counted, as the show's ``clock`` may be set right."""
        self.seats = seats or Places("sockets", SOCKETS, SOCKETS_FOR_PEOPLE)
        self._clock = clock
        self._steady = steady or SteadyClock()
        self._telemetry = telemetry or Telemetry()
        self._snapshot = snapshot
        self._topics = {
            (room, group): _Topic(room, group, Replay(f"{epoch}-{group}", REMEMBERED_EVENTS))
            for room in rooms
            for group in Group
        }
        self._followers: dict[Follower, Place] = {}
        self._of_person: dict[PersonId, set[Follower]] = {}
        self._viewers: dict[RoomId, int] = {}
        self._told: dict[RoomId, int] = {}
        """The number of viewers followers last heard."""
        self._recount: set[RoomId] = set()
        self._something_to_count = asyncio.Event()
        self._is_shut = False
        self._somebody_left = asyncio.Event()

    # What happened ------------------------------------------------------------------------------------------------

    def publish(self, room: RoomId, views: Sequence[View]) -> None:
        """As ``fields.news.Followers``: one frame for each group, encoded once."""
        now = self._clock.now()
        with self._cue(room, views):
            for group in Group:
                sections = visible(views, group)
                if not sections:
                    continue
                topic = self._topics.get((room, group))
                if topic is None:
                    log.error("an event of the unknown room %s", room)
                    return
                offset = topic.log.offset + 1
                frame = encode(RoomChanged(room, topic.log.epoch, offset, now.ms, **sections))
                topic.log.append(frame)
                for follower in topic.followers:
                    follower.send_event(room, frame)

    def _cue(self, room: RoomId, views: Sequence[View]) -> AbstractContextManager[None]:
        """What the audience sees is a cue; what control and the jury alone see follows each of their acts."""
        told = visible(views, Group.AUDIENCE)
        if not told:
            return nullcontext()
        sockets = sum(len(topic.followers) for topic in self._topics.values() if topic.room == room)
        return self._telemetry.cue(",".join(told), field=room, sockets=sockets)

    # Who follows --------------------------------------------------------------------------------------------------

    @property
    def sockets(self) -> int:
        return len(self._followers)

    def viewers(self, room: RoomId) -> int:
        """Sockets without an invitation that follow the room."""
        return self._viewers.get(room, 0)

    @property
    def retry_ms(self) -> int:
        """Upper bound of a browser's first reconnect delay, so that all of them together come back evenly."""
        spread = self.seats.taken * 1000 // RETURNING_PER_SECOND
        return min(max(SHORTEST_RETRY_MS, spread), LONGEST_RETRY_MS)

    def join(self, follower: Follower) -> None:
        """Raises TooMany("rate.connections") when there are too many, TooMany("rate.network") when there is no place
        for another from their network, Unavailable("room.stopping") at the end."""
        if self._is_shut:
            raise Unavailable("room.stopping")
        visitor = follower.visitor
        try:
            place = self.seats.take(origin_of(visitor.address), self._steady.now(), invited=visitor.person is not None)
        except NoPlace as refusal:
            raise refusal.told(RETRY_WHEN_FULL) from None
        self._followers[follower] = place
        if visitor.person is not None:
            self._of_person.setdefault(visitor.person.id, set()).add(follower)

    def prove(self, follower: Follower) -> None:
        """Did what an honest guest does: see ``Place.prove``."""
        if follower in self._followers:
            self._followers[follower].prove()

    def leave(self, follower: Follower) -> None:
        place = self._followers.pop(follower, None)
        if place is None:
            return
        if follower.visitor.person is not None:
            person = follower.visitor.person.id
            self._of_person[person].discard(follower)
            if not self._of_person[person]:
                del self._of_person[person]
        place.give_back(self._steady.now())
        self._somebody_left.set()
        for topic in self._topics.values():
            if follower in topic.followers:
                topic.followers.discard(follower)
                self._count(topic, follower, -1)

    async def follow(self, follower: Follower, room: RoomId, epoch: str = "", offset: int = 0) -> None:
        """Bring the follower up to date and keep it so. Raises NotFound("room.unknown"), and as the snapshot source."""
        topic = self._topics.get((room, group_of(follower.visitor, room)))
        if topic is None:
            raise NotFound("room.unknown")
        missed = topic.log.since(epoch, offset)
        if isinstance(missed, Resync) or len(missed) > MOST_REPLAYED:
            snapshot = await self._fresh_snapshot(topic)
            follower.send_snapshot(room, self._encode_snapshot(topic, snapshot))
            missed = topic.log.since(topic.log.epoch, snapshot.offset)
            if isinstance(missed, Resync):
                raise Unavailable("room.busy")
        # Nothing waits from here on, so that no event comes twice or never.
        for event in missed:
            follower.send_event(room, event.item)
        if follower in self._followers and follower not in topic.followers:
            topic.followers.add(follower)
            self._count(topic, follower, +1)

    async def _fresh_snapshot(self, topic: _Topic) -> _Snapshot:
        async with topic.building:
            known = topic.snapshot
            if (
                known is not None
                and known.offset == topic.log.offset
                and self._steady.now() - known.taken_at < SNAPSHOT_LIFE
            ):
                return known
            offset = topic.log.offset
            taken_at = self._steady.now()
            views = await self._snapshot(topic.room, seen_by(topic.group))
            topic.snapshot = _Snapshot(offset, taken_at, visible(views, topic.group))
            return topic.snapshot

    def _encode_snapshot(self, topic: _Topic, snapshot: _Snapshot) -> str:
        return encode(
            RoomState(
                room=topic.room,
                epoch=topic.log.epoch,
                offset=snapshot.offset,
                server_now=self._clock.now().ms,
                viewers=self.viewers(topic.room),
                **snapshot.sections,
            )
        )

    # Who must go --------------------------------------------------------------------------------------------------

    def expel(self, person: PersonId, sign_in: SignInId | None = None, reason: EndReason = "revoked") -> None:
        """Close the sockets of somebody whose access was revoked; with ``sign_in``, those of that one alone."""
        for follower in self._sockets_of(person):
            if sign_in is None or follower.visitor.sign_in == sign_in:
                follower.end(POLICY, reason, Superseded(reason))

    def recall(self, person: PersonId) -> None:
        """Close the sockets of somebody whose appointments changed: they come back as what they are now."""
        for follower in self._sockets_of(person):
            follower.end(RESTARTING, f"retry_ms={self.retry_ms}")

    def _sockets_of(self, person: PersonId) -> tuple[Follower, ...]:
        return tuple(self._of_person.get(person, ()))

    def shut_down(self) -> None:
        """Tell all browsers to come back to the next server, spread over a while. Takes no more after this."""
        self._is_shut = True
        for follower in tuple(self._followers):
            follower.end(RESTARTING, f"retry_ms={self.retry_ms}")

    async def emptied(self) -> None:
        """Returns once all that ``shut_down`` ended have left."""
        while self._followers:
            self._somebody_left.clear()
            await self._somebody_left.wait()

    # Of one person ------------------------------------------------------------------------------------------------

    @property
    def sign_ins(self) -> Mapping[SignInId, PersonId]:
        """By which somebody has a socket open."""
        return {
            follower.visitor.sign_in: person
            for person, followers in self._of_person.items()
            for follower in followers
            if follower.visitor.sign_in is not None
        }

    def tell(self, person: PersonId, message: Message, *, but: Follower | None = None) -> None:
        """All sockets of the person, on whichever device; ``but`` for the one that knows already."""
        for follower in self._sockets_of(person):
            if follower is not but:
                follower.send(message)

    # How many -----------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Tell followers how many watch their room: when the number has moved, at most once a second. For ever."""
        while True:
            await self._something_to_count.wait()
            self._something_to_count.clear()
            rooms, self._recount = self._recount, set()
            for room in rooms:
                viewers = self.viewers(room)
                if has_moved(self._told.get(room), viewers):
                    self._told[room] = viewers
                    await self._tell_viewers(room, encode(Viewers(room, viewers)))
            await asyncio.sleep(COUNT_EVERY)

    async def _tell_viewers(self, room: RoomId, frame: str) -> None:
        """In handfuls. Whoever comes meanwhile has the number in their snapshot."""
        followers = [follower for group in Group for follower in self._topics[room, group].followers]
        for start in range(0, len(followers), COUNTED_AT_A_TIME):
            for follower in followers[start : start + COUNTED_AT_A_TIME]:
                follower.send_event(room, frame)
            await asyncio.sleep(0)

    def _count(self, topic: _Topic, follower: Follower, change: int) -> None:
        if follower.visitor.role is Role.AUDIENCE:
            self._viewers[topic.room] = self._viewers.get(topic.room, 0) + change
            self._recount.add(topic.room)
            self._something_to_count.set()


def has_moved(told: int | None, viewers: int) -> bool:
    """Whether a number of viewers is worth telling: a thousand sockets are not woken for one more."""
    return told is None or (viewers != told and abs(viewers - told) * COUNT_MOVES >= told)
