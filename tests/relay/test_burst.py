"""How packets wait for each other and in which shape they leave: pure, time is an input."""

from hypothesis import given
from hypothesis import strategies as st

from roadshow.ids import SourceId
from roadshow.rooms.relay.egress.outgoing import Outgoing
from roadshow.rooms.relay.load import BUSY, LoadMeter
from roadshow.rooms.relay.offers.lanes import StreamForm
from roadshow.rooms.relay.sources.source import Source
from roadshow.rooms.relay.stage.burst import (
    AUDIO_HOLD_MS,
    CROWD,
    MAX_PACKETS,
    MAX_PADDING,
    PICTURE_FLOWS_MS,
    VIDEO_HOLD_MS,
    WORTH_PADDING,
    Burst,
    level,
)
from roadshow.rooms.relay.stage.lane_stream import Beginning, LaneStream
from roadshow.rooms.relay.wire.codecs import Codec
from roadshow.rooms.relay.wire.rtp import HEADER, parse
from roadshow.rooms.relay.wire.sync import SenderClock
from tests.relay.light_peer import vp8


def a_stream(video: bool = True) -> LaneStream:
    codec = Codec.VP8 if video else Codec.OPUS
    return LaneStream(StreamForm(((codec, 96),)), video, Beginning(7, 0, 0))


def a_packet(stream: LaneStream, size: int = 500, ends: bool = False) -> Outgoing:
    """The stream's next packet, of so many bytes in all."""
    stream.newest += 1
    head = HEADER.pack(0x80, 96, stream.newest & 0xFFFF, 0, stream.ssrc)
    return Outgoing(head + bytes(size - 12), 12, stream.newest, stream.ident, 0, stream.video, ends)


def taken(burst: Burst, now: int) -> list[Outgoing]:
    """What leaves, in order."""
    pictures, sound = burst.take(now)
    return [packet for _, frame in pictures for packet in frame] + sound


def test_a_frame_waits_for_its_last_packet_but_not_for_ever() -> None:
    stream, burst = a_stream(), Burst()
    burst.add(a_packet(stream), stream, 1000)
    assert burst.wait(1000, CROWD) == VIDEO_HOLD_MS
    assert burst.wait(1000 + VIDEO_HOLD_MS, CROWD) == 0
    burst.add(a_packet(stream, ends=True), stream, 1001)
    assert burst.wait(1001, CROWD) == 0
    assert len(taken(burst, 1001)) == 2
    assert burst.wait(1001, CROWD) is None


def test_a_full_burst_waits_for_nothing() -> None:
    stream, burst = a_stream(), Burst()
    for _ in range(MAX_PACKETS):
        burst.add(a_packet(stream), stream, 0)
    assert burst.wait(0, CROWD) == 0


def test_sound_rides_with_a_picture_where_there_is_a_crowd() -> None:
    picture, voice, burst = a_stream(), a_stream(video=False), Burst()
    burst.add(a_packet(picture, ends=True), picture, 1000)
    burst.take(1000)
    burst.add(a_packet(voice, 80), voice, 1005)
    assert burst.wait(1005, CROWD - 1) == 0
    assert burst.wait(1005, CROWD) == AUDIO_HOLD_MS
    assert burst.wait(1005 + AUDIO_HOLD_MS, CROWD) == 0
    burst.add(a_packet(picture, ends=True), picture, 1010)
    assert burst.wait(1010, CROWD) == 0
    assert [each.video for each in taken(burst, 1010)] == [True, False]


def test_sound_without_a_picture_does_not_wait() -> None:
    picture, voice, burst = a_stream(), a_stream(video=False), Burst()
    burst.add(a_packet(voice, 80), voice, 1000)
    assert burst.wait(1000, 10 * CROWD) == 0
    burst.take(1000)
    burst.add(a_packet(picture, ends=True), picture, 1001)
    burst.take(1001)
    burst.add(a_packet(voice, 80), voice, 1001 + PICTURE_FLOWS_MS)
    assert burst.wait(1001 + PICTURE_FLOWS_MS, 10 * CROWD) == 0


@given(st.lists(st.integers(20, 1200), min_size=1, max_size=40), st.booleans())
def test_levelling_loses_nothing_and_costs_little(sizes: list[int], followed: bool) -> None:
    stream = a_stream()
    before = [a_packet(stream, size) for size in sizes]
    after = level(stream, before, followed)
    assert [each.number for each in after] == [each.number for each in before]
    for old, new in zip(before, after, strict=True):
        read = parse(new.data)
        assert read is not None
        assert read.payload == old.data[12:]
        longer = len(new.data) - len(old.data)
        assert 0 <= longer <= (MAX_PADDING if new is after[-1] else WORTH_PADDING)
    assert followed or len(after[-1].data) == len(before[-1].data)


@given(st.integers(300, 1200), st.lists(st.integers(0, 40), min_size=1, max_size=20), st.integers(1, 250))
def test_a_frame_of_nearly_equal_packets_becomes_equal(size: int, less: list[int], rest: int) -> None:
    """What an encoder cuts: parts of about one size, then the rest; with sound behind, the rest is levelled too."""
    stream = a_stream()
    sizes = [size, *(size - each for each in less)]
    after = level(stream, [a_packet(stream, each) for each in [*sizes, max(20, size - rest)]], followed=True)
    assert {len(each.data) for each in after[: len(sizes)]} == {size}
    assert len(after[-1].data) == size


def test_a_padded_packet_is_padded_alike_when_it_is_sent_again() -> None:
    """Other bytes under one number would use one nonce twice."""
    source = Source(SourceId("a"), True, {96: Codec.VP8}, 0, SenderClock())
    stream = a_stream()
    stream.show(source, 0)
    sent: list[Outgoing] = []
    for number in range(3):
        read = parse(vp8(number, 0, key=number == 0, body=bytes(30 - number)))
        assert read is not None
        media = source.accept(read, 0)
        assert media is not None
        out = stream.forward(source, media, 0)
        assert out is not None
        sent.append(out)
    levelled = level(stream, sent, followed=True)
    assert len({len(each.data) for each in levelled}) == 1
    for each in levelled:
        again = stream.again(each.number)
        assert again is not None
        assert again[0].data == each.data


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.integers(0, 50)), max_size=50))
def test_load_is_a_share(windows: list[tuple[float, float, int]]) -> None:
    meter = LoadMeter()
    for media, other, joins in windows:
        meter.window(1.0, media, media + other, joins)
        assert 0 <= meter.load <= 1


def test_media_never_count_for_more_than_the_thread_had() -> None:
    """Their time is partly reckoned."""
    meter = LoadMeter()
    for joins in (0, 5) * 10:
        meter.window(1.0, 0.9, 0.2, joins)
    assert meter.load <= 0.2


def test_people_who_join_do_not_shut_the_door_behind_them() -> None:
    """Joining takes the core whole for a moment; what counts is what stays."""
    meter = LoadMeter()
    busy: list[bool] = []
    for media, total, joins in [(0.3, 1.0, 200), (BUSY, BUSY + 0.05, 0), (0.2, 0.3, 0)]:
        for _ in range(10):
            meter.window(1.0, media, total, joins)
        busy.append(meter.busy)
    assert busy == [False, True, False]


def test_the_rest_of_the_program_counts_too() -> None:
    """A core full of votes has no room for viewers."""
    meter = LoadMeter()
    for _ in range(10):
        meter.window(1.0, 0.1, 0.95, joins=0)
    assert meter.busy


@given(st.integers(2, 20))
def test_odd_forms_of_a_picture_do_not_break_the_frames_of_others(forms: int) -> None:
    """Each takes its own packets only, so what fills a burst for nobody does not let it out."""
    streams, burst = [a_stream() for _ in range(forms)], Burst()
    for number in range(MAX_PACKETS - 1):
        for stream in streams:
            burst.add(a_packet(stream), stream, 1000)
        assert burst.wait(1000, CROWD) == VIDEO_HOLD_MS, number
    burst.add(a_packet(streams[-1]), streams[-1], 1000)
    assert burst.wait(1000, CROWD) == 0
    assert len(taken(burst, 1000)) == forms * (MAX_PACKETS - 1) + 1
    burst.add(a_packet(streams[0]), streams[0], 1001)
    assert burst.wait(1001, CROWD) == VIDEO_HOLD_MS
