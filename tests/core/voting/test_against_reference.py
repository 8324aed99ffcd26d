"""The engine against a slow, separate reference. ``HYPOTHESIS_PROFILE=long``: ten thousand fields by each method."""

from collections.abc import Sequence
from typing import get_args

import hypothesis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadshow.voting.aftermath.places import stand
from roadshow.voting.explanation import Counted
from roadshow.voting.results import Caveat
from roadshow.voting.rules import FieldResult, Votes, evaluate_overall, honours
from roadshow.voting.spec import EstimatorName, Trim
from roadshow.voting.views import podium
from tests.core.voting.juries import (
    CYCLE,
    OF_ORDERS,
    ballots_of,
    competitions,
    fields,
    one_criterion,
    outcome,
    spec_of,
)
from tests.core.voting.reference import Line, Reference

FIELDS = hypothesis.settings().max_examples
"""Generated in one run, by each method."""
METHODS: tuple[EstimatorName, ...] = tuple(one for one in get_args(EstimatorName) if one != "copeland")
"""Of ballots that are scores."""


def _worked(rows: Sequence[Sequence[int]], **rules: object) -> Votes:
    table = one_criterion(rows)
    return Votes(spec_of(table, **rules), ballots_of(table))  # type: ignore[arg-type]  # each rule has its own type


def _agree(result: FieldResult, reference: Reference) -> None:
    lines: list[Line] = [
        (line.project, line.place, line.score, line.decided_by, line.ballots) for line in result.standings
    ]
    assert sorted(lines, key=str) == sorted(reference.lines, key=str)
    assert [line[1] or 99 for line in lines] == sorted(line[1] or 99 for line in lines)
    assert [(tie.projects, tie.waits_for) for tie in result.ties] == reference.ties
    assert [(one.award, set(one.projects), one.value) for one in result.awards] == reference.awards()
    assert [(one.prize, list(one.projects), one.vacant) for one in result.prizes] == reference.prizes()
    places = podium(reference.spec, result.standings)
    assert [(one.place, set(one.projects)) for one in places] == reference.podium()
    assert (result.estimator, result.provisional) == (reference.used, reference.provisional)
    _agree_on_the_caveat(result.caveat or Caveat(), reference)
    for told in result.explanations:
        counted = told.steps[0]
        assert isinstance(counted, Counted)
        for judge in counted.judges:
            assert judge.state == reference.states[told.project, judge.judge]


def _agree_on_the_caveat(caveat: Caveat, reference: Reference) -> None:
    short, needed = reference.short()
    assert {one.project: set(one.judges) for one in caveat.absent} == reference.absent()
    assert caveat.provisional == reference.provisional
    assert set(caveat.short) == short
    assert set(caveat.first) == reference.first_if_declared()
    if short:
        assert (caveat.declared, caveat.used, caveat.needed) == ("trimmed-mean", reference.used, needed)


@pytest.mark.parametrize(
    "votes",
    [
        _worked([[92], [88], [85], [90], [70]]),
        _worked([[92], [88], [85], [90], [70]], estimator="trimmed-mean"),
        _worked([[68, 93, 95], [73, 87, 63], [90, 83, 95]]),
        _worked([[68, 93, 95], [73, 87, 63], [90, 83, 95]], estimator="z-score"),
        _worked([[68, 93, 95], [73, 87, 63], [90, 83, 95]], estimator="borda"),
        _worked([[95, 80], [80, 80], [80, 80], [80, 80], [60, 80]], estimator="trimmed-mean", trim=Trim(1, 5)),
        _worked([[68, 93, 93], [73, 87, 63]], estimator="place-points", place_points=(10, 7)),
        _worked(CYCLE),
    ],
)
def test_the_engine_agrees_with_the_reference_on_worked_examples(votes: Votes) -> None:
    """Those of docs/voting.md, and a cycle."""
    _agree(outcome(votes), Reference([votes]))


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=FIELDS)
@given(data=st.data())
def test_the_engine_agrees_with_the_reference(method: EstimatorName, data: st.DataObject) -> None:
    """Two programs written differently from one definition rarely share a mistake."""
    votes = data.draw(fields(estimator=method))
    _agree(outcome(votes), Reference([votes]))


@pytest.mark.parametrize("method", OF_ORDERS)
@settings(max_examples=FIELDS)
@given(data=st.data())
def test_so_it_does_where_ballots_are_orders(method: EstimatorName, data: st.DataObject) -> None:
    """Which order is the newest, and of what, is decided in two ways."""
    votes = data.draw(fields(form="orders", estimator=method))
    _agree(outcome(votes), Reference([votes]))


@settings(max_examples=FIELDS)
@given(fields(form="pairs"))
def test_so_it_does_where_ballots_are_comparisons(votes: Votes) -> None:
    """Which comparison is the newest, whom it is struck with, and who was compared with too few, in two ways."""
    _agree(outcome(votes), Reference([votes]))


@settings(max_examples=max(100, FIELDS // 10))
@given(competitions())
def test_so_it_does_on_all_fields_together(votes: list[Votes]) -> None:
    """The overall podium is the same engine over several juries."""
    _agree(evaluate_overall(votes), Reference(votes))


@settings(max_examples=max(100, FIELDS // 4))
@given(fields(), st.data())
def test_so_it_does_once_somebody_is_disqualified(votes: Votes, data: st.DataObject) -> None:
    """Places move up, and prizes and awards go by them."""
    out = data.draw(st.sets(st.sampled_from(votes.spec.projects), min_size=1))
    standings = stand(outcome(votes).standings, out)
    prizes, awards = honours(votes, standings, out)
    reference = Reference([votes])
    reference.disqualify(out)
    lines: list[Line] = [(one.project, one.place, one.score, one.decided_by, one.ballots) for one in standings]
    assert sorted(lines, key=str) == sorted(reference.lines, key=str)
    assert [(one.award, set(one.projects), one.value) for one in awards] == reference.awards()
    assert [(one.prize, list(one.projects), one.vacant) for one in prizes] == reference.prizes()
    assert [(one.place, set(one.projects)) for one in podium(votes.spec, standings)] == reference.podium()
