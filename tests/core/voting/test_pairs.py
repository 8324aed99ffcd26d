"""Ballots that are comparisons: which count, what they are worth, and what a lot gives each judge."""

from collections.abc import Mapping
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from roadshow.errors import Conflict, InputError, NotAllowed
from roadshow.ids import CommandId, CriterionId, PanelId, PersonId, ProjectId
from roadshow.voting import acts
from roadshow.voting.ballot import canonical, check, digest, frame
from roadshow.voting.entitlement import require_heard
from roadshow.voting.explanation import Counted, Met, Placed
from roadshow.voting.ledger.proceedings.standing import Impossible
from roadshow.voting.results import CeremonyState
from roadshow.voting.rules import Votes
from roadshow.voting.seating.pairings import TOGETHER, opponents
from roadshow.voting.spec import Panel, PollSpec
from roadshow.voting.tally import PollState, Revote, Tally
from roadshow.voting.votes import Accepted, Ballot, Cast
from tests.core.voting.juries import (
    ballot_of,
    explanation,
    outcome,
    pairs_of,
    places,
    scores,
    set_aside,
    spec_of,
)
from tests.core.voting.test_orders import states
from tests.core.voting.test_proceedings import ARM, CHAIR, LEG, LIN, SPEC, WHY, Ledger

CHAIN = ("pairwise-majority", "re-vote", "chair", "shared")
EYE = ProjectId("eye")
A, B, C = (ProjectId(name) for name in "abc")


def compared(*sent: Ballot, judges: str = "jkl", projects: str = "abc", **rules: object) -> Votes:
    spec = spec_of(
        {judge: {} for judge in judges},
        projects=projects,
        **{"estimator": "copeland", "ballots": "pairs", "chain": CHAIN, **rules},  # type: ignore[arg-type]  # own types
    )
    return Votes(spec, sent)


def row(judge: str, order: str) -> list[Ballot]:
    """All comparisons of a judge who has this order in mind, each sent in the window of the later project."""
    return [
        pairs_of(judge, window, {other: 2 if order.index(window) < order.index(other) else 0 for other in before})
        for number, window in enumerate(sorted(order))
        if (before := sorted(order)[:number])
    ]


def test_the_jury_s_majority_decides_each_pair_and_the_share_of_them_the_place() -> None:
    """Two of three put a first, so it has won both of its pairs; b has one, c none."""
    result = outcome(compared(*row("j", "abc"), *row("k", "acb"), *row("l", "bca")))
    assert places(result) == {"a": (1, "score"), "b": (2, "score"), "c": (3, "score")}
    assert scores(result) == {"a": "100.00", "b": "50.00", "c": "0.00"}
    assert [step for step in explanation(result, "b").steps if isinstance(step, Met)] == [Met((C,), (), (A,))]
    counted = explanation(result, "a").steps[0]
    assert isinstance(counted, Counted)
    assert [(one.compared, one.total and one.total.shown) for one in counted.judges] == [
        (2, "100.00"),
        (2, "100.00"),
        (2, "0.00"),
    ]


def test_level_is_half_a_point_whether_of_one_judge_or_of_as_many_on_each_side() -> None:
    """Nobody gains by it, and nobody loses."""
    one = compared(pairs_of("j", "b", {"a": 1}), projects="ab", level_places=True)
    two = compared(pairs_of("j", "b", {"a": 2}), pairs_of("k", "b", {"a": 0}), projects="ab")
    for votes in (one, two):
        assert scores(outcome(votes)) == {"a": "50.00", "b": "50.00"}


def test_who_was_compared_with_fewer_is_measured_by_those() -> None:
    """c met a alone, and a won: that b never met c is no loss of either."""
    sent = (pairs_of("j", "b", {"a": 2}), pairs_of("j", "c", {"a": 0}))
    assert scores(outcome(compared(*sent))) == {"a": "50.00", "b": "100.00", "c": "0.00"}


def test_with_too_few_opponents_there_is_no_place_and_whoever_needs_them_has_none_either() -> None:
    """Of four, d met c alone. Without d, c has met only two, as the rules ask; with three asked for, nobody is left."""
    sent = [*row("j", "abc"), pairs_of("j", "d", {"c": 0})]
    two = outcome(compared(*sent, projects="abcd", least_opponents=2))
    assert places(two)["d"] == (None, "incomplete")
    assert scores(two) == {"a": "100.00", "b": "50.00", "c": "0.00", "d": ""}
    assert explanation(two, "d").steps[-1] == Placed(None, "unmet")
    chain = [*sent, pairs_of("j", "e", {"d": 0})]
    assert places(outcome(compared(*chain, projects="abcde", least_opponents=2)))["d"] == (None, "incomplete")
    assert all(
        place is None for place, _ in places(outcome(compared(*sent, projects="abcd", least_opponents=3))).values()
    )


def test_the_newest_comparison_of_two_counts_whichever_of_their_windows_it_came_in() -> None:
    """A window opened again takes what the judge thinks now."""
    first, second = pairs_of("j", "b", {"a": 2}), pairs_of("j", "a", {"b": 2})
    assert scores(outcome(compared(first, second, projects="ab"))) == {"a": "100.00", "b": "0.00"}
    assert scores(outcome(compared(second, first, projects="ab"))) == {"a": "0.00", "b": "100.00"}


def test_an_abstention_takes_back_what_was_said_before_it_of_that_project() -> None:
    """And is itself taken back by whatever the judge says of it later."""
    before, after = pairs_of("j", "c", {"a": 2, "b": 2}), pairs_of("j", "b", {"a": 0})
    abstained = ballot_of("j", "a", None, abstained=True, category="missed")
    result = outcome(compared(before, abstained))
    assert [states(result, one)["j"] for one in "abc"] == ["abstained", "submitted", "submitted"]
    again = outcome(compared(before, abstained, after))
    assert [states(again, one)["j"] for one in "abc"] == ["submitted", "submitted", "submitted"]
    assert scores(again) == {"a": "100.00", "b": "0.00", "c": "100.00"}


@pytest.mark.parametrize("how", ["declared", "recused", "void"])
def test_a_project_that_is_struck_is_struck_out_of_every_comparison(how: str) -> None:
    """By a conflict of interest as by the chair's word; who has nothing else to say of the other is absent there."""
    sent = [pairs_of("j", "b", {"a": 2}), *row("k", "bac")]
    if how == "recused":
        sent.append(ballot_of("j", "b", None, category="stake"))
    votes = compared(*sent, recused=(("j", "b"),) if how == "declared" else ())
    votes = Votes(votes.spec, sent, set_aside=(set_aside("j", "b"),) if how == "void" else ())
    result = outcome(votes)
    assert states(result, "b")["j"] == ("void" if how == "void" else "recused")
    assert states(result, "a")["j"] == "absent"
    assert scores(result) == {"a": "50.00", "b": "100.00", "c": "0.00"}


def test_panels_weigh_in_each_pair() -> None:
    """Two investors are for a, one expert for b, whose panel weighs more."""
    panels = (Panel(PanelId("experts"), 60), Panel(PanelId("money"), 40))
    sent = [pairs_of("j", "b", {"a": 2}), pairs_of("k", "b", {"a": 0}), pairs_of("l", "b", {"a": 0})]
    votes = compared(*sent, projects="ab", panels=panels)
    seats = tuple(zip(votes.spec.judges, (panels[0].id, panels[1].id, panels[1].id), strict=True))
    assert scores(outcome(Votes(structs.replace(votes.spec, seats=seats), sent))) == {"a": "0.00", "b": "100.00"}


def test_a_circle_of_majorities_is_a_tie_and_a_re_vote_takes_comparisons_again() -> None:
    """Who has not compared all of the tie has no say in it."""
    sent = [*row("j", "abc"), *row("k", "bca"), *row("l", "cab")]
    votes = compared(*sent, revote_quorum=2)
    assert [tie.projects for tie in outcome(votes).ties] == [(A, B, C)]
    again = [*row("j", "cba"), *row("k", "cba"), pairs_of("l", "a", {"b": 2})]
    revote = Revote(2, (A, B, C), "level", tuple(Accepted(one, n, "") for n, one in enumerate(again)))
    result = outcome(Votes(votes.spec, sent, revotes=(revote,)))
    assert {project: place for project, (place, _) in places(result).items()} == {"c": 1, "b": 2, "a": 3}
    fewer = structs.replace(revote, ballots=revote.ballots[1:])
    assert outcome(Votes(votes.spec, sent, revotes=(fewer,))).ties[0].judges == 1


# What is sent -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scores", "code"),
    [
        ({"b": 2}, ""),
        ({"b": 0, "c": 2}, ""),
        ({}, "ballot.pairs"),
        ({"a": 2}, "ballot.pairs"),
        ({"b": 3}, "ballot.pairs"),
        ({"b": -1}, "ballot.pairs"),
        ({"b": True}, "ballot.pairs"),
        ({"x": 2}, "ballot.pairs"),
        ({"b": 1}, "ballot.level"),
    ],
)
def test_a_ballot_compares_its_project_with_others_of_the_field(scores: dict[str, int], code: str) -> None:
    """With itself, or by more than a whole point, would be worth what nobody gave."""
    cast = Cast(CommandId("command-1"), A, {CriterionId(p): n for p, n in scores.items()}, 0)
    told = ""
    try:
        check(cast, compared().spec)
    except InputError as refusal:
        told = refusal.code
    assert told == code


def test_comparisons_are_of_what_has_pitched_and_what_the_lot_gave() -> None:
    """In a re-vote of the tie, by whomever."""
    spec = compared(projects="abcdefg", opponents=2).spec
    met = next(iter(opponents(spec, PersonId("j"))[A]))
    other = next(one for one in spec.projects if one != A and one not in opponents(spec, PersonId("j"))[A])
    state = PollState(1, "", (), Tally((), revotes=(Revote(2, (A, other), "level"),)), CeremonyState.SEALED, None, 0)

    def asked(state: PollState, with_: ProjectId, in_round: int = 1) -> None:
        require_heard(spec, PersonId("j"), Cast(CommandId("command-1"), A, {CriterionId(with_): 2}, 0, in_round), state)

    with pytest.raises(Conflict, match=r"ballot\.unheard"):
        asked(state, met)
    state = structs.replace(state, opened=spec.projects)
    asked(state, met)
    asked(state, other, 2)
    with pytest.raises(NotAllowed, match=r"ballot\.undrawn"):
        asked(state, other)
    for recused in (structs.replace(spec, recused=((PersonId("j"), met),)), spec):
        withdrawn = Accepted(ballot_of("j", met, None, category="stake"), 1, "")
        sent = structs.replace(state, tally=Tally((withdrawn,) if recused is spec else ()))
        with pytest.raises(Conflict, match=r"ballot\.recused"):
            require_heard(recused, PersonId("j"), Cast(CommandId("command-1"), A, {CriterionId(met): 2}, 0), sent)
    for with_, in_round in ((met, 2), (other, 3)):
        with pytest.raises(InputError, match=r"ballot\.pairs"):
            asked(state, with_, in_round)


def test_a_poll_from_before_keeps_its_hash() -> None:
    """Its spec says nothing of opponents."""
    assert b"opponents" not in canonical(spec_of({"lin": {}}, projects="a"))


# The lot ------------------------------------------------------------------------------------------------------------


@given(st.integers(1, 40), st.integers(1, 12), st.integers(0, 10))
def test_each_judge_meets_every_project_equally_often_and_no_pair_is_one_judges_alone(
    count: int, jury: int, half: int
) -> None:
    """Early or late, and whatever the draw: or a place would hang on whom one met."""
    names = [f"p{number:02}" for number in range(count)]
    spec = compared(projects="a", judges="abcdefghijkl"[:jury], opponents=2 * half, draw="41 7 23").spec
    spec = structs.replace(spec, projects=tuple(map(ProjectId, names)))
    compares: dict[frozenset[str], int] = {}
    for judge in spec.judges:
        met = opponents(spec, judge)
        sizes = [len(others) for others in met.values()]
        assert max(sizes) - min(sizes) == 0
        assert sizes[0] == count - 1 if not half else min(2 * half - 1, count - 1) <= sizes[0] <= 2 * half
        assert all((one in met[other]) == (other in met[one]) for one, other in combinations(spec.projects, 2))
        for pair in combinations(spec.projects, 2):
            compares[frozenset(pair)] = compares.get(frozenset(pair), 0) + (pair[1] in met[pair[0]])
    assert all(number >= min(TOGETHER, jury) for number in compares.values() if number)


def _drawn_again(spec: PollSpec, number: int) -> Mapping[ProjectId, set[ProjectId]]:
    """From docs/voting.md alone."""
    lots = {p: digest(f"{spec.poll}\n{spec.rules.draw}\n{p}\n".encode()) for p in spec.projects}
    circle = [p for _, p in sorted((lot, p) for p, lot in lots.items())]
    size, half, furthest = len(circle), spec.rules.opponents // 2, len(circle) // 2
    if half == 0 or half >= furthest:
        return {p: set(circle) - {p} for p in circle}
    sets = max(len(spec.judges) // 3, 1)
    start = (number % sets) * half
    steps = [1 + (start + n) % furthest for n in range(half)]
    met: dict[ProjectId, set[ProjectId]] = {p: set() for p in circle}
    for at in range(size):
        for step in steps:
            met[circle[at]].add(circle[(at + step) % size])
            met[circle[(at + step) % size]].add(circle[at])
    return met


@given(st.integers(2, 25), st.integers(1, 9), st.integers(0, 6), st.sampled_from(["", "41 7 23"]))
def test_anybody_can_draw_it_again(count: int, jury: int, half: int, draw: str) -> None:
    """A second program, written from the page."""
    spec = compared(projects="a", judges="abcdefghi"[:jury], opponents=2 * half, draw=draw).spec
    names = tuple(ProjectId(f"p{number:02}") for number in range(count))
    spec = structs.replace(spec, projects=names, reserve=(PersonId("later"),))
    for number, judge in enumerate((*spec.judges, *spec.reserve)):
        assert opponents(spec, judge) == _drawn_again(spec, number)


# Counting again -------------------------------------------------------------------------------------------------------


def _ledger(*, projects: tuple[ProjectId, ...] = (ARM, LEG, EYE), **rules: int) -> Ledger:
    rule_set = structs.replace(
        SPEC.rules,
        estimator="copeland",
        tie_chain=("re-vote", "chair"),
        ballots="pairs",
        **rules,
    )
    return Ledger(structs.replace(SPEC, projects=projects, rules=rule_set, recused=()))


def _send(ledger: Ledger, judge: PersonId, window: ProjectId, revision: int = 1, **others: int) -> None:
    cast = Cast(ledger.command(), window, {CriterionId(one): halves for one, halves in others.items()}, 0)
    ledger.write("ballot", frame(judge, cast).at_revision(revision))


def test_a_recount_takes_comparisons_as_a_store_does() -> None:
    """Nobody must be accused of one that fits; and the first project can be set aside, though no window had it."""
    ledger = _ledger()
    for project in (ARM, LEG):
        ledger.open(project)
    _send(ledger, LIN, LEG, arm=2)
    _send(ledger, LIN, LEG, 2, arm=0)
    for project in (ARM, LEG):
        ledger.act(CHAIR, acts.Void(LIN, project, WHY))
        ledger.act(CHAIR, acts.Restore(LIN, project, WHY))
    with pytest.raises(Impossible, match="no ballot that counts"):
        ledger.act(CHAIR, acts.Void(LIN, EYE, WHY))


@pytest.mark.parametrize(
    ("others", "why"),
    [
        ({}, "compares nothing"),
        ({"leg": 2}, "with itself"),
        ({"arm": 1}, "1 of 2 halves"),
        ({"arm": 3}, "3 of 2 halves"),
        ({"eye": 2}, "no window was opened"),
        ({"impact": 2}, "no window was opened"),
    ],
)
def test_a_recount_tells_of_a_comparison_that_no_store_takes(others: dict[str, int], why: str) -> None:
    """Whatever store let it through."""
    ledger = _ledger()
    for project in (ARM, LEG):
        ledger.open(project)
    with pytest.raises(Impossible, match=why):
        _send(ledger, LIN, LEG, **others)


def test_a_recount_tells_of_a_comparison_that_the_lot_gave_to_others() -> None:
    """Whoever may choose whom to compare a project with, chooses its place."""
    projects = (ARM, LEG, *(ProjectId(f"p{number}") for number in range(6)))
    ledger = _ledger(projects=projects, opponents=2)
    for project in projects:
        ledger.open(project)
    rules = structs.replace(SPEC.rules, ballots="pairs", opponents=2)
    met = opponents(structs.replace(SPEC, projects=projects, rules=rules), LIN)[ARM]
    _send(ledger, LIN, ARM, **dict.fromkeys(met, 2))
    stranger = next(one for one in projects if one != ARM and one not in met)
    with pytest.raises(Impossible, match="to other judges"):
        _send(ledger, LIN, ARM, 2, **{stranger: 2})


def test_a_recount_tells_of_a_late_comparison() -> None:
    """A window is opened again for it, in public."""
    ledger = _ledger()
    for project in (ARM, LEG):
        ledger.open(project)
        ledger.close(project)
    cast = Cast(ledger.command(), LEG, {CriterionId("arm"): 2}, 0)
    with pytest.raises(Impossible, match="window alone"):
        ledger.write("late", frame(LIN, cast, "late").at_revision(1))


def test_nobody_is_alone_with_a_pair_because_all_others_are_shadow_judges() -> None:
    """Whoever arranges the jury could else seat the shadow judges so that one judge decides half of all pairs."""
    judges = tuple(PersonId(name) for name in "ghijkl")
    panels = (Panel(PanelId("jury"), 1), Panel(PanelId("shadow"), 0))
    seats = tuple((judge, PanelId("shadow" if judge in "jl" else "jury")) for judge in judges)
    projects = tuple(ProjectId(f"p-{number}") for number in range(9))
    rules = structs.replace(SPEC.rules, ballots="pairs", estimator="copeland", opponents=2, panels=panels)
    spec = structs.replace(
        SPEC, projects=projects, judges=judges, chair=judges[0], reserve=(), rules=rules, seats=seats
    )
    for one, other in combinations(projects, 2):
        counting = sum(other in opponents(spec, judge)[one] for judge in judges if judge not in "jl")
        assert not 0 < counting < TOGETHER
