"""One viewer on one lane: its own numbers, which run on whatever it is shown. Pure, but for the handles it carries."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from roadshow.rooms.relay.egress.egress import Target
from roadshow.rooms.relay.egress.outgoing import NO_SHIFT, Outgoing, Shift
from roadshow.rooms.relay.last_mile.asking import Asking
from roadshow.rooms.relay.last_mile.resending import Allowance, Resending
from roadshow.rooms.relay.stage.carrier import Carrier
from roadshow.rooms.relay.stage.lane_stream import MIN_STEP_MS, LaneStream
from roadshow.rooms.relay.stage.segments import Tail
from roadshow.rooms.relay.wire.rtp import unwrap

MAX_SECTIONS = 4
"""Former streams whose packets can still be sent again."""
WRAP_NEAR = 0x1000
"""Who begins with so few numbers left before a wrap gets others: were the first packet lost, the receiver would take
the second, with a number near 0, for one from before the wrap, and decrypt nothing ever after."""
WRAP_PAST = 0x100
"""Nor does anybody begin so shortly after a wrap: a packet from before it, asked for again from the publisher, may yet
come, and if the receiver does not get that one, the two would count the wraps differently ever after."""
MAX_LEAP_MS = 30_000
"""A timestamp that sender reports put further off than this is not believed."""


class Section(msgspec.Struct, frozen=True):
    """A stretch of what the viewer got: from this number of its own on, this stream with this shift."""

    first: int
    stream: LaneStream
    shift: Shift


class CrowdCarrier(Carrier, Protocol):
    """A carrier that viewers join and leave (``Fanout``), as far as a leg must know it."""

    def forgo(self, leg: "Leg") -> None:
        """The leg no longer waits for this stream."""

    def leave(self, leg: "Leg", now: int) -> None:
        """The leg neither gets it nor waits for it."""


class Leg:
    """``carrier`` is where its packets come from, ``waits_at`` where it waits for a key frame."""

    def __init__(self, ssrc: int, rtx_ssrc: int, rtx_sequence: int) -> None:
        self.ssrc = ssrc
        self.rtx_ssrc = rtx_ssrc
        self.rtx_sequence = rtx_sequence
        """The next one, without wraps."""
        self.target: Target | None = None
        self.carrier: CrowdCarrier | None = None
        self.waits_at: CrowdCarrier | None = None
        self.since = 0
        """When it began to wait."""
        self.shift = NO_SHIFT
        self.first: int | None = None
        """The first number of its own."""
        self.sections: list[Section] = []
        self.tail: Tail | None = None
        """Where its numbers stood when it last stopped getting packets."""
        self.asking = Asking()
        self.allowance = Allowance()
        self.resending = Resending()
        self.nacked = 0
        self.resent = 0
        self._useful_from = 0
        """The same, before any key frame in the newest section but the one it may have begun with."""
        self._started = (0, 0)
        self._sent = (0, 0)
        self._clock_at_end: tuple[int, int | None] = (0, None)

    @property
    def open(self) -> bool:
        """Whether packets flow."""
        return self.carrier is not None

    @property
    def roc(self) -> int:
        """The part of its first number above 16 bits, from which its rollover counter counts."""
        return self.first >> 16 if self.first is not None else 0

    @property
    def newest(self) -> int:
        """The highest number of its own that went out, or may have."""
        if self.carrier is not None:
            return self.carrier.stream.newest + self.shift.number
        return self.tail.number if self.tail is not None else 0

    @property
    def sent(self) -> tuple[int, int]:
        """Packets and octets of payload, for sender reports."""
        packets, octets = self._sent
        if self.carrier is None:
            return packets, octets
        stream = self.carrier.stream
        return packets + stream.packets - self._started[0], octets + stream.octets - self._started[1]

    @property
    def absent(self) -> int:
        """Under so many of its numbers nothing went out: the publisher's line lost it, and not the viewer's."""
        return self.newest - self.first + 1 - self.sent[0] if self.first is not None else 0

    @property
    def useful_from(self) -> int:
        """Its own number from which on what it misses is of use: for what is older a newer key frame makes up. Of
        sound all is."""
        if self.carrier is None or not self.carrier.stream.video:
            return 0
        newest = self.carrier.stream.useful_from + self.shift.number
        return newest if newest >= self.sections[-1].first else self._useful_from

    def standing(self) -> Tail | None:
        """Where its numbers stand now."""
        if self.carrier is None:
            return self.tail
        tail, shift = self.carrier.stream.tail, self.shift
        return Tail(
            tail.number + shift.number,
            (tail.timestamp + shift.timestamp) & 0xFFFFFFFF,
            tail.at,
            tail.picture + shift.picture,
            tail.tl0 + shift.tl0,
        )

    def asks_still(self, now: int) -> bool:
        """Whether a request for a key frame that came too soon is due now."""
        if self.carrier is None or self.asking.since is None:
            return False
        source = self.carrier.stream.source
        key = source.whole_key_at if source is not None else None
        return self.asking.still(key.arrived if key is not None else None, now)

    def timestamp_at(self, now: int) -> int | None:
        """Its timestamp for what was captured at this moment; None: unknown, or nothing flows."""
        if self.carrier is None:
            return None
        timestamp = self.carrier.stream.timestamp_at(now)
        return None if timestamp is None else (timestamp + self.shift.timestamp) & 0xFFFFFFFF

    def begin(self, carrier: CrowdCarrier, packet: Outgoing, now: int, counted: Sequence[Outgoing] = ()) -> None:
        """From this packet of that stream on. Whoever had it before has let it go with ``end``. ``counted``: packets
        that the stream has counted as sent and that now go to this viewer."""
        stream = carrier.stream
        if self.tail is None:
            near = not WRAP_PAST <= packet.number & 0xFFFF <= 0xFFFF - WRAP_NEAR
            self.shift = Shift(number=0x8000) if near else NO_SHIFT
        elif self._runs_on(stream, packet.number, self.tail):
            self.shift = msgspec.structs.replace(self.shift, first=packet.number)
        else:
            aligned = self._aligned_to(stream, now)
            self.shift = join(self.tail, packet, stream.tail, now, stream.clock_rate, aligned)
        self._useful_from = packet.number + self.shift.number
        self._start(carrier, self._useful_from)
        octets = sum(len(each.data) - each.header for each in counted)
        self._started = (stream.packets - len(counted), stream.octets - octets)

    def go_on(self, carrier: CrowdCarrier, shift: Shift, useful_from: int) -> None:
        """With the same picture, from that stream's next packet on, so shifted that it is the one after the former
        stream's last. Whoever had it before has let it go with ``end``; ``useful_from`` stays as it was then."""
        stream = carrier.stream
        self.shift, self._useful_from = shift, useful_from
        self._start(carrier, shift.first + shift.number)
        self._started = (stream.packets, stream.octets)

    def _start(self, carrier: CrowdCarrier, number: int) -> None:
        """From this number of its own on."""
        if self.first is None:
            self.first = number
        while self.sections and self.sections[-1].first >= number:  # nothing went out by it
            self.sections.pop()
        self.sections.append(Section(number, carrier.stream, self.shift))
        del self.sections[:-MAX_SECTIONS]
        self.carrier = carrier

    def end(self, now: int) -> None:
        """Packets no longer flow."""
        if self.carrier is None:
            return
        self._clock_at_end = (now, self.timestamp_at(now))
        self.tail, self._sent = self.standing(), self.sent
        self.carrier = None

    def _runs_on(self, stream: LaneStream, first: int, tail: Tail) -> bool:
        """Whether the stream is a twin of the former one, and goes on with the very packet after its last: its numbers
        are then right as they are. Any packet before that went out by them, and none may twice."""
        former = self.sections[-1].stream if self.sections else None
        return former is not None and former.family == stream.family and tail.number + 1 == first + self.shift.number

    def _aligned_to(self, stream: LaneStream, now: int) -> int | None:
        """By how much the stream's timestamps must be shifted to stay on the viewer's time line, by sender reports."""
        at, former = self._clock_at_end
        fresh = stream.timestamp_at(now)
        if former is None or fresh is None or now - at > MAX_LEAP_MS:
            return None
        return former + (now - at) * stream.clock_rate // 1000 - fresh

    def find(self, sequence: int) -> tuple[int, Section] | None:
        """Its own number for a sequence number on the wire, and the section it fell in; None: it was never sent."""
        number = unwrap(self.newest, sequence)
        if self.first is None or not self.first <= number <= self.newest:
            return None
        for section in reversed(self.sections):
            if number >= section.first:
                return number, section
        return None


def join(tail: Tail, packet: Outgoing, stream: Tail, now: int, clock_rate: int, aligned: int | None) -> Shift:
    """The shift by which a stream goes on, with this packet, where the former one ended.

    Where the packet has no VP8 counters, those count that the stream, whose numbers stand there, may yet go on with.
    ``aligned`` is the timestamps' shift by sender reports; it counts if it leads forward, but not far."""
    timestamp = int.from_bytes(packet.data[4:8], "big")
    least = MIN_STEP_MS * clock_rate // 1000
    step = max(least, (now - tail.at) * clock_rate // 1000)
    if aligned is not None:
        leap = unwrap(0, timestamp + aligned - tail.timestamp, 1 << 32)
        if abs(leap) <= MAX_LEAP_MS * clock_rate // 1000:
            step = max(least, leap)
    picture, tl0 = stream.picture + 1, stream.tl0 + 1
    if packet.picture_at:
        picture = int.from_bytes(packet.data[packet.picture_at : packet.picture_at + 2], "big")
    if packet.tl0_at:
        tl0 = packet.data[packet.tl0_at]
    return Shift(
        number=tail.number + 1 - packet.number,
        first=packet.number,
        timestamp=(tail.timestamp + step - timestamp) & 0xFFFFFFFF,
        picture=(tail.picture + 1 - picture) & 0x7FFF,
        tl0=(tail.tl0 + 1 - tl0) & 0xFF,
    )
