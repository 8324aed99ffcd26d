"""Prizes by tier, from the places: who has which, and which are not awarded. (pure)

Minima are compared with points as they are shown, so that nobody has to be told why 70.00 is less than 70.
"""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import groupby

from msgspec import structs

from roadshow.ids import AwardId, ProjectId
from roadshow.voting.explanation import Explanation, Prized
from roadshow.voting.results import PrizeResult, Standing
from roadshow.voting.rules.arithmetic import figure
from roadshow.voting.spec import RuleSet


def is_below(rules: RuleSet, standing: Standing) -> bool:
    """Whether it has a place, and too few points for the podium."""
    return standing.place is not None and _hundredths(standing) < rules.least_score


def prizes_of(rules: RuleSet, standings: Iterable[Standing]) -> tuple[PrizeResult, ...]:
    """In the order of the rules, the best first.

    Prizes lie in a row, and projects take them in the order of their places; level ones take as many as they are, all
    of the first one's tier. Who is under a tier's minimum leaves what is left of it, and takes the next tier's.
    """
    won: dict[AwardId, tuple[ProjectId, ...]] = {prize.id: () for prize in rules.prizes}
    left = {prize.id: prize.count for prize in rules.prizes}
    tiers = list(rules.prizes)
    for level in _by_place(rules, standings):
        while tiers and (not left[tiers[0].id] or _hundredths(level[0]) < tiers[0].minimum):
            tiers.pop(0)
        if not tiers:
            break
        won[tiers[0].id] += tuple(standing.project for standing in level)
        _take(left, len(level), [tier.id for tier in tiers])
    return tuple(PrizeResult(prize.id, won[prize.id], left[prize.id]) for prize in rules.prizes)


def explained(
    rules: RuleSet, standings: Sequence[Standing], prizes: Sequence[PrizeResult], told: Sequence[Explanation]
) -> tuple[Explanation, ...]:
    """Each explanation with what became of its place, where there is something to tell."""
    won = winners(prizes)
    steps: dict[ProjectId, Prized] = {}
    for standing in standings:
        if is_below(rules, standing):
            steps[standing.project] = Prized(least=figure(Fraction(rules.least_score, 100)))
        elif standing.place is not None and rules.prizes:
            prize = won.get(standing.project)
            names = [one.id for one in rules.prizes]
            better = rules.prizes[: len(names) if prize is None else names.index(prize)]
            missed = tuple(one.id for one in better if _hundredths(standing) < one.minimum)
            if prize is not None or missed:
                steps[standing.project] = Prized(prize, missed)
    return tuple(
        structs.replace(one, steps=(*one.steps, steps[one.project])) if one.project in steps else one for one in told
    )


def _by_place(rules: RuleSet, standings: Iterable[Standing]) -> Iterable[list[Standing]]:
    """Those level together, the best first; without those that are below."""
    placed = [one for one in standings if one.place is not None and not is_below(rules, one)]
    for _, level in groupby(placed, key=lambda one: one.place):
        yield list(level)


def _take(left: dict[AwardId, int], count: int, tiers: Sequence[AwardId]) -> None:
    """So many of what is left, of the best tiers first."""
    for tier in tiers:
        taken = min(count, left[tier])
        left[tier] -= taken
        count -= taken


def _hundredths(standing: Standing) -> Fraction:
    return Fraction(standing.score) * 100


def winners(prizes: Iterable[PrizeResult]) -> Mapping[ProjectId, AwardId]:
    """Who has which."""
    return {project: prize.prize for prize in prizes for project in prize.projects}
