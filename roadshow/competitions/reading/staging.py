"""Whether what a field takes over from earlier fields makes sense: they exist, come before, and have its projects.
(pure)"""

from collections.abc import Iterator

from roadshow.competitions.definition import Competition, Field
from roadshow.competitions.reading.document import Path
from roadshow.competitions.reading.shape import Problem
from roadshow.ids import FieldId, ProjectId


def staged(competition: Competition, field: Field, path: Path) -> Iterator[Problem]:
    """``path``: the field's."""
    yield from _of_all(competition, field, path)
    carried = field.carried
    if carried is None:
        return
    where = (*path, "carried")
    if carried.published:
        yield (*where, "published"), "is read out of the records; expected none"
    if not carried.fields and not carried.records:
        yield where, "expected “fields” or “records” to take over from"
    if not carried.weight and not carried.through:
        yield where, "takes nothing over; expected a “weight”, or a place in “through”"
    known = {one.id for one in competition.fields}
    for index, source in enumerate(carried.fields):
        if source not in known:
            there = ", ".join(sorted(known))
            yield (*where, "fields", index), f"there is no such field; there are {there}"
        elif source == field.id or source in carried.fields[:index]:
            yield (*where, "fields", index), "expected another field, and each once"
        elif _takes_from(competition, source, field.id):
            yield (*where, "fields", index), f"takes something over from “{field.id}” itself"
    files = [record.file for record in carried.records]
    for index, file in enumerate(files):
        if file in files[:index]:
            yield (*where, "records", index, "file"), "expected each record once"
    if competition.projects:
        yield from _came(competition, field, where)


def _of_all(competition: Competition, field: Field, path: Path) -> Iterator[Problem]:
    """What is the competition's, and no field's."""
    own = field.rules
    if own is not None and own.show_judges != competition.rules.show_judges:
        yield (*path, "rules", "show_judges"), "is the competition's; expected it in its rules alone"
    if own is not None and own.podium != competition.rules.podium:
        yield (*path, "rules", "podium"), "is the competition's; expected it in its rules alone"
    if competition.rules.podium == "overall" and (own is not None or field.criteria or field.carried is not None):
        expected = "a podium of all fields wants one rubric and the same rules in each, and nothing carried over"
        yield ("rules", "podium"), f"expected “field”: {expected}; “{field.id}” has its own"


def _takes_from(competition: Competition, later: FieldId, earlier: FieldId) -> bool:
    """By way of others, too."""
    carried = {field.id: field.carried.fields for field in competition.fields if field.carried is not None}
    waiting, seen = [later], set[FieldId]()
    while waiting:
        one = waiting.pop()
        if one == earlier:
            return True
        if one not in seen:
            seen.add(one)
            waiting += carried.get(one, ())
    return False


def _came(competition: Competition, field: Field, where: Path) -> Iterator[Problem]:
    carried = field.carried
    if carried is None:
        return
    here = {project.id for project in competition.projects if project.field == field.id}
    before = {project.id for project in competition.projects if project.field in carried.fields}
    named: set[ProjectId] = set()
    was: set[ProjectId] = set()
    for index, came in enumerate(carried.came):
        if came.project not in here or came.project in named:
            yield (*where, "came", index, "project"), f"expected a project of “{field.id}”, and each once"
        if came.was in was or (came.was not in before and not carried.records):
            yield (*where, "came", index, "was"), "expected a project of the fields it comes from, and each once"
        named.add(came.project)
        was.add(came.was)
    if not carried.records and (lost := sorted(here - named)):
        yield (*where, "came"), f"does not say what these were before: {', '.join(lost)}"
