"""Panels with weights, shadow judges, and judges who hardly tell projects apart."""

from fractions import Fraction

import pytest
from msgspec import structs

from roadshow.ids import PanelId, PersonId, ProjectId
from roadshow.voting.ballot import canonical
from roadshow.voting.explanation import Counted, Estimated, Weighed
from roadshow.voting.rules import evaluate
from roadshow.voting.seating.seats import elsewhere
from roadshow.voting.spec import Panel, PollSpec, Trim
from tests.core.voting.juries import Table, ballots_of, explanation, one_criterion, places, scores, spec_of

EXPERTS, INVESTORS = Panel(PanelId("experts"), 60), Panel(PanelId("investors"), 40)
SHADOWS = Panel(PanelId("shadows"), 0)
JURY: Table = {
    "e1": {"a": (90,), "b": (60,)},
    "e2": {"a": (80,), "b": (60,)},
    "e3": {"a": (70,), "b": (60,)},
    "i1": {"a": (50,), "b": (95,)},
    "s1": {"a": (0,), "b": (100,)},
}


def seated(spec: PollSpec, *panels: Panel) -> PollSpec:
    """By the first letter of their name."""
    seats = tuple((judge, panel.id) for judge in spec.judges for panel in panels if panel.id[0] == judge[0])
    return structs.replace(spec, rules=structs.replace(spec.rules, panels=panels), seats=seats)


def test_each_panel_has_its_weight_however_many_sit_on_it() -> None:
    """Three experts must not outvote the only investor beyond what the rules give them: 0.6 · 80 + 0.4 · 50."""
    spec = seated(spec_of(JURY), EXPERTS, INVESTORS, SHADOWS)
    result = evaluate(spec, ballots_of(JURY))
    assert scores(result) == {"a": "68.00", "b": "74.00"}
    assert [standing.by_criterion["c0"] for standing in result.standings] == ["74.00", "68.00"]  # type: ignore[index]
    weighed = next(step for step in explanation(result, "a").steps if isinstance(step, Weighed))
    assert [(one.panel, one.weight, one.ballots, one.value.shown) for one in weighed.panels] == [
        ("experts", 60, 3, "80.00"),
        ("investors", 40, 1, "50.00"),
    ]


def test_a_shadow_judge_counts_nowhere_and_is_told_apart() -> None:
    """Somebody who learns to judge must not be able to move a place, nor to make up a quorum."""
    spec = seated(spec_of(JURY, quorum=5), EXPERTS, INVESTORS, SHADOWS)
    assert places(evaluate(spec, ballots_of(JURY))) == {"a": (None, "incomplete"), "b": (None, "incomplete")}
    without = {judge: row for judge, row in JURY.items() if judge != "s1"}
    spec = structs.replace(spec, rules=structs.replace(spec.rules, quorum=4))
    assert scores(evaluate(spec, ballots_of(JURY))) == scores(evaluate(spec, ballots_of(without)))
    counted = explanation(evaluate(spec, ballots_of(JURY)), "b").steps[0]
    assert isinstance(counted, Counted)
    shadow = next(one for one in counted.judges if one.judge == "s1")
    assert (shadow.state, shadow.total, shadow.beside and shadow.beside.shown) == ("shadow", None, "100.00")


def test_a_project_needs_the_quorum_of_each_panel() -> None:
    """A place given by experts alone would be another rule than the one that was declared."""
    spec = seated(spec_of(JURY, quorum=1), EXPERTS, structs.replace(INVESTORS, quorum=2))
    assert {place for place, _ in places(evaluate(spec, ballots_of(JURY))).values()} == {None}


def test_panels_are_trimmed_each_by_itself_or_none_of_them() -> None:
    """One estimator for a field: a panel of two cannot be trimmed, so the panel of three is not, either."""
    table: Table = {**JURY, "i2": {"a": (60,), "b": (60,)}, "i3": {"a": (70,), "b": (10,)}}
    spec = seated(spec_of(table, estimator="trimmed-mean", trim=Trim(1, 3)), EXPERTS, INVESTORS, SHADOWS)
    result = evaluate(spec, ballots_of(table))
    assert (result.estimator, scores(result)) == ("trimmed-mean", {"a": "72.00", "b": "60.00"})
    weighed = next(step for step in explanation(result, "a").steps if isinstance(step, Weighed))
    assert [one.dropped[0].high for one in weighed.panels] == [("90.00",), ("70.00",)]
    two = {judge: row for judge, row in table.items() if judge != "i3"}
    assert evaluate(spec, ballots_of(two)).estimator == "mean"


def test_whom_the_lot_gave_other_projects_is_neither_absent_nor_needed() -> None:
    """Else every result by lot would be provisional, and every project incomplete."""
    experts = structs.replace(EXPERTS, each=2)
    spec = seated(spec_of(JURY, quorum=2, estimator="z-score"), experts, INVESTORS, SHADOWS)
    mine = [("e1", "a"), ("e2", "a"), ("e2", "b"), ("e3", "b")]
    spec = structs.replace(spec, assigned=tuple((PersonId(judge), ProjectId(project)) for judge, project in mine))
    assert elsewhere(spec) == {("e3", "a"), ("e1", "b")}
    given = [one for one in ballots_of(JURY) if (one.judge, one.project) not in elsewhere(spec)]
    result = evaluate(spec, given)
    assert (result.caveat, result.provisional, [one.ballots for one in result.standings]) == (None, False, [3, 3])


@pytest.mark.parametrize(("least", "winner"), [(0, "b"), (200, "a")])
def test_a_hair_s_breadth_is_not_as_much_as_ten_points(least: int, winner: str) -> None:
    """Mei finds a ten points better than b, two judges give b a single point more. Without a bound, each says as much
    as she does."""
    table = one_criterion([[80, 60, 70], [70, 71, 70], [70, 71, 70]])
    result = evaluate(spec_of(table, estimator="z-score", least_spread=least), ballots_of(table))
    assert result.standings[0].project == winner


def test_who_gives_everybody_the_same_moves_nobody() -> None:
    """Their standard deviation is zero, and what divides by it is not asked: with them or without, the order is one."""
    table = one_criterion([[80, 60, 70], [90, 50, 60], [50, 50, 50]])
    result = evaluate(spec_of(table, estimator="z-score"), ballots_of(table))
    assert [one.project for one in result.standings] == ["a", "c", "b"]
    counted = explanation(result, "a").steps[0]
    assert isinstance(counted, Counted)
    assert [one.becomes and Fraction(one.becomes.exact) for one in counted.judges][2] == 0


def test_a_jury_that_is_one_has_nothing_of_this_in_its_spec_or_result() -> None:
    """Hashes of polls that were begun before stay what they were."""
    table = one_criterion([[80, 60], [70, 65]])
    spec = spec_of(table)
    assert not any(word in canonical(spec) for word in (b"panel", b"seats", b"assigned", b"draw", b"least_spread"))
    told = canonical(evaluate(spec, ballots_of(table)).explanations)
    assert not any(word in told for word in (b"panel", b"beside", b"weighed"))
    steps = explanation(evaluate(spec, ballots_of(table)), "a").steps
    assert isinstance(steps[1], Estimated)
