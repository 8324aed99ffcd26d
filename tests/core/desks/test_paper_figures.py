"""Scores as clerks type them from a card."""

from fractions import Fraction

import hypothesis.strategies as st
import pytest
from hypothesis import given

from roadshow.competitions.definition import Criterion
from roadshow.desks.paper.figures import scores_of, shown, steps_of
from roadshow.errors import InputError
from roadshow.ids import CriterionId
from roadshow.languages import catalogue
from roadshow.texts import LANGUAGES, Text

STEPS = ("1", "0.5", "0.25", "0.1", "0.01")


def criterion(step: str = "0.5", maximum: int = 10) -> Criterion:
    text = Text("Impact", "Impact", "Impact")
    return Criterion(CriterionId("impact"), text, text, 1, maximum, step)  # type: ignore[arg-type]


@given(step=st.sampled_from(STEPS), maximum=st.integers(1, 100), language=st.sampled_from(LANGUAGES), data=st.data())
def test_what_a_page_shows_is_read_as_what_it_is(step: str, maximum: int, language: str, data: st.DataObject) -> None:
    """In whatever language: nobody's comma is a dot of a thousand."""
    rubric = criterion(step, maximum)
    steps = data.draw(st.integers(0, maximum * rubric.steps))
    assert steps_of(shown(steps, rubric, catalogue(language)), rubric) == steps


@pytest.mark.parametrize(
    ("typed", "steps"), [("8,5", 17), ("8.5", 17), (" 8 ", 16), ("8.0", 16), ("8.", 16), ("0", 0), ("10", 20)]
)
def test_a_score_is_typed_as_people_write_it(typed: str, steps: int) -> None:
    assert steps_of(typed, criterion()) == steps


@pytest.mark.parametrize(
    "typed", ["8.3", "10.5", "-1", "+1", "1e1", ".5", "8 5", "8..5", "eight", "٨", "⅞", "9" * 30, "0x1", "1_0"]
)
def test_what_is_no_score_of_the_rubric_is_refused(typed: str) -> None:
    """Never rounded, and never guessed."""
    with pytest.raises(InputError) as refused:
        steps_of(typed, criterion())
    assert refused.value.code == "paper.no_score"
    assert refused.value.details == {"maximum": 10, "step": "0.5"}


@given(st.text(max_size=20))
def test_whatever_is_typed_there_is_an_answer(typed: str) -> None:
    """It comes from outside."""
    scores, wrong = scores_of({"score.impact": typed}, (criterion(),))
    assert len(scores) + len(wrong) == 1
    assert all(0 <= Fraction(one) <= 20 for one in scores.values())


def test_each_criterion_has_its_own_word() -> None:
    """The others' figures stay."""
    scores, wrong = scores_of({"score.impact": ""}, (criterion(),))
    assert scores == {}
    assert wrong[CriterionId("impact")].code == "paper.missing"
