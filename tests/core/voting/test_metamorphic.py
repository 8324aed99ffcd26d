"""What must not matter does not, and what must help does: the same field, changed in one respect."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any, TypeVar

import msgspec
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from roadshow.ids import ProjectId
from roadshow.voting.carried.terms import Came, Line
from roadshow.voting.questions.state import Casting, Given, Question
from roadshow.voting.rules import FieldResult, Votes
from roadshow.voting.tally import Penalty
from roadshow.voting.votes import Ballot
from tests.core.voting.juries import fields, outcome, submitted


def _told(result: FieldResult) -> list[tuple[str, int | None, str, str]]:
    return sorted((one.project, one.place, one.score, one.decided_by) for one in result.standings)


def _facts(result: FieldResult) -> Any:
    return (
        {one.project: (one.place, one.score, one.decided_by, one.ballots) for one in result.standings},
        {(frozenset(tie.projects), tie.waits_for) for tie in result.ties},
        [(one.award, frozenset(one.projects), one.value) for one in result.awards],
        (result.estimator, result.provisional),
    )


Named = TypeVar("Named", Came, Line)


def _renamed(lines: Sequence[Named], new: Mapping[ProjectId, ProjectId]) -> tuple[Named, ...]:
    return tuple(msgspec.structs.replace(one, project=new[one.project]) for one in lines)


def _with_rules(votes: Votes, **rules: Any) -> Votes:
    rule_set = msgspec.structs.replace(votes.spec.rules, **rules)
    return replace(votes, spec=msgspec.structs.replace(votes.spec, rules=rule_set))


@settings(max_examples=200)
@given(fields(), st.randoms(use_true_random=False))
def test_the_order_of_judges_projects_criteria_and_ballots_decides_nothing(votes: Votes, random: Random) -> None:
    """Never an id, never a time, never who pitched first."""

    def shuffled(values: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(random.sample(values, len(values)))

    votes = replace(votes, substitutions=())  # from which project on is a word about their order
    spec = votes.spec
    other = msgspec.structs.replace(
        spec, projects=shuffled(spec.projects), judges=shuffled(spec.judges), criteria=shuffled(spec.criteria)
    )
    changed = replace(votes, spec=other, ballots=shuffled(votes.ballots), set_aside=shuffled(votes.set_aside))
    assert _facts(outcome(votes)) == _facts(outcome(changed))


@settings(max_examples=150)
@given(fields(), st.permutations("pqrst"))
def test_names_decide_nothing(votes: Votes, names: Sequence[str]) -> None:
    """The field with other ids has the same result under other ids."""
    new = {old: ProjectId(name) for old, name in zip(votes.spec.projects, names, strict=False)}

    def renamed(ballot: Ballot) -> Ballot:
        return msgspec.structs.replace(ballot, project=new[ballot.project])

    def asked(question: Question) -> Question:
        def chosen(one: Given | Casting) -> Any:
            return msgspec.structs.replace(one, choice=one.choice and new.get(one.choice, one.choice))

        return msgspec.structs.replace(
            question,
            projects=tuple(new[project] for project in question.projects),
            votes=tuple(map(chosen, question.votes)),
            casting=question.casting and chosen(question.casting),
        )

    spec = votes.spec
    other = Votes(
        spec=msgspec.structs.replace(
            spec,
            projects=tuple(new[project] for project in spec.projects),
            recused=tuple((judge, new[project]) for judge, project in spec.recused),
            assigned=tuple((judge, new[project]) for judge, project in spec.assigned),
            carried=spec.carried and msgspec.structs.replace(spec.carried, came=_renamed(spec.carried.came, new)),
        ),
        ballots=[renamed(ballot) for ballot in votes.ballots],
        settled=tuple(tuple(new[project] for project in order) for order in votes.settled),
        set_aside=tuple(msgspec.structs.replace(one, project=new[one.project]) for one in votes.set_aside),
        penalties=tuple(msgspec.structs.replace(one, project=new[one.project]) for one in votes.penalties),
        revotes=tuple(
            msgspec.structs.replace(
                one,
                projects=tuple(new[project] for project in one.projects),
                ballots=tuple(msgspec.structs.replace(a, ballot=renamed(a.ballot)) for a in one.ballots),
            )
            for one in votes.revotes
        ),
        audience={new[project]: count for project, count in votes.audience.items()},
        substitutions=[msgspec.structs.replace(one, project=new[one.project]) for one in votes.substitutions],
        questions=tuple(map(asked, votes.questions)),
        brought=votes.brought and msgspec.structs.replace(votes.brought, came=_renamed(votes.brought.came, new)),
    )
    before = {new[one.project]: (one.place, one.score, one.decided_by) for one in outcome(votes).standings}
    assert before == {one.project: (one.place, one.score, one.decided_by) for one in outcome(other).standings}


@settings(max_examples=150)
@given(fields(), st.integers(2, 50))
def test_only_the_proportions_of_weights_count(votes: Votes, factor: int) -> None:
    """3 to 1 and 30 to 10 are one rubric."""
    criteria = tuple(msgspec.structs.replace(one, weight=one.weight * factor) for one in votes.spec.criteria)
    changed = replace(votes, spec=msgspec.structs.replace(votes.spec, criteria=criteria))
    assert _facts(outcome(votes)) == _facts(outcome(changed))


@settings(max_examples=150)
@given(fields(), st.integers(2, 50))
def test_a_finer_scale_with_the_same_judgements_changes_no_place(votes: Votes, factor: int) -> None:
    """8 of 10 is 80 of 100."""
    criteria = tuple(msgspec.structs.replace(one, maximum=one.maximum * factor) for one in votes.spec.criteria)

    def finer(ballot: Ballot) -> Ballot:
        scores = {one: score * factor if one.startswith("c") else score for one, score in ballot.scores.items()}
        return msgspec.structs.replace(ballot, scores=scores)

    changed = replace(
        votes,
        spec=msgspec.structs.replace(votes.spec, criteria=criteria),
        ballots=[finer(ballot) for ballot in votes.ballots],
        revotes=tuple(
            msgspec.structs.replace(
                one, ballots=tuple(msgspec.structs.replace(a, ballot=finer(a.ballot)) for a in one.ballots)
            )
            for one in votes.revotes
        ),
    )
    assert _told(outcome(votes)) == _told(outcome(changed))


@settings(max_examples=150)
@given(fields(), st.integers(1, 10), st.sampled_from(["z-score", "borda"]), st.data())
def test_a_lenient_judge_moves_nothing_that_is_relative(
    votes: Votes, more: int, estimator: str, data: st.DataObject
) -> None:
    """The same number on all of one judge's totals leaves z-scores and Borda counts as they are."""
    judge = data.draw(st.sampled_from(votes.spec.judges))
    heaviest = max(votes.spec.criteria, key=lambda one: one.weight)
    wide = msgspec.structs.replace(heaviest, maximum=heaviest.maximum + more)
    criteria = tuple(wide if one == heaviest else one for one in votes.spec.criteria)
    rubric = replace(votes, spec=msgspec.structs.replace(votes.spec, criteria=criteria))
    base = _with_rules(rubric, estimator=estimator, deductions=())  # what ends at nothing is not relative

    def raised(ballot: Ballot) -> Ballot:
        if ballot.judge != judge or not submitted([ballot]):
            return ballot
        return msgspec.structs.replace(ballot, scores=ballot.scores | {wide.id: ballot.scores[wide.id] + more})

    def raw(votes: Votes) -> Any:
        return {
            one.project: [step.raw for step in one.steps if step.__class__.__name__ == "Estimated"]  # type: ignore[union-attr]
            for one in outcome(votes).explanations
        }

    assert raw(base) == raw(replace(base, ballots=[raised(ballot) for ballot in base.ballots]))


@settings(max_examples=300)
@given(fields(), st.sampled_from(["mean", "trimmed-mean", "borda"]), st.data())
def test_a_higher_score_never_costs_a_place(votes: Votes, estimator: str, data: st.DataObject) -> None:
    """A judge who wants to help can only help. (Not so for z-scores: a raised score widens the judge's spread.)"""
    votes = _with_rules(votes, estimator=estimator, tie_chain=("shared",))
    scored = submitted(votes.ballots)
    assume(scored)
    chosen = data.draw(st.sampled_from(scored))
    criterion = data.draw(st.sampled_from(votes.spec.criteria))
    better = msgspec.structs.replace(chosen, scores=chosen.scores | {criterion.id: criterion.most})
    ballots = [better if ballot is chosen else ballot for ballot in votes.ballots]
    before, after = outcome(votes), outcome(replace(votes, ballots=ballots))
    place = {one.project: one.place for one in before.standings}[chosen.project]
    now = {one.project: one.place for one in after.standings}[chosen.project]
    assert (place is None) == (now is None)
    assert place is None or now is None or now <= place


@settings(max_examples=150)
@given(fields(), st.integers(1, 5_000), st.data())
def test_a_penalty_never_wins_a_place(votes: Votes, points: int, data: st.DataObject) -> None:
    """Whatever the estimator."""
    votes = replace(_with_rules(votes, tie_chain=("shared",)), penalties=())
    project = data.draw(st.sampled_from(votes.spec.projects))
    penalised = replace(votes, penalties=(Penalty(project, points, "overtime", votes.spec.chair),))
    place = {one.project: one.place for one in outcome(votes).standings}[project]
    now = {one.project: one.place for one in outcome(penalised).standings}[project]
    assert place is None or (now is not None and now >= place)


@settings(max_examples=200)
@given(fields())
def test_places_are_those_of_a_race(votes: Votes) -> None:
    """1, 1, 3: one more than the number of those ahead, and nobody complete is left out."""
    places = [one.place for one in outcome(votes).standings if one.place is not None]
    assert places == [1 + sum(other < place for other in places) for place in places]


@settings(max_examples=200)
@given(fields())
def test_the_chair_can_settle_every_tie_and_only_once_each(votes: Votes) -> None:
    """A final must be able to end: after one vote on each reported tie none is left."""
    votes = _with_rules(replace(votes, settled=(), revotes=()), tie_chain=("pairwise-majority", "re-vote", "chair"))
    ties = outcome(votes).ties
    assert outcome(replace(votes, settled=tuple(tie.projects for tie in ties))).ties == ()


@settings(max_examples=200)
@given(fields())
def test_an_older_revision_beside_the_newest_changes_nothing(votes: Votes) -> None:
    """The newest counts, wherever in the list it stands."""
    older = [
        msgspec.structs.replace(ballot, revision=0, scores=dict.fromkeys(ballot.scores, 0))
        for ballot in submitted(votes.ballots)
    ]
    assert _facts(outcome(votes)) == _facts(outcome(replace(votes, ballots=[*votes.ballots, *older])))
