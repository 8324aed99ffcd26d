"""Places that move when a project is disqualified: whoever stands behind it moves up, and nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from roadshow.ids import ProjectId
from roadshow.voting.aftermath.places import DISQUALIFIED, stand
from roadshow.voting.grounds import readable
from roadshow.voting.results import Standing
from tests.core.voting.reference import moved_up

PROJECTS = tuple(ProjectId(f"p{number}") for number in range(8))


@st.composite
def tables(draw: st.DrawFn) -> tuple[Standing, ...]:
    """As a result has them: by place, level ones sharing it, the incomplete last."""
    sizes = draw(st.lists(st.integers(1, 3), max_size=4))
    lines: list[Standing] = []
    for size in sizes:
        place = len(lines) + 1
        lines += [
            Standing(ProjectId(f"p{len(lines) + number}"), place, "50.00", 3, {}, "score") for number in range(size)
        ]
    missing = draw(st.integers(0, 2))
    lines += [Standing(ProjectId(f"q{number}"), None, "", 0, {}, "incomplete") for number in range(missing)]
    return tuple(lines)


@given(tables(), st.sets(st.sampled_from(PROJECTS)))
def test_whoever_stands_behind_moves_up_and_nobody_else(table: tuple[Standing, ...], out: set[ProjectId]) -> None:
    """Scores, order and what decided a place are what two people signed."""
    after = stand(table, out)
    assert {one.project: one.place for one in after} == moved_up({one.project: one.place for one in table}, out)
    kept = [one for one in after if one.decided_by != DISQUALIFIED]
    assert [(one.project, one.score, one.decided_by) for one in kept] == [
        (one.project, one.score, one.decided_by) for one in table if one.project not in out
    ]
    assert all((one.place, one.score) == (None, "") for one in after if one.project in out)
    assert stand(after, out) == after, "once is enough"


@given(tables(), st.sampled_from(PROJECTS))
def test_who_stands_ahead_of_it_does_not_move(table: tuple[Standing, ...], out: ProjectId) -> None:
    """Or somebody could be disqualified to move another one down."""
    before = {one.project: one.place for one in table}
    for one in stand(table, {out}):
        place = before[one.project]
        if place is not None and one.project != out:
            gone = before.get(out)
            assert one.place == (place if gone is None or gone >= place else place - 1)


def test_words_keep_their_lines_and_nothing_that_no_keyboard_makes() -> None:
    """They are shown to people and written to a terminal by nobody, but a form can hold anything."""
    assert readable("  one\r\ntwo\x00\x1b[2J\u202e\u3000three\n") == "one\ntwo[2J three"
