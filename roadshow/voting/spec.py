"""What a poll is begun with. (pure)

A **poll** is one field's voting: a fixed electorate and rubric, and one *window* for each project, opened and closed
as the show goes on.
"""

from typing import Final, Literal

import msgspec

from roadshow.conflicts import ConflictCategory
from roadshow.ids import AwardId, CriterionId, PanelId, PersonId, PollId, ProjectId
from roadshow.moments import Duration
from roadshow.voting.carried.terms import Terms

EstimatorName = Literal["mean", "trimmed-mean", "z-score", "borda", "place-points", "copeland"]
ScoresTold = Literal["after-each", "one-later", "chair"]
"""Before the ceremony: a project's cards to everybody once its pitch is judged, or that of a project after it; or all
of them to the chair alone, once the count is closed."""
BallotForm = Literal["orders", "pairs"]
"""What a ballot is, if it does not score criteria: the judge's order of the projects, or which of two is ahead."""
CommentsTo = Literal["after-result", "chair"]
"""What judges write to the projects' teams is released with the result, or comment by comment by the chair."""
TieStep = Literal[
    "net", "heaviest-criterion", "pairwise-majority", "untrimmed-mean", "re-vote", "jury", "chair", "shared"
]


class Criterion(msgspec.Struct, frozen=True, omit_defaults=True):
    id: CriterionId
    weight: int
    """Relative; normalised over the rubric."""
    maximum: int
    """Points."""
    steps: int = 1
    """Of which a point has so many. Ballots hold whole numbers of steps, so that halves and hundredths are exact."""

    @property
    def most(self) -> int:
        """Steps that a ballot can give."""
        return self.maximum * self.steps


class Deduction(msgspec.Struct, frozen=True, omit_defaults=True):
    """A stated reason for which each judge may take points off a project, such as reading from a sheet."""

    id: CriterionId
    """Unlike any criterion's: a ballot holds both side by side."""
    maximum: int
    """Points of 100."""
    steps: int = 1
    """As a criterion's."""

    @property
    def most(self) -> int:
        """Steps that a ballot can take off."""
        return self.maximum * self.steps


class Trim(msgspec.Struct, frozen=True):
    """How ``trimmed-mean`` trims."""

    k: int = 1
    """Of each project's values as many are dropped at the top, and as many at the bottom."""
    n_min: int = 5
    """With fewer judges for any project, no project of the field is trimmed. A definition that names no number is held
    to ``2 * k + 1`` (``fields.plans``), so that something is left; this default is that of polls from before."""
    scope: Literal["total", "criterion"] = "total"
    """Whether judges' totals are dropped, or scores criterion by criterion."""


class Award(msgspec.Struct, frozen=True):
    """Given beside the places, to the best on one criterion or with the audience; or by a vote of the jury or of a
    sponsor (``voting.questions``)."""

    id: AwardId
    by: Literal["criterion", "audience", "jury", "sponsor"]
    criterion: CriterionId | None = None


class Panel(msgspec.Struct, frozen=True, omit_defaults=True):
    """A part of a jury, such as its experts or its investors."""

    id: PanelId
    weight: int
    """Relative to the other panels'. 0: shadow judges, whose ballots are kept and never count."""
    each: int = 0
    """So many of its judges score each project, by lot; 0: all of them do."""
    quorum: int = 1
    """Ballots of this panel that a project needs, if the panel has a weight."""


class Prize(msgspec.Struct, frozen=True, omit_defaults=True):
    """One tier of prizes by place, such as three third ones."""

    id: AwardId
    count: int
    minimum: int = 0
    """Hundredths of a point: with fewer, a project has the next tier's, and this one is not awarded."""


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
    revote_quorum: int = 1
    """Judges who have to score all of a group, or a re-vote on it was not held. A definition that names no number is
    held to ``quorum``; this default is that of polls from before, whose re-votes one judge could decide."""
    panels: tuple[Panel, ...] = ()
    """None: the jury is one, and all of it scores every project."""
    draw: str = ""
    """What the lot is drawn with that assigns judges to projects."""
    place_points: tuple[int, ...] = ()
    """Asked of ``place-points`` alone: what a judge's first, second, … place is worth; later ones nothing."""
    prizes: tuple[Prize, ...] = ()
    """By place, the best tier first."""
    least_score: int = 0
    """Hundredths of a point: with fewer, nobody is on the podium or has a prize."""
    one_award: bool = False
    """Who has a prize or an award has no other one: awards, in their order, go to the next best."""
    least_spread: int = 0
    """Hundredths of a point: no judge's standard deviation is taken for less, so that z-scores do not make much of
    little."""
    scores_told: ScoresTold | None = None
    """None: sealed until the ceremony."""
    ballot_keys: bool = False
    """Judges sign what they send with keys of their own."""
    shown_by_itself: bool = False
    """Cards are shown as soon as nobody's ballot is missing; else whenever the organiser says so."""
    comments: CommentsTo | None = None
    """None: judges write nothing to the teams. Counts for nothing; it is here because who wrote relied on it."""
    objection_hours: int = 72
    """How long the result is open to objection, from each of its publications on; 0: it is final at once. Three days
    are the least that is usual (公示期): a weekend, and a day to write."""
    deliberation: int = 0
    """Minutes for which all cards can be opened once more, before the count is closed; 0: never."""
    vote_quorum: int = 1
    """Judges who have to vote on a question, or it was not held; where fewer may vote, all of these."""

    ballots: BallotForm | None = None
    """None: scores."""
    level_places: bool = False
    """Whether a judge may put projects level, where ballots do not score."""
    opponents: int = 0
    """Where ballots are pairs: with how many others a judge compares each project, by lot; 0: with all. An even
    number."""
    least_opponents: int = 0
    """Others with which a project must have been compared, or it gets no place; one at least."""
    deductions: tuple[Deduction, ...] = ()
    """For what a judge may take points off, and how many at most."""
    deductions_averaged: bool = False
    """Their mean over the judges is taken off the estimate; else each judge's own total has the judge's own."""
    far_apart: int = 40
    """Points: more between two judges' totals for a project, of one panel, is told to the chair; 0: never. Of seven
    judges whose totals usually scatter by 8 points (one standard deviation) so much happens by chance with one
    project in 130."""
    all_alike: int = 3
    """Projects: the same total for all of them, so many at least, is told; fewer than 2: never. With cells of 0 to 10,
    twice the same happens to everybody."""

    @property
    def shows_cards(self) -> bool:
        """Whether cards are shown to everybody, project by project."""
        return self.scores_told in ("after-each", "one-later")


def term_of(rules: RuleSet) -> Duration:
    """How long each publication of the result is open to objection."""
    return Duration.minutes(60 * rules.objection_hours)


PROCEDURE = 2
"""The order of proceedings that new polls are held by. 1: ties were told, and rulings rested, without an act. 2: the
count is closed before."""


KEYLESS: Final = ""
"""In a key's place: the judge votes without one, and a second person has signed that."""


class SealedNames(msgspec.Struct, frozen=True):
    """What projects and jury were called when the voting began, as hashes (SHA-256, hex): ``ledger.naming``."""

    projects: str
    people: str
    """Of everybody the spec names."""
    languages: str
    """Of both, in every language."""


class PollSpec(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a poll is opened with; never changes afterwards. Defaults are as in ``RuleSet``."""

    poll: PollId
    projects: tuple[ProjectId, ...]
    judges: tuple[PersonId, ...]
    """Everybody entitled to a ballot, the chair among them if the chair votes."""
    chair: PersonId
    recused: tuple[tuple[PersonId, ProjectId], ...]
    """Declared before the poll."""
    criteria: tuple[Criterion, ...]
    rules: RuleSet
    deputy: PersonId | None = None
    """Acts where the chair has a conflict of interest. May be one of the judges. None: an organiser does."""
    procedure: int = 1
    """The order of proceedings; a poll begun under a former one is counted again by that one."""
    declared: tuple[tuple[PersonId, ProjectId, ConflictCategory], ...] = ()
    """Of what kind those of ``recused`` are that judges told themselves."""
    reserve: tuple[PersonId, ...] = ()
    """Who may take a judge's seat in the middle of the field. None of the judges."""
    seats: tuple[tuple[PersonId, PanelId], ...] = ()
    """Each judge's panel, where there are any."""
    assigned: tuple[tuple[PersonId, ProjectId], ...] = ()
    """Who scores what, of the panels that do not score everything: as ``seating.lots.drawn`` gives it."""
    sponsors: tuple[tuple[AwardId, PersonId], ...] = ()
    """Who of the jury votes on a sponsor's award: nobody else does."""
    names: SealedNames | None = None
    """None: of a poll that was begun before names were sealed."""
    keys: tuple[tuple[PersonId, str], ...] = ()
    """Of judges and reserve, as enrolled before the voting (``identity.keys``), where the rules ask for any."""
    carried: Terms | None = None
    """What is taken over from polls before this one."""
    sealed: str = ""
    """Scores are sealed with a key that the store has not: SHA-256 (hex) by which that is known (``boxes.box``)."""
    clerks: tuple[PersonId, ...] = ()
    """Who types in judges' cards of paper. None: no ballot by paper is taken."""
    stood_down: tuple[PersonId, ...] = ()
    """Who held the chair's office before ``chair``: of a spec in force alone (``office.passing``)."""
    chosen_late: bool = False
    """In the same way: the chair is a judge to whom the office passed when it was known who stands level."""


def former(spec: PollSpec) -> PollSpec:
    """The same poll as a server begun it that knew of no deputy, and closed no count."""
    return msgspec.structs.replace(spec, deputy=None, procedure=1, names=None)


def begun_as(spec: PollSpec) -> tuple[PollSpec, ...]:
    """The same poll as it may have been begun: by this server, by one that sealed no names, by ``former``."""
    return spec, msgspec.structs.replace(spec, names=None), former(spec)
