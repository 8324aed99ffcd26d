"""A viewer that changes quality, is paused or comes late keeps numbers that run on: pure, without sockets."""

import itertools
from collections.abc import Sequence

import pylibsrtp
from hypothesis import given, settings
from hypothesis import strategies as st
from pylibsrtp import Policy
from typing_extensions import override

from roadshow.ids import SourceId
from roadshow.rooms.relay.codecs import Codec, parse_vp8
from roadshow.rooms.relay.egress import Crowd, Egress, Target
from roadshow.rooms.relay.fanout import Fanout, resend
from roadshow.rooms.relay.lane import LaneStream, StreamForm
from roadshow.rooms.relay.leg import Leg
from roadshow.rooms.relay.outgoing import NO_SHIFT, Outgoing, shifted
from roadshow.rooms.relay.outlet import Outlet
from roadshow.rooms.relay.publication import Quality
from roadshow.rooms.relay.rtcp import SenderReport
from roadshow.rooms.relay.rtp import Packet, parse, unwrap
from roadshow.rooms.relay.source import Source
from roadshow.rooms.relay.sync import SenderClock, ntp_from_ms
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
    def send_one(self, target: Target, data: bytes, header: int, roc: int) -> None:
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
    """A camera of three layers, a fanout for each, viewers."""

    def __init__(self, rtx: bool = True, sequence: int = 0) -> None:
        self.egress = Recorder()
        self.outlet = Outlet(self.egress)
        self.now = 1_000_000
        self.layers = [
            Encoder(1 + number, 0xFF00 + 37 * number, 0xFFFF0000 + 1000 * number, 0x7FF0 + number)
            for number in range(3)
        ]
        form = StreamForm(((Codec.VP8, 100),), ((Codec.VP8, 110),) if rtx else ())
        self.fanouts = [
            Fanout(
                LaneStream(form, True, SSRC, sequence + 100 * number, 5000 * number, ident=number + 1),
                "main",
                Quality(number),
                self.outlet,
            )
            for number in range(3)
        ]
        for encoder, fanout in zip(self.layers, self.fanouts, strict=True):
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
            for place, (encoder, fanout) in enumerate(zip(self.layers, self.fanouts, strict=True)):
                for each, data in enumerate(encoder.frame(self.now, number == 0 and place in keys)):
                    read = parse(data)
                    assert read is not None
                    if place == 2 and number * 3 + each in lost:
                        continue
                    media = encoder.source.accept(read, self.now)
                    assert media is not None
                    fanout.forward(encoder.source, media, self.now)
            self.outlet.flush(self.now)

    def got(self, leg: Leg) -> list[Packet]:
        assert leg.target is not None
        read = [parse(data) for data in self.egress.got.get(leg.target, [])]
        return [packet for packet in read if packet is not None and packet.ssrc == SSRC]


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
        st.sampled_from(["high", "medium", "low", "pause", "stay"]),
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
            for fanout in (leg.waits_at, leg.fanout):
                if fanout is not None:
                    fanout.leave(leg, scene.now)
        elif what != "stay":
            scene.fanouts[["low", "medium", "high"].index(what)].join(leg, scene.now)
        if reports:
            for encoder in scene.layers:
                encoder.report(scene.now)
        scene.run(frames, keys)
    check_running_on(scene.got(leg))
    check_running_on(scene.got(other))
    got = scene.got(leg)
    if got:
        assert unwrap(leg.newest, got[-1].sequence) == leg.newest
        assert leg.sent == (len(got), sum(len(packet.payload) for packet in got))


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
