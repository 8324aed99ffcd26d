"""How each place came about, step by step, as data that pages put into words in the reader's language. (pure)

Holds every judge's totals: sealed, as the result itself, until the last place is announced.
"""

from typing import Literal

import msgspec

from roadshow.ids import AwardId, CriterionId, PanelId, PersonId, PollId, ProjectId

JudgeState = Literal["submitted", "recused", "abstained", "void", "absent", "elsewhere", "shadow", "replaced"]
"""Only ``submitted`` counts, for the quorum as for the score. Nobody waits for the others except for ``absent``.
``elsewhere``: the lot gave the project to other judges of the panel. ``shadow``: what this judge gives never counts.
``replaced``: somebody else had the seat."""


class Figure(msgspec.Struct, frozen=True):
    """One number, for the calculator and for the eye."""

    exact: str
    """Decimals if they end, else a fraction in lowest terms: ``87.5``, ``263/3``."""
    shown: str
    """Rounded half up: ``87.67``; of z-scores and Borda shares three decimals, of all else two."""


class JudgeLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one judge's ballot for the project came to."""

    judge: PersonId
    state: JudgeState
    reason: str = ""
    """Of a void; in polls from before there were categories, of a recusal or an abstention, too."""
    total: Figure | None = None
    """T, of 100; if submitted."""
    becomes: Figure | None = None
    """The total's z-score, or its Borda share of 1."""
    category: str = ""
    """Of a recusal or an abstention (``grounds.CATEGORIES``). A recusal without one is in the definition."""
    panel: PanelId | None = None
    beside: Figure | None = None
    """What a shadow judge's total would be."""
    place: int = 0
    """In the judge's order of ``ordered`` projects, where ballots are orders."""
    ordered: int = 0
    compared: int = 0
    """With how many others, where ballots are pairs; ``total`` is the share of these that it is ahead of."""
    taken: dict[CriterionId, Figure] = {}
    """Points that this ballot takes off, by the reasons for it."""


class Dropped(msgspec.Struct, frozen=True):
    """What a trimmed mean left out. Values, not judges: of several judges with one value, nothing says which is out."""

    low: tuple[str, ...]
    """Rising, as shown: totals of 100, or scores in the criterion's own scale."""
    high: tuple[str, ...]
    criterion: CriterionId | None = None
    """None: totals."""


class Counted(msgspec.Struct, frozen=True, tag_field="step", tag="counted"):
    """Whose ballots count."""

    judges: tuple[JudgeLine, ...]
    ballots: int
    quorum: int


class Estimated(msgspec.Struct, frozen=True, tag_field="step", tag="estimated"):
    """The ballots become one number."""

    declared: str
    used: str
    """An estimator's name. Not the declared one: some project has too few ballots to trim, so none is trimmed."""
    value: Figure
    """Of 100."""
    fewest: int
    """Ballots that the project with the fewest of them has; the incomplete aside."""
    dropped: tuple[Dropped, ...] = ()
    raw: Figure | None = None
    """The mean z-score or Borda share that ``value`` is scaled from."""


class Met(msgspec.Struct, frozen=True, tag_field="step", tag="met"):
    """Where ballots are pairs: how the jury's majority has it beside each of the others with a place."""

    ahead_of: tuple[ProjectId, ...]
    level_with: tuple[ProjectId, ...]
    behind: tuple[ProjectId, ...]


class PanelLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one panel's ballots for the project came to."""

    panel: PanelId
    weight: int
    ballots: int
    value: Figure
    """Of 100, or a z-score or Borda share where ``Estimated.raw`` is one."""
    dropped: tuple[Dropped, ...] = ()


class Weighed(msgspec.Struct, frozen=True, tag_field="step", tag="weighed"):
    """Several panels become one number, each by its weight."""

    panels: tuple[PanelLine, ...]
    """In the order of the rules; those without a weight aside."""


class Taken(msgspec.Struct, frozen=True):
    """What judges took off for one reason."""

    reason: CriterionId
    judges: int
    """Who took anything; of those that count."""
    mean: Figure
    """Points, over all that count."""


class Deducted(msgspec.Struct, frozen=True, tag_field="step", tag="deducted", omit_defaults=True):
    """Judges took points off."""

    reasons: tuple[Taken, ...]
    """Those for which anybody did, in the order of the rules."""
    points: Figure | None = None
    """The mean of what judges took, off the estimate. None: each judge's is off that judge's own total."""
    net: Figure | None = None
    """What that leaves."""


class Penalised(msgspec.Struct, frozen=True, tag_field="step", tag="penalised"):
    points: Figure
    reason: str
    net: Figure


class AudienceAdded(msgspec.Struct, frozen=True, tag_field="step", tag="audience"):
    """The audience's votes become a part of the score."""

    votes: int
    most: int
    """Votes that the project with the most of them has; the incomplete aside."""
    share: int
    """Per cent."""
    score: Figure


class CarriedOver(msgspec.Struct, frozen=True, tag_field="step", tag="carried"):
    """Points from an earlier poll become a part of the score."""

    source: PollId
    was: ProjectId
    """What the project is called there."""
    place: int
    """It had there."""
    published: Figure
    """Its points there."""
    value: Figure
    """What of these is carried, of 100."""
    weight: int
    """Per cent of the score."""
    own: Figure
    """What it has from this poll."""
    score: Figure


class Ranked(msgspec.Struct, frozen=True, tag_field="step", tag="ranked"):
    on: Literal["exact", "rounded"]
    score: Figure
    ahead: int
    """Projects with a higher score."""
    level: tuple[ProjectId, ...]
    """Others with the same."""


class TieTried(msgspec.Struct, frozen=True, tag_field="step", tag="tie"):
    """One step of the tie chain, tried on a group with this project in it."""

    by: str
    """The step's name."""
    group: tuple[ProjectId, ...]
    outcome: Literal["divided", "level", "waits", "not-asked", "waived", "shared"]
    """``level``: cannot tell. ``waits``: for a vote. ``not-asked``: nobody has voted, and no place of the podium hangs
    on it. ``waived``: the chair has voted instead of the jury. ``shared``: the chain ends here."""
    parts: tuple[tuple[ProjectId, ...], ...] = ()
    """Best first, if divided."""
    values: dict[ProjectId, Figure] = {}
    """What the step compared; for ``heaviest-criterion`` the share of all points to be had, of 100."""
    beats: dict[ProjectId, tuple[ProjectId, ...]] = {}
    """``pairwise-majority``: whom each of them beats."""
    reason: str = ""
    """The chair's."""


class NotHeld(msgspec.Struct, frozen=True, tag_field="step", tag="not-held", omit_defaults=True):
    """A re-vote on a group with this project in it counts as not held: too few judges scored all of the group; or the
    jury's vote, with too few votes."""

    group: tuple[ProjectId, ...]
    judges: int
    """Who scored all of it, or voted."""
    quorum: int
    by: Literal["re-vote", "jury"] = "re-vote"


class Placed(msgspec.Struct, frozen=True, tag_field="step", tag="placed"):
    place: int | None
    """None: it has none."""
    decided_by: str
    """As ``Standing.decided_by``; ``unmet``: incomplete not for want of ballots, but compared with too few others."""
    shared_with: tuple[ProjectId, ...] = ()


class Prized(msgspec.Struct, frozen=True, tag_field="step", tag="prize", omit_defaults=True):
    """What the place is good for."""

    prize: AwardId | None = None
    missed: tuple[AwardId, ...] = ()
    """Better ones, for whose minimum the points are too few."""
    least: Figure | None = None
    """The least score of the rules, if it has not got that: neither a prize nor the podium."""


Step = (
    Counted
    | Weighed
    | Estimated
    | Met
    | Deducted
    | Penalised
    | AudienceAdded
    | CarriedOver
    | Ranked
    | TieTried
    | NotHeld
    | Placed
    | Prized
)


class Explanation(msgspec.Struct, frozen=True):
    project: ProjectId
    steps: tuple[Step, ...]
    """In the order in which they are worked out."""
