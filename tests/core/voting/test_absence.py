"""What a ballot that is not there may change, and what is told of it."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace as with_rules

from roadshow.competitions.definition import Rules, Trim
from roadshow.fields.plans import rule_set
from roadshow.ids import PersonId, ProjectId
from roadshow.voting import spec as voting
from roadshow.voting.results import Absence, Caveat
from roadshow.voting.rules import Votes, evaluate
from roadshow.voting.spec import EstimatorName
from tests.core.voting.juries import ballot_of, ballots_of, fields, one_criterion, outcome, places, scores, spec_of

A, B = ProjectId("a"), ProjectId("b")
USUAL = one_criterion([[83, 80], [83, 80], [83, 80], [83, 96], [0, 70]])
"""Five judges, one dropped at each end: a 83, b 80."""


def _without(judge: str, project: str) -> Votes:
    """The usual jury by rules that count on all five, and this judge abstains."""
    spec = spec_of(USUAL, estimator="trimmed-mean", trim=voting.Trim(1, 5))
    ballots = [ballot for ballot in ballots_of(USUAL) if (ballot.judge, ballot.project) != (judge, project)]
    return Votes(spec, [*ballots, ballot_of(judge, project, None, abstained=True, category="missed")])


def test_one_abstention_flips_the_winner_where_the_rules_let_it_and_that_is_told() -> None:
    """The field of the issue: 83.00 to 80.00 becomes 66.40 to 84.00, by whoever abstains last."""
    full = evaluate(_without("j4", "b").spec, ballots_of(USUAL))
    assert (scores(full), full.caveat) == ({"a": "83.00", "b": "80.00"}, None)
    result = outcome(_without("j4", "b"))
    assert (scores(result), result.estimator) == ({"a": "66.40", "b": "84.00"}, "mean")
    assert result.caveat == Caveat(declared="trimmed-mean", used="mean", short=(B,), needed=5, first=(A,))


def test_by_default_it_flips_nothing() -> None:
    """A definition that names no number of ballots is trimmed as long as something is left."""
    votes = _without("j4", "b")
    rules = rule_set(Rules(estimator="trimmed-mean"))
    result = outcome(replace(votes, spec=with_rules(votes.spec, rules=rules)))
    assert (scores(result), result.estimator, result.caveat) == ({"a": "83.00", "b": "80.00"}, "trimmed-mean", None)


@given(st.data(), st.integers(3, 9), st.integers(1, 4))
def test_by_default_no_absence_whatever_switches_the_estimator(data: st.DataObject, judges: int, projects: int) -> None:
    """Whoever stays away may cost a project its quorum, which everybody sees; never the rule of a whole field."""
    pairs = [(f"j{judge}", "abcd"[project]) for judge in range(judges) for project in range(projects)]
    missing = data.draw(st.sets(st.sampled_from(pairs)))
    table = one_criterion([[50 + judge + project for project in range(projects)] for judge in range(judges)])
    spec = with_rules(spec_of(table), rules=rule_set(Rules(estimator="trimmed-mean")))
    given_ballots = [ballot for ballot in ballots_of(table) if (ballot.judge, ballot.project) not in missing]
    result = evaluate(spec, given_ballots)
    assume(any(place is not None for place, _ in places(result).values()))
    assert result.estimator == "trimmed-mean"


@given(st.data(), st.integers(1, 3), st.integers(1, 6))
def test_by_default_one_missing_ballot_never_switches_it(data: st.DataObject, k: int, quorum: int) -> None:
    """Also where the quorum lets fewer ballots pass than trimming needs: the jury is larger by one."""
    judges = data.draw(st.integers(2 * k + 2, 2 * k + 6))
    table = one_criterion([[judge, 2 * judge] for judge in range(judges)])
    spec = with_rules(
        spec_of(table), rules=rule_set(Rules(estimator="trimmed-mean", quorum=min(quorum, judges), trim=Trim(k=k)))
    )
    missing = data.draw(st.integers(0, judges - 1)), data.draw(st.sampled_from("ab"))
    rest = [one for one in ballots_of(table) if (one.judge, one.project) != (f"j{missing[0]}", missing[1])]
    assert evaluate(spec, rest).estimator == evaluate(spec, ballots_of(table)).estimator == "trimmed-mean"


@pytest.mark.parametrize(("estimator", "provisional"), [("mean", False), ("trimmed-mean", True), ("z-score", True)])
def test_who_is_absent_is_told_by_project(estimator: EstimatorName, provisional: bool) -> None:
    """By the mean it concerns one project, by others all of them. Who gave a reason is not absent."""
    spec = spec_of(USUAL, estimator=estimator)
    ballots = [one for one in ballots_of(USUAL) if (one.judge, one.project) not in (("j0", "a"), ("j1", "a"))]
    caveat = evaluate(spec, ballots).caveat
    assert caveat is not None
    assert caveat.absent == (Absence(A, (PersonId("j0"), PersonId("j1"))),)
    assert caveat.provisional is provisional
    with_reasons = [*ballots, *(ballot_of(judge, "a", None, category="close") for judge in ("j0", "j1"))]
    with_reasons_caveat = evaluate(spec, with_reasons).caveat
    assert with_reasons_caveat is None or not with_reasons_caveat.absent


def test_a_project_that_did_not_pitch_makes_nothing_provisional() -> None:
    """Nobody was to score it; else one team that fell ill would mark the whole field for good."""
    spec = spec_of(USUAL, projects="abz", estimator="z-score")
    result = evaluate(spec, ballots_of(USUAL))
    assert (result.caveat, result.provisional) == (None, False)


def test_who_would_be_first_is_not_told_where_nothing_would_be_left() -> None:
    """Of two values none is left when one is dropped at each end."""
    table = one_criterion([[90, 10], [90, 10], [80, 20], [85, 20], [70, 30]])
    spec = spec_of(table, estimator="trimmed-mean", trim=voting.Trim(1, 5))
    few = [one for one in ballots_of(table) if one.project == "a" or one.judge in ("j0", "j1")]
    caveat = evaluate(spec, few).caveat
    assert caveat is not None
    assert (caveat.short, caveat.first) == ((B,), ())


@given(fields())
def test_z_scores_show_nobody_above_every_mean_nor_below_nothing(votes: Votes) -> None:
    """More points than any jury's mean gave would read as a result of the jury, and is one of the arithmetic."""
    rules = with_rules(votes.spec.rules, estimator="z-score", audience_share=0, deductions_averaged=False)
    spec = with_rules(votes.spec, rules=rules)
    votes = replace(votes, penalties=(), brought=None)
    result = outcome(replace(votes, spec=spec))
    means = outcome(replace(votes, spec=with_rules(spec, rules=with_rules(rules, estimator="mean"))))
    shown = [float(one.score) for one in result.standings if one.score]
    highest = max((float(one.score) for one in means.standings if one.score), default=0.0)
    assert all(0 <= score <= highest for score in shown)
