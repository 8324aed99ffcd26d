"""A judge is lost in the middle of a field, and somebody of the reserve takes the seat from a project on. (pure)"""

from collections.abc import Collection, Iterator, Sequence

from msgspec import structs

from roadshow.errors import Conflict, NotAllowed, NotFound
from roadshow.ids import PersonId, ProjectId
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import Pair, Substitution


def in_force(spec: PollSpec, substitutions: Sequence[Substitution]) -> PollSpec:
    """The spec as if whoever took a seat had been there from the beginning: on the panel of the judge they came for,
    with what the lot has given that judge from then on."""
    for one in _possible(spec, substitutions):
        panels = tuple((one.substitute, panel) for judge, panel in spec.seats if judge == one.judge)
        taken = set(_from_on(spec, one.project))
        lots = tuple((one.substitute, project) for judge, project in spec.assigned if judge == one.judge)
        spec = structs.replace(
            spec,
            judges=(*spec.judges, one.substitute),
            seats=(*spec.seats, *panels),
            assigned=(*spec.assigned, *(pair for pair in lots if pair[1] in taken)),
            reserve=tuple(person for person in spec.reserve if person != one.substitute),
        )
    return spec


def replaced(spec: PollSpec, substitutions: Sequence[Substitution]) -> frozenset[Pair]:
    """Where somebody else has, or had, their seat."""
    pairs: set[Pair] = set()
    for one in _possible(spec, substitutions):
        later = _from_on(spec, one.project)
        pairs |= {(one.judge, project) for project in later}
        pairs |= {(one.substitute, project) for project in spec.projects if project not in later}
    return frozenset(pairs)


def alone(
    spec: PollSpec, substitutions: Sequence[Substitution], project: ProjectId
) -> tuple[PollSpec, tuple[Substitution, ...]]:
    """As if the project were all of the field, with the seats that had passed by then."""
    before = spec.projects[: spec.projects.index(project) + 1]
    made = tuple(structs.replace(one, project=project) for one in substitutions if one.project in before)
    return structs.replace(spec, projects=(project,)), made


def gone(substitutions: Sequence[Substitution]) -> frozenset[PersonId]:
    """Who has no seat any more, and so no say in a re-vote."""
    return frozenset(one.judge for one in substitutions)


def require_free(
    spec: PollSpec,
    substitutions: Sequence[Substitution],
    given: Sequence[ProjectId],
    shown: Collection[ProjectId],
    judge: PersonId,
    substitute: PersonId,
    project: ProjectId,
) -> None:
    """Whether the seat can pass. ``given``: the projects for which the judge has sent anything in the first round;
    ``shown``: those whose scores everybody was told, for which nobody's card may change its owner. Raises
    NotFound("project.unknown"), NotAllowed("substitute.reserve") for whoever is not on the reserve or has a seat,
    Conflict("substitute.seat") unless the judge sits there, Conflict("substitute.voted") if they have sent something
    for that project or a later one, Conflict("cards.shown") if one of these was shown."""
    if project not in spec.projects:
        raise NotFound("project.unknown")
    now = in_force(spec, substitutions)
    if substitute not in now.reserve:
        raise NotAllowed("substitute.reserve")
    if judge not in now.judges or (judge, project) in replaced(spec, substitutions):
        raise Conflict("substitute.seat")
    if not set(given).isdisjoint(_from_on(spec, project)):
        raise Conflict("substitute.voted")
    if not set(shown).isdisjoint(_from_on(spec, project)):
        raise Conflict("cards.shown")


def _possible(spec: PollSpec, substitutions: Sequence[Substitution]) -> Iterator[Substitution]:
    """Each of the reserve can come once: so no ledger, whoever wrote it, has more than it can hold."""
    free = set(spec.reserve)
    for one in substitutions:
        if one.substitute in free:
            free.remove(one.substitute)
            yield one


def _from_on(spec: PollSpec, project: ProjectId) -> tuple[ProjectId, ...]:
    return spec.projects[spec.projects.index(project) :]
