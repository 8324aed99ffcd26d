"""Cards side by side: how far a jury is apart on a sample, criterion by criterion. (pure)"""

from collections.abc import Collection, Mapping
from fractions import Fraction
from typing import NamedTuple

from roadshow.ids import CriterionId, PersonId
from roadshow.voting.rules.arithmetic import mean
from roadshow.voting.spec import PollSpec

Scores = Mapping[CriterionId, int]
"""In steps."""


class Spread(NamedTuple):
    """In points, exactly."""

    mean: Fraction
    lowest: Fraction
    highest: Fraction


class Compared(NamedTuple):
    criteria: Mapping[CriterionId, Spread]
    total: Spread
    """Of the judges' totals, out of 100."""
    totals: Mapping[PersonId, Fraction]


def compared(spec: PollSpec, cards: Mapping[PersonId, Scores]) -> Compared | None:
    """None without any card."""
    if not cards:
        return None
    totals = {judge: total(spec, scores) for judge, scores in cards.items()}
    return Compared(
        {one.id: _spread([Fraction(scores[one.id], one.steps) for scores in cards.values()]) for one in spec.criteria},
        _spread(totals.values()),
        totals,
    )


def total(spec: PollSpec, scores: Scores) -> Fraction:
    """A judge's total as docs/voting.md has it, without deductions."""
    weights = sum(one.weight for one in spec.criteria)
    return sum((100 * Fraction(one.weight * scores[one.id], weights * one.most) for one in spec.criteria), Fraction(0))


def _spread(values: Collection[Fraction]) -> Spread:
    return Spread(mean(values), min(values), max(values))
