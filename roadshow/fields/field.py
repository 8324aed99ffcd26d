"""One field while it is live: its room, its poll and its award, and every rule that needs more than one of them.

A rule that looks at one of them and acts on another takes its turn: between its check and the end of its act, no other
such act of the field runs. What moves by itself meanwhile can only move on: the clock ends slots, judges cast ballots,
and the store refuses what these make impossible.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from roadshow.errors import Conflict, NotFound, Unavailable
from roadshow.fields import sections
from roadshow.fields.sections import View
from roadshow.fields.turns import Turns
from roadshow.ids import AwardId, CommandId, PersonId, ProjectId, RoomId
from roadshow.moments import Duration
from roadshow.rooms import commands as room
from roadshow.rooms.runner import RoomRunner
from roadshow.rooms.views import RundownView, SessionView, StageView
from roadshow.voting.acts import Act, CloseCount
from roadshow.voting.audience.award import AudienceView, Voter
from roadshow.voting.audience.service import Answered, AudienceAward
from roadshow.voting.grounds import GroundsView
from roadshow.voting.ledger.told import HeadsView
from roadshow.voting.ledger.watching import LedgerView
from roadshow.voting.overall.podium import OverallView
from roadshow.voting.paper.views import PapersView
from roadshow.voting.questions.views import QuestionsView
from roadshow.voting.results import CardsView, CeremonyState, CeremonyView
from roadshow.voting.review import ProgressView, ReviewView, WindowsView
from roadshow.voting.service import VotingService
from roadshow.voting.views import PollViews

T = TypeVar("T")


class Reading:
    """A field at one moment: each of its stores is asked once, however many views are made of the answer."""

    def __init__(self, field: "LiveField") -> None:
        self.field = field
        self._poll: PollViews | None = None

    async def poll(self) -> PollViews:
        if self._poll is None:
            self._poll = await self.field.voting.views(self.field.id)
        return self._poll

    async def ceremony(self) -> CeremonyView:
        return (await self.poll()).ceremony()

    async def cards(self) -> CardsView:
        return (await self.poll()).cards()

    async def overall(self) -> OverallView:
        """The same in every room of the competition."""
        return (await self.field.voting.overall.views()).view()

    async def heads(self) -> HeadsView:
        return await self.field.voting.heads(self.field.id, (await self.poll()).entries)

    async def progress(self) -> ProgressView:
        return (await self.poll()).progress()

    async def windows(self) -> WindowsView:
        return (await self.poll()).windows()

    async def questions(self) -> QuestionsView:
        return (await self.poll()).questions()

    async def papers(self) -> PapersView:
        return (await self.poll()).papers()

    async def ledger(self) -> LedgerView:
        return (await self.poll()).ledger()

    async def review(self) -> ReviewView:
        return (await self.poll()).review()

    async def grounds(self) -> GroundsView:
        return await self.field.voting.grounds(self.field.id, (await self.poll()).unscored())

    async def audience(self) -> AudienceView:
        return await self.field.award.view(self.field.id)

    async def session(self) -> SessionView:
        return self.field.room.snapshot().session

    async def rundown(self) -> RundownView:
        return self.field.room.snapshot().rundown

    async def stage(self) -> StageView:
        return self.field.room.snapshot().stage


Reader = Callable[[Reading], Awaitable[View]]
"""Makes a section's view of a reading."""


class LiveField:
    """``run()`` one in a task group. Roles are checked before; everything may raise what rooms and voting raise."""

    def __init__(self, runner: RoomRunner, voting: VotingService, award: AudienceAward) -> None:
        self.room = runner
        self.voting = voting
        self.award = award
        self._turns = Turns()
        self._readers: dict[type[View], Reader] = {
            SessionView: Reading.session,
            RundownView: Reading.rundown,
            StageView: Reading.stage,
            CeremonyView: Reading.ceremony,
            CardsView: Reading.cards,
            OverallView: Reading.overall,
            HeadsView: Reading.heads,
            ProgressView: Reading.progress,
            ReviewView: Reading.review,
            QuestionsView: Reading.questions,
            PapersView: Reading.papers,
            LedgerView: Reading.ledger,
            GroundsView: Reading.grounds,
            WindowsView: Reading.windows,
            AudienceView: Reading.audience,
        }

    @property
    def id(self) -> RoomId:
        return self.room.id

    @property
    def is_over(self) -> bool:
        """Whether every slot is done or skipped."""
        return self.room.snapshot().session.over

    @property
    def skipped(self) -> frozenset[ProjectId]:
        """As ``RundownView.skipped``."""
        return self.room.snapshot().rundown.skipped

    async def run(self) -> None:
        """Ends only by cancellation."""
        await self._turns.run()

    # What is told of it ---------------------------------------------------------------------------------------------

    def provide(self, view: type[View], reader: Reader) -> None:
        """How a section is made that neither room nor poll nor award knows of."""
        self._readers[view] = reader

    def require_readers(self) -> None:
        """Raises LookupError for a section nobody provides: it would fail whoever follows."""
        for section in sections.SECTIONS:
            if section.view not in self._readers:
                raise LookupError(f"nobody makes the section {section.name!r}: a family has to provide it")

    async def read(self, wanted: Iterable[type[View]]) -> tuple[View, ...]:
        """These sections as they are now, whole, in this order."""
        reading = Reading(self)
        return tuple([await self._readers[view](reading) for view in wanted])

    # The audience ---------------------------------------------------------------------------------------------------

    def vote(self, voter: Voter, project: ProjectId, answered: Answered) -> None:
        """As ``AudienceAward.vote``; Conflict("audience.skipped") for a project that does not pitch."""
        if project in self.skipped:
            raise Conflict("audience.skipped")
        self.award.vote(self.id, voter, project, answered)

    async def announce_award(self, command: CommandId) -> None:
        """As ``AudienceAward.announce``: who does not pitch has no part in it, also with votes from before."""
        await self.award.announce(self.id, self.skipped, command)

    # Control --------------------------------------------------------------------------------------------------------

    async def control(self, command: room.Control | room.SelectStage) -> None:
        """Done and on the store's disk when it returns. What takes the rundown back is refused with
        Conflict("count.closed") once the count is, and Conflict("result.confirmed") once the result stands: the rundown
        is part of what was counted."""
        if isinstance(command, room.Back | room.Skip | room.Defer):
            await self._turns.take(lambda: self._while_counting(command))
        else:
            await self.room.ask(command)

    async def _while_counting(self, command: room.Control) -> None:
        poll = await self.voting.views(self.id)
        if poll.state is not CeremonyState.SEALED:
            raise Conflict("result.confirmed")
        if poll.is_counted:
            raise Conflict("count.closed")
        await self.room.ask(command)

    # The chair ------------------------------------------------------------------------------------------------------

    async def revote(
        self,
        chair: PersonId,
        projects: tuple[ProjectId, ...],
        reason: str,
        closes_in: Duration | None,
        command: CommandId,
    ) -> None:
        """As ``VotingService.revote``; Conflict("result.not_over") before all have had their turn."""
        await self._once_over(lambda: self.voting.revote(self.id, chair, projects, reason, closes_in, command))

    async def settle(self, chair: PersonId, order: tuple[ProjectId, ...], reason: str, command: CommandId) -> None:
        """As ``VotingService.settle``; Conflict("result.not_over"): whether it is taken tells who stands level, as the
        review does."""
        await self._once_over(lambda: self.voting.settle(self.id, chair, order, reason, command))

    async def deliberate(self, chair: PersonId, command: CommandId) -> None:
        """As ``VotingService.deliberate``; Conflict("result.not_over") before all have had their turn."""
        await self._once_over(lambda: self.voting.deliberate(self.id, chair, command))

    async def ask_jury(
        self,
        by: PersonId,
        award: AwardId | None,
        projects: tuple[ProjectId, ...],
        closes_in: Duration,
        command: CommandId,
    ) -> None:
        """As ``Questions.put``; Conflict("result.not_over")."""
        put = self.voting.questions.put
        await self._once_over(lambda: put(self.id, by, award, projects, closes_in, command))

    async def casting_vote(
        self, by: PersonId, question: int, choice: ProjectId, reason: str, command: CommandId
    ) -> None:
        """As ``Questions.cast``; Conflict("result.not_over")."""
        await self._once_over(lambda: self.voting.questions.cast(self.id, by, question, choice, reason, command))

    async def confirm(self, chair: PersonId, accept_incomplete: bool, command: CommandId) -> None:
        """As ``VotingService.confirm``; Conflict("result.not_over")."""
        await self._once_over(lambda: self.voting.confirm(self.id, chair, accept_incomplete, command))

    async def act(self, by: PersonId, act: Act, command: CommandId) -> None:
        """As ``VotingService.act``; Conflict("result.not_over") for closing the count before all have had their turn,
        as the chair may be a judge of those still to come."""
        if isinstance(act, CloseCount):
            await self._once_over(lambda: self.voting.act(self.id, by, act, command))
        else:
            await self._turns.take(lambda: self.voting.act(self.id, by, act, command))

    async def _once_over(self, act: Callable[[], Awaitable[T]]) -> T:
        async def checked() -> T:
            if not self.is_over:
                raise Conflict("result.not_over")
            if not self.room.is_settled:  # what the store holds of the room may be something else
                raise Unavailable("room.not_saved")
            return await act()

        return await self._turns.take(checked)


class Fields(dict[RoomId, LiveField]):
    """A competition's, by their rooms."""

    @property
    def rooms(self) -> dict[RoomId, RoomRunner]:
        return {room: field.room for room, field in self.items()}

    def of(self, room_id: str) -> LiveField:
        """Raises NotFound("room.unknown")."""
        field = self.get(RoomId(room_id))
        if field is None:
            raise NotFound("room.unknown")
        return field
