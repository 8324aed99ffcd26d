"""Judges' own keys, once the voting has begun: a judge asks for another one, and a second person signs."""

from typing import Annotated, ClassVar

from msgspec import Meta
from typing_extensions import override

from roadshow.ids import CommandId, PersonId
from roadshow.live.families.ballots import BallotChanged, PublicKey
from roadshow.live.family import Family, Sender
from roadshow.live.messages import Message, RoomAct, Slug
from roadshow.voting.identity.keys import AskKey, SignKey


class AskOwnKey(RoomAct, frozen=True, tag="key.ask"):
    """A judge asks that this browser's key be theirs from now on."""

    key: PublicKey
    """Empty: this browser makes none, and they ask to vote without."""


class SignOwnKey(RoomAct, frozen=True, tag="key.sign"):
    """A second person, who has the judge before them or on the line, signs."""

    asked: Annotated[int, Meta(ge=1)]
    """The number of the request's ledger entry, as the review tells it."""
    judge: Slug
    """Whose desk has news then."""


class KeyFamily(Family):
    asks: ClassVar = (AskOwnKey, SignOwnKey)

    @override
    async def act(self, sender: Sender, ask: RoomAct) -> Message | None:
        field, by, command = self.services.fields.of(ask.room), sender.person.id, CommandId(ask.command)
        match ask:
            case AskOwnKey(key=key):
                await field.voting.ask_key(field.id, by, AskKey(key, sender.visitor.let_in), command)
            case SignOwnKey(asked=asked):
                await field.act(by, SignKey(asked), command)
            case _:
                raise NotImplementedError(type(ask).__name__)
        return None

    @override
    def concerns(self, sender: Sender, ask: RoomAct) -> tuple[PersonId, Message] | None:
        """The judge: somebody else may be asking in their name, and whose key was signed for votes from now on."""
        match ask:
            case AskOwnKey():
                return sender.person.id, BallotChanged(ask.room, "")
            case SignOwnKey(judge=judge):
                return PersonId(judge), BallotChanged(ask.room, "")
            case _:
                return None
