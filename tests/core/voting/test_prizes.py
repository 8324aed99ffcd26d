"""Prizes by tier, places that nobody has the points for, and one award for each project."""

from collections.abc import Sequence

import pytest
from msgspec import structs

from roadshow.ids import AwardId, CriterionId
from roadshow.voting.ballot import canonical
from roadshow.voting.explanation import Prized
from roadshow.voting.overall.podium import overall_spec
from roadshow.voting.rules import FieldResult, evaluate
from roadshow.voting.spec import Award, PollSpec, Prize
from roadshow.voting.views import announcements, podium
from tests.core.voting.juries import ballots_of, explanation, one_criterion, spec_of

FIRST, SECOND, THIRD = Prize(AwardId("first"), 1), Prize(AwardId("second"), 2), Prize(AwardId("third"), 3)


def field(scores: Sequence[int], *prizes: Prize, **rules: object) -> tuple[PollSpec, FieldResult]:
    """Projects a, b, c, … with these scores of one judge; ties are shared."""
    table = one_criterion([scores])
    spec = spec_of(table, chain=("shared",), places=6, prizes=prizes, **rules)  # type: ignore[arg-type]
    return spec, evaluate(spec, ballots_of(table))


def given(result: FieldResult) -> list[tuple[str, str, int]]:
    return [(one.prize, "".join(one.projects), one.vacant) for one in result.prizes]


def test_six_of_a_field_have_first_second_and_third_prizes_and_each_is_announced() -> None:
    """Four fields of these are twenty-four award-winners: every one of them is called with their prize."""
    spec, result = field([50, 90, 80, 70, 60, 40, 30], FIRST, SECOND, THIRD)
    assert given(result) == [("first", "b", 0), ("second", "cd", 0), ("third", "eaf", 0)]
    called = [(one.place, "".join(one.projects), one.prize) for one in announcements(spec, result.standings)]
    assert called == [(6, "f", "third"), (5, "a", "third"), (4, "e", "third"), (3, "d", "second"), (2, "c", "second"),
                      (1, "b", "first")]  # fmt: skip


def test_a_tier_that_nobody_reaches_is_not_awarded_and_moves_nobody_down_for_it() -> None:
    """The best has the second prize then, as it would have been announced; how many prizes there are does not grow."""
    first = structs.replace(FIRST, minimum=9_000)
    _, result = field([89, 80, 70, 60], first, SECOND, THIRD)
    assert given(result) == [("first", "", 1), ("second", "ab", 0), ("third", "cd", 1)]
    steps = explanation(result, "a").steps
    assert steps[-1] == Prized(AwardId("second"), (AwardId("first"),))


def test_who_shares_a_place_shares_the_prize_and_takes_the_next_one_s_seat() -> None:
    """Two are first of one: neither can be told why the other has more. The second prizes are then one fewer."""
    _, result = field([90, 90, 80, 70], FIRST, SECOND, THIRD)
    assert given(result) == [("first", "ab", 0), ("second", "c", 0), ("third", "d", 2)]


def test_a_place_that_nobody_has_the_points_for_is_called_all_the_same() -> None:
    """The hall waits for three places: it is told that one of them is not awarded, not left to wonder."""
    spec, result = field([70, 69, 10], FIRST, SECOND, least_score=7_000)
    assert [(one.place, one.projects, one.score) for one in podium(spec, result.standings)] == [
        (1, ("a",), "70.00"),
        (2, (), ""),
        (3, (), ""),
    ]
    assert given(result) == [("first", "a", 0), ("second", "", 2)]
    below = explanation(result, "b").steps[-1]
    assert isinstance(below, Prized)
    assert (below.prize, below.least and below.least.shown) == (None, "70.00")
    assert [standing.place for standing in result.standings] == [1, 2, 3]


@pytest.mark.parametrize(("minimum", "first"), [(6_667, "a"), (6_668, "")])
def test_a_minimum_is_held_against_the_points_that_are_shown(minimum: int, first: str) -> None:
    """66.67 on the page and "fewer than 66.67" beside it would be nobody's to explain."""
    table = one_criterion([[66, 10], [67, 10], [67, 10]])
    spec = spec_of(table, prizes=(structs.replace(FIRST, minimum=minimum),))
    assert given(evaluate(spec, ballots_of(table)))[0][1] == first


def test_who_has_one_award_has_no_other_where_the_rules_say_so() -> None:
    """A sponsor may want the best on one criterion, or the best who has gone home without anything so far."""
    award = Award(AwardId("best"), "criterion", CriterionId("c0"))
    again = Award(AwardId("best-2"), "criterion", CriterionId("c0"))
    for one_award, expected in ((False, ["a", "a"]), (True, ["b", "c"])):
        _, result = field([90, 80, 70], FIRST, awards=(award, again), one_award=one_award)
        assert ["".join(one.projects) for one in result.awards] == expected


def test_an_award_by_a_vote_that_nobody_can_give_yet_is_not_given() -> None:
    """Its place is kept in the rules; no server starts with one."""
    _, result = field([90, 80], awards=(Award(AwardId("jury"), "jury"),))
    assert result.awards[0].projects == ()


def test_a_field_without_prizes_has_nothing_of_them_in_spec_or_result() -> None:
    """Hashes of polls that were begun before stay what they were."""
    spec, result = field([90, 80])
    assert not any(word in canonical(spec) for word in (b"prizes", b"least_score", b"one_award"))
    assert b"prize" not in canonical(result.explanations)


def test_prizes_are_a_field_s_own() -> None:
    """All fields together have one more podium, and no second set of prizes."""
    spec, _ = field([90, 80], FIRST)
    assert overall_spec([spec]).rules.prizes == ()
