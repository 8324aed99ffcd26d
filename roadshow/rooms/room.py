"""A room: its session, who has the stage, and what each command means for the world. Pure and immutable.

``handle`` returns the room as it will be and the effects that make the world agree; the caller keeps the new room and
drains the effects once the state is safe. A refused command leaves no trace.
"""

from dataclasses import dataclass, replace
from typing import Self

import msgspec

from roadshow.errors import Conflict, InputError, SetupError
from roadshow.ids import FEED, CommandId, ProjectId, RoomId, SlotId, SourceId
from roadshow.moments import ZERO, Duration, Instant, decode_moment, encode_moment
from roadshow.rooms import programme, rundown, session
from roadshow.rooms.commands import (
    AddTime,
    Control,
    Expected,
    Restored,
    RoomCommand,
    SelectStage,
    Signal,
    SourceCame,
    SourceWent,
    TimeUp,
)
from roadshow.rooms.phases import EndPolicy, Phase, RoomPlan, StageMode
from roadshow.rooms.ports import Programme
from roadshow.rooms.session import SessionState
from roadshow.rooms.views import (
    ClockView,
    RoomSnapshot,
    RundownView,
    Section,
    SessionView,
    SlotView,
    SourceView,
    StageView,
)

MOST_SLOTS = 200
"""More than any final has; keeps the state that is saved with every command small."""
MOST_SOURCES = 64
"""Tracks published into one room at a time: a pitcher has four, or a card for one of them."""
MOST_TIME_ADDED = Duration.minutes(60)
"""By one command, either way."""

REMEMBERED_COMMANDS = 64
"""Of control, so that a repeated one is known: browsers repeat what was not answered within seconds."""

STATE_VERSION = 1
"""Of the saved encoding."""


@dataclass(frozen=True, slots=True)
class Publish:
    """Tell the followers, all at once."""

    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class SetLanes:
    """Make the relay's lanes carry this."""

    programme: Programme


@dataclass(frozen=True, slots=True)
class OpenWindow:
    """Let judges score the project; ``closes_in`` None: until told otherwise."""

    project: ProjectId
    closes_in: Duration | None


@dataclass(frozen=True, slots=True)
class CloseWindow:
    project: ProjectId


WindowEffect = OpenWindow | CloseWindow
Effect = WindowEffect | SetLanes | Publish


@dataclass(frozen=True, slots=True)
class Handled:
    room: "Room"
    effects: tuple[Effect, ...]
    """In order: polls first, so that followers learn of an open window when it is open; each is idempotent."""
    changed: bool
    """Whether there is something new to save."""


class _Saved(msgspec.Struct, frozen=True):
    version: int
    session: SessionState
    mode: StageMode
    done: tuple[CommandId, ...] = ()


class _Version(msgspec.Struct, frozen=True):
    version: int


_encoder = msgspec.json.Encoder(enc_hook=encode_moment)
_decoder = msgspec.json.Decoder(_Saved, dec_hook=decode_moment)


@dataclass(frozen=True, slots=True)
class Room:
    """``begin`` or ``restore`` one, then ``handle`` commands."""

    plan: RoomPlan
    session: SessionState
    mode: StageMode = StageMode.AUTO
    sources: frozenset[SourceId] = frozenset()
    """Published now. Not saved: publishers come back by themselves."""
    done: tuple[CommandId, ...] = ()
    """Control's last commands, oldest first."""

    @classmethod
    def begin(cls, plan: RoomPlan) -> Self:
        """In standby of the first slot. Raises SetupError for a plan that cannot be played."""
        _check(plan)
        return cls(plan, session.begin(rundown.plan(plan.projects)))

    @classmethod
    def restore(cls, plan: RoomPlan, state: bytes, now: Instant) -> Self:
        """The room as ``encode`` left it; a clock that ran out meanwhile stands at zero. Raises SetupError."""
        _check(plan)
        saved = _decode(plan.room, state)
        slots = rundown.reconcile(saved.session.rundown, plan.projects, current=saved.session.slot)
        reconciled = msgspec.structs.replace(saved.session, rundown=slots)
        return cls(plan, session.step(reconciled, Restored(), now, plan.phases), saved.mode, done=saved.done)

    @classmethod
    def read(cls, plan: RoomPlan, state: bytes) -> Self:
        """The room as ``encode`` left it, for whoever only looks. Raises SetupError."""
        saved = _decode(plan.room, state)
        return cls(plan, saved.session, saved.mode, done=saved.done)

    def encode(self) -> bytes:
        """What must outlive the process."""
        return _encoder.encode(_Saved(STATE_VERSION, self.session, self.mode, self.done))

    @property
    def id(self) -> RoomId:
        return self.plan.room

    @property
    def next_deadline(self) -> Instant | None:
        """When to handle TimeUp."""
        return session.deadline(self.session, self.plan.phases)

    @property
    def has_clock(self) -> bool:
        """Whether an item is under way."""
        return self.session.clock is not None

    def handle(self, command: RoomCommand, now: Instant) -> Handled:
        """Raises Conflict when the command is not possible now, InputError when it never is."""
        match command:
            case SourceCame(source=source):
                programme.parse_source(source)
                if len(self.sources | {source}) > MOST_SOURCES:
                    raise Conflict("room.too_many_sources", limit=MOST_SOURCES)
                after = replace(self, sources=self.sources | {source})
            case SourceWent(source=source):
                after = replace(self, sources=self.sources - {source})
            case SelectStage(mode=mode):
                after = replace(self, mode=mode)
            case TimeUp() | Restored():
                after = self._step(command, now)
            case _ if command.command is not None and command.command in self.done:
                after = self
            case _:
                self._check_control(command)
                after = self._step(command, now)
                if command.command is not None:
                    after = replace(after, done=(*self.done, command.command)[-REMEMBERED_COMMANDS:])
        return Handled(after, self._effects(after, now), after.encode() != self.encode())

    def announce(self, now: Instant) -> tuple[Effect, ...]:
        """Everything the world must agree with, whatever it believes: after a start, polls may have missed the last
        command."""
        voted = [slot for slot, left in self.session.left.items() if Phase.VOTING in left]
        projects = dict.fromkeys(slot.project for slot in self.session.rundown if slot.id in voted)
        if self.session.project is not None:
            projects[self.session.project] = None
        snapshot = self.snapshot(now)
        return (
            *(self.window(project, now) for project in projects),
            SetLanes(self.programme),
            Publish((snapshot.session, snapshot.rundown, snapshot.stage)),
        )

    def window(self, project: ProjectId, now: Instant) -> WindowEffect:
        """The window as it should be. Only a running phase that is cut closes by itself."""
        if self.session.phase is not Phase.VOTING or self.session.project != project:
            return CloseWindow(project)
        clock = self.session.clock
        if clock is None or clock.ends_at is None or self.plan.phases[Phase.VOTING].policy is not EndPolicy.CUT:
            return OpenWindow(project, None)
        return OpenWindow(project, max(clock.ends_at - now, ZERO))

    @property
    def programme(self) -> Programme:
        return programme.choose(self.mode, self.session.phase, self.session.project, self.sources, muted=self._is_muted)

    def snapshot(self, now: Instant) -> RoomSnapshot:
        return RoomSnapshot(self.session_view(), self.rundown_view(now), self.stage_view())

    def session_view(self) -> SessionView:
        state = self.session
        return SessionView(
            phase=state.phase,
            slot=state.slot,
            project=state.project,
            clock=self._clock_view(),
            paused=state.paused,
            muted=self._is_muted,
            interrupted=state.interrupted,
            over=rundown.is_over(state.rundown),
        )

    def rundown_view(self, now: Instant) -> RundownView:
        state, times = self.session, self.plan.phases

        def length(slot: SlotId) -> Duration:
            return session.slot_length(state, slot, times)

        planned = rundown.planned_times(
            state.rundown,
            stage_free_at=session.stage_free_at(state, now, times, self.plan.starts_at),
            length=length,
            began=state.began,
        )
        return RundownView(
            tuple(
                SlotView(slot.id, slot.project, slot.status, at.ms)
                for slot, at in zip(state.rundown, planned, strict=True)
            )
        )

    def stage_view(self) -> StageView:
        lanes = programme.present(self.programme, self.sources)
        lane_of = {source: lane for lane, source in lanes.items()}
        return StageView(
            mode=self.mode,
            lanes=dict(lanes),
            sources=tuple(SourceView(source, lane_of.get(source)) for source in sorted(self.sources)),
        )

    @property
    def _is_muted(self) -> bool:
        return session.is_muted(self.session, self.plan.phases)

    def _clock_view(self) -> ClockView:
        clock = self.session.clock
        if clock is None:
            return ClockView()
        times = self.plan.phases[self.session.phase]
        return ClockView(
            duration_ms=clock.duration.ms,
            ends_at=None if clock.ends_at is None else clock.ends_at.ms,
            remaining_ms=None if clock.remaining is None else clock.remaining.ms,
            warnings_ms=tuple(warning.ms for warning in times.warnings),
            policy=times.policy,
        )

    def _check_control(self, command: Control) -> None:
        here: Expected = (self.session.slot, self.session.phase)
        if command.expected is not None and command.expected != here:
            raise Conflict("room.moved_on", phase=self.session.phase.value)
        if isinstance(command, AddTime):
            by = command.by
            if not by or not -MOST_TIME_ADDED <= by <= MOST_TIME_ADDED:
                raise InputError("room.time_out_of_range", minutes=MOST_TIME_ADDED.ms // 60_000)

    def _step(self, signal: Signal, now: Instant) -> Self:
        return replace(self, session=session.step(self.session, signal, now, self.plan.phases))

    def _effects(self, after: "Room", now: Instant) -> tuple[Effect, ...]:
        """What makes the world, which agrees with this room, agree with ``after``."""
        effects: list[Effect] = []
        voting_before = self.session.project if self.session.phase is Phase.VOTING else None
        voting_after = after.session.project if after.session.phase is Phase.VOTING else None
        if voting_before is not None and voting_before != voting_after:
            effects.append(CloseWindow(voting_before))
        if voting_after is not None and (voting_before != voting_after or self.session.clock != after.session.clock):
            effects.append(after.window(voting_after, now))
        if after.programme != self.programme:
            effects.append(SetLanes(after.programme))
        sections = self._changed(after, now)
        return (*effects, Publish(sections)) if sections else tuple(effects)

    def _changed(self, after: "Room", now: Instant) -> tuple[Section, ...]:
        sections: list[Section] = []
        if after.session_view() != self.session_view():
            sections.append(after.session_view())
        if after.session != self.session:
            sections.append(after.rundown_view(now))
        if after.stage_view() != self.stage_view():
            sections.append(after.stage_view())
        return tuple(sections)


def _check(plan: RoomPlan) -> None:
    """Definitions are checked when they are loaded; this is what the rules here rely on."""
    if not 0 < len(plan.projects) <= MOST_SLOTS:
        raise SetupError(f"Room {plan.room}: a rundown has between 1 and {MOST_SLOTS} slots.")
    if len(set(plan.projects)) != len(plan.projects):
        raise SetupError(f"Room {plan.room}: a project stands twice in the rundown.")
    if any(project == FEED for project in map(str, plan.projects)):
        raise SetupError(f"Room {plan.room}: no project may be named {FEED}.")
    for phase in session.TIMED:
        if phase not in plan.phases or not ZERO < plan.phases[phase].duration <= session.LONGEST:
            raise SetupError(f"Room {plan.room}: {phase.value} takes more than 0 and at most 4 hours.")


def _decode(room: RoomId, state: bytes) -> _Saved:
    try:
        version = msgspec.json.decode(state, type=_Version).version
        if version != STATE_VERSION:
            raise SetupError(
                f"Room {room} was saved in format {version}, and this program reads {STATE_VERSION}. "
                "Use the program that saved it."
            )
        return _decoder.decode(state)
    except msgspec.MsgspecError as problem:
        raise SetupError(f"What the store holds of room {room} cannot be read: {problem}") from problem
