"""Where a stage's streams let their packets out: held for a burst, then to all viewers, large frames by chunks."""

from roadshow.rooms.relay.egress.egress import Egress, Target
from roadshow.rooms.relay.egress.outgoing import NO_SHIFT, Outgoing, Shift
from roadshow.rooms.relay.last_mile.estimate.told import Line
from roadshow.rooms.relay.stage.burst import Burst
from roadshow.rooms.relay.stage.lane_stream import LaneStream
from roadshow.rooms.relay.stage.pacing import BRISK, GENTLE, Pace, Pacing


class Way:
    """Viewers to whom large frames leave at one pace."""

    def __init__(self, egress: Egress, pace: Pace) -> None:
        self.crowd = egress.crowd()
        self.pacing = Pacing(pace)


class Outlet:
    """One for each stage. Whoever changes what a viewer takes does so between bursts: every change lets out first what
    is held. Chunks that wait for their time then go on waiting, and to a viewer that gives up their stream they go at
    once."""

    def __init__(self, egress: Egress) -> None:
        self._egress = egress
        self._burst = Burst()
        self._brisk, self._gentle = Way(egress, BRISK), Way(egress, GENTLE)
        self._ways = (self._brisk, self._gentle)
        self._moving: dict[Target, Way] = {}
        """Who is to go another way, once nothing it takes waits on either: it is not sent twice, nor left out."""
        self.sent_at: int | None = None
        """When media last went out; None: never."""

    @property
    def viewers(self) -> int:
        return self._brisk.crowd.size + self._gentle.crowd.size

    @property
    def gentle(self) -> int:
        """To how many of them large frames leave gently."""
        return self._gentle.crowd.size

    def put(self, packet: Outgoing, stream: LaneStream, now: int) -> None:
        """The packet goes to all who take the stream, soon."""
        self._burst.add(packet, stream, now)

    def held(self, target: Target) -> set[tuple[int, int]]:
        """What waits to be let out to this viewer: (stream, number) of each packet."""
        held, pacing = self._burst.held(), self._way(target).pacing
        return held if pacing.empty else held | pacing.held()

    def paces(self, target: Target, stream: LaneStream) -> bool:
        """Whether any of a stream that this viewer takes waits for its time."""
        return self._way(target).pacing.waits((stream.ident,))

    def ready(self, now: int) -> int | None:
        """Let out what is due. Milliseconds until something else will be; None: nothing is held."""
        burst, brisk, gentle = self._burst, self._brisk.pacing, self._gentle.pacing
        if burst.empty and brisk.empty and gentle.empty:
            return None
        viewers = self.viewers
        if burst.wait(now, viewers) == 0:
            self.flush(now)
        elif brisk.wait(now) == 0:
            self._let_out(burst.take_sound(now), now)
        elif gentle.wait(now) == 0:  # for whose sake all others' sound need not leave alone
            self._let_out([], now)
        waits = (burst.wait(now, viewers), brisk.wait(now), gentle.wait(now))
        return min((wait for wait in waits if wait is not None), default=None)

    def flush(self, now: int) -> None:
        """Hold nothing back, but for what waits for its time."""
        if self._burst.empty:
            return
        self.sent_at = now
        self._move()
        pictures, sound = self._burst.take(now)
        for stream, frame in pictures:
            for way in self._ways:
                if way.crowd.size:
                    way.pacing.add(stream.ident, frame, stream.bitrate, now, stream.pace)
        self._let_out(sound, now)

    def take(self, target: Target, stream: LaneStream, shift: Shift, roc: int, now: int) -> None:
        """From now on the target gets this stream, shifted."""
        self.flush(now)
        crowd = self._way(target).crowd
        crowd.add(target)
        crowd.take(target, stream.place, stream.ident, shift, roc)

    def drop(self, target: Target, stream: LaneStream, now: int) -> None:
        """From now on the target gets nothing on this stream's lane."""
        self.flush(now)
        way = self._way(target)
        if waiting := way.pacing.of(stream.ident):
            self._egress.send_to(target, waiting)
        way.crowd.take(target, stream.place, 0, NO_SHIFT, 0)

    def leave(self, target: Target) -> None:
        self._moving.pop(target, None)
        self._way(target).crowd.remove(target)

    def replay(self, target: Target, stream: LaneStream, packets: list[Outgoing]) -> None:
        """These packets of a stream it takes, to one viewer only; such as wait for their time come with all others'."""
        waiting = {packet.number for packet in self._way(target).pacing.of(stream.ident)}
        self._egress.send_to(target, [packet for packet in packets if packet.number not in waiting])

    def repeat(self, target: Target, data: bytes, header: int, roc: int, wide_at: int = 0) -> None:
        """A packet that went out before, or its like in an RTX stream; as ``Egress.send_one``."""
        self._egress.send_one(target, data, header, roc, wide_at)

    def measure(self, target: Target) -> Line:
        """From now on the target's packets have transport-wide numbers, and the line knows when they left."""
        return self._way(target).crowd.measure(target)

    def pace(self, target: Target, gently: bool) -> None:
        """How fast large frames are to leave to this viewer, soon."""
        way = self._gentle if gently else self._brisk
        if way is self._way(target):
            self._moving.pop(target, None)
        else:
            self._moving[target] = way

    def _way(self, target: Target) -> Way:
        return self._gentle if target.crowd is self._gentle.crowd else self._brisk

    def _let_out(self, sound: list[Outgoing], now: int) -> None:
        """To each viewer in one call, as far as can be: a chunk of each picture that is due, then sound."""
        for way in self._ways:
            packets = way.pacing.take(now) + sound
            if packets and way.crowd.size:
                self._egress.send(way.crowd, packets)

    def _move(self) -> None:
        for target, way in list(self._moving.items()):
            takes = [stream for stream, _ in target.legs.values()]
            if any(each.pacing.waits(takes) for each in self._ways):
                continue
            self._way(target).crowd.remove(target)
            way.crowd.add(target)
            del self._moving[target]
