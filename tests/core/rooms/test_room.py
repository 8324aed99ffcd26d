"""What each command means for polls, relay and followers."""

import msgspec
import pytest
from hypothesis import given

from roadshow.errors import Conflict, InputError, SetupError
from roadshow.ids import CommandId, ProjectId, SlotId, SourceId
from roadshow.moments import ZERO, Duration, Instant
from roadshow.rooms.commands import (
    AddTime,
    Back,
    Defer,
    Next,
    Pause,
    Restored,
    Resume,
    RoomCommand,
    SelectStage,
    Signal,
    Skip,
    SourceCame,
    SourceWent,
    Start,
    TimeUp,
)
from roadshow.rooms.lanes import FLOOR_1, MAIN
from roadshow.rooms.phases import EndPolicy, Phase, PhaseTimes, RoomPlan, StageMode
from roadshow.rooms.room import (
    MOST_SLOTS,
    MOST_SOURCES,
    CloseWindow,
    Effect,
    Handled,
    OpenWindow,
    Publish,
    Room,
    SetLanes,
)
from roadshow.rooms.views import RundownView, SessionView, StageView
from tests.core.rooms.plans import (
    MINUTE,
    NOON,
    PITCH,
    PROJECT_A,
    PROJECT_B,
    QUESTIONS,
    ROOM,
    VOTING,
    A,
    B,
    C,
    all_times,
    histories,
    moments,
    plan,
    times,
    with_expected,
)

TO_VOTING = (Start(), Next(), Next())
CAMERA, MICROPHONE = SourceId("atlas/camera"), SourceId("atlas/microphone")


def played(*commands: RoomCommand, room: Room | None = None, now: Instant = NOON) -> Room:
    room = room or Room.begin(plan())
    for command in commands:
        room = room.handle(command, now).room
    return room


def windows(effects: tuple[Effect, ...]) -> list[Effect]:
    return [effect for effect in effects if isinstance(effect, OpenWindow | CloseWindow)]


def sections(handled: Handled) -> list[type]:
    return [type(section) for effect in handled.effects if isinstance(effect, Publish) for section in effect.sections]


def test_voting_opens_the_window_for_as_long_as_the_phase_lasts() -> None:
    """The store closes it by its own clock, even if this process is late."""
    handled = played(Start(), Next()).handle(Next(), NOON)
    assert windows(handled.effects) == [OpenWindow(PROJECT_A, VOTING)]
    assert isinstance(handled.effects[0], OpenWindow), "before anybody is told that voting is open"


@pytest.mark.parametrize("policy", [EndPolicy.WARN, EndPolicy.MUTE])
def test_without_a_cut_the_window_stays_open_until_control_goes_on(policy: EndPolicy) -> None:
    """Judges may finish in overtime."""
    room = Room.begin(plan(times(voting=policy)))
    handled = played(Start(), Next(), room=room).handle(Next(), NOON)
    assert windows(handled.effects) == [OpenWindow(PROJECT_A, None)]
    overtime = handled.room.handle(TimeUp(), NOON + VOTING)
    assert windows(overtime.effects) == []
    assert overtime.room.session.phase is Phase.VOTING
    assert windows(overtime.room.handle(Next(), NOON + VOTING).effects) == [CloseWindow(PROJECT_A)]


def test_the_window_follows_the_clock() -> None:
    """Judges see one clock; the store must close at its end and not while it stands."""
    room = played(*TO_VOTING)
    paused = room.handle(Pause(), NOON + MINUTE)
    assert windows(paused.effects) == [OpenWindow(PROJECT_A, None)]
    resumed = paused.room.handle(Resume(), NOON + Duration.minutes(30))
    assert windows(resumed.effects) == [OpenWindow(PROJECT_A, VOTING - MINUTE)]
    longer = resumed.room.handle(AddTime(MINUTE), NOON + Duration.minutes(30))
    assert windows(longer.effects) == [OpenWindow(PROJECT_A, VOTING)]


@pytest.mark.parametrize("leave", [Next(), Back(), Skip(A), Defer(A)])
def test_leaving_voting_closes_the_window(leave: RoomCommand) -> None:
    """No ballot is cast for somebody who is not being voted on."""
    assert windows(played(*TO_VOTING).handle(leave, NOON).effects) == [CloseWindow(PROJECT_A)]


def test_the_end_of_voting_closes_the_window() -> None:
    """The phase and the window end together."""
    handled = played(*TO_VOTING).handle(TimeUp(), NOON + VOTING)
    assert handled.room.session.phase is Phase.CLOSED
    assert windows(handled.effects) == [CloseWindow(PROJECT_A)]


def test_a_command_tells_only_what_changed() -> None:
    """Thousands follow; the stage is not sent again because of a clock."""
    room = played(SourceCame(CAMERA), Start())
    assert sections(room.handle(Pause(), NOON)) == [SessionView, RundownView]
    assert sections(room.handle(SourceCame(MICROPHONE), NOON)) == [StageView]
    assert sections(room.handle(SelectStage(StageMode.EMPTY), NOON)) == [StageView]
    assert sections(room.handle(Skip(C), NOON)) == [RundownView]
    nothing = room.handle(TimeUp(), NOON)
    assert (nothing.effects, nothing.changed) == ((), False)


def test_the_stage_switches_when_the_pitcher_changes() -> None:
    """The next pitcher's picture comes by itself."""
    begun = Room.begin(plan()).handle(Start(), NOON)
    shown = next(effect for effect in begun.effects if isinstance(effect, SetLanes))
    assert shown.programme[MAIN] == CAMERA
    empty = played(Start()).handle(Skip(A), NOON)
    assert SetLanes({}) in empty.effects


def test_overtime_with_mute_takes_the_sound_off_and_time_gives_it_back() -> None:
    """The policy acts on the relay, not only on a label."""
    room = played(Start(), room=Room.begin(plan(times(pitch=EndPolicy.MUTE))))
    up = room.handle(TimeUp(), NOON + PITCH)
    assert up.room.session_view().muted
    assert [FLOOR_1 in effect.programme for effect in up.effects if isinstance(effect, SetLanes)] == [False]
    more = up.room.handle(AddTime(MINUTE), NOON + PITCH + MINUTE)
    assert [FLOOR_1 in effect.programme for effect in more.effects if isinstance(effect, SetLanes)] == [True]


def test_a_feed_that_comes_or_goes_changes_the_stage() -> None:
    """Nobody has to press a button when the production crew connects."""
    room = played(Start())
    came = room.handle(SourceCame(SourceId("feed/camera")), NOON)
    assert [effect.programme[MAIN] for effect in came.effects if isinstance(effect, SetLanes)] == ["feed/camera"]
    went = came.room.handle(SourceWent(SourceId("feed/camera")), NOON)
    assert [effect.programme[MAIN] for effect in went.effects if isinstance(effect, SetLanes)] == [CAMERA]


def test_the_stage_lists_only_sources_that_are_there() -> None:
    """A page shows a picture frame only when there is a picture."""
    room = played(Start(), SourceCame(CAMERA), SourceCame(SourceId("borealis/camera")))
    view = room.stage_view()
    assert view.lanes == {"main": CAMERA}
    assert [(source.source, source.lane) for source in view.sources] == [(CAMERA, "main"), ("borealis/camera", None)]


def test_sources_are_not_saved() -> None:
    """Publishers come back by themselves, or they don't."""
    room = played(SourceCame(CAMERA))
    assert room.encode() == Room.begin(plan()).encode()
    assert not Room.begin(plan()).handle(SourceCame(CAMERA), NOON).changed


@pytest.mark.parametrize("command", [Start(), Next(), Back()])
def test_a_double_click_never_skips_a_phase(command: Start | Next | Back) -> None:
    """The second click was meant for the phase that the first one has left."""
    room = played(*[Next()] * 5)
    meant = msgspec.structs.replace(command, expected=(B, Phase.STANDBY))
    once = room.handle(meant, NOON).room
    with pytest.raises(Conflict, match=r"room\.moved_on"):
        once.handle(meant, NOON)


@given(histories, all_times)
def test_a_command_meant_for_another_moment_is_refused(
    history: list[tuple[Signal, Duration]], phases: dict[Phase, PhaseTimes]
) -> None:
    """An old page must not act on what it does not show."""
    room = Room.begin(plan(phases))
    for signal, now in moments(history):
        for slot, phase in ((room.session.slot, Phase.PITCH), (SlotId("atlas"), room.session.phase)):
            meant = with_expected(signal, slot, phase)
            if (slot, phase) != (room.session.slot, room.session.phase) and meant is not signal:
                with pytest.raises(Conflict, match=r"room\.moved_on"):
                    room.handle(meant, now)
        try:
            room = room.handle(signal, now).room
        except (Conflict, InputError):
            continue


@given(histories, all_times)
def test_effects_keep_the_world_in_agreement(
    history: list[tuple[Signal, Duration]], phases: dict[Phase, PhaseTimes]
) -> None:
    """Whoever applies every effect in order has the same picture as whoever asks now."""
    room = Room.begin(plan(phases))
    now = NOON
    opened: dict[ProjectId, Instant | None] = {}
    world: dict[type, object] = {}

    def apply(effects: tuple[Effect, ...]) -> None:
        for effect in effects:
            match effect:
                case OpenWindow(project=project, closes_in=closes_in):
                    opened[project] = None if closes_in is None else now + closes_in
                case CloseWindow(project=project):
                    opened.pop(project, None)
                case SetLanes(programme=programme):
                    world[SetLanes] = programme
                case Publish(sections=told):
                    world.update({type(section): section for section in told})

    apply(room.announce(now))
    for signal, moment in moments(history):
        now = moment
        try:
            handled = room.handle(signal, now)
        except (Conflict, InputError):
            continue
        assert handled.changed == (handled.room.encode() != room.encode())
        room = handled.room
        apply(handled.effects)

        assert world[SessionView] == room.session_view()
        assert world[StageView] == room.stage_view()
        assert world[SetLanes] == room.programme
        rundown = world[RundownView]
        assert isinstance(rundown, RundownView)
        assert [(slot.slot, slot.status) for slot in rundown.slots] == [
            (slot.id, slot.status) for slot in room.session.rundown
        ]
        voting = room.session.phase is Phase.VOTING
        assert list(opened) == ([room.session.project] if voting else [])
        if voting and room.session.clock is not None and phases[Phase.VOTING].policy is EndPolicy.CUT:
            assert opened == {room.session.project: room.session.clock.ends_at}


def test_a_restored_room_makes_polls_agree() -> None:
    """The process may have died between saving and telling the polls."""
    room = played(*TO_VOTING, Next(), Next(), *TO_VOTING)
    restored = Room.restore(plan(), room.encode(), NOON + MINUTE)
    assert windows(restored.announce(NOON + MINUTE)) == [CloseWindow(PROJECT_A), OpenWindow(PROJECT_B, VOTING - MINUTE)]


def test_a_restored_room_closes_what_was_opened_and_left_again() -> None:
    """Even if it was left by going back, and the slot is not the current one any more."""
    room = played(*TO_VOTING, Back(), Skip(A))
    assert CloseWindow(PROJECT_A) in Room.restore(plan(), room.encode(), NOON).announce(NOON)


def test_a_vote_is_not_closed_by_an_outage() -> None:
    """Judges who were cut off get to finish; a person closes the vote."""
    room = played(*TO_VOTING)
    later = NOON + Duration.minutes(60)
    restored = Room.restore(plan(), room.encode(), later)
    assert restored.session_view().interrupted
    assert restored.next_deadline is None
    assert windows(restored.announce(later)) == [OpenWindow(PROJECT_A, None)]


def test_a_restored_room_stands_where_it_stood() -> None:
    """Kill and restart: same slot, same deadline, same stage mode."""
    room = played(Start(), Defer(C), SelectStage(StageMode.PITCHER))
    restored = Room.restore(plan(), room.encode(), NOON + MINUTE)
    assert restored.snapshot(NOON + MINUTE) == room.snapshot(NOON + MINUTE)
    assert restored.next_deadline == NOON + PITCH


@pytest.mark.parametrize("state", [b"", b"{}", b"[]", b'{"version":99}', b'{"version":1}', b"\xff"])
def test_a_state_that_cannot_be_read_stops_the_start(state: bytes) -> None:
    """Guessing would put the wrong pitcher on stage."""
    with pytest.raises(SetupError):
        Room.restore(plan(), state, NOON)


@pytest.mark.parametrize(
    "broken",
    [
        RoomPlan(ROOM, (), times(), NOON),
        RoomPlan(ROOM, (PROJECT_A, PROJECT_A), times(), NOON),
        RoomPlan(ROOM, (ProjectId("feed"),), times(), NOON),
        RoomPlan(ROOM, tuple(ProjectId(f"p{number}") for number in range(MOST_SLOTS + 1)), times(), NOON),
        RoomPlan(ROOM, (PROJECT_A,), {}, NOON),
        RoomPlan(ROOM, (PROJECT_A,), times() | {Phase.VOTING: PhaseTimes(ZERO, EndPolicy.CUT)}, NOON),
    ],
)
def test_a_plan_that_cannot_be_played_is_refused(broken: RoomPlan) -> None:
    """Better before the day than during it."""
    with pytest.raises(SetupError):
        Room.begin(broken)


@pytest.mark.parametrize("by", [ZERO, Duration.minutes(60) + Duration(1), -Duration.minutes(60) - Duration(1)])
def test_time_added_has_limits(by: Duration) -> None:
    """A slip of the finger in the minutes field."""
    with pytest.raises(InputError, match=r"room\.time_out_of_range"):
        played(Start()).handle(AddTime(by), NOON)


def test_sources_have_a_limit() -> None:
    """A broken publisher that names its tracks anew must not grow the room for ever."""
    room = played(*(SourceCame(SourceId(f"p{number}/camera")) for number in range(MOST_SOURCES)))
    with pytest.raises(Conflict, match=r"room\.too_many_sources"):
        room.handle(SourceCame(CAMERA), NOON)
    assert not room.handle(SourceCame(SourceId("p0/camera")), NOON).effects, "one that is there already is no more"


def test_planned_times_move_with_the_clock() -> None:
    """The pitcher in the green room sees when it will really be their turn."""
    slot = PITCH + QUESTIONS + VOTING
    early = Room.begin(plan(starts_at=NOON + MINUTE)).rundown_view(NOON)
    assert [planned.planned_at for planned in early.slots] == [
        (NOON + MINUTE).ms,
        (NOON + MINUTE + slot).ms,
        (NOON + MINUTE + slot + slot).ms,
    ]
    running = played(Start(), AddTime(MINUTE)).rundown_view(NOON + MINUTE)
    assert [planned.planned_at for planned in running.slots] == [
        NOON.ms,
        (NOON + slot + MINUTE).ms,
        (NOON + slot + MINUTE + slot).ms,
    ]


def test_overtime_moves_the_plan_along() -> None:
    """The next pitcher cannot begin before the present one has finished."""
    room = played(Start(), room=Room.begin(plan(times(pitch=EndPolicy.WARN))))
    room = played(TimeUp(), room=room, now=NOON + PITCH)
    now = NOON + PITCH + MINUTE
    assert room.rundown_view(now).slots[1].planned_at == (now + QUESTIONS + VOTING).ms


def test_a_deferred_slot_is_planned_with_what_is_left_of_it() -> None:
    """Whoever comes after it must not wait for a pitch that has been held."""
    room = played(Start(), Next(), Defer(A), Defer(B), Defer(C))
    assert [slot.slot for slot in room.rundown_view(NOON).slots] == [A, B, C]
    assert room.rundown_view(NOON).slots[1].planned_at == (NOON + QUESTIONS + VOTING).ms


def test_restoring_again_changes_nothing() -> None:
    """Idempotent, as everything that happens on a start."""
    room = played(Start())
    assert not room.handle(Restored(), NOON + MINUTE).changed


def test_a_repeated_command_counts_once_even_after_a_restart() -> None:
    """Browsers repeat what was not answered; a minute given must not become two."""
    once = AddTime(MINUTE, command=CommandId("command-1"))
    running = played(Start())
    given = running.handle(once, NOON).room
    assert given.session != running.session
    for room in (given, Room.restore(given.plan, given.encode(), NOON)):
        again = room.handle(once, NOON)
        assert again == Handled(room, (), False)
    assert given.handle(AddTime(MINUTE, command=CommandId("command-2")), NOON).room.session != given.session


def test_a_refused_command_may_be_sent_again() -> None:
    """Nothing was done, so there is nothing to remember."""
    standby = played()
    with pytest.raises(Conflict):
        standby.handle(Pause(command=CommandId("command-1")), NOON)
    running = standby.handle(Start(), NOON).room
    assert running.handle(Pause(command=CommandId("command-1")), NOON).room.session.paused
