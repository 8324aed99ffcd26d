"""What a calibration round comes to, in figures as the reader writes them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from roadshow.competitions.definition import Competition, Criterion
from roadshow.desks.page_data import page_criteria
from roadshow.desks.paper.figures import field_of
from roadshow.errors import RoadshowError
from roadshow.ids import CriterionId, PersonId
from roadshow.languages import Catalogue, catalogue, message_for
from roadshow.voting.calibration.spread import Scores, Spread, compared
from roadshow.voting.rules.arithmetic import exact, show
from roadshow.voting.spec import PollSpec


@dataclass(frozen=True, slots=True)
class Line:
    """Of one criterion, or of the totals."""

    title: str
    own: str
    """Empty: the reader gave none."""
    mean: str
    lowest: str
    highest: str


@dataclass(frozen=True, slots=True)
class Column:
    """One judge's card."""

    name: str
    own: bool
    scores: tuple[str, ...]
    total: str


@dataclass(frozen=True, slots=True)
class Compared:
    criteria: tuple[Line, ...]
    total: Line
    cards: tuple[Column, ...]
    """In the order of the jury."""


def cards_of(
    spec: PollSpec,
    criteria: tuple[Criterion, ...],
    cards: Mapping[PersonId, Scores],
    reader: PersonId,
    names: Mapping[PersonId, str],
    language: str,
) -> Compared | None:
    """``names``: of the jury and its reserve, in their order. None without a card."""
    found = compared(spec, cards)
    if found is None:
        return None
    texts, own = catalogue(language), cards.get(reader)
    order = sorted(cards, key=list(names).index) if cards.keys() <= names.keys() else sorted(cards)
    return Compared(
        tuple(
            _line(
                one.title.in_language(language),
                "" if own is None else _points(own[one.id], one, texts),
                found.criteria[one.id],
                texts,
            )
            for one in criteria
        ),
        _line(
            "",
            texts.score(show(found.totals[reader])) if reader in found.totals else "",
            found.total,
            texts,
            whole=False,
        ),
        tuple(
            Column(
                names.get(judge, judge),
                judge == reader,
                tuple(_points(cards[judge][one.id], one, texts) for one in criteria),
                texts.score(show(found.totals[judge])),
            )
            for judge in order
        ),
    )


def _line(title: str, own: str, spread: Spread, texts: Catalogue, *, whole: bool = True) -> Line:
    """``whole``: single scores end in their decimals; totals are shown with two."""
    write = exact if whole else show
    lowest, highest = texts.score(write(spread.lowest)), texts.score(write(spread.highest))
    return Line(title, own, texts.score(show(spread.mean)), lowest, highest)


def _points(steps: int, criterion: Criterion, texts: Catalogue) -> str:
    return texts.score(exact(Fraction(steps, criterion.steps)))


def scales_of(
    judging: Competition,
    stored: Scores,
    typed: Mapping[str, str],
    wrong: Mapping[CriterionId, RoadshowError],
    language: str,
) -> list[dict[str, Any]]:
    """The field's own scorecard, without deductions: a sample is not judged for over time. ``stored``: what the judge
    has handed in; ``typed`` goes before it."""
    texts = catalogue(language)

    def scale(row: dict[str, Any], one: Criterion) -> dict[str, Any]:
        stands = exact(Fraction(stored[one.id], one.steps)) if one.id in stored else ""
        problem = wrong.get(one.id)
        return {
            **row,
            "field": field_of(one),
            "value": typed.get(field_of(one), stands if one.has_cells else texts.score(stands)),
            "cells": [
                {"value": exact(Fraction(score, one.steps)), "shown": shown} for score, shown in enumerate(row["cells"])
            ],
            "wrong": "" if problem is None else said(problem, language),
        }

    rows = page_criteria(judging, language)
    return [scale(row, one) for row, one in zip(rows, judging.criteria, strict=False)]


def said(problem: RoadshowError, language: str) -> str:
    """A score that is missing here stands on no card of paper."""
    code = "ballot.missing_criterion" if problem.code == "paper.missing" else problem.code
    return message_for(code, problem.details, language)
