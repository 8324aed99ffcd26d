"""Whom the jury puts ahead, of two projects. (pure)"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from roadshow.ids import CriterionId, PersonId, ProjectId
from roadshow.voting.rules.field import Field, Group
from roadshow.voting.rules.pairs import WHOLE


def majority(field: Field, a: ProjectId, b: ProjectId) -> int | None:
    """1: the jury puts ``a`` ahead, −1: ``b``, 0: they are level; None: nobody has compared them. 1, 0 or −1 of each
    judge of both: the mean of these tells, as of any other number that judges gave."""
    sides = _sides(field, a, b)
    if not sides:
        return None
    balance = field.mean_of(a, sides)
    return (balance > 0) - (balance < 0)


def met(field: Field, project: ProjectId, others: Sequence[ProjectId]) -> Group:
    """Those of ``others`` that somebody has compared it with, where ballots are comparisons."""
    named = {other for card in field.cards[project].values() for other in card}
    return tuple(other for other in others if CriterionId(other) in named)


def compared_enough(field: Field, projects: Group) -> Group:
    """Those that were compared with as many others as a project needs, not counting such as were not. All, where
    ballots are no comparisons."""
    if field.rules.ballots != "pairs":
        return projects
    needed = max(field.rules.least_opponents, 1)
    kept = tuple(project for project in projects if len(met(field, project, projects)) >= needed)
    return kept if len(kept) == len(projects) else compared_enough(field, kept)


def _sides(field: Field, a: ProjectId, b: ProjectId) -> Mapping[PersonId, Fraction]:
    if field.rules.ballots == "pairs":
        named = CriterionId(b)
        cards = field.cards[a].items()
        return {judge: Fraction(2 * card[named] - WHOLE, WHOLE) for judge, card in cards if named in card}
    of_a, of_b = field.totals[a], field.totals[b]
    return {
        judge: Fraction((of_a[judge] > of_b[judge]) - (of_a[judge] < of_b[judge]))
        for judge in of_a.keys() & of_b.keys()
    }
