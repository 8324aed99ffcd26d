"""What the acts after the podium come to. (pure)"""

from collections.abc import Iterable

import msgspec

from roadshow.ids import PersonId, ProjectId
from roadshow.moments import Duration, Instant
from roadshow.voting.aftermath.acts import AfterBody, Category, Change


class Ruled(msgspec.Struct, frozen=True):
    at: Instant
    by: PersonId
    upheld: bool
    reason: str


class Objection(msgspec.Struct, frozen=True):
    """Nothing of it is private: neither the team nor its words are here."""

    sequence: int
    """Of its ledger entry."""
    at: Instant
    category: Category
    team: str
    words: str
    """Hash of what it says, and who says it: see ``sealing``."""
    ruled: Ruled | None = None
    """None: it is open."""


class Requested(msgspec.Struct, frozen=True):
    """An amendment that waits for a second person's signature."""

    sequence: int
    by: PersonId
    project: ProjectId
    change: Change
    reason: str
    objection: int | None


class Amendment(msgspec.Struct, frozen=True):
    """A place moved: signed by two."""

    at: Instant
    request: Requested
    signed_by: PersonId


class Aftermath(msgspec.Struct, frozen=True):
    objections: tuple[Objection, ...] = ()
    """In the order in which they came."""
    request: Requested | None = None
    amendments: tuple[Amendment, ...] = ()

    @property
    def out(self) -> frozenset[ProjectId]:
        """Who is disqualified."""
        return out_of(self.amendments)

    @property
    def open(self) -> tuple[Objection, ...]:
        return tuple(one for one in self.objections if one.ruled is None)

    @property
    def acts(self) -> int:
        """How many there were, requests that nobody signed not counted: what the public can see of it."""
        return len(self.objections) + len(self.amendments) + sum(one.ruled is not None for one in self.objections)


NOTHING = Aftermath()
"""Was done since."""


def out_of(amendments: Iterable[Amendment]) -> frozenset[ProjectId]:
    """The newest word on each project counts."""
    newest = {one.request.project: one.request.change for one in amendments}
    return frozenset(project for project, change in newest.items() if change == "disqualify")


def open_until(published_at: Instant, term: Duration, aftermath: Aftermath) -> Instant:
    """Each publication is open to objection for the whole term: the first one, and that of each amendment."""
    newest = aftermath.amendments[-1].at if aftermath.amendments else published_at
    return newest + term


_bodies = msgspec.json.Decoder(AfterBody)


def aftermath_of(rows: Iterable[tuple[int, str, Instant, bytes]]) -> Aftermath:
    """``rows``: number, kind, time and body of each entry after the podium, in their order. They are taken to be
    possible. Raises ValueError for a body that cannot be read."""
    objections: dict[int, Objection] = {}
    request: Requested | None = None
    amendments: list[Amendment] = []

    def rule(number: int | None, ruled: Ruled) -> None:
        if number is not None and number in objections:
            objections[number] = msgspec.structs.replace(objections[number], ruled=ruled)

    for sequence, kind, at, text in rows:
        body = _bodies.decode(text)
        if kind == "object":
            if body.category is None or body.team is None or body.words is None:
                raise ValueError("no objection")
            objections[sequence] = Objection(sequence, at, body.category, body.team, body.words)
            continue
        if body.by is None:
            raise ValueError("nobody's act")
        if kind == "rule":
            rule(body.objection, Ruled(at, body.by, bool(body.upheld), body.reason or ""))
            if request is not None and request.objection == body.objection:
                request = None
        elif kind == "ask-amendment":
            if body.project is None or body.change is None:
                raise ValueError("no amendment")
            request = Requested(sequence, body.by, body.project, body.change, body.reason or "", body.objection)
        elif request is not None:
            amendments.append(Amendment(at, request, body.by))
            rule(request.objection, Ruled(at, request.by, True, request.reason))
            request = None
    return Aftermath(tuple(objections.values()), request, tuple(amendments))
