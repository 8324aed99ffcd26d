"""What judges send, what is stored of it, and when. (pure)

A **ballot** is one judge's scores for one project; a newer *revision* replaces the older one, and both stay in the
ledger.
"""

from typing import Literal

import msgspec

from roadshow.ids import CommandId, CriterionId, PersonId, PollId, ProjectId
from roadshow.moments import Instant
from roadshow.voting.identity.browsers import UsedBrowser

BallotKind = Literal["ballot", "recuse", "abstain", "late"]
FIRST_ROUND = 1
"""Of ballots and windows. Each re-vote is a round of its own: 2, 3, …"""


class Cast(msgspec.Struct, frozen=True):
    """What a judge sends. ``scores`` must name every criterion of the rubric once, and of the deductions those made;
    where ballots are orders, they are the places of projects."""

    command: CommandId
    project: ProjectId
    scores: dict[CriterionId, int]
    expected_revision: int
    """The revision this one replaces; 0 for a first ballot. A mismatch is refused: another tab was faster."""
    round: int = FIRST_ROUND
    """More than 1: the ballot is for a re-vote."""
    key: str = ""
    """With which the judge signed it, where the rules ask for that."""
    signature: str = ""
    """The judge's own, over ``identity.keys.ballot_text``: 64 bytes in base64url."""
    sealed: str = ""
    """The scores as they go to the store, where its poll is held so (``boxes``)."""

    @property
    def places(self) -> dict[ProjectId, int]:
        """Where ballots are orders."""
        return {ProjectId(project): place for project, place in self.scores.items()}


class Ballot(msgspec.Struct, frozen=True):
    """A stored ballot. ``recused`` and ``abstained`` ones have a category and no scores."""

    judge: PersonId
    project: ProjectId
    revision: int
    command: CommandId
    scores: dict[CriterionId, int]
    cast_at: Instant
    """By the clock of the server that ran the poll then."""
    recused: bool = False
    """For a conflict of interest, for good."""
    reason: str = ""
    """Of a poll from before there were categories, which published it."""
    abstained: bool = False
    """Gives no score, for another reason than a conflict; a later revision may."""
    late: bool = False
    """Came after the window had closed: counts only if the chair accepted it."""
    round: int = FIRST_ROUND
    category: str = ""
    """Why no score is given: one of ``grounds.CATEGORIES``."""
    words: str = ""
    """The seal of the judge's own words for it, if they gave any: SHA-256 in hex (``grounds.seal``)."""
    signature: str = ""
    """The judge's own, as in ``Cast``."""
    sealed: str = ""
    """How the store has the scores, where its poll is held so (``boxes``): nonce and ciphertext in base64url. Without
    the key, ``scores`` is empty."""
    typed_by: PersonId = PersonId("")
    """The clerk who typed it in from paper. Empty: the judge sent it."""

    @property
    def places(self) -> dict[ProjectId, int]:
        """Where ballots are orders."""
        return {ProjectId(project): place for project, place in self.scores.items()}


class Receipt(msgspec.Struct, frozen=True):
    """Proof that a ballot was stored durably: it repeats what was stored, binds the rules and the whole ledger up to
    there, and is signed (Ed25519, base64url)."""

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
    rules: str
    """SHA-256 (hex) of the poll's spec, which the ledger begins with: rules, rubric, projects, jury."""
    parent: str
    """Hash of the entry before: of all that was in the ledger then."""
    entry: str
    """Hash of the ledger entry itself."""
    signature: str
    recused: bool = False
    abstained: bool = False
    late: bool = False
    """Kept apart: it proves that the ballot came, not that it counts."""
    round: int = FIRST_ROUND
    signed: str = ""
    """The judge's own signature of the ballot, where they have a key."""
    sealed: str = ""
    """How the store has the scores, which the ballot's hash is over then."""


class Window(msgspec.Struct, frozen=True):
    """``closes_at`` None: open until told otherwise."""

    project: ProjectId
    open: bool
    closes_at: Instant | None = None
    round: int = FIRST_ROUND


class OwnBallots(msgspec.Struct, frozen=True):
    """What the store holds of one judge."""

    receipts: tuple[Receipt, ...]
    """For the newest revision of each of their ballots, in the order of the rundown. One whose ``signature`` is empty
    is for a ballot that was never acknowledged: this server has not signed it."""
    recused: tuple[ProjectId, ...]
    """Projects they declared a conflict with before the poll."""
    elsewhere: tuple[ProjectId, ...] = ()
    """Projects that, by lot, others score."""
    replaced: tuple[ProjectId, ...] = ()
    """Projects for which somebody else has their seat, or had it: all of them, for whoever is on the reserve."""
    late: tuple[Receipt, ...] = ()
    """For ballots that wait for the chair's word."""
    revote: tuple[Receipt, ...] = ()
    """For those of the newest re-vote."""
    set_aside: tuple[ProjectId, ...] = ()
    """Projects for which the chair has set their ballots aside."""
    browsers: tuple[UsedBrowser, ...] = ()
    """From which something was sent in their name."""
    key: str | None = None
    """That they sign with, or ``KEYLESS``. None: they have none yet, or the rules ask for none."""
    asked_key: str | None = None
    """That waits for a second person's signature."""
    papers: tuple[ProjectId, ...] = ()
    """Projects for which a clerk has typed in a card of theirs."""


class Accepted(msgspec.Struct, frozen=True):
    """A stored ballot. For a command id that was seen before: the first values."""

    ballot: Ballot
    sequence: int
    """Of its ledger entry."""
    hash: str
    """The ballot's, as in its receipt."""
