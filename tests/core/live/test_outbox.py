"""What waits for one socket."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from typing_extensions import override

from roadshow.ids import RoomId
from roadshow.live.outbox import MOST_BEHIND, MOST_EVENTS, MOST_PONGS, MOST_REPLIES, CaughtUp, Outbox, Overflow, Pong
from roadshow.moments import Duration, Instant

AI, BIO = RoomId("ai"), RoomId("bio")
NOW = Instant(1_000_000)


def _fill(outbox: Outbox, room: RoomId = AI, frames: int = MOST_EVENTS) -> None:
    for number in range(frames):
        outbox.event(room, f"{room}-{number}", NOW)


def test_pongs_go_before_answers_and_answers_before_events() -> None:
    """A clock is measured by the way there and back; a judge waits for a receipt; news can wait."""
    outbox = Outbox()
    outbox.event(AI, "event", NOW)
    outbox.reply("answer")
    outbox.pong(1.5)
    assert [outbox.take() for _ in range(4)] == [Pong(1.5), "answer", "event", None]


def test_events_beyond_the_bound_are_all_dropped_for_one_snapshot() -> None:
    """Half of a history is worth nothing: sections may contradict each other."""
    outbox = Outbox()
    _fill(outbox)
    outbox.event(AI, "one more", NOW)
    outbox.event(AI, "and more", NOW)
    assert outbox.take() == CaughtUp(frozenset({AI}))
    assert outbox.take() is None
    outbox.event(AI, "lost, too", NOW)
    assert outbox.take() is None
    outbox.snapshot(AI, "snapshot", NOW)
    outbox.event(AI, "next", NOW)
    assert [outbox.take() for _ in range(3)] == ["snapshot", "next", None]


def test_every_room_that_lost_something_gets_a_snapshot() -> None:
    """The control desk follows all of them over one socket."""
    outbox = Outbox()
    outbox.event(BIO, "bio", NOW)
    _fill(outbox, AI, MOST_EVENTS)
    assert outbox.take() == CaughtUp(frozenset({AI, BIO}))


def test_a_snapshot_that_is_dropped_is_asked_for_again() -> None:
    """Otherwise the room would stand still for ever."""
    outbox = Outbox()
    _fill(outbox, AI, MOST_EVENTS + 1)
    assert outbox.take() == CaughtUp(frozenset({AI}))
    _fill(outbox, BIO)
    outbox.snapshot(AI, "snapshot", NOW)
    assert outbox.take() == CaughtUp(frozenset({AI, BIO}))


def test_answers_are_bounded() -> None:
    """A browser that sends and never reads must not fill the memory."""
    outbox = Outbox()
    for _ in range(MOST_REPLIES):
        outbox.reply("answer")
    with pytest.raises(Overflow):
        outbox.reply("one more")


def test_of_too_many_pongs_the_oldest_is_dropped() -> None:
    """Its measurement is spoiled anyway."""
    outbox = Outbox()
    for number in range(MOST_PONGS + 1):
        outbox.pong(number)
    assert outbox.take() == Pong(1)


def test_a_reader_is_overdue_after_ten_seconds_behind() -> None:
    """Until then it is only slow."""
    outbox = Outbox()
    _fill(outbox, AI, MOST_EVENTS + 1)
    assert not outbox.is_overdue(NOW + MOST_BEHIND)
    assert outbox.is_overdue(NOW + MOST_BEHIND + Duration(1))
    while outbox.take() is not None:
        pass
    assert not outbox.is_overdue(NOW + MOST_BEHIND + Duration(1))


class Fanout(RuleBasedStateMachine):
    """Two rooms' numbered events through an outbox that is emptied now and then, with the hub's part played here."""

    def __init__(self) -> None:
        super().__init__()
        self.outbox = Outbox()
        self.happened = {AI: 0, BIO: 0}
        self.told = {AI: 0, BIO: 0}

    @rule(room=st.sampled_from([AI, BIO]), times=st.integers(1, MOST_EVENTS))
    def happen(self, room: RoomId, times: int) -> None:
        for _ in range(times):
            self.happened[room] += 1
            self.outbox.event(room, f"event {room} {self.happened[room]}", NOW)

    @rule(frames=st.integers(1, 2 * MOST_EVENTS))
    def read(self, frames: int) -> None:
        for _ in range(frames):
            match self.outbox.take():
                case CaughtUp(rooms):
                    for room in rooms:
                        self.outbox.snapshot(room, f"snapshot {room} {self.happened[room]}", NOW)
                case str(frame):
                    kind, name, number = frame.split()
                    if kind == "event":
                        assert int(number) == self.told[RoomId(name)] + 1
                    self.told[RoomId(name)] = int(number)
                case _:
                    return

    @invariant()
    def whoever_reads_on_ends_up_right(self) -> None:
        """No gap without a snapshot; and never more than the bound waits."""
        assert len(self.outbox._events) <= MOST_EVENTS

    @override
    def teardown(self) -> None:
        self.read(10 * MOST_EVENTS)
        assert self.told == self.happened


TestFanout = Fanout.TestCase
