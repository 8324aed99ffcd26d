"""One competition's part of a relay that several use: its rooms, and no other's."""

from msgspec.structs import replace

from roadshow.ids import EncoderId, PublisherId, RoomId
from roadshow.rooms.feeds.encoders import MAIN
from roadshow.rooms.ports import Programme
from roadshow.rooms.relay.config import Answer, FragmentAnswer
from roadshow.rooms.relay.diagnosing import Report, Told
from roadshow.rooms.relay.feeds.places import EncoderStats
from roadshow.rooms.relay.last_mile.quality import Choice
from roadshow.rooms.relay.relay import ForwardingRelay
from roadshow.rooms.relay.stats import RelayStats, ViewerStats
from roadshow.rooms.relay.watching import Seat


class Share:
    """As ``ForwardingRelay``, with rooms by the names they have within the competition.

    ``name`` begins the rooms' names in the relay; empty where it serves one competition alone. A media session is ruled
    by whoever knows its unguessable id, so these need no name.
    """

    def __init__(self, relay: ForwardingRelay, name: str = "") -> None:
        self._relay = relay
        self._prefix = f"{name}/" if name else ""

    def full_name(self, room: RoomId) -> RoomId:
        """As the relay knows the room, and the figures for whoever runs the server."""
        return RoomId(f"{self._prefix}{room}")

    def show(self, room: RoomId, programme: Programme) -> None:
        self._relay.show(self.full_name(room), programme)

    async def publish(
        self, room: RoomId, publisher: PublisherId, slides: bool, offer: str, encoder: EncoderId = MAIN
    ) -> Answer:
        return await self._relay.publish(self.full_name(room), publisher, slides, offer, encoder)

    async def watch(self, room: RoomId, offer: str, seat: Seat | None = None) -> Answer:
        return await self._relay.watch(self.full_name(room), offer, seat)

    def expel(self, publisher: PublisherId) -> None:
        """End all that somebody publishes into the competition's rooms."""
        self._relay.expel(publisher, within=self._prefix)

    def encoders(self, room: RoomId) -> tuple[EncoderStats, ...]:
        """All that sent the room's feed since the relay began, as they are now."""
        return self._relay.places.encoders(self.full_name(room))

    def put_first(self, room: RoomId, encoder: EncoderId) -> None:
        """This one of the room's feed before all others; at once, if it is heard."""
        self._relay.places.put_first(self.full_name(room), encoder)

    def withdraw(self, room: RoomId, encoder: EncoderId) -> None:
        """End all that this one of the room's feed publishes."""
        self._relay.places.withdraw(self.full_name(room), encoder)

    def close(self, room: RoomId) -> None:
        """End all that is published and watched in a room."""
        self._relay.close(self.full_name(room))

    def stats(self) -> RelayStats:
        """Its rooms; load, losses and totals are the whole relay's."""
        stats = self._relay.stats()
        own = (room for room in stats.rooms if room.room.startswith(self._prefix))
        return replace(stats, rooms=tuple(replace(room, room=self._short_name(room.room)) for room in own))

    def worst_viewers(self, room: RoomId, most: int) -> list[ViewerStats]:
        return self._relay.worst_viewers(self.full_name(room), most)

    def missing(self, room: RoomId) -> float | None:
        """Of what is sent into a room, the share of late that never came; None: nothing is known of it."""
        return self._relay.missing(self.full_name(room))

    @property
    def udp_port(self) -> int:
        return self._relay.udp_port

    # Of sessions ----------------------------------------------------------------------------------------------------

    @property
    def max_viewers(self) -> int:
        return self._relay.max_viewers

    async def restart_or_trickle(self, session: str, fragment: str, etag: str | None) -> FragmentAnswer | None:
        return await self._relay.restart_or_trickle(session, fragment, etag)

    def connected(self, session: str) -> bool | None:
        return self._relay.connected(session)

    async def end(self, session: str) -> None:
        await self._relay.end(session)

    def drop(self, session: str) -> None:
        self._relay.drop(session)

    async def choose(self, session: str, choice: Choice) -> None:
        await self._relay.choose(session, choice)

    async def show_card(self, session: str, shown: bool) -> None:
        await self._relay.show_card(session, shown)

    async def received(self, session: str) -> Told:
        return await self._relay.received(session)

    async def report(self, session: str) -> Report:
        return await self._relay.report(session)

    def session_links(self, session: str) -> list[str]:
        return self._relay.session_links(session)

    def ice_links(self, client: str, *, invited: bool) -> list[str]:
        return self._relay.ice_links(client, invited=invited)

    def _short_name(self, room: RoomId) -> RoomId:
        return RoomId(room.removeprefix(self._prefix))
