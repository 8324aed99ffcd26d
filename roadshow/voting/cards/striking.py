"""What is striking in the judges' cards, for the chair: rules of thumb, which decide nothing. (pure)

They tell something of scores. So nobody learns of it before the count is closed, from where on nothing moves a score:
else whoever may still set a ballot aside would try until the alarm is silent.
"""

from collections.abc import Iterable

from roadshow.ids import PersonId, ProjectId
from roadshow.voting.review import Striking
from roadshow.voting.rules.field import Field, Votes, gathered

LEAST_ALIKE = 2
"""Projects: one alone is like itself."""


def striking(votes: Votes, *, counted: bool) -> Striking:
    """``counted``: the count is closed; nothing before. Orders of projects have no points to look at."""
    if not counted or votes.spec.rules.ballots is not None:
        return Striking()
    field = gathered((votes,))
    return Striking(tuple(_far_apart(field)), tuple(_all_alike(field)))


def _far_apart(field: Field) -> Iterable[ProjectId]:
    """In the order of the rundown. Panels measure differently on purpose: each is looked at by itself."""
    for project in field.projects:
        given = field.totals[project]
        parts = [part for _, part in field.by_panel(project, given)] or [given]
        spreads = [max(part.values()) - min(part.values()) for part in parts if part]
        if field.rules.far_apart and max(spreads, default=0) > field.rules.far_apart:
            yield project


def _all_alike(field: Field) -> Iterable[PersonId]:
    """In the order of the jury."""
    least = field.rules.all_alike
    judges = dict.fromkeys(one.judge for judged in field.judged.values() for one in judged)
    for judge in judges:
        given = [totals[judge] for totals in field.totals.values() if judge in totals]
        if LEAST_ALIKE <= least <= len(given) and len(set(given)) == 1:
            yield judge
