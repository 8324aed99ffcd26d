"""One number for each project, of 100, from the totals of its judges. (pure)

An estimator looks at all projects of a field at once, so that it can treat them alike: trimming one project and not its
neighbour would by itself move them past each other.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial

from roadshow.ids import PersonId, ProjectId
from roadshow.voting.explanation import Dropped, PanelLine
from roadshow.voting.rules.arithmetic import exact, figure, mean, root, round_half_up, show
from roadshow.voting.rules.duels import majority
from roadshow.voting.rules.field import Field, Totals, weighed
from roadshow.voting.spec import EstimatorName, Trim

Z_DECIMALS = 30
"""Of one z-score. Standard deviations are irrational; from here on the arithmetic is exact again."""
MEAN_Z_DECIMALS = 9
"""Of a project's mean z-score: far fewer, so that rounding the addends can never divide what is truly level."""


@dataclass(frozen=True, slots=True)
class Estimate:
    used: EstimatorName
    points: Mapping[ProjectId, Fraction]
    raw: Mapping[ProjectId, Fraction] = field(default_factory=dict)
    """The mean z-score, Borda share or place points, if that is what ``points`` is scaled from."""
    becomes: Totals = field(default_factory=dict)
    """What each judge's total became, for z-scores, Borda shares and place points."""
    dropped: Mapping[ProjectId, tuple[Dropped, ...]] = field(default_factory=dict)
    panels: Mapping[ProjectId, tuple[PanelLine, ...]] = field(default_factory=dict)
    """What each panel's part is, where the estimator knows more of it than a mean."""


_Out = tuple[Dropped, ...]
Estimator = Callable[[Field, Totals], Estimate]
"""``totals``: of the complete projects, each of which has at least one."""


def plain_mean(field: Field, totals: Totals) -> Estimate:
    return Estimate("mean", _means(field, totals))


def trimmed_mean(field: Field, totals: Totals) -> Estimate:
    """One rule for the whole field: with too few judges for any project, the mean for all."""
    trim = field.rules.trim or Trim()
    if min((fewest(field, project) for project in totals), default=0) < enough(trim):
        return plain_mean(field, totals)
    points: dict[ProjectId, Fraction] = {}
    dropped: dict[ProjectId, tuple[Dropped, ...]] = {}
    lines: dict[ProjectId, tuple[PanelLine, ...]] = {}
    for project, given in totals.items():
        parts = field.by_panel(project, given)
        if not parts:
            points[project], dropped[project] = _middle(field, project, given, trim)
            continue
        middles = [(panel, len(part), *_middle(field, project, part, trim)) for panel, part in parts]
        points[project] = weighed([(panel.weight, value) for panel, _, value, _ in middles])
        lines[project] = tuple(
            PanelLine(panel.id, panel.weight, ballots, figure(value), out) for panel, ballots, value, out in middles
        )
    return Estimate("trimmed-mean", points, dropped=dropped, panels=lines)


def _middle(field: Field, project: ProjectId, judges: Iterable[PersonId], trim: Trim) -> tuple[Fraction, _Out]:
    """The mean of what is left of these judges' totals, or scores, and what is not."""
    if trim.scope == "total":
        kept, out = _trimmed([field.totals[project][judge] for judge in judges], trim.k)
        return mean(kept), (Dropped(tuple(map(show, out[0])), tuple(map(show, out[1]))),)
    points, weights, dropped = Fraction(0), sum(criterion.weight for criterion in field.criteria), []
    cards = [field.cards[project][judge] for judge in judges]
    for criterion in field.criteria:
        kept, out = _trimmed([Fraction(card[criterion.id], criterion.steps) for card in cards], trim.k)
        points += 100 * criterion.weight * mean(kept) / criterion.maximum / weights
        dropped.append(Dropped(tuple(map(exact, out[0])), tuple(map(exact, out[1])), criterion.id))
    return points, tuple(dropped)


def fewest(field: Field, project: ProjectId) -> int:
    """Its ballots; of several panels with a weight, those of the panel with the fewest."""
    given = field.totals[project]
    return min((len(part) for _, part in field.by_panel(project, given)), default=len(given))


def enough(trim: Trim) -> int:
    """Ballots that every project needs, or none is trimmed: one at least is left of ``2 * k + 1``."""
    return max(trim.n_min, 2 * trim.k + 1)


def z_score(field: Field, totals: Totals) -> Estimate:
    """Each judge's totals less their mean, in their standard deviations: strict and lenient judges weigh alike. Who
    gives everybody the same says nothing and moves nobody; who hardly tells them apart is taken for as far apart as
    ``least_spread``, for a hair's breadth is not as much as another judge's ten points."""
    least = Fraction(field.rules.least_spread, 100)
    becomes = _by_judge(totals, partial(_standardised, least=least))
    raw = {project: round_half_up(field.mean_of(project, given), MEAN_Z_DECIMALS) for project, given in becomes.items()}
    return Estimate("z-score", _rescaled(raw, _means(field, totals)), raw, becomes)


def borda(field: Field, totals: Totals) -> Estimate:
    """The share of the other projects that each judge put behind this one."""
    becomes = _by_judge(totals, _shares)
    raw = {project: field.mean_of(project, given) for project, given in becomes.items()}
    return Estimate("borda", {project: 100 * share for project, share in raw.items()}, raw, becomes)


def place_points(field: Field, totals: Totals) -> Estimate:
    """Each judge's order of the projects, and what their places are worth; how far apart they lie is not asked."""
    worth = field.rules.place_points
    becomes = _by_judge(totals, partial(_placed, worth=worth))
    raw = {project: field.mean_of(project, given) for project, given in becomes.items()}
    return Estimate("place-points", {project: 100 * value / worth[0] for project, value in raw.items()}, raw, becomes)


def copeland(field: Field, totals: Totals) -> Estimate:
    """The share that each project has of the points in its duels: one for each of the others that the jury puts behind
    it, half of one for each beside it, of as many as it was compared with."""
    points: dict[ProjectId, Fraction] = {}
    for project in totals:
        duels = [majority(field, project, other) for other in totals if other != project]
        held = [outcome for outcome in duels if outcome is not None]
        points[project] = 50 + Fraction(50 * sum(held), len(held))
    return Estimate("copeland", points)


ESTIMATORS: Mapping[EstimatorName, Estimator] = {
    "mean": plain_mean,
    "trimmed-mean": trimmed_mean,
    "z-score": z_score,
    "borda": borda,
    "place-points": place_points,
    "copeland": copeland,
}

_OneJudge = Mapping[ProjectId, Fraction]


def _means(field: Field, totals: Totals) -> Mapping[ProjectId, Fraction]:
    return {project: field.mean_of(project, given) for project, given in totals.items()}


def _trimmed(values: list[Fraction], k: int) -> tuple[list[Fraction], tuple[list[Fraction], list[Fraction]]]:
    """What is kept; and what is dropped, low and high."""
    rising = sorted(values)
    end = len(rising) - k
    return rising[k:end], (rising[:k], rising[end:])


def _by_judge(totals: Totals, convert: Callable[[_OneJudge], _OneJudge]) -> Totals:
    """The totals with those of each judge converted together."""
    by_judge: dict[PersonId, dict[ProjectId, Fraction]] = {}
    for project, given in totals.items():
        for judge, total in given.items():
            by_judge.setdefault(judge, {})[project] = total
    converted = {judge: convert(given) for judge, given in by_judge.items()}
    return {project: {judge: converted[judge][project] for judge in given} for project, given in totals.items()}


def _standardised(given: _OneJudge, least: Fraction) -> _OneJudge:
    centre = mean(given.values())
    squares = {project: (total - centre) ** 2 for project, total in given.items()}
    spread = sum(squares.values(), Fraction(0))
    if not spread:  # one project only, or all alike
        return dict.fromkeys(given, Fraction(0))
    variance = max(spread / (len(given) - 1), least**2)
    sizes = {project: root(square / variance, Z_DECIMALS) for project, square in squares.items()}
    return {project: size if given[project] > centre else -size for project, size in sizes.items()}


def _shares(given: _OneJudge) -> _OneJudge:
    others = len(given) - 1
    if not others:
        return dict.fromkeys(given, Fraction(1, 2))
    rising = sorted(given.values())

    def share(total: Fraction) -> Fraction:
        behind, not_ahead = bisect_left(rising, total), bisect_right(rising, total)
        rank = len(rising) - Fraction(behind + not_ahead - 1, 2)  # 1 + those ahead + half of the others beside
        return (len(rising) - rank) / others

    return {project: share(total) for project, total in given.items()}


def _placed(given: _OneJudge, worth: Sequence[int]) -> _OneJudge:
    """Level ones have the mean of what the places are worth that they take together."""
    falling = sorted(given.values(), reverse=True)
    points = [Fraction(worth[place]) if place < len(worth) else Fraction(0) for place in range(len(falling))]
    of_total = {
        total: mean(points[falling.index(total) : falling.index(total) + falling.count(total)]) for total in falling
    }
    return {project: of_total[total] for project, total in given.items()}


def _rescaled(raw: Mapping[ProjectId, Fraction], means: Mapping[ProjectId, Fraction]) -> Mapping[ProjectId, Fraction]:
    """From the lowest to the highest mean, so that nobody is shown more points than any jury's mean gives. Where all
    means are level, the lowest z-score lies a point under them, but not under zero: level means do not level what is
    not."""
    if not raw:
        return {}
    low, high = min(means.values()), max(means.values())
    least, most = min(raw.values()), max(raw.values())
    if least == most:
        return dict.fromkeys(raw, (low + high) / 2)
    width = high - low or min(high, Fraction(1))
    return {project: high - (most - value) / (most - least) * width for project, value in raw.items()}
