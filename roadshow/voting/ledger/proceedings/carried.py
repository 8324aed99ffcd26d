"""Points are taken over from earlier polls, before the first window. (pure)

Whether they are those that the source came to, the source's own record tells (``carried.checking``).
"""

from roadshow.voting.acts import BY_RULE
from roadshow.voting.carried.terms import Came, CarryBody, Line, Taken, Terms, is_published
from roadshow.voting.ledger.proceedings.kinds import Kind, Kinds, written_as
from roadshow.voting.ledger.proceedings.standing import Impossible, Standing
from roadshow.voting.tally import LedgerEntry


def _carry(standing: Standing, _entry: LedgerEntry, body: CarryBody) -> None:
    terms = standing.spec.carried
    standing.require_sealed()
    if terms is None:
        raise Impossible("the rules take nothing over")
    if standing.through is not None or standing.opened:
        raise Impossible("it was fixed before, or a window was opened without it")
    if body.by != BY_RULE:
        raise Impossible(f"{body.by} had not to decide that")
    if [one.poll for one in body.sources] != [one.poll for one in terms.sources]:
        raise Impossible("it is not from the polls that the rules name")
    for source, taken in zip(terms.sources, body.sources, strict=True):
        if source.taken not in (None, taken):
            raise Impossible(f"it is from another result of {source.poll} than the rules have")
    allowed = [one.project for one in terms.came]
    came = [one.project for one in body.came]
    if came != [project for project in allowed if project in came]:
        raise Impossible("it lets in others than the rules do, or in another order")
    for one in terms.came:
        lines = [line for line in body.came if line.project == one.project]
        _require_line(terms, one, lines)
    for line in body.came:
        if line.place < 1 or not is_published(line.score):
            raise Impossible(f"{line.project} has no such place, or points as no table has them")
        if terms.through and line.place > terms.through:
            raise Impossible(f"{line.project} is not through with place {line.place}")
    if not all(_can_be(taken) for taken in body.sources):
        raise Impossible("it does not say from which results it is")
    standing.through = frozenset(came)


def _require_line(terms: Terms, came: Came, lines: list[Line]) -> None:
    """Of another competition's record the rules have the table: no line of it is changed or left out."""
    source = next(one for one in terms.sources if one.poll == came.source)
    if source.taken is None:
        return
    through = [
        (line.place, line.score)
        for line in source.lines
        if line.project == came.was and (not terms.through or line.place <= terms.through)
    ]
    if [(line.place, line.score) for line in lines] != through:
        raise Impossible(f"{came.was} had another place or other points in {source.poll}")


def _can_be(taken: Taken) -> bool:
    return taken.version >= 1 and taken.sequence >= 1 and is_published(taken.best)


KINDS: Kinds = {"carry": Kind(written_as(CarryBody), _carry)}
