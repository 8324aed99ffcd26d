"""The chair's rulings and the way to a result; the organiser's announcements."""

from typing import Annotated, ClassVar

from msgspec import Meta
from typing_extensions import override

from roadshow.fields.field import LiveField
from roadshow.ids import CommandId, PersonId, ProjectId
from roadshow.live.families.ballots import BallotChanged
from roadshow.live.family import Family, Sender
from roadshow.live.messages import Message, Reason, RoomAct, Slug
from roadshow.moments import Duration
from roadshow.voting import acts

Version = Annotated[int, Meta(ge=1, le=1_000_000)]


class BallotAct(RoomAct, frozen=True):
    """A word on a judge's ballots for a project: the chair's, or of who decides in their stead."""

    judge: Slug
    project: Slug


class LateAct(BallotAct, frozen=True):
    """On a late one."""

    late: Annotated[int, Meta(ge=1)]
    """The number of the ballot's ledger entry, as the review tells it."""
    reason: Reason


class VoidBallot(BallotAct, frozen=True, tag="ballot.void"):
    """The chair sets a judge's ballots for a project aside: they do not count, and no more are taken."""

    reason: Reason


class RestoreBallot(BallotAct, frozen=True, tag="ballot.restore"):
    """They count again."""

    reason: Reason


class AcceptLate(LateAct, frozen=True, tag="late.accept"):
    """It counts."""


class RejectLate(LateAct, frozen=True, tag="late.reject"):
    """It does not."""


class Penalise(RoomAct, frozen=True, tag="project.penalty"):
    """Points off a project, in hundredths of a point of 100. Replaces the penalty it has; 0 lifts it."""

    project: Slug
    points: Annotated[int, Meta(ge=0, le=1_000_000)]
    reason: Reason


class OpenRevote(RoomAct, frozen=True, tag="result.revote"):
    """The jury scores the tied projects once more. ``seconds`` null: until it is closed."""

    projects: Annotated[tuple[Slug, ...], Meta(min_length=2, max_length=50)]
    reason: Reason
    seconds: Annotated[int, Meta(ge=5, le=3600)] | None = None


class CloseRevote(RoomAct, frozen=True, tag="result.revote_close"):
    """Close what is still open of the newest re-vote."""


class SettleTie(RoomAct, frozen=True, tag="result.settle"):
    """The chair's vote: the tied projects, best first."""

    order: Annotated[tuple[Slug, ...], Meta(min_length=2, max_length=50)]
    reason: Reason


class ConfirmResult(RoomAct, frozen=True, tag="result.confirm"):
    accept_incomplete: bool = False


class CloseCount(RoomAct, frozen=True, tag="count.close"):
    """All is given that counts: from here on ties are told, and nothing moves a score. ``count`` is its number, as the
    review shows it."""

    count: Version


class AskReopening(RoomAct, frozen=True, tag="count.ask"):
    """The chair or the deputy asks a second person to open the count again, before anything is announced."""

    count: Version
    reason: Reason


class ReopenCount(RoomAct, frozen=True, tag="count.reopen"):
    """The second person, the deputy or an organiser who is no judge of the field, signs the request. A confirmation is
    taken back with it."""

    asked: Annotated[int, Meta(ge=1)]
    """The number of the request's ledger entry, as the review tells it."""


class CountersignResult(RoomAct, frozen=True, tag="result.countersign"):
    """The second person's signature. ``version`` is that of the result which the review shows."""

    version: Version


class ShowCards(RoomAct, frozen=True, tag="cards.show"):
    """What each judge gave the project is told to everybody, before the ceremony: where the rules say so, and for
    good."""

    project: Slug
    missing: Annotated[int, Meta(ge=0, le=1_000)]
    """Judges from whom nothing came, as the sender has seen it."""


class RevealNext(RoomAct, frozen=True, tag="result.reveal"):
    """Announce the next place. ``announced`` is how many the sender has seen announced."""

    announced: Annotated[int, Meta(ge=0, le=100)]


class ResultFamily(Family):
    asks: ClassVar = (
        VoidBallot,
        RestoreBallot,
        AcceptLate,
        RejectLate,
        Penalise,
        OpenRevote,
        CloseRevote,
        SettleTie,
        CloseCount,
        AskReopening,
        ReopenCount,
        ShowCards,
        ConfirmResult,
        CountersignResult,
        RevealNext,
    )

    @override
    async def act(self, sender: Sender, ask: RoomAct) -> Message | None:
        await self._decide(self.services.fields.of(ask.room), sender.person.id, ask, CommandId(ask.command))
        return None

    @override
    def concerns(self, sender: Sender, ask: RoomAct) -> tuple[PersonId, Message] | None:
        """The judge on whose ballot was ruled."""
        if isinstance(ask, BallotAct):
            return PersonId(ask.judge), BallotChanged(ask.room, ask.project)
        return None

    async def _decide(self, field: LiveField, by: PersonId, ask: RoomAct, command: CommandId) -> None:
        match ask:
            case OpenRevote(projects=projects, reason=reason, seconds=seconds):
                closes_in = None if seconds is None else Duration.seconds(seconds)
                tied = tuple(ProjectId(project) for project in projects)
                await field.revote(by, tied, reason, closes_in, command)
            case CloseRevote():
                await field.voting.close_revote(field.id, by)
            case SettleTie(order=order, reason=reason):
                await field.settle(by, tuple(ProjectId(project) for project in order), reason, command)
            case ConfirmResult(accept_incomplete=accept):
                await field.confirm(by, accept, command)
            case RevealNext(announced=announced):
                await field.voting.reveal_next(field.id, by, announced, command)
            case _:
                await field.act(by, _act(ask), command)


def _act(ask: RoomAct) -> acts.Act:
    match ask:
        case VoidBallot(judge=judge, project=project, reason=reason):
            return acts.Void(PersonId(judge), ProjectId(project), reason)
        case RestoreBallot(judge=judge, project=project, reason=reason):
            return acts.Restore(PersonId(judge), ProjectId(project), reason)
        case AcceptLate(judge=judge, project=project, late=late, reason=reason):
            return acts.AcceptLate(PersonId(judge), ProjectId(project), late, reason)
        case RejectLate(judge=judge, project=project, late=late, reason=reason):
            return acts.RejectLate(PersonId(judge), ProjectId(project), late, reason)
        case Penalise(project=project, points=points, reason=reason):
            return acts.Penalise(ProjectId(project), points, reason)
        case CountersignResult(version=version):
            return acts.Countersign(version)
        case CloseCount(count=count):
            return acts.CloseCount(count)
        case AskReopening(count=count, reason=reason):
            return acts.AskReopening(count, reason)
        case ReopenCount(asked=asked):
            return acts.Reopen(asked)
        case ShowCards(project=project, missing=missing):
            return acts.ShowCards(ProjectId(project), missing)
        case _:
            raise NotImplementedError(type(ask).__name__)
