"""What is striking in the judges' cards: nothing before the count is closed, and then no more than which."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from roadshow.fields.sections import Group, visible
from roadshow.ids import PersonId, ProjectId
from roadshow.voting.cards.striking import striking
from roadshow.voting.results import CeremonyState
from roadshow.voting.review import ReviewView, Striking
from roadshow.voting.rules import Votes
from roadshow.voting.spec import Panel
from tests.core.voting.juries import Table, ballots_of, spec_of

P, Q, R = map(ProjectId, "pqr")
A, B, C = map(PersonId, ("a", "b", "c"))


def _of(table: Table, *, counted: bool = True, **rules: object) -> Striking:
    return striking(Votes(spec_of(table, **rules), ballots_of(table)), counted=counted)  # type: ignore[arg-type]


def test_nothing_is_told_while_a_score_can_move() -> None:
    """Whoever can set ballots aside would try until the alarm is silent."""
    table: Table = {"a": {"p": (100,), "q": (100,), "r": (100,)}, "b": {"p": (0,), "q": (100,), "r": (50,)}}
    assert _of(table, counted=False) == Striking()
    assert _of(table) == Striking((P, R), (A,))


def test_as_far_apart_as_the_number_is_not_further() -> None:
    """ "More than", as the rules are published."""
    table: Table = {"a": {"p": (70,), "q": (71,)}, "b": {"p": (30,), "q": (30,)}}
    assert _of(table).apart == (Q,)
    assert _of(table, far_apart=39).apart == (P, Q)
    assert _of(table, far_apart=0).apart == ()


def test_panels_may_measure_differently() -> None:
    """Experts and investors are two juries; so each is looked at by itself."""
    table: Table = {"a": {"p": (90,)}, "b": {"p": (80,)}, "c": {"p": (20,)}}
    panels = (Panel("experts", 60), Panel("investors", 40))  # type: ignore[arg-type]
    seats = ((A, "experts"), (B, "experts"), (C, "investors"))
    assert _of(table).apart == (P,)
    assert striking(_seated(table, panels, seats), counted=True).apart == ()


def _seated(table: Table, panels: object, seats: object) -> Votes:
    spec = spec_of(table, panels=panels)
    return Votes(replace(spec, seats=seats), ballots_of(table))


def test_two_of_a_kind_are_no_pattern() -> None:
    """With cells of 0 to 10 they happen to everybody."""
    twice: Table = {"a": {"p": (50,), "q": (50,)}}
    assert _of(twice).alike == ()
    assert _of(twice, all_alike=2).alike == (A,)
    assert _of({"a": {"p": (50,), "q": (50,), "r": (50,)}}, all_alike=0).alike == ()


SCORES = st.dictionaries(
    st.sampled_from("abc"),
    st.fixed_dictionaries({one: st.tuples(st.integers(0, 100)) for one in "pqr"}),
    min_size=1,
)


@given(SCORES, st.integers(1, 100), st.integers(2, 4))
def test_the_alarms_are_what_the_numbers_say(table: Table, apart: int, alike: int) -> None:
    """Worked out once more, in one line each."""
    found = _of(table, far_apart=apart, all_alike=alike)
    given = {project: [row[project][0] for row in table.values() if row[project]] for project in "pqr"}  # type: ignore[index]
    assert list(found.apart) == [one for one in "pqr" if max(given[one]) - min(given[one]) > apart]
    flat = [judge for judge, row in table.items() if len(set(row.values())) == 1 and alike <= len(row)]
    assert list(found.alike) == flat


def test_the_chair_alone_is_told() -> None:
    """It tells something of scores, which deputy and control need for no act of theirs."""
    review = ReviewView(CeremonyState.SEALED, True, (), (), "", 1, striking=Striking((P,), (A,)))
    for group in Group:
        told = visible([review], group).get("review")
        assert (told is not None and told.striking != Striking()) is (group is Group.CHAIR)  # type: ignore[attr-defined]
