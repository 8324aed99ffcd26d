"""What control, the jury and the chair are shown before a result is confirmed: no score. (pure)"""

from typing import Literal

import msgspec

from roadshow.ids import AwardId, PersonId, ProjectId
from roadshow.voting.identity.keys import JudgeKey
from roadshow.voting.paper.acts import Claim
from roadshow.voting.results import Caveat, CeremonyState, Showable, ShownProject
from roadshow.voting.tally import FIRST_COUNT, Asked, Count, PassedChair, Penalty, SetAside, Substitution
from roadshow.voting.votes import Window

Office = Literal["chair", "deputy", "organiser"]
"""Who decides: the chair; in their stead the deputy, where one is appointed; else an organiser, who is no judge of the
field."""


class JudgeProgress(msgspec.Struct, frozen=True):
    judge: PersonId
    state: Literal["waiting", "submitted", "recused", "abstained", "void", "late"]
    """``void``: set aside by the chair. ``late``: nothing counts, and a late ballot waits for the chair."""
    revision: int = 0
    shadow: bool = False
    """Nobody waits for this one: the ballot never counts."""
    paper: bool = False
    """What is there came on paper: it counts, or, while ``waiting``, waits for another person's word."""


class ProjectProgress(msgspec.Struct, frozen=True):
    project: ProjectId
    open: bool
    judges: tuple[JudgeProgress, ...]
    """Without those who, by lot, score other projects."""
    quorum_met: bool


class RevoteProgress(msgspec.Struct, frozen=True):
    """The newest re-vote."""

    round: int
    projects: tuple[ProjectProgress, ...]


class ProgressView(msgspec.Struct, frozen=True, tag_field="section", tag="progress"):
    """For control and the chair: who has submitted, never what."""

    projects: tuple[ProjectProgress, ...]
    revote: RevoteProgress | None = None
    showable: tuple[Showable, ...] = ()
    """Whose cards can be shown to everybody now."""


class WindowsView(msgspec.Struct, frozen=True, tag_field="section", tag="windows"):
    """For the jury and control: where scores are taken."""

    windows: tuple[Window, ...]
    """Those that were ever opened. A deadline (milliseconds) may have passed since."""
    chair: PersonId | None = None
    """Who has the chair's office, once it has passed."""


class Tie(msgspec.Struct, frozen=True):
    """Projects whose order within the podium only a vote can settle, in the order of the rundown."""

    projects: tuple[ProjectId, ...]
    waits_for: Literal["chair", "re-vote", "jury", "casting-vote"] = "chair"
    """What the tie chain asks for. Where the chain names the chair later, the chair may also vote instead of a
    re-vote; instead of the jury once its vote was not held."""
    decided_by: Office = "chair"
    judges: int | None = None
    """Who scored all of it in the newest re-vote, or voted, which counts as not held, for they are fewer than
    ``quorum``."""
    quorum: int = 0
    question: int = 0
    """On which a casting vote is wanted: its ledger entry's number."""


class Unvoted(msgspec.Struct, frozen=True):
    """An award that waits for a vote."""

    award: AwardId
    waits_for: Literal["jury", "casting-vote"]
    question: int = 0
    """On which a casting vote is wanted."""
    level: tuple[ProjectId, ...] = ()
    """What it can be for: those with most votes; empty: that it be not awarded."""
    projects: tuple[ProjectId, ...] = ()
    """All that the question is about."""
    missed: bool = False
    """The jury was asked, and too few voted: unless it is asked again, nobody has the award."""
    decided_by: Office = "chair"
    """Who gives the casting vote. Who asks, hangs on what about."""


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
    decided_by: Office = "chair"
    paper: bool = False
    """It came on paper: typed in after the window, or contested."""
    contested: Claim | None = None
    """What the judge says against it."""


def without_first(caveat: Caveat | None) -> Caveat | None:
    """What of it anybody may know who knows who has submitted."""
    return None if caveat is None else msgspec.structs.replace(caveat, first=())


class Prospect(msgspec.Struct, frozen=True):
    """What can still become of the field, if everybody scores who may."""

    short: tuple[ProjectId, ...]
    """Projects that would miss a quorum all the same, in the order of the rundown."""
    estimator: str
    """That of the rules; or the mean, if some project would have too few ballots to trim."""


class Preview(msgspec.Struct, frozen=True):
    without: Prospect
    """The judge is away from the project on, and nobody comes."""
    seated: Prospect
    """The substitute has the seat."""


class OfferedSeat(msgspec.Struct, frozen=True):
    """Somebody asks that one of the reserve take a judge's seat; what it does is said before anybody signs."""

    asked: Substitution
    decided_by: Office
    """Who signs: the deputy, unless it is about them or their own request; then the chair, then another organiser."""
    preview: Preview


class Striking(msgspec.Struct, frozen=True):
    """What is striking in the judges' cards, by the rules of thumb of the definition. It decides nothing."""

    apart: tuple[ProjectId, ...] = ()
    """Projects on which judges are further apart than is usual."""
    alike: tuple[PersonId, ...] = ()
    """Judges who gave all their projects the same total."""


class Outlook(msgspec.Struct, frozen=True):
    """What it does that somebody has the chair's office. Judges, quorum and estimator stay as they are."""

    elsewhere: dict[ProjectId, Office]
    """Projects that they have a conflict of interest with, and who decides about them."""
    votes: bool
    """They score projects themselves, and have a casting vote besides."""
    settles: bool
    """Ties and casting votes are theirs: they are not once it is known who stands level, unless they are the
    deputy."""
    deputy: PersonId | None
    """Who is deputy then. None: second signatures are the organisers'."""


class OfferedChair(msgspec.Struct, frozen=True):
    """Somebody asks that the chair's office pass; what it does is said before anybody signs."""

    asked: PassedChair
    outlook: Outlook


class OfficeView(msgspec.Struct, frozen=True):
    """Who leads the poll now."""

    chair: PersonId
    deputy: PersonId | None = None
    passed: tuple[PassedChair, ...] = ()
    """How it came about."""
    offered: OfferedChair | None = None
    candidates: tuple[PersonId, ...] = ()
    """Who may have it next."""


class ReviewView(msgspec.Struct, frozen=True, tag_field="section", tag="review"):
    """What the chair sees before confirming: completeness and ties, no score and no order."""

    state: CeremonyState
    ready: bool
    """The count is closed and no tie waits: ``confirm`` will be taken."""
    incomplete: tuple[ProjectId, ...]
    """Under the quorum: they get no place unless a window is opened again."""
    ties: tuple[Tie, ...]
    head: str
    """Hash of the ledger's newest entry."""
    sequence: int
    late: tuple[LateBallot, ...] = ()
    """Wait for the chair's word: until all have it, the count cannot be closed."""
    set_aside: tuple[SetAside, ...] = ()
    penalties: tuple[Penalty, ...] = ()
    version: int = 0
    """Of the result that is or was confirmed last; what ``Countersign`` names."""
    countersigned_by: PersonId | None = None
    count: Count = FIRST_COUNT
    asked: Asked | None = None
    """Somebody asks that the count be opened again."""
    asked_keys: tuple[JudgeKey, ...] = ()
    """Judges ask for other keys to sign with."""
    elsewhere: dict[ProjectId, Office] = {}
    """Projects the chair has a conflict of interest with, and who decides about them."""
    reserve: tuple[PersonId, ...] = ()
    """Who may still take a seat."""
    substitutions: tuple[Substitution, ...] = ()
    offered: OfferedSeat | None = None
    striking: Striking = Striking()
    """For the chair alone, once the count is closed: it tells something of scores."""
    cards: tuple[ShownProject, ...] = ()
    """What each judge gave, where the rules tell the chair: to the chair alone, once the count is closed."""
    may_deliberate: bool = False
    """All cards can be opened once more: the rules know it, and it was not."""
    unvoted: tuple[Unvoted, ...] = ()
    """Awards that wait for a vote of the jury, once the count is closed."""
    caveat: Caveat | None = None
    """What hangs on ballots that are not there. ``first``, which tells something of the order, is empty as long as ties
    are not told."""
    office: OfficeView | None = None
    """Who leads the poll."""
