"""The words of a timed session: phases, clocks, slots. Values only; the rules are in session.py and rundown.py."""

from enum import StrEnum

import msgspec

from roadshow.ids import ProjectId, RoomId, SlotId
from roadshow.moments import Duration, Instant


class Phase(StrEnum):
    STANDBY = "standby"
    """The slot is next; its pitcher is in the green room. No clock."""
    PITCH = "pitch"
    QUESTIONS = "questions"
    VOTING = "voting"
    CLOSED = "closed"
    """The slot is over. No clock."""


class EndPolicy(StrEnum):
    WARN = "warn"
    MUTE = "mute"
    CUT = "cut"


class PhaseTimes(msgspec.Struct, frozen=True):
    duration: Duration
    policy: EndPolicy
    warnings: tuple[Duration, ...] = ()
    """Before the end; falling."""


class SlotStatus(StrEnum):
    WAITING = "waiting"
    LIVE = "live"
    DONE = "done"
    SKIPPED = "skipped"


class Slot(msgspec.Struct, frozen=True):
    id: SlotId
    project: ProjectId
    status: SlotStatus = SlotStatus.WAITING


class SlotClock(msgspec.Struct, frozen=True):
    """Exactly one of ``ends_at`` (running) and ``remaining`` (paused) is set. Remaining may be negative: overtime."""

    duration: Duration
    ends_at: Instant | None = None
    remaining: Duration | None = None


class StageMode(StrEnum):
    """Who has the stage."""

    AUTO = "auto"
    """A feed while one is connected, else the slot's pitcher in pitch and questions."""
    PITCHER = "pitcher"
    FEED = "feed"
    EMPTY = "empty"


class RoomPlan(msgspec.Struct, frozen=True):
    """What a room is told at its beginning; from the competition's definition."""

    room: RoomId
    projects: tuple[ProjectId, ...]
    """In the order of the rundown."""
    phases: dict[Phase, PhaseTimes]
    """For pitch, questions and voting."""
    starts_at: Instant
