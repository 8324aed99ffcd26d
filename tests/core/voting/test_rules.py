"""From ballots to places: worked examples first, then the engine against a slow, separate reference."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import combinations
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from roadshow.ids import CommandId, CriterionId, PersonId, PollId, ProjectId
from roadshow.moments import Instant
from roadshow.voting.ports import Ballot, Criterion, PollSpec, RuleSet, Tie, TieStep
from roadshow.voting.rules import FieldResult, evaluate, show

CHAIN: tuple[TieStep, ...] = ("heaviest-criterion", "pairwise-majority", "chair", "shared")
Table = dict[str, dict[str, tuple[int, ...] | None]]
"""Judge → project → scores in the order of the criteria; None: recused. A project that is not there was not scored."""


def _spec(
    table: Table,
    criteria: Sequence[tuple[int, int]] = ((1, 100),),
    *,
    projects: str = "",
    chain: tuple[TieStep, ...] = CHAIN,
    quorum: int = 1,
    rank_on: str = "exact",
    places: int = 3,
    recused: tuple[tuple[str, str], ...] = (),
) -> PollSpec:
    """``criteria``: weight and maximum of each, named c0, c1, …"""
    named = list(projects) or sorted({project for row in table.values() for project in row})
    return PollSpec(
        poll=PollId("poll"),
        projects=tuple(ProjectId(project) for project in named),
        judges=tuple(PersonId(judge) for judge in table),
        chair=PersonId("chair"),
        recused=tuple((PersonId(judge), ProjectId(project)) for judge, project in recused),
        criteria=tuple(
            Criterion(CriterionId(f"c{number}"), weight, maximum) for number, (weight, maximum) in enumerate(criteria)
        ),
        rules=RuleSet("mean", quorum, chain, "rounded" if rank_on == "rounded" else "exact", places),
    )


def _ballots(table: Table) -> tuple[Ballot, ...]:
    return tuple(
        Ballot(
            judge=PersonId(judge),
            project=ProjectId(project),
            revision=1,
            command=CommandId("command-1"),
            scores={CriterionId(f"c{number}"): score for number, score in enumerate(scores or ())},
            cast_at=Instant(0),
            recused=scores is None,
        )
        for judge, row in table.items()
        for project, scores in row.items()
    )


def _one_criterion(rows: Sequence[Sequence[int]]) -> Table:
    """A row for each judge, projects a, b, c, …"""
    return {f"j{n}": {"abcdefgh"[p]: (score,) for p, score in enumerate(row)} for n, row in enumerate(rows)}


def _places(result: FieldResult) -> dict[str, tuple[int | None, str]]:
    return {standing.project: (standing.place, standing.decided_by) for standing in result.standings}


def _scores(result: FieldResult) -> dict[str, str]:
    return {standing.project: standing.score for standing in result.standings}


# Examples -----------------------------------------------------------------------------------------------------------


def test_the_mean_of_five_judges() -> None:
    """92, 88, 85, 90, 70: a judge's low score counts like any other."""
    table = _one_criterion([[92], [88], [85], [90], [70]])
    assert _scores(evaluate(_spec(table), _ballots(table))) == {"a": "85.00"}


def test_means_over_three_projects() -> None:
    """Worked out by hand: 231/3, 263/3, 253/3."""
    table = _one_criterion([[68, 93, 95], [73, 87, 63], [90, 83, 95]])
    result = evaluate(_spec(table), _ballots(table))
    assert _scores(result) == {"b": "87.67", "c": "84.33", "a": "77.00"}
    assert _places(result) == {"b": (1, "score"), "c": (2, "score"), "a": (3, "score")}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Fraction(85125, 1000), "85.13"),
        (Fraction(85115, 1000), "85.12"),
        (Fraction(8), "8.00"),
        (Fraction(5, 1000), "0.01"),
        (Fraction(100), "100.00"),
        (Fraction(-5, 4), "-1.25"),
        (Fraction(-1, 3), "-0.33"),
    ],
)
def test_a_half_is_rounded_up_where_floats_would_round_to_even(value: Fraction, shown: str) -> None:
    """Python's round gives 85.12 for the first, and a judge with a calculator would notice."""
    assert show(value) == shown


def test_weights_and_scales_are_normalised() -> None:
    """Weights 3 and 1 on scales of 10 and 5: 100·(3/4·8/10 + 1/4·2/5) = 70."""
    table: Table = {"j": {"a": (8, 2)}}
    result = evaluate(_spec(table, ((3, 10), (1, 5))), _ballots(table))
    assert result.standings[0].score == "70.00"
    assert result.standings[0].by_criterion == {"c0": "8.00", "c1": "2.00"}


def test_a_missing_ballot_is_no_zero_and_a_quorum_is_kept() -> None:
    """A judge who lost the connection must not sink a project; one judge alone must not lift one."""
    table: Table = {"j0": {"a": (60,), "b": (90,)}, "j1": {"a": (70,)}, "j2": {"b": None}}
    result = evaluate(_spec(table, quorum=2), _ballots(table))
    assert _places(result) == {"a": (1, "score"), "b": (None, "incomplete")}
    assert result.standings[1].score == ""
    assert result.standings[1].ballots == 1


def test_ballots_of_the_recused_and_of_strangers_do_not_count() -> None:
    """Whatever a ledger holds, only the poll's own electorate decides."""
    table: Table = {"j0": {"a": (60,)}, "j1": {"a": (100,)}, "j2": {"a": (100,)}}
    spec = _spec({"j0": {}, "j1": {}}, projects="a", recused=(("j1", "a"),))
    assert _scores(evaluate(spec, _ballots(table))) == {"a": "60.00"}


def test_rounding_may_be_made_part_of_the_rule() -> None:
    """100 and 99.995 are both 100.00 on the printed sheet; whether that is a tie is declared beforehand."""
    table: Table = {"j0": {"a": (1, 1), "b": (1, 1)}, "j1": {"a": (1, 1), "b": (1, 0)}}
    criteria = ((9_999, 1), (1, 1))
    exact = evaluate(_spec(table, criteria), _ballots(table))
    rounded = evaluate(_spec(table, criteria, rank_on="rounded", chain=("shared",)), _ballots(table))
    assert _scores(exact) == _scores(rounded) == {"a": "100.00", "b": "100.00"}
    assert _places(exact) == {"a": (1, "score"), "b": (2, "score")}
    assert _places(rounded) == {"a": (1, "shared"), "b": (1, "shared")}


def test_the_heaviest_criterion_decides_a_tie_first() -> None:
    """Both have 64; a has more of what weighs most."""
    table: Table = {"j": {"a": (8, 4), "b": (4, 10)}}
    result = evaluate(_spec(table, ((3, 10), (2, 10))), _ballots(table))
    assert _scores(result) == {"a": "64.00", "b": "64.00"}
    assert _places(result) == {"a": (1, "heaviest-criterion"), "b": (2, "heaviest-criterion")}


def test_equally_heavy_criteria_count_together() -> None:
    """Which of them the rubric names first must not decide."""
    table: Table = {"j": {"a": (10, 2, 4), "b": (5, 5, 8)}}
    criteria = ((2, 10), (2, 10), (1, 10))
    assert _places(evaluate(_spec(table, criteria), _ballots(table)))["a"] == (1, "heaviest-criterion")


def test_then_the_majority_of_judges_who_scored_both() -> None:
    """Two of three prefer a, though one is so fond of b that the sums are level."""
    table = _one_criterion([[60, 50], [60, 50], [50, 70]])
    result = evaluate(_spec(table), _ballots(table))
    assert _places(result) == {"a": (1, "pairwise-majority"), "b": (2, "pairwise-majority")}


def test_a_judge_of_one_of_the_two_has_no_say_in_the_majority() -> None:
    """Only j0 and j1 can compare; the other two each saw one of them."""
    table: Table = {
        "j0": {"a": (60,), "b": (50,)},
        "j1": {"a": (60,), "b": (50,)},
        "j2": {"a": (0,)},
        "j3": {"b": (20,)},
    }
    assert _places(evaluate(_spec(table), _ballots(table)))["a"] == (1, "pairwise-majority")


CYCLE = [[50, 40, 30], [30, 50, 40], [40, 30, 50]]
"""Two of three prefer a to b, b to c, and c to a."""


def test_a_cycle_of_majorities_goes_to_the_chair() -> None:
    """Every order of the three would wrong somebody, so none is made up."""
    table = _one_criterion(CYCLE)
    result = evaluate(_spec(table), _ballots(table))
    assert result.ties == (Tie((ProjectId("a"), ProjectId("b"), ProjectId("c"))),)
    assert {place for place, _ in _places(result).values()} == {1}


def test_a_cycle_of_three_still_goes_ahead_of_the_one_that_all_of_them_beat() -> None:
    """The chair is asked about the three, not about the fourth."""
    table = _one_criterion([[50, 40, 30, 29], [30, 50, 40, 29], [40, 30, 50, 29], [0, 0, 0, 33]])
    result = evaluate(_spec(table), _ballots(table))
    assert result.ties == (Tie((ProjectId("a"), ProjectId("b"), ProjectId("c"))),)
    assert _places(result)["d"] == (4, "pairwise-majority")


def test_a_group_that_is_divided_starts_at_the_head_of_the_chain_again() -> None:
    """Among three the majority goes in a circle; once the third is out by another step, it can tell the two apart."""
    table: Table = {
        "j0": {"a": (8, 4), "b": (6, 4), "c": (3, 6)},
        "j1": {"a": (4, 4), "b": (8, 4), "c": (5, 6)},
        "j2": {"a": (6, 4), "b": (4, 4), "c": (7, 6)},
    }
    chain: tuple[TieStep, ...] = ("pairwise-majority", "heaviest-criterion", "shared")
    assert _places(evaluate(_spec(table, ((2, 10), (1, 10)), chain=chain), _ballots(table))) == {
        "a": (1, "pairwise-majority"),
        "b": (2, "pairwise-majority"),
        "c": (3, "heaviest-criterion"),
    }


def test_the_chairs_vote_decides_what_nothing_else_can() -> None:
    """The newest vote on exactly this tie counts; older ones and ones on other ties do not."""
    table = _one_criterion([[50, 50, 40]])
    spec = _spec(table)
    a, b, c = spec.projects
    waiting = evaluate(spec, _ballots(table))
    assert waiting.ties == (Tie((a, b)),)
    settled = evaluate(spec, _ballots(table), ((a, b), (b, a), (a, b, c)))
    assert settled.ties == ()
    assert _places(settled) == {"b": (1, "chair"), "a": (2, "chair"), "c": (3, "score")}


def test_a_tie_below_the_podium_is_shared_without_asking() -> None:
    """The chair's time is for places that are announced."""
    table = _one_criterion([[90, 80, 70, 50, 50]])
    result = evaluate(_spec(table), _ballots(table))
    assert result.ties == ()
    assert _places(result)["d"] == _places(result)["e"] == (4, "shared")


def test_a_tie_across_the_podiums_edge_is_the_chairs() -> None:
    """Third and fourth differ by a prize."""
    table = _one_criterion([[90, 80, 50, 50]])
    assert evaluate(_spec(table), _ballots(table)).ties == (Tie((ProjectId("c"), ProjectId("d"))),)


def test_what_is_left_of_a_divided_tie_below_the_podium_is_shared_too() -> None:
    """Three were level for the one prize; once it has gone to a, the others' order is of no matter."""
    table: Table = {"j": {"a": (6, 4), "b": (5, 6), "c": (5, 6)}}
    result = evaluate(_spec(table, ((2, 10), (1, 10)), places=1), _ballots(table))
    assert result.ties == ()
    assert _places(result) == {"a": (1, "heaviest-criterion"), "b": (2, "shared"), "c": (2, "shared")}


def test_shared_places_leave_a_gap() -> None:
    """Two firsts, then a third: 1, 1, 3."""
    table = _one_criterion([[50, 50, 40]])
    result = evaluate(_spec(table, chain=("shared",)), _ballots(table))
    assert _places(result) == {"a": (1, "shared"), "b": (1, "shared"), "c": (3, "score")}


def test_without_any_ballot_there_is_no_place() -> None:
    """An empty final must not crown the first of the rundown."""
    result = evaluate(_spec({"j": {}}, projects="ab"), ())
    assert _places(result) == {"a": (None, "incomplete"), "b": (None, "incomplete")}
    assert result.ties == ()


# Against a reference ------------------------------------------------------------------------------------------------

Line = tuple[str, int | None, str, str]
"""Project, place, score, decided by."""


class _Reference:
    """Written from docs/voting.md alone, without regard to speed, and by other means where there are any."""

    def __init__(self, spec: PollSpec, ballots: Sequence[Ballot], settled: Sequence[tuple[ProjectId, ...]]) -> None:
        self.spec, self.settled = spec, settled
        self.valid = {
            (b.project, b.judge): b.scores
            for b in ballots
            if not b.recused and b.judge in spec.judges and (b.judge, b.project) not in spec.recused
        }
        self.lines: list[Line] = []
        self.ties: list[tuple[str, ...]] = []
        complete = [p for p in spec.projects if len(self.jury(p)) >= max(1, spec.rules.quorum)]
        for value in sorted({self.net(p) for p in complete}, reverse=True):
            better = sum(self.net(p) > value for p in complete)
            self.place([p for p in complete if self.net(p) == value], 1 + better, "score")
        self.lines += [(p, None, "", "incomplete") for p in spec.projects if p not in complete]

    def jury(self, project: ProjectId) -> list[PersonId]:
        return [judge for judge in self.spec.judges if (project, judge) in self.valid]

    def total(self, project: ProjectId, judge: PersonId) -> Fraction:
        weights, total = sum(c.weight for c in self.spec.criteria), Fraction(0)
        for c in self.spec.criteria:
            total += Fraction(c.weight, weights) * Fraction(self.valid[project, judge][c.id], c.maximum) * 100
        return total

    def mean(self, project: ProjectId) -> Fraction:
        jury = self.jury(project)
        return Fraction(sum((self.total(project, judge) for judge in jury), Fraction(0)), len(jury))

    def net(self, project: ProjectId) -> Fraction:
        mean = self.mean(project)
        return Fraction(self.shown(mean)) if self.spec.rules.rank_on == "rounded" else mean

    def shown(self, value: Fraction) -> str:
        exact = Decimal(value.numerator) / Decimal(value.denominator)
        return str(exact.quantize(Decimal("0.01"), ROUND_HALF_UP))

    def heavy(self, project: ProjectId) -> Fraction:
        top, jury, sum_ = max(c.weight for c in self.spec.criteria), self.jury(project), Fraction(0)
        for c in self.spec.criteria:
            if c.weight == top:
                sum_ += Fraction(sum(self.valid[project, judge][c.id] for judge in jury), len(jury)) / c.maximum
        return sum_

    def beats(self, a: ProjectId, b: ProjectId) -> bool:
        both = [judge for judge in self.jury(a) if judge in self.jury(b)]
        for_a = [judge for judge in both if self.total(a, judge) > self.total(b, judge)]
        for_b = [judge for judge in both if self.total(b, judge) > self.total(a, judge)]
        return len(for_a) > len(for_b)

    def parts(self, step: TieStep, group: list[ProjectId]) -> list[list[ProjectId]]:
        match step:
            case "heaviest-criterion":
                values = sorted({self.heavy(p) for p in group}, reverse=True)
                return [[p for p in group if self.heavy(p) == value] for value in values]
            case "pairwise-majority":
                for size in range(1, len(group)):
                    for ahead in combinations(group, size):
                        rest = [p for p in group if p not in ahead]
                        if all(self.beats(a, b) for a in ahead for b in rest):
                            return [list(ahead), rest]
                return [group]
            case "chair":
                votes = [order for order in self.settled if sorted(order) == sorted(group)]
                return [[p] for p in votes[-1]] if votes else [group]
            case "shared":
                return [group]

    def place(self, group: list[ProjectId], first: int, decided_by: str) -> None:
        steps = self.spec.rules.tie_chain if len(group) > 1 else ()
        for step in steps:
            divided = self.parts(step, group)
            if len(divided) > 1:
                for part in divided:
                    self.place(part, first, step)
                    first += len(part)
                return
            if step == "chair" and first <= self.spec.rules.places:
                self.ties.append(tuple(group))
                decided_by = "chair"
                break
            if step == "shared":
                break
        if len(group) > 1 and decided_by != "chair":
            decided_by = "shared"
        self.lines += [(p, first, self.shown(self.mean(p)), decided_by) for p in group]


def _lines(result: FieldResult) -> tuple[list[Line], list[tuple[str, ...]]]:
    return (
        [(line.project, line.place, line.score, line.decided_by) for line in result.standings],
        [tie.projects for tie in result.ties],
    )


@st.composite
def _fields(draw: st.DrawFn) -> tuple[PollSpec, tuple[Ballot, ...], tuple[tuple[ProjectId, ...], ...]]:
    """Small fields with small scales, so that ties of every kind are common."""
    projects = "abcde"[: draw(st.integers(1, 5))]
    judges = [f"j{number}" for number in range(draw(st.integers(1, 5)))]
    criteria = draw(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 4)), min_size=1, max_size=3))
    scores = st.tuples(*(st.integers(0, maximum) for _, maximum in criteria))
    absent = draw(st.sampled_from([0, 0, 1, 3]))
    table: Table = {judge: {} for judge in judges}
    for judge in judges:
        for project in projects:
            lot = draw(st.integers(0, 9))
            if lot >= absent:
                table[judge][project] = draw(scores)
            elif lot == 0:
                table[judge][project] = None
    spec = _spec(
        table,
        criteria,
        projects=projects,
        chain=tuple(draw(st.lists(st.sampled_from(CHAIN), unique=True))) if draw(st.booleans()) else CHAIN,
        quorum=draw(st.integers(0, 3)),
        rank_on=draw(st.sampled_from(["exact", "rounded"])),
        places=draw(st.integers(1, 4)),
        recused=tuple(draw(st.lists(st.tuples(st.sampled_from(judges), st.sampled_from(projects)), max_size=1))),
    )
    orders = st.permutations(spec.projects).flatmap(lambda p: st.integers(1, len(p)).map(lambda n: tuple(p[:n])))
    return spec, _ballots(table), tuple(draw(st.lists(orders, max_size=4)))


def _worked(rows: Sequence[Sequence[int]]) -> tuple[PollSpec, tuple[Ballot, ...], tuple[tuple[ProjectId, ...], ...]]:
    table = _one_criterion(rows)
    return _spec(table), _ballots(table), ()


@settings(max_examples=400)
@example(_worked([[92], [88], [85], [90], [70]]))
@example(_worked([[68, 93, 95], [73, 87, 63], [90, 83, 95]]))
@example(_worked(CYCLE))
@given(_fields())
def test_the_engine_agrees_with_the_reference(
    field: tuple[PollSpec, tuple[Ballot, ...], tuple[tuple[ProjectId, ...], ...]],
) -> None:
    """Two programs written differently from one definition rarely share a mistake."""
    reference = _Reference(*field)
    lines, ties = _lines(evaluate(*field))
    order = {project: index for index, project in enumerate(field[0].projects)}
    expected = sorted(reference.lines, key=lambda line: (line[1] or 99, order[ProjectId(line[0])]))
    assert (lines, ties) == (expected, reference.ties)


@settings(max_examples=200)
@given(_fields(), st.randoms(use_true_random=False))
def test_the_order_of_judges_projects_and_ballots_decides_nothing(
    field: tuple[PollSpec, tuple[Ballot, ...], tuple[tuple[ProjectId, ...], ...]], random: Random
) -> None:
    """Never an id, never a time, never who pitched first."""
    spec, ballots, settled = field

    def shuffled(values: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(random.sample(values, len(values)))

    other = msgspec.structs.replace(
        spec, projects=shuffled(spec.projects), judges=shuffled(spec.judges), criteria=shuffled(spec.criteria)
    )
    lines, ties = _lines(evaluate(spec, ballots, settled))
    other_lines, other_ties = _lines(evaluate(other, shuffled(ballots), settled))
    assert sorted(lines, key=str) == sorted(other_lines, key=str)
    assert {frozenset(tie) for tie in ties} == {frozenset(tie) for tie in other_ties}


@settings(max_examples=200)
@given(_fields())
def test_the_chair_can_settle_every_tie_and_only_once_each(
    field: tuple[PollSpec, tuple[Ballot, ...], tuple[tuple[ProjectId, ...], ...]],
) -> None:
    """A final must be able to end: after one vote on each reported tie none is left."""
    spec, ballots, _ = field
    ties = evaluate(spec, ballots).ties
    assert evaluate(spec, ballots, tuple(tie.projects for tie in ties)).ties == ()
