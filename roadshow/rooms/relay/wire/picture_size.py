"""How large a picture is, read from what begins a key frame: VP8 (RFC 6386, section 9.1), H264 (ITU-T H.264, section
7.3.2.1). Pure; None for what is malformed or of another kind."""

from roadshow.rooms.relay.wire.h264 import SPS, whole_units

MAX_SIDE = 16_384
"""Pixels; larger ones are nonsense."""
MAX_PARAMETER_SET = 512
"""Bytes of a sequence parameter set that are looked at; the size comes before anything long but scaling lists."""
_WITH_CHROMA_FORMAT = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})

Size = tuple[int, int]


def vp8_size(frame: bytes) -> Size | None:
    """``frame``: the beginning of a key frame, without payload descriptor."""
    if len(frame) < 10 or frame[3:6] != b"\x9d\x01\x2a":
        return None
    return _checked((frame[6] | frame[7] << 8) & 0x3FFF, (frame[8] | frame[9] << 8) & 0x3FFF)


def h264_size(payload: bytes) -> Size | None:
    """``payload``: of an RTP packet (RFC 6184) that has a sequence parameter set, alone or in an aggregate."""
    for unit in whole_units(payload):
        if unit[0] & 0x1F == SPS:
            return _parameter_set_size(unit)
    return None


class Bits:
    """A bit string from its beginning. Reading beyond its end raises IndexError."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def bit(self) -> int:
        value = self._data[self._at >> 3] >> (7 - (self._at & 7)) & 1
        self._at += 1
        return value

    def skip(self, count: int) -> None:
        self._at += count

    def number(self) -> int:
        """An Exp-Golomb code (section 9.1)."""
        zeros = 0
        while not self.bit():
            zeros += 1
            if zeros > 31:
                raise IndexError
        value = 1
        for _ in range(zeros):
            value = value << 1 | self.bit()
        return value - 1

    def signed(self) -> int:
        value = self.number()
        return (value + 1) // 2 if value & 1 else -(value // 2)


def _parameter_set_size(unit: bytes) -> Size | None:
    # Without the bytes that keep start codes out (section 7.4.1.1).
    content = unit[:MAX_PARAMETER_SET].replace(b"\0\0\3", b"\0\0")
    try:
        return _read(Bits(content[4:]), content[1])
    except IndexError:
        return None


def _read(bits: Bits, profile: int) -> Size | None:
    bits.number()  # seq_parameter_set_id
    chroma = 1
    if profile in _WITH_CHROMA_FORMAT:
        chroma = bits.number()
        if chroma == 3:
            bits.skip(1)
        bits.number()
        bits.number()
        bits.skip(1)
        if bits.bit():
            for kind in range(12 if chroma == 3 else 8):
                if bits.bit():
                    _skip_scaling_list(bits, 16 if kind < 6 else 64)
    bits.number()  # log2_max_frame_num_minus4
    order = bits.number()
    if order == 0:
        bits.number()
    elif order == 1:
        bits.skip(1)
        bits.number()
        bits.number()
        for _ in range(min(bits.number(), 255)):
            bits.number()
    bits.number()  # max_num_ref_frames
    bits.skip(1)
    width = 16 * (bits.number() + 1)
    units = bits.number() + 1
    frames_only = bits.bit()
    height = 16 * units * (2 - frames_only)
    bits.skip(1 if frames_only else 2)  # mb_adaptive_frame_field_flag, direct_8x8_inference_flag
    if bits.bit():
        left, right, top, bottom = bits.number(), bits.number(), bits.number(), bits.number()
        width -= (left + right) * (2 if chroma in (1, 2) else 1)
        height -= (top + bottom) * (2 if chroma == 1 else 1) * (2 - frames_only)
    return _checked(width, height)


def _skip_scaling_list(bits: Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.signed()) % 256
        last = following or last


def _checked(width: int, height: int) -> Size | None:
    return (width, height) if 0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE else None
