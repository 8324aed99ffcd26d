"""What a connection is for: publishing or watching."""

from typing import Protocol

from roadshow.ids import RoomId


class PeerHandler(Protocol):
    """What a publisher's or viewer's side does with its connection. Nothing may raise or wait."""

    takes_media: bool
    """Whether more goes to it than feedback: nothing begins before the way back is proved, and without it all ends."""

    @property
    def room(self) -> RoomId: ...
    @property
    def who(self) -> str:
        """By which name the diary knows whose it is."""
        ...

    def nears(self, now: int) -> None:
        """Its first check came; it is connected in two or three round trips, if at all."""
        ...

    def connected(self, now: int) -> None: ...
    def failed(self, now: int, certain: bool) -> None:
        """It is there, and comes to no connection: for a reason that is certain, or nobody knows why."""
        ...

    def rtp(self, data: bytes, now: int) -> None: ...
    def rtcp(self, data: bytes, now: int) -> None: ...
    def gone(self, now: int) -> None:
        """Called once, after which nothing else is."""
        ...
