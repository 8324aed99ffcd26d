"""Which projects each judge compares with which, by a lot that anybody can draw again. (pure)

Nobody compares all pairs of a large field. The projects lie on a circle, in the order of their lots, and a judge
compares each with those so many places further on, and back: then each judge meets every project equally often, and
whoever pitches early or late is met as often as the others.
"""

from collections.abc import Mapping

from roadshow.ids import PersonId, ProjectId
from roadshow.voting.ballot import digest
from roadshow.voting.seating.seats import shadows
from roadshow.voting.spec import PollSpec

TOGETHER = 3
"""Judges who compare the same pairs and count, at least: of one alone nobody could say what the majority is."""


def opponents(spec: PollSpec, judge: PersonId) -> Mapping[ProjectId, frozenset[ProjectId]]:
    """Of each project: with which others the judge compares it, whoever is recused from what. Symmetric."""
    circle = sorted(spec.projects, key=lambda project: _lot(spec, project))
    count = len(circle)
    distances = _distances(spec, judge, count // 2)
    return {
        project: frozenset(circle[(at + way) % count] for one in distances for way in (one, -one)) - {project}
        for at, project in enumerate(circle)
    }


def _distances(spec: PollSpec, judge: PersonId, furthest: int) -> set[int]:
    """Places on the circle. Judges of one set have the same; the next set goes on where the one before ended. Shadow
    judges make no set: whoever shared one with them alone would be the jury."""
    each = spec.rules.opponents // 2
    if not each or each >= furthest:
        return set(range(1, furthest + 1))
    unheard = shadows(spec)
    judges = [one for one in spec.judges if one not in unheard]
    sets = max(1, len(judges) // TOGETHER)
    others = (one for one in spec.judges if one in unheard)
    first = (*judges, *others, *spec.reserve).index(judge) % sets * each
    return {(first + number) % furthest + 1 for number in range(each)}


def _lot(spec: PollSpec, project: ProjectId) -> str:
    return digest("\n".join((spec.poll, spec.rules.draw, project, "")).encode())
