"""The number that projects are ranked by. (pure)"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from roadshow.ids import ProjectId
from roadshow.voting.rules.arithmetic import round_half_up
from roadshow.voting.rules.duels import compared_enough
from roadshow.voting.rules.estimators import ESTIMATORS, Estimate
from roadshow.voting.rules.field import Field, Group


@dataclass(frozen=True, slots=True)
class Scoring:
    field: Field
    complete: Group
    """The projects with a quorum, and compared with enough others; what follows is about them alone."""
    estimate: Estimate
    net: Mapping[ProjectId, Fraction]
    """The estimate less what judges take off it, and the penalty."""
    most_votes: int
    """Of the audience for any one project; 0: its share is not applied."""
    own: Mapping[ProjectId, Fraction]
    """Net and the audience's share: what the project has from this poll."""
    score: Mapping[ProjectId, Fraction]
    """That, and what it brings with it from an earlier one."""
    ranked: Mapping[ProjectId, Fraction]
    """The score as ``rank_on`` wants it."""


def scored(field: Field) -> Scoring:
    rules = field.rules
    quorate = tuple(project for project in field.projects if field.has_quorum(project))
    complete = compared_enough(field, quorate)
    estimate = ESTIMATORS[rules.estimator](field, {project: field.totals[project] for project in complete})
    net = {
        project: estimate.points[project] - field.taken_off(project) - _penalty(field, project) for project in complete
    }
    most_votes = max((field.audience[project] for project in complete), default=0) if rules.audience_share else 0
    own = dict(net)
    if most_votes:
        share = Fraction(rules.audience_share, 100)
        own = {
            project: (1 - share) * points + share * Fraction(100 * field.audience[project], most_votes)
            for project, points in net.items()
        }
    score = {p: field.carried[p].joined(points) if p in field.carried else points for p, points in own.items()}
    ranked = {p: round_half_up(points) if rules.rank_on == "rounded" else points for p, points in score.items()}
    return Scoring(field, complete, estimate, net, most_votes, own, score, ranked)


def _penalty(field: Field, project: ProjectId) -> Fraction:
    penalty = field.penalties.get(project)
    return Fraction(0) if penalty is None else Fraction(penalty.points, 100)
