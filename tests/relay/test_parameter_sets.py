"""H264 whose parameter sets came once, or in the offer alone: late viewers must see a picture all the same."""

import sys
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from types import FrameType

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadshow.ids import SourceId
from roadshow.moments import Duration
from roadshow.rooms.relay.egress.outgoing import Outgoing
from roadshow.rooms.relay.offers.formats import parameter_sets
from roadshow.rooms.relay.offers.lanes import StreamForm
from roadshow.rooms.relay.sources.parameter_sets import ROOM, ParameterSets
from roadshow.rooms.relay.sources.source import Source
from roadshow.rooms.relay.stage.lane_stream import Beginning, LaneStream
from roadshow.rooms.relay.wire.codecs import Codec
from roadshow.rooms.relay.wire.h264 import PICTURE, SETS, aggregate, contents, set_id, whole_units
from roadshow.rooms.relay.wire.rtp import Packet, parse
from roadshow.rooms.relay.wire.sdp import Format
from roadshow.rooms.relay.wire.sync import SenderClock
from tests.relay.light_peer import IDR, PPS, SLICE, SPS, LightPeer, nal, section
from tests.relay.studio import Studio, steps
from tests.relay.test_simulcast_sizes import encoded as a_frame
from tests.relay.test_simulcast_sizes import units

H264_ONLY = (section("video", "0", "sendonly", ["H264"]),)


def a_source(*sets: bytes) -> Source:
    return Source(SourceId("a/camera"), True, {102: Codec.H264}, 0, SenderClock(), parameter_sets=sets)


def a_lane() -> LaneStream:
    return LaneStream(StreamForm(((Codec.H264, 101),), ((Codec.H264, 121),)), True, Beginning(7, 0, 0))


def read(data: bytes | Outgoing) -> Packet:
    packet = parse(data.data if isinstance(data, Outgoing) else data)
    assert packet is not None
    return packet


def sent(lane: LaneStream, source: Source, *packets: bytes) -> list[Packet]:
    """What goes out for these, as a fan-out has it."""
    found: list[Outgoing] = []
    for data in packets:
        media = source.accept(read(data), 0)
        packet = lane.forward(source, media, 0) if media is not None else None
        if media is not None and packet is not None:
            found += lane.with_lead(media, packet)
            found += list(lane.overtaken(0)) if lane.begun_with is media else []
    return [read(packet) for packet in found]


def whats_in(packets: list[Packet]) -> list[int]:
    return [contents(packet.payload) for packet in packets]


# -- what goes out ----------------------------------------------------------------------------------------------------


def test_a_key_frame_without_parameter_sets_gets_those_that_came_before() -> None:
    """In a packet of its own, under a number of its own, of the same frame."""
    source, lane = a_source(), a_lane()
    lane.show(source, 0)
    first = sent(lane, source, nal(1, 0, SPS, PPS, marker=False), nal(2, 0, IDR), nal(3, 3000, SLICE))
    assert whats_in(first) == [SETS, PICTURE, 0]
    later = sent(lane, source, nal(4, 6000, IDR), nal(5, 9000, SLICE))
    assert whats_in(later) == [SETS, PICTURE, 0]
    assert list(whole_units(later[0].payload)) == [SPS, PPS]
    assert (later[0].timestamp, later[0].marker) == (later[1].timestamp, False)
    assert steps([*first, *later]) == {1}
    assert source.keyframes.begun == 2


def test_a_key_frame_that_brings_its_parameter_sets_stays_as_it_is() -> None:
    """In one packet with them, or in the packets before it, with a delimiter between."""
    source, lane = a_source(), a_lane()
    lane.show(source, 0)
    out = sent(
        lane, source, nal(1, 0, SPS, PPS, IDR), nal(2, 3000, SPS, marker=False), nal(3, 3000, PPS, marker=False),
        nal(4, 3000, b"\x06message", marker=False), nal(5, 3000, IDR),
    )  # fmt: skip
    assert len(out) == 5


def test_parameter_sets_alone_are_no_key_frame() -> None:
    """An encoder with a rolling refresh repeats them and never sends a whole picture: nobody could begin."""
    source = a_source()
    for number in range(5):
        source.accept(read(nal(2 * number, 6000 * number, SPS, PPS, marker=False)), 0)
        source.accept(read(nal(2 * number + 1, 6000 * number, SLICE)), 0)
    assert (source.keyframes.begun, source.whole_key_at, source.lacks_sets) == (0, None, False)


def test_a_key_frame_whose_parameter_sets_never_came_does_not_count() -> None:
    """It cannot be decoded: a viewer who got it would see nothing, and the host must not read "good"."""
    source, lane = a_source(), a_lane()
    lane.show(source, 0)
    source.keyframes.wish()
    assert sent(lane, source, nal(1, 0, IDR), nal(2, 3000, SLICE)) == []
    assert (source.keyframes.begun, source.keyframes.wanted, source.lacks_sets) == (0, True, True)
    assert whats_in(sent(lane, source, nal(3, 6000, SPS, PPS, IDR))) == [SETS | PICTURE]
    assert (source.keyframes.begun, source.keyframes.wanted, source.lacks_sets) == (1, False, False)


def test_parameter_sets_of_the_offer_are_taken() -> None:
    """``sprop-parameter-sets``: some encoders never send them otherwise."""
    source, lane = a_source(SPS, PPS), a_lane()
    lane.show(source, 0)
    out = sent(lane, source, nal(1, 0, IDR), nal(2, 3000, SLICE))
    assert whats_in(out) == [SETS, PICTURE, 0]


def test_where_a_packet_is_missing_before_a_key_frame_nothing_is_put_in() -> None:
    """It may hold newer parameter sets, and comes when it is sent again; older ones behind it would break the frame."""
    source, lane = a_source(), a_lane()
    lane.show(source, 0)
    sent(lane, source, nal(1, 0, SPS, PPS, IDR), nal(2, 3000, SLICE))
    assert whats_in(sent(lane, source, nal(4, 6000, IDR), nal(3, 6000, SPS, PPS, marker=False))) == [PICTURE, SETS]


def test_a_late_viewer_begins_with_what_was_put_in() -> None:
    source, lane = a_source(), a_lane()
    lane.show(source, 0)
    out = sent(lane, source, nal(1, 0, SPS, PPS, IDR), nal(2, 3000, IDR), nal(3, 6000, SLICE))
    replay = lane.replay(0)
    assert replay is not None
    assert [packet.data[12:] for packet in replay[1]] == [packet.payload for packet in out[1:]]
    assert replay[0] == replay[1][0].number


def test_a_packet_that_comes_late_keeps_its_place_before_what_was_put_in() -> None:
    """Else its number would be that of the parameter sets, and no number may have two contents."""
    source, lane = a_source(), a_lane()
    lane.show(source, 0)
    out = sent(
        lane, source, nal(1, 0, SPS, PPS, IDR), nal(2, 3000, b"\x41first"), nal(4, 9000, b"\x41third"),
        nal(5, 12000, IDR), nal(3, 6000, b"\x41second"),
    )  # fmt: skip
    by_number = sorted((packet.sequence, packet.payload) for packet in out)
    assert [payload for _, payload in by_number][1:4] == [b"\x41first", b"\x41second", b"\x41third"]
    assert [number for number, _ in by_number] == list(range(by_number[0][0], by_number[0][0] + 6))


@given(
    st.lists(
        st.tuples(st.sampled_from(["slice", "bare", "whole", "sets"]), st.booleans(), st.integers(0, 3)), max_size=120
    )
)
def test_whatever_comes_no_number_has_two_contents(frames: list[tuple[str, bool, int]]) -> None:
    """Lost, late and in any order: SRTP must never encrypt other bytes under one number; and what is kept is sent again
    as it was."""
    kinds = {"slice": (SLICE,), "bare": (IDR,), "whole": (SPS, PPS, IDR), "sets": (SPS, PPS)}
    arrivals = [
        (number + delay, number, nal(number, 3000 * number, *kinds[kind], b"\x06%d" % number))
        for number, (kind, lost, delay) in enumerate(frames)
        if not lost
    ]
    source, lane = a_source(), a_lane()
    lane.show(source, 0)
    seen: dict[int, bytes] = {}
    for _, _, data in sorted(arrivals):
        for packet in sent(lane, source, data):
            assert seen.setdefault(packet.sequence, packet.payload) == packet.payload
    for number, payload in seen.items():
        again = lane.again(0x10000 + number)
        assert again is None or read(again[0]).payload == payload


# -- what is kept of them ---------------------------------------------------------------------------------------------


@given(st.lists(st.one_of(st.binary(max_size=1300), st.binary(max_size=20).map(lambda tail: b"\x67\x42\0\x1f" + tail),
                          st.binary(max_size=20).map(lambda tail: b"\x68" + tail))))  # fmt: skip
def test_parameter_sets_fit_in_a_packet_whatever_comes(found: list[bytes]) -> None:
    """They come from whoever has a token."""
    sets = ParameterSets(found)
    if sets.complete:
        payload = sets.payload()
        assert len(payload) <= ROOM
        assert contents(payload) == SETS
        assert ParameterSets(whole_units(payload)).payload() == payload


def test_the_newest_of_each_number_counts() -> None:
    """A camera that turns changes its size, under the same number."""
    sets = ParameterSets([SPS, PPS, SPS + b"\x01"])
    assert list(whole_units(sets.payload())) == [SPS + b"\x01", PPS]


@pytest.mark.parametrize("value", ["", ",,", "?", "Z0LgH4yNQFAegA==,aM48gA==,%%%", "Z0LgH4yNQFAegA==,aM48gA=="])
def test_an_offers_parameter_sets_are_read_as_far_as_they_can_be(value: str) -> None:
    found = parameter_sets([(Format(102, "H264", 90_000, {"sprop-parameter-sets": value}), Codec.H264)])
    assert found in ((), (SPS, PPS))
    assert bool(found) is value.startswith("Z0")


# -- the whole way ----------------------------------------------------------------------------------------------------


def encoded(frames: int, every: int) -> tuple[list[bytes], list[list[bytes]]]:
    """A real encoder's parameter sets, which it gives once, and its frames, each in one or a few units."""
    context = av.CodecContext.create("libx264", "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height, context.pix_fmt, context.time_base = 64, 64, "yuv420p", Fraction(1, 30)
    context.options = {
        "tune": "zerolatency",
        "profile": "baseline",
        "x264-params": f"keyint={every}:min-keyint={every}:scenecut=0:log-level=none",
    }
    context.flags |= 1 << 22  # AV_CODEC_FLAG_GLOBAL_HEADER
    made: list[list[bytes]] = []
    for number in range(frames):
        frame = av.VideoFrame(64, 64, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes((40 * number & 0xFF,)) * plane.buffer_size)
        frame.pts = number
        made += [units(bytes(packet)) for packet in context.encode(frame)]
    return units(bytes(context.extradata or b"")), made


def decoded(packets: list[Packet]) -> int:
    """How many pictures somebody sees who got these."""
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    stream = b"".join(b"\0\0\0\1" + unit for packet in packets for unit in whole_units(packet.payload))
    found, shown = [*decoder.parse(stream), *decoder.parse(b"")], 0
    for packet in [*found, None]:
        with suppress(av.error.InvalidDataError):
            shown += len(decoder.decode(packet))
    return shown


async def test_who_comes_late_sees_a_picture_though_the_encoder_sent_its_parameter_sets_once(studio: Studio) -> None:
    """Seen with encoders that write a global header: black for ever, and "good" on the control desk."""
    studio.show("alpha")
    sets, frames = encoded(12, every=4)
    early = await studio.viewer()
    publisher = await studio.publisher("alpha", *H264_ONLY)
    number = 0

    def send(some: list[list[bytes]]) -> None:
        nonlocal number
        for frame in some:
            for unit in frame:
                publisher.send_rtp(nal(number := number + 1, 3000 * number, unit))

    send([sets])
    send(frames[:3])
    await early.until(lambda: len(early.rtp) >= 5)
    studio.clock.ahead += Duration(10_000)
    late: LightPeer = await studio.viewer()
    send(frames[3:])
    await late.until(lambda: decoded(late.rtp) == 8)
    await early.until(lambda: decoded(early.rtp) == 12)
    assert steps(late.rtp) == {1}
    assert steps(early.rtp) == {1}


# -- what a hostile encoder makes us read -----------------------------------------------------------------------------

MAX_CALLS = 700
"""Calls of functions for one payload, of a second full of them: less than 0.1 ms. The dearest took 4,000."""


def exp_golomb(number: int) -> str:
    bits = f"{number + 1:b}"
    return "0" * (len(bits) - 1) + bits


def in_bytes(bits: str) -> bytes:
    size = -(-len(bits) // 8)
    return int(bits.ljust(8 * size, "0"), 2).to_bytes(size, "big")


def long_set(number: int) -> bytes:
    """A sequence parameter set of as many numbers as there is room for: twelve scaling lists of full length."""
    lists = "".join("1" + exp_golomb(1 + number % 2) * (16 if kind < 6 else 64) for kind in range(12))
    rest = exp_golomb(number) + exp_golomb(1) + "0" + exp_golomb(0) * 2 + exp_golomb(255) + exp_golomb(200) * 200
    return b"\x67\xf4\0\x1f" + in_bytes("1" + exp_golomb(3) + "0110" + "1" + lists + rest)[:508]


HOSTILE: dict[str, Callable[[int], bytes]] = {
    "long sequence parameter sets": long_set,
    "numbers of many zeros": lambda n: aggregate([bytes((0x68, 0, 0, 0, 1, n & 0xFF, 0xFF, 0xFF, 0xFF, n >> 8))] * 32),
    "one set among empty units": lambda n: b"\x18\0\2\x68\x80" + bytes(1180),
    "every number there is": lambda n: aggregate(
        [b"\x68" + in_bytes(exp_golomb((32 * n + i) % 256)) for i in range(31)] + [b"\x65\x88"]
    ),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_second_of_parameter_sets_costs_little(what: str) -> None:
    """An encoder may send eight hundred packets a second, and half of the core went into reading those."""
    source, calls, count = a_source(SPS), 0, 200

    def counted(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    packets = [read(nal(number, 3000 * number, HOSTILE[what](number))) for number in range(count)]
    sys.setprofile(counted)
    try:
        for number, packet in enumerate(packets):
            source.accept(packet, number * 1000 // count)
    finally:
        sys.setprofile(None)
    assert calls / count <= MAX_CALLS


def test_the_size_of_each_new_picture_is_known_again_after_a_flood() -> None:
    """What was left out comes again with the next key frame."""
    source = a_source()
    for number in range(100):
        source.accept(read(nal(number, 3000 * number, long_set(number))), number)
    stream = a_frame("libx264", 320, 180, {"preset": "ultrafast", "x264-params": "log-level=none"})
    sps = next(unit for unit in units(stream) if unit[0] & 0x1F == 7)
    for number, now in ((100, 500), (101, 1200)):
        source.accept(read(nal(number, 3000 * number, sps)), now)
    assert source.payloads.size == (320, 180)


@pytest.mark.parametrize(("unit", "number"), [(b"\x68\x80", 0), (b"\x68\x40", 1), (b"\x67\x42\0\x1f\x20\x80", 3)])
def test_a_parameter_set_is_known_by_its_number(unit: bytes, number: int) -> None:
    """Else a new one would stand beside the one it replaces."""
    assert set_id(unit) == number


@given(st.integers(0, 300), st.sampled_from((b"\x68", b"\x67\x42\0\x1f")), st.binary(max_size=8))
def test_numbers_that_no_parameter_set_can_have_are_none(number: int, head: bytes, rest: bytes) -> None:
    bits = exp_golomb(number)
    coded = in_bytes(bits + "".join(f"{byte:08b}" for byte in rest)).replace(b"\0\0", b"\0\0\3")
    assert set_id(head + coded) == (number if number < (32 if head[0] == 0x67 else 256) else None)
