"""One published track as the relay holds it: parsed once, numbered without wraps, kept for retransmission. Pure."""

from collections.abc import Iterator, Mapping

from roadshow.ids import SourceId
from roadshow.rooms.relay.sources.keyframes import KeyFrameRequests
from roadshow.rooms.relay.sources.nack import NackGenerator
from roadshow.rooms.relay.wire.codecs import Codec, Vp8, av1_starts_key, h264_starts_key, parse_vp8, vp9_starts_key
from roadshow.rooms.relay.wire.picture_size import Size, h264_size, vp8_size
from roadshow.rooms.relay.wire.rtcp import ReportBlock, SenderReport
from roadshow.rooms.relay.wire.rtp import Packet, unwrap
from roadshow.rooms.relay.wire.sync import SenderClock, ms_from_ntp

VIDEO_CACHE = 1024
"""Packets kept: five seconds of 1.5 Mbit/s; also SRTP's replay window, beyond which nothing may be sent again."""
AUDIO_CACHE = 128
MAX_JUMP = 1000
"""A larger step of the sequence number is a new beginning, not a loss."""
MAX_TIMESTAMP_LEAP_S = 30
"""A newer packet whose timestamp leaps further, either way, is a new beginning too."""


class Media:
    """One packet as every lane uses it. ``index`` and ``picture`` do not wrap; a new ``epoch`` is a new beginning."""

    __slots__ = (
        "arrived",
        "codec",
        "epoch",
        "index",
        "level",
        "marker",
        "payload",
        "picture",
        "starts_key",
        "timestamp",
        "vp8",
    )

    index: int
    epoch: int
    codec: Codec
    timestamp: int
    marker: bool
    payload: bytes
    starts_key: bool
    picture: int
    vp8: Vp8 | None
    level: int
    """The audio level byte (RFC 6464) as it came; 127, silence, without one."""
    arrived: int


class Source:
    """A track that somebody publishes. ``accept`` takes its packets in any order; ``kept`` gives them back by index."""

    def __init__(
        self,
        ident: SourceId,
        video: bool,
        payload_types: Mapping[int, Codec],
        level_id: int,
        clock: SenderClock,
        rid: str = "",
    ) -> None:
        self.id = ident
        self.rid = rid
        """Which encoding of its track it is (RFC 8851); empty where there is but one."""
        self.video = video
        self.payload_types = payload_types
        self.clock_rate = 90_000 if video else 48_000
        self.keyframes = KeyFrameRequests()
        self.nacks = NackGenerator()
        self.ssrc: int | None = None
        self.codec: Codec | None = None
        self.epoch = 0
        self.newest = 0
        """The highest index so far."""
        self.key_at: Media | None = None
        """The packet the newest key frame began with."""
        self.size: Size | None = None
        """Width and height of the newest key frame's picture, in pixels, where its codec tells."""
        self.has_levels = False
        self.packets = 0
        self.octets = 0
        self.bitrate = 0
        """Bits per second of payload, as last measured."""
        self._level_id = level_id
        self._size = VIDEO_CACHE if video else AUDIO_CACHE
        self._ring: list[Media | None] = [None] * self._size
        self._shift = 0  # index = unwrapped sequence number + shift
        self._newest_timestamp = 0
        self._picture: int | None = None
        self._clock = clock
        self._report: tuple[int, int] | None = None  # (their wall clock in ms, RTP timestamp)
        self._report_received: tuple[int, int] = (0, 0)  # (middle of its NTP timestamp, when it came)
        self._first_index = 0
        self._counted = (0, 0)  # (expected, received) at the last report of ours
        self._transit: int | None = None
        self._jitter = 0.0
        self._measured = (0, 0)

    def accept(self, packet: Packet, now: int) -> Media | None:
        """Take a packet in. None: a duplicate, too old, or of a payload type that was not agreed on."""
        codec = self.payload_types.get(packet.payload_type)
        if codec is None:
            return None
        index = self._index(packet, codec, now)
        if index is None:
            return None
        slot = index % self._size
        former = self._ring[slot]
        if former is not None and former.index >= index:
            return None
        media = Media()
        media.index = index
        media.epoch = self.epoch
        media.codec = codec
        media.timestamp = packet.timestamp
        media.marker = packet.marker
        media.payload = packet.payload
        media.arrived = now
        media.starts_key = False
        media.picture = 0
        media.vp8 = None
        media.level = 127
        if codec is Codec.VP8:
            self._describe_vp8(media)
        elif codec is Codec.H264:
            media.starts_key = h264_starts_key(packet.payload)
            if media.starts_key:
                self.size = h264_size(packet.payload) or self.size
        elif codec is Codec.VP9:
            media.starts_key = vp9_starts_key(packet.payload)
        elif codec is Codec.AV1:
            media.starts_key = av1_starts_key(packet.payload)
        elif self._level_id:
            level = packet.extension(self._level_id)
            if level:
                media.level = level[0]
                self.has_levels = True
        self._ring[slot] = media
        self._count(media, len(packet.payload), now)
        # Parameter sets and their picture both "start a key frame": the first packet of the same frame counts.
        if media.starts_key and (
            self.key_at is None or (index > self.key_at.index and packet.timestamp != self.key_at.timestamp)
        ):
            self.key_at = media
            self.keyframes.came()
        return media

    def kept(self, index: int) -> Media | None:
        """The packet with this index, if it came and is still held."""
        media = self._ring[index % self._size]
        return media if media is not None and media.index == index else None

    def kept_from(self, first: int) -> Iterator[Media]:
        """All held packets from an index up to the newest, in order."""
        for index in range(max(first, self.newest - self._size + 1), self.newest + 1):
            media = self.kept(index)
            if media is not None:
                yield media

    def sequence(self, index: int) -> int:
        """The sequence number on the wire of an index of the present epoch."""
        return (index - self._shift) & 0xFFFF

    def missed(self, now: int) -> list[int]:
        """Sequence numbers on the wire to ask the publisher for now; of one given up, a key frame makes up."""
        abandoned = self.nacks.abandoned
        lost = self.nacks.due(now)
        if self.nacks.abandoned != abandoned:
            self.keyframes.wish()
        return [self.sequence(index) for index in lost]

    def reported(self, report: SenderReport, now: int) -> None:
        """The publisher's sender report for this track."""
        sent = ms_from_ntp(report.ntp)
        self._clock.observe(sent, now)
        self._report = (sent, report.timestamp)
        self._report_received = (report.ntp >> 16 & 0xFFFFFFFF, now)

    def timestamp_at(self, now: int) -> int | None:
        """The RTP timestamp of what was captured at this moment of our clock; None before the first sender report."""
        if self._report is None or self._clock.offset_ms is None:
            return None
        sent, timestamp = self._report
        return timestamp + (now - sent - self._clock.offset_ms) * self.clock_rate // 1000

    @property
    def jitter_ms(self) -> float:
        """Interarrival jitter (RFC 3550, section 6.4.1)."""
        return self._jitter * 1000 / self.clock_rate

    def lost(self) -> int:
        """Packets that never came, as far as one can tell now."""
        return max(0, self._expected() - self.packets)

    def measure(self, now: int) -> None:
        """Take the bit rate since the last call."""
        octets, at = self._measured
        if now > at:
            self.bitrate = (self.octets - octets) * 8000 // (now - at) if at else 0
            self._measured = (self.octets, now)

    def report_block(self, now: int) -> ReportBlock | None:
        """What to tell the publisher about this track (RFC 3550, appendix A.3); None before the first packet."""
        if self.ssrc is None:
            return None
        expected, received = self._expected(), self.packets
        expected_before, received_before = self._counted
        self._counted = (expected, received)
        due, missing = expected - expected_before, expected - expected_before - (received - received_before)
        fraction = min(255, (missing << 8) // due) if due > 0 and missing > 0 else 0
        middle, came = self._report_received
        return ReportBlock(
            ssrc=self.ssrc,
            fraction=fraction,
            lost=min(self.lost(), 0x7FFFFF),
            highest=(self.newest - self._shift) & 0xFFFFFFFF,
            jitter=int(self._jitter) & 0xFFFFFFFF,
            last_report=middle,
            delay=((now - came) << 16) // 1000 & 0xFFFFFFFF if middle else 0,
        )

    def _index(self, packet: Packet, codec: Codec, now: int) -> int | None:
        if self.ssrc is None:
            self._begin(packet, codec, 0x10000 + packet.sequence)
            self._first_index = self.newest
            return self.newest
        index = unwrap(self.newest - self._shift, packet.sequence) + self._shift
        step = index - self.newest
        if packet.ssrc != self.ssrc or codec is not self.codec or step > MAX_JUMP or self._leaps(packet, step):
            if packet.ssrc == self.ssrc and step <= 0:
                return None
            self._begin(packet, codec, self.newest + 1)
            return self.newest
        if step <= -self._size or index < self._first_index:
            return None
        if step > 0:
            if step > 1 and self.video and not self.nacks.gap(self.newest + 1, index, now):
                self.keyframes.wish()
            self.newest = index
            self._newest_timestamp = packet.timestamp
            if not self.nacks.idle:
                self.nacks.passed(index, now)
        elif self.video:
            self.nacks.arrived(index, now)
        return index

    def _begin(self, packet: Packet, codec: Codec, index: int) -> None:
        """Number on from ``index``: a new stream, codec or time line took the place of the former one."""
        self.epoch += 1
        self.ssrc = packet.ssrc
        self.codec = codec
        self._shift = index - packet.sequence
        self.newest = index
        self._newest_timestamp = packet.timestamp
        self._transit = None
        self._report = None
        self.nacks.clear()

    def _leaps(self, packet: Packet, step: int) -> bool:
        if step <= 0:
            return False
        leap = unwrap(0, packet.timestamp - self._newest_timestamp, 1 << 32)
        return abs(leap) > MAX_TIMESTAMP_LEAP_S * self.clock_rate

    def _describe_vp8(self, media: Media) -> None:
        described = parse_vp8(media.payload)
        if described is None:
            return
        media.vp8 = described
        media.starts_key = described.starts_key
        if described.starts_key:
            at = described.frame_at
            self.size = vp8_size(media.payload[at : at + 10]) or self.size
        if described.picture is not None:
            last = described.picture if self._picture is None else self._picture
            media.picture = unwrap(last, described.picture, described.picture_size)
            self._picture = max(last, media.picture)

    def _expected(self) -> int:
        return self.newest - self._first_index + 1 if self.ssrc is not None else 0

    def _count(self, media: Media, size: int, now: int) -> None:
        self.packets += 1
        self.octets += size
        # Interarrival jitter, RFC 3550 appendix A.8, in timestamp units.
        transit = (now * self.clock_rate // 1000 - media.timestamp) & 0xFFFFFFFF
        if self._transit is not None:
            self._jitter += (abs(unwrap(0, transit - self._transit, 1 << 32)) - self._jitter) / 16
        self._transit = transit
