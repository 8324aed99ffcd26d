"""Scores as people write them on a card, and as a ballot holds them. Pure."""

from collections.abc import Mapping
from fractions import Fraction

from roadshow.competitions.definition import Criterion
from roadshow.errors import InputError
from roadshow.ids import CriterionId
from roadshow.languages import Catalogue
from roadshow.voting.rules.arithmetic import exact

LONGEST = 8
"""Characters: ``100.00`` and a blank on either side."""


def steps_of(text: str, criterion: Criterion) -> int:
    """Whole steps of what was typed, with a point or a comma. Raises InputError("paper.missing", "paper.no_score",
    maximum, step)."""
    figure = text.strip().replace(",", ".")
    if not figure:
        raise InputError("paper.missing")
    whole, _, rest = figure.partition(".")
    if len(figure) > LONGEST or not figure.isascii() or not (whole + rest).isdigit() or not whole:
        raise _no_score(criterion)
    steps = Fraction(figure if rest else whole) * criterion.steps
    if steps.denominator != 1 or steps > criterion.maximum * criterion.steps:
        raise _no_score(criterion)
    return int(steps)


def shown(steps: int, criterion: Criterion, texts: Catalogue) -> str:
    """In points."""
    return texts.score(exact(Fraction(steps, criterion.steps)))


def scores_of(
    typed: Mapping[str, str], criteria: tuple[Criterion, ...]
) -> tuple[dict[CriterionId, int], dict[CriterionId, InputError]]:
    """What was typed for each criterion, under ``score.<criterion>``; and what is wrong with it."""
    scores: dict[CriterionId, int] = {}
    wrong: dict[CriterionId, InputError] = {}
    for criterion in criteria:
        try:
            scores[criterion.id] = steps_of(typed.get(field_of(criterion), ""), criterion)
        except InputError as problem:
            wrong[criterion.id] = problem
    return scores, wrong


def field_of(criterion: Criterion) -> str:
    """The name of its field in the form."""
    return f"score.{criterion.id}"


def _no_score(criterion: Criterion) -> InputError:
    return InputError("paper.no_score", maximum=criterion.maximum, step=criterion.step)
