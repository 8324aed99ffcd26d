"""What the relay reads of pictures: their sizes, from real encoders."""

import re
from fractions import Fraction

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadshow.rooms.relay.wire.picture_size import MAX_SIDE, h264_size, vp8_size

SIZES = [(1280, 720), (640, 360), (320, 180), (1920, 1080), (426, 240), (66, 36)]


def encoded(codec: str, width: int, height: int, options: dict[str, str], pixels: str = "yuv420p") -> bytes:
    """The first frame of an encoder."""
    context = av.CodecContext.create(codec, "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height, context.pix_fmt = width, height, pixels
    context.time_base, context.options = Fraction(1, 30), options
    frame = av.VideoFrame(width, height, pixels)
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    return b"".join(bytes(packet) for packet in [*context.encode(frame), *context.encode(None)])


def units(stream: bytes) -> list[bytes]:
    """The NAL units of an H264 byte stream."""
    return [unit.rstrip(b"\0") for unit in re.split(rb"\0\0\0?\x01", stream) if unit]


@pytest.mark.parametrize("size", SIZES)
def test_the_size_of_a_vp8_key_frame(size: tuple[int, int]) -> None:
    assert vp8_size(encoded("libvpx", *size, {"deadline": "realtime"})) == size


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("profile", "pixels", "more"),
    [
        ("baseline", "yuv420p", ""),
        ("high", "yuv420p", ""),
        ("high", "yuv420p", ":interlaced=1"),
        ("high", "yuv420p", ":cqm=jvt"),  # with scaling lists
        ("high422", "yuv422p", ""),
        ("high444", "yuv444p", ":cqm=jvt"),
    ],
)
def test_the_size_in_an_h264_parameter_set(size: tuple[int, int], profile: str, pixels: str, more: str) -> None:
    options = {"profile": profile, "preset": "ultrafast", "x264-params": f"log-level=none{more}"}
    found = [unit for unit in units(encoded("libx264", *size, options, pixels)) if unit[0] & 0x1F in (7, 8)]
    sps, pps = found[:2]
    assert h264_size(sps) == size
    together = b"\x78" + b"".join(len(unit).to_bytes(2, "big") + unit for unit in (pps, sps))
    assert h264_size(together) == size
    assert h264_size(pps) is None
    assert [h264_size(sps[:length]) for length in range(6)] == [None] * 6


def golomb(*values: int) -> str:
    """Unsigned Exp-Golomb codes, in binary digits."""
    return "".join("0" * ((value + 1).bit_length() - 1) + f"{value + 1:b}" for value in values)


@pytest.mark.parametrize("first", ["0", "1" + golomb(16), "1" + golomb(2, 14), "1" + golomb(*[0] * 16)])
@pytest.mark.parametrize("order", [golomb(2), golomb(0, 4), golomb(1) + "0" + golomb(2, 2, 3, 7, 7, 7)])
def test_a_parameter_set_with_scaling_lists_that_break_off(first: str, order: str) -> None:
    """16 is minus 8, 14 minus 7: a sum of zero ends the list. No encoder here makes such."""
    bits = golomb(0, 1, 0, 0) + "01" + first + "0" * 7 + golomb(0) + order + golomb(1) + "0" + golomb(39, 22) + "110"
    bits = (bits + "1").ljust(-(-(len(bits) + 1) // 8) * 8, "0")
    assert h264_size(b"\x67\x64\0\x1f" + int(bits, 2).to_bytes(len(bits) // 8, "big")) == (640, 368)


@given(
    st.binary(max_size=80), st.sampled_from([b"\x67", b"\x67\x64\0\x1f", b"\x78\0\x20\x67", b"\x67\x64\0\x1f\x8b", b""])
)
def test_no_bytes_whatever_break_the_reading_of_sizes(data: bytes, start: bytes) -> None:
    for size in (h264_size(start + data), vp8_size(data), vp8_size(bytes(3) + b"\x9d\x01\x2a" + data)):
        assert size is None or (0 < size[0] <= MAX_SIDE and 0 < size[1] <= MAX_SIDE)
