"""Control's commands to a room's session and stage."""

from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta
from typing_extensions import override

from roadshow.ids import CommandId, SlotId
from roadshow.live.family import Family, Sender
from roadshow.live.messages import Message, RoomAct, Slug
from roadshow.moments import Duration
from roadshow.rooms import commands as room
from roadshow.rooms.phases import Phase, StageMode


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the sender saw when pressing the button: a double click or an old page must not act twice."""

    phase: Phase
    slot: Slug | None


class StageAct(RoomAct, frozen=True):
    """Moves the session on, from what the sender saw."""

    expected: Expected


class SlotAct(RoomAct, frozen=True):
    slot: Slug


class StartPhase(StageAct, frozen=True, tag="session.start"):
    """The slot in standby goes on stage."""


class Pause(RoomAct, frozen=True, tag="session.pause"):
    """The clock stands."""


class Resume(RoomAct, frozen=True, tag="session.resume"):
    """It runs again."""


class AddTime(RoomAct, frozen=True, tag="session.add_time"):
    seconds: Annotated[int, Meta(ge=-3600, le=3600)]


class NextPhase(StageAct, frozen=True, tag="session.next"):
    """On to the next phase, or the next slot."""


class BackPhase(StageAct, frozen=True, tag="session.back"):
    """To the phase before."""


class SkipSlot(SlotAct, frozen=True, tag="slot.skip"):
    """The slot does not take place, or ends here."""


class DeferSlot(SlotAct, frozen=True, tag="slot.defer"):
    """The slot goes to the end of the rundown."""


class SelectStage(RoomAct, frozen=True, tag="stage.select"):
    mode: StageMode


class SessionFamily(Family):
    asks: ClassVar = (StartPhase, Pause, Resume, AddTime, NextPhase, BackPhase, SkipSlot, DeferSlot, SelectStage)

    @override
    async def act(self, sender: Sender, ask: RoomAct) -> Message | None:
        await self.services.fields.of(ask.room).control(_command(ask))
        return None


def _command(ask: RoomAct) -> room.Control | room.SelectStage:
    command = CommandId(ask.command)
    match ask:
        case StartPhase(expected=expected):
            return room.Start(command=command, expected=_expected(expected))
        case NextPhase(expected=expected):
            return room.Next(command=command, expected=_expected(expected))
        case BackPhase(expected=expected):
            return room.Back(command=command, expected=_expected(expected))
        case Pause():
            return room.Pause(command=command)
        case Resume():
            return room.Resume(command=command)
        case AddTime(seconds=seconds):
            return room.AddTime(command=command, by=Duration.seconds(seconds))
        case SkipSlot(slot=slot):
            return room.Skip(command=command, slot=SlotId(slot))
        case DeferSlot(slot=slot):
            return room.Defer(command=command, slot=SlotId(slot))
        case SelectStage(mode=mode):
            return room.SelectStage(mode=mode)
        case _:
            raise NotImplementedError(type(ask).__name__)


def _expected(expected: Expected) -> room.Expected:
    return (None if expected.slot is None else SlotId(expected.slot), expected.phase)
