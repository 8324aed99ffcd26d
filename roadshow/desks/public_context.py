"""What pages are made of that are the same for everybody.

Apart from what desks are made of: a front, which makes these pages too, knows nothing of media, sign-ins and acts, and
is to start in no time.
"""

from typing import Any, Protocol

from starlette.requests import Request
from starlette.routing import Route

from roadshow.clock import Clock
from roadshow.competitions.cast import Cast
from roadshow.competitions.definition import Competition, Field
from roadshow.competitions.plan import field_of
from roadshow.errors import NotFound
from roadshow.fields.plans import field_of_room
from roadshow.ids import FieldId, RoomId
from roadshow.pages.pages import Pages
from roadshow.rooms.views import RundownView
from roadshow.voting.audience.award import AudienceView
from roadshow.voting.ledger.minutes import Minutes
from roadshow.voting.overall.podium import OverallViews
from roadshow.voting.results import CeremonyView, PublishedResult
from roadshow.voting.views import PollViews


class PublicPolls(Protocol):
    """What everybody may know of the votes."""

    async def views(self, room: RoomId) -> PollViews:
        """Everything that is shown of a poll, from one reading of it. Raises NotFound("room.unknown")."""
        ...

    async def ceremony(self, room: RoomId) -> CeremonyView: ...

    async def published(self, room: RoomId) -> PublishedResult:
        """Raises Conflict("result.sealed") before the last place was announced."""
        ...

    async def overall(self) -> OverallViews:
        """The podium of all fields together."""
        ...

    async def minutes(self, room: RoomId) -> Minutes:
        """The late ballots and what became of each, rulings, and counts opened again. Raises as ``published``."""
        ...


class PublicAward(Protocol):
    """What everybody may know of the audience's vote."""

    async def view(self, room: RoomId) -> AudienceView: ...


class PublicContext(Protocol):
    """What pages are made of that are the same for everybody: nothing of it writes, signs, or knows who asks. The house
    has it, and so has the front, which builds these pages for the crowd."""

    @property
    def pages(self) -> Pages: ...

    @property
    def competition(self) -> Competition: ...

    @property
    def base(self) -> str:
        """As ``DeskContext.base``."""
        ...

    @property
    def clock(self) -> Clock: ...

    @property
    def cast(self) -> Cast:
        """As it is now: a page reads it once."""
        ...

    @property
    def polls(self) -> PublicPolls: ...

    @property
    def award(self) -> PublicAward: ...

    def rundown(self, room: RoomId) -> RundownView:
        """The one in force. Raises NotFound("room.unknown")."""
        ...

    def field(self, request: Request) -> Field:
        """As ``Addressed``; so are the next two."""
        ...

    def field_named(self, field: FieldId) -> Field: ...

    def guarded(self, path: str, endpoint: Any, action: str, *, methods: tuple[str, ...] = ("GET",)) -> Route:
        """A route that lets in whom access/roles.py names for ``action``."""
        ...


class Addressed:
    """Whose competition's fields addresses name."""

    __slots__ = ()
    competition: Competition

    def field(self, request: Request) -> Field:
        """Whose room the path's ``room`` is. Raises NotFound("room.unknown")."""
        return self.field_of(RoomId(request.path_params["room"]))

    def field_of(self, room: RoomId) -> Field:
        """Whose room it is. Raises NotFound("room.unknown")."""
        field = field_of_room(self.competition, room)
        if field is None:
            raise NotFound("room.unknown")
        return field

    def field_named(self, field: FieldId) -> Field:
        """Raises NotFound("room.unknown"): somebody's or a project's may have left the definition."""
        try:
            return field_of(self.competition, field)
        except KeyError:
            raise NotFound("room.unknown") from None
