"""What a browser's commands lead to: a room's session, or the voting."""

from collections.abc import Mapping

from roadshow.access.roles import Visitor
from roadshow.competitions.people import Person, Role
from roadshow.errors import Conflict, NotFound, NotSignedIn
from roadshow.ids import CommandId, CriterionId, PersonId, ProjectId, RoomId, SlotId
from roadshow.live import protocol as wire
from roadshow.live.hub import Group, RoomParts, without_ties
from roadshow.moments import Duration
from roadshow.rooms import commands as room
from roadshow.rooms.runner import RoomRunner
from roadshow.voting import acts
from roadshow.voting.audience.award import AudienceView
from roadshow.voting.audience.service import AudienceAward
from roadshow.voting.results import CeremonyState
from roadshow.voting.review import ReviewView
from roadshow.voting.service import VotingService
from roadshow.voting.votes import Cast, Receipt


class DeskHandlers:
    """Satisfies ``connection.Handlers``, and is the hub's source of snapshots. Roles and rooms are checked before."""

    def __init__(
        self, rooms: Mapping[RoomId, RoomRunner], voting: VotingService, award: AudienceAward | None = None
    ) -> None:
        """``award`` None: the audience does not vote."""
        self._rooms = rooms
        self._voting = voting
        self._award = award

    async def snapshot(self, room_id: RoomId, group: Group) -> RoomParts:
        """All there is to know of a room; votes only as far as the group may see them."""
        now = self._room(room_id).snapshot()
        inner = group in (Group.CHAIR, Group.CONTROL)
        return RoomParts(
            session=now.session,
            rundown=now.rundown,
            stage=now.stage,
            ceremony=await self._voting.ceremony(room_id),
            progress=await self._voting.progress(room_id) if inner else None,
            review=await self.review(room_id) if inner else None,
            windows=None if group is Group.AUDIENCE else await self._voting.windows(room_id),
            audience=AudienceView() if self._award is None else await self._award.view(room_id),
        )

    async def review(self, room_id: RoomId) -> ReviewView:
        """Who stands level is told once all have had their turn: the chair may be a judge of those still to come."""
        view = await self._voting.review(room_id)
        return view if self._is_over(room_id) else without_ties(view)

    async def room_command(self, visitor: Visitor, message: wire.SessionCommand) -> None:
        runner = self._room(RoomId(message.room))
        if isinstance(message, wire.BackPhase | wire.SkipSlot | wire.DeferSlot):
            await self._refuse_after_confirmation(runner.id)
        await runner.ask(_room_command(message))

    async def vote_command(self, visitor: Visitor, message: wire.VoteCommand) -> Receipt | None:
        person = _person(visitor)
        room_id = RoomId(message.room)
        command = CommandId(message.command)
        match message:
            case wire.CastBallot(scores=scores):
                return await self._voting.cast(room_id, person.id, _cast(message, scores, message.round))
            case wire.LateBallot(scores=scores):
                return await self._voting.cast_late(room_id, person.id, _cast(message, scores))
            case wire.AbstainBallot(reason=reason):
                return await self._voting.abstain(room_id, person.id, _cast(message, {}, message.round), reason)
            case wire.RecuseBallot(project=project, reason=reason):
                return await self._voting.recuse(room_id, person.id, ProjectId(project), reason, command)
            case _:
                await self._chair_command(room_id, person.id, message, command)
                return None

    async def _chair_command(
        self, room_id: RoomId, person: PersonId, message: wire.ChairCommand, command: CommandId
    ) -> None:
        match message:
            case wire.OpenRevote(projects=projects, reason=reason, seconds=seconds):
                self._require_over(room_id)
                closes_in = None if seconds is None else Duration.seconds(seconds)
                tied = tuple(ProjectId(project) for project in projects)
                await self._voting.revote(room_id, person, tied, reason, closes_in, command)
            case wire.CloseRevote():
                await self._voting.close_revote(room_id, person)
            case wire.SettleTie(order=order, reason=reason):
                self._require_over(room_id)  # whether it is taken tells who stands level, as the review does
                ranked = tuple(ProjectId(project) for project in order)
                await self._voting.settle(room_id, person, ranked, reason, command)
            case wire.ConfirmResult(accept_incomplete=accept):
                self._require_over(room_id)
                await self._voting.confirm(room_id, person, accept, command)
            case wire.RevealNext(announced=announced):
                await self._voting.reveal_next(room_id, person, announced, command)
            case _:
                told = self._is_over(room_id)
                await self._voting.act(room_id, person, _act(message), command, ties_are_told=told)

    async def own_ballots(self, visitor: Visitor, room_id: RoomId) -> wire.OwnBallots | None:
        person = visitor.person
        if person is None or person.role not in (Role.JUDGE, Role.CHAIR) or person.room != room_id:
            return None
        own = await self._voting.own_ballots(room_id, person.id)
        return wire.OwnBallots(
            room=room_id,
            ballots=_own(own.receipts),
            recused=own.recused,
            late=_own(own.late),
            revote=_own(own.revote),
            set_aside=own.set_aside,
        )

    def _room(self, room_id: RoomId) -> RoomRunner:
        runner = self._rooms.get(room_id)
        if runner is None:
            raise NotFound("room.unknown")
        return runner

    def _is_over(self, room_id: RoomId) -> bool:
        return self._room(room_id).snapshot().session.over

    def _require_over(self, room_id: RoomId) -> None:
        if not self._is_over(room_id):
            raise Conflict("result.not_over")

    async def _refuse_after_confirmation(self, room_id: RoomId) -> None:
        """The rundown is part of what was confirmed."""
        if await self._voting.state(room_id) is not CeremonyState.SEALED:
            raise Conflict("result.confirmed")


def _person(visitor: Visitor) -> Person:
    if visitor.person is None:
        raise NotSignedIn("sign_in.needed")
    return visitor.person


def _cast(
    message: wire.CastBallot | wire.LateBallot | wire.AbstainBallot, scores: Mapping[str, int], in_round: int = 1
) -> Cast:
    by_criterion = {CriterionId(criterion): score for criterion, score in scores.items()}
    command, project = CommandId(message.command), ProjectId(message.project)
    return Cast(command, project, by_criterion, message.expected_revision, in_round)


def _act(
    message: wire.VoidBallot
    | wire.RestoreBallot
    | wire.AcceptLate
    | wire.RejectLate
    | wire.Penalise
    | wire.CountersignResult
    | wire.ReopenResult,
) -> acts.Act:
    match message:
        case wire.VoidBallot(judge=judge, project=project, reason=reason):
            return acts.Void(PersonId(judge), ProjectId(project), reason)
        case wire.RestoreBallot(judge=judge, project=project, reason=reason):
            return acts.Restore(PersonId(judge), ProjectId(project), reason)
        case wire.AcceptLate(judge=judge, project=project, late=late, reason=reason):
            return acts.AcceptLate(PersonId(judge), ProjectId(project), late, reason)
        case wire.RejectLate(judge=judge, project=project, late=late, reason=reason):
            return acts.RejectLate(PersonId(judge), ProjectId(project), late, reason)
        case wire.Penalise(project=project, points=points, reason=reason):
            return acts.Penalise(ProjectId(project), points, reason)
        case wire.CountersignResult(version=version):
            return acts.Countersign(version)
        case wire.ReopenResult(version=version, reason=reason):
            return acts.Reopen(version, reason)


def _own(receipts: tuple[Receipt, ...]) -> tuple[wire.OwnBallot, ...]:
    return tuple(
        wire.OwnBallot(
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


def _expected(expected: wire.Expected) -> room.Expected:
    return (None if expected.slot is None else SlotId(expected.slot), expected.phase)


def _room_command(message: wire.SessionCommand) -> room.Control | room.SelectStage:
    command = CommandId(message.command)
    match message:
        case wire.StartPhase(expected=expected):
            return room.Start(command=command, expected=_expected(expected))
        case wire.NextPhase(expected=expected):
            return room.Next(command=command, expected=_expected(expected))
        case wire.BackPhase(expected=expected):
            return room.Back(command=command, expected=_expected(expected))
        case wire.Pause():
            return room.Pause(command=command)
        case wire.Resume():
            return room.Resume(command=command)
        case wire.AddTime(seconds=seconds):
            return room.AddTime(command=command, by=Duration.seconds(seconds))
        case wire.SkipSlot(slot=slot):
            return room.Skip(command=command, slot=SlotId(slot))
        case wire.DeferSlot(slot=slot):
            return room.Defer(command=command, slot=SlotId(slot))
        case wire.SelectStage(mode=mode):
            return room.SelectStage(mode=mode)
