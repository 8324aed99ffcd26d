"""What a room tells its followers: sections that replace the former value whole, so that applying one twice does no
harm.

Times are milliseconds since the epoch (``_at``) or spans in milliseconds (``_ms``), ready for the wire.
"""

import msgspec

from roadshow.ids import LaneId, ProjectId, RoomId, SlotId, SourceId
from roadshow.rooms.phases import EndPolicy, Phase, SlotStatus, StageMode


class ClockView(msgspec.Struct, frozen=True):
    """``ends_at`` while it runs, ``remaining_ms`` while it stands; both None when the phase has no clock."""

    duration_ms: int = 0
    ends_at: int | None = None
    remaining_ms: int | None = None
    warnings_ms: tuple[int, ...] = ()
    policy: EndPolicy | None = None


class SessionView(msgspec.Struct, frozen=True, tag_field="section", tag="session"):
    phase: Phase
    slot: SlotId | None
    project: ProjectId | None
    clock: ClockView
    paused: bool
    muted: bool
    """The pitcher's microphone is off the floor by policy."""
    interrupted: bool
    """The time ran out while the server was away: it stands at zero until control adds time or goes on."""
    over: bool
    """Every slot is done or skipped."""


class SlotView(msgspec.Struct, frozen=True):
    slot: SlotId
    project: ProjectId
    status: SlotStatus
    planned_at: int


class RundownView(msgspec.Struct, frozen=True, tag_field="section", tag="rundown"):
    slots: tuple[SlotView, ...]

    @property
    def skipped(self) -> frozenset[ProjectId]:
        """Projects that do not pitch, as it stands: one can be brought back."""
        return frozenset(slot.project for slot in self.slots if slot.status is SlotStatus.SKIPPED)


class SourceView(msgspec.Struct, frozen=True):
    source: SourceId
    lane: LaneId | None
    """The lane it feeds now, or None."""


class StageView(msgspec.Struct, frozen=True, tag_field="section", tag="stage"):
    mode: StageMode
    lanes: dict[LaneId, SourceId]
    """Lane to source, only for sources that are there."""
    sources: tuple[SourceView, ...]
    """All that is published into the room, on stage or not."""


Section = SessionView | RundownView | StageView


class RoomEvent(msgspec.Struct, frozen=True):
    room: RoomId
    sections: tuple[Section, ...]
    """What changed together."""


class RoomSnapshot(msgspec.Struct, frozen=True):
    session: SessionView
    rundown: RundownView
    stage: StageView
