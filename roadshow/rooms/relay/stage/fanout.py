"""A lane's outgoing stream and the viewers that get it: one rendering, many copies."""

from collections.abc import Sequence

from roadshow.ids import LaneId
from roadshow.rooms.relay.egress.outgoing import Outgoing
from roadshow.rooms.relay.last_mile.resending import ANY_PLAYOUT, after_stills
from roadshow.rooms.relay.offers.lanes import Variant
from roadshow.rooms.relay.sources.media import Media
from roadshow.rooms.relay.sources.source import Source
from roadshow.rooms.relay.stage.lane_stream import LaneStream
from roadshow.rooms.relay.stage.leg import Leg
from roadshow.rooms.relay.stage.outlet import Outlet
from roadshow.rooms.relay.stage.repeats import tell_playout

LATE_REPLAY_MS = 700
"""A viewer that waits so long for a key frame gets an older picture's history: some encoders answer no request."""
LATE_REPLAY_AGE_MS = 5000
UNWANTED_MS = 10_000
"""A variant that nobody takes goes on for so long: somebody may come back to it."""
SETTLED_MS = 5_000
"""So long after stills a browser knows anew how evenly pictures come. It is told with the next key frame."""


class Fanout:
    """The stream of one lane in one form and one variant."""

    def __init__(self, stream: LaneStream, lane: LaneId, variant: Variant, outlet: Outlet) -> None:
        self.stream = stream
        self.lane = lane
        self.variant = variant
        self._outlet = outlet
        self._legs: dict[Leg, None] = {}
        self._waiting: dict[Leg, None] = {}
        self._settling: dict[Leg, int] = {}
        """Who came from stills, and when, and is yet to be told to even out what it shows (``SETTLED_MS``)."""
        self._wanted_at: int | None = None
        """When somebody was last seen to get it or to wait for it."""

    @property
    def viewers(self) -> int:
        """Those who get it."""
        return len(self._legs)

    @property
    def wanted(self) -> bool:
        """Whether anybody gets it or waits for it."""
        return bool(self._legs or self._waiting)

    @property
    def needs_key_frame(self) -> bool:
        """Whether somebody sees no picture, or not the one that is shown."""
        takers = len(self._legs)
        return bool(self._waiting) or (takers > 0 and self.stream.asks(takers, self._outlet.viewers))

    def forward(self, source: Source, media: Media, now: int) -> None:
        """A packet of some source came; send it on if this lane carries it."""
        stream = self.stream
        packet = stream.forward(source, media, now)
        if packet is None:
            return
        if source.key_at is media:
            self._begin(stream.with_lead(media, packet), now)
        else:
            self._put(packet, now)
        if stream.begun_with is media:
            for late in list(stream.overtaken(now)):
                self._put(late, now)

    def join(self, leg: Leg, now: int) -> None:
        """Begin to send: sound at once, a picture with its last key frame if that is recent, else with the next. Until
        then a leg that gets another quality keeps that."""
        if leg.waits_at is not None and leg.waits_at is not self:
            leg.waits_at.forgo(leg)
        if leg.carrier is self:
            return
        leg.since = now
        if self.stream.video and (leg.open or not self._replay(leg, now, None)):
            self._waiting[leg] = None
            leg.waits_at = self
        elif not self.stream.video:
            self._open_sound(leg, now)

    def forgo(self, leg: Leg) -> None:
        """It no longer waits for this stream."""
        self._waiting.pop(leg, None)
        if leg.waits_at is self:
            leg.waits_at = None

    def leave(self, leg: Leg, now: int) -> None:
        """Neither gets it nor waits for it."""
        self.forgo(leg)
        if leg.carrier is self:
            if leg.target is not None:
                self._outlet.drop(leg.target, self.stream, now)
            leg.end(now)
        self._legs.pop(leg, None)
        self._settling.pop(leg, None)

    def tick(self, now: int) -> None:
        """Serve from the cache who has waited too long: a new source's viewers, then late ones."""
        stream = self.stream
        if stream.waits and now - stream.wanted_since > LATE_REPLAY_MS:
            for packet in stream.begin_late(now, LATE_REPLAY_AGE_MS):
                self._put(packet, now)
        for leg in [leg for leg in self._waiting if not leg.open and now - leg.since > LATE_REPLAY_MS]:
            if not self._replay(leg, now, LATE_REPLAY_AGE_MS):
                return

    @property
    def may_be_forgotten(self) -> bool:
        """Pictures, and sound with redundancy; plain sound takes little, and is what the other is made of."""
        return self.stream.video or self.variant.distance > 0

    def forgotten(self, now: int) -> bool:
        """Whether nobody has wanted it for so long that it need not go on. To be asked regularly."""
        if self.wanted or self._wanted_at is None:
            self._wanted_at = now
        return now - self._wanted_at > UNWANTED_MS

    def _begin(self, packets: Sequence[Outgoing], now: int) -> None:
        """A key frame: whoever waits gets it too."""
        for leg in list(self._waiting):
            if not self._leaves_still(leg):
                self._open(leg, packets[0], now, packets)
        for leg in [leg for leg, since in self._settling.items() if now - since >= SETTLED_MS]:
            tell_playout(self._outlet, leg, packets[0], leg.resending.playout(None, now) or ANY_PLAYOUT, now)
            del self._settling[leg]
        for packet in packets:
            self._put(packet, now)

    def _leaves_still(self, leg: Leg) -> bool:
        """Whether the leg goes from stills of one rate to those of another while one leaves: what waits of that would
        leave at once, which a line that thin loses. It takes the next."""
        former = leg.carrier.stream if leg.carrier is not None else None
        if former is None or leg.target is None or former.pace is None or self.stream.pace is None:
            return False
        return self._outlet.paces(leg.target, former)

    def _put(self, packet: Outgoing, now: int) -> None:
        """What nobody takes fills no burst: a full one goes out before its frame is whole."""
        if self._legs:
            self._outlet.put(packet, self.stream, now)

    def _replay(self, leg: Leg, now: int, max_age_ms: int | None) -> bool:
        self._outlet.flush(now)  # first: what is held may yet be padded, and is then kept so
        replay = self.stream.replay(now) if max_age_ms is None else self.stream.replay(now, max_age_ms)
        if replay is None or leg.target is None:
            return False
        _, packets = replay
        self._open(leg, packets[0], now, packets)
        self._outlet.replay(leg.target, self.stream, packets)
        return True

    def _open_sound(self, leg: Leg, now: int) -> None:
        """Sound needs no beginning: the next packet is one."""
        self._outlet.flush(now)
        tail = self.stream.tail
        head = bytes(4) + tail.timestamp.to_bytes(4, "big") + bytes(4)
        self._open(leg, Outgoing(head, len(head), tail.number + 1, self.stream.ident, 0, False, False), now)

    def _open(self, leg: Leg, packet: Outgoing, now: int, counted: Sequence[Outgoing] = ()) -> None:
        """From this packet on."""
        if leg.target is None:
            return
        if leg.carrier is not None:
            leg.carrier.leave(leg, now)
        self.forgo(leg)
        leg.begin(self, packet, now, counted)
        self._legs[leg] = None
        self._outlet.take(leg.target, self.stream, leg.shift, leg.roc, now)
        if self.stream.video and len(leg.sections) > 1 and leg.sections[-2].stream.playout != self.stream.playout:
            tell_playout(self._outlet, leg, packet, after_stills(leg.resending.playout(None, now)), now)
            self._settling[leg] = now
