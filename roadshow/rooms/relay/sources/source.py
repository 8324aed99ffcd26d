"""One published stream as the relay holds it: parsed once, numbered without wraps, kept for retransmission. Pure."""

from collections.abc import Iterable, Iterator, Mapping

from roadshow.ids import SourceId
from roadshow.rooms.relay.sources.cache import AUDIO_CACHE, VIDEO_CACHE, Cache
from roadshow.rooms.relay.sources.keyframes import KeyFrameRequests
from roadshow.rooms.relay.sources.media import Media, PayloadReader
from roadshow.rooms.relay.sources.nack import MAX_MISSING, SOUND_GIVE_UP_MS, NackGenerator
from roadshow.rooms.relay.sources.numbering import Numbering
from roadshow.rooms.relay.sources.reception import Reception
from roadshow.rooms.relay.sources.timeline import Timeline
from roadshow.rooms.relay.wire.codecs import AUDIO_RATE, VIDEO_RATE, Codec
from roadshow.rooms.relay.wire.rtcp import ReportBlock, SenderReport
from roadshow.rooms.relay.wire.rtp import Packet
from roadshow.rooms.relay.wire.sync import SenderClock

MOST_BEFORE = 16
"""Packets of a frame that are looked at for parameter sets before its picture: a delimiter and some messages."""


def _lead(media: Media, payload: bytes) -> Media:
    """A packet of the same frame, to go out just before this one."""
    lead = Media()
    lead.index = media.index - 1
    lead.epoch, lead.codec, lead.timestamp, lead.arrived = media.epoch, media.codec, media.timestamp, media.arrived
    lead.marker, lead.starts_key, lead.opens_picture, lead.has_sets = False, True, False, True
    lead.payload, lead.lead, lead.vp8, lead.picture, lead.level = payload, None, None, 0, media.level
    return lead


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
        parameter_sets: Iterable[bytes] = (),
        *,
        asks: bool = True,
    ) -> None:
        """``parameter_sets``: H264's, as far as the offer has them. ``asks``: lost packets may be asked for again."""
        rate = VIDEO_RATE if video else AUDIO_RATE
        self.id = ident
        self.rid = rid
        """Which encoding of its track it is (RFC 8851); empty where there is but one."""
        self.video = video
        self.payload_types = payload_types
        self.keyframes = KeyFrameRequests()
        self.nacks = NackGenerator() if video else NackGenerator(SOUND_GIVE_UP_MS)
        self._asks = asks
        self._spared = 0
        self.reception = Reception(rate)
        self.timeline = Timeline(clock, rate)
        self.payloads = PayloadReader(level_id, parameter_sets)
        self.ssrc: int | None = None
        """Of the stream it is at present; None before the first packet."""
        self.codec: Codec | None = None
        self.epoch = 0
        """Grows with each new beginning of its numbers or its time."""
        self.key_at: Media | None = None
        """The packet the newest key frame began with, or may have: parameter sets, whose picture is yet to come."""
        self.whole_key_at: Media | None = None
        """The same of the newest key frame whose picture has begun, and that can be decoded."""
        self._complete_key: Media | None = None
        """The newest of these that was seen to have come from its first to its last packet."""
        self.lacks_sets = False
        """Whether the newest key frame cannot be decoded, as its parameter sets never came."""
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
        if media.vp8 is not None and media.vp8.temporal:
            self.reception.count_above(media.vp8.temporal, len(packet.payload))
        if media.starts_key:
            self._begins(media)
        return media

    def interrupt(self) -> None:
        """Packets were not taken: none of them is asked for again, and what comes next is a beginning."""
        self._numbers.interrupt()
        self.nacks.clear()

    def kept(self, index: int) -> Media | None:
        """The packet with this index, if it came and is still held."""
        return self._cache.get(index)

    def placed(self, sequence: int) -> int:
        """The index of a sequence number on the wire."""
        return self._numbers.place(sequence)

    def kept_from(self, first: int) -> Iterator[Media]:
        """All held packets from an index up to the newest, in order."""
        return self._cache.since(first, self._numbers.newest)

    def sequence(self, index: int) -> int:
        """The sequence number on the wire of an index of the present epoch."""
        return self._numbers.sequence(index)

    def missed(self, now: int, most: int = MAX_MISSING) -> list[int]:
        """Sequence numbers on the wire to ask the publisher for now, so many at most. For one that is given up a key
        frame makes up: the newest, if it is from before that."""
        nacks, key = self.nacks, self.whole_key_at
        made_up = key.index if key is not None and key.epoch == self.epoch else 0
        if key is not None and made_up and self._complete(key):
            nacks.forget(made_up)
        lost = nacks.due(now, most, made_up)
        if self.video and nacks.given_up is not None and nacks.given_up > made_up:
            self.keyframes.wish()
        return [self._numbers.sequence(index) for index in lost]

    def spare(self, now: int) -> None:
        """Nobody sees this: what is missing is not asked for, and missed by nobody. It is remembered for as long as it
        could be of use, should somebody come."""
        self._spared += self.nacks.spare(now)

    def begin_anew(self) -> None:
        """A key frame makes up for all that is missing."""
        self.nacks.forget(self.newest)
        self.keyframes.wish()

    def key_frame_packets(self) -> int:
        """How many the newest key frame takes, as far as it came; 0: there was none."""
        key = self.whole_key_at
        if key is None:
            return 0
        last = key.index
        for media in self._cache.since(key.index, min(self.newest, key.index + MAX_MISSING)):
            if media.timestamp != key.timestamp:
                break
            last = media.index
        return last - key.index + 1

    def lost(self) -> int:
        """Packets that never came, as far as one can tell now; but for those that nobody missed."""
        return max(0, self._numbers.expected - self.reception.packets - self._spared)

    def reported(self, report: SenderReport, now: int) -> None:
        """The publisher's sender report for this stream."""
        self.timeline.reported(report, now)
        self.reception.heard(report.ntp, now)

    def report_block(self, now: int) -> ReportBlock | None:
        """What to tell the publisher about this stream; None before the first packet."""
        if self.ssrc is None:
            return None
        return self.reception.block(self.ssrc, self._numbers.highest, self._numbers.expected, now)

    def _complete(self, key: Media) -> bool:
        """Whether all packets of a key frame are there."""
        if key is self._complete_key:
            return True
        index, media = key.index, self.kept(key.index)
        while media is not None and media.timestamp == key.timestamp:
            if media.marker:
                self._complete_key = key
                return True
            index, media = index + 1, self.kept(index + 1)
        return False

    def _begins(self, media: Media) -> None:
        """A key frame. Parameter sets and their picture both begin one: the first packet of the same frame counts; and
        the frame counts once its picture is there."""
        key, whole = self.key_at, self.whole_key_at
        if media.has_sets and self.payloads.parameter_sets.complete:
            self.lacks_sets = False
        if media.opens_picture and media.codec is Codec.H264 and (whole is None or media.timestamp != whole.timestamp):
            self.lacks_sets = not self._has_sets(media)
            if self.lacks_sets:
                return
        if key is None or (media.index > key.index and media.timestamp != key.timestamp):
            key = self.key_at = media
        if media.opens_picture and media.timestamp == key.timestamp and key is not whole:
            self.whole_key_at = key
            self.keyframes.came()

    def _has_sets(self, media: Media) -> bool:
        """Whether the picture that begins here can be decoded. If its frame brought no parameter sets, those that came
        before are put in front; but not where a packet is missing, for that may have newer ones."""
        sets = self.payloads.parameter_sets
        if not sets.complete:
            return False
        before: Media | None = media
        for step in range(MOST_BEFORE):
            if before is None:
                # The first of all there is, or behind a gap.
                if step > 1 or self.reception.packets > 1:
                    return True
                break
            if before.timestamp != media.timestamp:
                break
            if before.has_sets:
                return True
            before = self.kept(media.index - step - 1)
        media.lead = _lead(media, sets.payload())
        return True

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
            if index > newest + 1 and self._asks and not self.nacks.gap(newest + 1, index, now) and self.video:
                self.keyframes.wish()
            if not self.nacks.idle:
                self.nacks.passed(index, now)
        else:
            self.nacks.arrived(index, now)
        return index
