"""Questions to the jury: put by whoever decides, answered by the judges themselves. Roles are checked before."""

from collections.abc import Callable

from roadshow.errors import Conflict, InputError, NotFound
from roadshow.ids import AwardId, CommandId, PersonId, ProjectId, RoomId
from roadshow.moments import Duration
from roadshow.voting import views
from roadshow.voting.ballot import check_command, check_reason
from roadshow.voting.confirmation import holds, require_waiting
from roadshow.voting.entitlement import require_deciding
from roadshow.voting.identity.keys import is_signed_by, vote_text
from roadshow.voting.ledger.chain import genesis
from roadshow.voting.looking import whole_ledger
from roadshow.voting.office.passing import at_present
from roadshow.voting.ports import VoteStore
from roadshow.voting.questions.acts import (
    NONE_OF_THEM,
    CastingVote,
    PutQuestion,
    QuestionAct,
    Vote,
    check_time,
    question_body,
    question_kind,
)
from roadshow.voting.questions.deciding import voters
from roadshow.voting.questions.state import Question
from roadshow.voting.results import CeremonyState
from roadshow.voting.seals.signed import SignedActs
from roadshow.voting.spec import KEYLESS, PollSpec
from roadshow.voting.tally import PollState


class Questions:
    """``spec``: the poll of a room, as it was begun; ``changed`` is called once an act is durable."""

    def __init__(
        self,
        store: VoteStore,
        signed: SignedActs,
        spec: Callable[[RoomId], PollSpec],
        changed: Callable[[RoomId], None],
    ) -> None:
        self._store = store
        self._signed = signed
        self._spec = spec
        self._changed = changed

    async def put(
        self,
        room: RoomId,
        by: PersonId,
        award: AwardId | None,
        projects: tuple[ProjectId, ...],
        closes_in: Duration,
        command: CommandId,
    ) -> None:
        """Ask the jury who of these goes first, or gets the award. Raises what ``acts.PutQuestion`` and
        ``require_deciding`` say, InputError("vote.time"), Conflict("result.no_tie") if these projects do not wait for
        the jury's vote, Conflict("result.confirmed")."""
        spec = self._spec(room)
        check_command(command)
        check_time(closes_in)
        if not set(projects) <= set(spec.projects):
            raise NotFound("project.unknown")
        projects = tuple(project for project in spec.projects if project in projects)
        state = await self._store.read(spec.poll)
        barred = {*views.recused(spec, state.tally), *((one.judge, one.project) for one in state.tally.set_aside)}
        act = PutQuestion(award, projects, voters(spec, state.tally.substitutions, barred, award, projects), closes_in)
        if not await self._was_done(spec, by, act, command):
            self._require_deciding(spec, state, by, projects)
            # Once confirmed, the store says so; the ties of then are of no interest.
            if state.state is CeremonyState.SEALED:
                require_waiting(spec, state, award, projects)
        await self._signed.question(spec, by, act, command)
        self._changed(room)

    async def vote(self, room: RoomId, judge: PersonId, vote: Vote, command: CommandId) -> None:
        """A judge's vote, for good. Raises what ``acts.Vote`` says, Conflict("result.confirmed"),
        InputError("key.signature")."""
        spec = self._spec(room)
        check_command(command)
        if not spec.rules.ballot_keys or vote.key == KEYLESS:
            vote = Vote(vote.question, vote.choice)
        else:
            text = vote_text(genesis(spec), spec.poll, judge, vote.question, vote.choice, command)
            if not is_signed_by(vote.key, text, vote.signature or ""):
                raise InputError("key.signature")
        if spec.sealed:  # the store cannot read what is chosen, and what a question is about does not change
            asked = _question(await self._store.read(spec.poll), vote.question)
            if vote.choice not in (*asked.projects, NONE_OF_THEM):
                raise NotFound("vote.choice")
        await self._signed.question(spec, judge, vote, command)
        self._changed(room)

    async def cast(
        self, room: RoomId, by: PersonId, question: int, choice: ProjectId, reason: str, command: CommandId
    ) -> None:
        """The casting vote. Raises what ``acts.CastingVote`` and ``require_deciding`` say,
        Conflict("result.confirmed"), InputError("reason.length")."""
        spec = self._spec(room)
        check_command(command)
        check_reason(reason)
        act = CastingVote(question, choice, reason)
        state = await self._store.read(spec.poll)
        if not await self._was_done(spec, by, act, command):
            asked = _question(state, question)
            self._require_deciding(spec, state, by, asked.projects)
            if spec.sealed:
                _require_level(spec, state, asked, choice)
        await self._signed.question(spec, by, act, command)
        self._changed(room)

    def _require_deciding(
        self, spec: PollSpec, state: PollState, by: PersonId, projects: tuple[ProjectId, ...]
    ) -> None:
        seated = at_present(spec, state.tally)
        require_deciding(seated, views.recused(spec, state.tally), by, projects, settles=True)

    async def _was_done(self, spec: PollSpec, by: PersonId, act: QuestionAct, command: CommandId) -> bool:
        """The same act under the same command: the store then answers as it did, whatever has become of it since."""
        head, _ = question_body(by, act, command)
        return holds(await whole_ledger(self._store, spec.poll), question_kind(act), head)


def _question(state: PollState, number: int) -> Question:
    """Raises NotFound("vote.unknown")."""
    for one in state.tally.questions:
        if one.sequence == number:
            return one
    raise NotFound("vote.unknown")


def _require_level(spec: PollSpec, state: PollState, question: Question, choice: ProjectId) -> None:
    """What a store that cannot read the votes does not see. Once the question is over they stay as they are, so this
    may be asked before the act. Raises Conflict("poll.open"), Conflict("vote.decided"), NotFound("vote.choice")."""
    if state.asking is not None and state.asking.question == question.sequence:
        raise Conflict("poll.open")
    if not question.wants_casting_vote(spec.rules.vote_quorum):
        raise Conflict("vote.decided")
    if choice not in question.foremost():
        raise NotFound("vote.choice")
