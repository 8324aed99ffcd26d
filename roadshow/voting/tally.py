"""The ledger's entries, and what is in force after them. (pure)"""

from typing import Literal

import msgspec

from roadshow.ids import PersonId, ProjectId
from roadshow.moments import Instant
from roadshow.voting.aftermath.state import NOTHING, Aftermath
from roadshow.voting.carried.terms import Brought
from roadshow.voting.identity.browsers import UsedBrowser
from roadshow.voting.identity.keys import JudgeKey
from roadshow.voting.paper.cards import Card
from roadshow.voting.questions.state import Question
from roadshow.voting.results import CeremonyState
from roadshow.voting.votes import Accepted, Window

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
    "close-count",
    "ask-reopening",
    "reopen",
    "ask-substitute",
    "substitute",
    "reveal",
    "deliberate",
    "question",
    "vote",
    "casting-vote",
    "show-cards",
    "browser",
    "ask-key",
    "sign-key",
    "object",
    "rule",
    "ask-amendment",
    "amend",
    "carry",
    "calibrate",
    "paper",
    "confirm-paper",
    "reject-paper",
    "contest-paper",
    "ask-chair",
    "pass-chair",
]

Pair = tuple[PersonId, ProjectId]
"""A judge and a project: whose ballot, and for what."""


class LedgerEntry(msgspec.Struct, frozen=True):
    """One act, chained: ``parent`` is the hash of the entry before; the first one's is that of the poll's spec."""

    sequence: int
    parent: str
    hash: str
    """SHA-256 (hex) over parent, sequence, kind, time and body: see ``chain.entry_hash``."""
    kind: EntryKind
    body: bytes
    """Canonical JSON of the act: sorted keys, no blanks, UTF-8."""
    at: Instant


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


class Revote(msgspec.Struct, frozen=True):
    """The judges score the projects of a tie once more, to divide it and for nothing else."""

    round: int
    projects: tuple[ProjectId, ...]
    """In the order of the rundown."""
    reason: str
    ballots: tuple[Accepted, ...] = ()
    """Those of the round: the newest revision of each, by sequence. Who is recused from a project, or whose ballot
    for it is set aside, has no say here either."""


class Count(msgspec.Struct, frozen=True):
    """Counting what was given: the first count is open from the first window on. The chair closes it, and only then is
    told who stands level; from there on nothing moves a score, unless a new count is opened by two people."""

    number: int = 1
    """1, and one more for each reopening; ``acts.MOST_COUNTS`` at most."""
    closed: bool = False


FIRST_COUNT = Count()


class Asked(msgspec.Struct, frozen=True):
    """That the count be opened again. Waits for a second person's signature; a newer request takes its place."""

    sequence: int
    """Of its ledger entry."""
    by: PersonId
    reason: str


class Substitution(msgspec.Struct, frozen=True):
    """Somebody of the reserve has a judge's seat from a project on; or it is asked that they take it."""

    judge: PersonId
    """Who had it."""
    substitute: PersonId
    project: ProjectId
    reason: str
    by: PersonId
    """Who asked."""
    asked: int
    """The request's entry."""


class PassedChair(msgspec.Struct, frozen=True):
    """Somebody has the chair's office; or it is asked that they have it."""

    chair: PersonId
    reason: str
    by: PersonId
    """Who asked."""
    asked: int
    """The request's entry."""
    count: int | None = None
    """Which count was closed; None: it was open."""


class Shown(msgspec.Struct, frozen=True):
    """Everybody was told what each judge gave a project."""

    project: ProjectId
    at: Instant
    missing: int
    """Judges from whom nothing had come."""


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
    """Wait for the chair's word, and do not count: the newest of each judge and project, by sequence. Those by paper
    among them, if they were typed in late or are contested."""
    count: Count = FIRST_COUNT
    asked: Asked | None = None
    substitutions: tuple[Substitution, ...] = ()
    """In the order in which they were asked for."""
    offered: Substitution | None = None
    """Waits for a second person's signature; a newer one takes its place."""
    shown: tuple[Shown, ...] = ()
    """In the order in which they were."""
    browsers: tuple[UsedBrowser, ...] = ()
    """In which judges vote, in the order in which they first did."""
    keys: tuple[JudgeKey, ...] = ()
    """Of judges, since the voting began: each one's newest that was signed for, in the order in which they were asked
    for."""
    asked_keys: tuple[JudgeKey, ...] = ()
    """Wait for a second person's signature: each judge's newest."""
    aftermath: Aftermath = NOTHING
    """What was done since the last place was announced."""
    deliberated: bool = False
    """All cards were opened once more."""
    questions: tuple[Question, ...] = ()
    """Put to the jury, in the order in which they were, with the votes on each."""
    brought: Brought | None = None
    """What was taken over from polls before. None: nothing is, or no window was opened yet."""
    cards: tuple[Card, ...] = ()
    """Of paper, by sequence: those that wait for another person's word, and those that were confirmed."""
    passed: tuple[PassedChair, ...] = ()
    """How the chair's office went from one person to the next."""
    asked_chair: PassedChair | None = None
    """Waits for a second person's signature; a newer one takes its place."""


class Asking(msgspec.Struct, frozen=True):
    """A question that is open."""

    question: int
    """Its ledger entry's number."""
    until: Instant
    """By the clock of whoever reads, as a window's ``closes_at``."""


class PollState(msgspec.Struct, frozen=True):
    """A consistent reading of a whole poll at ledger entry ``sequence``."""

    sequence: int
    head: str
    windows: tuple[Window, ...]
    """Those that were ever opened; past its deadline, a window is not open."""
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
    opened: tuple[ProjectId, ...] = ()
    """Projects in the order in which their windows were first opened."""
    published_at: Instant | None = None
    """When the last place was announced."""
    asking: Asking | None = None
    """The question that the jury votes on now."""
