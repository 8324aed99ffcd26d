"""What a protocol says of the rules, and how many judges stand beside each other in its tables."""

from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadshow.competitions.definition import Criterion, Deduction, Rules, Trim
from roadshow.desks.result.rules import told_rules, weighed
from roadshow.desks.result.table import MOST_BESIDE, Table
from roadshow.ids import CriterionId
from roadshow.languages import catalogue
from roadshow.texts import LANGUAGES, Text

EMPTY = Table((), (), ())
TEXT = Text(en="Team", zh="团队", ru="Команда")
EVERYTHING = Rules(
    estimator="trimmed-mean", trim=Trim(k=2, n_min=7), quorum=4, audience_share=20, second_confirmation=True
)


def test_a_protocol_says_by_which_rules_the_places_came_about() -> None:
    """Whoever signs it, or reads it in ten years, has no other page beside it."""
    told = told_rules(EVERYTHING, catalogue("en"))
    assert told == (
        "A project's points are the trimmed mean of the ballots that count, of 100.",
        "Of each project's totals the 2 lowest and the 2 highest are left out, if every project has at least 7 "
        "ballots.",
        "The audience's votes make 20% of the score.",
        "A project needs 4 ballots that count; with fewer it has no place.",
        "Places go by exact points, not by the rounded ones that are shown.",
        "Level projects are divided in this order: the heaviest criterion; majority of judges, pair by pair; "
        "the chair's vote; shared place.",
        "The chair scores as the other judges do.",
        "A ballot that comes late counts only if the chair accepts it, with a reason.",
        "Scores stay sealed until the places are announced.",
        "Nothing is announced before a second person has signed.",
        "Teams may object for 72 hours after each publication.",
    )


def test_other_rules_are_other_sentences() -> None:
    """A sentence that stands there whatever was agreed would say nothing."""
    other = msgspec.structs.replace(
        EVERYTHING, rank_on="rounded", chair_votes=False, second_confirmation=False, audience_share=0, estimator="mean"
    )
    told = told_rules(other, catalogue("en"))
    assert "Places go by points rounded to two decimals." in told
    assert "The chair settles ties, and gives no scores." in told
    assert len(told) == len(told_rules(EVERYTHING, catalogue("en"))) - 3


def test_deductions_are_listed_with_what_becomes_of_them() -> None:
    """What a judge may take off is a rule that a place may hang on."""
    late = Deduction(CriterionId("late"), TEXT, 5, "0.5")
    for taken_from, said in (
        ("total", "What a judge takes off is off that judge's own total, which is never less than nothing."),
        ("points", "The mean of what the judges take off is off the project's points."),
    ):
        rules = msgspec.structs.replace(EVERYTHING, deductions=(late,), deducted_from=taken_from)
        told = told_rules(rules, catalogue("en"))
        assert "For “Team” each judge may take up to 5 points off, in steps of 0.5." in told
        assert said in told


def test_a_field_of_orders_says_so_and_whether_projects_may_be_level() -> None:
    """By the same estimator as a field of scores it is another count."""
    for level, said in (
        (False, "No two projects have the same place with a judge."),
        (True, "A judge may put projects level: they have the mean of what their places are worth."),
    ):
        told = told_rules(Rules(ballots="orders", estimator="borda", level_places=level), catalogue("en"))
        assert not [one for one in told if "comes late" in one]
        assert told[1:3] == (
            "Each judge puts the projects in order; the newest order counts for all projects in it.",
            said,
        )


def test_a_field_of_comparisons_says_how_many_and_what_they_are_worth() -> None:
    """And with how many a project has no place."""
    few = Rules(ballots="pairs", estimator="copeland", opponents=6, least_opponents=4)
    told = told_rules(few, catalogue("en"))
    assert not [one for one in told if "comes late" in one]
    assert "Each judge compares each project with 6 others, drawn by lot: which of the two is ahead." in told
    assert "A project needs comparisons with 4 others; with fewer it has no place." in told
    assert any(
        "compares each project with all others" in one
        for one in told_rules(Rules(ballots="pairs", estimator="copeland"), catalogue("en"))
    )


def test_a_trimmed_mean_by_criterion_says_so() -> None:
    """Dropping a judge's total and dropping single scores give other places."""
    by_criterion = msgspec.structs.replace(EVERYTHING, trim=Trim(k=1, scope="criterion"))
    assert (
        "On each criterion the lowest 1 and the highest 1 are left out, if every project has at least 3 ballots."
        in told_rules(by_criterion, catalogue("en"))
    )


def test_the_quorum_of_a_re_vote_is_told_where_there_is_one() -> None:
    """Whoever lost a re-vote asks how many voted, and how many had to."""
    told = "A re-vote counts as held if 4 judges score all of the level projects."
    chain = msgspec.structs.replace(EVERYTHING, tie_chain=("re-vote", "chair"))
    assert told in told_rules(chain, catalogue("en"))
    assert told not in told_rules(EVERYTHING, catalogue("en"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_rules_are_told_in_every_language(language: str) -> None:
    """A placeholder that is spelt differently in a translation would take the page down."""
    for told, english in zip(
        told_rules(EVERYTHING, catalogue(language)), told_rules(EVERYTHING, catalogue("en")), strict=True
    ):
        assert "%(" not in told
        assert (told == english) == (language == "en")


def test_weights_are_shares_of_the_whole() -> None:
    """3 to 1 to 2 means nothing on paper; half, a sixth and a third do."""
    criteria = [Criterion(CriterionId(f"c{weight}"), TEXT, TEXT, weight) for weight in (3, 1, 2)]
    assert [one.share for one in weighed(criteria)] == ["50", "16.67", "33.33"]


@given(st.integers(0, 60))
def test_no_judges_column_is_left_out_and_none_is_squeezed(judges: int) -> None:
    """With all judges in one table those of a large jury were cut off, on paper for good."""
    table = replace(EMPTY, judges=tuple(map(str, range(judges))))
    parts = [table.judges[panel] for panel in table.panels]
    assert sum(parts, ()) == table.judges
    sizes = [len(part) for part in parts]
    assert max(sizes) <= MOST_BESIDE
    assert max(sizes) - min(sizes) <= 1
