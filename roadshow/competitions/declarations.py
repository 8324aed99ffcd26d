"""What judges say beforehand of their conflicts of interest, field by field. (pure)

Until the deadline a judge may say so and take it back; after it, as long as the field's voting has not begun, more can
be added and nothing taken back. A declaration is a record of the cast; what a judge adds in their own words is kept
apart from it, for pages that everybody sees are made of the cast.
"""

from collections.abc import Collection, Mapping

import msgspec

from roadshow.conflicts import ConflictCategory
from roadshow.errors import Conflict, NotFound
from roadshow.ids import PersonId, ProjectId, RoomId
from roadshow.moments import Instant


class Declared(msgspec.Struct, frozen=True, omit_defaults=True):
    """One conflict."""

    project: ProjectId
    category: ConflictCategory
    late: bool = False
    """Said after the deadline."""


class Declaration(msgspec.Struct, frozen=True, omit_defaults=True, tag="declaration"):
    """One judge's for one field. None there is says that they have not answered."""

    person: PersonId
    room: RoomId
    at: int
    """Milliseconds since the epoch: when they answered last."""
    conflicts: tuple[Declared, ...] = ()
    """Empty: they have none."""

    @property
    def id(self) -> str:
        """Ids are slugs, so a full stop parts two."""
        return declaration_id(self.person, self.room)

    @property
    def categories(self) -> Mapping[ProjectId, ConflictCategory]:
        return {one.project: one.category for one in self.conflicts}


def declaration_id(person: PersonId, room: RoomId) -> str:
    return f"{person}.{room}"


def declared(
    former: Declaration | None,
    person: PersonId,
    room: RoomId,
    said: Mapping[ProjectId, ConflictCategory],
    projects: Collection[ProjectId],
    now: Instant,
    until: Instant,
) -> Declaration:
    """What stands once a judge has said this; ``said`` is all of their conflicts, ``projects`` are the field's, in the
    running order. Raises NotFound("project.unknown"), Conflict("conflicts.fixed") for one that is taken back or told
    otherwise after the deadline."""
    if not set(said) <= set(projects):
        raise NotFound("project.unknown")
    before = {} if former is None else {one.project: one for one in former.conflicts if one.project in projects}
    in_time = now < until
    if not in_time and any(said.get(project) != one.category for project, one in before.items()):
        raise Conflict("conflicts.fixed")

    def one_of(project: ProjectId) -> Declared:
        known = before.get(project)
        late = known.late if known is not None and known.category == said[project] else not in_time
        return Declared(project, said[project], late)

    conflicts = tuple(one_of(project) for project in projects if project in said)
    return Declaration(person, room, now.ms, conflicts)
