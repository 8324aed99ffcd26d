"""Who may send media and who may get it."""

from collections.abc import Mapping

from roadshow.access.tokens import PublishGrant, SignallingTokens
from roadshow.competitions.guests import Guests
from roadshow.errors import NotFound, NotSignedIn
from roadshow.ids import RoomId
from roadshow.rooms.runner import RoomRunner


class Gate:
    """Who may send and get media: in rooms there are, by tokens. Satisfies ``signalling.SignallingGate``."""

    def __init__(self, tokens: SignallingTokens, rooms: Mapping[RoomId, RoomRunner], guests: Guests) -> None:
        self._tokens = tokens
        self._rooms = rooms
        self._guests = guests

    async def may_publish(self, room: str, bearer: str | None) -> PublishGrant:
        grant = self._tokens.may_publish(self._known(room), bearer)
        if grant.holder is not None:
            if not await self._guests.has_access(grant.holder, grant.era):
                raise NotSignedIn("whip.token")
            # Asked last, after what waits: a token outlives the appointment it was given for.
            if grant.publisher not in self._guests.person(grant.holder).publishers:
                raise NotSignedIn("whip.token")
        return grant

    def may_watch(self, room: str, bearer: str | None) -> RoomId:
        known = self._known(room)
        self._tokens.may_watch(known, bearer)
        return known

    def _known(self, room: str) -> RoomId:
        if RoomId(room) not in self._rooms:
            raise NotFound("room.unknown")
        return RoomId(room)
