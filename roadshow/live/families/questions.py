"""What the jury does together: it deliberates, and once the count is closed it votes on ties and awards."""

from typing import Annotated, ClassVar

from msgspec import Meta
from typing_extensions import override

from roadshow.ids import AwardId, CommandId, ProjectId
from roadshow.live.families.ballots import PublicKey, Signature, enter_browser
from roadshow.live.family import Family, Sender
from roadshow.live.messages import Message, Reason, RoomAct, Slug
from roadshow.moments import Duration
from roadshow.voting.questions.acts import LONGEST, NONE_OF_THEM, SHORTEST, Vote

Number = Annotated[int, Meta(ge=1)]
"""Of a question: that of its ledger entry, as the section tells it."""


class AskJury(RoomAct, frozen=True, tag="jury.ask"):
    """Which of the projects goes first, or, with ``award``, gets it. All who may vote have so many ``seconds``; nobody
    closes it before."""

    projects: Annotated[tuple[Slug, ...], Meta(min_length=1, max_length=200)]
    seconds: Annotated[int, Meta(ge=SHORTEST.ms // 1000, le=LONGEST.ms // 1000)]
    award: Slug | None = None


class Deliberate(RoomAct, frozen=True, tag="jury.deliberate"):
    """The chair opens all cards once more, before the count is closed: for as long as the rules say, and once."""


class JuryVote(RoomAct, frozen=True, tag="jury.vote"):
    """A judge's only word on the question. ``choice`` null: none of the projects."""

    question: Number
    choice: Slug | None = None
    key: PublicKey = ""
    """With which it is signed, where the rules ask for that."""
    signature: Signature = ""


class CastingVote(RoomAct, frozen=True, tag="jury.casting"):
    """Where the jury's votes are level: of whoever decides."""

    question: Number
    reason: Reason
    choice: Slug | None = None


class QuestionFamily(Family):
    asks: ClassVar = (Deliberate, AskJury, JuryVote, CastingVote)

    @override
    async def act(self, sender: Sender, ask: RoomAct) -> Message | None:
        field, by, command = self.services.fields.of(ask.room), sender.person.id, CommandId(ask.command)
        match ask:
            case AskJury(projects=projects, seconds=seconds):
                award = None if ask.award is None else AwardId(ask.award)
                about = tuple(ProjectId(project) for project in projects)
                await field.ask_jury(by, award, about, Duration.seconds(seconds), command)
            case Deliberate():
                await field.deliberate(by, command)
            case JuryVote(question=question):
                await enter_browser(field.voting, field.id, sender)
                vote = Vote(question, _chosen(ask.choice), ask.key, ask.signature or None)
                await field.voting.questions.vote(field.id, by, vote, command)
            case CastingVote(question=question, reason=reason):
                await field.casting_vote(by, question, _chosen(ask.choice), reason, command)
            case _:
                raise NotImplementedError(type(ask).__name__)
        return None


def _chosen(choice: str | None) -> ProjectId:
    return NONE_OF_THEM if choice is None else ProjectId(choice)
