"""A picture without its upper temporal layers: whatever is lost, late, doubled or wraps, numbers run on, every frame
that goes out has what it refers to, and nobody asks for what was left out."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadshow.ids import SourceId
from roadshow.rooms.relay.egress.outgoing import NO_SHIFT, Outgoing, Shift, shifted
from roadshow.rooms.relay.offers.lanes import StreamForm
from roadshow.rooms.relay.sources.source import Source
from roadshow.rooms.relay.stage.lane_stream import Beginning, LaneStream
from roadshow.rooms.relay.stage.thin_stream import MOST_LATE, ThinStream
from roadshow.rooms.relay.wire.codecs import Codec, parse_vp8
from roadshow.rooms.relay.wire.rtp import Packet, parse, unwrap
from roadshow.rooms.relay.wire.sync import SenderClock
from tests.relay.light_peer import head

FORM = StreamForm(((Codec.VP8, 100),), ((Codec.VP8, 110),), mid="v", mid_id=1)
PATTERNS = {"L1T1": (0,), "L1T2": (0, 1), "L1T3": (0, 2, 1, 2)}


class Encoder:
    """A publisher of VP8 in temporal layers. The body of each packet is the frame's place and the packet's in it."""

    def __init__(self, pattern: tuple[int, ...], sequence: int = 0, picture: int = 0, tl0: int = 0) -> None:
        self.source = Source(SourceId("a"), True, {96: Codec.VP8}, 0, SenderClock())
        self.pattern, self.sequence, self.picture, self.tl0 = pattern, sequence, picture, tl0
        self.frames = 0
        self._since_key = 0

    def frame(self, packets: int, key: bool = False) -> list[bytes]:
        self._since_key = 0 if key else self._since_key + 1
        temporal = self.pattern[self._since_key % len(self.pattern)]
        self.picture, self.frames = self.picture + 1, self.frames + 1
        self.tl0 += temporal == 0
        made = []
        for part in range(packets):
            self.sequence += 1
            first = 0x80 | (0x10 if part == 0 else 0)
            descriptor = bytes((first, 0xE0)) + (0x8000 | self.picture & 0x7FFF).to_bytes(2, "big")
            descriptor += bytes((self.tl0 & 0xFF, temporal << 6))
            body = bytes((0 if key and part == 0 else 1,)) + b"\x9d\x01\x2a" + self.frames.to_bytes(2, "big")
            marker = part == packets - 1
            made.append(
                head(self.sequence & 0xFFFF, self.frames * 6000 & 0xFFFFFFFF, 1, 96, marker)
                + descriptor + body + bytes((temporal, part, marker))
            )  # fmt: skip
        return made


def a_thin(layers: int, source: Source | None = None, sequence: int = 0) -> ThinStream:
    stream = ThinStream(layers, FORM, True, Beginning(7, sequence, 0, ident=2))
    stream.show(source, 0)
    return stream


def read(data: bytes | Outgoing) -> Packet:
    packet = parse(data.data if isinstance(data, Outgoing) else data)
    assert packet is not None
    return packet


def frame_of(payload: bytes) -> tuple[int, int, int, bool]:
    """Of a packet that an ``Encoder`` made: frame, temporal layer, part, whether it is the last."""
    return int.from_bytes(payload[-5:-3], "big"), payload[-3], payload[-2], payload[-1] == 1


def send(encoder: Encoder, stream: LaneStream, data: bytes, now: int = 0) -> list[Outgoing]:
    media = encoder.source.accept(read(data), now)
    if media is None:
        return []
    out = stream.forward(encoder.source, media, now)
    if out is None:
        return []
    return [out, *stream.overtaken(now)] if stream.begun_with is media else [out]


def check_decodes(packets: list[Packet], layers: int) -> None:
    """What a receiver sees that got all: no gap in numbers, pictures or tl0, frames whole, none of an upper layer."""
    for before, after in pairwise(packets):
        assert (after.sequence - before.sequence) & 0xFFFF == 1
    shown: list[tuple[int, int, int]] = []
    for packet in packets:
        described = parse_vp8(packet.payload)
        assert described is not None
        assert described.picture is not None
        assert described.tl0 is not None
        assert described.temporal < layers
        if described.temporal == 0 and packet.payload[0] & 0x10:
            shown.append((described.picture, described.tl0, described.temporal))
        elif packet.payload[0] & 0x10:
            assert described.tl0 == shown[-1][1]  # the frame of the lowest layer that it refers to
            shown.append((described.picture, described.tl0, described.temporal))
        assert packet.marker == frame_of(packet.payload)[3]
    for (picture, tl0, _), (next_picture, next_tl0, temporal) in pairwise(shown):
        assert (next_picture - picture) & 0x7FFF == 1
        assert (next_tl0 - tl0) & 0xFF == (temporal == 0)


@pytest.mark.parametrize(("pattern", "layers"), [("L1T1", 1), ("L1T2", 1), ("L1T3", 1), ("L1T3", 2)])
def test_lower_layers_go_out_as_if_there_were_no_others(pattern: str, layers: int) -> None:
    encoder = Encoder(PATTERNS[pattern], sequence=0xFFF0, picture=0x7FF0, tl0=0xFC)
    stream = a_thin(layers, encoder.source, 0x7FF0)
    packets = []
    for number in range(200):
        for data in encoder.frame(1 + number % 3, key=number % 90 == 0):
            packets += [read(out) for out in send(encoder, stream, data, number * 66)]
    check_decodes(packets, layers)
    kept = [frame_of(packet.payload)[0] for packet in packets]
    every = {"L1T1": 1, "L1T2": 2, "L1T3": 4 // layers}[pattern]
    assert len(set(kept)) == pytest.approx(200 / every, abs=3)


@st.composite
def ways(draw: st.DrawFn) -> tuple[Encoder, list[tuple[str, bytes]]]:
    """An encoder's packets as they come: "lost" for good, or late by a few, or twice."""
    encoder = Encoder(
        PATTERNS[draw(st.sampled_from(["L1T2", "L1T3"]))],
        draw(st.integers(0, 0xFFFF)), draw(st.integers(0, 0x7FFF)), draw(st.integers(0, 0xFF)),
    )  # fmt: skip
    come = [("came", data) for data in encoder.frame(draw(st.integers(1, 3)), key=True)]
    first = len(come)
    for _ in range(draw(st.integers(5, 40))):
        for data in encoder.frame(draw(st.integers(1, 3)), key=draw(st.integers(0, 19)) == 0):
            fate = draw(st.sampled_from(["came"] * 6 + ["lost", "late", "twice"]))
            if fate == "late":
                come.append(("late", data))
            else:
                come += [(fate, data)] * (2 if fate == "twice" else 1)
    late = [number for number, (fate, _) in enumerate(come) if fate == "late"]
    for number in reversed(late):
        _, data = come.pop(number)
        come.insert(max(first, min(len(come), number + draw(st.integers(1, 12)))), ("came", data))
    return encoder, come


@given(ways(), st.integers(1, 2), st.integers(0, 0x7FFF))
def test_whatever_is_lost_or_late_numbers_run_on(
    way: tuple[Encoder, list[tuple[str, bytes]]], layers: int, sequence: int
) -> None:
    """Every packet of a lower layer that came goes out once, in its order; a number that stays free is of one that is
    lost; no number has two contents, and what is asked for again is what went out."""
    encoder, come = way
    stream = a_thin(layers, encoder.source, sequence)
    sent: dict[int, Outgoing] = {}
    went: Counter[tuple[int, int]] = Counter()
    lost = sum(fate == "lost" for fate, _ in come)
    for number, (fate, data) in enumerate(come):
        if fate == "lost":
            continue
        for out in send(encoder, stream, data, number):
            assert sent.setdefault(out.number, out).data == out.data
            if payload := read(out).payload:
                frame, temporal, part, _ = frame_of(payload)
                assert temporal < layers
                went[frame, part] += 1
            else:
                assert out.data[0] & 0x20
                assert not out.picture_at
                assert not out.tl0_at
                assert not out.ends_frame
    came = {frame_of(read(data).payload) for fate, data in come if fate != "lost"}
    assert went == Counter((frame, part) for frame, temporal, part, _ in came if temporal < layers)
    numbers = sorted(sent)
    assert stream.newest == numbers[-1]
    assert numbers[-1] - numbers[0] + 1 - len(numbers) <= lost
    in_order = [frame_of(read(sent[each]).payload) for each in numbers if read(sent[each]).payload]
    assert in_order == sorted(in_order)
    for each in numbers:
        again = stream.again(each)
        assert again is not None
        assert again[0].data == sent[each].data
    for free in set(range(numbers[0], numbers[-1])) - set(numbers):
        assert stream.again(free) is None


@given(ways(), st.integers(1, 2))
def test_pictures_and_tl0_tell_a_decoder_what_refers_to_what(
    way: tuple[Encoder, list[tuple[str, bytes]]], layers: int
) -> None:
    """All packets of a frame have one picture id; a later frame has a later one; frames of one tl0 in what came are of
    one in what goes out."""
    encoder, come = way
    stream = a_thin(layers, encoder.source)
    ids: dict[int, set[int]] = {}
    lowest: dict[int, set[int]] = {}
    newest = 0
    for number, (fate, data) in enumerate(come):
        if fate == "lost":
            continue
        described = parse_vp8(read(data).payload)
        assert described is not None
        assert described.tl0 is not None
        for out in send(encoder, stream, data, number):
            if not out.picture_at:
                continue
            shown = parse_vp8(read(out).payload)
            assert shown is not None
            assert shown.picture is not None
            assert shown.tl0 is not None
            newest = max(newest, unwrap(newest, shown.picture, 0x8000))
            ids.setdefault(frame_of(read(out).payload)[0], set()).add(unwrap(newest, shown.picture, 0x8000))
            if stream.begun_with is not None and out.number == stream.newest:
                lowest.setdefault(described.tl0, set()).add(shown.tl0)
    assert all(len(each) == 1 for each in ids.values())
    pictures = [min(ids[frame]) for frame in sorted(ids)]
    assert all(before < after for before, after in pairwise(pictures))
    assert all(len(each) == 1 for each in lowest.values())


def test_where_neighbours_tell_whose_a_missing_packet_is_no_number_is_kept_for_it() -> None:
    """Half of what is lost is of frames that are left out: who watches must not ask for that."""
    encoder = Encoder(PATTERNS["L1T2"])
    stream = a_thin(1, encoder.source)
    packets: list[Packet] = []
    for number in range(40):
        frame = encoder.frame(3, key=number == 0)
        left_out = number % 2 == 1
        # Of each frame that is left out another part is lost, or two.
        lost = {0: {0}, 1: {1}, 2: {2}, 3: {0, 1}, 4: {1, 2}}[number // 2 % 5] if left_out else set()
        for part, data in enumerate(frame):
            if part not in lost:
                packets += map(read, send(encoder, stream, data))
    check_decodes(packets, 1)


def test_a_place_kept_in_vain_is_filled_with_nothing() -> None:
    """A frame of one packet that is missing may be any layer's. When it comes and is left out, nobody asks any more,
    and what is sent again is the same, whatever a burst padded it with."""
    encoder = Encoder(PATTERNS["L1T2"])
    stream = a_thin(1, encoder.source)
    frames = [encoder.frame(1, key=number == 0)[0] for number in range(4)]
    sent = [out for number in (0, 2, 3, 1) for out in send(encoder, stream, frames[number])]
    assert [out.number - sent[0].number for out in sent] == [0, 2, 1]
    blank = stream.pad(sent[2], 9)
    assert len(blank.data) - blank.header == 9
    assert not read(blank).payload
    assert not read(blank).marker
    again = stream.again(blank.number)
    assert again is not None
    assert again[0].data == blank.data
    assert stream.retransmission(again[0].data, Codec.VP8, 8, 1, 0) is not None


def test_what_comes_long_after_is_left_out() -> None:
    """To look for its place takes time, which a publisher must not be able to take from everybody."""
    encoder = Encoder(PATTERNS["L1T2"])
    stream = a_thin(1, encoder.source)
    early = [encoder.frame(1, key=number == 0)[0] for number in range(3)]
    assert send(encoder, stream, early[0])
    for _ in range(2 * MOST_LATE + 4):
        send(encoder, stream, encoder.frame(1)[0])
    assert not send(encoder, stream, early[2])


class Viewer:
    """Gets one stream after the other, and what each sends from the first number of its shift on."""

    def __init__(self, stream: LaneStream) -> None:
        self.stream, self.shift = stream, NO_SHIFT
        self.got: list[bytes] = []

    def take(self, stream: LaneStream, out: Outgoing) -> None:
        if stream is self.stream and out.number >= self.shift.first:
            self.got.append(shifted(out, self.shift))


@given(
    st.sampled_from(["L1T2", "L1T3"]), st.integers(1, 2), st.integers(1, 30), st.integers(0, 30), st.integers(0, 2),
    st.booleans(),
)  # fmt: skip
def test_a_viewer_goes_over_between_two_packets(
    pattern: str, layers: int, before: int, idle: int, part: int, own: bool
) -> None:
    """From the whole stream to the thin one at any frame's end, and only there: nothing twice, nothing missing,
    also where the thin one has run for long, or has numbers of its ``own``."""
    encoder = Encoder(PATTERNS[pattern], sequence=0xFFE0, picture=0x7FF8, tl0=0xFE)
    whole = LaneStream(FORM, True, Beginning(7, 0x7FF0, 1000))
    whole.show(encoder.source, 0)
    viewer = Viewer(whole)
    viewer.shift = Shift(number=77, timestamp=5, picture=3, tl0=9)
    thin: ThinStream | None = None
    if own:
        other = Encoder(PATTERNS[pattern])
        thin = a_thin(layers, other.source)
        for _ in range(7):
            send(other, thin, other.frame(2, key=other.frames == 0)[0])
        thin.show(encoder.source, 0)
    last: int | None = None
    for number in range(before + idle + 40):
        for place, data in enumerate(encoder.frame(3, key=number == 0)):
            media = encoder.source.accept(read(data), number)
            assert media is not None
            for stream in (whole, thin):
                if stream is thin and thin is not None:
                    assert thin.shift_from(whole, NO_SHIFT) is None  # that one is a packet ahead
                if stream is not None and (out := stream.forward(encoder.source, media, number)) is not None:
                    viewer.take(stream, out)
            if number == before and place == part and thin is None:
                thin = a_thin(layers)
                thin.show(encoder.source, number)
                thin.spring_from(whole)
            if thin is not None and number >= before + idle and viewer.stream is whole:
                shift = thin.shift_from(whole, viewer.shift)
                assert (shift is not None) == (place == 2)
                if shift is not None:
                    viewer.stream, viewer.shift, last = thin, shift, encoder.frames
    assert last is not None
    packets = [read(data) for data in viewer.got]
    check_decodes(packets, 3)
    frames = [frame_of(packet.payload) for packet in packets]
    assert all(temporal < layers for frame, temporal, _, _ in frames if frame > last)
    assert {frame for frame, _, _, _ in frames} >= set(range(1, last + 1))
    assert all(0 < (b.timestamp - a.timestamp) & 0xFFFFFFFF <= 6000 * 4 for a, b in pairwise(packets) if a.marker)


def test_from_one_source_to_another_nobody_goes_over() -> None:
    encoder, other = Encoder(PATTERNS["L1T2"]), Encoder(PATTERNS["L1T2"])
    whole, thin = LaneStream(FORM, True, Beginning(7, 0, 0)), a_thin(1, other.source)
    whole.show(encoder.source, 0)
    assert thin.shift_from(whole, NO_SHIFT) is None
    for each, stream in ((encoder, whole), (other, thin)):
        send(each, stream, each.frame(1, key=True)[0])
    assert thin.shift_from(whole, NO_SHIFT) is None


def test_of_a_picture_that_is_on_its_way_out_nothing_springs() -> None:
    """No more of its packets would be offered: it begins with the next one's key frame, as every stream does."""
    encoder, other = Encoder(PATTERNS["L1T2"]), Encoder(PATTERNS["L1T2"])
    whole, thin = LaneStream(FORM, True, Beginning(7, 0, 0)), a_thin(1, other.source)
    whole.show(encoder.source, 0)
    send(encoder, whole, encoder.frame(1, key=True)[0])
    whole.show(other.source, 0)
    thin.spring_from(whole)
    assert thin.fresh
    assert send(other, thin, other.frame(1, key=True)[0])


@pytest.mark.parametrize("before", range(5, 15, 2))
def test_a_place_that_is_still_free_at_a_switch_is_the_next_pictures(before: int) -> None:
    first, second = Encoder(PATTERNS["L1T2"]), Encoder(PATTERNS["L1T2"])
    stream, sent = a_thin(1, first.source), dict[int, bytes]()
    for encoder in (first, second):
        stream.show(encoder.source, 0)
        for number in range(before + 7):
            data = encoder.frame(1, key=number == 0)[0]
            # Nobody knows whose the missing ones are; the one after them is left out.
            if encoder is second or not before <= number < before + 6:
                sent |= {out.number: out.data for out in send(encoder, stream, data)}
    assert sorted(sent) == list(range(min(sent), stream.newest + 1))
    for number, data in sent.items():
        again = stream.again(number)
        assert again is not None
        assert again[0].data == data


def test_a_thin_stream_begins_anew_at_a_switch_and_gives_late_viewers_what_went_out() -> None:
    """As every stream of a lane: numbers run on from one source to the next."""
    first, second = Encoder(PATTERNS["L1T2"]), Encoder(PATTERNS["L1T3"], tl0=7)
    stream = a_thin(1, first.source)
    packets: list[Packet] = []
    for encoder in (first, second):
        stream.show(encoder.source, 100)
        for number in range(9):
            for data in encoder.frame(2, key=number == 0):
                packets += map(read, send(encoder, stream, data, 100 + number))
    check_decodes(packets, 1)
    replay = stream.replay(120)
    assert replay is not None
    begun = [packet for packet in packets if packet.sequence == replay[0] & 0xFFFF]
    assert frame_of(begun[0].payload)[:3] == (1, 0, 0)
    assert [read(out).sequence for out in replay[1]] == [p.sequence for p in packets[packets.index(begun[0]) :]]
    assert stream.useful_from == replay[0]
