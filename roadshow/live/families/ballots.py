"""Judges and their ballots."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta
from typing_extensions import override

from roadshow.access.roles import JURY
from roadshow.conflicts import ConflictCategory
from roadshow.ids import CommandId, CriterionId, PersonId, ProjectId, RoomId
from roadshow.live.family import Family, Sender
from roadshow.live.messages import Message, RoomAct, Slug
from roadshow.voting.ballot import LONGEST_REASON
from roadshow.voting.grounds import AbstentionCategory, Grounds
from roadshow.voting.identity.browsers import UseBrowser
from roadshow.voting.service import VotingService
from roadshow.voting.votes import Cast, Receipt

Score = Annotated[int, Meta(ge=-100_000, le=100_000)]
"""Of steps. Wide on purpose: the rubric decides, and answers with the criterion's own limits."""

Scores = Annotated[dict[Slug, Score], Meta(max_length=50)]
Words = Annotated[str, Meta(max_length=LONGEST_REASON)]
"""A judge's own, for chair, deputy and organisers alone."""
Revision = Annotated[int, Meta(ge=0, le=1_000_000)]


PublicKey = Annotated[str, Meta(max_length=120)]
"""A judge's own, as ``identity.keys`` writes it."""
Signature = Annotated[str, Meta(max_length=86)]


class ScoreAct(RoomAct, frozen=True):
    """Gives scores."""

    project: Slug
    scores: Scores
    expected_revision: Revision
    key: PublicKey = ""
    """With which it is signed, where the rules ask for that."""
    signature: Signature = ""


class CastBallot(ScoreAct, frozen=True, tag="ballot.cast"):
    round: Annotated[int, Meta(ge=1, le=1000)] = 1
    """More than 1: for a re-vote."""


class LateBallot(ScoreAct, frozen=True, tag="ballot.late"):
    """A ballot that comes after its window: kept apart until the chair accepts or rejects it."""


class AbstainBallot(RoomAct, frozen=True, tag="ballot.abstain"):
    """Give no score, for another reason than a conflict of interest. A later ballot may replace it."""

    project: Slug
    category: AbstentionCategory
    expected_revision: Revision
    words: Words = ""
    round: Annotated[int, Meta(ge=1, le=1000)] = 1
    key: PublicKey = ""
    signature: Signature = ""


class RecuseBallot(RoomAct, frozen=True, tag="ballot.recuse"):
    """Step back from a project for a conflict of interest, for good."""

    project: Slug
    category: ConflictCategory
    words: Words = ""
    key: PublicKey = ""
    signature: Signature = ""


class OwnBallot(msgspec.Struct, frozen=True):
    project: str
    revision: int
    scores: dict[str, int]
    recused: bool
    receipt: Receipt | None
    abstained: bool = False
    round: int = 1


class OwnBallots(Message, frozen=True, tag="ballot.own"):
    """To a judge, after ``follow``: what the store holds of their own ballots."""

    room: str
    ballots: tuple[OwnBallot, ...]
    recused: tuple[str, ...]
    """Projects they declared a conflict with beforehand."""
    public_key: str
    """What the receipts are signed with."""
    elsewhere: tuple[str, ...] = ()
    """Projects that, by lot, others score."""
    replaced: tuple[str, ...] = ()
    """Projects for which somebody else has their seat, or had it: all of them, for whoever is on the reserve."""
    late: tuple[OwnBallot, ...] = ()
    """Wait for the chair's word."""
    revote: tuple[OwnBallot, ...] = ()
    """Of the newest re-vote."""
    set_aside: tuple[str, ...] = ()
    """Projects for which the chair has set their ballots aside."""
    elsewhere_since: tuple[int, ...] = ()
    """From other browsers than this one, something was sent in their name, too: when they signed in there, in
    milliseconds since the epoch."""
    key: str | None = None
    """With which they sign; empty: without one. None: they have none, or nobody signs here."""
    asked_key: str | None = None
    """That waits for a second person's signature."""
    papers: tuple[str, ...] = ()
    """Projects for which a clerk has typed in a card of theirs."""


class BallotAccepted(Message, frozen=True, tag="ballot.accepted"):
    """Durable. The receipt repeats what was stored."""

    command: str
    receipt: Receipt


class BallotChanged(Message, frozen=True, tag="ballot.changed"):
    """To a judge's other sockets: their ballots in this room are not what they were. ``follow`` tells what they are."""

    room: str
    project: str


class BallotFamily(Family):
    asks: ClassVar = (CastBallot, LateBallot, AbstainBallot, RecuseBallot)
    tells: ClassVar = (OwnBallots, BallotAccepted, BallotChanged)

    @override
    async def act(self, sender: Sender, ask: RoomAct) -> Message | None:
        judge, field = sender.person.id, self.services.fields.of(ask.room)
        voting = field.voting
        await enter_browser(voting, field.id, sender)
        match ask:
            case CastBallot(scores=scores):
                receipt = await voting.cast(field.id, judge, _cast(ask, scores, ask.round))
            case LateBallot(scores=scores):
                receipt = await voting.cast_late(field.id, judge, _cast(ask, scores))
            case AbstainBallot(category=category, words=words):
                receipt = await voting.abstain(field.id, judge, _cast(ask, {}, ask.round), Grounds(category, words))
            case RecuseBallot(project=project, category=category, words=words):
                why = Grounds(category, words)
                own = {"key": ask.key, "signature": ask.signature}
                receipt = await voting.recuse(field.id, judge, ProjectId(project), why, CommandId(ask.command), **own)
            case _:
                raise NotImplementedError(type(ask).__name__)
        return BallotAccepted(ask.command, receipt)

    @override
    def concerns(self, sender: Sender, ask: RoomAct) -> tuple[PersonId, Message] | None:
        """The judge: whoever came by their link without them must not act unnoticed."""
        if isinstance(ask, ScoreAct | AbstainBallot | RecuseBallot):
            return sender.person.id, BallotChanged(ask.room, ask.project)
        return None

    @override
    async def greet(self, sender: Sender, room: RoomId) -> Message | None:
        """What the store holds of a judge's own ballots in their own room."""
        if not sender.visitor.roles_in(room) & JURY:
            return None
        voting = self.services.fields.of(room).voting
        own = await voting.own_ballots(room, sender.person.id)
        return OwnBallots(
            room=room,
            ballots=_own(own.receipts),
            recused=own.recused,
            elsewhere=own.elsewhere,
            replaced=own.replaced,
            public_key=voting.public_key,
            late=_own(own.late),
            revote=_own(own.revote),
            set_aside=own.set_aside,
            key=own.key,
            asked_key=own.asked_key,
            elsewhere_since=tuple(one.since.ms for one in own.browsers if one.browser != sender.visitor.sign_in),
            papers=own.papers,
        )


async def enter_browser(voting: VotingService, room: RoomId, sender: Sender) -> None:
    """Before a judge votes on anything: in which browser they do. Raises Conflict("browser.too_many", limit)."""
    visitor = sender.visitor
    if visitor.sign_in is not None and visitor.since is not None:
        await voting.comes(room, sender.person.id, UseBrowser(visitor.sign_in, visitor.since.ms, visitor.let_in))


def _cast(ask: CastBallot | LateBallot | AbstainBallot, scores: Mapping[str, int], in_round: int = 1) -> Cast:
    by_criterion = {CriterionId(criterion): score for criterion, score in scores.items()}
    return Cast(
        CommandId(ask.command),
        ProjectId(ask.project),
        by_criterion,
        ask.expected_revision,
        in_round,
        ask.key,
        ask.signature,
    )


def _own(receipts: tuple[Receipt, ...]) -> tuple[OwnBallot, ...]:
    return tuple(
        OwnBallot(
            project=receipt.project,
            revision=receipt.revision,
            scores={str(criterion): score for criterion, score in receipt.scores.items()},
            recused=receipt.recused,
            receipt=receipt,
            abstained=receipt.abstained,
            round=receipt.round,
        )
        for receipt in receipts
    )
