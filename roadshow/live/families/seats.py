"""A judge is lost in the middle of a field: one of the reserve takes the seat, asked for by one person and signed by
another."""

from typing import Annotated, ClassVar

from msgspec import Meta
from typing_extensions import override

from roadshow.ids import CommandId, PersonId, ProjectId
from roadshow.live.families.ballots import BallotChanged
from roadshow.live.family import Family, Sender
from roadshow.live.messages import Message, Reason, RoomAct, Slug
from roadshow.voting import acts


class AskSeat(RoomAct, frozen=True, tag="seat.ask"):
    """Chair, deputy or organiser ask that ``substitute`` take the seat of ``judge`` from ``project`` on. The review
    then tells what that does to quorum and estimator."""

    judge: Slug
    substitute: Slug
    project: Slug
    reason: Reason


class SignSeat(RoomAct, frozen=True, tag="seat.sign"):
    """The second person signs: the deputy, unless it is about them or their own request; then the chair, then another
    organiser."""

    asked: Annotated[int, Meta(ge=1)]
    """The number of the request's ledger entry, as the review tells it."""
    substitute: Slug
    """Whose desk has news then."""


class SeatFamily(Family):
    asks: ClassVar = (AskSeat, SignSeat)

    @override
    async def act(self, sender: Sender, ask: RoomAct) -> Message | None:
        field = self.services.fields.of(ask.room)
        await field.act(sender.person.id, _act(ask), CommandId(ask.command))
        return None

    @override
    def concerns(self, sender: Sender, ask: RoomAct) -> tuple[PersonId, Message] | None:
        """Who sits down: their cards are theirs now."""
        if isinstance(ask, SignSeat):
            return PersonId(ask.substitute), BallotChanged(ask.room, "")
        return None


def _act(ask: RoomAct) -> acts.Act:
    match ask:
        case AskSeat(judge=judge, substitute=substitute, project=project, reason=reason):
            return acts.AskSubstitute(PersonId(judge), PersonId(substitute), ProjectId(project), reason)
        case SignSeat(asked=asked):
            return acts.Substitute(asked)
        case _:
            raise NotImplementedError(type(ask).__name__)
