"""A published result as pages show it: who gave what, how each place came about, how far the jury was apart. Pure."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby, pairwise

from roadshow.desks.result.words import Remark, Words
from roadshow.ids import CriterionId, PersonId, ProjectId
from roadshow.languages import Catalogue
from roadshow.voting.cards.view import shuffled
from roadshow.voting.explanation import (
    CarriedOver,
    Counted,
    Deducted,
    Explanation,
    JudgeLine,
    NotHeld,
    Penalised,
    Ranked,
    Step,
    TieTried,
)
from roadshow.voting.results import PublishedResult, Standing
from roadshow.voting.rules.arithmetic import exact
from roadshow.voting.votes import Ballot


def _(text: str) -> str:
    """Marks a text for the catalogues."""
    return text


CHART_WIDTH = 600
"""Units of the picture, not pixels: it takes the width it is given."""
CHART_HEIGHT = 44
DOT_GAP = 9
"""Between the middles of two dots with one value."""
EDGE = 10
"""Free at both ends, so that no dot is cut off."""
GRID = 10
"""Points between two lines."""
MOST_BESIDE = 8
"""Judges side by side: beside place, project and points each keeps 14 mm of an upright A4 page, which holds a name in
8 points, and of a laptop's window the width of a name. More judges make a second table, and nothing is cut off."""


_NOTHING_CAME = ("submitted", "absent", "elsewhere", "replaced")
"""Or it counts: no ballot is to be told of that does not."""


@dataclass(frozen=True, slots=True)
class Row:
    """A judge's line for a project."""

    name: str
    line: JudgeLine
    scores: Mapping[CriterionId, str]
    """Points, as the reader's language writes them."""
    """Empty unless the ballot counts."""
    no_ballot: str
    """Why it does not, in words; empty if it does."""
    why: str = ""
    """Of what kind the judge's reason is, or what the chair gave as theirs."""

    place: str = ""
    """In the judge's order and of how many, where ballots are orders; or how many of its comparisons it has won."""

    @property
    def total(self) -> str:
        """Of 100; empty unless the ballot counts."""
        return "" if self.line.total is None else self.line.total.shown


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    y: float
    label: str


@dataclass(frozen=True, slots=True)
class Spread:
    """One project's totals on the field's scale."""

    dots: tuple[Dot, ...]
    mark: float | None
    """Where its score is."""
    low: str
    high: str


@dataclass(frozen=True, slots=True)
class ToldStep:
    """A step of how the place came about, in words."""

    step: Step
    text: str

    @property
    def kind(self) -> str:
        return str(self.step.__struct_config__.tag)

    @property
    def tie(self) -> TieTried | None:
        """The step, if it is one of the tie chain."""
        return self.step if isinstance(self.step, TieTried) else None


@dataclass(frozen=True, slots=True)
class Line:
    """All that a page tells of one project."""

    standing: Standing
    remark: Remark | None
    rows: tuple[Row, ...]
    steps: tuple[ToldStep, ...]
    """Without those that say nothing but the obvious."""
    spread: Spread


@dataclass(frozen=True, slots=True)
class Table:
    judges: tuple[str, ...]
    """Their names or numbers, in the order of each line's ``rows``."""
    lines: tuple[Line, ...]
    ticks: tuple[tuple[float, int], ...]
    """Of the charts: where, and how many points."""
    caveat: tuple[str, ...] = ()
    """What hangs on ballots that are not there, a sentence each."""

    @property
    def panels(self) -> tuple[slice, ...]:
        """Which judges stand in one table: as many in each as in the next, or one more."""
        count = len(self.judges)
        tables = max(1, -(-count // MOST_BESIDE))
        ends = [count * number // tables for number in range(tables + 1)]
        return tuple(slice(start, end) for start, end in pairwise(ends))

    @property
    def uncounted(self) -> tuple[tuple[Line, Row], ...]:
        """Ballots that came and do not count, and conflicts of interest: the protocol lists them."""
        return tuple((line, row) for line in self.lines for row in line.rows if row.line.state not in _NOTHING_CAME)


def judge_names(
    judges: Sequence[tuple[PersonId, str]], numbered: Callable[[int], str] | None, key: str
) -> dict[PersonId, str]:
    """What each judge is called, in the order in which they are listed; ``numbered`` makes a name of a number, None:
    they are named. Numbers follow ``key``: nobody without it can lay them beside the jury as it is published."""
    if numbered is None:
        return dict(judges)
    by_number = shuffled((person for person, _name in judges), key)
    return {person: numbered(number) for number, person in enumerate(by_number, start=1)}


def result_table(
    result: PublishedResult,
    explanations: Sequence[Explanation],
    ballots: Sequence[Ballot],
    names: Mapping[PersonId, str],
    words: Words,
    steps: Mapping[CriterionId, int],
    skipped: Collection[ProjectId] = (),
) -> Table:
    """``explanations``: in the order of the standings; ``steps``: of a point, by which ballots score and take off;
    ``skipped``: projects that did not pitch."""
    given = {
        (ballot.judge, ballot.project): {
            one: words.texts.score(exact(Fraction(score, steps[one])))
            for one, score in ballot.scores.items()
            if one in steps
        }
        for ballot in ballots
    }
    totals = [_value(line) for one in explanations for line in _judges(one) if line.total is not None]
    scores = [Fraction(standing.score) for standing in result.standings if standing.score]
    low, high = _ends([*totals, *scores])

    def place(points: Fraction) -> float:
        return round(EDGE + float((points - low) / (high - low)) * (CHART_WIDTH - 2 * EDGE), 1)

    order = {person: number for number, person in enumerate(names)}

    def listed(explanation: Explanation) -> list[JudgeLine]:
        return sorted(_judges(explanation), key=lambda one: order[one.judge])

    def row(project: ProjectId, one: JudgeLine) -> Row:
        if one.total is None:
            return Row(names[one.judge], one, {}, words.no_ballot(one), words.why(one))
        return Row(names[one.judge], one, given.get((one.judge, project), {}), "", place=_place(one, words.texts))

    def line(standing: Standing, explanation: Explanation) -> Line:
        return Line(
            standing=standing,
            remark=words.remark(standing, pitched=standing.project not in skipped),
            rows=tuple(row(standing.project, one) for one in listed(explanation)),
            steps=tuple(ToldStep(step, words.step(step)) for step in explanation.steps if _tells(step)),
            spread=_spread(standing, explanation, names, place),
        )

    first = listed(explanations[0]) if explanations else ()
    return Table(
        judges=tuple(names[one.judge] for one in first),
        lines=tuple(map(line, result.standings, explanations)),
        ticks=tuple((place(Fraction(points)), points) for points in range(low, high + 1, GRID)),
        caveat=words.caveat(result.caveat, names),
    )


def _place(line: JudgeLine, texts: Catalogue) -> str:
    """Where a judge's order has the project, or how many comparisons it has won; empty where ballots are scores."""
    if line.compared and line.total is not None:
        won = exact(Fraction(line.total.exact) * line.compared / 100)
        values = {"place": texts.score(won), "count": texts.number(line.compared)}
        return texts.gettext(_("%(place)s of %(count)s")) % values
    if not line.place:
        return ""
    values = {"place": texts.number(line.place), "count": texts.number(line.ordered)}
    return texts.gettext(_("%(place)s of %(count)s")) % values


def _judges(explanation: Explanation) -> tuple[JudgeLine, ...]:
    return next((step.judges for step in explanation.steps if isinstance(step, Counted)), ())


def _tells(step: Step) -> bool:
    """Whether there is a sentence in it that no other step says."""
    return not (isinstance(step, Ranked) and not step.level) and not (
        isinstance(step, TieTried) and len(step.group) < 2
    )


def _value(line: JudgeLine) -> Fraction:
    assert line.total is not None  # noqa: S101 - the caller has looked
    return Fraction(line.total.exact)


def _ends(values: Sequence[Fraction]) -> tuple[int, int]:
    """Of the scale, in whole steps of the grid around all values."""
    if not values:
        return 0, 100
    low = int(min(values) // GRID) * GRID
    return low, max(-int(-max(values) // GRID) * GRID, low + GRID)


def _spread(
    standing: Standing, explanation: Explanation, names: Mapping[PersonId, str], place: Callable[[Fraction], float]
) -> Spread:
    order = list(names)
    given = (line for line in _judges(explanation) if line.total is not None)
    lines = sorted(given, key=lambda line: (_value(line), order.index(line.judge)))
    dots: list[Dot] = []
    for value, group in groupby(lines, key=_value):
        level = list(group)
        for number, line in enumerate(level):
            y = CHART_HEIGHT / 2 + (number - (len(level) - 1) / 2) * min(DOT_GAP, CHART_HEIGHT / (len(level) + 1))
            dots.append(Dot(place(value), round(y, 1), names[line.judge]))
    shown = [line.total.shown for line in lines if line.total is not None]
    return Spread(
        dots=tuple(dots),
        mark=place(Fraction(standing.score)) if standing.score else None,
        low=shown[0] if shown else "",
        high=shown[-1] if shown else "",
    )


def decisions(table: Table) -> tuple[tuple[ProjectId, tuple[ToldStep, ...]], ...]:
    """What a protocol tells beside the table: deductions, penalties, and each step of a tie once, by project."""
    decided: list[tuple[ProjectId, tuple[ToldStep, ...]]] = []
    ties: list[ToldStep] = []
    for line in table.lines:
        steps = tuple(
            told
            for told in line.steps
            if isinstance(told.step, Deducted | Penalised | TieTried | NotHeld) and told not in ties
        )
        ties += [told for told in steps if not isinstance(told.step, Deducted | Penalised)]
        if steps:
            decided.append((line.standing.project, steps))
    return tuple(decided)


def carried(table: Table) -> tuple[tuple[ProjectId, ToldStep], ...]:
    """What each project brings with it from an earlier field, and how it becomes a part of the score."""
    return tuple(
        (line.standing.project, told)
        for line in table.lines
        for told in line.steps
        if isinstance(told.step, CarriedOver)
    )
