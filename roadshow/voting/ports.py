"""What voting is made of, and what it needs of a store.

A **poll** is one field's voting: a fixed electorate and rubric, and one *window* for each project, opened and closed
as the show goes on. A **ballot** is one judge's scores for one project; a newer *revision* replaces the older one, and
both stay in the ledger. The window closes by the store's own clock, so a slow server cannot keep it open.
"""

from enum import StrEnum
from typing import Literal, Protocol

import msgspec

from roadshow.ids import CommandId, CriterionId, PersonId, PollId, ProjectId
from roadshow.moments import Duration, Instant

TieStep = Literal["heaviest-criterion", "pairwise-majority", "chair", "shared"]
BallotKind = Literal["ballot", "recuse"]
EntryKind = Literal["open", "close", "ballot", "recuse", "settle", "confirm", "reveal"]


class Criterion(msgspec.Struct, frozen=True):
    id: CriterionId
    weight: int
    """Relative; normalised over the rubric."""
    maximum: int


class RuleSet(msgspec.Struct, frozen=True):
    estimator: Literal["mean"]
    quorum: int
    tie_chain: tuple[TieStep, ...]
    rank_on: Literal["exact", "rounded"]
    places: int


class PollSpec(msgspec.Struct, frozen=True):
    """What a poll is opened with; never changes afterwards."""

    poll: PollId
    projects: tuple[ProjectId, ...]
    judges: tuple[PersonId, ...]
    """Everybody entitled to a ballot, the chair among them if the chair votes."""
    chair: PersonId
    recused: tuple[tuple[PersonId, ProjectId], ...]
    """Declared before the poll."""
    criteria: tuple[Criterion, ...]
    rules: RuleSet


class Cast(msgspec.Struct, frozen=True):
    """What a judge sends. ``scores`` must name every criterion of the rubric once."""

    command: CommandId
    project: ProjectId
    scores: dict[CriterionId, int]
    expected_revision: int
    """The revision this one replaces; 0 for a first ballot. A mismatch is refused: another tab was faster."""


class Ballot(msgspec.Struct, frozen=True):
    """A stored ballot. ``recused`` ballots carry a reason and no scores."""

    judge: PersonId
    project: ProjectId
    revision: int
    command: CommandId
    scores: dict[CriterionId, int]
    cast_at: Instant
    """By the store's clock."""
    recused: bool = False
    reason: str = ""


class Receipt(msgspec.Struct, frozen=True):
    """Proof that a ballot was stored durably: it repeats what was stored, and is signed (Ed25519, base64url)."""

    poll: PollId
    judge: PersonId
    project: ProjectId
    revision: int
    command: CommandId
    scores: dict[CriterionId, int]
    cast_at: Instant
    ballot_hash: str
    """SHA-256 (hex) of the ballot's canonical encoding, as in the ledger."""
    sequence: int
    """The ledger entry's number."""
    signature: str
    recused: bool = False


class Window(msgspec.Struct, frozen=True):
    """``closes_at`` None: open until told otherwise."""

    project: ProjectId
    open: bool
    closes_at: Instant | None = None


class LedgerEntry(msgspec.Struct, frozen=True):
    """One act, chained: ``parent`` is the hash of the entry before; the first one's is that of the poll's spec."""

    sequence: int
    parent: str
    hash: str
    """SHA-256 (hex) over parent, sequence, kind, time and body: see ``ledger.entry_hash``."""
    kind: EntryKind
    body: bytes
    """Canonical JSON of the act: sorted keys, no blanks, UTF-8."""
    at: Instant


class CeremonyState(StrEnum):
    SEALED = "sealed"
    """Scores are coming in, or are not yet confirmed."""
    CONFIRMED = "confirmed"
    """The chair has confirmed; nobody has seen a place."""
    REVEALING = "revealing"
    REVEALED = "revealed"


class PlaceView(msgspec.Struct, frozen=True):
    """One place of the podium. Several projects may share it."""

    place: int
    projects: tuple[ProjectId, ...]
    score: str
    """Two decimals, rounded half up, of 100."""


class CeremonyView(msgspec.Struct, frozen=True, tag_field="section", tag="ceremony"):
    """Public: holds nothing that is not revealed."""

    state: CeremonyState
    announced: tuple[PlaceView, ...] = ()
    """In the order they were announced: 3, 2, 1."""
    remaining: int = 0
    """Places still to announce, once confirmed."""


class JudgeProgress(msgspec.Struct, frozen=True):
    judge: PersonId
    state: Literal["waiting", "submitted", "recused"]
    revision: int = 0


class ProjectProgress(msgspec.Struct, frozen=True):
    project: ProjectId
    open: bool
    judges: tuple[JudgeProgress, ...]
    quorum_met: bool


class ProgressView(msgspec.Struct, frozen=True, tag_field="section", tag="progress"):
    """For control and the chair: who has submitted, never what."""

    projects: tuple[ProjectProgress, ...]


class Tie(msgspec.Struct, frozen=True):
    """Projects whose order within the podium only the chair's vote can settle, in the order of the rundown."""

    projects: tuple[ProjectId, ...]


class ReviewView(msgspec.Struct, frozen=True, tag_field="section", tag="review"):
    """What the chair sees before confirming: completeness and ties, no score and no order."""

    state: CeremonyState
    ready: bool
    """No window is open and no tie waits: ``confirm`` will be taken."""
    incomplete: tuple[ProjectId, ...]
    """Under the quorum: they get no place unless a window is opened again."""
    ties: tuple[Tie, ...]
    head: str
    """Hash of the ledger's newest entry."""
    sequence: int


class Standing(msgspec.Struct, frozen=True):
    """A project's line in the published result."""

    project: ProjectId
    place: int | None
    """None: incomplete. Then there is no score either."""
    score: str
    """Two decimals, rounded half up, of 100; empty if incomplete."""
    ballots: int
    by_criterion: dict[CriterionId, str]
    """Mean of each criterion, two decimals, in the criterion's own scale."""
    decided_by: str
    """``score``, a step of the tie chain, or ``incomplete``."""


class PublishedResult(msgspec.Struct, frozen=True):
    """A field's whole result, after the last place was revealed."""

    poll: PollId
    standings: tuple[Standing, ...]
    confirmed_by: PersonId
    confirmed_at: Instant
    head: str
    sequence: int
    public_key: str
    signature: str
    """Ed25519 over the canonical JSON of poll, head, sequence and standings."""


class OwnBallots(msgspec.Struct, frozen=True):
    """What the store holds of one judge."""

    receipts: tuple[Receipt, ...]
    """For the newest revision of each of their ballots, in the order of the rundown."""
    recused: tuple[ProjectId, ...]
    """Projects they declared a conflict with before the poll."""


class Accepted(msgspec.Struct, frozen=True):
    """A stored ballot. For a command id that was seen before: the first values."""

    ballot: Ballot
    sequence: int
    """Of its ledger entry."""
    hash: str
    """The ballot's, as in its receipt."""


class PollState(msgspec.Struct, frozen=True):
    """A consistent reading of a whole poll at ledger entry ``sequence``."""

    sequence: int
    head: str
    windows: tuple[Window, ...]
    """Those that were ever opened; past its deadline by the store's clock, a window is not open."""
    ballots: tuple[Accepted, ...]
    """The newest revision of each, by sequence."""
    state: CeremonyState
    settled: tuple[tuple[ProjectId, ...], ...]
    """The chair's votes on ties, best first, in the order they were given."""
    result: bytes | None
    """The confirmed result, sealed until revealed."""
    announced: int
    """How many places were announced."""
    confirmed_at: Instant | None = None


class VoteStore(Protocol):
    """Every method is one atomic act of the store and durable when it returns. Each of them may raise
    Unavailable("store.away"): whether the act happened is then unknown, and sending it again is safe; and
    NotFound("poll.unknown") for a poll that was not prepared. Time is the store's own and never runs backwards within
    a poll: a step of the clock cannot reopen a window that was seen closed."""

    async def prepare(self, spec: PollSpec, genesis: str) -> None:
        """Create the poll unless it is there. Raises Conflict("poll.changed") if it is there with another spec.
        ``genesis``: hash of the spec."""
        ...

    async def open_window(self, poll: PollId, project: ProjectId, closes_in: Duration | None) -> None:
        """Open the window, or move the deadline of an open one. Raises Conflict("result.confirmed"),
        NotFound("project.unknown")."""
        ...

    async def close_window(self, poll: PollId, project: ProjectId) -> None:
        """Idempotent. Raises NotFound("project.unknown")."""
        ...

    async def cast(self, poll: PollId, judge: PersonId, cast: Cast, recuse_reason: str | None = None) -> Accepted:
        """Store a ballot, or with ``recuse_reason`` a recusal. In this order: the same command id again → the first
        answer (Conflict("ballot.command_reused") if judge, project, scores or reason differ); not entitled →
        NotAllowed("ballot.not_entitled"); recused → Conflict("ballot.recused"); result confirmed →
        Conflict("result.confirmed"); window closed or past its deadline → Conflict("ballot.closed"); revision not
        current → Conflict("ballot.stale", revision=current), which a recusal is not asked for; more than
        ``ballot.MAX_REVISIONS`` → Conflict("ballot.too_many", limit)."""
        ...

    async def read(self, poll: PollId) -> PollState: ...

    async def settle(
        self, poll: PollId, chair: PersonId, order: tuple[ProjectId, ...], reason: str, command: CommandId
    ) -> None:
        """The chair's vote on a tie. The same command again: nothing (Conflict("command.reused") if it differs).
        Raises Conflict("result.confirmed")."""
        ...

    async def confirm(self, poll: PollId, chair: PersonId, result: bytes, at_sequence: int, command: CommandId) -> None:
        """Freeze the poll with this result. The same command again: nothing (Conflict("command.reused") if it was
        another act's). Raises Conflict("result.confirmed"), Conflict("poll.open") while a window is open,
        Conflict("poll.moved") unless the ledger still stands at ``at_sequence``."""
        ...

    async def announce(self, poll: PollId, by: PersonId, expected: int, command: CommandId, last: bool) -> None:
        """Raise the number of announced places from ``expected`` by one. The same command again: nothing
        (Conflict("command.reused") if it differs). Raises Conflict("result.sealed") before the result is confirmed,
        Conflict("reveal.moved_on") if the number is not ``expected`` or the last place was announced."""
        ...

    async def ledger(self, poll: PollId, after: int, limit: int) -> tuple[LedgerEntry, ...]:
        """At most ``limit`` entries that follow number ``after``, oldest first."""
        ...
