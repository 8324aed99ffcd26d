"""What a field takes over, as voting knows it. (pure)"""

from collections.abc import Mapping, Sequence

from roadshow.competitions.stages import Carried, Published
from roadshow.ids import FieldId, PollId, ProjectId
from roadshow.voting.carried.terms import Came, Line, Source, Taken, Terms


def terms_of(
    carried: Carried, here: Sequence[ProjectId], homes: Mapping[ProjectId, FieldId], polls: Mapping[FieldId, PollId]
) -> Terms:
    """``here``: the field's projects, in the order of the rundown; ``homes``: each project's field, and ``polls``: each
    field's poll. Who is found nowhere is not through."""
    ids = {one.project: one.was for one in carried.came}
    came = [(project, ids.get(project, project)) for project in here]
    found = [(project, _source(carried, was, homes, polls), was) for project, was in came]
    own = tuple(Source(polls[field]) for field in carried.fields)
    return Terms(
        sources=(*own, *map(_read, carried.published)),
        came=tuple(Came(project, source, was) for project, source, was in found if source is not None),
        weight=carried.weight,
        scale=carried.scale,
        through=carried.through,
    )


def _source(
    carried: Carried, was: ProjectId, homes: Mapping[ProjectId, FieldId], polls: Mapping[FieldId, PollId]
) -> PollId | None:
    home = homes.get(was)
    if home in carried.fields and home is not None:
        return polls[home]
    records = (one.poll for one in carried.published if any(line.project == was for line in one.lines))
    return next(records, None)


def _read(published: Published) -> Source:
    taken = Taken(
        poll=published.poll,
        version=published.version,
        sequence=published.sequence,
        head=published.head,
        result=published.result,
        best=published.best,
        out=published.out,
    )
    lines = tuple(Line(one.project, one.place, one.score) for one in published.lines)
    return Source(published.poll, published.key, taken, lines)
