"""Lanes, sources and their helpers as pure functions of what comes in: any loss, order and wrap."""

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadshow.ids import SourceId
from roadshow.rooms.relay.egress.outgoing import Outgoing
from roadshow.rooms.relay.offers.lanes import StreamForm
from roadshow.rooms.relay.sources.keyframes import MIN_INTERVAL_MS, KeyFrameRequests
from roadshow.rooms.relay.sources.nack import FIRST_WAIT_MS, MAX_MISSING, MAX_TRIES, NackGenerator
from roadshow.rooms.relay.sources.source import Source
from roadshow.rooms.relay.stage.lane_stream import Beginning, LaneStream
from roadshow.rooms.relay.stage.speaker import ActiveSpeaker
from roadshow.rooms.relay.wire.codecs import Codec, parse_vp8, renumber_vp8
from roadshow.rooms.relay.wire.h264 import NOTHING, PICTURE, SETS, contents
from roadshow.rooms.relay.wire.rtp import Packet, extension_block, find_extension, parse, unwrap
from roadshow.rooms.relay.wire.sync import SenderClock, ms_from_ntp, ntp_from_ms
from tests.relay.light_peer import h264, opus, vp8

VIDEO_TYPES = {96: Codec.VP8, 102: Codec.H264}
FORM = StreamForm(((Codec.VP8, 100), (Codec.H264, 101)), ((Codec.VP8, 110),), mid="v", mid_id=1)


def a_source(name: str, video: bool = True, level_id: int = 0) -> Source:
    types = VIDEO_TYPES if video else {111: Codec.OPUS}
    return Source(SourceId(name), video, types, level_id, SenderClock())


def a_lane(sequence: int = 0, timestamp: int = 0) -> LaneStream:
    return LaneStream(FORM, True, Beginning(7, sequence, timestamp))


def read(data: bytes | Outgoing) -> Packet:
    packet = parse(data.data if isinstance(data, Outgoing) else data)
    assert packet is not None
    return packet


class Feed:
    """A publisher of VP8 whose packets arrive as a test says: some lost, some late, some twice."""

    def __init__(self, name: str, sequence: int, timestamp: int, picture: int) -> None:
        self.source = a_source(name)
        self.sequence, self.timestamp, self.picture = sequence, timestamp, picture

    def next(self, key: bool, body: bytes = b"") -> bytes:
        self.sequence, self.timestamp, self.picture = self.sequence + 1, self.timestamp + 3000, self.picture + 1
        return vp8(self.sequence, self.timestamp, key, self.picture & 0x7FFF, body=body)


@st.composite
def arrivals(draw: st.DrawFn) -> list[tuple[int, bytes]]:
    """Packets of two publishers, each with key frames here and there, lost, late and doubled."""
    numbers = st.integers(0, 0xFFFF)
    feeds = [Feed(name, draw(numbers), draw(st.integers(0, 2**32)), draw(numbers)) for name in ("a", "b")]
    packets: list[tuple[int, bytes]] = []
    for _ in range(draw(st.integers(10, 60))):
        which = draw(st.integers(0, 1))
        data = feeds[which].next(key=draw(st.integers(0, 4)) == 0)
        fate = draw(st.sampled_from(["ok"] * 8 + ["lost", "twice", "late"]))
        if fate == "late":
            packets.insert(max(0, len(packets) - draw(st.integers(1, 5))), (which, data))
        elif fate != "lost":
            packets += [(which, data)] * (2 if fate == "twice" else 1)
    return packets


@given(arrivals(), st.data(), st.integers(0, 0x7FFF), st.integers(0, 2**32 - 1))
def test_no_viewer_ever_sees_numbers_run_backwards(
    packets: list[tuple[int, bytes]], data: st.DataObject, sequence: int, timestamp: int
) -> None:
    """Whatever is lost, late, doubled or switched: no number twice with other bytes, time only forwards."""
    sources = [a_source("a"), a_source("b")]
    lane = a_lane(sequence, timestamp)
    sent: dict[int, bytes] = {}
    ordered: list[Packet] = []
    now = 1_000_000
    newest = 0x10000 + sequence
    for which, raw in packets:
        now += data.draw(st.integers(0, 40))
        if data.draw(st.integers(0, 9)) == 0:
            lane.show(data.draw(st.sampled_from([*sources, None])), now)
        media = sources[which].accept(read(raw), now)
        if media is None:
            continue
        out = lane.forward(sources[which], media, now)
        extra = list(lane.overtaken(now)) if out is not None and lane.begun_with is media else []
        for each in [out, *extra] if out is not None else []:
            packet = read(each)
            number = unwrap(newest, packet.sequence)
            assert number == each.number
            assert sent.setdefault(number, each.data) == each.data
            if number > newest:
                newest = number
                ordered.append(packet)
    for before, after in itertools.pairwise(ordered):
        assert 0 < (after.timestamp - before.timestamp) & 0xFFFFFFFF < 90_000 * 60
    pictures = [
        d.picture for packet in ordered if (d := parse_vp8(packet.payload)) is not None and d.picture is not None
    ]
    assert all(0 < (after - before) & 0x7FFF < 100 for before, after in itertools.pairwise(pictures))
    for number, original in sent.items():
        again = lane.again(number)
        assert again is None or again[0].data == original


@given(st.integers(0, 0x7FFF), st.permutations(range(8)))
def test_reordering_comes_out_as_it_came_in(first: int, order: list[int]) -> None:
    """Each packet keeps its place relative to the others; nothing is lost but what came before the key frame."""
    source, lane = a_source("a"), a_lane()
    lane.show(source, 0)
    start = source.accept(read(vp8(first, 0, key=True)), 0)
    assert start is not None
    begun = lane.forward(source, start, 0)
    assert begun is not None
    base = read(begun).sequence
    for step in order:
        media = source.accept(read(vp8(first + 1 + step, 3000 + step)), 1)
        assert media is not None
        out = lane.forward(source, media, 1)
        assert out is not None
        assert (read(out).sequence - base) & 0xFFFF == step + 1


def test_numbers_wrap_many_times() -> None:
    """A day of video is hundreds of wraps."""
    source, lane = a_source("a"), a_lane(0x7FFF)
    lane.show(source, 0)
    numbers: list[int] = []
    for index in range(200_000):
        media = source.accept(read(vp8(index, index, key=index % 1000 == 0)), 0)
        assert media is not None
        if index % 997 == 0 or index < 3:
            out = lane.forward(source, media, 0)
            assert out is not None
            numbers.append((read(out).sequence - index) & 0xFFFF)
    assert len(set(numbers)) == 1


def test_the_former_picture_goes_on_for_a_moment_only() -> None:
    """A pitcher who was cut must not be seen on because the next one's encoder is slow."""
    old, new, lane = a_source("old"), a_source("new"), a_lane()
    lane.show(old, 0)

    def sends(number: int, now: int) -> bool:
        media = old.accept(read(vp8(number, 3000 * number, key=number == 1)), now)
        assert media is not None
        return lane.forward(old, media, now) is not None

    assert sends(1, 0)
    lane.show(new, 100)
    assert sends(2, 1000)
    assert not sends(3, 2000)
    lane.show(old, 2100)
    lane.show(None, 2200)
    assert not sends(4, 2300)


def test_a_key_frames_overtaken_packets_follow_it() -> None:
    """The first packet of the new picture may arrive after its second."""
    source, lane = a_source("a"), a_lane()
    lane.show(source, 0)
    assert source.accept(read(vp8(9, 1, start=False)), 0) is not None
    second = source.accept(read(vp8(11, 5, start=False, body=b"second")), 0)
    assert second is not None
    assert lane.forward(source, second, 0) is None
    first = source.accept(read(vp8(10, 5, key=True, body=b"first", marker=False)), 0)
    assert first is not None
    out = lane.forward(source, first, 0)
    assert out is not None
    later = [read(data) for data in lane.overtaken(0)]
    assert [packet.payload[-6:] for packet in later] == [b"second"]
    assert later[0].sequence == (read(out).sequence + 1) & 0xFFFF


def test_a_leap_of_a_publishers_numbers_is_a_new_beginning() -> None:
    """A restarted encoder must not make viewers ask for a thousand packets that never were."""
    source, lane = a_source("a"), a_lane()
    lane.show(source, 0)
    outs: list[Outgoing] = []
    for sequence, timestamp, key in [(1, 0, True), (20_000, 3000, False), (20_001, 6000, True), (20_002, 2**31, True)]:
        media = source.accept(read(vp8(sequence, timestamp, key)), len(outs))
        assert media is not None
        out = lane.forward(source, media, len(outs))
        outs += [out] if out is not None else []
        assert lane.waits == (not key)
    numbers = [read(data) for data in outs]
    assert [(packet.sequence - numbers[0].sequence) & 0xFFFF for packet in numbers] == [0, 1, 2]
    assert all((b.timestamp - a.timestamp) & 0xFFFFFFFF < 90_000 * 30 for a, b in itertools.pairwise(numbers))
    assert source.nacks.idle


def test_late_viewers_get_history_only_while_it_is_fresh() -> None:
    """Older than a second, catching up would show; then a new key frame is asked for."""
    source, lane = a_source("a"), a_lane()
    lane.show(source, 0)
    for number in range(5):
        media = source.accept(read(vp8(number, 3000 * number, key=number == 2)), 100 * number)
        assert media is not None
        lane.forward(source, media, 100 * number)
    replay = lane.replay(500)
    assert replay is not None
    first, packets = replay
    assert len(packets) == 3
    assert first & 0xFFFF == read(packets[0]).sequence
    assert lane.replay(5000) is None


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(1, 400), st.booleans()), max_size=40))
def test_nacks_are_repeated_but_not_for_ever(events: list[tuple[int, int, bool]]) -> None:
    """Whatever gaps there are: at most MAX_TRIES requests for each number, never for one that came."""
    nacks, now, number = NackGenerator(), 0, 0
    asked: dict[int, int] = {}
    for wait, gap, arrives in events:
        if nacks.gap(number, number + gap, now):
            number += gap
        now += wait
        for each in nacks.due(now):
            asked[each] = asked.get(each, 0) + 1
        if arrives:
            for each in range(number):
                nacks.arrived(each, now)
            assert nacks.idle
            assert not nacks.due(now + 10_000)
    assert all(count <= MAX_TRIES for count in asked.values())


def test_a_hole_too_large_is_not_asked_for() -> None:
    """After a break in the network a key frame costs less than hundreds of old packets."""
    nacks = NackGenerator()
    assert not nacks.gap(0, MAX_MISSING + 1, 0)
    assert nacks.due(FIRST_WAIT_MS) == []


@given(st.lists(st.tuples(st.sampled_from(["wish", "tick", "came"]), st.integers(0, 300)), max_size=60))
def test_key_frames_are_asked_for_at_most_twice_a_second_and_no_wish_is_lost(events: list[tuple[str, int]]) -> None:
    """Key frames cost everybody's bandwidth; but whoever waits for one must get it."""
    requests, now = KeyFrameRequests(), 10_000
    sent: list[int] = []
    for what, wait in events:
        now += wait
        match what:
            case "wish":
                requests.wish()
            case "came":
                requests.came()
            case _:
                sent += [now] if requests.due(now) else []
    assert all(after - before >= MIN_INTERVAL_MS for before, after in itertools.pairwise(sent))
    if requests.wanted:
        assert requests.due(now + MIN_INTERVAL_MS)


@given(
    st.integers(0, 3),
    st.booleans(),
    st.integers(0, 0x7FFF),
    st.integers(0, 255),
    st.integers(0, 0x7FFF),
    st.integers(0, 255),
)
def test_vp8_counters_are_renumbered_and_nothing_else(
    width: int, has_tl0: bool, picture: int, tl0: int, new_picture: int, new_tl0: int
) -> None:
    """All forms of the descriptor: without a picture id, with 7 and with 15 bits, with and without tl0."""
    flags, numbers = 0, b""
    if width:
        flags |= 0x80
        numbers += bytes((picture & 0x7F,)) if width == 1 else (0x8000 | picture).to_bytes(2, "big")
    if has_tl0:
        flags |= 0x60
        numbers += bytes((tl0,)) + b"\x20"
    payload = bytes((0x90, flags)) + numbers + b"\x00frame"
    described = parse_vp8(payload)
    assert described is not None
    assert described.starts_key
    assert described.picture == (None if not width else picture & 0x7F if width == 1 else picture)
    again = parse_vp8(renumber_vp8(payload, described, new_picture, new_tl0))
    assert again is not None
    assert again.picture == (new_picture if width else None)
    assert again.tl0 == (new_tl0 if has_tl0 else None)
    assert renumber_vp8(payload, described, new_picture, new_tl0).endswith(b"\x00frame")


def test_picture_ids_of_mixed_width_run_on() -> None:
    """Some encoders send 7 bits below 128 and 15 above."""
    source = a_source("a")
    seen: list[int] = []
    for number, picture in enumerate([*range(32_700, 32_768), *range(300)]):
        wide = picture >= 128
        ident = (0x8000 | picture).to_bytes(2, "big") if wide else bytes((picture,))
        raw = vp8(number, number)[:12] + b"\x90\x80" + ident + b"\x01frame"
        media = source.accept(read(raw), number)
        assert media is not None
        seen.append(media.picture & 0x7FFF)
    assert seen == [*range(32_700, 32_768), *range(300)]


@pytest.mark.parametrize(
    ("payload", "has"),
    [
        (b"\x67sps", SETS),
        (b"\x68pps", SETS),
        (b"\x65idr", PICTURE),
        (b"\x7c\x85start of idr", PICTURE),
        (b"\x7c\x05middle of idr", NOTHING),
        (b"\x7c\x81start of another", NOTHING),
        (b"\x78\x00\x02\x09\xf0\x00\x03\x67ab", SETS),
        (b"\x78\x00\x03\x67ab\x00\x03\x65ab", SETS | PICTURE),
        (b"\x78\x00\x02\x09\xf0\x00\x03\x41ab", NOTHING),
        (b"\x41slice", NOTHING),
        (b"", NOTHING),
    ],
)
def test_h264_key_frames_are_found_in_every_packaging(payload: bytes, has: int) -> None:
    """Viewers begin there; parameter sets alone are no picture, and a picture without them none that can be seen."""
    assert contents(payload) == has


def test_a_source_that_changes_its_codec_begins_anew() -> None:
    """A pitcher's browser may fall back from H264 to VP8 in mid-sentence."""
    source, lane = a_source("a"), a_lane()
    lane.show(source, 0)
    outs = []
    for raw in (vp8(1, 0, key=True), h264(2, 3000), h264(3, 6000, key=True), h264(4, 9000)):
        media = source.accept(read(raw), 0)
        assert media is not None
        outs.append(lane.forward(source, media, 0))
    assert [read(data).payload_type if data else None for data in outs] == [100, None, 101, 101]


def test_audio_levels_go_out_under_the_viewers_id() -> None:
    """The id of the header extension is each connection's own."""
    source = a_source("a", video=False, level_id=3)
    lane = LaneStream(StreamForm(((Codec.OPUS, 120),), mid="audio", mid_id=4, level_id=9), False, Beginning(7, 0, 0))
    lane.show(source, 0)
    media = source.accept(read(opus(1, 0, level=0x85)), 0)
    assert media is not None
    out = lane.forward(source, media, 0)
    assert out is not None
    assert (read(out).extension(9), read(out).extension(4)) == (b"\x85", b"audio")
    assert read(out).marker


@given(
    st.lists(st.tuples(st.integers(1, 14), st.binary(min_size=1, max_size=16)), max_size=5, unique_by=lambda e: e[0])
)
def test_header_extensions_are_read_as_written(elements: list[tuple[int, bytes]]) -> None:
    """RFC 8285's one-byte form, padding included."""
    block = extension_block(elements)
    assert len(block) % 4 == 0
    for ident, value in elements:
        assert find_extension(0xBEDE, block[4:], ident) == value


def speak(
    floor: ActiveSpeaker, levels: dict[str, int | None], start: int, length: int
) -> Iterator[tuple[int, str | None]]:
    for now in range(start, start + length, 20):
        for name, level in levels.items():
            if floor.heard(name, level, now):
                yield now, floor.current


def test_the_floor_goes_to_who_speaks_without_flapping() -> None:
    """A cough must not cut a pitcher off, a judge's question must be heard within half a second."""
    floor = ActiveSpeaker()
    floor.voices(["pitcher", "judge"], 0)
    assert floor.current == "pitcher"
    assert list(speak(floor, {"pitcher": 30, "judge": 100}, 0, 3000)) == []
    assert list(speak(floor, {"pitcher": 30, "judge": 25}, 3000, 200)) == []  # a cough
    assert list(speak(floor, {"pitcher": 30, "judge": 100}, 3200, 2000)) == []
    changes = list(speak(floor, {"pitcher": 110, "judge": 25}, 5200, 3000))
    assert [name for _, name in changes] == ["judge"]
    assert changes[0][0] - 5200 < 900
    both = list(speak(floor, {"pitcher": 26, "judge": 25}, 8200, 5000))
    assert both == []
    floor.voices(["pitcher"], 14_000)
    assert floor.current == "pitcher"
    floor.voices([], 15_000)
    assert floor.current is None


def test_a_feed_without_levels_keeps_the_floor_against_silence() -> None:
    """OBS sends no audio levels; a muted browser's silence must not take its place."""
    floor = ActiveSpeaker()
    floor.voices(["feed", "judge"], 0)
    assert list(speak(floor, {"feed": None, "judge": 120}, 0, 3000)) == []
    assert [name for _, name in speak(floor, {"feed": None, "judge": 20}, 3000, 3000)] == ["judge"]


@given(st.integers(0, 4_000_000_000_000))
def test_ntp_times_survive_the_way(ms: int) -> None:
    """To the millisecond, past 2036 too."""
    if ms + 2_208_988_800_000 < 2**32 * 1000:
        assert ms_from_ntp(ntp_from_ms(ms)) == ms


def test_a_packet_without_picture_id_does_not_set_the_count_back() -> None:
    """What comes after the next switch would have ids that were used."""
    source, lane = a_source("a"), a_lane()
    lane.show(source, 0)
    for number, picture in enumerate([20_000, 20_001, None, 19_000]):
        media = source.accept(read(vp8(number, 3000 * number, number == 0, picture)), number)
        assert media is not None
        assert lane.forward(source, media, number) is not None
    assert lane.tail.picture == 2
