"""Rooms to play with: three projects, 8 + 7 + 2 minutes."""

from collections.abc import Iterator

import msgspec
from hypothesis import strategies as st

from roadshow.errors import Conflict
from roadshow.ids import ProjectId, RoomId, SlotId
from roadshow.moments import Duration, Instant
from roadshow.rooms.commands import (
    AddTime,
    Back,
    Defer,
    Next,
    Pause,
    Restored,
    Resume,
    Signal,
    Skip,
    Start,
    TimeUp,
)
from roadshow.rooms.phases import EndPolicy, Phase, PhaseTimes, RoomPlan

A, B, C = SlotId("atlas"), SlotId("borealis"), SlotId("cedar")
PROJECT_A, PROJECT_B, PROJECT_C = ProjectId(A), ProjectId(B), ProjectId(C)
ROOM = RoomId("ai")
NOON = Instant(1_700_000_000_000)
PITCH, QUESTIONS, VOTING = Duration.minutes(8), Duration.minutes(7), Duration.minutes(2)
SECOND, MINUTE = Duration.seconds(1), Duration.minutes(1)


def times(
    pitch: EndPolicy = EndPolicy.CUT, questions: EndPolicy = EndPolicy.CUT, voting: EndPolicy = EndPolicy.CUT
) -> dict[Phase, PhaseTimes]:
    return {
        Phase.PITCH: PhaseTimes(PITCH, pitch, (Duration.minutes(2), Duration.seconds(30))),
        Phase.QUESTIONS: PhaseTimes(QUESTIONS, questions),
        Phase.VOTING: PhaseTimes(VOTING, voting),
    }


def plan(phases: dict[Phase, PhaseTimes] | None = None, starts_at: Instant = NOON) -> RoomPlan:
    return RoomPlan(ROOM, (PROJECT_A, PROJECT_B, PROJECT_C), phases or times(), starts_at)


policies = st.sampled_from(EndPolicy)
all_times = st.builds(times, policies, policies, policies)

waits = st.integers(0, 12 * 60_000).map(Duration) | st.sampled_from([Duration(0), VOTING, QUESTIONS, PITCH])
slots = st.sampled_from([A, B, C, SlotId("unknown")])
signals: st.SearchStrategy[Signal] = st.one_of(
    st.sampled_from([Start(), Pause(), Resume(), Next(), Next(), Next(), Back(), TimeUp(), TimeUp(), Restored()]),
    st.builds(AddTime, st.integers(-60 * 60_000, 60 * 60_000).map(Duration)),
    st.builds(Skip, slots),
    st.builds(Defer, slots),
)
histories = st.lists(st.tuples(signals, waits), max_size=40)


def refused(error: Conflict) -> bool:
    """Whether a refusal is one that docs/protocol.md lists for control."""
    return error.code in {"room.not_possible", "room.over", "room.no_such_slot", "room.slot_finished"}


def moments(history: list[tuple[Signal, Duration]]) -> Iterator[tuple[Signal, Instant]]:
    """Each signal with the moment it comes."""
    now = NOON
    for signal, wait in history:
        now += wait
        yield signal, now


def with_expected(signal: Signal, slot: SlotId | None, phase: Phase) -> Signal:
    """The signal, meant for this moment."""
    if isinstance(signal, TimeUp | Restored):
        return signal
    return msgspec.structs.replace(signal, expected=(slot, phase))
