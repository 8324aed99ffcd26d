"""From ballots to places, in exact arithmetic. docs/voting.md tells the same in formulas. (pure)

A rule set names one **estimator**, which turns the judges' totals of a whole field into a number for each project, and
a **chain** of tie steps, each of which may divide projects that stand level. Both are tables: a new rule is a function
and a name.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from math import floor
from typing import Literal

import msgspec

from roadshow.ids import CriterionId, PersonId, ProjectId
from roadshow.voting.ports import Ballot, Criterion, PollSpec, Standing, Tie, TieStep

Totals = Mapping[ProjectId, Mapping[PersonId, Fraction]]
"""T for each project and each judge who validly scored it; 0 to 100."""
Group = tuple[ProjectId, ...]
"""Projects that stand level, in the order of the rundown (which decides nothing)."""

DECIMALS = 2
"""Of every score that is shown, and of ``rank_on = "rounded"``."""


class FieldResult(msgspec.Struct, frozen=True):
    standings: tuple[Standing, ...]
    """By place, the incomplete last; level ones in the order of the rundown."""
    ties: tuple[Tie, ...]
    """What waits for the chair's vote. Until then the tied share a place here."""


@dataclass(frozen=True, slots=True)
class Field:
    """What estimators and tie steps may look at."""

    spec: PollSpec
    totals: Totals
    scores: Mapping[ProjectId, Mapping[PersonId, Mapping[CriterionId, int]]]
    """The valid scorecards of each project."""
    settled: tuple[Group, ...]
    """The chair's votes, oldest first."""

    def mean(self, project: ProjectId, criterion: Criterion) -> Fraction:
        """In the criterion's own scale."""
        given = self.scores[project].values()
        return Fraction(sum(card[criterion.id] for card in given), len(given))


Estimator = Callable[[Totals], Mapping[ProjectId, Fraction]]
TieFunction = Callable[[Field, Group], "tuple[Group, ...] | None"]
"""The group divided into two or more parts, best first; None: this step cannot tell."""


def judge_total(scores: Mapping[CriterionId, int], criteria: Sequence[Criterion]) -> Fraction:
    """``T = 100·Σ w·s/max``, weights normalised to 1."""
    weights = sum(criterion.weight for criterion in criteria)
    points = (Fraction(criterion.weight * scores[criterion.id], criterion.maximum) for criterion in criteria)
    return 100 * sum(points, Fraction(0)) / weights


def round_half_up(value: Fraction, decimals: int = DECIMALS) -> Fraction:
    """85.125 → 85.13; never to even, as Python's ``round`` does."""
    unit = 10**decimals
    return Fraction(floor(value * unit + Fraction(1, 2)), unit)


def show(value: Fraction) -> str:
    """Two decimals, rounded half up: ``85.13``."""
    hundredths = floor(round_half_up(value) * 100)
    whole, rest = divmod(abs(hundredths), 100)
    return f"{'-' if hundredths < 0 else ''}{whole}.{rest:02d}"


def evaluate(spec: PollSpec, ballots: Iterable[Ballot], settled: Sequence[tuple[ProjectId, ...]] = ()) -> FieldResult:
    """The field's result. ``ballots``: the newest revision of each; ``settled``: the chair's votes on ties, oldest
    first. The order of ballots, judges and projects decides nothing."""
    field = _field(spec, ballots, settled)
    quorum = max(spec.rules.quorum, 1)
    complete = tuple(project for project in spec.projects if len(field.totals[project]) >= quorum)
    estimates = ESTIMATORS[spec.rules.estimator]({project: field.totals[project] for project in complete})
    ranked = {p: round_half_up(e) if spec.rules.rank_on == "rounded" else e for p, e in estimates.items()}

    standings: list[Standing] = []
    ties: list[Tie] = []
    for group in _divide(complete, lambda project: ranked[project]) if complete else ():
        for part in _resolve(field, group, "score", 1 + len(standings)):
            place = 1 + len(standings)
            standings += [_standing(field, project, place, part.decided_by, estimates) for project in part.projects]
            if part.waits:
                ties.append(Tie(part.projects))
    standings += [
        Standing(project, None, "", len(field.totals[project]), {}, "incomplete")
        for project in spec.projects
        if project not in estimates
    ]
    return FieldResult(tuple(standings), tuple(ties))


def _field(spec: PollSpec, ballots: Iterable[Ballot], settled: Sequence[tuple[ProjectId, ...]]) -> Field:
    judges, recused = set(spec.judges), set(spec.recused)
    scores: dict[ProjectId, dict[PersonId, Mapping[CriterionId, int]]] = {project: {} for project in spec.projects}
    for ballot in ballots:
        entitled = ballot.judge in judges and ballot.project in scores and (ballot.judge, ballot.project) not in recused
        if entitled and not ballot.recused:
            scores[ballot.project][ballot.judge] = ballot.scores
    totals = {
        project: {judge: judge_total(card, spec.criteria) for judge, card in cards.items()}
        for project, cards in scores.items()
    }
    return Field(spec, totals, scores, tuple(settled))


def _standing(
    field: Field, project: ProjectId, place: int, decided_by: str, estimates: Mapping[ProjectId, Fraction]
) -> Standing:
    return Standing(
        project=project,
        place=place,
        score=show(estimates[project]),
        ballots=len(field.totals[project]),
        by_criterion={criterion.id: show(field.mean(project, criterion)) for criterion in field.spec.criteria},
        decided_by=decided_by,
    )


# Estimators ---------------------------------------------------------------------------------------------------------


def mean(totals: Totals) -> Mapping[ProjectId, Fraction]:
    return {project: sum(given.values(), Fraction(0)) / len(given) for project, given in totals.items()}


ESTIMATORS: Mapping[Literal["mean"], Estimator] = {"mean": mean}
"""Each looks at the whole field at once, so that one can treat all of its projects alike."""


# Ties ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Part:
    projects: Group
    decided_by: str
    """What set it apart from its neighbours last."""
    waits: bool = False
    """For the chair."""


def _resolve(field: Field, group: Group, decided_by: str, place: int) -> list[_Part]:
    """Divide ``group``, which stands level at ``place``, as far as the chain can.

    Whatever a step divides starts at the head of the chain again, so a part is treated just as it would be had it
    stood alone. That ends, for parts are smaller than their group.
    """
    if len(group) == 1:
        return [_Part(group, decided_by)]
    for step in field.spec.rules.tie_chain:
        if step == "shared":
            return [_Part(group, step)]
        parts = TIE_STEPS[step](field, group)
        if parts is not None:
            resolved: list[_Part] = []
            for part in parts:
                resolved += _resolve(field, part, step, place)
                place += len(part)
            return resolved
        if step == "chair" and place <= field.spec.rules.places:
            return [_Part(group, step, waits=True)]
    return [_Part(group, "shared")]


def heaviest_criterion(field: Field, group: Group) -> tuple[Group, ...] | None:
    """By the exact mean on the criterion with the greatest weight; several of that weight count together."""
    greatest = max(criterion.weight for criterion in field.spec.criteria)
    heaviest = [criterion for criterion in field.spec.criteria if criterion.weight == greatest]

    def value(project: ProjectId) -> Fraction:
        return sum((field.mean(project, criterion) / criterion.maximum for criterion in heaviest), Fraction(0))

    parts = _divide(group, value)
    return parts if len(parts) > 1 else None


def pairwise_majority(field: Field, group: Group) -> tuple[Group, ...] | None:
    """The smallest set of projects each of which beats every project outside it goes ahead of the others.

    A beats B if, of the judges who scored both, more put A higher than B higher. In a cycle nobody goes ahead.
    """
    beaten = {a: {b for b in group if a != b and _beats(field.totals, a, b)} for a in group}
    by_wins = sorted(group, key=lambda project: -len(beaten[project]))
    # Members of such a set have more wins than anybody outside, so the set can only be a beginning of this list.
    for size in range(1, len(group)):
        ahead, behind = set(by_wins[:size]), set(by_wins[size:])
        if all(behind <= beaten[project] for project in ahead):
            return tuple(p for p in group if p in ahead), tuple(p for p in group if p in behind)
    return None


def chairs_vote(field: Field, group: Group) -> tuple[Group, ...] | None:
    """The chair's newest vote on exactly these projects. One on a tie that has changed since does not count."""
    for order in reversed(field.settled):
        if len(order) == len(group) and set(order) == set(group):
            return tuple((project,) for project in order)
    return None


TIE_STEPS: Mapping[TieStep, TieFunction] = {
    "heaviest-criterion": heaviest_criterion,
    "pairwise-majority": pairwise_majority,
    "chair": chairs_vote,
}
"""All but ``shared``, which ends a chain."""


def _beats(totals: Totals, a: ProjectId, b: ProjectId) -> bool:
    both = totals[a].keys() & totals[b].keys()
    higher = sum(totals[a][judge] > totals[b][judge] for judge in both)
    lower = sum(totals[a][judge] < totals[b][judge] for judge in both)
    return higher > lower


def _divide(group: Group, value: Callable[[ProjectId], Fraction]) -> tuple[Group, ...]:
    """Groups of equal value, highest first; inside each, the order of ``group``."""
    return tuple(tuple(part) for _, part in groupby(sorted(group, key=value, reverse=True), key=value))
