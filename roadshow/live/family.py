"""A message family: what browsers may ask about one thing, what they are told of it, and who carries it out.

Each module of ``families/`` has one. docs/extending.md shows what else a new one needs.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from roadshow.access.roles import Visitor
from roadshow.access.voters import Booth
from roadshow.clock import ShowClock
from roadshow.competitions.people import Person
from roadshow.errors import NotSignedIn, RoadshowError
from roadshow.fields.field import Fields
from roadshow.fields.news import AwardNews, News
from roadshow.ids import PersonId, RoomId
from roadshow.live.messages import Message, RoomAct


@dataclass(frozen=True, slots=True)
class Services:
    """What families may ask for. ``roadshow.show`` fills it."""

    fields: Fields
    news: News
    award_news: AwardNews
    clock: ShowClock


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose message it is: as the connection knows, never as a message says."""

    visitor: Visitor
    booth: Booth | None = None
    """Where the socket votes for the audience award. None: nowhere."""

    @property
    def person(self) -> Person:
        """Raises NotSignedIn("sign_in.needed") for the audience."""
        if self.visitor.person is None:
            raise NotSignedIn("sign_in.needed")
        return self.visitor.person


Answer = Callable[[Message | RoadshowError], None]
"""Takes the answer to a message that was begun, or its refusal; once."""


class Family:
    """A show has one of each. Roles and rooms are checked before anything here is called. All but ``greet`` may raise
    any RoadshowError as a refusal."""

    asks: ClassVar[tuple[type[RoomAct], ...]] = ()
    """From browsers."""
    tells: ClassVar[tuple[type[Message], ...]] = ()
    """To browsers, beside the sections and the general answers."""
    at_once: ClassVar[tuple[type[RoomAct], ...]] = ()
    """Of ``asks``: those that go to ``begin``. Thousands of sockets send them at the same time, and none needs its
    worker to wait for the answer."""

    def __init__(self, services: Services) -> None:
        """The fields are there, and nobody follows them yet: time to ``provide`` sections."""
        self.services = services

    async def act(self, sender: Sender, ask: RoomAct) -> Message | None:
        """Done and on disk when it returns. None: there is no more to say than that it was accepted."""
        raise NotImplementedError

    def begin(self, sender: Sender, ask: RoomAct, answer: Answer) -> None:
        """As ``act``, without waiting. ``answer`` must not be called before this returns, nor if it raises."""
        raise NotImplementedError

    def concerns(self, sender: Sender, ask: RoomAct) -> tuple[PersonId, Message] | None:
        """Once an act is done: somebody whose other sockets, those of all their devices, are to hear of it at once, and
        what they are told. The socket that asked gets the answer alone."""
        return None

    async def greet(self, sender: Sender, room: RoomId) -> Message | None:
        """What a follower is told of their own after ``follow``; the room is known. May raise Unavailable."""
        return None


class Families:
    """All that are spoken here; each message belongs to one."""

    def __init__(self, members: Iterable[Family]) -> None:
        self._members = tuple(members)
        self._of = {ask: member for member in self._members for ask in member.asks}

    def __iter__(self) -> Iterator[Family]:
        return iter(self._members)

    def of(self, ask: RoomAct) -> Family:
        return self._of[type(ask)]
