"""What can be asked of a room, by control and by the world around it. Values only; the rules are in session.py."""

from enum import StrEnum
from typing import ClassVar

import msgspec

from roadshow.ids import CommandId, SlotId, SourceId
from roadshow.moments import Duration
from roadshow.rooms.phases import Phase, StageMode

Expected = tuple[SlotId | None, Phase]
"""The slot and phase a command was meant for. Once the show has moved on it is refused, so that a double click or an
old page never acts twice."""


class CommandKind(StrEnum):
    """One word for each command: the second key of the session's tables, and the note in the journal."""

    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    ADD_TIME = "add-time"
    NEXT = "next"
    BACK = "back"
    SKIP = "skip"
    DEFER = "defer"
    SELECT_STAGE = "select-stage"
    TIME_UP = "time-up"
    RESTORED = "restored"
    SOURCE_CAME = "source-came"
    SOURCE_WENT = "source-went"


class _Control(msgspec.Struct, frozen=True, kw_only=True):
    command: CommandId | None = None
    """Carried out once: a repetition, after its answer was lost, changes nothing."""
    expected: Expected | None = None


class Start(_Control, frozen=True):
    """The slot in standby goes on stage: its pitch begins, or what was left of it when it was deferred."""

    kind: ClassVar[CommandKind] = CommandKind.START


class Pause(_Control, frozen=True):
    """The clock stands; the remaining time is kept."""

    kind: ClassVar[CommandKind] = CommandKind.PAUSE


class Resume(_Control, frozen=True):
    kind: ClassVar[CommandKind] = CommandKind.RESUME


class AddTime(_Control, frozen=True):
    """Give time, or take it (negative). Once time is up, what is given counts from now."""

    kind: ClassVar[CommandKind] = CommandKind.ADD_TIME
    by: Duration


class Next(_Control, frozen=True):
    """On to the next phase; from closed to the standby of the next waiting slot."""

    kind: ClassVar[CommandKind] = CommandKind.NEXT


class Back(_Control, frozen=True):
    """To the phase before, with the time that was left of it, standing; from standby to the slot played before."""

    kind: ClassVar[CommandKind] = CommandKind.BACK


class Skip(_Control, frozen=True):
    """The slot does not take place, or ends here."""

    kind: ClassVar[CommandKind] = CommandKind.SKIP
    slot: SlotId


class Defer(_Control, frozen=True):
    """The slot goes to the end of the rundown. On stage, it will go on with the phase and time it has left.
    A skipped slot comes back this way."""

    kind: ClassVar[CommandKind] = CommandKind.DEFER
    slot: SlotId


class SelectStage(msgspec.Struct, frozen=True):
    kind: ClassVar[CommandKind] = CommandKind.SELECT_STAGE
    mode: StageMode


class TimeUp(msgspec.Struct, frozen=True):
    """A deadline may have passed. Harmless when it has not."""

    kind: ClassVar[CommandKind] = CommandKind.TIME_UP


class Restored(msgspec.Struct, frozen=True):
    """The room was read back from the store after the server was away."""

    kind: ClassVar[CommandKind] = CommandKind.RESTORED


class SourceCame(msgspec.Struct, frozen=True):
    """A track is being published into the room."""

    kind: ClassVar[CommandKind] = CommandKind.SOURCE_CAME
    source: SourceId


class SourceWent(msgspec.Struct, frozen=True):
    kind: ClassVar[CommandKind] = CommandKind.SOURCE_WENT
    source: SourceId


Control = Start | Pause | Resume | AddTime | Next | Back | Skip | Defer
"""What control decides about the session."""
Signal = Control | TimeUp | Restored
"""All that moves the session."""
RoomCommand = Control | SelectStage | TimeUp | Restored | SourceCame | SourceWent
