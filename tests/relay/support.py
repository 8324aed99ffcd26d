"""What the relay's tests share: a listener that remembers, a gate that lets in, a relay with its HTTP side."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from roadshow.access.tokens import PublishGrant
from roadshow.clock import Clock, SystemClock
from roadshow.errors import NotAllowed, NotFound, NotSignedIn
from roadshow.ids import PersonId, PublisherId, RoomId, SourceId
from roadshow.moments import Duration, Instant
from roadshow.rooms.lanes import LANES, Lane
from roadshow.rooms.relay.config import MediaPath
from roadshow.rooms.relay.offers.ice_servers import IceServer
from roadshow.rooms.relay.relay import ForwardingRelay, RelayConfig
from roadshow.rooms.relay.side_rooms import Standing, no_side_rooms
from roadshow.signalling.gate import WatchGrant

ROOM = RoomId("robotics")


class Listener:
    """Keeps what the relay says of sources, in order."""

    def __init__(self) -> None:
        self.events: list[tuple[str, SourceId]] = []
        self._changed = asyncio.Event()

    def source_came(self, room: RoomId, source: SourceId) -> None:
        self.events.append(("came", source))
        self._changed.set()

    def source_went(self, room: RoomId, source: SourceId) -> None:
        self.events.append(("went", source))
        self._changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until it holds; looked at with each event."""
        async with asyncio.timeout(10):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    @property
    def present(self) -> set[SourceId]:
        there: set[SourceId] = set()
        for what, source in self.events:
            (there.add if what == "came" else there.discard)(source)
        return there


class Gate:
    """Lets anybody watch; a token is the name of whoever publishes, or was invited."""

    async def may_publish(self, room: str, bearer: str | None) -> PublishGrant:
        if room != ROOM:
            raise NotFound("room.unknown")
        if bearer is None:
            raise NotSignedIn("whip.token")
        if bearer == "expired":
            raise NotSignedIn("whip.token")
        if bearer == "nobody":
            raise NotAllowed("whip.token")
        return PublishGrant(ROOM, PublisherId(bearer))

    async def may_watch(self, room: str, bearer: str | None) -> WatchGrant:
        if room != ROOM:
            raise NotFound("room.unknown")
        return WatchGrant(ROOM, None if bearer is None else PersonId(bearer))


class ShiftedClock:
    """The real clock, but for a jump that a test makes."""

    def __init__(self) -> None:
        self._clock = SystemClock()
        self.ahead = Duration(0)

    def now(self) -> Instant:
        return self._clock.now() + self.ahead


PORTS = 20
"""Any port that is free for UDP will do, but TCP's of the same number may be another program's."""


async def _started(config: RelayConfig, clock: Clock, listener: Listener, standing: Standing) -> ForwardingRelay:
    for tries_left in reversed(range(PORTS)):
        relay = ForwardingRelay(config, clock, listener, standing)
        await relay.start()
        if relay._door.is_open or not config.tcp or not tries_left:
            return relay
        await relay.stop()
    raise AssertionError


@asynccontextmanager
async def running_relay(
    listener: Listener | None = None,
    max_viewers: int = 20,
    clock: Clock | None = None,
    host: str = "127.0.0.1",
    ice_servers: tuple[IceServer, ...] = (),
    path: MediaPath = MediaPath.AUTO,
    lanes: tuple[Lane, ...] = LANES,
    standing: Standing = no_side_rooms,
    kept_for_people: int = 0,
    tcp: bool = True,
) -> AsyncIterator[ForwardingRelay]:
    config = RelayConfig(
        host=host,
        advertised=("127.0.0.1",),
        max_viewers=max_viewers,
        kept_for_people=kept_for_people,
        ice_servers=ice_servers,
        path=path,
        lanes=lanes,
        tcp=tcp,
    )
    relay = await _started(config, clock or SystemClock(), listener or Listener(), standing)
    try:
        yield relay
    finally:
        await relay.stop()
