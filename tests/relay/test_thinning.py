"""A viewer on a line that became too narrow gets fewer frames of its picture until a smaller one begins."""

import pylibsrtp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pylibsrtp import Policy

from roadshow.ids import RoomId, SourceId
from roadshow.rooms.lanes import MAIN
from roadshow.rooms.relay.egress.egress import Target
from roadshow.rooms.relay.last_mile.quality import Choice
from roadshow.rooms.relay.offers.lanes import LaneTable, Quality, StreamForm, Variant, Wanted
from roadshow.rooms.relay.sources.publication import Publication
from roadshow.rooms.relay.sources.reception import NO_LAYERS, Reception
from roadshow.rooms.relay.sources.source import Source
from roadshow.rooms.relay.stage.leg import Leg
from roadshow.rooms.relay.stage.repeats import resend
from roadshow.rooms.relay.stage.stage import Stage
from roadshow.rooms.relay.watching import Watching
from roadshow.rooms.relay.wire.codecs import Codec, parse_vp8
from roadshow.rooms.relay.wire.rtp import Packet, parse
from tests.relay.studio import Studio, pictures, steps
from tests.relay.test_layers import Recorder, check_running_on
from tests.relay.test_thin_stream import PATTERNS, Encoder, frame_of, read

LANE = Wanted(MAIN, True, StreamForm(((Codec.VP8, 100),), ((Codec.VP8, 110),)))
HIGH, LOW, STILLS = Variant(), Variant(Quality.LOW), Variant(Quality.LOW, stills=90_000)


class Show:
    """A camera of two layers on the main lane, 20 frames a second, and one viewer, who has the higher one."""

    def __init__(self, pattern: str = "L1T3") -> None:
        self.egress, self.now = Recorder(), 1_000_000
        self.stage = Stage(RoomId("robotics"), self.egress, LaneTable())
        # Of other numbers each, near a wrap.
        self.low = Encoder(PATTERNS[pattern], sequence=0xFF00, picture=0x7FF0, tl0=250)
        self.high = Encoder(PATTERNS[pattern], sequence=0xFFD0, picture=0x7F80, tl0=20)
        camera = Publication([self.low.source, self.high.source])
        self.stage.arrive(camera, self.now)
        self.stage.show({MAIN: camera.id}, self.now)
        self.leg = self.viewer(HIGH)
        self.high.source.reception.measure(self.now)
        self.run(20, keys=True)
        self.high.source.reception.measure(self.now)

    def viewer(self, variant: Variant) -> Leg:
        leg = Leg(self.stage.promise(LANE), 9, 7)
        policy = Policy(key=bytes(30), ssrc_type=Policy.SSRC_ANY_OUTBOUND)
        leg.target = Target(pylibsrtp.Session(policy), None, ("127.0.0.1", 9))
        self.stage.fanout(LANE, variant, self.now).join(leg, self.now)
        return leg

    def run(self, frames: int, keys: bool = False, parts: int = 3) -> None:
        """So many frames of each layer, of the higher one's last so many packets; ``keys``: first are key frames."""
        for number in range(frames):
            self.now += 50
            for encoder, packets in ((self.low, 1), (self.high, 3)):
                made = encoder.frame(packets, keys and number == 0)
                for data in made[: parts if encoder is self.high and number == frames - 1 else 3]:
                    self.arrive(encoder.source, data)
            self.stage.tick(self.now)
            self.stage.outlet.flush(self.now)

    def arrive(self, source: Source, data: bytes) -> None:
        media = source.accept(read(data), self.now)
        assert media is not None
        self.stage.forward(source, media, self.now)

    def fall(self, bits_per_second: int, variant: Variant = LOW) -> None:
        self.stage.fanout(LANE, variant, self.now).join(self.leg, self.now)
        self.stage.thin(LANE, self.leg, bits_per_second, self.now)

    @property
    def got(self) -> list[Packet]:
        self.stage.outlet.flush(self.now)
        assert self.leg.target is not None
        read = [parse(data) for data in self.egress.got[self.leg.target]]
        return [packet for packet in read if packet is not None and packet.ssrc == self.leg.ssrc]


def temporals(packets: list[Packet]) -> set[int]:
    return {described.temporal for packet in packets if (described := parse_vp8(packet.payload)) is not None}


@pytest.mark.parametrize(("share", "left"), [(0.1, {0}), (0.5, {0, 1}), (1.1, {0, 1, 2})])
def test_as_much_is_left_out_as_does_not_fit_until_the_smaller_picture_begins(share: float, left: set[int]) -> None:
    show = Show()
    assert temporals(show.got) == {0, 1, 2}
    before = len(show.got)
    show.fall(int(share * show.high.source.reception.bitrate))
    show.run(6)
    if share < 1:
        show.stage.thin(LANE, show.leg, 1, show.now)  # which is done already
    show.run(6)
    after = show.got[before:]
    assert temporals(after) == left
    assert len({packet.timestamp for packet in after}) == {1: 3, 2: 6, 3: 12}[len(left)]
    whole = show.stage.fanout(LANE, HIGH, show.now)
    assert (whole.viewers, len(show.leg.sections)) == ((0, 2) if len(left) < 3 else (1, 1))
    show.run(8, keys=True)
    assert len(show.got) == before + len(after) + 8
    check_running_on(show.got)
    assert show.leg.absent == 0
    assert show.leg.carrier is show.stage.fanout(LANE, LOW, show.now)


@pytest.mark.parametrize("parts", [1, 2])
def test_no_frame_is_broken_off(parts: int) -> None:
    """Half a frame would be waited for and asked for."""
    show = Show("L1T2")
    show.run(1, parts=parts)
    show.fall(1)
    assert show.leg.carrier is show.stage.fanout(LANE, HIGH, show.now)
    last = show.got[-1].timestamp
    whole = [data for data in show.high.frame(3) if data]  # its own last parts were lost for good
    for data in whole:
        show.arrive(show.high.source, data)
    assert show.leg.carrier is not show.stage.fanout(LANE, HIGH, show.now)
    assert show.got[-1].timestamp != last
    show.run(8)
    assert len({packet.timestamp for packet in show.got}) == 20 + 2 + 4


def test_who_follows_later_takes_the_same_stream() -> None:
    show = Show()
    first, show.leg = show.leg, show.viewer(HIGH)
    for leg in (first, show.leg):
        show.stage.fanout(LANE, LOW, show.now).join(leg, show.now)
    show.stage.thin(LANE, first, 1, show.now)
    show.run(9)
    show.stage.thin(LANE, show.leg, 1, show.now)
    show.run(9)
    assert show.leg.carrier is first.carrier
    check_running_on(show.got)
    assert show.leg.absent == 0
    assert show.leg.sent[0] == len(show.got)  # as sender reports have it


def test_who_does_not_wait_any_more_at_the_frames_end_keeps_every_frame() -> None:
    show = Show()
    show.run(1, parts=1)
    show.fall(1)
    show.fall(1, HIGH)
    show.run(8)
    assert show.leg.carrier is show.stage.fanout(LANE, HIGH, show.now)


def test_nothing_changes_where_a_picture_has_no_layers_in_time() -> None:
    show = Show("L1T1")
    before = show.leg.carrier
    show.fall(1)
    show.run(4)
    assert show.leg.carrier is before
    assert show.high.source.reception.bitrates is NO_LAYERS


def test_who_waits_for_more_or_for_nothing_keeps_every_frame() -> None:
    show = Show()
    show.stage.thin(LANE, show.leg, 1, show.now)  # it waits for nothing
    show.run(2)
    assert show.leg.carrier is show.stage.fanout(LANE, HIGH, show.now)
    show.fall(1)
    show.run(8, keys=True)
    low = show.stage.fanout(LANE, LOW, show.now)
    show.low.source.reception.measure(show.now)
    show.run(8)
    show.low.source.reception.measure(show.now)
    assert show.low.source.reception.fitting(1)
    assert show.leg.carrier is low
    show.fall(1, HIGH)
    assert show.leg.carrier is low
    show.run(2)
    assert show.leg.carrier is low


def test_who_gets_fewer_frames_of_a_picture_gets_all_again_with_a_key_frame() -> None:
    """Where the smaller one never came. An upper layer's frame may refer to such as were left out."""
    show = Show()
    show.fall(1, STILLS)
    show.run(8)
    before = len(show.got)
    show.fall(1 << 40, HIGH)
    show.run(8)
    assert temporals(show.got[before:]) == {0}
    show.run(8, keys=True)
    assert temporals(show.got) == {0, 1, 2}
    assert show.leg.carrier is show.stage.fanout(LANE, HIGH, show.now)
    check_running_on(show.got)
    assert show.leg.absent == 0


def test_what_is_missed_comes_again_under_the_numbers_it_had() -> None:
    """Also what went out before frames were left out."""
    show = Show()
    show.fall(1)
    show.run(8)
    assert show.leg.target is not None
    sent = {packet.sequence: packet for packet in show.got}
    show.egress.got[show.leg.target].clear()
    resend(show.stage.outlet, show.leg, tuple(sent), None, show.now)
    again = [packet for data in show.egress.got[show.leg.target] if (packet := parse(data)) is not None]
    assert {int.from_bytes(packet.payload[:2], "big"): packet.payload[2:] for packet in again} == {
        sequence: packet.payload for sequence, packet in sent.items()
    }


def test_on_a_full_line_the_frames_that_the_next_ones_refer_to_still_come_again() -> None:
    """Where what is sent again is bounded it goes back to the picture's key frame, and no further."""
    show = Show("L1T2")
    began = show.got[0].sequence
    show.run(6, keys=True)
    show.fall(1)
    show.run(6)
    assert show.leg.target is not None
    key = show.got[20 * 3].sequence
    show.leg.allowance.bound(50)
    show.egress.got[show.leg.target].clear()
    resend(show.stage.outlet, show.leg, (began, key, (key + 4) & 0xFFFF), None, show.now)
    again = [packet for data in show.egress.got[show.leg.target] if (packet := parse(data)) is not None]
    assert {int.from_bytes(packet.payload[:2], "big") for packet in again} == {key, (key + 4) & 0xFFFF}


@given(
    st.lists(st.tuples(st.sampled_from(["low", "stills", "high", "thin", "stay"]), st.integers(1, 6), st.booleans()))
)
def test_however_the_line_changes_numbers_run_on(moves: list[tuple[str, int, bool]]) -> None:
    show = Show()
    other = show.viewer(HIGH)
    for move, frames, keys in moves:
        if move == "thin":
            show.stage.thin(LANE, show.leg, 1, show.now)
        elif move != "stay":
            show.fall(1, {"low": LOW, "stills": STILLS, "high": HIGH}[move])
        show.run(frames, keys)
    check_running_on(show.got)
    assert show.leg.absent == 0
    assert other.target is not None
    check_running_on([packet for data in show.egress.got.get(other.target, []) if (packet := parse(data)) is not None])


def test_rates_are_measured_by_layer() -> None:
    """What a layer takes is its encoder's choice, and changes."""
    reception = Reception(90_000)
    reception.measure(1_000)
    for temporal, size in ((0, 600), (1, 250), (2, 150)) * 10:
        reception.count(0, size, 1_500)
        if temporal:
            reception.count_above(temporal, size)
    reception.measure(2_000)
    assert [reception.lowest(layers) for layers in (1, 2, 3)] == [48_000, 68_000, 80_000]
    assert [reception.fitting(bits) for bits in (0, 67_999, 68_000, 79_999, 80_000)] == [1, 1, 2, 2, 0]
    reception.count(0, 600, 2_500)
    reception.measure(3_000)
    assert (reception.bitrates, reception.lowest(1), reception.fitting(0)) == (NO_LAYERS, 4_800, 0)


async def test_a_viewer_gets_fewer_frames_until_what_it_is_to_get_instead_begins(studio: Studio) -> None:
    """By either way out, in one row of numbers."""
    studio.show("alpha")
    viewer, publisher = await studio.viewer(), await studio.publisher("alpha")
    camera = Encoder(PATTERNS["L1T2"], sequence=0xFFF8)

    async def show(frames: int, key: bool = False, most: int = 1) -> None:
        """``most``: the highest temporal layer that is to come."""
        last = b""
        for number in range(frames):
            for data in camera.frame(2, key and number == 0):
                publisher.send_rtp(data)
                last = data if frame_of(data)[1] <= most else last
        await viewer.until(lambda: frame_of(last) in [frame_of(packet.payload) for packet in pictures(viewer)])

    await show(9, key=True)
    [watching] = [peer.handler for peer in studio.relay._sessions.peers.values() if isinstance(peer.handler, Watching)]
    now = studio.relay._now()
    [source] = watching.stage.sources[SourceId("alpha/camera")].layers
    source.reception.measure(now)
    await show(1)
    source.reception.measure(now + 100)
    before = len(pictures(viewer))
    watching.bandwidth = 1000
    watching.choose(Choice.LOW, now + 5000)
    await show(6, most=0)
    assert {frame_of(packet.payload)[1] for packet in pictures(viewer)[before:]} == {0}
    await show(4, key=True)
    assert {frame_of(packet.payload)[1] for packet in pictures(viewer)[-8:]} == {0, 1}
    assert steps(pictures(viewer)) == {1}
