"""The timed session, transition by transition."""

import itertools

import pytest

from roadshow.errors import Conflict
from roadshow.moments import ZERO, Duration, Instant
from roadshow.rooms import rundown, session
from roadshow.rooms.commands import (
    AddTime,
    Back,
    CommandKind,
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
from roadshow.rooms.phases import EndPolicy, Phase, SlotStatus
from roadshow.rooms.session import SessionState, Times
from tests.core.rooms.plans import (
    MINUTE,
    NOON,
    PITCH,
    PROJECT_A,
    PROJECT_B,
    PROJECT_C,
    QUESTIONS,
    SECOND,
    VOTING,
    A,
    B,
    C,
    times,
)

CUT, WARN, MUTE = times(), times(*[EndPolicy.WARN] * 3), times(*[EndPolicy.MUTE] * 3)
SESSION_KINDS = (
    CommandKind.START,
    CommandKind.PAUSE,
    CommandKind.RESUME,
    CommandKind.ADD_TIME,
    CommandKind.NEXT,
    CommandKind.BACK,
    CommandKind.SKIP,
    CommandKind.DEFER,
    CommandKind.TIME_UP,
    CommandKind.RESTORED,
)
LATER = NOON + Duration.minutes(300)
"""After every deadline."""


def play(
    *signals: Signal, state: SessionState | None = None, now: Instant = NOON, plan: Times | None = None
) -> SessionState:
    """The state after these signals, all at one moment."""
    state = state or session.begin(rundown.plan((PROJECT_A, PROJECT_B, PROJECT_C)))
    for signal in signals:
        state = session.step(state, signal, now, CUT if plan is None else plan)
    return state


def clock_of(state: SessionState) -> Duration:
    """What remains at noon."""
    return session.remaining(state, NOON, CUT)


# The second slot is the current one, so that there is a slot before and one after.
IN_PHASE = {
    Phase.STANDBY: play(Next(), Next(), Next(), Next(), Next()),
    Phase.PITCH: play(*[Next()] * 6),
    Phase.QUESTIONS: play(*[Next()] * 7),
    Phase.VOTING: play(*[Next()] * 8),
    Phase.CLOSED: play(*[Next()] * 9),
}

FOLLOWS: dict[Phase, dict[CommandKind, Phase]] = {
    Phase.STANDBY: {
        CommandKind.START: Phase.PITCH,
        CommandKind.NEXT: Phase.PITCH,
        CommandKind.BACK: Phase.CLOSED,
        CommandKind.SKIP: Phase.STANDBY,
        CommandKind.DEFER: Phase.STANDBY,
        CommandKind.TIME_UP: Phase.STANDBY,
        CommandKind.RESTORED: Phase.STANDBY,
    },
    Phase.PITCH: {
        CommandKind.PAUSE: Phase.PITCH,
        CommandKind.RESUME: Phase.PITCH,
        CommandKind.ADD_TIME: Phase.PITCH,
        CommandKind.NEXT: Phase.QUESTIONS,
        CommandKind.BACK: Phase.STANDBY,
        CommandKind.SKIP: Phase.STANDBY,
        CommandKind.DEFER: Phase.STANDBY,
        CommandKind.TIME_UP: Phase.QUESTIONS,
        CommandKind.RESTORED: Phase.PITCH,
    },
    Phase.QUESTIONS: {
        CommandKind.PAUSE: Phase.QUESTIONS,
        CommandKind.RESUME: Phase.QUESTIONS,
        CommandKind.ADD_TIME: Phase.QUESTIONS,
        CommandKind.NEXT: Phase.VOTING,
        CommandKind.BACK: Phase.PITCH,
        CommandKind.SKIP: Phase.STANDBY,
        CommandKind.DEFER: Phase.STANDBY,
        CommandKind.TIME_UP: Phase.VOTING,
        CommandKind.RESTORED: Phase.QUESTIONS,
    },
    Phase.VOTING: {
        CommandKind.PAUSE: Phase.VOTING,
        CommandKind.RESUME: Phase.VOTING,
        CommandKind.ADD_TIME: Phase.VOTING,
        CommandKind.NEXT: Phase.CLOSED,
        CommandKind.BACK: Phase.QUESTIONS,
        CommandKind.SKIP: Phase.STANDBY,
        CommandKind.DEFER: Phase.STANDBY,
        CommandKind.TIME_UP: Phase.CLOSED,
        CommandKind.RESTORED: Phase.VOTING,
    },
    Phase.CLOSED: {
        CommandKind.NEXT: Phase.STANDBY,
        CommandKind.BACK: Phase.VOTING,
        CommandKind.SKIP: Phase.CLOSED,
        CommandKind.DEFER: Phase.CLOSED,
        CommandKind.TIME_UP: Phase.CLOSED,
        CommandKind.RESTORED: Phase.CLOSED,
    },
}


def signal_for(kind: CommandKind, phase: Phase) -> Signal:
    slot = C if phase is Phase.CLOSED else B
    signals: tuple[Signal, ...] = (
        Start(),
        Pause(),
        Resume(),
        AddTime(MINUTE),
        Next(),
        Back(),
        Skip(slot),
        Defer(slot),
        TimeUp(),
        Restored(),
    )
    return next(signal for signal in signals if signal.kind is kind)


@pytest.mark.parametrize(("phase", "kind"), [*itertools.product(Phase, SESSION_KINDS)])
def test_every_signal_in_every_phase_leads_where_it_should_or_is_refused(phase: Phase, kind: CommandKind) -> None:
    """The whole machine at a glance: nothing is left to chance."""
    state = IN_PHASE[phase]
    assert (state.slot, state.phase) == (B, phase)
    if kind is CommandKind.RESUME and phase in session.TIMED:
        state = play(Pause(), state=state)
    signal = signal_for(kind, phase)
    now = LATER if kind is CommandKind.TIME_UP else NOON

    if kind in FOLLOWS[phase]:
        assert session.step(state, signal, now, CUT).phase is FOLLOWS[phase][kind]
    else:
        with pytest.raises(Conflict, match=r"room\.not_possible") as refusal:
            session.step(state, signal, now, CUT)
        assert refusal.value.details == {"phase": phase.value, "command": kind.value}


def test_no_signal_stands_in_both_tables_and_together_they_permit_what_is_permitted() -> None:
    """The tables are the one place to read the machine; they must not claim more or less than happens."""
    moves = set(session.MOVES)
    weighed = {(phase, kind) for phase, kinds in session.WEIGHED.items() for kind in kinds}
    assert not moves & weighed
    assert moves | weighed == {(phase, kind) for phase, row in FOLLOWS.items() for kind in row}


OVER = play(Back(), Skip(C), state=play(*[Next()] * 13))
"""The last slot was skipped: closed, and nobody is the current one."""
STATES = [
    *IN_PHASE.values(),
    *(play(Pause(), state=IN_PHASE[phase]) for phase in session.TIMED),
    *(play(Defer(B), state=IN_PHASE[phase]) for phase in session.TIMED),
    play(),
    play(*[Next()] * 14),
    OVER,
]
"""One of each kind: running, standing, deferred, before the first, after the last, over."""


@pytest.mark.parametrize(("phase", "kind"), session.MOVES)
def test_a_move_leads_where_the_table_says_whatever_the_rundown_and_the_clock(phase: Phase, kind: CommandKind) -> None:
    """A row that needs an "if" belongs into the other table."""
    for state in (state for state in STATES if state.phase is phase):
        for now in (NOON, LATER):
            after = session.step(state, signal_for(kind, phase), now, CUT)
            assert (after.slot, after.phase) == (state.slot, session.MOVES[phase, kind])


@pytest.mark.parametrize(("phase", "kind"), [*itertools.product(Phase, SESSION_KINDS)])
def test_what_stands_in_no_table_is_refused_in_every_state_of_its_phase(phase: Phase, kind: CommandKind) -> None:
    """And what is weighed leads somewhere in at least one of them: no row is there for nothing."""
    taken = False
    for state in (state for state in STATES if state.phase is phase):
        try:
            session.step(state, signal_for(kind, phase), LATER, CUT)
            taken = True
        except Conflict:
            pass
    assert taken is ((phase, kind) in session.MOVES or kind in session.WEIGHED[phase])


def test_where_the_rundown_decides_the_same_command_leads_to_different_phases() -> None:
    """What made rows of one table false: of another slot, of the last slot, with nobody on stage."""
    on_stage = IN_PHASE[Phase.PITCH]
    for another in (Skip(C), Defer(C)):
        assert play(another, state=on_stage).phase is Phase.PITCH
    assert play(Skip(B), state=on_stage).phase is Phase.STANDBY
    assert play(Skip(C), Skip(B), state=on_stage).phase is Phase.CLOSED
    assert OVER.slot is None
    assert (play(Back(), state=OVER).slot, play(Back(), state=OVER).phase) == (B, Phase.CLOSED)


def test_a_phase_runs_towards_an_absolute_deadline() -> None:
    """Browsers count down by themselves, so they need a moment, not a tick."""
    state = play(Start())
    assert state.clock is not None
    assert state.clock.ends_at == NOON + PITCH
    assert session.deadline(state, CUT) == NOON + PITCH


def test_pausing_keeps_the_remaining_time_and_resuming_goes_on_with_it() -> None:
    """A pitcher whose line drops must not pay for the outage."""
    paused = play(Pause(), state=play(Start()), now=NOON + MINUTE)
    assert session.remaining(paused, LATER, CUT) == PITCH - MINUTE
    assert session.deadline(paused, CUT) is None
    resumed = play(Resume(), state=paused, now=LATER)
    assert session.deadline(resumed, CUT) == LATER + PITCH - MINUTE


@pytest.mark.parametrize(("signals", "again"), [((), Resume()), ((Pause(),), Pause())])
def test_pausing_or_resuming_twice_is_refused(signals: tuple[Signal, ...], again: Signal) -> None:
    """Two people at the desk see who was first."""
    state = play(Start(), *signals)
    with pytest.raises(Conflict, match=r"room\.not_possible"):
        play(again, state=state)


def test_a_cut_starts_the_next_phase_with_its_full_time_from_now() -> None:
    """A late wake-up must not be paid for by the questions."""
    late = NOON + PITCH + SECOND
    state = play(TimeUp(), state=play(Start()), now=late)
    assert state.phase is Phase.QUESTIONS
    assert session.deadline(state, CUT) == late + QUESTIONS


def test_time_up_before_the_deadline_changes_nothing() -> None:
    """A timer set for an older deadline is harmless."""
    state = play(Start())
    assert play(TimeUp(), state=state, now=NOON + PITCH - Duration(1)) == state


@pytest.mark.parametrize(("plan", "muted"), [(WARN, False), (MUTE, True)])
def test_warn_and_mute_run_on_into_overtime(plan: Times, muted: bool) -> None:
    """Control decides when to go on; with mute the pitcher is no longer heard."""
    end = NOON + PITCH
    state = play(TimeUp(), state=play(Start(), plan=plan), now=end, plan=plan)
    assert state.phase is Phase.PITCH
    assert session.is_muted(state, plan) is muted
    assert session.remaining(state, end + MINUTE, plan) == -MINUTE
    assert session.deadline(state, plan) is None, "announced once"


def test_pausing_in_overtime_keeps_it_negative_and_muted() -> None:
    """The clock must not jump back to zero, nor the microphone come back, because somebody paused."""
    state = play(TimeUp(), state=play(Start(), plan=MUTE), now=NOON + PITCH, plan=MUTE)
    for pause_at, left in ((NOON + PITCH, ZERO), (NOON + PITCH + MINUTE, -MINUTE)):
        paused = play(Pause(), state=state, now=pause_at, plan=MUTE)
        assert session.remaining(paused, LATER, MUTE) == left
        assert session.is_muted(paused, MUTE)


def test_a_phase_that_is_cut_has_no_overtime() -> None:
    """A pause that comes a moment late must not show a time below zero."""
    late = NOON + PITCH + SECOND
    paused = play(Pause(), state=play(Start()), now=late)
    assert paused.clock is not None
    assert paused.clock.remaining == ZERO


def test_time_added_in_overtime_counts_from_now() -> None:
    """One more minute means one more minute, however long ago zero was; and the microphone is back."""
    state = play(TimeUp(), state=play(Start(), plan=MUTE), now=NOON + PITCH, plan=MUTE)
    later = NOON + PITCH + Duration.minutes(3)
    state = play(AddTime(MINUTE), state=state, now=later, plan=MUTE)
    assert session.deadline(state, MUTE) == later + MINUTE
    assert not session.is_muted(state, MUTE)


def test_time_added_to_a_standing_clock_leaves_it_standing() -> None:
    """Control resumes when the stage is ready."""
    state = play(Start(), Pause(), AddTime(MINUTE))
    assert state.paused
    assert clock_of(state) == PITCH + MINUTE


def test_time_taken_stops_at_zero() -> None:
    """Taking more than there is ends the phase now, by its policy; it never counts into the past."""
    state = play(Start(), AddTime(-Duration.minutes(60)))
    assert session.deadline(state, CUT) == NOON
    assert play(TimeUp(), state=state).phase is Phase.QUESTIONS


def test_no_time_can_be_taken_in_overtime() -> None:
    """There is none."""
    state = play(TimeUp(), state=play(Start(), plan=WARN), now=NOON + PITCH, plan=WARN)
    with pytest.raises(Conflict, match=r"room\.not_possible"):
        play(AddTime(-MINUTE), state=state, now=NOON + PITCH + MINUTE, plan=WARN)


def test_remaining_time_is_capped_at_four_hours() -> None:
    """A slip of the finger, repeated, must not leave a clock nobody can read."""
    state = play(Start(), *[AddTime(Duration.minutes(60))] * 6)
    assert clock_of(state) == Duration.minutes(240)


def test_the_whole_grows_with_added_time() -> None:
    """A ring that shows the part that is left must never be more than full."""
    state = play(Start(), AddTime(MINUTE))
    assert state.clock is not None
    assert state.clock.duration == PITCH + MINUTE


def test_going_back_restores_what_was_left_standing() -> None:
    """A phase ended by mistake is taken up where it was, when control says so."""
    gone_on = play(Next(), state=play(Start()), now=NOON + MINUTE)
    back = play(Back(), state=gone_on, now=NOON + MINUTE + SECOND)
    assert back.phase is Phase.PITCH
    assert back.paused
    assert session.remaining(back, LATER, CUT) == PITCH - MINUTE


def test_going_back_into_overtime_shows_the_overtime() -> None:
    """Back is no way to more time."""
    state = play(TimeUp(), state=play(Start(), plan=MUTE), now=NOON + PITCH, plan=MUTE)
    gone_on = play(Next(), state=state, now=NOON + PITCH + MINUTE, plan=MUTE)
    back = play(Back(), state=gone_on, now=LATER, plan=MUTE)
    assert session.remaining(back, LATER, MUTE) == -MINUTE
    assert session.is_muted(back, MUTE)


def test_one_can_go_back_all_the_way_to_the_first_standby() -> None:
    """Whatever went wrong can be undone step by step."""
    state = play(*[Next()] * 5)
    assert (state.slot, state.phase) == (B, Phase.STANDBY)
    seen = []
    for _ in range(5):
        state = play(Back(), state=state)
        seen.append((state.slot, state.phase))
    assert seen == [(A, phase) for phase in (Phase.CLOSED, Phase.VOTING, Phase.QUESTIONS, Phase.PITCH, Phase.STANDBY)]
    with pytest.raises(Conflict, match=r"room\.not_possible"):
        play(Back(), state=state)


def test_after_going_back_over_a_slot_the_next_one_follows_again() -> None:
    """Undoing must not lose the pitcher who waits in the green room."""
    state = play(*[Next()] * 5)
    state = play(Back(), Next(), state=state)
    assert (state.slot, state.phase) == (B, Phase.STANDBY)


def test_skipping_the_slot_on_stage_calls_the_next() -> None:
    """A pitcher who fails to appear must not stop the show."""
    state = play(Start(), Skip(A))
    assert (state.slot, state.phase) == (B, Phase.STANDBY)
    assert rundown.find(state.rundown, A).status is SlotStatus.SKIPPED


def test_skipping_the_last_slot_ends_the_session_and_it_can_be_brought_back() -> None:
    """The end is no dead end."""
    state = play(Skip(B), Skip(C), Start(), Skip(A))
    assert (state.slot, state.phase) == (None, Phase.CLOSED)
    assert rundown.is_over(state.rundown)
    with pytest.raises(Conflict, match=r"room\.over"):
        play(Next(), state=state)
    state = play(Defer(B), Next(), state=state)
    assert (state.slot, state.phase) == (B, Phase.STANDBY)


def test_the_last_slot_played_ends_the_session() -> None:
    """The hall must know when there is no more to come; control can still go back."""
    state = play(*[Next()] * 14)
    assert (state.slot, state.phase) == (C, Phase.CLOSED)
    assert rundown.is_over(state.rundown)
    with pytest.raises(Conflict, match=r"room\.over"):
        play(Next(), state=state)
    assert not rundown.is_over(play(Back(), state=state).rundown)


def test_a_deferred_slot_goes_on_with_the_phase_and_time_it_had_left() -> None:
    """A startup that lost its line rejoins with the time that remained."""
    state = play(Defer(A), state=play(Start(), Next()), now=NOON + MINUTE)
    assert (state.slot, state.phase) == (B, Phase.STANDBY)
    assert [slot.id for slot in state.rundown] == [B, C, A]
    state = play(Skip(B), Skip(C), Start(), state=state, now=LATER)
    assert (state.slot, state.phase) == (A, Phase.QUESTIONS)
    assert session.deadline(state, CUT) == LATER + QUESTIONS - MINUTE
    assert play(Next(), state=state, now=LATER).phase is Phase.VOTING


def test_a_deferred_slot_that_went_on_can_still_be_started_afresh() -> None:
    """Going back to standby means from the beginning, for everybody."""
    state = play(Start(), Next(), Defer(A), Skip(B), Skip(C), Start())
    state = play(Back(), Back(), Start(), state=state)
    assert state.phase is Phase.PITCH
    assert clock_of(state) == PITCH


def test_deferring_the_only_slot_that_waits_leaves_it_next() -> None:
    """There is nobody else to call."""
    state = play(Skip(B), Skip(C), Start(), Defer(A))
    assert (state.slot, state.phase) == (A, Phase.STANDBY)


@pytest.mark.parametrize("signal", [Skip(A), Defer(A)])
def test_a_slot_that_is_done_can_be_neither_skipped_nor_deferred(signal: Signal) -> None:
    """Its ballots stand."""
    with pytest.raises(Conflict, match=r"room\.slot_finished"):
        play(*[Next()] * 5, signal)


def test_a_deadline_that_passed_while_the_server_was_away_stands_at_zero() -> None:
    """An outage must never close a vote or cut a pitch; a person decides."""
    state = play(Restored(), state=IN_PHASE[Phase.VOTING], now=LATER)
    assert state.phase is Phase.VOTING
    assert state.interrupted
    assert state.paused
    assert session.remaining(state, LATER, CUT) == ZERO
    assert play(Restored(), TimeUp(), state=state, now=LATER) == state, "nothing happens by itself"


@pytest.mark.parametrize("signals", [(AddTime(MINUTE),), (Resume(),), (Next(),), (Back(),)])
def test_control_ends_an_interruption(signals: tuple[Signal, ...]) -> None:
    """The notice must go when somebody has dealt with it."""
    interrupted = play(Restored(), state=IN_PHASE[Phase.VOTING], now=LATER)
    assert not play(*signals, state=interrupted, now=LATER).interrupted


def test_a_clock_that_still_runs_after_an_outage_goes_on_to_the_same_deadline() -> None:
    """A quick restart must not be noticed."""
    state = play(Start())
    assert play(Restored(), state=state, now=NOON + MINUTE) == state


def test_overtime_before_an_outage_is_overtime_after_it() -> None:
    """The outage has not interrupted anything: the time was up already."""
    state = play(TimeUp(), state=play(Start(), plan=MUTE), now=NOON + PITCH, plan=MUTE)
    assert play(Restored(), state=state, now=LATER, plan=MUTE) == state


def test_a_machine_clock_that_was_set_back_gives_no_time() -> None:
    """After a restart the deadline must not be hours away."""
    state = play(Start())
    restored = play(Restored(), state=state, now=NOON - Duration.minutes(60))
    assert session.deadline(restored, CUT) == NOON - Duration.minutes(60) + PITCH


def test_voting_lasts_its_own_time() -> None:
    """Each phase has its own clock."""
    assert clock_of(IN_PHASE[Phase.VOTING]) == VOTING
