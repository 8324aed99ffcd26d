"""The podium of all fields together: two signatures, and the announcements."""

from typing import Annotated, ClassVar

from msgspec import Meta
from typing_extensions import override

from roadshow.ids import CommandId
from roadshow.live.family import Family, Sender
from roadshow.live.messages import Message, RoomAct

# ``room``: any of the competition's, in which the sender holds the role.


class ConfirmOverall(RoomAct, frozen=True, tag="overall.confirm"):
    """Count all fields together, once each has announced its last place, and sign it."""


class CountersignOverall(RoomAct, frozen=True, tag="overall.countersign"):
    """The second person's signature: another organiser, or a field's chair."""


class RevealOverall(RoomAct, frozen=True, tag="overall.reveal"):
    """Announce the next place. ``announced`` is how many the sender has seen announced."""

    announced: Annotated[int, Meta(ge=0, le=1000)]


class OverallFamily(Family):
    asks: ClassVar = (ConfirmOverall, CountersignOverall, RevealOverall)

    @override
    async def act(self, sender: Sender, ask: RoomAct) -> Message | None:
        overall = self.services.fields.of(ask.room).voting.overall
        by, command = sender.person.id, CommandId(ask.command)
        match ask:
            case ConfirmOverall():
                await overall.confirm(by, command)
            case CountersignOverall():
                await overall.countersign(by, command)
            case RevealOverall(announced=announced):
                await overall.reveal_next(by, announced, command)
            case _:
                raise NotImplementedError(type(ask).__name__)
        return None
