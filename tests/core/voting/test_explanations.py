"""The result explains itself: each step of how a place came about."""

import msgspec
from hypothesis import given

from roadshow.ids import PersonId, ProjectId
from roadshow.voting.ballot import canonical
from roadshow.voting.explanation import (
    AudienceAdded,
    Counted,
    Estimated,
    Explanation,
    Figure,
    JudgeLine,
    Penalised,
    Placed,
    Prized,
    Ranked,
    TieTried,
)
from roadshow.voting.rules import Votes, evaluate
from tests.core.voting.juries import (
    Table,
    audience,
    ballot_of,
    ballots_of,
    explanation,
    fields,
    one_criterion,
    outcome,
    penalty,
    revote_of,
    set_aside,
    spec_of,
)

A, B = ProjectId("a"), ProjectId("b")


def test_every_judge_is_accounted_for_with_state_and_reason() -> None:
    """Whoever asks "where is Olga's vote?" finds the answer in the result; only submitted ones count."""
    table: Table = {f"j{n}": {} for n in range(6)}
    ballots = (
        ballot_of("j0", "a", (80,)),
        ballot_of("j1", "a", None, category="close"),
        ballot_of("j2", "a", None, abstained=True, category="subject"),
        ballot_of("j3", "a", (10,)),
    )
    spec = spec_of(table, projects="a", recused=(("j5", "a"),))
    result = evaluate(spec, ballots, set_aside=(set_aside("j3", "a", "meant for b"),))
    counted = explanation(result, "a").steps[0]
    assert counted == Counted(
        judges=(
            JudgeLine(PersonId("j0"), "submitted", total=Figure("80", "80.00")),
            JudgeLine(PersonId("j1"), "recused", category="close"),
            JudgeLine(PersonId("j2"), "abstained", category="subject"),
            JudgeLine(PersonId("j3"), "void", "meant for b"),
            JudgeLine(PersonId("j4"), "absent"),
            JudgeLine(PersonId("j5"), "recused"),
        ),
        ballots=1,
        quorum=1,
    )


def test_a_conflict_declared_beforehand_is_told_with_its_kind() -> None:
    """One that the organisers named has none: what it is, is theirs to know."""
    table = one_criterion([[80, 70], [60, 50]])
    spec = spec_of(table, recused=(("j0", "a"), ("j1", "b")))
    spec = msgspec.structs.replace(spec, declared=((PersonId("j0"), A, "advises"),))
    ballots = [one for one in ballots_of(table) if (one.judge, one.project) not in spec.recused]
    lines = [explanation(evaluate(spec, ballots), one).steps[0] for one in ("a", "b")]
    assert [[one.category for one in line.judges] for line in lines if isinstance(line, Counted)] == [
        ["advises", ""],
        ["", ""],
    ]


def test_the_way_from_ballots_to_place_is_told_in_order() -> None:
    """90 − 10 = 80, with half of the audience's 100 it is 90, level with b; then the jury alone decides."""
    table = one_criterion([[90, 85]])
    result = evaluate(
        spec_of(table, audience_share=50, chain=("net", "shared")),
        ballots_of(table),
        penalties=(penalty("a", 1_000, "overtime"),),
        audience=audience(a=20, b=19),
    )
    assert explanation(result, "a").steps[1:] == (
        Estimated("mean", "mean", Figure("90", "90.00"), fewest=1),
        Penalised(Figure("10", "10.00"), "overtime", Figure("80", "80.00")),
        AudienceAdded(20, 20, 50, Figure("90", "90.00")),
        Ranked("exact", Figure("90", "90.00"), 0, (B,)),
        TieTried(
            "net",
            (A, B),
            "divided",
            parts=((B,), (A,)),
            values={A: Figure("80", "80.00"), B: Figure("85", "85.00")},
        ),
        Placed(2, "net"),
    )


def test_steps_that_could_not_tell_are_told_too() -> None:
    """Why the chair was asked at all is half of the explanation; the chair's reason is the other half."""
    table = one_criterion([[50, 50]])
    spec = spec_of(table, chain=("heaviest-criterion", "pairwise-majority", "re-vote", "chair"))
    level = revote_of(one_criterion([[7, 7]]))
    result = evaluate(spec, ballots_of(table), ((B, A),), settled_because=("a bolder plan",), revotes=(level,))
    tried = [step for step in explanation(result, "a").steps if isinstance(step, TieTried)]
    assert [(step.by, step.outcome) for step in tried] == [
        ("heaviest-criterion", "level"),
        ("pairwise-majority", "level"),
        ("re-vote", "level"),
        ("chair", "divided"),
    ]
    assert tried[2].values == {A: Figure("7", "7.00"), B: Figure("7", "7.00")}
    assert (tried[3].parts, tried[3].reason) == (((B,), (A,)), "a bolder plan")


def test_a_majority_is_told_by_who_beats_whom() -> None:
    """A number would say nothing here."""
    table = one_criterion([[60, 50], [60, 50], [50, 70]])
    result = evaluate(spec_of(table), ballots_of(table))
    tried = [step for step in explanation(result, "b").steps if isinstance(step, TieTried)]
    assert tried[-1].beats == {A: (B,), B: ()}


def test_an_incomplete_project_is_told_what_it_lacked() -> None:
    """One ballot of two."""
    table = one_criterion([[60]])
    steps = explanation(evaluate(spec_of(table, quorum=2), ballots_of(table)), "a").steps
    assert isinstance(steps[0], Counted)
    assert (steps[0].ballots, steps[0].quorum, steps[1:]) == (1, 2, (Placed(None, "incomplete"),))


@given(fields())
def test_an_explanation_survives_being_stored_and_ends_where_the_standing_does(votes: Votes) -> None:
    """It is kept with the confirmed result, in which every project has one, in the order of the standings."""
    result = outcome(votes)
    stored = canonical(result.explanations)
    assert msgspec.json.decode(stored, type=tuple[Explanation, ...]) == result.explanations
    for told, standing in zip(result.explanations, result.standings, strict=True):
        (last,) = (step for step in told.steps if isinstance(step, Placed))
        assert told.steps[-1] is last or isinstance(told.steps[-1], Prized)
        assert (told.project, last.place, last.decided_by) == (standing.project, standing.place, standing.decided_by)
        scores = [step.score.shown for step in told.steps if isinstance(step, Ranked)]
        assert scores == [standing.score][: len(scores)]
