"""What holds for the session whatever happens."""

import msgspec
from hypothesis import given

from roadshow.errors import Conflict
from roadshow.moments import ZERO, Duration, Instant, decode_moment, encode_moment
from roadshow.rooms import rundown, session
from roadshow.rooms.commands import AddTime, Signal, TimeUp
from roadshow.rooms.phases import Phase, PhaseTimes, SlotStatus
from roadshow.rooms.session import SessionState
from tests.core.rooms.plans import PROJECT_A, PROJECT_B, PROJECT_C, all_times, histories, moments, refused

History = list[tuple[Signal, Duration]]
Times = dict[Phase, PhaseTimes]


def steps(history: History, times: Times) -> list[tuple[SessionState, Signal, Instant, SessionState]]:
    """Before, signal, moment, after: for all that is not refused. Anything raised but a known Conflict is a failure."""
    state = session.begin(rundown.plan((PROJECT_A, PROJECT_B, PROJECT_C)))
    taken = []
    for signal, now in moments(history):
        try:
            after = session.step(state, signal, now, times)
        except Conflict as refusal:
            if not refused(refusal):
                raise
            continue
        taken.append((state, signal, now, after))
        state = after
    return taken


def shown(state: SessionState, now: Instant, times: Times) -> Duration:
    return max(session.remaining(state, now, times), ZERO)


@given(histories, all_times)
def test_only_adding_time_gives_time(history: History, times: Times) -> None:
    """Fairness: no pause, resume, outage or late timer may lengthen a pitch."""
    for before, signal, now, after in steps(history, times):
        same_phase = (before.slot, before.phase) == (after.slot, after.phase)
        if same_phase and not isinstance(signal, AddTime):
            assert shown(after, now, times) <= shown(before, now, times)


@given(histories, all_times)
def test_a_phase_entered_has_at_most_its_own_time(history: History, times: Times) -> None:
    """No way round through other phases gives more than the plan and what control has added."""
    added = ZERO
    for _, signal, now, after in steps(history, times):
        if isinstance(signal, AddTime):
            added += max(signal.by, ZERO)
        if after.phase in session.TIMED:
            assert shown(after, now, times) <= times[after.phase].duration + added


@given(histories, all_times)
def test_there_is_a_clock_exactly_in_timed_phases(history: History, times: Times) -> None:
    """A view must never show a clock that means nothing, or none where one runs."""
    for _, _, _, state in steps(history, times):
        assert (state.clock is not None) == (state.phase in session.TIMED)
        if state.clock is not None:
            assert (state.clock.ends_at is None) != (state.clock.remaining is None)
            assert state.clock.duration >= ZERO
        assert not state.interrupted or state.paused


@given(histories, all_times)
def test_the_rundown_keeps_its_slots_and_at_most_one_is_on_stage(history: History, times: Times) -> None:
    """Nobody is lost, and nobody pitches at the same time as another."""
    for before, _, _, after in steps(history, times):
        assert {slot.id for slot in after.rundown} == {slot.id for slot in before.rundown}
        live = [slot.id for slot in after.rundown if slot.status is SlotStatus.LIVE]
        assert live == ([after.slot] if after.phase in session.TIMED else [])


@given(histories, all_times)
def test_somebody_waits_or_it_is_over(history: History, times: Times) -> None:
    """The show can always go on until every slot is done or skipped."""
    for _, _, _, state in steps(history, times):
        if state.phase is Phase.STANDBY:
            assert state.slot is not None
            assert rundown.find(state.rundown, state.slot) == rundown.next_waiting(state.rundown)
        if state.slot is None:
            assert state.phase is Phase.CLOSED


@given(histories, all_times)
def test_a_deadline_that_has_passed_is_dealt_with_by_one_step(history: History, times: Times) -> None:
    """Or the task that waits for deadlines would spin."""
    for _, _, now, state in steps(history, times):
        stepped = session.step(state, TimeUp(), now, times)
        end = session.deadline(stepped, times)
        assert end is None or end > now
        assert session.step(stepped, TimeUp(), now, times) == stepped


@given(histories, all_times)
def test_the_state_survives_being_written_down(history: History, times: Times) -> None:
    """What is read back after a restart is what was in force."""
    for _, _, _, state in steps(history, times):
        text = msgspec.json.encode(state, enc_hook=encode_moment)
        assert msgspec.json.decode(text, type=SessionState, dec_hook=decode_moment) == state
