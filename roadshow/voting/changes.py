"""What differs between the spec that a poll was begun with and the one at hand, in the definition's words. (pure)"""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from roadshow.voting.carried.terms import Terms
from roadshow.voting.spec import Criterion, Deduction, Panel, PollSpec, Prize, RuleSet, SealedNames, Trim


def changes(was: PollSpec, now: PollSpec) -> tuple[str, ...]:
    """One line for each difference; none if there is none."""
    return tuple(_changes(was, now))


def _changes(was: PollSpec, now: PollSpec) -> Iterator[str]:
    yield from _members("projects", was.projects, now.projects)
    yield from _members("judges who vote", was.judges, now.judges)
    if was.chair != now.chair:
        yield f"chair: {now.chair}, was {was.chair}"
    if was.deputy != now.deputy:
        yield f"deputy: {_said(now.deputy)}, was {_said(was.deputy)}"
    for judge, project in sorted(set(now.recused) - set(was.recused)):
        yield f"judges.{judge}.recused: {project} was not in it"
    for judge, project in sorted(set(was.recused) - set(now.recused)):
        yield f"judges.{judge}.recused: {project} was in it"
    if set(was.recused) == set(now.recused) and was.recused != now.recused:
        yield "judges: recusals in another order"
    formerly, told = ({one[:2]: one[2] for one in spec.declared} for spec in (was, now))
    for judge, project in sorted(formerly.keys() | told.keys()):
        old, new = formerly.get((judge, project), "nothing"), told.get((judge, project), "nothing")
        if old != new:
            yield f"{judge} on {project}: declared {new}, was {old}"
    yield from _members("criteria", [one.id for one in was.criteria], [one.id for one in now.criteria])
    before = {criterion.id: criterion for criterion in was.criteria}
    for criterion in now.criteria:
        if criterion.id in before:
            yield from _criterion(before[criterion.id], criterion)
    yield from _rules(was.rules, now.rules)
    if was.carried != now.carried:
        yield from _carried(was.carried, now.carried)
    if was.sealed != now.sealed:
        keyed = "with another key, " if was.sealed and now.sealed else ""
        yield f"voting.sealed: {keyed}{_said(bool(now.sealed))}, was {_said(bool(was.sealed))}"
    yield from _members("judges on the reserve", was.reserve, now.reserve)
    yield from _members("clerks", was.clerks, now.clerks)
    if was.seats != now.seats:
        yield from _members("seats on panels", _paired(was.seats), _paired(now.seats))
    if was.sponsors != now.sponsors:
        yield from _members("sponsors' judges", _paired(was.sponsors), _paired(now.sponsors))
    yield from _members("judges with a key", [judge for judge, _ in was.keys], [judge for judge, _ in now.keys])
    for judge, key in now.keys:
        if dict(was.keys).get(judge, key) != key:
            yield f"key of {judge}: another one"
    if was.names is not None and now.names is not None:
        for what, old, new in zip(was.names.__struct_fields__, _hashes(was.names), _hashes(now.names), strict=True):
            if old != new and (what != "languages" or _hashes(was.names)[:2] == _hashes(now.names)[:2]):
                yield f"names of {_NAMED[what]}: not those with which the voting began"
    if was.assigned != now.assigned:
        yield from _members("judges by lot", _paired(was.assigned), _paired(now.assigned))


_NAMED: Final = {
    "projects": "projects",
    "people": "chair and judges",
    "languages": "projects, chair or judges in another language than English",
}


def _hashes(names: SealedNames) -> tuple[str, ...]:
    return msgspec.structs.astuple(names)


def _carried(was: Terms | None, now: Terms | None) -> Iterator[str]:
    if was is None or now is None:
        yield f"carried: {'nothing' if now is None else 'points'}, was {'nothing' if was is None else 'points'}"
        return
    for name in ("weight", "scale", "through"):
        if getattr(was, name) != getattr(now, name):
            yield f"carried.{name}: {getattr(now, name)}, was {getattr(was, name)}"
    yield from _members("carried from", [one.poll for one in was.sources], [one.poll for one in now.sources])
    before = {source.poll: source for source in was.sources}
    for source in now.sources:
        if before.get(source.poll, source) != source:
            yield f"carried from {source.poll}: another record"
    said = [[f"{one.project} ({one.source} {one.was})" for one in terms.came] for terms in (was, now)]
    yield from _members("projects that come from earlier fields", *said)


def _members(what: str, was: Sequence[str], now: Sequence[str]) -> Iterator[str]:
    added = [name for name in now if name not in was]
    gone = [name for name in was if name not in now]
    if added:
        yield f"{what}: {', '.join(added)} added"
    if gone:
        yield f"{what}: {', '.join(gone)} removed"
    if not added and not gone and list(was) != list(now):
        yield f"{what}: {', '.join(now)}; the order was {', '.join(was)}"


def _paired(pairs: Sequence[tuple[str, str]]) -> list[str]:
    return [f"{judge} · {other}" for judge, other in pairs]


def _criterion(was: Criterion, now: Criterion) -> Iterator[str]:
    if was.weight != now.weight:
        yield f"criteria.{now.id}.weight: {now.weight}, was {was.weight}"
    if was.steps != now.steps:
        yield f"criteria.{now.id}.step: 1/{now.steps} of a point, was 1/{was.steps}"
    if was.maximum != now.maximum:
        yield f"criteria.{now.id}.maximum: {now.maximum}, was {was.maximum}"


def _rules(was: RuleSet, now: RuleSet) -> Iterator[str]:
    for name in now.__struct_fields__:
        old, new = getattr(was, name), getattr(now, name)
        if old == new:
            continue
        if name in ("least_spread", "least_score"):
            old, new = (_points(value) for value in (old, new))
        if name == "scores_told":
            old, new = (value or "ceremony" for value in (old, new))
        if name == "ballots":
            old, new = (value or "scores" for value in (old, new))
        if name == "overall":
            old, new = ("overall" if value else "field" for value in (old, new))
        if name == "deductions_averaged":
            old, new = ("points" if value else "total" for value in (old, new))
        yield f"rules.{_RENAMED.get(name, name)}: {_said(new)}, was {_said(old)}"


_RENAMED: Final = {"overall": "podium", "deductions_averaged": "deducted_from"}
"""What the definition calls a rule that the spec calls otherwise."""


def _points(hundredths: int) -> str:
    return f"{hundredths // 100}" if hundredths % 100 == 0 else f"{hundredths / 100:.2f}"


def _said(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, tuple):
        return ", ".join(map(_said, value)) or "none"
    if isinstance(value, Trim):
        return f"k = {value.k}, n_min = {value.n_min}, scope = {value.scope}"
    if isinstance(value, Prize):
        return f"{value.id} × {value.count} (minimum = {_points(value.minimum)})"
    if isinstance(value, Deduction):
        return f"{value.id} (maximum = {value.maximum}, step = 1/{value.steps})"
    if isinstance(value, Panel):
        return f"{value.id} (weight = {value.weight}, each = {value.each}, quorum = {value.quorum})"
    if isinstance(value, msgspec.Struct):
        return str(getattr(value, "id", value))
    return str(value).lower() if isinstance(value, bool) else str(value)
