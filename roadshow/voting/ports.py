"""What voting is made of, and what it needs of a store.

A **poll** is one field's voting: a fixed electorate and rubric, and one *window* for each project, opened and closed
as the show goes on. A **ballot** is one judge's scores for one project; a newer *revision* replaces the older one, and
both stay in the ledger. The window closes by the store's own clock, so a slow server cannot keep it open.
"""

from enum import StrEnum
from typing import Literal, Protocol

import msgspec

from roadshow.errors import Conflict
from roadshow.ids import AwardId, CommandId, CriterionId, PersonId, PollId, ProjectId
from roadshow.moments import Duration, Instant
from roadshow.voting.explanation import Explanation

EstimatorName = Literal["mean", "trimmed-mean", "z-score", "borda"]
TieStep = Literal["net", "heaviest-criterion", "pairwise-majority", "untrimmed-mean", "re-vote", "chair", "shared"]
BallotKind = Literal["ballot", "recuse", "abstain", "late"]
EntryKind = Literal[
    "open",
    "close",
    "ballot",
    "recuse",
    "abstain",
    "late",
    "accept",
    "reject",
    "void",
    "restore",
    "penalty",
    "settle",
    "revote",
    "confirm",
    "countersign",
    "reopen",
    "reveal",
]


FIRST_ROUND = 1
"""Of ballots and windows. Each re-vote is a round of its own: 2, 3, …"""


class Criterion(msgspec.Struct, frozen=True):
    id: CriterionId
    weight: int
    """Relative; normalised over the rubric."""
    maximum: int


class Trim(msgspec.Struct, frozen=True):
    """How ``trimmed-mean`` trims."""

    k: int = 1
    """Of each project's values as many are dropped at the top, and as many at the bottom."""
    n_min: int = 5
    """With fewer judges for any project, no project of the field is trimmed."""
    scope: Literal["total", "criterion"] = "total"
    """Whether judges' totals are dropped, or scores criterion by criterion."""


class Award(msgspec.Struct, frozen=True):
    """Given beside the places, to the best on one criterion or with the audience."""

    id: AwardId
    by: Literal["criterion", "audience"]
    criterion: CriterionId | None = None


class RuleSet(msgspec.Struct, frozen=True, omit_defaults=True):
    """What stands at its default is left out of the canonical spec, so a rule that is added later does not change the
    hash of a spec from before. Defaults never change, and are values of which Python has only one, for msgspec omits
    by identity."""

    estimator: EstimatorName
    quorum: int
    tie_chain: tuple[TieStep, ...]
    rank_on: Literal["exact", "rounded"]
    places: int
    trim: Trim | None = None
    """Asked of ``trimmed-mean`` alone."""
    audience_share: int = 0
    """Per cent of the score that the audience's votes make."""
    awards: tuple[Award, ...] = ()
    overall: bool = False
    """Besides the field's own podium, there is one of all fields together."""
    second_confirmation: bool = False
    """Nothing is announced before a second person has signed what the chair confirmed."""


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
    round: int = FIRST_ROUND
    """More than 1: the ballot is for a re-vote."""


class Ballot(msgspec.Struct, frozen=True):
    """A stored ballot. ``recused`` and ``abstained`` ones carry a reason and no scores."""

    judge: PersonId
    project: ProjectId
    revision: int
    command: CommandId
    scores: dict[CriterionId, int]
    cast_at: Instant
    """By the store's clock."""
    recused: bool = False
    """For a conflict of interest, for good."""
    reason: str = ""
    abstained: bool = False
    """Gives no score, for another reason than a conflict; a later revision may."""
    late: bool = False
    """Came after the window had closed: counts only if the chair accepted it."""
    round: int = FIRST_ROUND


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
    abstained: bool = False
    late: bool = False
    """Kept apart: it proves that the ballot came, not that it counts."""
    round: int = FIRST_ROUND


class Window(msgspec.Struct, frozen=True):
    """``closes_at`` None: open until told otherwise."""

    project: ProjectId
    open: bool
    closes_at: Instant | None = None
    round: int = FIRST_ROUND


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
    AWAITING = "awaiting"
    """The chair has confirmed; a second person has yet to sign. To the public: sealed."""
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
    state: Literal["waiting", "submitted", "recused", "abstained", "void", "late"]
    """``void``: set aside by the chair. ``late``: nothing counts, and a late ballot waits for the chair."""
    revision: int = 0


class ProjectProgress(msgspec.Struct, frozen=True):
    project: ProjectId
    open: bool
    judges: tuple[JudgeProgress, ...]
    quorum_met: bool


class RevoteProgress(msgspec.Struct, frozen=True):
    """The newest re-vote."""

    round: int
    projects: tuple[ProjectProgress, ...]


class ProgressView(msgspec.Struct, frozen=True, tag_field="section", tag="progress"):
    """For control and the chair: who has submitted, never what."""

    projects: tuple[ProjectProgress, ...]
    revote: RevoteProgress | None = None


class WindowsView(msgspec.Struct, frozen=True, tag_field="section", tag="windows"):
    """For the jury and control: where scores are taken."""

    windows: tuple[Window, ...]
    """Those that were ever opened. A deadline (milliseconds) may have passed since."""


class Tie(msgspec.Struct, frozen=True):
    """Projects whose order within the podium only a vote can settle, in the order of the rundown."""

    projects: tuple[ProjectId, ...]
    waits_for: Literal["chair", "re-vote"] = "chair"
    """What the tie chain asks for. Where the chain names the chair later, the chair may also vote instead of a
    re-vote."""


class LateBallot(msgspec.Struct, frozen=True):
    """That it came, not what is in it."""

    judge: PersonId
    project: ProjectId
    late: int
    """The number of its ledger entry."""
    at: int
    """Milliseconds since the epoch."""
    replaces: bool
    """An earlier ballot of the judge counts until it is accepted."""


class SetAside(msgspec.Struct, frozen=True):
    """A judge's ballots for a project do not count, by the chair's act ``void``, until ``restore``."""

    judge: PersonId
    project: ProjectId
    reason: str


class Penalty(msgspec.Struct, frozen=True):
    """Points off a project. A newer penalty replaces it; one of 0 points lifts it."""

    project: ProjectId
    points: int
    """Hundredths of a point of 100."""
    reason: str
    by: PersonId


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
    late: tuple[LateBallot, ...] = ()
    """Wait for the chair's word: until all have it, ``confirm`` is refused."""
    set_aside: tuple[SetAside, ...] = ()
    penalties: tuple[Penalty, ...] = ()
    version: int = 0
    """Of the result that is or was confirmed last; what ``Countersign`` and ``Reopen`` name."""
    countersigned_by: PersonId | None = None


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


class AwardResult(msgspec.Struct, frozen=True):
    award: AwardId
    projects: tuple[ProjectId, ...]
    """Several share it if they are level; none if nobody voted, or no project has its quorum."""
    value: str
    """Their mean on the criterion with two decimals, or their number of votes; empty if nobody has won."""


class SignedResult(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the chair confirms. Its canonical JSON is what the store keeps, sealed, and what the ledger's ``confirm``
    holds the hash of."""

    poll: PollId
    version: int
    """1, and one more after each reopening."""
    head: str
    """Hash of the ledger's entry ``sequence``: everything up to there was counted."""
    sequence: int
    standings: tuple[Standing, ...]
    awards: tuple[AwardResult, ...]
    confirmed_by: PersonId
    public_key: str
    signature: str
    """Ed25519 over the canonical JSON of all other fields."""
    explanations: tuple[Explanation, ...] = ()
    """In the order of ``standings``."""


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
    """As in ``SignedResult``."""
    version: int = 1
    """More than 1: an earlier one was confirmed, and taken back before anything was announced."""
    countersigned_by: PersonId | None = None
    awards: tuple[AwardResult, ...] = ()
    explanations: tuple[Explanation, ...] = ()
    """In the order of ``standings``; none of results from before there were explanations."""


class OwnBallots(msgspec.Struct, frozen=True):
    """What the store holds of one judge."""

    receipts: tuple[Receipt, ...]
    """For the newest revision of each of their ballots, in the order of the rundown."""
    recused: tuple[ProjectId, ...]
    """Projects they declared a conflict with before the poll."""
    late: tuple[Receipt, ...] = ()
    """For ballots that wait for the chair's word."""
    revote: tuple[Receipt, ...] = ()
    """For those of the newest re-vote."""
    set_aside: tuple[ProjectId, ...] = ()
    """Projects for which the chair has set their ballots aside."""


class Accepted(msgspec.Struct, frozen=True):
    """A stored ballot. For a command id that was seen before: the first values."""

    ballot: Ballot
    sequence: int
    """Of its ledger entry."""
    hash: str
    """The ballot's, as in its receipt."""


class Revote(msgspec.Struct, frozen=True):
    """The judges score the projects of a tie once more, to divide it and for nothing else."""

    round: int
    projects: tuple[ProjectId, ...]
    """In the order of the rundown."""
    reason: str
    ballots: tuple[Accepted, ...] = ()
    """Those of the round: the newest revision of each, by sequence. Who is recused from a project, or whose ballot
    for it is set aside, has no say here either."""


class Tally(msgspec.Struct, frozen=True):
    """What is in force as of a ledger entry, and all that a result is worked out from. The store keeps one; a fold
    over the ledger gives an equal one."""

    ballots: tuple[Accepted, ...]
    """Of the first round: the newest revision of each, by sequence; of late ones those that the chair accepted."""
    settled: tuple[tuple[ProjectId, ...], ...] = ()
    """The chair's votes on ties, best first, in the order they were given."""
    settled_because: tuple[str, ...] = ()
    """Their reasons."""
    set_aside: tuple[SetAside, ...] = ()
    """In the order they were given."""
    penalties: tuple[Penalty, ...] = ()
    """At most one for each project, in the order they were given."""
    revotes: tuple[Revote, ...] = ()
    """By round."""
    late: tuple[Accepted, ...] = ()
    """Wait for the chair's word, and do not count: the newest of each judge and project, by sequence."""


class PollState(msgspec.Struct, frozen=True):
    """A consistent reading of a whole poll at ledger entry ``sequence``."""

    sequence: int
    head: str
    windows: tuple[Window, ...]
    """Those that were ever opened; past its deadline by the store's clock, a window is not open."""
    tally: Tally
    state: CeremonyState
    result: bytes | None
    """The confirmed result, sealed until revealed; None while the poll is not confirmed."""
    announced: int
    """How many places were announced."""
    confirmed_at: Instant | None = None
    version: int = 0
    """How many results were confirmed, those that were reopened since among them."""
    countersigned_by: PersonId | None = None

    @property
    def ballots(self) -> tuple[Accepted, ...]:
        return self.tally.ballots

    @property
    def settled(self) -> tuple[tuple[ProjectId, ...], ...]:
        return self.tally.settled


# Acts of the chair, the organiser and a second person. Each is an entry of the ledger, whose kind is the tag and whose
# body is these fields with ``by`` and ``command``.


class Void(msgspec.Struct, frozen=True, tag_field="act", tag="void"):
    """A judge's ballots for a project stop to count. Raises Conflict("ballot.none") if there are none that count,
    Conflict("ballot.void") if they are set aside already."""

    judge: PersonId
    project: ProjectId
    reason: str


class Restore(msgspec.Struct, frozen=True, tag_field="act", tag="restore"):
    """They count again. Raises Conflict("ballot.not_void")."""

    judge: PersonId
    project: ProjectId
    reason: str


class AcceptLate(msgspec.Struct, frozen=True, tag_field="act", tag="accept"):
    """A late ballot becomes the judge's newest revision. Raises Conflict("late.moved_on") if another one waits than
    that of entry ``late``, or none."""

    judge: PersonId
    project: ProjectId
    late: int
    reason: str


class RejectLate(msgspec.Struct, frozen=True, tag_field="act", tag="reject"):
    """A late ballot will not count. Raises as ``AcceptLate``."""

    judge: PersonId
    project: ProjectId
    late: int
    reason: str


class Penalise(msgspec.Struct, frozen=True, tag_field="act", tag="penalty"):
    """Replaces the project's penalty. Raises NotFound("project.unknown")."""

    project: ProjectId
    points: int
    """Hundredths of a point of 100; 0 lifts it."""
    reason: str


class Countersign(msgspec.Struct, frozen=True, tag_field="act", tag="countersign"):
    """The second person's signature. Raises Conflict("result.sealed") before the chair's, Conflict("result.confirmed")
    if none is wanted any more, Conflict("result.moved_on") if that of another version is."""

    version: int


class Reopen(msgspec.Struct, frozen=True, tag_field="act", tag="reopen"):
    """Take the confirmation back, before the first place is announced. Raises Conflict("result.sealed") without a
    confirmation, Conflict("result.announced"), Conflict("result.moved_on") if another version is confirmed."""

    version: int
    reason: str


Act = Void | Restore | AcceptLate | RejectLate | Penalise | Countersign | Reopen


class PollChanged(Conflict):
    """The poll was begun with another spec."""

    def __init__(self, stored: PollSpec, wanted: PollSpec) -> None:
        super().__init__("poll.changed")
        self.stored = stored
        self.wanted = wanted


class VoteStore(Protocol):
    """Every method is one atomic act of the store and durable when it returns. Each of them may raise
    Unavailable("store.away", "store.not_durable"): whether the act happened is then unknown, and sending it again is
    safe; and NotFound("poll.unknown") for a poll that was not prepared. Time is the store's own and never runs
    backwards within a poll: a step of the clock cannot reopen a window that was seen closed."""

    async def prepare(self, spec: PollSpec, genesis: str) -> None:
        """Create the poll unless it is there. As long as its ledger is empty, another spec takes the place of the
        former; then PollChanged, which is Conflict("poll.changed"). ``genesis``: hash of the spec."""
        ...

    async def open_window(self, poll: PollId, project: ProjectId, closes_in: Duration | None) -> None:
        """Open the window, or move the deadline of an open one. Raises Conflict("result.confirmed"),
        NotFound("project.unknown")."""
        ...

    async def close_window(self, poll: PollId, project: ProjectId, in_round: int = FIRST_ROUND) -> None:
        """Idempotent. Raises NotFound("project.unknown")."""
        ...

    async def cast(self, poll: PollId, judge: PersonId, cast: Cast, recuse_reason: str | None = None) -> Accepted:
        """Store a ballot, or with ``recuse_reason`` a recusal, which is for every round. In this order: the same
        command id again → the first answer (Conflict("ballot.command_reused") if judge, project, scores or reason
        differ); not entitled → NotAllowed("ballot.not_entitled"); recused → Conflict("ballot.recused"); result
        confirmed → Conflict("result.confirmed"); set aside → Conflict("ballot.void"), but not of a recusal; window
        closed or past its deadline → Conflict("ballot.closed"); revision not current → Conflict("ballot.stale",
        revision=current), which a recusal is not asked for; more than ``ballot.MAX_REVISIONS`` →
        Conflict("ballot.too_many", limit)."""
        ...

    async def abstain(self, poll: PollId, judge: PersonId, cast: Cast, reason: str) -> Accepted:
        """Store an abstention: a revision without scores. As ``cast``."""
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

    async def ledger(self, poll: PollId, after: int, limit: int) -> tuple[LedgerEntry, ...]:
        """At most ``limit`` entries that follow number ``after``, oldest first."""
        ...
