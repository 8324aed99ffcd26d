"""From the results of earlier polls to what a poll takes over. (pure)"""

from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction

from roadshow.errors import Conflict
from roadshow.ids import CommandId, PersonId, PollId, ProjectId
from roadshow.voting.aftermath.places import stand
from roadshow.voting.ballot import canonical, digest
from roadshow.voting.carried.terms import Brought, CarryBody, Line, Source, Taken, Terms
from roadshow.voting.results import SignedResult

Table = tuple[Taken, tuple[Line, ...]]
"""A result, and who has a place in it."""


def table_of(result: SignedResult, out: Sequence[ProjectId] = ()) -> Table:
    """``out``: who is disqualified by now, in the order of the rundown. Raises Conflict("carried.nobody", field) if
    nobody has a place."""
    lines = tuple(
        Line(one.project, one.place, one.score) for one in stand(result.standings, out) if one.place is not None
    )
    if not lines:
        raise Conflict("carried.nobody", field=result.poll)
    taken = Taken(
        poll=result.poll,
        version=result.version,
        sequence=result.sequence,
        head=result.head,
        result=digest(canonical(result)),
        best=max((line.score for line in lines), key=Fraction),
        out=tuple(out),
    )
    return taken, lines


def brought(terms: Terms, tables: Mapping[PollId, Table]) -> Brought:
    """``tables``: of each source that is a poll of this competition; of the others the terms have them."""
    known = [_table(source, tables) for source in terms.sources]
    through = {line.project: line for taken, lines in known for line in through_of(terms, taken.poll, lines)}
    came = tuple(through[one.project] for one in terms.came if one.project in through)
    return Brought(tuple(taken for taken, _ in known), came)


def through_of(terms: Terms, source: PollId, lines: Sequence[Line]) -> tuple[Line, ...]:
    """Who is through from one source, by their ids here; ``lines``: its table."""
    by_id = {line.project: line for line in lines}
    found = [(one.project, by_id.get(one.was)) for one in terms.came if one.source == source]
    return tuple(
        Line(project, line.place, line.score)
        for project, line in found
        if line is not None and (not terms.through or line.place <= terms.through)
    )


def _table(source: Source, tables: Mapping[PollId, Table]) -> Table:
    return tables[source.poll] if source.taken is None else (source.taken, source.lines)


def moved_since(what: Brought, now: Mapping[PollId, Collection[ProjectId]]) -> tuple[PollId, ...]:
    """The sources in which places have moved since they were taken over, which changes nothing here. ``now``: who is
    disqualified in each source that is known, by now."""
    return tuple(one.poll for one in what.sources if one.poll in now and set(now[one.poll]) != set(one.out))


def carry_body(by: PersonId, what: Brought, command: CommandId) -> bytes:
    return canonical(CarryBody(by, what.came, command, what.sources))
