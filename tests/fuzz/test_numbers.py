"""What a hostile publisher's numbers may do to a lane, tried by hypothesis: nothing.

Outgoing numbers run on whatever comes in, and no number ever stands for two different packets: SRTP would use one
nonce for both (RFC 3711, section 9.1; RFC 7714, section 10.1)."""

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadshow.rooms.relay.egress.outgoing import Outgoing
from roadshow.rooms.relay.sources.numbering import MAX_JUMP
from roadshow.rooms.relay.sources.source import Source
from roadshow.rooms.relay.stage.lane_stream import LaneStream
from roadshow.rooms.relay.wire.rtp import unwrap
from tests.fuzz.test_parsers import read_rtp
from tests.relay.light_peer import h264, vp8
from tests.relay.test_numbering import a_lane, a_source

JUMPS = st.one_of(
    st.just(1),
    st.integers(-30, 30),
    st.sampled_from((-1025, -1024, -1023, -1000, 256, 257, 999, 1000, 1001, 1023, 1024, 1025, 0x7FFF, 0x8000, 0x8001)),
    st.integers(0, 0xFFFF),
)
LEAPS = st.one_of(
    st.just(3000),
    st.sampled_from((0, -3000, 1 << 31, (1 << 31) - 1, 30 * 90_000, 30 * 90_000 + 1, -30 * 90_000 - 1)),
    st.integers(0, (1 << 32) - 1),
)
STEPS = st.lists(
    st.tuples(
        st.integers(0, 1),  # which publisher
        JUMPS,
        LEAPS,
        st.sampled_from((1, 1, 1, 0, -1, 127, 128, 0x4000, None)),  # of the picture id; None: without one
        st.sampled_from(("delta", "delta", "key", "h264", "h264 key", "other ssrc", "again")),
        st.sampled_from(("", "", "", "", "switch", "nothing", "pad", "late", "resend")),
        st.sampled_from((0, 0, 1, 33, 701, 1501, 6000)),  # ms
    ),
    max_size=60,
)


class Receiver:
    """A viewer's idea of the stream, from the wire alone, and whether what comes can be."""

    def __init__(self, lane: LaneStream) -> None:
        self.lane = lane
        self.newest = lane.newest
        self.sent: dict[int, bytes] = {}
        self.order: dict[int, tuple[Source, int]] = {}
        """By outgoing number: whose packet it was, with its index there."""

    def gets(self, packet: Outgoing) -> None:
        sequence = int.from_bytes(packet.data[2:4], "big")
        number = unwrap(self.newest, sequence)
        assert number == packet.number  # a receiver, who knows the wire only, counts the wraps alike
        assert number - self.newest <= MAX_JUMP
        assert self.sent.setdefault(number, packet.data) == packet.data
        assert read_rtp(packet.data) is not None
        self.newest = max(number, self.newest)

    def gets_of(self, source: Source, index: int, packet: Outgoing) -> None:
        """A packet of this source goes before another of it exactly if it was sent before it."""
        self.gets(packet)
        for number, (other, before) in list(self.order.items())[-20:]:
            if other is source:
                assert (number < packet.number) == (before < index)
        self.order[packet.number] = (source, index)


@hypothesis.settings(max_examples=300, suppress_health_check=[hypothesis.HealthCheck.too_slow])
@given(STEPS, st.sampled_from((0, 0x7FF0, 0x7FFF)), st.integers(0, (1 << 32) - 1), st.integers(0, 0xFFFF))
def test_no_jump_of_a_publisher_makes_a_lane_run_backwards_or_use_a_number_twice(
    steps: list[tuple[int, int, int, int | None, str, str, int]], sequence: int, timestamp: int, start: int
) -> None:
    """Numbers go back only where the publisher's own packets came in another order than they were sent."""
    sources = [a_source("a"), a_source("b")]
    numbers, stamps, pictures, ssrcs = [start, start ^ 0xFFFF], [timestamp, 0], [0x7FF0, 0x7E], [1, 2]
    lane = a_lane(sequence, timestamp)
    receiver = Receiver(lane)
    lane.show(sources[0], 0)
    now, last = 0, vp8(0, 0)
    for which, jump, leap, picture, kind, action, wait in steps:
        now += wait
        source = sources[which]
        numbers[which] = numbers[which] + jump & 0xFFFF
        stamps[which] = stamps[which] + leap & 0xFFFFFFFF
        pictures[which] += picture or 0
        ssrcs[which] += 2 if kind == "other ssrc" else 0
        shown = None if picture is None else pictures[which] & 0x7FFF
        if kind.startswith("h264"):
            data = h264(numbers[which], stamps[which], key="key" in kind, ssrc=ssrcs[which])
        elif kind == "again":
            data = last
        else:
            data = vp8(numbers[which], stamps[which], kind == "key", shown, ssrcs[which])
        last = data
        read = read_rtp(data)
        assert read is not None
        media = source.accept(read, now)
        out = lane.forward(source, media, now) if media is not None else None
        if out is not None and media is not None:
            out = lane.pad(out, 7) if action == "pad" else out
            receiver.gets_of(source, media.index, out)
            if lane.begun_with is media:
                for each in list(lane.overtaken(now)):
                    receiver.gets(each)
        match action:
            case "switch":
                lane.show(sources[1 - which], now)
            case "nothing":
                lane.show(None, now)
            case "late":
                for each in lane.begin_late(now, 5000):
                    receiver.gets(each)
            case _:
                pass
        if action == "resend" and receiver.sent:
            for number in range(receiver.newest - 1030, receiver.newest + 3):
                again = lane.again(number)
                if again is not None:
                    assert number in receiver.sent
                    receiver.gets(again[0])
        replay = lane.replay(now)
        if replay is not None:
            for each in replay[1]:
                receiver.gets(each)


@pytest.mark.parametrize("held_back", [1030, 1031, 1050])
def test_a_late_packet_is_sent_again_as_it_was_sent(held_back: int) -> None:
    """Its place in the lane's memory may still hold what belonged to a number one turn of the ring before."""
    source, lane = a_source("a"), a_lane()
    lane.show(source, 0)
    receiver = Receiver(lane)
    order = [number for number in range(1060) if number != held_back]
    for number in [*order, held_back]:
        read = read_rtp(vp8(number, 3000 * number, key=number == 0))
        media = source.accept(read, number) if read is not None else None
        out = lane.forward(source, media, number) if media is not None else None
        assert out is not None
        receiver.gets(lane.pad(out, 5) if number < 1024 else out)
    for number in list(receiver.sent):
        again = lane.again(number)
        if again is not None:
            receiver.gets(again[0])
