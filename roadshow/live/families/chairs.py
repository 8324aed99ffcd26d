"""The chair is lost in the middle of a field: the office passes to the deputy or a judge, asked for by one person and
signed by another."""

from typing import Annotated, ClassVar

from msgspec import Meta
from typing_extensions import override

from roadshow.ids import CommandId, PersonId
from roadshow.live.family import Family, Sender
from roadshow.live.messages import Message, Reason, RoomAct, Slug
from roadshow.voting.office.acts import AskChair, PassChair, Passing


class AskForChair(RoomAct, frozen=True, tag="chair.ask"):
    """Chair, deputy or organiser ask that ``chair`` have the chair's office. The review then tells what that does."""

    chair: Slug
    count: Annotated[int, Meta(ge=1)] | None
    """The number of the count, once one was closed; null: none was."""
    reason: Reason


class SignChair(RoomAct, frozen=True, tag="chair.sign"):
    """The second person signs: the deputy, or an organiser, who has not asked."""

    asked: Annotated[int, Meta(ge=1)]
    """The number of the request's ledger entry, as the review tells it."""


class ChairFamily(Family):
    asks: ClassVar = (AskForChair, SignChair)

    @override
    async def act(self, sender: Sender, ask: RoomAct) -> Message | None:
        field = self.services.fields.of(ask.room)
        await field.act(sender.person.id, _act(ask), CommandId(ask.command))
        return None


def _act(ask: RoomAct) -> Passing:
    match ask:
        case AskForChair(chair=chair, count=count, reason=reason):
            return AskChair(PersonId(chair), count, reason)
        case SignChair(asked=asked):
            return PassChair(asked)
        case _:
            raise NotImplementedError(type(ask).__name__)
