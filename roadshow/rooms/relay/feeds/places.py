"""Connections that could send the same, and which of them does: ties ``Succession`` and ``Dispute`` to what is
published. Whoever is not a feed has one name, and the newest of their connections is shown."""

import logging
from collections.abc import Callable
from enum import StrEnum
from weakref import WeakValueDictionary

import msgspec

from roadshow.errors import Conflict
from roadshow.ids import FEED, EncoderId, PublisherId, RoomId
from roadshow.rooms.relay.diagnosis.diary import Diary
from roadshow.rooms.relay.diagnosis.troubles import Trouble
from roadshow.rooms.relay.feeds.dispute import RETRY_S, Dispute
from roadshow.rooms.relay.feeds.succession import Succession, is_heard
from roadshow.rooms.relay.publishing import Publishing

logger = logging.getLogger(__name__)


class State(StrEnum):
    """An encoder in one word."""

    USED = "used"
    STANDING_BY = "standing_by"
    SILENT = "silent"
    """Connected, and nothing comes."""
    AWAY = "away"
    """Not connected, but it was."""


class EncoderStats(msgspec.Struct, frozen=True):
    """``slides`` is of its session for slides alone. None: never there since the relay began."""

    encoder: EncoderId
    picture: State | None = None
    slides: State | None = None
    disputed: bool = False
    """A second machine with its token is being turned away."""


class Place:
    """One place on a room's stage: a publisher's picture and sound, or their slides."""

    def __init__(self, room: RoomId, is_feed: bool, diary: Diary, end: Callable[[Publishing], None]) -> None:
        self.succession = Succession()
        self._room = room
        self._is_feed = is_feed
        self._diary = diary
        self._end = end
        self._all: set[Publishing] = set()
        self._current: dict[EncoderId, Publishing] = {}
        """Each encoder's connection."""
        self._coming: dict[EncoderId, Publishing] = {}
        """One that came while the former is still heard, and has sent nothing yet."""
        self._disputes: dict[EncoderId, Dispute] = {}

    def admit(self, encoder: EncoderId, now: int) -> None:
        """Somebody asks to connect. Raises Conflict("feed.taken")."""
        if not self._may_take(encoder, now):
            self._turned_away(encoder, now)
            raise Conflict("feed.taken", retry_after=RETRY_S)

    def joined(self, one: Publishing) -> None:
        self._all.add(one)

    def connected(self, one: Publishing, now: int) -> None:
        """Media may come from there. A connection that is heard keeps its place until something does."""
        if self._current.get(one.encoder) is one:
            return  # its first packet came even before
        if self._is_heard(one.encoder, now):
            former, self._coming[one.encoder] = self._coming.get(one.encoder), one
            if former is not None and former is not one:
                self._end(former)
        else:
            self._take(one, now)

    def heard(self, one: Publishing, now: int) -> bool:
        """A packet came from one that is not in use. Whether it is now."""
        if self._current.get(one.encoder) is not one:
            if not self._may_take(one.encoder, now):
                self._turned_away(one.encoder, now)
                self._end(one)
                return False
            self._take(one, now)
        self.settle(now)
        return one.used

    def left(self, one: Publishing, now: int) -> None:
        """It sends no more; who is next is in use before it is gone."""
        self._all.discard(one)
        if self._coming.get(one.encoder) is one:
            del self._coming[one.encoder]
        if self._current.get(one.encoder) is not one:
            return
        del self._current[one.encoder]
        self._settle(one if one.used else self._in_use(), now)

    def settle(self, now: int) -> None:
        self._settle(self._in_use(), now)

    def put_first(self, encoder: EncoderId, now: int) -> None:
        before = self._in_use()
        self.succession.call(encoder, self._times(), now)
        self._settle(before, now)

    def state(self, encoder: EncoderId, now: int) -> State | None:
        one = self._current.get(encoder)
        if one is None:
            return State.AWAY if encoder in self._disputes else None
        if not self._is_heard(encoder, now):
            return State.SILENT
        return State.USED if one.used else State.STANDING_BY

    def disputed(self, encoder: EncoderId, now: int) -> bool:
        return encoder in self._disputes and self._disputes[encoder].is_told(now)

    @property
    def known(self) -> set[EncoderId]:
        """Encoders that are here, or were."""
        return set(self._disputes)

    def forget(self, encoder: EncoderId) -> None:
        """It is as if it had never been here."""
        self._disputes.pop(encoder, None)

    def connections(self, encoder: EncoderId) -> list[Publishing]:
        """Connected, or about to be."""
        return [one for one in self._all if one.encoder == encoder]

    def _in_use(self) -> Publishing | None:
        return next((one for one in self._current.values() if one.used), None)

    def _times(self) -> dict[EncoderId, int | None]:
        return {encoder: one.heard_at for encoder, one in self._current.items()}

    def _is_heard(self, encoder: EncoderId, now: int) -> bool:
        one = self._current.get(encoder)
        return one is not None and one.heard_at is not None and is_heard(one.heard_at, now)

    def _may_take(self, encoder: EncoderId, now: int) -> bool:
        """Only of a feed's token nobody knows how many machines have it: a person's pages ask before they take over."""
        one, dispute = self._current.get(encoder), self._disputes.get(encoder)
        return not self._is_feed or one is None or dispute is None or dispute.may_take(one.heard_at, now)

    def _turned_away(self, encoder: EncoderId, now: int) -> None:
        self._disputes[encoder].refused(now)
        self._diary.note(self._room, encoder, Trouble.TAKEN_OVER, now)

    def _take(self, one: Publishing, now: int) -> None:
        """It is its encoder's connection from now on; the former one ends."""
        dispute = self._disputes.setdefault(one.encoder, Dispute())
        former, self._current[one.encoder] = self._current.get(one.encoder), one
        if self._coming.get(one.encoder) is one:
            del self._coming[one.encoder]
        if former is None:
            self.settle(now)
            return
        if dispute.taken(former.heard_at, now) and self._is_feed:
            self._diary.note(self._room, one.encoder, Trouble.TAKEN_OVER, now)
        if former.used:
            one.step_up(former, now)
            former.step_down(now)
        self._end(former)

    def _settle(self, before: Publishing | None, now: int) -> None:
        """Let go on stage who is in use. ``before``: who was."""
        used = self.succession.settle(self._times(), now)
        one = self._current[used] if used is not None else None
        if one is before:
            return
        if one is not None:
            one.step_up(before, now)
        if before is not None:
            before.step_down(now)
        if self._is_feed:
            logger.info("The feed of %s comes from %s now.", self._room, "nobody" if used is None else used)


class Places:
    """All of a relay."""

    def __init__(self, diary: Diary, end: Callable[[Publishing], None], now: Callable[[], int]) -> None:
        """``end``: ends a connection. ``now`` gives milliseconds."""
        self._now = now
        self._diary = diary
        self._end = end
        self._places: WeakValueDictionary[tuple[RoomId, PublisherId, bool], Place] = WeakValueDictionary()
        """As long as a connection could have it."""
        self._feeds: dict[RoomId, dict[bool, Place]] = {}
        """Those of feeds, for good: a room's picture, and its slides."""
        self._first: dict[RoomId, EncoderId] = {}

    def place(self, room: RoomId, publisher: PublisherId, slides: bool) -> Place:
        """Whoever asks keeps it."""
        place = self._places.get((room, publisher, slides))
        if place is None:
            place = self._places[room, publisher, slides] = Place(room, publisher == FEED, self._diary, self._end)
            if publisher == FEED:
                place.succession.first = self._first.get(room)
                self._feeds.setdefault(room, {})[slides] = place
        return place

    def put_first(self, room: RoomId, encoder: EncoderId) -> None:
        """Before all others of the room's feed: at once, if it is heard, and also when it comes later."""
        now = self._now()
        self._first[room] = encoder
        for place in self._of(room).values():
            place.put_first(encoder, now)

    def encoders(self, room: RoomId) -> tuple[EncoderStats, ...]:
        """All that sent the room's feed since the relay began, as they are now."""
        now = self._now()
        here = self._of(room)
        known = set[EncoderId]().union(*(place.known for place in here.values()))
        return tuple(
            EncoderStats(
                encoder,
                picture=here[False].state(encoder, now) if False in here else None,
                slides=here[True].state(encoder, now) if True in here else None,
                disputed=any(place.disputed(encoder, now) for place in here.values()),
            )
            for encoder in sorted(known)
        )

    def withdraw(self, room: RoomId, encoder: EncoderId) -> None:
        """Its token opens nothing any more: end what was opened with it, and what there was of disputes."""
        now = self._now()
        for place in self._of(room).values():
            for one in place.connections(encoder):
                self._end(one)
            place.forget(encoder)
        self._diary.note(room, encoder, Trouble.WITHDRAWN, now)

    def _of(self, room: RoomId) -> dict[bool, Place]:
        return self._feeds.get(room, {})
