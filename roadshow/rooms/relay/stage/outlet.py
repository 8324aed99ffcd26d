"""Where a stage's streams let their packets out: held for a burst, then to the whole crowd at once."""

from roadshow.rooms.relay.egress.egress import Egress, Target
from roadshow.rooms.relay.egress.outgoing import NO_SHIFT, Outgoing, Shift
from roadshow.rooms.relay.stage.burst import Burst
from roadshow.rooms.relay.stage.lane_stream import LaneStream


class Outlet:
    """One for each stage. Whoever changes what a viewer takes does so between bursts: every change lets out first what
    is held."""

    def __init__(self, egress: Egress) -> None:
        self.crowd = egress.crowd()
        self._egress = egress
        self._burst = Burst()

    def put(self, packet: Outgoing, stream: LaneStream, now: int) -> None:
        """The packet goes to all who take the stream, soon."""
        self._burst.add(packet, stream, now)

    def held(self) -> set[tuple[int, int]]:
        """What waits to be let out: (stream, number) of each packet."""
        return self._burst.held()

    def ready(self, now: int) -> int | None:
        """Let out what is due. Milliseconds until something else will be; None: nothing is held."""
        if self._burst.empty:
            return None
        wait = self._burst.wait(now, self.crowd.size)
        if wait:
            return wait
        self.flush(now)
        return None

    def flush(self, now: int) -> None:
        if not self._burst.empty:
            self._egress.send(self.crowd, self._burst.take(now))

    def take(self, target: Target, stream: LaneStream, shift: Shift, roc: int, now: int) -> None:
        """From now on the target gets this stream, shifted."""
        self.flush(now)
        self.crowd.add(target)
        self.crowd.take(target, stream.place, stream.ident, shift, roc)

    def drop(self, target: Target, stream: LaneStream, now: int) -> None:
        """From now on the target gets nothing on this stream's lane."""
        self.flush(now)
        self.crowd.take(target, stream.place, 0, NO_SHIFT, 0)

    def leave(self, target: Target) -> None:
        self.crowd.remove(target)

    def replay(self, target: Target, packets: list[Outgoing]) -> None:
        """These packets of a stream it takes, to one viewer only."""
        self._egress.send_to(target, packets)

    def repeat(self, target: Target, data: bytes, header: int, roc: int) -> None:
        """A packet that went out before, or its like in an RTX stream."""
        self._egress.send_one(target, data, header, roc)
