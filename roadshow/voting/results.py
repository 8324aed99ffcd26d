"""How far a poll is, what is announced of it, and the result that is signed and published. (pure)"""

from enum import StrEnum
from typing import Literal

import msgspec

from roadshow.ids import AwardId, CriterionId, PersonId, PollId, ProjectId
from roadshow.moments import Instant
from roadshow.voting.explanation import Explanation, JudgeState


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
    """Two decimals, rounded half up, of 100; empty if the place is not awarded, for nobody has the points for it."""
    prize: AwardId | None = None
    """Of the tiers by place."""


class CeremonyView(msgspec.Struct, frozen=True, tag_field="section", tag="ceremony"):
    """Public: holds nothing that is not revealed."""

    state: CeremonyState
    announced: tuple[PlaceView, ...] = ()
    """In the order they were announced: 3, 2, 1."""
    remaining: int = 0
    """Places ahead of those announced, once confirmed: by the rules, whether or not some are shared."""
    after: int = 0
    """How many objections, rulings and amendments there were since the last place: the results' page tells them."""
    amended: bool = False
    """Places have moved since they were announced; these are those that stand."""


class Card(msgspec.Struct, frozen=True):
    """One judge's, as the screens show it."""

    judge: PersonId | None
    """None: judges are numbered."""
    number: int
    """1, 2, …: the judge's for all projects, and the same as on the results page."""
    state: JudgeState
    total: str
    """Of 100, as shown; empty unless it counts."""
    dropped: bool
    """The trimmed mean leaves it out. Of several judges with one value, nothing says which: the last of them is
    marked."""


class ShownProject(msgspec.Struct, frozen=True):
    project: ProjectId
    at: int
    """Milliseconds since the epoch; 0: to the chair, who is told of all of them at once."""
    cards: tuple[Card, ...]
    """By the judge's place in the jury, or number."""
    score: str
    """What the cards come to by the rules, the penalty taken off; empty for the chair where too few count. It can
    differ from the result's: trimming looks at the whole field."""
    estimator: str
    """The one that was used."""
    penalty: str = ""
    """Points that were taken off."""


class CardsView(msgspec.Struct, frozen=True, tag_field="section", tag="cards"):
    """For everybody: the cards that were shown."""

    told: Literal["ceremony", "after-each", "one-later", "chair"]
    """The rule."""
    projects: tuple[ShownProject, ...] = ()
    """In the order in which they were."""


class Showable(msgspec.Struct, frozen=True):
    """A project whose cards can be shown now."""

    project: ProjectId
    missing: int
    """Judges from whom nothing came."""
    waits: Literal["", "late", "paper", "quorum"] = ""
    """For the chair's word on a late ballot; for another person's on a card of paper; or it has too few ballots, and
    stays sealed."""


class Standing(msgspec.Struct, frozen=True):
    """A project's line in the published result."""

    project: ProjectId
    place: int | None
    """None: incomplete, or not through from an earlier poll. Then there is no score either."""
    score: str
    """Two decimals, rounded half up, of 100; empty if incomplete."""
    ballots: int
    by_criterion: dict[CriterionId, str]
    """Mean of each criterion, two decimals, in the criterion's own scale."""
    decided_by: str
    """``score``, a step of the tie chain, ``incomplete`` or ``not-through``."""


class AwardResult(msgspec.Struct, frozen=True):
    award: AwardId
    projects: tuple[ProjectId, ...]
    """Several share it if they are level; none if nobody voted, or no project has its quorum."""
    value: str
    """Their mean on the criterion with two decimals, or their number of votes; empty if nobody has won."""


class PrizeResult(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One tier."""

    prize: AwardId
    projects: tuple[ProjectId, ...]
    """By place."""
    vacant: int
    """So many of it are not awarded."""


class Absence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing came for the project from these judges, nor a reason; from others scores did."""

    project: ProjectId
    judges: tuple[PersonId, ...]


class Caveat(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What of a result hangs on ballots that are not there."""

    absent: tuple[Absence, ...] = ()
    """In the order of the rundown."""
    provisional: bool = False
    """Some are absent, and by the estimator of the rules one ballot can move other projects than its own."""
    declared: str = ""
    """The estimator of the rules, if another one was used."""
    used: str = ""
    """The other one."""
    short: tuple[ProjectId, ...] = ()
    """Why: the projects with fewer ballots than ``needed``."""
    needed: int = 0
    first: tuple[ProjectId, ...] = ()
    """Who would be first by the declared one, before any vote on a tie that nobody has given. None: some project has
    too few ballots to work it out, or nobody may know yet."""


class SignedResult(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the chair confirms. Its canonical JSON is what the store keeps, sealed, and what the ledger's ``confirm``
    holds the hash of: a part that is added later is left out where it says nothing."""

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
    caveat: Caveat | None = None
    """None: all ballots are there, and the estimator of the rules was used."""
    prizes: tuple[PrizeResult, ...] = ()


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
    caveat: Caveat | None = None
    """None, too, of results from before it was told."""
    prizes: tuple[PrizeResult, ...] = ()
    announced: tuple[Standing, ...] = ()
    """As they were signed and announced, if places have moved since: ``standings``, ``prizes`` and ``awards`` are what
    stands."""


_decoder = msgspec.json.Decoder(SignedResult)


class _FirstResult(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The form of version 0.1, signed as ``roadshow result 1``."""

    standings: tuple[Standing, ...]
    confirmed_by: PersonId
    head: str
    sequence: int
    public_key: str
    signature: str


_first = msgspec.json.Decoder(_FirstResult)


def decode_result(stored: bytes) -> SignedResult:
    """What the store keeps of a confirmed result. One in the first form names no poll and explains nothing."""
    try:
        return _decoder.decode(stored)
    except msgspec.ValidationError:
        first = _first.decode(stored)
    fields = {name: getattr(first, name) for name in first.__struct_fields__}
    return SignedResult(poll=PollId(""), version=1, awards=(), **fields)
