"""A picture without its upper temporal layers (VP8: RFC 7741, section 4.2): fewer frames of the same size. Pure.

No frame of a lower layer refers to one of a higher, so a receiver misses nothing when the higher ones stay away, as
long as sequence numbers and picture ids have no gap where they were. Each frame that is left out therefore ends a
stretch (``Segment``), and the next one's numbers stand its packets and one picture further back.
"""

from typing_extensions import override

from roadshow.rooms.relay.egress.outgoing import Outgoing, Shift
from roadshow.rooms.relay.offers.lanes import StreamForm
from roadshow.rooms.relay.sources.cache import VIDEO_CACHE
from roadshow.rooms.relay.sources.media import Media
from roadshow.rooms.relay.sources.source import Source
from roadshow.rooms.relay.stage.lane_stream import REPLAY_AGE_MS, REPLAY_PACKETS, Beginning, LaneStream
from roadshow.rooms.relay.stage.segments import Segment

THIN_SEGMENTS = 512
"""Stretches whose packets can still be sent again: as many as the cache has frames of two packets."""
MOST_LATE = 64
"""A packet that comes after so many frames were left out behind it is left out, too: that is four seconds, and looking
for its place takes time."""
_START = 0x17
"""Of a payload descriptor's first byte: S and PID."""
_PADDED = 0x20
"""The P bit."""


class ThinStream(LaneStream):
    """``layers``: so many temporal layers go out, from the lowest."""

    segments = THIN_SEGMENTS

    def __init__(self, layers: int, form: StreamForm, video: bool, beginning: Beginning) -> None:
        super().__init__(form, video, beginning)
        self.layers = layers
        self._passed: Media | None = None
        """The newest packet of what is shown, sent or not."""

    @property
    @override
    def bitrate(self) -> int:
        return self.source.reception.lowest(self.layers) if self.source is not None else 0

    @property
    @override
    def useful_from(self) -> int:
        live = self._live
        key = live.source.whole_key_at if live is not None else None
        segment = self._before(key) if key is not None and live is not None and key.epoch == live.epoch else None
        return key.index + segment.shift if key is not None and segment is not None else 0

    @property
    def fresh(self) -> bool:
        """Whether it has yet to begin."""
        return not self._segments

    def spring_from(self, whole: LaneStream) -> None:
        """Go on with the picture of the stream of which this leaves out frames, from its next packet on. What went out
        before is that one's to send again. For a fresh stream."""
        live = whole._live
        passed = live.source.kept(whole.newest - live.shift) if live is not None else None
        if live is None or passed is None or live.source is not self._wanted:
            return
        self.newest, self._timestamp, self._last_at = whole.newest, whole._timestamp, whole._last_at
        self._picture, self._tl0, self._passed = whole._picture, whole._tl0, passed
        self._go_on(_after(live, whole.newest + 1, live.shift, live.picture_shift))

    def shift_from(self, whole: LaneStream, shift: Shift) -> Shift | None:
        """How a viewer goes on with this that had that stream, so shifted: with the next packet. None: they do not
        stand at the same place, or not at the end of a frame."""
        live, other, passed = self._live, whole._live, self._passed
        if live is None or other is None or passed is None or not passed.marker:
            return None
        if live.source is not other.source or not live.epoch == other.epoch == passed.epoch:
            return None
        if passed.index != whole.newest - other.shift:
            return None
        return Shift(
            number=shift.number + other.shift - live.shift,
            timestamp=shift.timestamp + other.timestamp_shift - live.timestamp_shift & 0xFFFFFFFF,
            picture=shift.picture + other.picture_shift - live.picture_shift & 0x7FFF,
            tl0=shift.tl0 + other.tl0_shift - live.tl0_shift & 0xFF,
            first=passed.index + 1 + live.shift,
        )

    @override
    def forward(self, source: Source, media: Media, now: int) -> Outgoing | None:
        live, passed = self._live, self._passed
        if live is None or passed is None or source is not live.source or media.epoch != live.epoch:
            packet = super().forward(source, media, now)
            if packet is not None:
                self._passed = media
            return packet
        if media.index > passed.index:
            missing = media.index - passed.index - 1
            if missing and self._without(passed, media):
                self._leave_out(passed.index + 1, missing, 0)
            self._passed = media
            if self._is_above(media):
                self._leave_out(media.index, 1, media.timestamp != passed.timestamp)
                return None
        packet = super().forward(source, media, now)
        # It was missing, and had been given a place: nobody knew that it is of a frame that is left out.
        return self._blank(packet) if packet is not None and self._is_above(media) else packet

    @override
    def pad(self, packet: Outgoing, padding: int) -> Outgoing:
        if packet.data[0] & _PADDED:  # as only a blank one is by itself
            packet = _like(packet, bytes((packet.data[0] & ~_PADDED,)) + packet.data[1 : packet.header])
        return super().pad(packet, padding)

    @override
    def replay(self, now: int, max_age_ms: int = REPLAY_AGE_MS) -> tuple[int, list[Outgoing]] | None:
        live = self._live
        key = live.source.whole_key_at if live is not None else None
        if live is None or key is None or live.source is not self._wanted or key.epoch != live.epoch:
            return None
        first = self.useful_from
        if not first or now - key.arrived > max_age_ms or self.newest - first >= REPLAY_PACKETS:
            return None
        found = [self.again(number) for number in range(first, self.newest + 1)]
        return first, [packet for packet, _ in filter(None, found)]

    def _is_above(self, media: Media) -> bool:
        return media.vp8 is not None and media.vp8.temporal >= self.layers

    def _without(self, passed: Media, media: Media) -> bool:
        """Whether all that is missing between these two belongs to frames that are left out; if that is not known, it
        has its place kept."""
        above = self._is_above(media)
        if passed.timestamp == media.timestamp:
            return above
        if media.vp8 is None or media.vp8.picture is None or media.picture != passed.picture + 1:
            return False  # whole frames are missing
        begins = media.payload[0] & _START == 0x10
        return (above or begins) and (passed.marker or self._is_above(passed))

    def _leave_out(self, index: int, packets: int, pictures: int) -> None:
        """From this index on so many packets have no numbers here, which end so many pictures."""
        live = self._live
        if live is None:
            return
        if live.continues and live.least - live.shift == index:  # nothing is in it yet
            live.shift -= packets
            live.picture_shift -= pictures
        else:
            first = index + live.shift
            self._go_on(_after(live, first, live.shift - packets, live.picture_shift - pictures))

    @override
    def _go_on(self, segment: Segment) -> None:
        while self._segments and self._segments[-1].first >= segment.first:  # nothing went out in it
            self._segments.pop()
        super()._go_on(segment)

    @override
    def _before(self, media: Media) -> Segment | None:
        """The stretch that a packet of the present source belongs to; None: a frame that was left out, or long ago."""
        live, end = self._live, 0
        for segment in reversed(self._segments[-MOST_LATE:]):
            if live is None or segment.source is not live.source or segment.epoch != media.epoch:
                return None
            number = media.index + segment.shift
            if number >= segment.least:
                return segment if not end or number < end else None
            if not segment.continues:
                return None
            end = segment.first
        return None

    @override
    def _render(self, media: Media, segment: Segment) -> Outgoing:
        packet = super()._render(media, segment)
        return _like(packet, packet.data[: packet.header]) if self._is_above(media) else packet

    def _blank(self, packet: Outgoing) -> Outgoing | None:
        """A packet of nothing but padding, so that nobody asks for its number any more."""
        return self.pad(packet, 1) if self.newest - packet.number < VIDEO_CACHE else None


def _after(former: Segment, first: int, shift: int, picture_shift: int) -> Segment:
    """A stretch that goes on with the same picture under other numbers."""
    segment = Segment()
    segment.source, segment.epoch, segment.payload_type = former.source, former.epoch, former.payload_type
    segment.timestamp_shift, segment.tl0_shift = former.timestamp_shift, former.tl0_shift
    segment.first = segment.least = first
    segment.lead, segment.continues = None, True
    segment.shift, segment.picture_shift = shift, picture_shift
    return segment


def _like(packet: Outgoing, data: bytes) -> Outgoing:
    """A packet of these bytes in its place; it tells of no picture."""
    made = Outgoing(
        data[:1] + bytes((data[1] & 0x7F,)) + data[2:],
        packet.header,
        packet.number,
        packet.stream,
        packet.lane,
        packet.video,
        False,
    )
    made.wide_at = packet.wide_at
    return made
