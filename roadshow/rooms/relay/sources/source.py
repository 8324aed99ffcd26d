"""One published stream as the relay holds it: parsed once, numbered without wraps, kept for retransmission. Pure."""

from collections.abc import Iterator, Mapping

from roadshow.ids import SourceId
from roadshow.rooms.relay.sources.cache import AUDIO_CACHE, VIDEO_CACHE, Cache
from roadshow.rooms.relay.sources.keyframes import KeyFrameRequests
from roadshow.rooms.relay.sources.media import Media, PayloadReader
from roadshow.rooms.relay.sources.nack import NackGenerator
from roadshow.rooms.relay.sources.numbering import Numbering
from roadshow.rooms.relay.sources.reception import Reception
from roadshow.rooms.relay.sources.timeline import Timeline
from roadshow.rooms.relay.wire.codecs import AUDIO_RATE, VIDEO_RATE, Codec
from roadshow.rooms.relay.wire.rtcp import ReportBlock, SenderReport
from roadshow.rooms.relay.wire.rtp import Packet
from roadshow.rooms.relay.wire.sync import SenderClock


class Source:
    """One encoding of a track that somebody publishes. ``accept`` takes its packets in any order; ``kept`` gives them
    back by index. Each part has a class of its own: this one says which of them hears of what."""

    def __init__(
        self,
        ident: SourceId,
        video: bool,
        payload_types: Mapping[int, Codec],
        level_id: int,
        clock: SenderClock,
        rid: str = "",
    ) -> None:
        rate = VIDEO_RATE if video else AUDIO_RATE
        self.id = ident
        self.rid = rid
        """Which encoding of its track it is (RFC 8851); empty where there is but one."""
        self.video = video
        self.payload_types = payload_types
        self.keyframes = KeyFrameRequests()
        self.nacks = NackGenerator()
        self.reception = Reception(rate)
        self.timeline = Timeline(clock, rate)
        self.payloads = PayloadReader(level_id)
        self.ssrc: int | None = None
        """Of the stream it is at present; None before the first packet."""
        self.codec: Codec | None = None
        self.epoch = 0
        """Grows with each new beginning of its numbers or its time."""
        self.key_at: Media | None = None
        """The packet the newest key frame began with."""
        self._cache = Cache(VIDEO_CACHE if video else AUDIO_CACHE)
        self._numbers = Numbering(rate, self._cache.size)

    @property
    def newest(self) -> int:
        """The highest index so far."""
        return self._numbers.newest

    def accept(self, packet: Packet, now: int) -> Media | None:
        """Take a packet in. None: a duplicate, too old, or of a payload type that was not agreed on."""
        codec = self.payload_types.get(packet.payload_type)
        if codec is None:
            return None
        index = self._index(packet, codec, now)
        if index is None:
            return None
        media = Media()
        media.index = index
        media.epoch = self.epoch
        media.codec = codec
        media.timestamp = packet.timestamp
        media.marker = packet.marker
        media.payload = packet.payload
        media.arrived = now
        if not self._cache.put(media):
            return None
        self.payloads.describe(media, packet)
        self.reception.count(packet.timestamp, len(packet.payload), now)
        # Parameter sets and their picture both "start a key frame": the first packet of the same frame counts.
        if media.starts_key and (
            self.key_at is None or (index > self.key_at.index and packet.timestamp != self.key_at.timestamp)
        ):
            self.key_at = media
            self.keyframes.came()
        return media

    def kept(self, index: int) -> Media | None:
        """The packet with this index, if it came and is still held."""
        return self._cache.get(index)

    def kept_from(self, first: int) -> Iterator[Media]:
        """All held packets from an index up to the newest, in order."""
        return self._cache.since(first, self._numbers.newest)

    def sequence(self, index: int) -> int:
        """The sequence number on the wire of an index of the present epoch."""
        return self._numbers.sequence(index)

    def missed(self, now: int) -> list[int]:
        """Sequence numbers on the wire to ask the publisher for now; of one given up, a key frame makes up."""
        abandoned = self.nacks.abandoned
        lost = self.nacks.due(now)
        if self.nacks.abandoned != abandoned:
            self.keyframes.wish()
        return [self._numbers.sequence(index) for index in lost]

    def lost(self) -> int:
        """Packets that never came, as far as one can tell now."""
        return max(0, self._numbers.expected - self.reception.packets)

    def reported(self, report: SenderReport, now: int) -> None:
        """The publisher's sender report for this stream."""
        self.timeline.reported(report, now)
        self.reception.heard(report.ntp, now)

    def report_block(self, now: int) -> ReportBlock | None:
        """What to tell the publisher about this stream; None before the first packet."""
        if self.ssrc is None:
            return None
        return self.reception.block(self.ssrc, self._numbers.highest, self._numbers.expected, now)

    def _index(self, packet: Packet, codec: Codec, now: int) -> int | None:
        """The packet's number, and what follows from it for what is asked for again."""
        numbers = self._numbers
        newest = numbers.newest
        index = numbers.index(packet, codec)
        if index is None:
            return None
        if numbers.epoch != self.epoch:
            self.ssrc, self.codec, self.epoch = packet.ssrc, codec, numbers.epoch
            self.nacks.clear()
            self.reception.begin_anew()
            self.timeline.begin_anew()
        elif index > newest:
            if index > newest + 1 and self.video and not self.nacks.gap(newest + 1, index, now):
                self.keyframes.wish()
            if not self.nacks.idle:
                self.nacks.passed(index, now)
        elif self.video:
            self.nacks.arrived(index, now)
        return index
