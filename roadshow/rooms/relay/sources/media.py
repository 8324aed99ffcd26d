"""A published packet as all the rest looks at it, and what is read from its payload. Pure."""

from collections.abc import Iterable

from roadshow.rooms.relay.sources.parameter_sets import ParameterSets
from roadshow.rooms.relay.wire.codecs import Codec, Vp8, parse_vp8
from roadshow.rooms.relay.wire.h264 import PICTURE, SETS, SPS, contents, whole_units
from roadshow.rooms.relay.wire.picture_size import Size, h264_size, vp8_size
from roadshow.rooms.relay.wire.rtp import Packet, unwrap

SILENCE = 127
"""The audio level (RFC 6464) of a packet that brings none."""
SIZES_A_SECOND = 8
"""Sequence parameter sets that are read for the size: one may take half a millisecond, and who floods us with others
would take the core from everybody. Encoders change theirs every few seconds; what is left out comes again."""


class Media:
    """One packet as every lane uses it. ``index`` and ``picture`` do not wrap; a new ``epoch`` is a new beginning."""

    __slots__ = (
        "arrived",
        "codec",
        "epoch",
        "has_sets",
        "index",
        "lead",
        "level",
        "marker",
        "opens_picture",
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
    """Whether a decoder may begin with it: the picture of a key frame, or H264's parameter sets before one."""
    opens_picture: bool
    """Whether the picture of a key frame begins in it."""
    has_sets: bool
    """Whether it brings H264's parameter sets."""
    lead: "Media | None"
    """Of an H264 key frame that came without parameter sets: these, to go out before it."""
    picture: int
    vp8: Vp8 | None
    level: int
    """The audio level byte as it came."""
    arrived: int


def starts_key(codec: Codec, payload: bytes) -> bool:
    """As ``Media.starts_key``, of a packet that is not taken yet."""
    if codec is Codec.VP8:
        described = parse_vp8(payload)
        return described is not None and described.starts_key
    return codec is Codec.H264 and contents(payload) != 0


class PayloadReader:
    """Reads one source's payloads: where key frames begin, how large pictures are, VP8's counters, how loud it is."""

    def __init__(self, level_id: int, parameter_sets: Iterable[bytes] = ()) -> None:
        self.parameter_sets = ParameterSets(parameter_sets)
        self.size: Size | None = None
        """Width and height of the newest key frame's picture, in pixels, where its codec tells."""
        self.has_levels = False
        """Whether any packet brought its audio level."""
        self._level_id = level_id
        self._picture: int | None = None
        self._sized = b""
        """The parameter set that the size was read from."""
        self._reading_since = self._read = 0

    def describe(self, media: Media, packet: Packet) -> None:
        """Fill in what the payload tells; the codec is known."""
        media.starts_key = media.opens_picture = media.has_sets = False
        media.lead = None
        media.picture = 0
        media.vp8 = None
        media.level = SILENCE
        codec = media.codec
        if codec is Codec.VP8:
            self._describe_vp8(media)
        elif codec is Codec.H264:
            if has := contents(media.payload):
                self._describe_h264(media, has)
        elif self._level_id:
            level = packet.extension(self._level_id)
            if level:
                media.level = level[0]
                self.has_levels = True

    def _describe_h264(self, media: Media, has: int) -> None:
        media.starts_key = True
        media.opens_picture, media.has_sets = has & PICTURE != 0, has & SETS != 0
        if media.has_sets:
            for unit in whole_units(media.payload):
                self.parameter_sets.learn(unit)
                if unit[0] & 0x1F == SPS:
                    self._read_size(unit, media.arrived)

    def _read_size(self, unit: bytes, now: int) -> None:
        """Of a sequence parameter set that is another than the last."""
        if unit == self._sized:
            return
        if not 0 <= now - self._reading_since < 1000:
            self._reading_since, self._read = now, 0
        if self._read < SIZES_A_SECOND:
            self._read += 1
            self._sized = unit
            self.size = h264_size(unit) or self.size

    def _describe_vp8(self, media: Media) -> None:
        described = parse_vp8(media.payload)
        if described is None:
            return
        media.vp8 = described
        media.starts_key = media.opens_picture = described.starts_key
        if described.starts_key:
            at = described.frame_at
            self.size = vp8_size(media.payload[at : at + 10]) or self.size
        if described.picture is not None:
            last = described.picture if self._picture is None else self._picture
            media.picture = unwrap(last, described.picture, described.picture_size)
            self._picture = max(last, media.picture)
