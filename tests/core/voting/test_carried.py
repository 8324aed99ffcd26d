"""Points that are carried from an earlier field, who is through, and what of it can be told from a ledger alone."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from roadshow.errors import Conflict
from roadshow.ids import CommandId, PersonId, PollId, ProjectId
from roadshow.moments import Instant
from roadshow.voting.acts import BY_RULE, open_body
from roadshow.voting.ballot import canonical
from roadshow.voting.carried.bounds import strange_terms
from roadshow.voting.carried.carrying import brought, carry_body, table_of
from roadshow.voting.carried.terms import Brought, Came, Line, Source, Taken, Terms, brought_of
from roadshow.voting.changes import changes
from roadshow.voting.explanation import CarriedOver, Placed
from roadshow.voting.ledger.chain import chained, genesis
from roadshow.voting.ledger.counting import fold
from roadshow.voting.ledger.proceedings import Impossible, Proceedings
from roadshow.voting.results import SignedResult, Standing
from roadshow.voting.rules import Votes
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import EntryKind
from tests.core.voting.juries import ballots_of, carried, explanation, one_criterion, outcome, places, scores, spec_of

AI = PollId("ai")
TAKEN = Taken(AI, 1, 9, "a" * 64, "b" * 64, "83.25")
LINES = (
    Line(ProjectId("snow"), 1, "83.25"),
    Line(ProjectId("ice"), 2, "80.00"),
    Line(ProjectId("rain"), 3, "62.50"),
)
CAME = (
    Came(ProjectId("a"), AI, ProjectId("snow")),
    Came(ProjectId("b"), AI, ProjectId("ice")),
    Came(ProjectId("c"), AI, ProjectId("rain")),
)


def _votes(rows: list[list[int]], terms: Terms) -> Votes:
    table = one_criterion(rows)
    spec = structs.replace(spec_of(table), carried=terms)
    return Votes(spec, ballots_of(table), brought=brought(terms, {AI: (TAKEN, LINES)}))


def test_the_score_is_what_is_carried_and_what_is_given_here_by_their_weights() -> None:
    """The worked example of docs/voting.md: the best of the final is not the first."""
    votes = _votes([[70, 77, 60]], Terms((Source(AI),), CAME, 40))
    result = outcome(votes)
    assert scores(result) == {"a": "75.30", "b": "78.20", "c": "61.00"}
    told = next(step for step in explanation(result, "a").steps if isinstance(step, CarriedOver))
    assert (told.source, told.was, told.place, told.weight) == ("ai", "snow", 1, 40)
    assert (told.published.shown, told.value.shown, told.own.shown, told.score.shown) == (
        "83.25",
        "83.25",
        "70.00",
        "75.30",
    )


def test_measured_by_the_best_a_strict_jury_costs_nobody_anything() -> None:
    """The best of each source brings a hundred."""
    votes = _votes([[70, 77, 60]], Terms((Source(AI),), CAME, 40, "best"))
    assert scores(outcome(votes)) == {"a": "82.00", "b": "84.64", "c": "66.03"}


def test_who_is_not_through_has_no_place_whatever_was_given() -> None:
    """A cut: the jury's hundred for the third of the field final does nothing."""
    votes = _votes([[70, 77, 100]], Terms((Source(AI),), CAME, 0, through=2))
    result = outcome(votes)
    assert places(result) == {"b": (1, "score"), "a": (2, "score"), "c": (None, "not-through")}
    assert explanation(result, "c").steps[-1] == Placed(None, "not-through")
    assert scores(result)["b"] == "77.00", "nothing is carried where the weight is nought"


def test_level_ones_are_through_together() -> None:
    """Nobody is cut by the order of a list."""
    level = (LINES[0], structs.replace(LINES[1], place=1), LINES[2])
    what = brought(Terms((Source(AI),), CAME, 0, through=1), {AI: (TAKEN, level)})
    assert [line.project for line in what.came] == ["a", "b"]


@given(st.data())
def test_a_weight_moves_a_score_between_the_two_and_never_beyond(data: st.DataObject) -> None:
    """And with a hundred per cent the final's jury decides ties alone."""
    rows = data.draw(st.lists(st.lists(st.integers(0, 100), min_size=5, max_size=5), min_size=1, max_size=3))
    terms, what = data.draw(carried(tuple(map(ProjectId, "abcde"))))
    table = one_criterion(rows)
    votes = Votes(structs.replace(spec_of(table), carried=terms), ballots_of(table), brought=what)
    for one in outcome(votes).explanations:
        for step in one.steps:
            if isinstance(step, CarriedOver):
                own, value, score = (Fraction(figure.exact) for figure in (step.own, step.value, step.score))
                assert min(own, value) <= score <= max(own, value)
                assert terms.weight < 100 or score == value


def _result(*standings: Standing) -> SignedResult:
    return SignedResult(AI, 1, "a" * 64, 9, standings, (), PersonId("chair"), "", "")


def _standing(project: str, place: int | None, score: str) -> Standing:
    return Standing(ProjectId(project), place, score, 3, {}, "score")


def test_what_is_taken_is_the_table_as_it_stands() -> None:
    """Whoever was disqualified by then brings nothing, and those behind moved up."""
    result = _result(_standing("snow", 1, "9.00"), _standing("ice", 2, "10.00"), _standing("rain", None, ""))
    taken, lines = table_of(result)
    assert (taken.best, [line.place for line in lines]) == ("10.00", [1, 2]), "numbers, and not letters, are compared"
    taken, lines = table_of(result, (ProjectId("ice"),))
    assert (taken.best, taken.out, lines) == ("9.00", ("ice",), (Line(ProjectId("snow"), 1, "9.00"),))
    with pytest.raises(Conflict, match=r"carried\.nobody"):
        table_of(_result(_standing("rain", None, "")))


def test_a_spec_without_it_keeps_its_hash() -> None:
    """Polls that were begun before know nothing of it."""
    spec = spec_of(one_criterion([[1]]))
    assert b"carried" not in canonical(spec)


# What a ledger alone tells -------------------------------------------------------------------------------------------

TERMS = Terms((Source(AI),), CAME, 40, through=2)
SPEC = structs.replace(spec_of(one_criterion([[1, 2, 3]])), procedure=2, carried=TERMS)
GOOD = brought(TERMS, {AI: (TAKEN, LINES)})
_COMMAND = CommandId("rule-0001")


def _taken_in(spec: PollSpec, *acts: tuple[EntryKind, bytes]) -> Proceedings:
    proceedings, parent = Proceedings(spec), genesis(spec)
    for number, (kind, body) in enumerate(acts, start=1):
        entry = chained(parent, number, kind, Instant(number), body)
        parent = entry.hash
        proceedings.take(entry)
    return proceedings


def _open(project: str) -> tuple[EntryKind, bytes]:
    head, tail = open_body(ProjectId(project))
    return "open", head + b"null" + tail


def _carry(what: Brought, by: PersonId = BY_RULE, command: CommandId = _COMMAND) -> tuple[EntryKind, bytes]:
    return "carry", carry_body(by, what, command)


def test_it_comes_first_and_once_and_opens_the_windows_of_who_is_through() -> None:
    """The recount asks again what the store has asked."""
    _taken_in(SPEC, _carry(GOOD), _open("a"), _open("b"))
    for acts in (
        [_open("a")],
        [_carry(GOOD), _open("c")],
        [_carry(GOOD), _carry(GOOD, command=CommandId("rule-0002"))],
    ):
        with pytest.raises(Impossible):
            _taken_in(SPEC, *acts)
    with pytest.raises(Impossible, match="take nothing over"):
        _taken_in(structs.replace(SPEC, carried=None), _carry(GOOD))


def _forged(**changed: Any) -> Brought:
    return structs.replace(GOOD, **changed)


@pytest.mark.parametrize(
    "what",
    [
        _forged(came=GOOD.came[::-1]),
        _forged(came=(*GOOD.came, Line(ProjectId("c"), 3, "62.50"))),
        _forged(came=(*GOOD.came, Line(ProjectId("z"), 1, "62.50"))),
        _forged(came=(GOOD.came[0], GOOD.came[0])),
        _forged(came=(structs.replace(GOOD.came[0], place=0),)),
        _forged(came=(structs.replace(GOOD.came[0], score="1e99"),)),
        _forged(sources=()),
        _forged(sources=(structs.replace(TAKEN, poll=PollId("bio")),)),
        _forged(sources=(structs.replace(TAKEN, best="nan"),)),
        _forged(sources=(structs.replace(TAKEN, version=0),)),
    ],
)
def test_what_the_rules_do_not_let_in_is_not_carried(what: Brought) -> None:
    """Whoever can write to the store could say anything there."""
    with pytest.raises(Impossible):
        _taken_in(SPEC, _carry(what))


def test_nobody_carries_anything_by_hand() -> None:
    """There is nothing in it to decide."""
    with pytest.raises(Impossible, match="had not to decide"):
        _taken_in(SPEC, _carry(GOOD, PersonId("organiser")))


def test_of_another_competitions_record_the_rules_have_the_table() -> None:
    """So the ledger can be checked against it without the record."""
    source = Source(AI, "k" * 43, TAKEN, LINES)
    spec = structs.replace(SPEC, carried=Terms((source,), CAME, 40, through=2))
    _taken_in(spec, _carry(GOOD))
    for what in (
        _forged(came=(structs.replace(GOOD.came[0], score="99.00"), GOOD.came[1])),
        _forged(came=GOOD.came[:1]),
        _forged(sources=(structs.replace(TAKEN, result="c" * 64),)),
    ):
        with pytest.raises(Impossible):
            _taken_in(spec, _carry(what))


def test_a_number_that_would_take_for_ever_is_no_score() -> None:
    """A record is hostile input: 1e999999999 has as many digits as it says."""
    kind, body = _carry(_forged(came=(structs.replace(GOOD.came[0], score="1e999999999"),)))
    with pytest.raises(ValueError, match="score"):
        brought_of(body)
    with pytest.raises(ValueError, match="score"):
        fold([chained(genesis(SPEC), 1, kind, Instant(1), body)])


@pytest.mark.parametrize(
    "terms",
    [
        Terms((), ()),
        Terms((Source(AI), Source(AI)), CAME),
        Terms((Source(PollId("AI!")),), ()),
        Terms((Source(AI),), CAME, 101),
        Terms((Source(AI),), CAME, through=-1),
        Terms((Source(AI),), (*CAME, CAME[0])),
        Terms((Source(AI),), (Came(ProjectId("z"), AI, ProjectId("snow")),)),
        Terms((Source(AI),), (CAME[0], Came(ProjectId("b"), AI, ProjectId("snow")))),
        Terms((Source(PollId("bio")),), CAME),
        Terms((Source(AI, "k" * 43),), CAME),
        Terms((Source(AI, "", TAKEN, LINES),), CAME),
        Terms((Source(AI, "k" * 43, structs.replace(TAKEN, poll=PollId("bio")), LINES),), CAME),
        Terms((Source(AI, "k" * 43, TAKEN, (LINES[0], structs.replace(LINES[1], score="8e9"))),), CAME),
        Terms((Source(AI, "k" * 43, TAKEN, (LINES[0], LINES[0])),), CAME),
    ],
)
def test_terms_that_cannot_be_are_refused(terms: Terms) -> None:
    """Before anything is counted by them."""
    assert strange_terms(terms, SPEC.projects) is not None


def test_terms_that_can_be_are_not() -> None:
    """Both of this competition and of another one."""
    for source in (Source(AI), Source(AI, "k" * 43, TAKEN, LINES)):
        assert strange_terms(Terms((source,), CAME, 40, "best", 2), SPEC.projects) is None


def test_what_was_changed_after_the_first_window_is_named() -> None:
    """A server does not start with other terms, and says which."""
    other = Terms((Source(AI), Source(PollId("bio"))), CAME[:2], 60, "best", 3)
    assert changes(SPEC, structs.replace(SPEC, carried=other)) == (
        "carried.weight: 60, was 40",
        "carried.scale: best, was points",
        "carried.through: 3, was 2",
        "carried from: bio added",
        "projects that come from earlier fields: c (ai rain) removed",
    )
    assert changes(structs.replace(SPEC, carried=None), SPEC) == ("carried: points, was nothing",)
