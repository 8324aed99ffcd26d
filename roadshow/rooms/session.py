"""The timed session: one state, two tables that the one step reads. Pure.

The clock of a phase is an absolute deadline while it runs and a remaining time while it stands. Nothing ticks: whoever
keeps the state waits for ``deadline`` and then steps with TimeUp.
"""

from collections.abc import Callable, Iterable, Mapping

import msgspec

from roadshow.errors import Conflict
from roadshow.ids import ProjectId, SlotId
from roadshow.moments import ZERO, Duration, Instant
from roadshow.rooms import rundown
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
from roadshow.rooms.phases import EndPolicy, Phase, PhaseTimes, Slot, SlotClock, SlotStatus

LONGEST = Duration.minutes(4 * 60)
"""No phase has more time than this left, however often time is added."""

TIMED = (Phase.PITCH, Phase.QUESTIONS, Phase.VOTING)
"""The phases with a clock, in the order of a slot."""

Times = Mapping[Phase, PhaseTimes]
"""For each timed phase."""

MOVES: Mapping[tuple[Phase, CommandKind], Phase] = {
    (Phase.PITCH, CommandKind.NEXT): Phase.QUESTIONS,
    (Phase.QUESTIONS, CommandKind.NEXT): Phase.VOTING,
    (Phase.VOTING, CommandKind.NEXT): Phase.CLOSED,
    (Phase.PITCH, CommandKind.BACK): Phase.STANDBY,
    (Phase.QUESTIONS, CommandKind.BACK): Phase.PITCH,
    (Phase.VOTING, CommandKind.BACK): Phase.QUESTIONS,
}
"""Where the phase and the command alone say where it goes. A time that is up goes where NEXT goes."""

_ANY_PHASE = frozenset({CommandKind.SKIP, CommandKind.DEFER, CommandKind.TIME_UP, CommandKind.RESTORED})
_WITH_A_CLOCK = _ANY_PHASE | {CommandKind.PAUSE, CommandKind.RESUME, CommandKind.ADD_TIME}

WEIGHED: Mapping[Phase, frozenset[CommandKind]] = {
    Phase.STANDBY: _ANY_PHASE | {CommandKind.START, CommandKind.NEXT, CommandKind.BACK},
    Phase.PITCH: _WITH_A_CLOCK,
    Phase.QUESTIONS: _WITH_A_CLOCK,
    Phase.VOTING: _WITH_A_CLOCK,
    Phase.CLOSED: _ANY_PHASE | {CommandKind.NEXT, CommandKind.BACK},
}
"""What else is possible: where it leads, rundown and clock decide. In neither table: refused."""

_STATUS = {
    Phase.STANDBY: SlotStatus.WAITING,
    Phase.PITCH: SlotStatus.LIVE,
    Phase.QUESTIONS: SlotStatus.LIVE,
    Phase.VOTING: SlotStatus.LIVE,
    Phase.CLOSED: SlotStatus.DONE,
}


class SessionState(msgspec.Struct, frozen=True):
    rundown: tuple[Slot, ...]
    slot: SlotId | None
    """The current one; None (and closed) once the last one was skipped."""
    phase: Phase
    clock: SlotClock | None = None
    """In timed phases."""
    overtime: bool = False
    """The end of the phase was announced and its policy lets it go on."""
    interrupted: bool = False
    """The time ran out while the server was away."""
    left: dict[SlotId, dict[Phase, Duration]] = {}
    """What remained of each phase when it was last left."""
    parked: dict[SlotId, Phase] = {}
    """Deferred slots: the phase they will go on with."""
    began: dict[SlotId, Instant] = {}

    @property
    def project(self) -> ProjectId | None:
        return None if self.slot is None else rundown.find(self.rundown, self.slot).project

    @property
    def paused(self) -> bool:
        return self.clock is not None and self.clock.ends_at is None


def begin(slots: rundown.Rundown) -> SessionState:
    """In standby of the first slot."""
    return _standby_of_next(SessionState(rundown=slots, slot=None, phase=Phase.CLOSED))


def step(state: SessionState, signal: Signal, now: Instant, times: Times) -> SessionState:
    """The state after ``signal``. Raises Conflict when the tables or the moment do not permit it."""
    target = MOVES.get((state.phase, signal.kind))
    if target is not None:
        return _move(state, signal, target, now, times)
    if signal.kind not in WEIGHED[state.phase]:
        raise _not_possible(state, signal)
    return _weigh(state, signal, now, times)


def _move(state: SessionState, signal: Signal, target: Phase, now: Instant, times: Times) -> SessionState:
    if signal.kind is CommandKind.BACK:
        return _return(state, target, now, times)
    return _enter(state, target, now, times)


def _weigh(state: SessionState, signal: Signal, now: Instant, times: Times) -> SessionState:
    match signal:
        case Start():
            return _go_on_stage(state, now, times)
        case Pause():
            if state.paused:
                raise _not_possible(state, signal)
            return _stand(state, remaining(state, now, times))
        case Resume():
            if not state.paused:
                raise _not_possible(state, signal)
            return _run(state, remaining(state, now, times), now)
        case AddTime(by=by):
            return _add_time(state, signal, by, now, times)
        case Next():
            if state.phase is Phase.STANDBY:
                return _go_on_stage(state, now, times)
            if rundown.next_waiting(state.rundown) is None:
                raise Conflict("room.over")
            return _standby_of_next(state)
        case Back():
            if state.phase is Phase.CLOSED and state.slot is not None:
                return _return(state, Phase.VOTING, now, times)
            return _return_to_previous(state, signal)
        case Skip(slot=slot):
            return _take_off(state, slot, rundown.skip, now, times)
        case Defer(slot=slot):
            deferred = _take_off(state, slot, rundown.defer, now, times)
            if slot == state.slot and state.phase in TIMED:
                return msgspec.structs.replace(deferred, parked=state.parked | {slot: state.phase})
            return deferred
        case TimeUp():
            return _time_up(state, now, times)
        case Restored():
            return _restored(state, now)


def deadline(state: SessionState, times: Times) -> Instant | None:
    """When to step with TimeUp: the end of a running phase, until that was announced."""
    if state.clock is None:
        return None
    announced = state.overtime and times[state.phase].policy is not EndPolicy.CUT
    return None if announced else state.clock.ends_at


def remaining(state: SessionState, now: Instant, times: Times) -> Duration:
    """What the clock shows; negative in overtime, zero where there is no clock. A phase that is cut has no overtime."""
    clock = state.clock
    if clock is None:
        return ZERO
    shown = (clock.remaining or ZERO) if clock.ends_at is None else clock.ends_at - now
    return max(shown, ZERO) if times[state.phase].policy is EndPolicy.CUT else shown


def is_muted(state: SessionState, times: Times) -> bool:
    """Whether the pitcher's time is up and the policy takes the sound away."""
    return state.overtime and times[state.phase].policy is EndPolicy.MUTE


def stage_free_at(state: SessionState, now: Instant, times: Times, starts_at: Instant) -> Instant:
    """When the current slot will have ended if all goes on as planned; before the first pitch, not before
    ``starts_at``."""
    if state.clock is not None:
        to_come = TIMED[TIMED.index(state.phase) + 1 :]
        end = now + max(remaining(state, now, times), ZERO)
        return end + _sum(times[phase].duration for phase in to_come)
    return now if state.began else max(starts_at, now)


def slot_length(state: SessionState, slot: SlotId, times: Times) -> Duration:
    """How long a waiting slot will take; a deferred one has only its rest to come."""
    parked = state.parked.get(slot)
    if parked is None:
        return _sum(times[phase].duration for phase in TIMED)
    to_come = TIMED[TIMED.index(parked) + 1 :]
    return max(_left(state, slot, parked), ZERO) + _sum(times[phase].duration for phase in to_come)


def _go_on_stage(state: SessionState, now: Instant, times: Times) -> SessionState:
    """From standby into the pitch, or into the phase where a deferred slot stopped."""
    slot = _current(state)
    state = msgspec.structs.replace(state, began=state.began | {slot: now})
    parked = state.parked.get(slot)
    if parked is None:
        return _enter(state, Phase.PITCH, now, times)
    left = _left(state, slot, parked)
    there = _place(_unpark(state, slot), slot, parked)
    return _run(_stand(there, left, times[parked].duration), left, now)


def _enter(state: SessionState, phase: Phase, now: Instant, times: Times) -> SessionState:
    """The phase from its beginning, its clock running from now."""
    state = _place(_remember(state, now, times), _current(state), phase)
    if phase not in TIMED:
        return state
    duration = times[phase].duration
    return msgspec.structs.replace(state, clock=SlotClock(duration=duration, ends_at=now + duration))


def _return(state: SessionState, phase: Phase, now: Instant, times: Times) -> SessionState:
    """To a phase the slot has been in, its clock standing at what was left."""
    slot = _current(state)
    state = _place(_remember(state, now, times), slot, phase)
    if phase not in TIMED:
        return state
    return _stand(state, _left(state, slot, phase), times[phase].duration)


def _return_to_previous(state: SessionState, signal: Signal) -> SessionState:
    """To the close of the slot played before."""
    previous = rundown.previous_done(state.rundown, state.slot)
    if previous is None:
        raise _not_possible(state, signal)
    return _place(state, previous.id, Phase.CLOSED)


def _time_up(state: SessionState, now: Instant, times: Times) -> SessionState:
    end = deadline(state, times)
    if end is None or now < end:
        return state
    if times[state.phase].policy is EndPolicy.CUT:
        return _enter(state, MOVES[state.phase, CommandKind.NEXT], now, times)
    return msgspec.structs.replace(state, overtime=True)


def _take_off(
    state: SessionState,
    slot: SlotId,
    change: Callable[[rundown.Rundown, SlotId], rundown.Rundown],
    now: Instant,
    times: Times,
) -> SessionState:
    """Skip or defer a slot; if it is the current one, the next in line takes its place."""
    changed = change(state.rundown, slot)
    if slot != state.slot:
        return msgspec.structs.replace(state, rundown=changed)
    return _standby_of_next(msgspec.structs.replace(_remember(state, now, times), rundown=changed))


def _standby_of_next(state: SessionState) -> SessionState:
    following = rundown.next_waiting(state.rundown)
    if following is None:
        return msgspec.structs.replace(state, slot=None, phase=Phase.CLOSED)
    return _place(state, following.id, Phase.STANDBY)


def _add_time(state: SessionState, signal: Signal, by: Duration, now: Instant, times: Times) -> SessionState:
    left = max(remaining(state, now, times), ZERO)
    if not left and by <= ZERO:
        raise _not_possible(state, signal)
    new = max(ZERO, min(left + by, LONGEST))
    if state.paused:
        return msgspec.structs.replace(_stand(state, new), interrupted=False)
    return _run(_stand(state, new), new, now)


def _restored(state: SessionState, now: Instant) -> SessionState:
    """A phase never ends, and a vote never closes, because the server was away: the clock then stands at zero."""
    if state.clock is None or state.clock.ends_at is None or state.overtime:
        return state
    left = state.clock.ends_at - now
    if left > state.clock.duration:  # the machine's clock was set back meanwhile
        return _run(state, state.clock.duration, now)
    if left > ZERO:
        return state
    return msgspec.structs.replace(_stand(state, ZERO), interrupted=True)


def _place(state: SessionState, slot: SlotId, phase: Phase) -> SessionState:
    """At this slot and phase, with no clock yet."""
    return msgspec.structs.replace(
        state,
        rundown=rundown.mark(state.rundown, slot, _STATUS[phase]),
        slot=slot,
        phase=phase,
        clock=None,
        overtime=False,
        interrupted=False,
    )


def _remember(state: SessionState, now: Instant, times: Times) -> SessionState:
    """Take the clock away, and note what it showed."""
    if state.clock is None or state.slot is None:
        return state
    left = state.left.get(state.slot, {}) | {state.phase: remaining(state, now, times)}
    return msgspec.structs.replace(
        state, clock=None, overtime=False, interrupted=False, left=state.left | {state.slot: left}
    )


def _stand(state: SessionState, left: Duration, duration: Duration = ZERO) -> SessionState:
    """The clock stands at ``left``; its whole is never less than that."""
    whole = max(duration if state.clock is None else state.clock.duration, left)
    return msgspec.structs.replace(
        state, clock=SlotClock(duration=whole, remaining=left), overtime=_stays_overtime(state, left)
    )


def _run(state: SessionState, left: Duration, now: Instant) -> SessionState:
    """The clock, which stands or ran, runs from now with ``left``."""
    whole = left if state.clock is None else state.clock.duration
    return msgspec.structs.replace(
        state,
        clock=SlotClock(duration=whole, ends_at=now + left),
        overtime=_stays_overtime(state, left),
        interrupted=False,
    )


def _stays_overtime(state: SessionState, left: Duration) -> bool:
    return left < ZERO or (state.overtime and left == ZERO)


def _unpark(state: SessionState, slot: SlotId) -> SessionState:
    return msgspec.structs.replace(
        state, parked={other: phase for other, phase in state.parked.items() if other != slot}
    )


def _left(state: SessionState, slot: SlotId, phase: Phase) -> Duration:
    return state.left.get(slot, {}).get(phase, ZERO)


def _current(state: SessionState) -> SlotId:
    if state.slot is None:
        raise Conflict("room.over")
    return state.slot


def _sum(durations: Iterable[Duration]) -> Duration:
    return sum(durations, ZERO)


def _not_possible(state: SessionState, signal: Signal) -> Conflict:
    return Conflict("room.not_possible", phase=state.phase.value, command=signal.kind.value)
