"""What a browser's commands lead to: a room's session, or the voting."""

from collections.abc import Mapping

from roadshow.access.roles import Visitor
from roadshow.competitions.people import Person, Role
from roadshow.errors import Conflict, NotFound, NotSignedIn
from roadshow.ids import CommandId, CriterionId, ProjectId, RoomId, SlotId
from roadshow.live import protocol as wire
from roadshow.live.hub import Group, RoomParts
from roadshow.moments import Duration
from roadshow.rooms import commands as room
from roadshow.rooms.runner import RoomRunner
from roadshow.voting.ports import Cast, CeremonyState, Receipt
from roadshow.voting.service import VotingService


class DeskHandlers:
    """Satisfies ``socket.Handlers``, and is the hub's source of snapshots. Roles and rooms are checked before."""

    def __init__(self, rooms: Mapping[RoomId, RoomRunner], voting: VotingService) -> None:
        self._rooms = rooms
        self._voting = voting

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
            review=await self._voting.review(room_id) if inner else None,
        )

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
            case wire.CastBallot(project=project, scores=scores, expected_revision=revision):
                by_criterion = {CriterionId(criterion): score for criterion, score in scores.items()}
                cast = Cast(command, ProjectId(project), by_criterion, revision)
                return await self._voting.cast(room_id, person.id, cast)
            case wire.RecuseBallot(project=project, reason=reason):
                return await self._voting.recuse(room_id, person.id, ProjectId(project), reason, command)
            case wire.SettleTie(order=order, reason=reason):
                ranked = tuple(ProjectId(project) for project in order)
                await self._voting.settle(room_id, person.id, ranked, reason, command)
            case wire.ConfirmResult(accept_incomplete=accept):
                if not self._room(room_id).snapshot().session.over:
                    raise Conflict("result.not_over")
                await self._voting.confirm(room_id, person.id, accept, command)
            case wire.RevealNext(announced=announced):
                await self._voting.reveal_next(room_id, person.id, announced, command)
        return None

    async def own_ballots(self, visitor: Visitor, room_id: RoomId) -> wire.OwnBallots | None:
        person = visitor.person
        if person is None or person.role not in (Role.JUDGE, Role.CHAIR) or person.room != room_id:
            return None
        own = await self._voting.own_ballots(room_id, person.id)
        return wire.OwnBallots(
            room=room_id,
            ballots=tuple(
                wire.OwnBallot(
                    project=receipt.project,
                    revision=receipt.revision,
                    scores={str(criterion): score for criterion, score in receipt.scores.items()},
                    recused=receipt.recused,
                    receipt=receipt,
                )
                for receipt in own.receipts
            ),
            recused=own.recused,
        )

    def _room(self, room_id: RoomId) -> RoomRunner:
        runner = self._rooms.get(room_id)
        if runner is None:
            raise NotFound("room.unknown")
        return runner

    async def _refuse_after_confirmation(self, room_id: RoomId) -> None:
        """The rundown is part of what was confirmed."""
        if (await self._voting.ceremony(room_id)).state is not CeremonyState.SEALED:
            raise Conflict("result.confirmed")


def _person(visitor: Visitor) -> Person:
    if visitor.person is None:
        raise NotSignedIn("sign_in.needed")
    return visitor.person


def _expected(expected: wire.Expected) -> room.Expected:
    return (None if expected.slot is None else SlotId(expected.slot), expected.phase)


def _room_command(message: wire.SessionCommand) -> room.Control | room.SelectStage:
    match message:
        case wire.StartPhase(expected=expected):
            return room.Start(expected=_expected(expected))
        case wire.NextPhase(expected=expected):
            return room.Next(expected=_expected(expected))
        case wire.BackPhase(expected=expected):
            return room.Back(expected=_expected(expected))
        case wire.Pause():
            return room.Pause()
        case wire.Resume():
            return room.Resume()
        case wire.AddTime(seconds=seconds):
            return room.AddTime(by=Duration.seconds(seconds))
        case wire.SkipSlot(slot=slot):
            return room.Skip(slot=SlotId(slot))
        case wire.DeferSlot(slot=slot):
            return room.Defer(slot=SlotId(slot))
        case wire.SelectStage(mode=mode):
            return room.SelectStage(mode=mode)
