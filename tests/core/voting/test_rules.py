"""From ballots to places: examples worked out by hand."""

from fractions import Fraction

import pytest

from roadshow.ids import ProjectId
from roadshow.voting.review import Tie
from roadshow.voting.rules import evaluate, show
from roadshow.voting.spec import TieStep
from tests.core.voting.juries import CYCLE, Table, ballots_of, one_criterion, places, scores, spec_of


def test_the_mean_of_five_judges() -> None:
    """92, 88, 85, 90, 70: a judge's low score counts like any other."""
    table = one_criterion([[92], [88], [85], [90], [70]])
    assert scores(evaluate(spec_of(table), ballots_of(table))) == {"a": "85.00"}


def test_means_over_three_projects() -> None:
    """Worked out by hand: 231/3, 263/3, 253/3."""
    table = one_criterion([[68, 93, 95], [73, 87, 63], [90, 83, 95]])
    result = evaluate(spec_of(table), ballots_of(table))
    assert scores(result) == {"b": "87.67", "c": "84.33", "a": "77.00"}
    assert places(result) == {"b": (1, "score"), "c": (2, "score"), "a": (3, "score")}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Fraction(85125, 1000), "85.13"),
        (Fraction(85115, 1000), "85.12"),
        (Fraction(8), "8.00"),
        (Fraction(5, 1000), "0.01"),
        (Fraction(100), "100.00"),
        (Fraction(-5, 4), "-1.25"),
        (Fraction(-1, 3), "-0.33"),
    ],
)
def test_a_half_is_rounded_up_where_floats_would_round_to_even(value: Fraction, shown: str) -> None:
    """Python's round gives 85.12 for the first, and a judge with a calculator would notice."""
    assert show(value) == shown


def test_weights_and_scales_are_normalised() -> None:
    """Weights 3 and 1 on scales of 10 and 5: 100·(3/4·8/10 + 1/4·2/5) = 70."""
    table: Table = {"j": {"a": (8, 2)}}
    result = evaluate(spec_of(table, ((3, 10), (1, 5))), ballots_of(table))
    assert result.standings[0].score == "70.00"
    assert result.standings[0].by_criterion == {"c0": "8.00", "c1": "2.00"}


def test_a_missing_ballot_is_no_zero_and_a_quorum_is_kept() -> None:
    """A judge who lost the connection must not sink a project; one judge alone must not lift one."""
    table: Table = {"j0": {"a": (60,), "b": (90,)}, "j1": {"a": (70,)}, "j2": {"b": None}}
    result = evaluate(spec_of(table, quorum=2), ballots_of(table))
    assert places(result) == {"a": (1, "score"), "b": (None, "incomplete")}
    assert result.standings[1].score == ""
    assert result.standings[1].ballots == 1


def test_ballots_of_the_recused_and_of_strangers_do_not_count() -> None:
    """Whatever a ledger holds, only the poll's own electorate decides."""
    table: Table = {"j0": {"a": (60,)}, "j1": {"a": (100,)}, "j2": {"a": (100,)}}
    spec = spec_of({"j0": {}, "j1": {}}, projects="a", recused=(("j1", "a"),))
    assert scores(evaluate(spec, ballots_of(table))) == {"a": "60.00"}


def test_rounding_may_be_made_part_of_the_rule() -> None:
    """100 and 99.995 are both 100.00 on the printed sheet; whether that is a tie is declared beforehand."""
    table: Table = {"j0": {"a": (1, 1), "b": (1, 1)}, "j1": {"a": (1, 1), "b": (1, 0)}}
    criteria = ((9_999, 1), (1, 1))
    exact = evaluate(spec_of(table, criteria), ballots_of(table))
    rounded = evaluate(spec_of(table, criteria, rank_on="rounded", chain=("shared",)), ballots_of(table))
    assert scores(exact) == scores(rounded) == {"a": "100.00", "b": "100.00"}
    assert places(exact) == {"a": (1, "score"), "b": (2, "score")}
    assert places(rounded) == {"a": (1, "shared"), "b": (1, "shared")}


def test_the_heaviest_criterion_decides_a_tie_first() -> None:
    """Both have 64; a has more of what weighs most."""
    table: Table = {"j": {"a": (8, 4), "b": (4, 10)}}
    result = evaluate(spec_of(table, ((3, 10), (2, 10))), ballots_of(table))
    assert scores(result) == {"a": "64.00", "b": "64.00"}
    assert places(result) == {"a": (1, "heaviest-criterion"), "b": (2, "heaviest-criterion")}


def test_equally_heavy_criteria_count_together() -> None:
    """Which of them the rubric names first must not decide."""
    table: Table = {"j": {"a": (10, 2, 4), "b": (5, 5, 8)}}
    criteria = ((2, 10), (2, 10), (1, 10))
    assert places(evaluate(spec_of(table, criteria), ballots_of(table)))["a"] == (1, "heaviest-criterion")


def test_then_the_majority_of_judges_who_scored_both() -> None:
    """Two of three prefer a, though one is so fond of b that the sums are level."""
    table = one_criterion([[60, 50], [60, 50], [50, 70]])
    result = evaluate(spec_of(table), ballots_of(table))
    assert places(result) == {"a": (1, "pairwise-majority"), "b": (2, "pairwise-majority")}


def test_a_judge_of_one_of_the_two_has_no_say_in_the_majority() -> None:
    """Only j0 and j1 can compare; the other two each saw one of them."""
    table: Table = {
        "j0": {"a": (60,), "b": (50,)},
        "j1": {"a": (60,), "b": (50,)},
        "j2": {"a": (0,)},
        "j3": {"b": (20,)},
    }
    assert places(evaluate(spec_of(table), ballots_of(table)))["a"] == (1, "pairwise-majority")


def test_a_cycle_of_majorities_goes_to_the_chair() -> None:
    """Every order of the three would wrong somebody, so none is made up."""
    table = one_criterion(CYCLE)
    result = evaluate(spec_of(table), ballots_of(table))
    assert result.ties == (Tie((ProjectId("a"), ProjectId("b"), ProjectId("c"))),)
    assert {place for place, _ in places(result).values()} == {1}


def test_a_cycle_of_three_still_goes_ahead_of_the_one_that_all_of_them_beat() -> None:
    """The chair is asked about the three, not about the fourth."""
    table = one_criterion([[50, 40, 30, 29], [30, 50, 40, 29], [40, 30, 50, 29], [0, 0, 0, 33]])
    result = evaluate(spec_of(table), ballots_of(table))
    assert result.ties == (Tie((ProjectId("a"), ProjectId("b"), ProjectId("c"))),)
    assert places(result)["d"] == (4, "pairwise-majority")


def test_a_group_that_is_divided_starts_at_the_head_of_the_chain_again() -> None:
    """Among three the majority goes in a circle; once the third is out by another step, it can tell the two apart."""
    table: Table = {
        "j0": {"a": (8, 4), "b": (6, 4), "c": (3, 6)},
        "j1": {"a": (4, 4), "b": (8, 4), "c": (5, 6)},
        "j2": {"a": (6, 4), "b": (4, 4), "c": (7, 6)},
    }
    chain: tuple[TieStep, ...] = ("pairwise-majority", "heaviest-criterion", "shared")
    assert places(evaluate(spec_of(table, ((2, 10), (1, 10)), chain=chain), ballots_of(table))) == {
        "a": (1, "pairwise-majority"),
        "b": (2, "pairwise-majority"),
        "c": (3, "heaviest-criterion"),
    }


def test_the_chairs_vote_decides_what_nothing_else_can() -> None:
    """The newest vote on exactly this tie counts; older ones and ones on other ties do not."""
    table = one_criterion([[50, 50, 40]])
    spec = spec_of(table)
    a, b, c = spec.projects
    waiting = evaluate(spec, ballots_of(table))
    assert waiting.ties == (Tie((a, b)),)
    settled = evaluate(spec, ballots_of(table), ((a, b), (b, a), (a, b, c)))
    assert settled.ties == ()
    assert places(settled) == {"b": (1, "chair"), "a": (2, "chair"), "c": (3, "score")}


def test_a_tie_below_the_podium_is_shared_without_asking() -> None:
    """The chair's time is for places that are announced."""
    table = one_criterion([[90, 80, 70, 50, 50]])
    result = evaluate(spec_of(table), ballots_of(table))
    assert result.ties == ()
    assert places(result)["d"] == places(result)["e"] == (4, "shared")


def test_a_tie_across_the_podiums_edge_is_the_chairs() -> None:
    """Third and fourth differ by a prize."""
    table = one_criterion([[90, 80, 50, 50]])
    assert evaluate(spec_of(table), ballots_of(table)).ties == (Tie((ProjectId("c"), ProjectId("d"))),)


def test_what_is_left_of_a_divided_tie_below_the_podium_is_shared_too() -> None:
    """Three were level for the one prize; once it has gone to a, the others' order is of no matter."""
    table: Table = {"j": {"a": (6, 4), "b": (5, 6), "c": (5, 6)}}
    result = evaluate(spec_of(table, ((2, 10), (1, 10)), places=1), ballots_of(table))
    assert result.ties == ()
    assert places(result) == {"a": (1, "heaviest-criterion"), "b": (2, "shared"), "c": (2, "shared")}


def test_shared_places_leave_a_gap() -> None:
    """Two firsts, then a third: 1, 1, 3."""
    table = one_criterion([[50, 50, 40]])
    result = evaluate(spec_of(table, chain=("shared",)), ballots_of(table))
    assert places(result) == {"a": (1, "shared"), "b": (1, "shared"), "c": (3, "score")}


def test_without_any_ballot_there_is_no_place() -> None:
    """An empty final must not crown the first of the rundown."""
    result = evaluate(spec_of({"j": {}}, projects="ab"), ())
    assert places(result) == {"a": (None, "incomplete"), "b": (None, "incomplete")}
    assert result.ties == ()
