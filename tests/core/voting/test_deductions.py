"""Points that judges take off for stated reasons."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from roadshow.errors import InputError
from roadshow.ids import CommandId, CriterionId, PersonId, ProjectId
from roadshow.voting.ballot import canonical, check, frame
from roadshow.voting.changes import changes
from roadshow.voting.explanation import Counted, Deducted, Figure, Ranked, Taken
from roadshow.voting.ledger.proceedings.standing import Impossible
from roadshow.voting.rules import FieldResult, Votes
from roadshow.voting.spec import Deduction, PollSpec, Trim
from roadshow.voting.votes import Ballot, Cast
from tests.core.voting.juries import (
    DEDUCTIONS,
    ballot_of,
    ballots_of,
    explanation,
    fields,
    lessened,
    one_criterion,
    outcome,
    places,
    scores,
    spec_of,
)
from tests.core.voting.test_proceedings import ARM, IMPACT, LIN, SPEC, Ledger

OVERTIME, READING = (one.id for one in DEDUCTIONS)
C0 = CriterionId("c0")


def taking(rows: list[list[int]], taken: dict[tuple[str, str], dict[CriterionId, int]], **rules: object) -> Votes:
    """``taken``: by judge and project, steps off for each reason."""
    table = one_criterion(rows)
    ballots = [lessened(one, taken.get((one.judge, one.project), {})) for one in ballots_of(table)]
    return Votes(spec_of(table, deductions=DEDUCTIONS, **rules), ballots)  # type: ignore[arg-type]  # own types


def deducted(result: FieldResult, project: str) -> Deducted | None:
    steps = explanation(result, project).steps
    return next((step for step in steps if isinstance(step, Deducted)), None)


def test_what_a_judge_takes_off_is_off_that_judge_s_own_total() -> None:
    """Three and a half points by one of two judges are one and three quarters of the mean."""
    result = outcome(taking([[80, 79], [80, 79]], {("j0", "a"): {OVERTIME: 7}}))
    assert scores(result) == {"a": "78.25", "b": "79.00"}
    assert places(result)["b"] == (1, "score")
    assert deducted(result, "a") == Deducted((Taken(OVERTIME, 1, Figure("1.75", "1.75")),))
    assert deducted(result, "b") is None
    counted = explanation(result, "a").steps[0]
    assert isinstance(counted, Counted)
    assert [(one.total and one.total.shown, one.taken) for one in counted.judges] == [
        ("76.50", {OVERTIME: Figure("3.5", "3.50")}),
        ("80.00", {}),
    ]


def test_averaged_they_are_off_the_points_and_no_trimming_drops_them() -> None:
    """The strictest judge's card is left out, and what that judge took off is not."""
    taken = {("j0", "a"): {READING: 6}}
    rows = [[60, 70], [70, 70], [80, 70]]
    own = outcome(taking(rows, taken, estimator="trimmed-mean", trim=Trim(1, 3)))
    averaged = outcome(taking(rows, taken, estimator="trimmed-mean", trim=Trim(1, 3), deductions_averaged=True))
    assert scores(own)["a"] == "70.00"
    assert scores(averaged)["a"] == "68.00"
    assert deducted(averaged, "a") == Deducted(
        (Taken(READING, 1, Figure("2", "2.00")),), Figure("2", "2.00"), Figure("68", "68.00")
    )


def test_nobody_has_less_than_nothing_from_a_judge() -> None:
    """A judge who gives 3 and takes 60 off gives 0: another judge's points are not theirs to take."""
    result = outcome(taking([[3], [80]], {("j0", "a"): {READING: 60}}))
    assert scores(result) == {"a": "40.00"}


def test_a_ballot_that_does_not_count_takes_nothing_off() -> None:
    """An abstention or one that is set aside is in no sum, and so are its deductions."""
    votes = taking([[80], [80]], {("j0", "a"): {READING: 9}}, deductions_averaged=True)
    spec = structs.replace(votes.spec, recused=((PersonId("j0"), ProjectId("a")),))
    assert scores(outcome(Votes(spec, votes.ballots))) == {"a": "80.00"}


@pytest.mark.parametrize(("steps", "is_taken"), [(0, False), (1, True), (20, True), (21, False), (-1, False)])
def test_a_ballot_takes_off_within_the_stated_range(steps: int, is_taken: bool) -> None:
    """Ten points are twenty halves; to take nothing is said in one way, by saying nothing."""
    cast = Cast(CommandId("command-1"), ProjectId("a"), {C0: 5, OVERTIME: steps}, 0)
    spec = spec_of({"lin": {}}, ((1, 10),), projects="a", deductions=DEDUCTIONS)
    if is_taken:
        check(cast, spec)
        return
    with pytest.raises(InputError) as caught:
        check(cast, spec)
    assert (caught.value.code, caught.value.details) == (
        "ballot.out_of_range",
        {"criterion": OVERTIME, "maximum": 10},
    )


@pytest.mark.parametrize(
    ("given", "code"),
    [({C0: 5, OVERTIME: True}, "ballot.malformed"), ({OVERTIME: 1}, "ballot.missing_criterion")],
)
def test_a_deduction_is_no_score(given: dict[CriterionId, int], code: str) -> None:
    """It stands for no criterion, and truth for no number."""
    spec = spec_of({"lin": {}}, ((1, 10),), projects="a", deductions=DEDUCTIONS)
    with pytest.raises(InputError) as caught:
        check(Cast(CommandId("command-1"), ProjectId("a"), given, 0), spec)
    assert caught.value.code == code


def test_without_any_a_poll_keeps_its_hash_and_takes_none() -> None:
    """One that was begun before there were deductions goes on."""
    spec = spec_of({"lin": {}}, ((1, 10),), projects="a")
    assert b"deduct" not in canonical(spec)
    with pytest.raises(InputError) as caught:
        check(Cast(CommandId("command-1"), ProjectId("a"), {C0: 5, OVERTIME: 1}, 0), spec)
    assert caught.value.code == "ballot.unknown_criterion"


def _scored(ledger: Ledger, scores: dict[CriterionId, int]) -> None:
    ledger.open(ARM)
    cast = Cast(ledger.command(), ARM, scores, 0)
    ledger.write("ballot", frame(LIN, cast).at_revision(1))


def _with_deductions() -> PollSpec:
    return structs.replace(SPEC, rules=structs.replace(SPEC.rules, deductions=DEDUCTIONS))


def test_a_recount_knows_what_can_be_taken_off() -> None:
    """A store that let in more, or a reason nobody stated, is told."""
    _scored(Ledger(_with_deductions()), {IMPACT: 5, OVERTIME: 20})
    with pytest.raises(Impossible, match="21 of 20 off for overtime"):
        _scored(Ledger(_with_deductions()), {IMPACT: 5, OVERTIME: 21})
    with pytest.raises(Impossible, match="0 of 20 off"):
        _scored(Ledger(_with_deductions()), {IMPACT: 5, OVERTIME: 0})
    with pytest.raises(Impossible, match="just the criteria"):
        _scored(Ledger(SPEC), {IMPACT: 5, OVERTIME: 1})
    with pytest.raises(Impossible, match="just the criteria"):
        _scored(Ledger(_with_deductions()), {OVERTIME: 1})


def test_a_changed_range_is_said_in_the_definition_s_words() -> None:
    """Who changed it after the first window reads what to put back."""
    was = spec_of({"lin": {}}, projects="a", deductions=DEDUCTIONS[:1])
    more = Deduction(OVERTIME, 20, 2)
    now = spec_of({"lin": {}}, projects="a", deductions=(more,), deductions_averaged=True)
    assert changes(was, now) == (
        "rules.deductions: overtime (maximum = 20, step = 1/2), was overtime (maximum = 10, step = 1/2)",
        "rules.deducted_from: points, was total",
    )


@given(fields(), st.data())
def test_whoever_takes_more_off_a_project_never_lifts_it(votes: Votes, data: st.DataObject) -> None:
    """By the mean of a field without panels, one more step off leaves a project where it is or lower."""
    rules = structs.replace(votes.spec.rules, estimator="mean", deductions=DEDUCTIONS, panels=(), rank_on="exact")
    spec = structs.replace(votes.spec, rules=rules, seats=(), assigned=())
    plain = Votes(spec, votes.ballots, substitutions=votes.substitutions)
    before = outcome(plain)
    chosen = data.draw(st.sampled_from(votes.ballots) if votes.ballots else st.none())
    if chosen is None or chosen.recused or chosen.abstained:
        return
    more = {READING: min(chosen.scores.get(READING, 0) + data.draw(st.integers(1, 9)), DEDUCTIONS[1].most)}
    ballots = [lessened(one, more) if one is chosen else one for one in votes.ballots]
    after = outcome(Votes(spec, ballots, substitutions=votes.substitutions))
    assert _ahead(after, chosen) >= _ahead(before, chosen)


def _ahead(result: FieldResult, ballot: Ballot) -> int:
    """Projects with more points, exactly."""
    points = {
        told.project: Fraction(step.score.exact)
        for told in result.explanations
        for step in told.steps
        if isinstance(step, Ranked)
    }
    mine = points.get(ballot.project)
    return 0 if mine is None else sum(other > mine for other in points.values())


def test_a_ballot_of_the_table_holds_what_is_taken() -> None:
    """The helper of these tests does what it says."""
    assert lessened(ballot_of("lin", "a", (5,)), {OVERTIME: 1}).scores == {C0: 5, OVERTIME: 1}
