"""Scores in halves and hundredths: whole numbers of steps, so that nothing on the way is rounded."""

from fractions import Fraction

import pytest

from roadshow.errors import InputError
from roadshow.ids import CommandId, CriterionId, ProjectId
from roadshow.voting.ballot import canonical, check
from roadshow.voting.explanation import Estimated
from roadshow.voting.ledger.chain import genesis
from roadshow.voting.rules import evaluate, judge_total
from roadshow.voting.spec import Criterion, Trim
from roadshow.voting.votes import Cast
from tests.core.voting.juries import Table, ballots_of, places, scores, spec_of

C0 = CriterionId("c0")


def test_halves_weigh_what_they_say() -> None:
    """8.5 of 10 is 85 of 100, beside a criterion of whole points."""
    criteria = (Criterion(C0, 1, 10, 2), Criterion(CriterionId("c1"), 1, 5))
    assert judge_total({C0: 17, CriterionId("c1"): 4}, criteria) == Fraction(165, 2)


def test_hundredths_divide_what_whole_points_would_not() -> None:
    """89.99 and 90 are two places, 0.1 and 0.2 are 0.3: floats know neither for sure."""
    table: Table = {"lin": {"a": (10, 0), "b": (20, 0)}, "mei": {"a": (20, 8999), "b": (10, 9000)}}
    result = evaluate(spec_of(table, ((1, 100, 100), (1, 100, 100))), ballots_of(table))
    assert scores(result) == {"b": "22.58", "a": "22.57"}
    assert places(result)["b"] == (1, "score")


def test_means_and_what_is_dropped_are_told_in_points() -> None:
    """Nobody who reads a result knows of steps."""
    table: Table = {f"j{number}": {"a": (score,)} for number, score in enumerate((15, 17, 18, 19, 20))}
    trim = Trim(k=1, n_min=3, scope="criterion")
    result = evaluate(spec_of(table, ((1, 10, 2),), estimator="trimmed-mean", trim=trim), ballots_of(table))
    (standing,), (explanation,) = result.standings, result.explanations
    assert standing.by_criterion == {C0: "8.90"}
    assert standing.score == "90.00"
    estimated = next(step for step in explanation.steps if isinstance(step, Estimated))
    assert (estimated.dropped[0].low, estimated.dropped[0].high) == (("7.5",), ("10",))


@pytest.mark.parametrize(("score", "taken"), [(0, True), (20, True), (21, False), (-1, False)])
def test_a_ballot_holds_no_more_steps_than_the_scale_has(score: int, taken: bool) -> None:
    """Ten points are twenty halves."""
    spec = spec_of({"lin": {}}, ((1, 10, 2),), projects="a")
    cast = Cast(CommandId("command-1"), ProjectId("a"), {C0: score}, 0)
    if taken:
        check(cast, spec)
        return
    with pytest.raises(InputError) as caught:
        check(cast, spec)
    assert (caught.value.code, caught.value.details["maximum"]) == ("ballot.out_of_range", 10)


def test_a_poll_of_whole_points_keeps_its_hash() -> None:
    """One that was begun before there were steps goes on."""
    spec = spec_of({"lin": {}}, ((1, 10),), projects="a")
    assert b"steps" not in canonical(spec)
    assert genesis(spec) != genesis(spec_of({"lin": {}}, ((1, 10, 2),), projects="a"))
