"""One outgoing stream: what a lane sends to all viewers that agreed on the same form of it. Pure.

A lane keeps its SSRC while sources come and go. At a switch it waits for a key frame of the new source, then sequence
numbers, timestamps and VP8 picture ids run on. An H264 key frame that came without its parameter sets gets them in
front, in a packet of their own, and from then on all numbers are one ahead. What was sent under a number can be
rendered again, byte for byte, as long as the source keeps the packet: SRTP must never encrypt different bytes under one
number.
"""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise
from operator import attrgetter
from struct import Struct

import msgspec

from roadshow.rooms.relay.egress.outgoing import Outgoing, padded
from roadshow.rooms.relay.offers.lanes import StreamForm
from roadshow.rooms.relay.sources.cache import VIDEO_CACHE
from roadshow.rooms.relay.sources.media import Media
from roadshow.rooms.relay.sources.source import Source
from roadshow.rooms.relay.stage.extensions import Extensions
from roadshow.rooms.relay.stage.pacing import Pace
from roadshow.rooms.relay.stage.segments import Segment, Tail
from roadshow.rooms.relay.wire.codecs import AUDIO_RATE, VIDEO_RATE, Codec, renumber_vp8
from roadshow.rooms.relay.wire.rtp import HEADER

PATIENCE_MS = 1500
"""So long the former picture goes on while the new source owes its first key frame."""
MAX_SEGMENTS = 8
"""Stretches of a lane, of former sources or between inserted packets, whose packets can still be sent again."""
REPLAY_PACKETS = 400
"""A late viewer gets at most so much of the present picture's history…"""
REPLAY_AGE_MS = 1000
"""…and only if it began this recently: older, and catching up would show."""
MIN_STEP_MS = 10
"""Timestamps move on at least this far at a switch."""
_SEQUENCE = Struct("!H")
_first = attrgetter("first")


class Beginning(msgspec.Struct, frozen=True):
    """Where an outgoing stream begins."""

    ssrc: int
    sequence: int
    timestamp: int
    """The first numbers, at random (RFC 3550, section 5.1)."""
    ident: int = 1
    """What tells the stream from all others."""
    place: int = 0
    """Its lane's among a viewer's lanes."""


class LaneStream:
    """The outgoing stream. ``show`` names the source; ``forward`` gives the packet for the viewers, or None."""

    pace: Pace | None = None
    """How its large frames leave, whatever the viewer; None: as is best for that one."""
    segments = MAX_SEGMENTS
    """So many stretches are remembered."""
    playout: bytes | None = None
    """The playout-delay extension's value that all its packets tell; None: they tell none."""

    def __init__(self, form: StreamForm, video: bool, beginning: Beginning) -> None:
        self.form = form
        self.video = video
        self.ssrc = beginning.ssrc
        self.ident = beginning.ident
        self.family = beginning.ident
        """The same of all twins (``stand_as``)."""
        self.place = beginning.place
        self.newest = 0x10000 + beginning.sequence
        """The highest outgoing number so far, unwrapped."""
        self.packets = 0
        self.octets = 0
        self._types = dict(form.payload_types)
        self._rtx_types = dict(form.rtx_types)
        self._wanted: Source | None = None
        self.wanted_since = 0
        self._segments: list[Segment] = []
        self._live: Segment | None = None
        self.begun_with: Media | None = None
        """The packet the newest segment began with."""
        self._timestamp = beginning.timestamp
        self.clock_rate = VIDEO_RATE if video else AUDIO_RATE
        self._last_at = 0
        self._picture = 0
        self._tl0 = 0
        self._extensions = Extensions(form, video, self.playout)
        self.wide_at = self._extensions.wide_at
        """Where a packet's transport-wide number stands, also in RTX's; 0: it has none."""
        self._header = HEADER.size + len(self._extensions)
        self._padding = bytearray(VIDEO_CACHE)
        """By number: how much padding a packet went out with, which belongs to it for good."""
        self._first_byte = 0x90 if self._extensions else 0x80

    @property
    def bitrate(self) -> int:
        """Bits a second that its picture takes; 0: unknown."""
        return self.source.reception.bitrate if self.source is not None else 0

    @property
    def useful_from(self) -> int:
        """The number that the newest key frame begins with, which makes up for what was missed before; 0: unknown."""
        live = self._live
        key = live.source.whole_key_at if live is not None else None
        return key.index + live.shift if live is not None and key is not None and key.epoch == live.epoch else 0

    @property
    def source(self) -> Source | None:
        """Whose packets go out now."""
        return self._live.source if self._live is not None else None

    @property
    def sources(self) -> set[Source]:
        """Whose packets may go out before ``show`` is called again: no others' need be offered."""
        shown = (self.source, self._wanted)
        return {source for source in shown if source is not None}

    @property
    def waits(self) -> bool:
        """Whether a source is shown that has not begun yet, or must begin anew: a key frame of it is needed."""
        wanted, live = self._wanted, self._live
        return wanted is not None and (live is None or live.source is not wanted or live.epoch != wanted.epoch)

    def asks(self, takers: int, viewers: int) -> bool:
        """Whether a key frame is to be asked for, which costs all of a stage's ``viewers``, when so many take this."""
        return self.waits

    def takes(self, codec: Codec) -> bool:
        """Whether viewers of this form can play it."""
        return codec in self._types

    def show(self, source: Source | None, now: int) -> None:
        """From now on this source's packets are wanted; None: nothing is."""
        if source is self._wanted:
            return
        self._wanted, self.wanted_since = source, now
        # Only a picture that waits for its successor's key frame goes on, if these viewers can play that one.
        playable = source is not None and (source.codec is None or source.codec in self._types)
        if not self.video or not playable:
            self._live = None

    @property
    def tail(self) -> Tail:
        """Where the stream's numbers stand."""
        return Tail(self.newest, self._timestamp, self._last_at, self._picture, self._tl0)

    def stand_as(self, other: "LaneStream") -> None:
        """Become its twin: from here on the same packets make the same numbers and timestamps of both. Of sound alone,
        which has neither counters nor padding of its own. What went out before is the other's to send again."""
        self.family, self.newest, self.packets, self.octets = other.family, other.newest, other.packets, other.octets
        self._wanted, self.wanted_since, self._live = other._wanted, other.wanted_since, other._live
        self.begun_with = other.begun_with
        self._timestamp, self._last_at = other._timestamp, other._last_at

    def forward(self, source: Source, media: Media, now: int) -> Outgoing | None:
        """The packet as it goes out, or None if this lane does not send it."""
        live = self._live
        if live is not None and source is live.source and media.epoch == live.epoch:
            if source is not self._wanted and now - self.wanted_since > PATIENCE_MS:
                self._live = None
                return None
            number = media.index + live.shift
            if media.lead is not None and number > self.newest:
                live = self._put_in(media.lead, live, number)
                number += 1
            elif number < live.least:
                former = self._before(media)
                if former is None:
                    return None
                live, number = former, media.index + former.shift
        elif source is self._wanted:
            begun = self._begin(source, media, now)
            if begun is None:
                return None
            live = begun
            number = live.least
        else:
            return None
        if number > self.newest:
            self.newest = number
            self._timestamp = (media.timestamp + live.timestamp_shift) & 0xFFFFFFFF
            self._last_at = now
            if media.vp8 is not None:
                if media.vp8.picture is not None:
                    self._picture = max(self._picture, media.picture + live.picture_shift)
                if media.vp8.tl0 is not None:
                    self._tl0 = media.vp8.tl0 + live.tl0_shift
        if number > self.newest - VIDEO_CACHE:
            # A late packet's too: its place may still tell of the number one turn before.
            self._padding[number % VIDEO_CACHE] = 0
        packet = self._render(media, live)
        self.packets += 1
        self.octets += len(media.payload)
        return packet

    def pad(self, packet: Outgoing, padding: int) -> Outgoing:
        """The packet, just rendered and not sent yet, longer by so many bytes; sent again, it will have them too."""
        if self.newest - packet.number >= VIDEO_CACHE:
            return packet
        self._padding[packet.number % VIDEO_CACHE] = padding
        return padded(packet, padding)

    def overtaken(self, now: int) -> Iterator[Outgoing]:
        """Packets that came before the one the segment began with but belong after it."""
        live = self._live
        if live is None or self.begun_with is None:
            return
        for media in live.source.kept_from(self.begun_with.index + 1):
            packet = self.forward(live.source, media, now)
            if packet is not None:
                yield from self.with_lead(media, packet)

    def with_lead(self, media: Media, packet: Outgoing) -> tuple[Outgoing, ...]:
        """The packet that was just forwarded, after what was put in front of it."""
        live = self._live
        if live is None or media.lead is None or live.lead is not media.lead:
            return (packet,)
        return (self._again(media.lead, live), packet)

    def replay(self, now: int, max_age_ms: int = REPLAY_AGE_MS) -> tuple[int, list[Outgoing]] | None:
        """The present picture from its last key frame on: (first number, packets). None: too old or too long."""
        live = self._live
        if live is None or live.source is not self._wanted:
            return None
        key = live.source.whole_key_at
        if key is None or key.epoch != live.epoch or now - key.arrived > max_age_ms:
            return None
        first = key.index + live.shift
        if first < live.first or self.newest - first >= REPLAY_PACKETS:
            return None
        packets = [self._again(m, live) for m in live.source.kept_from(key.index) if m.epoch == live.epoch]
        if live.lead is not None and live.lead is key.lead:
            first, packets = live.first, [self._again(live.lead, live), *packets]
        return (first, packets) if packets else None

    def begin_late(self, now: int, max_age_ms: int) -> list[Outgoing]:
        """Begin with the last key frame kept of the source that is shown, if it is not older; what then goes out."""
        source = self._wanted
        key = source.whole_key_at if source is not None else None
        if source is None or key is None or not self.waits:
            return []
        if key.epoch != source.epoch or now - key.arrived > max_age_ms:
            return []
        first = self.forward(source, key, now)
        return [*self.with_lead(key, first), *self.overtaken(now)] if first is not None else []

    def again(self, number: int) -> tuple[Outgoing, Codec] | None:
        """What went out under this (unwrapped) number, the same bytes; None if it is no longer (or not yet) at hand."""
        found = self._kept(number)
        return (self._again(*found), found[0].codec) if found is not None else None

    def keeps(self, number: int) -> bool:
        """Whether ``again`` would give it; costs a tenth of that."""
        return self._kept(number) is not None

    def _kept(self, number: int) -> tuple[Media, Segment] | None:
        if not self.newest - VIDEO_CACHE < number <= self.newest:
            return None
        place = bisect_right(self._segments, number, key=_first)
        if not place:
            return None
        segment = self._segments[place - 1]
        if number < segment.least:
            return (segment.lead, segment) if segment.lead is not None else None
        media = segment.source.kept(number - segment.shift)
        return (media, segment) if media is not None and media.epoch == segment.epoch else None

    def carriers(self, number: int) -> tuple[int, ...]:
        """The packets that went out later and carry this one along."""
        return ()

    def retransmission(self, data: bytes, codec: Codec, ssrc: int, sequence: int, now: int) -> bytes | None:
        """``data`` as a packet of the RTX stream (RFC 4588, section 4), sent now; None where RTX was not agreed on."""
        payload_type = self._rtx_types.get(codec)
        if payload_type is None:
            return None
        start = self._header
        second = data[1] & 0x80 | payload_type
        head = bytes((data[0], second)) + _SEQUENCE.pack(sequence) + data[4:8] + ssrc.to_bytes(4, "big")
        extensions = self._extensions.sent(data[12:start], now)
        return head + extensions + data[2:4] + data[start:]

    def timestamp_at(self, now: int) -> int | None:
        """The outgoing timestamp of what was captured at this moment, for sender reports; None if it is unknown."""
        live = self._live
        if live is None or live.source.epoch != live.epoch:
            return None
        timestamp = live.source.timeline.timestamp_at(now)
        return None if timestamp is None else (timestamp + live.timestamp_shift) & 0xFFFFFFFF

    def _begin(self, source: Source, media: Media, now: int) -> Segment | None:
        """Start a segment with this packet, if it can be a beginning."""
        payload_type = self._types.get(media.codec)
        if payload_type is None:
            self._live = None
            return None
        if (self.video and media not in (source.key_at, source.whole_key_at)) or media.epoch != source.epoch:
            return None
        segment = Segment()
        segment.source = source
        segment.epoch = media.epoch
        segment.payload_type = payload_type
        segment.first = segment.least = self.newest + 1
        segment.lead, segment.continues = media.lead, False
        if media.lead is not None:
            segment.least += 1
            self._count(media.lead, segment.first)
        segment.shift = segment.least - media.index
        elapsed = max(MIN_STEP_MS, now - self._last_at) if self.packets else 0
        timestamp = self._timestamp + elapsed * self.clock_rate // 1000
        segment.timestamp_shift = (timestamp - media.timestamp) & 0xFFFFFFFF
        segment.picture_shift = self._picture + 1 - media.picture
        segment.tl0_shift = self._tl0 + 1 - (media.vp8.tl0 or 0) if media.vp8 is not None else 0
        self._go_on(segment)
        self.begun_with = media
        return segment

    def _put_in(self, lead: Media, live: Segment, number: int) -> Segment:
        """Give a packet the number that the next one would have; what comes from now on is one ahead."""
        segment = Segment()
        segment.source, segment.epoch, segment.payload_type = live.source, live.epoch, live.payload_type
        segment.timestamp_shift = live.timestamp_shift
        segment.picture_shift, segment.tl0_shift = live.picture_shift, live.tl0_shift
        segment.first, segment.least, segment.shift = number, number + 1, live.shift + 1
        segment.lead, segment.continues = lead, True
        self._count(lead, number)
        self._go_on(segment)
        return segment

    def _go_on(self, segment: Segment) -> None:
        self._segments.append(segment)
        del self._segments[: -self.segments]
        self._live = segment

    def _count(self, lead: Media, number: int) -> None:
        self._padding[number % VIDEO_CACHE] = 0
        self.packets += 1
        self.octets += len(lead.payload)

    def _before(self, media: Media) -> Segment | None:
        """Where a packet belongs that came after one that was put in behind it; None: from before a switch."""
        for later, former in pairwise(reversed(self._segments)):
            if not later.continues:
                return None
            if former.least <= media.index + former.shift < later.first:
                return former
        return None

    def _again(self, media: Media, segment: Segment) -> Outgoing:
        """As it went out the first time."""
        packet = self._render(media, segment)
        padding = self._padding[packet.number % VIDEO_CACHE]
        return padded(packet, padding) if padding else packet

    def _render(self, media: Media, segment: Segment) -> Outgoing:
        """Depends on nothing but the packet and the segment, so that rendering again gives the same bytes."""
        number = media.index + segment.shift
        # The first packet of a new voice is marked: receivers take it as the start of a talk spurt.
        marked = media.marker or (not self.video and number == segment.first)
        payload = media.payload
        if media.vp8 is not None:
            payload = renumber_vp8(
                payload, media.vp8, media.picture + segment.picture_shift, (media.vp8.tl0 or 0) + segment.tl0_shift
            )
        extensions = self._extensions.of(media.level, media.arrived)
        head = HEADER.pack(
            self._first_byte,
            segment.payload_type | 0x80 if marked else segment.payload_type,
            number & 0xFFFF,
            (media.timestamp + segment.timestamp_shift) & 0xFFFFFFFF,
            self.ssrc,
        )
        packet = Outgoing(
            head + extensions + payload, self._header, number, self.ident, self.place, self.video, media.marker
        )
        packet.wide_at = self.wide_at
        if media.vp8 is not None:
            at = self._header + 2
            if media.vp8.picture is not None:
                packet.picture_at = at
                at += 2
            if media.vp8.tl0 is not None:
                packet.tl0_at = at
        return packet
