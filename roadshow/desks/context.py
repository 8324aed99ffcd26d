"""What desks are made of. Every desk module has ``routes(context) -> list[Route]``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.routing import Route

from roadshow.access.admission.house import Admission
from roadshow.access.identity import Door, Guard
from roadshow.access.limits import Limits
from roadshow.access.roles import PITCHER, Visitor
from roadshow.access.tokens import SignallingTokens
from roadshow.access.voters import Voters
from roadshow.clock import Clock
from roadshow.competitions.cast import Cast
from roadshow.competitions.casting import Casting
from roadshow.competitions.definition import Competition, Field, Project
from roadshow.competitions.guests import Guests
from roadshow.competitions.people import Appointment, Person, Role, strongest_of
from roadshow.desks.public_context import Addressed
from roadshow.errors import NotAllowed, NotFound, NotSignedIn
from roadshow.fields.lines import LineChecks
from roadshow.fields.timekeeper import Timekeeper
from roadshow.ids import RoomId
from roadshow.pages.pages import Pages
from roadshow.rooms.feeds.crew import Crew
from roadshow.rooms.relay.share import Share
from roadshow.rooms.relay.stats import RelayStats, ViewerStats
from roadshow.rooms.runner import RoomRunner
from roadshow.rooms.views import RundownView
from roadshow.settings import Settings
from roadshow.telemetry import Telemetry
from roadshow.voting.audience.service import AudienceAward
from roadshow.voting.looking import Looking
from roadshow.voting.service import VotingService


class Traffic(Protocol):
    """How many are connected."""

    @property
    def sockets(self) -> int: ...

    def viewers(self, room: RoomId) -> int:
        """Of the audience, following the room."""
        ...


class RelayFigures(Protocol):
    """How the media are doing."""

    def stats(self) -> RelayStats: ...

    def worst_viewers(self, room: RoomId, most: int) -> list[ViewerStats]:
        """A room's viewers with the greatest loss, the worst first."""
        ...


@dataclass(frozen=True, slots=True)
class DeskContext(Addressed):
    """``roadshow.show`` fills it. Satisfies ``PublicContext``."""

    pages: Pages
    competition: Competition
    casting: Casting
    door: Door
    guests: Guests
    voting: VotingService
    polls: Looking
    """Over the audience's connections."""
    rooms: Mapping[RoomId, RoomRunner]
    tokens: SignallingTokens
    settings: Settings
    clock: Clock
    traffic: Traffic
    relay: Share
    crew: Crew
    voters: Voters
    award: AudienceAward
    telemetry: Telemetry
    clocks: Timekeeper
    admission: Admission
    limits: Limits
    lines: LineChecks
    base: str = ""
    """What the competition's addresses begin with: nothing, or ``/c/<competition>`` where there are several."""

    @property
    def cast(self) -> Cast:
        """As it is now: a page reads it once."""
        return self.casting.cast

    def room(self, request: Request) -> RoomRunner:
        """Of the path's ``room``. Raises NotFound("room.unknown")."""
        runner = self.rooms.get(RoomId(request.path_params["room"]))
        if runner is None:
            raise NotFound("room.unknown")
        return runner

    def rundown(self, room: RoomId) -> RundownView:
        """The one in force. Raises NotFound("room.unknown")."""
        runner = self.rooms.get(room)
        if runner is None:
            raise NotFound("room.unknown")
        return runner.snapshot().rundown

    def current(self, fields: Sequence[Field]) -> Field:
        """The first of them that is not over; the first, if all are."""
        running = (field for field in fields if not self.rooms[field.room].snapshot().session.over)
        return next(running, fields[0])

    def guarded(self, path: str, endpoint: Any, action: str, *, methods: tuple[str, ...] = ("GET",)) -> Route:
        """A route that lets in whom access/roles.py names for ``action``; ``request.state.visitor`` says who came."""
        guard = Middleware(Guard, door=self.door, action=action)
        return Route(path, endpoint, name=action, methods=list(methods), middleware=[guard])


def signed_in(request: Request) -> Person:
    """Who came, on a page that is for somebody in particular. Raises NotSignedIn("sign_in.needed")."""
    visitor: Visitor = request.state.visitor
    if visitor.person is None:
        raise NotSignedIn("sign_in.needed")
    return visitor.person


def own_project(context: DeskContext, request: Request) -> tuple[Person, Project, Field]:
    """Who came, and the path's ``project``, which they pitch, with its field. Raises NotSignedIn("sign_in.needed"),
    NotAllowed("room.not_yours"): of another team's."""
    person = signed_in(request)
    asked = request.path_params["project"]
    held = next((one for one in person.appointed(*PITCHER) if one.project == asked), None)
    if held is None or held.project is None:
        raise NotAllowed("room.not_yours")
    project = context.cast.project(held.project)
    return person, project, context.field_named(project.field)


def pitches_in(person: Person, field: Field) -> bool:
    """Whether somebody who may decide in the field, an organiser say, is of one of its teams: then they have no part in
    it. The voting does not know who pitches."""
    return person.holds(*PITCHER, room=field.room)


def appointed(request: Request, roles: frozenset[Role], room: RoomId) -> tuple[Person, Appointment]:
    """Who came, and as what: the strongest of their appointments to these roles in the room. Raises
    NotSignedIn("sign_in.needed"), NotAllowed("room.not_yours")."""
    person = signed_in(request)
    held = person.appointed(*roles, room=room)
    if not held:
        raise NotAllowed("room.not_yours")
    return person, strongest_of(held)
