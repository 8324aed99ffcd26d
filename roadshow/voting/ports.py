"""What voting needs of a store.

A window closes by the clock of the server that has the lease, which every act shows; without one, by the store's own.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from roadshow.errors import Conflict
from roadshow.ids import CommandId, PersonId, PollId, ProjectId, RoomId
from roadshow.moments import Duration
from roadshow.voting.acts import Act
from roadshow.voting.aftermath.acts import AfterAct
from roadshow.voting.calibration.rounds import Calibration, CalibrationAct, ToldRound
from roadshow.voting.carried.terms import Brought
from roadshow.voting.comments.comment import Comment, Fate
from roadshow.voting.grounds import SealedGrounds
from roadshow.voting.paper.acts import PaperAct
from roadshow.voting.questions.acts import QuestionAct
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import LedgerEntry, PollState
from roadshow.voting.votes import FIRST_ROUND, Accepted, Cast


class PollChanged(Conflict):
    """The poll was begun with another spec."""

    def __init__(self, stored: PollSpec, wanted: PollSpec) -> None:
        super().__init__("poll.changed")
        self.stored = stored
        self.wanted = wanted


class VoteStore(Protocol):
    """Every method is one atomic act of the store and durable when it returns. Each of them may raise
    Unavailable("store.away", "store.not_durable"): whether the act happened is then unknown, and sending it again is
    safe; and NotFound("poll.unknown") for a poll that was not prepared; LeaseLost for a write, once another server has
    the lease. Time never runs backwards within a poll: a step of the clock cannot reopen a window that was seen
    closed."""

    async def prepare(self, spec: PollSpec, genesis: str) -> None:
        """Create the poll unless it is there. As long as its ledger is empty, another spec takes the place of the
        former; then PollChanged, which is Conflict("poll.changed"). ``genesis``: hash of the spec. To be called once
        more after the clock was set: the poll's time goes on from its newest entry, at the clock's pace."""
        ...

    async def open_window(self, poll: PollId, project: ProjectId, closes_in: Duration | None) -> None:
        """Open the window, or move the deadline of an open one. Raises Conflict("result.confirmed", "count.closed",
        "cards.shown"), NotFound("project.unknown"); Conflict("calibration.untold") as long as there were calibration
        rounds that the ledger has not heard of; where points are taken over from earlier polls,
        Conflict("carried.early") before they were, and Conflict("carried.behind") for who is not through."""
        ...

    async def close_window(self, poll: PollId, project: ProjectId, in_round: int = FIRST_ROUND) -> None:
        """Idempotent. Raises NotFound("project.unknown")."""
        ...

    async def cast(self, poll: PollId, judge: PersonId, cast: Cast) -> Accepted:
        """Store a ballot. In this order: the same command id again → the first answer
        (Conflict("ballot.command_reused") if judge, project, scores or grounds differ); not entitled →
        NotAllowed("ballot.not_entitled"); recused → Conflict("ballot.recused"); the lot gave the project to others, and
        it is neither a recusal nor a re-vote → NotAllowed("ballot.elsewhere"); result confirmed →
        Conflict("result.confirmed"); set aside → Conflict("ballot.void"), but not of a recusal; in the first round
        Conflict("count.closed", "cards.shown"); window closed or past its deadline → Conflict("ballot.closed");
        revision not current → Conflict("ballot.stale", revision=current), which a recusal is not asked for; more than
        ``ballot.MAX_REVISIONS`` → Conflict("ballot.too_many", limit)."""
        ...

    async def recuse(self, poll: PollId, judge: PersonId, cast: Cast, grounds: SealedGrounds) -> Accepted:
        """Store a recusal, which is for every round, and beside the ledger the words. As ``cast``."""
        ...

    async def abstain(self, poll: PollId, judge: PersonId, cast: Cast, grounds: SealedGrounds) -> Accepted:
        """Store an abstention: a revision without scores. As ``recuse``, for one round."""
        ...

    async def words(self, poll: PollId) -> Mapping[int, str]:
        """What judges said in their own words, and teams in objections, by the number of the entry it belongs to."""
        ...

    async def cast_late(self, poll: PollId, judge: PersonId, cast: Cast) -> Accepted:
        """Keep a ballot of the first round apart that comes after its window; a newer one takes its place, and so does
        a ballot in the window opened again. It has the next revision, as if it counted. As ``cast``, but
        Conflict("ballot.open") while the window is open, and Conflict("ballot.closed") before it ever was."""
        ...

    async def read(self, poll: PollId) -> PollState:
        """What was read may still be lost with the store's primary; see ``secure``."""
        ...

    async def secure(self) -> None:
        """Return once all that anybody has read so far is durable; before something read is made a promise, such as a
        receipt. Raises Unavailable("store.not_durable")."""
        ...

    async def settle(
        self, poll: PollId, chair: PersonId, order: tuple[ProjectId, ...], reason: str, command: CommandId
    ) -> None:
        """The chair's vote on a tie. The same command again: nothing (Conflict("command.reused") if it differs).
        Raises Conflict("result.confirmed")."""
        ...

    async def revote(
        self,
        poll: PollId,
        chair: PersonId,
        projects: tuple[ProjectId, ...],
        reason: str,
        closes_in: Duration | None,
        command: CommandId,
    ) -> None:
        """Begin the next round: a window for each of the projects. The same command again: nothing
        (Conflict("command.reused") if it differs). Raises Conflict("result.confirmed"), Conflict("poll.open") while
        a window is open, NotFound("project.unknown")."""
        ...

    async def act(self, poll: PollId, by: PersonId, act: Act, command: CommandId) -> None:
        """The same command again: nothing (Conflict("command.reused") if it differs). Raises what the act says and,
        but for ``Countersign`` and ``Reopen``, Conflict("result.confirmed")."""
        ...

    async def confirm(
        self, poll: PollId, chair: PersonId, result: bytes, at_sequence: int, command: CommandId, second: bool = False
    ) -> None:
        """Freeze the poll with this result; with ``second``, it waits for a second signature. The same command again:
        nothing (Conflict("command.reused") if it was another act's). Raises Conflict("result.confirmed"),
        Conflict("poll.open") while a window is open, Conflict("poll.moved") unless the ledger still stands at
        ``at_sequence``."""
        ...

    async def announce(self, poll: PollId, by: PersonId, expected: int, command: CommandId, last: bool) -> None:
        """Raise the number of announced places from ``expected`` by one. The same command again: nothing
        (Conflict("command.reused") if it differs). Raises Conflict("result.sealed") before the result is confirmed,
        Conflict("result.unsigned") while the second signature is wanted, Conflict("reveal.moved_on") if the number is
        not ``expected`` or the last place was announced."""
        ...

    async def deliberate(
        self, spec: PollSpec, by: PersonId, projects: tuple[ProjectId, ...], command: CommandId
    ) -> None:
        """Open the windows of all ``projects`` once more, for as long as the rules say: once, before the count is
        closed. The same command again: nothing (Conflict("command.reused") if it differs). Raises
        Conflict("result.confirmed", "count.closed"), Conflict("poll.open") while anything is, what
        ``deliberation.acts.require_free`` says, Conflict("cards.shown")."""
        ...

    async def question(self, poll: PollId, by: PersonId, act: QuestionAct, command: CommandId) -> None:
        """Put a question to the jury, or vote on one. The same command again: nothing (Conflict("command.reused") if it
        differs). Raises Conflict("result.confirmed"), NotAllowed("ruling.conflict") for who puts one, or gives the
        casting vote, and is recused from one of its projects, and what the act says."""
        ...

    async def after(self, spec: PollSpec, by: PersonId, act: AfterAct, command: CommandId, confided: str = "") -> int:
        """Carry out an act after the podium; the number of its entry. ``spec``: of the poll, as it was begun;
        ``confided``: what an objection says, which is not in the ledger. The same command again: that number again
        (Conflict("command.reused") if it differs). Raises Conflict("result.sealed") before the last place was
        announced, NotAllowed("ruling.conflict") for who is recused from any project and does not object, and what the
        act says."""
        ...

    async def comment(
        self, spec: PollSpec, judge: PersonId, project: ProjectId, words: str, seal: str, expected: int
    ) -> int:
        """Keep what a judge writes to a project's team, in the place of what they wrote before; empty words take it
        back. The number of its revision; the same words again: that of before. A new one waits to be looked through.
        Raises Conflict("comment.stands") once the team may have read it, Conflict("comment.moved_on") unless
        ``expected`` is the newest revision."""
        ...

    async def decide_comment(
        self, poll: PollId, by: PersonId, judge: PersonId, project: ProjectId, revision: int, fate: Fate, reason: str
    ) -> None:
        """The same again: nothing. Raises in this order Conflict("result.sealed") before the last place was announced,
        NotAllowed("ruling.conflict") for who is recused from the project, Conflict("comment.moved_on") if another
        revision is the newest or it was taken back, Conflict("comment.stands") if it was released."""
        ...

    async def comments(self, poll: PollId) -> tuple[Comment, ...]:
        """All, also those that were taken back."""

    async def carry(self, poll: PollId, what: Brought, command: CommandId) -> None:
        """Fix what is taken over from earlier polls: the ledger's first entry, by nobody. Idempotent by command. Raises
        Conflict("carried.none") if the rules take nothing over, Conflict("carried.fixed") once it is fixed."""

    async def calibrate(self, poll: PollId, act: CalibrationAct) -> None:
        """Carry out an act of a calibration round, of which the ledger has nothing. Raises what the act says."""

    async def calibration(self, poll: PollId) -> Calibration:
        """All rounds, with the cards that were handed in."""
        ...

    async def tell_calibration(
        self, poll: PollId, rounds: tuple[ToldRound, ...], seen: int, command: CommandId
    ) -> None:
        """Enter in the ledger that rounds were held, after which there are no more. Idempotent by command. Raises
        Conflict("calibration.over") if that was done or a window was opened, Conflict("carried.early") before points
        were taken over that are, Conflict("calibration.moved_on") if there were other acts than the ``seen`` first, or
        no round."""

    async def paper(self, poll: PollId, by: PersonId, act: PaperAct, command: CommandId) -> int:
        """Carry out an act with a card of paper; the number of its entry. The same command again: that number again
        (Conflict("command.reused") if it differs). Raises Conflict("result.confirmed", "count.closed"), and what the
        act says."""
        ...

    async def ledger(self, poll: PollId, after: int, limit: int) -> tuple[LedgerEntry, ...]:
        """At most ``limit`` entries that follow number ``after``, oldest first."""
        ...

    async def hashes_at(self, poll: PollId, sequence: int) -> tuple[str, str]:
        """The hashes of an entry's parent, which of the first is the ledger's genesis, and its own. As they were first
        read: an entry never changes. Raises Conflict("ledger.rewritten") if there is no such entry, or those before it
        are not what they were."""
        ...

    async def keep_seals(self, poll: PollId, seals: Mapping[int, str]) -> None:
        """Keep the signatures of entries, by sequence. One that is kept twice is kept as it is given last."""
        ...

    async def seals(self, poll: PollId, sequences: Sequence[int] | None = None) -> dict[int, str]:
        """The signatures of these entries, or of all (None), as far as there are any."""
        ...


class Listener(Protocol):
    """Called once an act is durable. Must not block and must not raise."""

    def progress_changed(self, room: RoomId) -> None:
        """``progress``, ``windows`` or ``review`` may read differently now."""
        ...

    def ceremony_changed(self, room: RoomId) -> None:
        """``ceremony`` or ``heads`` may read differently now; with them ``published``, and what is told of all fields
        together."""
        ...
