"""What the relay must know of a payload: where a key frame begins, and the VP8 counters it renumbers. Pure.

VP8: RFC 7741. H264 has a module of its own, Opus is opaque. No other is taken: not every viewer could decode it.
"""

from enum import StrEnum

VIDEO_RATE, AUDIO_RATE = 90_000, 48_000
"""RTP timestamp units a second, of every picture and of Opus."""
PICTURE_IDS = 0x8000
"""VP8 picture ids go out in 15 bits, whatever width they came in."""


class Codec(StrEnum):
    OPUS = "opus"
    VP8 = "VP8"
    H264 = "H264"

    @property
    def is_video(self) -> bool:
        return self is not Codec.OPUS

    @property
    def clock_rate(self) -> int:
        """RTP timestamp units a second."""
        return VIDEO_RATE if self.is_video else AUDIO_RATE


class Vp8:
    """A VP8 payload descriptor. ``picture`` and ``tl0`` are None where the encoder leaves them out."""

    __slots__ = ("frame_at", "picture", "picture_size", "rest_at", "starts_key", "temporal", "tl0")

    def __init__(
        self,
        starts_key: bool,
        picture: int | None,
        picture_size: int,
        tl0: int | None,
        rest_at: int,
        frame_at: int,
        temporal: int = 0,
    ) -> None:
        self.starts_key = starts_key
        self.picture = picture
        self.picture_size = picture_size
        """How many values the picture id has on the wire: 128 or 32,768."""
        self.tl0 = tl0
        self.rest_at = rest_at
        """Offset of what follows picture id and tl0 in the payload."""
        self.frame_at = frame_at
        """Offset of the frame's own bytes."""
        self.temporal = temporal
        """Its temporal layer (TID), 0 to 3: no frame of a lower one refers to it. 0 where the encoder has none."""


def parse_vp8(payload: bytes) -> Vp8 | None:
    """Read the descriptor (RFC 7741, section 4.2), or None if it is cut short."""
    size = len(payload)
    if size < 2:
        return None
    first = payload[0]
    at, picture, picture_size, tl0, rest_at, temporal = 1, None, 128, None, 1, 0
    if first & 0x80:
        flags = payload[1]
        at = rest_at = 2
        if flags & 0x80:
            if size < at + 2:
                return None
            picture = payload[at]
            if picture & 0x80:
                picture = (picture & 0x7F) << 8 | payload[at + 1]
                picture_size = PICTURE_IDS
                at += 1
            at += 1
        if flags & 0x40:
            if size < at + 1:
                return None
            tl0 = payload[at]
            at += 1
        rest_at = at
        if flags & 0x30:
            if flags & 0x20 and size > at:
                temporal = payload[at] >> 6
            at += 1
    if size <= at:
        return None
    # A key frame: start of partition 0, and the frame header's P bit is clear.
    starts_key = first & 0x17 == 0x10 and payload[at] & 1 == 0
    return Vp8(starts_key, picture, picture_size, tl0, rest_at, at, temporal)


def renumber_vp8(payload: bytes, descriptor: Vp8, picture: int, tl0: int) -> bytes:
    """The payload with another picture id (always in 15 bits) and tl0 in the places of the former ones."""
    if descriptor.picture is None:
        if descriptor.tl0 is None:
            return payload
        return payload[:2] + bytes((tl0 & 0xFF,)) + payload[descriptor.rest_at :]
    number = 0x8000 | picture % PICTURE_IDS
    if descriptor.tl0 is None:
        return payload[:2] + number.to_bytes(2, "big") + payload[descriptor.rest_at :]
    return payload[:2] + number.to_bytes(2, "big") + bytes((tl0 & 0xFF,)) + payload[descriptor.rest_at :]
