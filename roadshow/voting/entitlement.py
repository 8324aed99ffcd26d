"""Who may do what in a poll, whatever it has come to. (pure)"""

from roadshow.errors import InputError, NotAllowed, NotFound
from roadshow.ids import PersonId, ProjectId
from roadshow.voting.acts import Act, Countersign, Penalise, Reopen
from roadshow.voting.ballot import check_reason
from roadshow.voting.spec import PollSpec

MAX_PENALTY = 100_00
"""Hundredths of a point: all that a project can have."""


def require_judge(spec: PollSpec, judge: PersonId, project: ProjectId) -> None:
    """Raises NotAllowed("ballot.not_entitled"), NotFound("project.unknown")."""
    if judge not in spec.judges:
        raise NotAllowed("ballot.not_entitled")
    if project not in spec.projects:
        raise NotFound("project.unknown")


def require_chair(spec: PollSpec, person: PersonId) -> None:
    """Raises NotAllowed("result.not_chair")."""
    if person != spec.chair:
        raise NotAllowed("result.not_chair")


def require_act(spec: PollSpec, by: PersonId, act: Act) -> None:
    """A penalty may be the organiser's, a countersignature is anybody's but the chair's, and all else is the chair's.
    Raises as above, and NotAllowed("result.same_person"), InputError("reason.length"),
    InputError("penalty.out_of_range", maximum)."""
    if isinstance(act, Countersign):
        if by == spec.chair:
            raise NotAllowed("result.same_person")
        return
    if not (isinstance(act, Penalise) and by not in spec.judges):
        require_chair(spec, by)
    check_reason(act.reason)
    match act:
        case Reopen():
            pass
        case Penalise(project=project, points=points):
            if project not in spec.projects:
                raise NotFound("project.unknown")
            if not 0 <= points <= MAX_PENALTY:
                raise InputError("penalty.out_of_range", maximum=MAX_PENALTY // 100)
        case _:
            require_judge(spec, act.judge, act.project)
