"""Who may send media and who may get it."""

from collections.abc import Mapping
from dataclasses import dataclass

from roadshow.access.tokens import Hold, PublishGrant, SignallingTokens
from roadshow.competitions.guests import Guests
from roadshow.errors import NotFound, NotSignedIn, Unavailable
from roadshow.fields.rooms import side_room
from roadshow.ids import PersonId, RoomId, SignInId
from roadshow.rooms.feeds.crew import Crew
from roadshow.rooms.runner import RoomRunner


@dataclass(frozen=True, slots=True)
class WatchGrant:
    room: RoomId
    person: PersonId | None = None
    """Who was invited; None: of the audience."""
    sign_in: SignInId | None = None
    """By which they were given their token."""


class Gate:
    """Who may send and get media: in rooms there are, by tokens. Satisfies ``signalling.SignallingGate``."""

    def __init__(
        self, tokens: SignallingTokens, rooms: Mapping[RoomId, RoomRunner], guests: Guests, crew: Crew
    ) -> None:
        self._tokens = tokens
        self._rooms = rooms
        self._guests = guests
        self._crew = crew

    async def may_publish(self, room: str, bearer: str | None) -> PublishGrant:
        grant = self._tokens.may_publish(self._known(room), bearer)
        await self._holds(grant)
        if grant.encoder is not None and not await self._crew.holds(grant.room, grant.encoder, grant.era):
            raise NotSignedIn("feed.withdrawn")
        # Asked last, after what waits: a token outlives the appointment it was given for.
        if not self._may_send(grant):
            raise NotSignedIn("whip.token")
        return grant

    async def may_watch(self, room: str, bearer: str | None) -> WatchGrant:
        known = self._known(room)
        hold = self._tokens.may_watch(known, bearer)
        try:
            await self._holds(hold)
        except (NotSignedIn, Unavailable):
            if side_room(known) is not None:
                raise
            return WatchGrant(known)  # whose access is over, or cannot be asked for, is of the audience
        return WatchGrant(known, hold.holder, hold.sign_in)

    async def _holds(self, hold: Hold) -> None:
        if hold.holder is not None and not await self._guests.has_access(hold.holder, hold.era, hold.sign_in):
            raise NotSignedIn("whip.token")

    def _may_send(self, grant: PublishGrant) -> bool:
        """For the projects they pitch; in their side room, as themselves."""
        if (side := side_room(grant.room)) is not None:
            return grant.holder == side.owner
        return grant.holder is None or grant.publisher in self._guests.person(grant.holder).publishers

    def _known(self, room: str) -> RoomId:
        """A field's, or a side room: these are there for whoever has a token."""
        if RoomId(room) not in self._rooms and side_room(room) is None:
            raise NotFound("room.unknown")
        return RoomId(room)
