"""The audience's own award: each browser's vote, and control's acts."""

from functools import partial
from typing import Annotated, ClassVar

from msgspec import Meta
from typing_extensions import override

from roadshow.access.voters import Booth
from roadshow.errors import Gone, NotSignedIn, RoadshowError
from roadshow.ids import CommandId, ProjectId, RoomId
from roadshow.live.family import Answer, Family, Sender
from roadshow.live.messages import Message, RoomAct, Slug
from roadshow.moments import Duration


class VoteForAward(RoomAct, frozen=True, tag="audience.vote"):
    """The browser's vote for the audience award. Replaces its former one."""

    project: Slug


class OpenAward(RoomAct, frozen=True, tag="audience.open"):
    """Take the audience's votes. ``seconds`` null: until it is closed."""

    seconds: Annotated[int, Meta(ge=5, le=86_400)] | None = None


class CloseAward(RoomAct, frozen=True, tag="audience.close"):
    """Take no more."""


class AnnounceAward(RoomAct, frozen=True, tag="audience.announce"):
    """Count, and tell everybody. Final."""


class OwnVote(Message, frozen=True, tag="audience.own"):
    """After ``follow``: what this browser's vote for the audience award is for."""

    room: str
    project: str


class AudienceAccepted(Message, frozen=True, tag="audience.accepted"):
    """Durable: the browser's vote counts for this project."""

    command: str
    project: str


class AwardFamily(Family):
    asks: ClassVar = (VoteForAward, OpenAward, CloseAward, AnnounceAward)
    tells: ClassVar = (OwnVote, AudienceAccepted)
    at_once: ClassVar = (VoteForAward,)

    @override
    def begin(self, sender: Sender, ask: RoomAct, answer: Answer) -> None:
        """A vote goes straight into the room's next batch, which keeps the order."""
        assert isinstance(ask, VoteForAward)  # noqa: S101 - all that is ``at_once``
        field = self.services.fields.of(ask.room)
        voter = None if sender.booth is None else sender.booth.voter(field.id)
        if voter is None:
            raise NotSignedIn("audience.no_token", booth=_name(sender.booth))
        accepted = AudienceAccepted(ask.command, ask.project)
        answered = partial(_answered, answer, accepted, sender.booth)
        field.vote(voter, ProjectId(ask.project), answered)

    @override
    async def act(self, sender: Sender, ask: RoomAct) -> Message | None:
        field, command = self.services.fields.of(ask.room), CommandId(ask.command)
        match ask:
            case OpenAward(seconds=seconds):
                await field.award.open(field.id, None if seconds is None else Duration.seconds(seconds), command)
            case CloseAward():
                await field.award.close(field.id, command)
            case AnnounceAward():
                await field.announce_award(command)
            case _:
                raise NotImplementedError(type(ask).__name__)
        return None

    @override
    async def greet(self, sender: Sender, room: RoomId) -> Message | None:
        """What the browser's vote is for, if it gave one. The store is asked for those alone who have a token."""
        voter = None if sender.booth is None else sender.booth.voter(room)
        if voter is None:
            return None
        project = await self.services.fields.of(room).award.choice(room, voter.id)
        return None if project is None else OwnVote(room, project)


def _answered(answer: Answer, accepted: AudienceAccepted, booth: Booth | None, refusal: RoadshowError | None) -> None:
    """Whose token is too old is told where to get another, as who has none."""
    if refusal is not None and refusal.code == "audience.token_old":
        refusal = Gone(refusal.code, booth=_name(booth))
    answer(accepted if refusal is None else refusal)


def _name(booth: Booth | None) -> str:
    return "" if booth is None else booth.name
