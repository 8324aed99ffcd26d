"""Points that judges take off a project for stated reasons. (pure)"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from roadshow.ids import CriterionId
from roadshow.voting.spec import Deduction


def points_off(scores: Mapping[CriterionId, int], deductions: Sequence[Deduction]) -> Fraction:
    """Of 100, by one ballot, for all reasons together."""
    return sum((taken(scores, one) for one in deductions), Fraction(0))


def taken(scores: Mapping[CriterionId, int], deduction: Deduction) -> Fraction:
    """For one reason; a ballot that does not name it takes nothing."""
    return Fraction(scores.get(deduction.id, 0), deduction.steps)
