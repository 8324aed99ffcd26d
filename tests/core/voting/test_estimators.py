"""Means, trimmed means, z-scores and Borda counts; penalties, the audience, awards: examples worked out by hand."""

from fractions import Fraction

import pytest

from roadshow.ids import AwardId, CriterionId, PersonId, ProjectId
from roadshow.voting.explanation import Dropped, Estimated
from roadshow.voting.rules import FieldResult, Votes, evaluate, evaluate_overall
from roadshow.voting.rules.arithmetic import figure, root
from roadshow.voting.spec import Award, Trim
from tests.core.voting.juries import (
    Table,
    audience,
    ballots_of,
    explanation,
    one_criterion,
    penalty,
    places,
    scores,
    spec_of,
)

NORM = [[68, 93, 95], [73, 87, 63], [90, 83, 95]]
"""Judges' rows over projects a, b, c."""


def _estimated(result: FieldResult, project: str) -> Estimated:
    return next(step for step in explanation(result, project).steps if isinstance(step, Estimated))


def _raw(result: FieldResult, project: str) -> str:
    raw = _estimated(result, project).raw
    return "" if raw is None else raw.shown


def test_a_trimmed_mean_drops_the_highest_and_the_lowest() -> None:
    """92, 88, 85, 90, 70: without 92 and 70 it is 87.67; one spiteful 70 costs nothing any more."""
    table = one_criterion([[92], [88], [85], [90], [70]])
    result = evaluate(spec_of(table, estimator="trimmed-mean"), ballots_of(table))
    assert scores(result) == {"a": "87.67"}
    assert _estimated(result, "a").dropped == (Dropped(("70.00",), ("92.00",)),)


def test_two_are_dropped_at_each_end_if_the_rules_say_so() -> None:
    """Seven judges are often cut to three."""
    table = one_criterion([[10], [20], [50], [60], [70], [80], [100]])
    spec = spec_of(table, estimator="trimmed-mean", trim=Trim(2, 7))
    assert scores(evaluate(spec, ballots_of(table))) == {"a": "60.00"}


def test_scores_may_be_dropped_criterion_by_criterion() -> None:
    """A judge may be the outlier on one criterion and not in the sum: c0 keeps 5, c1 keeps 6; 100·(5+6)/20."""
    table: Table = {"j0": {"a": (10, 0)}, "j1": {"a": (5, 6)}, "j2": {"a": (0, 10)}}
    spec = spec_of(table, ((1, 10), (1, 10)), estimator="trimmed-mean", trim=Trim(1, 3, "criterion"))
    result = evaluate(spec, ballots_of(table))
    assert scores(result) == {"a": "55.00"}
    first, second = _estimated(result, "a").dropped
    assert first == Dropped(("0",), ("10",), CriterionId("c0"))
    assert second == Dropped(("0",), ("10",), CriterionId("c1"))


def test_a_field_is_trimmed_as_a_whole_or_not_at_all() -> None:
    """95, 80, 80, 80, 60 trims to 80; with one 80 recused the mean of four is 78.75. Side by side in one field, that
    gap would come from the arithmetic alone, so the whole field is averaged."""
    rows = [[95, 95], [80, 80], [80, 80], [80, 80], [60, 60]]
    table = one_criterion(rows)
    spec = spec_of(table, estimator="trimmed-mean")
    whole = evaluate(spec, ballots_of(table))
    assert scores(whole) == {"a": "80.00", "b": "80.00"}
    table["j2"]["b"] = None
    result = evaluate(spec, ballots_of(table))
    assert scores(result) == {"a": "79.00", "b": "78.75"}
    told = _estimated(result, "b")
    assert (told.declared, told.used, told.fewest, told.dropped) == ("trimmed-mean", "mean", 4, ())
    assert (whole.estimator, result.estimator) == ("trimmed-mean", "mean")


def test_an_incomplete_project_does_not_keep_the_others_from_being_trimmed() -> None:
    """It is out of the comparison, so nothing is unequal."""
    table = one_criterion([[95, 90], [80], [80], [80], [60]])
    result = evaluate(spec_of(table, projects="ab", estimator="trimmed-mean", quorum=2), ballots_of(table))
    assert places(result) == {"a": (1, "score"), "b": (None, "incomplete")}
    assert scores(result)["a"] == "80.00"


def test_z_scores_weigh_strict_and_lenient_judges_alike() -> None:
    """By the mean b wins, 87.67 to 84.33; in each judge's own measure c does, 0.214 to 0.170."""
    table = one_criterion(NORM)
    result = evaluate(spec_of(table, estimator="z-score"), ballots_of(table))
    assert [_raw(result, project) for project in "abc"] == ["-0.384", "0.170", "0.214"]
    assert list(places(result)) == ["c", "b", "a"]
    assert (scores(result)["c"], scores(result)["a"]) == ("87.67", "77.00")  # the field's range of means


def test_a_judge_who_scores_all_alike_moves_nobody() -> None:
    """A spread of nil would be divided by."""
    table = one_criterion([[50, 50, 50], [60, 70, 80]])
    result = evaluate(spec_of(table, estimator="z-score"), ballots_of(table))
    assert [_raw(result, project) for project in "abc"] == ["-0.500", "0.000", "0.500"]


def test_level_means_do_not_level_z_scores() -> None:
    """All have 50 on the mean, but not in their judges' measures: the range to show them in must not be nil."""
    table = one_criterion([[40, 50, 60], [60, 50, 40], [51, 49, 50], [49, 51, 50]])
    spec = spec_of(table, estimator="z-score", chain=("shared",))
    assert set(scores(evaluate(spec, ballots_of(table))).values()) == {"50.00"}
    table = one_criterion([[0, 50, 100], [60, 50, 40], [65, 50, 35], [75, 50, 25]])
    result = evaluate(spec, ballots_of(table))
    assert places(result) == {"a": (1, "score"), "b": (2, "score"), "c": (3, "score")}
    assert [scores(result)[project] for project in "abc"] == ["50.00", "49.50", "49.00"]
    low = spec_of(table, ((1, 10_000),), estimator="z-score", chain=("shared",))  # means of half a point: not below nil
    assert [scores(evaluate(low, ballots_of(table)))[project] for project in "abc"] == ["0.50", "0.25", "0.00"]


def test_scores_still_to_come_make_relative_numbers_provisional() -> None:
    """One more ballot moves a judge's mean and spread, and with it projects that were done with."""
    table = one_criterion(NORM)
    del table["j0"]["c"]
    spec = spec_of(table, projects="abc", estimator="z-score")
    assert evaluate(spec, ballots_of(table)).provisional
    assert not evaluate(spec_of(table, projects="abc"), ballots_of(table)).provisional
    table["j0"]["c"] = None
    assert not evaluate(spec, ballots_of(table)).provisional


def test_place_points_ask_for_the_order_alone() -> None:
    """First 5, second 3, third 1: Lin puts b and c level in second place and gives each 2; a hundred points' lead is
    worth what one point's is. 100 · (5 + 1) / 2 / 5 = 60 for a."""
    table = one_criterion([[100, 10, 10], [50, 51, 52]])
    spec = spec_of(table, estimator="place-points", place_points=(5, 3, 1))
    assert scores(evaluate(spec, ballots_of(table))) == {"a": "60.00", "b": "50.00", "c": "70.00"}


def test_borda_counts_how_many_are_behind() -> None:
    """Of two others: j0 puts both behind c and one behind b; level ones count half."""
    table = one_criterion([[68, 93, 95], [70, 70, 90]])
    result = evaluate(spec_of(table, estimator="borda"), ballots_of(table))
    assert [_raw(result, project) for project in "abc"] == ["0.125", "0.375", "1.000"]
    assert scores(result) == {"c": "100.00", "b": "37.50", "a": "12.50"}


def test_a_judge_of_one_project_only_has_ranked_nothing() -> None:
    """0/0 is taken for a half, neither praise nor blame."""
    table: Table = {"j0": {"a": (90,), "b": (10,)}, "j1": {"a": (100,)}}
    result = evaluate(spec_of(table, projects="ab", estimator="borda"), ballots_of(table))
    assert scores(result) == {"a": "75.00", "b": "0.00"}


def test_a_penalty_is_taken_off_the_estimate() -> None:
    """Ninety seconds of overtime, declared beforehand at 2.5 points; of two for one project the newer is in force."""
    table = one_criterion([[90, 89]])
    result = evaluate(spec_of(table), ballots_of(table), penalties=(penalty("a", 9_999), penalty("a", 250)))
    assert scores(result) == {"b": "89.00", "a": "87.50"}


def test_a_net_may_be_below_zero() -> None:
    """Cut off at zero, two penalised projects would be made level."""
    table = one_criterion([[0, 1]])
    result = evaluate(spec_of(table), ballots_of(table), penalties=(penalty("a", 150), penalty("b", 150)))
    assert scores(result) == {"b": "-0.50", "a": "-1.50"}


def test_the_audience_has_the_share_that_was_declared() -> None:
    """0.8·90 + 0.2·50 = 82 against 0.8·80 + 0.2·100 = 84."""
    table = one_criterion([[90, 80]])
    spec = spec_of(table, audience_share=20)
    assert scores(evaluate(spec, ballots_of(table), audience=audience(a=150, b=300))) == {"b": "84.00", "a": "82.00"}


def test_without_a_vote_the_audience_has_no_share() -> None:
    """Nobody's score shrinks because the hall was shy."""
    table = one_criterion([[90, 80]])
    assert scores(evaluate(spec_of(table, audience_share=20), ballots_of(table))) == {"a": "90.00", "b": "80.00"}


def test_awards_go_to_the_best_on_a_criterion_and_to_the_audiences_favourite() -> None:
    """Beside the places, and whoever is level shares one: c has the best team, b the audience."""
    table: Table = {"j0": {"a": (9, 5), "b": (8, 6), "c": (0, 6)}}
    awards = (
        Award(AwardId("impact"), "criterion", CriterionId("c0")),
        Award(AwardId("team"), "criterion", CriterionId("c1")),
        Award(AwardId("hall"), "audience"),
    )
    spec = spec_of(table, ((3, 10), (1, 10)), awards=awards)
    given = evaluate(spec, ballots_of(table), audience=audience(a=3, b=7)).awards
    assert [(one.award, one.projects, one.value) for one in given] == [
        ("impact", ("a",), "9.00"),
        ("team", ("b", "c"), "6.00"),
        ("hall", ("b",), "7"),
    ]
    nobody = evaluate(spec, ()).awards
    assert [(one.projects, one.value) for one in nobody] == [((), "")] * 3


def test_an_award_is_shared_where_rounding_is_part_of_the_rule() -> None:
    """1/3 of three judges and 16/49 of forty-nine are both 0.33 on the sheet."""
    table: Table = {f"j{n}": {"b": (int(n < 16),)} for n in range(49)}
    for n in range(3):
        table[f"j{n}"]["a"] = (int(n < 1),)
    awards = (Award(AwardId("idea"), "criterion", CriterionId("c0")),)
    exact = evaluate(spec_of(table, ((1, 1),), awards=awards), ballots_of(table)).awards[0]
    rounded = evaluate(spec_of(table, ((1, 1),), awards=awards, rank_on="rounded"), ballots_of(table)).awards[0]
    assert (exact.projects, exact.value) == (("a",), "0.33")
    assert (rounded.projects, rounded.value) == (("a", "b"), "0.33")


def test_any_number_of_places() -> None:
    """A school final may honour ten."""
    table = one_criterion([[90, 80, 70, 60, 60]])
    assert not evaluate(spec_of(table, places=3), ballots_of(table)).ties
    assert evaluate(spec_of(table, places=5), ballots_of(table)).ties


def _two_fields(**rules: object) -> list[Votes]:
    first: Table = {"j0": {"a": (90,), "b": (70,)}, "j1": {"a": (90,), "b": (80,)}}
    second: Table = {"k0": {"x": (60,), "y": (90,)}}
    return [Votes(spec_of(t, **rules), ballots_of(t)) for t in (first, second)]  # type: ignore[arg-type]


def test_all_fields_can_be_ranked_together() -> None:
    """Who did not judge a field is not absent from it. A tie between juries asks nobody, for nobody chairs both."""
    result = evaluate_overall(_two_fields(chain=("pairwise-majority", "chair")))
    assert places(result) == {"a": (1, "shared"), "y": (1, "shared"), "b": (3, "score"), "x": (4, "score")}
    assert result.ties == ()
    assert not evaluate_overall(_two_fields(estimator="z-score")).provisional


def test_fields_with_other_rules_are_not_ranked_together() -> None:
    """Points of another rubric are other points."""
    with pytest.raises(ValueError, match="different criteria or rules"):
        evaluate_overall([_two_fields()[0], _two_fields(quorum=2)[1]])


@pytest.mark.parametrize(
    ("value", "exact"),
    [
        (Fraction(263, 3), "263/3"),
        (Fraction(85), "85"),
        (Fraction(175, 2), "87.5"),
        (Fraction(-1, 400), "-0.0025"),
        (Fraction(1, 7 * 8), "1/56"),
    ],
)
def test_an_exact_number_is_told_in_decimals_where_they_end(value: Fraction, exact: str) -> None:
    """An auditor can put either into a calculator, and a rounded one would not do."""
    assert figure(value).exact == exact
    assert Fraction(figure(value).exact) == value


def test_roots_are_rounded_half_up_and_exact_where_they_can_be() -> None:
    """z-scores are as exact as their thirty decimals, whatever the machine's floats do."""
    assert root(Fraction(9, 4), 30) == Fraction(3, 2)
    assert root(Fraction(1, 4), 0) == 1
    assert root(Fraction(2), 20) == Fraction(141421356237309504880, 10**20)
    assert root(Fraction(0), 30) == 0


def test_ids_decide_nothing_even_where_judges_are_dropped() -> None:
    """Three gave the highest total; which of them is left out changes no number, and none is named."""
    table = one_criterion([[90], [90], [90], [60], [50]])
    result = evaluate(spec_of(table, estimator="trimmed-mean"), ballots_of(table))
    assert scores(result) == {"a": "80.00"}
    assert all(PersonId(f"j{n}") not in str(_estimated(result, "a")) for n in range(5))
    assert result.standings[0].project == ProjectId("a")
