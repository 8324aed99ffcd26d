"""What is taken of one published track: honest encoders' peaks always, a flood never; and a picture is never torn."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadshow.ids import PublisherId
from roadshow.rooms.relay.diagnosis.troubles import Trouble
from roadshow.rooms.relay.sources.policing import BURST_MS, CUT, PACKETS_A_SECOND, SOUND_PACKETS, Policer
from roadshow.rooms.relay.wire.codecs import Codec
from roadshow.rooms.relay.wire.rtp import Packet, parse
from tests.relay.light_peer import opus, section, vp8
from tests.relay.studio import Studio
from tests.relay.support import ROOM
from tests.relay.test_observer import comes_true

ALLOWED = 2_500_000
FULL = 1150


def packet(timestamp: int, size: int = FULL, key: bool = False) -> Packet:
    read = parse(vp8(1, timestamp, key=key, body=bytes(size)))
    assert read is not None
    return read


class Track:
    """A picture of thirty frames a second before a policer."""

    def __init__(self) -> None:
        self.policer = Policer(ALLOWED)
        self.now = 0

    def frame(self, packets: int, key: bool = False, size: int = FULL) -> list[bool]:
        self.now += 33
        return [
            self.policer.takes(packet(self.now * 90, size, key and number == 0), "", Codec.VP8, self.now)
            for number in range(packets)
        ]

    def seconds(self, count: int, packets: int, size: int = FULL) -> int:
        """So many packets in each frame; how many of all were taken."""
        taken = 0
        for number in range(30 * count):
            taken += sum(self.frame(packets, number % 30 == 0, size))
            if number % 30 == 29:
                self.policer.measure(self.now)
        return taken


@pytest.mark.parametrize(
    ("what", "packets", "key"),
    [("2.5 Mbit/s", 9, 9), ("OBS at 6 Mbit/s", 21, 21), ("a still screen with key frames of 4 Mbit", 2, 430)],
)
def test_an_honest_encoder_loses_nothing(what: str, packets: int, key: int) -> None:
    """A key frame every second, for a minute; and the first one at the very beginning."""
    track = Track()
    for second in range(60):
        assert all(track.frame(key, key=True)), (what, second)
        for _ in range(29):
            assert all(track.frame(packets)), (what, second)


def test_a_flood_is_cut_to_what_is_taken() -> None:
    """33 Mbit/s went through to every viewer."""
    track = Track()
    taken = track.seconds(20, 120)
    most = ALLOWED * CUT * (20_000 + BURST_MS) // 8000
    assert taken * FULL <= most * 1.05
    assert track.policer.dropped >= 20 * 30 * 120 - taken
    assert track.policer.too_fast


def test_tiny_packets_are_counted_too() -> None:
    """Each costs every viewer as much as a large one."""
    track = Track()
    assert track.seconds(20, 120, size=10) <= PACKETS_A_SECOND * (20 + BURST_MS // 1000) * 1.05


def test_a_picture_stops_at_a_frames_end_and_begins_with_a_key_frame() -> None:
    """A frame with holes is worse than none, and so is what refers to it."""
    track = Track()
    frames = [track.frame(120, number % 30 == 0) for number in range(300)]
    assert all(len(set(frame)) == 1 for frame in frames)
    assert [all(frame) for frame in frames].index(False) > 10
    held = [track.frame(9) for _ in range(90)]
    assert not any(any(frame) for frame in held)
    assert track.policer.may_begin(track.now)
    assert all(track.frame(9, key=True))
    assert track.policer.begins_anew()
    assert all(all(track.frame(9)) for _ in range(90))
    assert not track.policer.begins_anew()


def test_what_is_told_is_over_when_it_is() -> None:
    track = Track()
    track.seconds(5, 15)  # 4 Mbit/s: told, and taken
    assert (track.policer.too_fast, track.policer.dropped) == (True, 0)
    track.seconds(4, 9)
    assert track.policer.too_fast
    track.seconds(4, 9)
    assert not track.policer.too_fast


def test_of_sound_packets_are_dropped_one_by_one() -> None:
    """A decoder conceals them; a voice that stopped would wait for nothing."""
    policer, taken = Policer(0), []
    for now in range(10_000):
        read = parse(opus(now, now))
        assert read is not None
        taken.append(policer.takes(read, "", Codec.OPUS, now))
    assert SOUND_PACKETS * 8 <= sum(taken) <= SOUND_PACKETS * 12 + 1
    assert any(taken[-100:])


def test_what_is_put_in_front_of_a_packet_counts_like_the_packet() -> None:
    """A key frame of ten bytes draws a packet of parameter sets out of us, for every viewer."""
    policer, out = Policer(ALLOWED), 0
    for now in range(0, 20_000, 2):
        if policer.takes(packet(now * 90, 10, key=True), "", Codec.VP8, now):
            policer.adds(1100, "", now)
            out += 1110
        if now % 1000 == 0:
            policer.measure(now)
    assert out <= ALLOWED * CUT * (20_000 + BURST_MS) // 8000 * 1.3
    assert policer.too_fast


def test_one_encoding_has_not_what_is_meant_for_three() -> None:
    """Tiny packets of one would go to each of its viewers three times as often."""
    policer, taken = Policer(ALLOWED), 0
    for encoding in "abc":
        assert policer.takes(packet(0, 10, key=True), encoding, Codec.VP8, 0)
    for now in range(20_000):
        taken += sum(policer.takes(packet(now * 90, 10, key=True), "a", Codec.VP8, now) for _ in range(2))
    assert taken <= PACKETS_A_SECOND * (20 + BURST_MS // 1000) * 1.05


async def test_layers_that_are_known_by_their_ssrcs_begin_anew_each_by_itself(studio: Studio) -> None:
    """They have no names: a key frame of the one let the others go on in the middle of theirs."""
    picture = [*section("video", "0", "sendonly", ["VP8"]), *(f"a=ssrc:{ssrc} cname:x" for ssrc in (21, 22))]
    publisher = await studio.publisher("a", [*picture, "a=ssrc-group:SIM 21 22"])
    publishing = next(iter(studio.relay._publishers.values()))
    low, high = publishing.sources
    [policer] = publishing.policers.values()
    for number, ssrc in enumerate((21, 22)):
        publisher.send_rtp(vp8(1, number, ssrc=ssrc, key=True))
    await comes_true(lambda: high.newest > 0)
    policer._held = {low, high}
    publisher.send_rtp(vp8(2, 3000, ssrc=21, key=True))
    publisher.send_rtp(vp8(2, 3000, ssrc=22))
    publisher.send_rtp(vp8(3, 6000, ssrc=22))
    await comes_true(lambda: policer.dropped == 2)
    assert policer._held == {high}


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(1, 1400), st.booleans()), max_size=200))
def test_whatever_comes_no_more_is_taken_than_the_buckets_give(steps: list[tuple[int, int, bool]]) -> None:
    policer, now, octets, packets = Policer(200_000), 0, 0, 0
    for wait, size, key in steps:
        now += wait
        one = packet(now * 90, size, key)
        if policer.takes(one, "", Codec.VP8, now):
            octets, packets = octets + len(one.payload), packets + 1
    depth = 200_000 * CUT * BURST_MS // 8000
    assert octets <= depth * 5 // 4 + 200_000 * CUT * now // 8000 + 1500
    assert packets <= (PACKETS_A_SECOND * BURST_MS // 1000) * 5 // 4 + PACKETS_A_SECOND * now // 1000 + 1


async def test_viewers_get_whole_pictures_of_a_publisher_that_floods(studio: Studio) -> None:
    """It is told for whose it is; and the numbers viewers see run on, so that they ask for nothing again."""
    studio.show("a")
    publisher, viewer = await studio.publisher("a"), await studio.viewer()
    publishing = next(iter(studio.relay._publishers.values()))
    [picture] = [policer for one, policer in publishing.policers.items() if one.video]
    picture._octets._rate, picture._octets._depth, picture._octets._level = 1000, 2_000_000, 2_000_000
    publisher.send_rtp(vp8(1, 0, key=True, body=b"first"))
    for number in range(2, 42):
        publisher.send_rtp(vp8(number, 3000 * number, body=bytes(1000)))
    publisher.send_rtp(opus(1, 0))
    await viewer.until(lambda: any(one.payload_type == 111 for one in viewer.rtp))
    assert picture.holds
    publishing._police(studio.relay._now())
    entries = studio.relay.diary.of(ROOM, studio.relay._now(), PublisherId("a"))
    assert Trouble.TOO_FAST in [entry.trouble for entry in entries]
    picture._octets._level = 2_000_000
    publisher.send_rtp(vp8(60, 3000 * 60, key=True, body=b"again"))
    await viewer.until(lambda: any(one.payload.endswith(b"again") for one in viewer.rtp))
    numbers = [one.sequence for one in viewer.rtp if one.payload_type == 96]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
