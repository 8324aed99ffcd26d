"""A viewer that changes quality, is paused or comes late keeps numbers that run on: pure, without sockets."""

import itertools
from collections.abc import Sequence
from typing import cast

import pylibsrtp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pylibsrtp import Policy
from typing_extensions import override

from roadshow.ids import RoomId, SourceId
from roadshow.rooms.lanes import MAIN
from roadshow.rooms.relay.egress.egress import Crowd, Egress, Target
from roadshow.rooms.relay.egress.outgoing import NO_SHIFT, Outgoing, shifted
from roadshow.rooms.relay.offers.lanes import LaneTable, Quality, StreamForm, Variant, Wanted
from roadshow.rooms.relay.sources.publication import Publication
from roadshow.rooms.relay.sources.source import Source
from roadshow.rooms.relay.stage.fanout import SETTLED_MS, UNWANTED_MS, Fanout
from roadshow.rooms.relay.stage.lane_stream import Beginning, LaneStream
from roadshow.rooms.relay.stage.leg import Leg, join
from roadshow.rooms.relay.stage.outlet import Outlet
from roadshow.rooms.relay.stage.repeats import PADDED, pad, resend
from roadshow.rooms.relay.stage.segments import Tail
from roadshow.rooms.relay.stage.stage import Stage
from roadshow.rooms.relay.stage.still_stream import (
    AHEAD_MS,
    AT_ONCE,
    EARLY_MS,
    LEAST_MS,
    REMEMBERED,
    SELDOM_MS,
    SHARED_BY,
    STILL_MS,
    StillStream,
)
from roadshow.rooms.relay.wire.codecs import Codec, parse_vp8
from roadshow.rooms.relay.wire.datagrams import Address
from roadshow.rooms.relay.wire.rtcp import SenderReport
from roadshow.rooms.relay.wire.rtp import Packet, parse, unwrap
from roadshow.rooms.relay.wire.sync import SenderClock, ntp_from_ms
from tests.relay.light_peer import vp8

SSRC, RTX_SSRC = 0x5EED, 0x5EEE


class Recorder(Egress):
    """Sends nothing: keeps what each target would get, in the clear."""

    def __init__(self) -> None:
        super().__init__()
        self.got: dict[Target, list[bytes]] = {}

    @override
    def send(self, crowd: Crowd, packets: Sequence[Outgoing]) -> None:
        for packet in packets:
            for _, _, shift, target in crowd.takers(packet.stream):
                if packet.number < shift.first:
                    continue
                self.got.setdefault(target, []).append(shifted(packet, shift))

    @override
    def send_to(self, target: Target, packets: Sequence[Outgoing]) -> None:
        for packet in packets:
            stream, shift = target.legs.get(packet.lane, (0, NO_SHIFT))
            assert stream == packet.stream
            self.got.setdefault(target, []).append(shifted(packet, shift))

    @override
    def send_one(self, target: Target, data: bytes, header: int, roc: int, wide_at: int = 0) -> None:
        self.got.setdefault(target, []).append(data)


class Encoder:
    """One layer of a camera: its own sequence numbers, picture ids and timestamps of the same clock."""

    def __init__(self, rate: int, sequence: int, offset: int, picture: int) -> None:
        self.source = Source(SourceId("camera"), True, {96: Codec.VP8}, 0, SenderClock())
        self.rate, self.sequence, self.offset, self.picture = rate, sequence, offset, picture

    def frame(self, now: int, key: bool) -> list[bytes]:
        self.picture += 1
        timestamp = (self.offset + now * 90) & 0xFFFFFFFF
        packets = []
        for part in range(self.rate):
            self.sequence += 1
            packets.append(vp8(self.sequence & 0xFFFF, timestamp, key and part == 0, self.picture & 0x7FFF))
        return packets

    def report(self, now: int) -> None:
        self.source.reported(SenderReport(1, ntp_from_ms(now), (self.offset + now * 90) & 0xFFFFFFFF), now)


class Set:
    """A camera of three layers, a fanout for each and one for stills of the lowest, viewers."""

    def __init__(self, rtx: bool = True, sequence: int = 0, playout_id: int = 0) -> None:
        self.egress = Recorder()
        self.outlet = Outlet(self.egress)
        self.now = 1_000_000
        self.layers = [
            Encoder(1 + number, 0xFF00 + 37 * number, 0xFFFF0000 + 1000 * number, 0x7FF0 + number)
            for number in range(3)
        ]
        form = StreamForm(((Codec.VP8, 100),), ((Codec.VP8, 110),) if rtx else (), playout_id=playout_id)
        self.fanouts = [
            Fanout(
                LaneStream(form, True, Beginning(SSRC, sequence + 100 * number, 5000 * number, number + 1)),
                MAIN,
                Variant(Quality(number)),
                self.outlet,
            )
            for number in range(3)
        ]
        stills = StillStream(300_000, form, True, Beginning(SSRC, sequence + 300, 15_000, 4))
        self.fanouts.append(Fanout(stills, MAIN, Variant(Quality.LOW, stills=300_000), self.outlet))
        self.takers = [(self.fanouts[0], self.fanouts[3]), (self.fanouts[1],), (self.fanouts[2],)]
        for encoder, fanouts in zip(self.layers, self.takers, strict=True):
            for fanout in fanouts:
                fanout.stream.show(encoder.source, self.now)

    def viewer(self, quality: int) -> Leg:
        policy = Policy(key=bytes(30), ssrc_type=Policy.SSRC_ANY_OUTBOUND)
        leg = Leg(SSRC, RTX_SSRC, 7)
        leg.target = Target(pylibsrtp.Session(policy), None, ("127.0.0.1", 9))
        self.fanouts[quality].join(leg, self.now)
        return leg

    def run(self, frames: int = 1, keys: Sequence[int] = (), lost: Sequence[int] = ()) -> None:
        """So many frames of each layer; ``keys``: the layers whose first one is a key frame; ``lost``: packets of the
        top layer that never come, counted from here."""
        for number in range(frames):
            self.now += 33
            for place, (encoder, fanouts) in enumerate(zip(self.layers, self.takers, strict=True)):
                for each, data in enumerate(encoder.frame(self.now, number == 0 and place in keys)):
                    read = parse(data)
                    assert read is not None
                    if place == 2 and number * 3 + each in lost:
                        continue
                    media = encoder.source.accept(read, self.now)
                    assert media is not None
                    for fanout in fanouts:
                        fanout.forward(encoder.source, media, self.now)
            self.outlet.flush(self.now)

    def got(self, leg: Leg) -> list[Packet]:
        return [packet for packet in self.wire(leg) if packet.ssrc == SSRC]

    def wire(self, leg: Leg) -> list[Packet]:
        """With what came as RTX."""
        assert leg.target is not None
        read = [parse(data) for data in self.egress.got.get(leg.target, [])]
        return [packet for packet in read if packet is not None]


def pictures(packets: list[Packet]) -> list[int]:
    described = [parse_vp8(packet.payload) for packet in packets]
    return [each.picture for each in described if each is not None and each.picture is not None]


def check_running_on(packets: list[Packet]) -> None:
    """One step of the sequence number a packet; time, pictures and tl0 only forwards."""
    for before, after in itertools.pairwise(packets):
        assert (after.sequence - before.sequence) & 0xFFFF == 1
        assert (after.timestamp - before.timestamp) & 0xFFFFFFFF < 90_000 * 10
    for earlier, later in itertools.pairwise(pictures(packets)):
        assert (later - earlier) & 0x7FFF <= 1


moves = st.lists(
    st.tuples(
        st.sampled_from(["high", "medium", "low", "stills", "pause", "stay"]),
        st.integers(1, 5),
        st.lists(st.integers(0, 2), max_size=3),
        st.booleans(),
    ),
    min_size=1,
    max_size=20,
)


@settings(max_examples=150, deadline=None)
@given(moves, st.integers(0, 0x7FFF), st.booleans())
def test_whatever_a_viewer_changes_its_numbers_run_on(
    moves: list[tuple[str, int, list[int], bool]], sequence: int, rtx: bool
) -> None:
    scene = Set(rtx, sequence)
    leg, other = scene.viewer(2), scene.viewer(2)
    scene.run(1, keys=(0, 1, 2))
    for what, frames, keys, reports in moves:
        if what == "pause":
            for fanout in (leg.waits_at, leg.carrier):
                if fanout is not None:
                    fanout.leave(leg, scene.now)
        elif what != "stay":
            scene.fanouts[["low", "medium", "high", "stills"].index(what)].join(leg, scene.now)
        if reports:
            for encoder in scene.layers:
                encoder.report(scene.now)
        scene.run(frames, keys)
    check_running_on(scene.got(leg))
    check_running_on(scene.got(other))
    assert (leg.absent, other.absent) == (0, 0)
    got = scene.got(leg)
    if got:
        assert unwrap(leg.newest, got[-1].sequence) == leg.newest
        assert leg.sent == (len(got), sum(len(packet.payload) for packet in got))


def test_what_the_publishers_line_lost_is_known_of_each_viewer() -> None:
    """Reports count it as lost, and a viewer's own line may lose nothing."""
    scene = Set()
    leg, small = scene.viewer(2), scene.viewer(0)
    scene.run(3, keys=(0, 1, 2))
    late = scene.viewer(2)
    scene.run(2, lost=(1, 2, 4))
    assert (leg.absent, late.absent, small.absent) == (3, 3, 0)
    last = scene.got(leg)[-1].sequence  # the packet before it is one of those
    resend(scene.outlet, leg, (last, (last - 1) & 0xFFFF), None, scene.now)
    assert leg.resending.missed == 1, "so is what is asked for"
    scene.run(2)
    scene.fanouts[0].join(leg, scene.now)
    scene.run(2, keys=(0,))
    assert (leg.absent, late.absent) == (3, 3), "of its former layer, too"
    scene.fanouts[2].join(small, scene.now)
    scene.run(2, keys=(2,))
    scene.run(2, lost=(0,))
    assert (leg.absent, late.absent, small.absent) == (3, 4, 1)


def test_stills_are_key_frames_alone_and_one_a_second() -> None:
    """More that come for others' sake are left out; what is missing between two is not missed."""
    scene = Set()
    leg = scene.viewer(3)
    scene.run(10, keys=(0,))
    assert len(scene.got(leg)) == 1
    needs = [scene.fanouts[3].needs_key_frame]
    scene.run(10, keys=(0,))
    assert len(scene.got(leg)) == 1
    scene.run(20)
    needs.append(scene.fanouts[3].needs_key_frame)
    assert len(scene.got(leg)) == 1
    scene.run(10, keys=(0,))
    needs.append(scene.fanouts[3].needs_key_frame)
    assert len(scene.got(leg)) == 2
    assert needs == [False, True, False]
    check_running_on(scene.got(leg))


def test_a_still_that_leaves_for_longer_than_a_second_puts_off_the_next() -> None:
    """At the stream's rate, and no faster: what a thin line does not hold is lost."""
    scene = Set()
    stills = cast("StillStream", scene.fanouts[3].stream)
    leg = scene.viewer(3)
    scene.run(1, keys=(0,))
    stills.leaves_at = stills._bits // 3  # which take three seconds
    needs = []
    for frames in (16, 16, 16, 16, 20):
        scene.run(frames)
        needs.append((scene.fanouts[3].needs_key_frame, len(scene.got(leg))))
        scene.run(1, keys=(0,))
    assert needs == [(False, 1)] * 4 + [(True, 1)]
    assert len(scene.got(leg)) == 2
    assert stills.bitrate == stills.leaves_at


def test_where_stills_may_take_longer_than_a_second_the_next_does_not_wait_for_it() -> None:
    """One that leaves for two seconds comes after a cut, and nobody knows before: a pause would make it three without a
    picture. Everybody pays for a key frame, so there is a least time all the same."""
    scene = Set()
    stills = cast("StillStream", scene.fanouts[3].stream)
    leg = scene.viewer(3)
    scene.run(1, keys=(0,))
    full = stills._bits

    def waited(leaves_at: int) -> int:
        stills.leaves_at = leaves_at
        for frame in range(120):
            scene.run(1)
            if scene.fanouts[3].needs_key_frame:
                scene.run(1, keys=(0,))
                return (frame * 33 + AHEAD_MS) // 100
        raise AssertionError

    took = [waited(full * 10 // tenths) for tenths in (2, 8, 12, 8, 2)]
    assert took == [pytest.approx(tenths, abs=1) for tenths in (10, 10, 12, 8, LEAST_MS // 100)]
    took = [waited(full * 10 // 8) for _ in range(REMEMBERED)]
    assert took[0] == pytest.approx(8, abs=1)
    assert took[-1] == pytest.approx(10, abs=1)
    check_running_on(scene.got(leg))


def test_the_next_still_is_asked_for_before_it_is_due() -> None:
    """A publisher's round trip sooner; and one that comes for others' sake a little early is taken."""
    scene = Set()
    leg = scene.viewer(3)
    scene.run(1, keys=(0,))
    needs = []
    for frames in ((STILL_MS - EARLY_MS) // 33 + 1, (EARLY_MS - AHEAD_MS) // 33 + 1):
        scene.run(frames)
        needs.append(scene.fanouts[3].needs_key_frame)
    assert needs == [False, True]
    scene.run(1, keys=(0,))
    assert len(scene.got(leg)) == 2


def test_one_of_a_crowd_on_a_thin_line_costs_nobody_a_key_frame_each_second() -> None:
    """It gets those that come for others' sake, and asks for one of its own only after long."""
    scene = Set()
    leg = scene.viewer(3)
    for _ in range(SHARED_BY):
        scene.viewer(2)
    scene.run(1, keys=(0, 2))
    scene.run(40)
    needs = [scene.fanouts[3].needs_key_frame]
    scene.run(1, keys=(0,))
    assert len(scene.got(leg)) == 2
    scene.run(SELDOM_MS // 34 - 2)
    needs.append(scene.fanouts[3].needs_key_frame)
    scene.run(40)
    needs.append(scene.fanouts[3].needs_key_frame)
    assert needs == [False, False, True]


@pytest.mark.parametrize("quality", [0, 3], ids=["low", "stills"])
def test_whoever_comes_back_before_the_next_packet_gets_no_number_twice(quality: int) -> None:
    """Its transport-wide number would be another one: other bytes under one nonce."""
    scene = Set()
    leg = scene.viewer(quality)
    scene.run(1, keys=(0,))
    scene.fanouts[quality].leave(leg, scene.now)
    scene.fanouts[quality].join(leg, scene.now)
    assert len(scene.got(leg)) == 2
    check_running_on(scene.got(leg))


def test_a_still_is_not_shown_twice_however_long_the_next_takes() -> None:
    scene = Set()
    leg = scene.viewer(3)
    scene.run(1, keys=(0,))
    for _ in range(120):
        scene.run(1)
        scene.fanouts[3].tick(scene.now)
    assert len(scene.got(leg)) == 1


def test_who_comes_to_stills_late_gets_the_present_one() -> None:
    """And nothing that went out to others alone after it."""
    scene = Set()
    first = scene.viewer(3)
    scene.run(5, keys=(0,))
    late = scene.viewer(3)
    scene.run(40)
    scene.run(1, keys=(0,))
    assert [packet.payload for packet in scene.got(late)] == [packet.payload for packet in scene.got(first)]
    check_running_on(scene.got(late))


def test_the_former_layer_goes_on_until_the_new_ones_key_frame() -> None:
    scene = Set()
    leg = scene.viewer(2)
    scene.run(2, keys=(2,))
    scene.fanouts[0].join(leg, scene.now)
    needs = [scene.fanouts[0].needs_key_frame]
    scene.run(3)
    assert len(scene.got(leg)) == 5 * 3
    scene.run(4, keys=(0,))
    assert len(scene.got(leg)) == 5 * 3 + 4
    needs.append(scene.fanouts[0].needs_key_frame)
    assert needs == [True, False]
    assert (scene.fanouts[2].viewers, scene.fanouts[0].viewers) == (0, 1)


def test_a_change_of_mind_before_the_key_frame_leaves_no_trace() -> None:
    scene = Set()
    leg = scene.viewer(2)
    scene.run(1, keys=(2,))
    scene.fanouts[0].join(leg, scene.now)
    scene.fanouts[2].join(leg, scene.now)
    assert leg.waits_at is None
    scene.run(3, keys=(0,))
    assert len(scene.got(leg)) == 4 * 3


def test_sound_and_picture_stay_together_over_a_change_of_layer() -> None:
    """With sender reports the new layer's timestamps go on exactly where the capture clock says."""
    scene = Set()
    leg = scene.viewer(2)
    scene.run(1, keys=(2,))
    for encoder in scene.layers:
        encoder.report(scene.now)
    scene.run(1)
    scene.fanouts[0].join(leg, scene.now)
    scene.run(2, keys=(0,))
    last = [packet.timestamp for packet in scene.got(leg)][-3:]
    assert [(after - before) & 0xFFFFFFFF for before, after in itertools.pairwise(last)] == [33 * 90, 33 * 90]


def test_a_late_packet_of_the_new_layer_takes_no_number_of_the_former_one() -> None:
    """It was overtaken by the key frame that the viewer began with."""
    scene = Set()
    leg = scene.viewer(2)
    scene.run(2, keys=(2, 0))
    scene.fanouts[0].join(leg, scene.now)
    low, fanout = scene.layers[0], scene.fanouts[0]
    late, key = low.frame(scene.now, False), low.frame(scene.now + 33, True)
    for data in (*key, *late):
        read = parse(data)
        assert read is not None
        media = low.source.accept(read, scene.now)
        assert media is not None
        fanout.forward(low.source, media, scene.now)
    scene.outlet.flush(scene.now)
    numbers = [packet.sequence for packet in scene.got(leg)]
    assert len(numbers) == len(set(numbers)) == 2 * 3 + 1


def test_what_was_lost_before_a_change_is_sent_again_after_it() -> None:
    scene = Set(rtx=False)
    leg = scene.viewer(2)
    scene.run(3, keys=(2,))
    scene.fanouts[0].join(leg, scene.now)
    scene.run(3, keys=(0,))
    before = list(scene.egress.got[leg.target]) if leg.target is not None else []
    numbers = [packet.sequence for packet in scene.got(leg)]
    resend(scene.outlet, leg, tuple(numbers), None, scene.now)
    assert leg.target is not None
    assert scene.egress.got[leg.target][len(before) :] == before
    resend(scene.outlet, leg, ((numbers[0] - 1) & 0xFFFF, (numbers[-1] + 1) & 0xFFFF), None, scene.now)
    assert len(scene.egress.got[leg.target]) == 2 * len(before)


def test_rtx_carries_the_viewers_own_number() -> None:
    scene = Set()
    leg = scene.viewer(2)
    scene.run(2, keys=(2,))
    scene.fanouts[1].join(leg, scene.now)
    scene.run(2, keys=(1,))
    wanted = scene.got(leg)[-1].sequence
    resend(scene.outlet, leg, (wanted,), None, scene.now)
    assert leg.target is not None
    repeat = parse(scene.egress.got[leg.target][-1])
    assert repeat is not None
    assert (repeat.ssrc, repeat.sequence) == (RTX_SSRC, 7)
    assert repeat.payload[:2] == wanted.to_bytes(2, "big")


def test_who_comes_just_before_a_wrap_gets_numbers_far_from_it() -> None:
    """Were its first packet lost, its receiver would count the rollover wrong, and decrypt nothing ever after."""
    scene = Set(sequence=0xFFF0 - 0x10000 + 0x10000 - 200)
    leg = scene.viewer(2)
    scene.run(2, keys=(2,))
    first = scene.got(leg)[0].sequence
    assert 0x1000 < first < 0xF000
    check_running_on(scene.got(leg))


def test_picture_ids_run_on_though_a_codec_without_any_came_between() -> None:
    """A viewer changed the layer while H264 was sent; then the publisher goes back to VP8, and the stream counts on."""
    tail, stream = Tail(100, 0, 0, picture=500, tl0=7), Tail(300, 0, 0, picture=40, tl0=3)
    shift = join(tail, Outgoing(bytes(20), 12, 301, 1, 0, True, True), stream, 50, 90_000, None)
    assert (stream.picture + 1 + shift.picture & 0x7FFF, stream.tl0 + 1 + shift.tl0 & 0xFF) == (501, 8)


def test_a_quality_nobody_takes_fills_no_burst() -> None:
    scene = Set()
    leg = scene.viewer(2)
    scene.run(2, keys=(2,))
    scene.fanouts[2].leave(leg, scene.now)
    for number in range(3):
        encoder, fanout = scene.layers[number], scene.fanouts[number]
        for data in encoder.frame(scene.now, key=True):
            packet = parse(data)
            assert packet is not None
            media = encoder.source.accept(packet, scene.now)
            assert media is not None
            fanout.forward(encoder.source, media, scene.now)
    assert leg.target is not None
    assert not scene.outlet.held(leg.target)
    assert scene.outlet.ready(scene.now) is None


def test_a_quality_nobody_takes_is_given_up_and_comes_back() -> None:
    """Else who once looked at each of them would have every packet rendered so many times for good. Numbers run on,
    though the stream is another."""
    egress, now = Recorder(), 1_000_000
    stage = Stage(RoomId("robotics"), egress, LaneTable())
    camera = Encoder(2, 500, 0, 0)
    stage.arrive(Publication([camera.source]), now)
    stage.show({MAIN: SourceId("camera")}, now)
    lane = Wanted(MAIN, True, StreamForm(((Codec.VP8, 100),), ((Codec.VP8, 110),)))
    leg = Leg(stage.promise(lane), RTX_SSRC, 7)
    policy = Policy(key=bytes(30), ssrc_type=Policy.SSRC_ANY_OUTBOUND)
    leg.target = Target(pylibsrtp.Session(policy), None, ("127.0.0.1", 9))

    def frame(key: bool) -> None:
        for data in camera.frame(now, key):
            packet = parse(data)
            assert packet is not None
            media = camera.source.accept(packet, now)
            assert media is not None
            stage.forward(camera.source, media, now)
        stage.outlet.flush(now)

    first = stage.fanout(lane, Variant(Quality.LOW), now)
    first.join(leg, now)
    frame(key=True)
    second = stage.fanout(lane, Variant(), now)
    second.join(leg, now)
    now += 100
    frame(key=True)
    for _ in range(UNWANTED_MS // 500 + 3):
        stage.tick(now)
        now += 500
        frame(key=False)
    assert stage.fanout(lane, Variant(), now) is second
    again = stage.fanout(lane, Variant(Quality.LOW), now)
    assert again is not first
    again.join(leg, now)
    stage.tick(now)
    assert camera.source.keyframes.wanted
    frame(key=True)
    assert (first.viewers, second.viewers, again.viewers) == (0, 0, 1)
    received = [packet for data in egress.got[leg.target] if (packet := parse(data)) is not None]
    assert {(b.sequence - a.sequence) & 0xFFFF for a, b in itertools.pairwise(received)} == {1}
    assert len({packet.ssrc for packet in received}) == 1


def test_who_comes_just_after_a_wrap_is_not_confused_by_what_came_before_it() -> None:
    """A packet that the publisher had to send again has a number from before the wrap. Python's way out, libsrtp,
    takes that for one a whole turn later; a viewer that does not get it could decrypt nothing any more."""
    scene, egress = Set(sequence=0xFFFA - 200), Egress()
    outlet = Outlet(egress)
    wire: list[bytes] = []

    def keep(data: bytes | memoryview, address: Address) -> int:
        wire.append(bytes(data))
        return len(data)

    egress._sendto = keep
    encoder, stream = scene.layers[2], scene.fanouts[2].stream
    fanout = Fanout(stream, MAIN, Variant(), outlet)
    leg = Leg(SSRC, RTX_SSRC, 7)
    leg.target = Target(pylibsrtp.Session(Policy(key=bytes(30), ssrc_type=Policy.SSRC_ANY_OUTBOUND)), None, ("", 9))

    def arrive(data: bytes) -> None:
        packet = parse(data)
        assert packet is not None
        media = encoder.source.accept(packet, scene.now)
        assert media is not None
        fanout.forward(encoder.source, media, scene.now)
        outlet.flush(scene.now)

    before = [data for key in (True, False, False) for data in encoder.frame(scene.now, key)]
    missing = before.pop(3)
    for data in before:
        arrive(data)
    assert stream.newest == 0x20003
    scene.now += 1100  # the picture is too old to begin with
    fanout.join(leg, scene.now)
    for data in encoder.frame(scene.now, True):
        arrive(data)
    begun = len(wire)
    assert begun
    arrive(missing)
    for data in encoder.frame(scene.now, False):
        arrive(data)
    receiver = pylibsrtp.Session(Policy(key=bytes(30), ssrc_type=Policy.SSRC_ANY_INBOUND))
    for data in wire[:begun] + wire[begun + 1 :]:
        assert receiver.unprotect(data)
    assert len(wire) == begun + 1 + 3


def test_on_a_full_line_nothing_is_repaired_that_a_newer_key_frame_makes_up_for() -> None:
    """Repeats of a picture that was given up drowned the stills that came in its place."""
    scene = Set()
    leg = scene.viewer(2)
    scene.run(1, keys=(2,))
    scene.run(4)
    old = [packet.sequence for packet in scene.got(leg)]
    scene.fanouts[3].join(leg, scene.now)
    scene.run(1, keys=(0,))
    stills = [packet.sequence for packet in scene.got(leg)][len(old) :]
    assert len(stills) == 1
    leg.allowance.bound(10)
    resend(scene.outlet, leg, tuple(old), None, scene.now)
    assert leg.resent == 0
    scene.run(40, keys=())
    scene.run(1, keys=(0,))
    resend(scene.outlet, leg, tuple(stills), None, scene.now)
    assert leg.resent == 1, "of the last but one still: the newest may be on its way for long"
    scene.run(40, keys=())
    scene.run(1, keys=(0,))
    scene.now += 100
    resend(scene.outlet, leg, tuple(stills), None, scene.now)
    assert leg.resent == 1


def test_on_a_full_line_a_packet_is_sent_again_once() -> None:
    """Copies help where loss is stray."""
    scene = Set()
    leg = scene.viewer(2)
    scene.run(3, keys=(2,))
    numbers = [packet.sequence for packet in scene.got(leg)]
    leg.resending._bad_until = scene.now + 1000
    resend(scene.outlet, leg, (numbers[-1],), None, scene.now)
    assert leg.resent == 2
    leg.allowance.bound(10)
    resend(scene.outlet, leg, (numbers[-2],), None, scene.now)
    assert leg.resent == 3


def test_what_is_most_likely_only_late_is_sent_again_once() -> None:
    """It is answered for what rides on it, on a line that loses nothing."""
    scene = Set()
    leg = scene.viewer(2)
    scene.run(3, keys=(2,))
    number = scene.got(leg)[-1].sequence
    leg.resending.disordered(scene.now)
    resend(scene.outlet, leg, (number,), None, scene.now, once=True)
    assert leg.resent == 1


def test_who_goes_to_stills_of_another_rate_has_the_present_one_whole_first() -> None:
    """What waited of it left at once, which overflowed the queue before a line that thin."""
    scene = Set()
    former = cast("StillStream", scene.fanouts[3].stream)
    other = StillStream(100_000, former.form, True, Beginning(SSRC, 400, 20_000, 5))
    other.show(scene.layers[0].source, scene.now)
    scene.fanouts.append(Fanout(other, MAIN, Variant(Quality.LOW, stills=100_000), scene.outlet))
    leg = scene.viewer(3)
    scene.layers[0].rate = 40
    former.leaves_at = 8_000
    scene.run(1, keys=(0,))
    scene.takers[0] = (*scene.takers[0], scene.fanouts[4])
    scene.layers[0].rate = 1
    scene.fanouts[4].join(leg, scene.now)
    scene.run(1, keys=(0,))
    assert len(scene.got(leg)) < 10
    assert leg.carrier is scene.fanouts[3]
    for _ in range(60):
        scene.run(1)
        scene.outlet.ready(scene.now)
    scene.run(1, keys=(0,))
    assert leg.carrier is scene.fanouts[4]
    assert len(scene.got(leg)) >= 41, "all of the former, and the new one"
    check_running_on(scene.got(leg))


@pytest.mark.parametrize("held_ms", [0, 200])
def test_a_still_is_shown_when_it_is_whole_and_what_moves_as_before(held_ms: int) -> None:
    """Browsers keep the delay they were told last, so the first packet that moves comes with what holds now; as RTX,
    since all others get the same stream without it."""
    scene = Set(playout_id=6)
    leg, other = scene.viewer(3), scene.viewer(0)
    scene.run(1, keys=(0,))
    assert [packet.extension(6) for packet in scene.got(leg)] == [AT_ONCE]
    if held_ms:
        leg.resending.disordered(scene.now)
    scene.fanouts[0].join(leg, scene.now)
    scene.run(1, keys=(0,))
    scene.run(3)
    _, first, second, *rest = scene.wire(leg)
    assert (first.ssrc, first.payload) == (RTX_SSRC, second.sequence.to_bytes(2, "big") + second.payload)
    told = int.from_bytes(first.extension(6) or b"", "big")
    assert (10 * (told >> 12), told & 0xFFF) == (held_ms, 50)
    assert [packet.extension(6) for packet in (second, *rest)] == [None] * 4
    scene.run(SETTLED_MS // 33)
    assert len(scene.wire(leg)) == len(scene.got(leg)) + 1
    scene.run(2, keys=(0,))
    told = int.from_bytes(scene.wire(leg)[-3].extension(6) or b"", "big")
    assert (10 * (told >> 12), told & 0xFFF) == (held_ms, 1000), "and evened out once the browser has got used to it"
    scene.run(2, keys=(0,))
    assert len(scene.wire(leg)) == len(scene.got(leg)) + 2
    check_running_on(scene.got(leg))
    assert all(packet.extension(6) is None and packet.ssrc == SSRC for packet in scene.wire(other))


def test_a_still_that_waits_leaves_something_to_probe_with() -> None:
    """All that is newest waited, so nothing was sent, and nothing found out for seconds."""
    scene = Set()
    leg = scene.viewer(3)
    scene.layers[0].rate = 80
    cast("StillStream", scene.fanouts[3].stream).leaves_at = 8_000
    scene.run(1, keys=(0,))
    scene.layers[0].rate = 1
    for _ in range(20):
        scene.run(1)
        scene.outlet.ready(scene.now)
    assert leg.target is not None
    assert len(scene.outlet.held(leg.target)) > PADDED
    sent = len(scene.wire(leg))
    assert pad(scene.outlet, leg, 100, scene.now) >= 100
    assert {packet.ssrc for packet in scene.wire(leg)[sent:]} == {RTX_SSRC}
