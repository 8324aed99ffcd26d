"""What the relay's tests share: a listener that remembers, a gate that lets in, a relay with its HTTP side."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from roadshow.clock import SystemClock
from roadshow.errors import NotAllowed, NotFound, NotSignedIn
from roadshow.ids import PublisherId, RoomId, SourceId
from roadshow.live.signalling import PublishGrant
from roadshow.rooms.relay.relay import ForwardingRelay, RelayConfig

ROOM = RoomId("robotics")


class Listener:
    """Keeps what the relay says of sources, in order."""

    def __init__(self) -> None:
        self.events: list[tuple[str, SourceId]] = []

    def source_came(self, room: RoomId, source: SourceId) -> None:
        self.events.append(("came", source))

    def source_went(self, room: RoomId, source: SourceId) -> None:
        self.events.append(("went", source))

    @property
    def present(self) -> set[SourceId]:
        there: set[SourceId] = set()
        for what, source in self.events:
            (there.add if what == "came" else there.discard)(source)
        return there


class Gate:
    """Lets anybody watch; a publisher's token is its name."""

    def may_publish(self, room: str, bearer: str | None) -> PublishGrant:
        if room != ROOM:
            raise NotFound("room.unknown")
        if bearer is None:
            raise NotSignedIn("whip.token")
        if bearer == "nobody":
            raise NotAllowed("whip.token")
        return PublishGrant(ROOM, PublisherId(bearer))

    def may_watch(self, room: str, bearer: str | None) -> RoomId:
        if room != ROOM:
            raise NotFound("room.unknown")
        return ROOM


@asynccontextmanager
async def running_relay(
    listener: Listener | None = None, max_viewers: int = 20
) -> AsyncIterator[ForwardingRelay]:
    relay = ForwardingRelay(
        RelayConfig(host="127.0.0.1", max_viewers=max_viewers), SystemClock(), listener or Listener()
    )
    await relay.start()
    try:
        yield relay
    finally:
        await relay.stop()
