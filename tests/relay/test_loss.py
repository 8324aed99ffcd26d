"""Loss, bursts, reorder, jitter and doubled packets as inputs: what is asked for again, what comes through, and when.

No sockets: the network is ``Path``, which gives arrival times; the clock is a number.
"""

import heapq
import itertools
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadshow.ids import SourceId
from roadshow.rooms.relay.last_mile.ladder import Rates
from roadshow.rooms.relay.last_mile.protection import Protection
from roadshow.rooms.relay.last_mile.quality import QualityChooser
from roadshow.rooms.relay.last_mile.resending import (
    AGAIN_MS,
    HEAVY_LOSS,
    LEAST_DELAY_MS,
    MOST_DELAY_MS,
    RELAPSE_MS,
    REMEMBERED,
    REPEATED_MS,
    STRAY_LOSS,
    Resending,
    with_extension,
)
from roadshow.rooms.relay.offers.lanes import Quality, StreamForm
from roadshow.rooms.relay.sources.nack import (
    DEPTH,
    FIRST_WAIT_MS,
    GIVE_UP_MS,
    HELD_MS,
    LATE_PACKETS,
    MAX_RETRY_MS,
    MAX_TRIES,
    MIN_RETRY_MS,
    SHARE,
    NackGenerator,
    Share,
)
from roadshow.rooms.relay.sources.source import Source
from roadshow.rooms.relay.stage.lane_stream import Beginning, LaneStream
from roadshow.rooms.relay.wire.codecs import Codec
from roadshow.rooms.relay.wire.rtcp import ReportBlock
from roadshow.rooms.relay.wire.rtp import find_extension, parse
from roadshow.rooms.relay.wire.sync import SenderClock
from tests.relay.light_peer import opus, vp8
from tests.relay.lossy import Path, Weather

FORM = StreamForm(((Codec.VP8, 100),), mid="v", mid_id=1)
PACKET_MS, PER_FRAME = 5, 6
"""Six packets of a frame, then the rest of a thirtieth of a second: what an encoder's pacing gives."""
TICK_MS = 20


class Outcome(msgspec.Struct):
    """What a run of one publisher through a bad network came to. Times from sending to the lane, in ms."""

    sent: int = 0
    waits: list[int] = []
    resent: int = 0
    duplicates: int = 0
    key_frames_wanted: int = 0

    @property
    def complete(self) -> float:
        return len(self.waits) / self.sent

    def beyond(self, ms: int) -> float:
        """The share of packets that came later than this, or never."""
        return 1 - sum(wait <= ms for wait in self.waits) / self.sent


def play(weather: Weather, seed: str, packets: int = 6000, answers: bool = True) -> tuple[Outcome, Source]:
    """A publisher sends through ``weather``, and again what it is asked for; a lane forwards what comes."""
    up, down = Path(weather, f"{seed} up"), Path(weather, f"{seed} down")
    source = Source(SourceId("a"), True, {96: Codec.VP8}, 0, SenderClock())
    lane = LaneStream(FORM, True, Beginning(7, 0x7000, 5))
    outcome, out, share = Outcome(), set[int](), Share()
    sent_at: list[int] = []
    events: list[tuple[float, int, Callable[[int], None]]] = []
    order = itertools.count()

    def later(at: float, what: Callable[[int], None]) -> None:
        heapq.heappush(events, (at, next(order), what))

    def transmit(number: int, now: int) -> None:
        for at in up.arrivals(now):
            later(at, lambda now: arrive(number, now))

    def send(number: int, now: int) -> None:
        sent_at.append(now)
        transmit(number, now)
        if number + 1 < packets:
            in_frame = (number + 1) % PER_FRAME
            later(
                now + (PACKET_MS if in_frame else 34 - PACKET_MS * (PER_FRAME - 1)), lambda now: send(number + 1, now)
            )

    def arrive(number: int, now: int) -> None:
        data = vp8(0xFF00 + number, 3000 * (number // PER_FRAME), key=number == 0, start=number % PER_FRAME == 0)
        packet = parse(data)
        assert packet is not None
        share.came()
        media = source.accept(packet, now)
        if media is None:
            outcome.duplicates += 1
            return
        forwarded = lane.forward(source, media, now)
        assert forwarded is not None, "what came late must still go out"
        assert forwarded.number not in out
        out.add(forwarded.number)
        outcome.waits.append(now - sent_at[number])
        ask(now)

    def ask(now: int) -> None:
        lost = source.missed(now, share.free(0, 1))
        share.take(len(lost))
        for sequence in lost:
            number = (sequence - 0xFF00) % 0x10000
            outcome.resent += 1
            for at in down.arrivals(now) if answers else []:
                later(at, lambda now, number=number: transmit(number, now))  # type: ignore[misc]
        outcome.key_frames_wanted += source.keyframes.due(now)

    def tick(now: int) -> None:
        ask(now)
        if len(sent_at) < packets or now < sent_at[-1] + 2 * GIVE_UP_MS:
            later(now + TICK_MS, tick)

    # The first packet, a key frame's, always comes: before it there is nothing to number from.
    sent_at.append(0)
    source_first = vp8(0xFF00, 0, key=True, start=True)
    packet = parse(source_first)
    assert packet is not None
    lane.show(source, 0)
    media = source.accept(packet, 0)
    assert media is not None
    forwarded = lane.forward(source, media, 0)
    assert forwarded is not None
    outcome.waits.append(0)
    out.add(forwarded.number)
    later(PACKET_MS, lambda now: send(1, now))
    later(TICK_MS, tick)
    while events:
        at, _, what = heapq.heappop(events)
        what(round(at))
    outcome.sent = packets
    return outcome, source


@pytest.mark.parametrize("delay", [0, 20, 80])
def test_stray_loss_each_way_is_made_up_for_within_a_few_round_trips(delay: int) -> None:
    """5 % lost each way, requests and repeats among it: a picture's buffer still holds."""
    outcome, source = play(Weather(loss=0.05, delay_ms=delay, jitter_ms=5), f"stray {delay}")
    assert outcome.complete == 1
    assert outcome.key_frames_wanted == 0
    assert outcome.beyond(delay) > 0.02, "the network was not as bad as said"
    # Two trips and two waits: only what was lost three times over comes later.
    assert outcome.beyond(3 * delay + 2 * FIRST_WAIT_MS + 60) < 0.006
    assert outcome.beyond(7 * delay + 150) < 0.0005
    # About one request for each loss, and few packets sent for nothing.
    assert outcome.resent < 1.35 * source.nacks.recovered
    assert outcome.duplicates < 0.1 * source.nacks.recovered


def test_bursts_come_through_too() -> None:
    """A radio link's second: everything lost for eight packets on end, again and again."""
    outcome, _ = play(Weather(burst=0.01, burst_length=8, delay_ms=30), "bursts")
    assert outcome.complete == 1
    assert outcome.key_frames_wanted == 0
    assert outcome.beyond(300) < 0.003


def test_a_line_that_is_full_is_not_filled_with_repeats() -> None:
    """Half of all is lost in a queue that overflows, repeats among it. They used to be asked for twelve times each."""
    outcome, _ = play(Weather(loss=0.5, delay_ms=100), "full", packets=3000)
    came = len(outcome.waits) + outcome.duplicates
    assert outcome.resent <= DEPTH + SHARE * came
    assert outcome.complete > 0.5


def test_a_small_layer_is_asked_for_while_a_large_one_is_given_up() -> None:
    """What still goes through a thin line is the small picture, as long as the large one leaves it room."""
    share = Share()
    assert [share.free(rank, 3) for rank in (0, 1, 2)] == [DEPTH, DEPTH - DEPTH // 3 - 1, DEPTH - 2 * DEPTH // 3 - 1]
    share.take(share.free(2, 3))
    assert share.free(2, 3) == 0
    assert share.free(1, 3) > 0
    share.take(share.free(1, 3))
    assert share.free(1, 3) == 0
    assert share.free(0, 3) >= DEPTH // 3
    for _ in range(4 * DEPTH):
        share.came()
    assert share.free(0, 3) == DEPTH


def test_what_there_is_no_share_for_is_asked_for_later() -> None:
    """Not forgotten: the line may be free again in a moment."""
    nacks = NackGenerator()
    nacks.gap(5, 9, 1000)
    nacks.passed(20, 1000)
    assert nacks.due(1000, 2) == [5, 6]
    assert nacks.due(1000 + HELD_MS, 9) == [7, 8]


def test_packets_out_of_order_or_doubled_are_not_asked_for() -> None:
    """A network that reorders but loses nothing must not double the publisher's rate."""
    outcome, source = play(Weather(late=0.05, late_ms=12, twice=0.02, delay_ms=20), "late")
    assert outcome.complete == 1
    assert outcome.duplicates > 0
    assert source.nacks.requested < 0.01 * outcome.sent


def test_a_publisher_that_never_repeats_costs_a_key_frame_not_the_picture() -> None:
    """Some encoders take no NACK: what is given up must be made up for, or decoders stand still for seconds."""
    outcome, source = play(Weather(loss=0.01, delay_ms=20), "deaf", packets=2000, answers=False)
    assert source.nacks.abandoned == outcome.sent - len(outcome.waits) > 0
    assert source.nacks.idle
    assert outcome.key_frames_wanted > 0


def test_retries_follow_the_publishers_round_trip() -> None:
    """Sooner would be answered twice or, by browsers, not at all; later lets every viewer wait."""
    for delay in (5, 50, 150):
        _, source = play(Weather(loss=0.05, delay_ms=delay), f"trip {delay}", packets=3000)
        trip = source.nacks.round_trip_ms
        assert trip is not None
        assert 2 * delay <= trip <= 2 * delay + 10
        assert max(MIN_RETRY_MS, 2 * delay) <= source.nacks.retry_ms <= 2 * delay + 40


@given(st.lists(st.tuples(st.sampled_from(["gap", "tick", "late", "next"]), st.integers(0, 400)), max_size=120))
def test_requests_are_bounded_whatever_comes(events: list[tuple[str, int]]) -> None:
    """At most so many for one number, none after it came or was given up, and waits within their bounds."""
    nacks, now, newest = NackGenerator(), 1000, 100
    asked: dict[int, list[int]] = {}
    missing: set[int] = set()
    for what, size in events:
        now += size % 50
        match what:
            case "gap":
                hole = range(newest + 1, newest + 1 + size % 20)
                newest += len(hole) + 1
                if nacks.gap(hole.start, hole.stop, now):
                    missing.update(hole)
                else:
                    missing.clear()
                nacks.passed(newest, now)
            case "next":
                newest += 1
                nacks.passed(newest, now)
            case "late" if missing:
                number = sorted(missing)[size % len(missing)]
                missing.discard(number)
                nacks.arrived(number, now)
            case _:
                for number in nacks.due(now):
                    assert number in missing
                    asked.setdefault(number, []).append(now)
        assert MIN_RETRY_MS <= nacks.retry_ms <= MAX_RETRY_MS
    for times in asked.values():
        assert len(times) <= MAX_TRIES
        assert all(after - before >= MIN_RETRY_MS for before, after in itertools.pairwise(times))
    nacks.due(now + GIVE_UP_MS)
    for _ in range(3):
        now += GIVE_UP_MS
        nacks.due(now)
    assert nacks.idle


def test_a_packet_is_lost_once_enough_later_ones_came_or_time_passed() -> None:
    """The first request is what most viewers wait for: no timer's granularity comes before it."""
    nacks = NackGenerator()
    nacks.gap(5, 6, 1000)
    nacks.passed(6, 1000)
    assert nacks.due(1001) == []
    nacks.passed(5 + LATE_PACKETS, 1002)
    assert nacks.due(1002) == [5]
    nacks.gap(20, 21, 2000)
    assert nacks.next_at <= 2000 + FIRST_WAIT_MS
    assert 20 in nacks.due(2000 + FIRST_WAIT_MS)


def test_what_cannot_be_merely_late_is_asked_for_at_once() -> None:
    """A voice has no 10 ms to lose: what comes later than its buffer holds is not heard."""
    nacks = NackGenerator()
    nacks.gap(5, 6, 1000)
    assert nacks.due(1000) == []
    nacks.certain(1000)
    assert nacks.due(1000) == [5]
    nacks.certain(1001)
    assert nacks.due(1001) == [], "nor twice"


def reports(resending: Resending, loss: float, now: int) -> None:
    """Of 1000 more packets so many were lost."""
    former = resending._report or ReportBlock(1, 0, 0, 0, 0, 0, 0)
    resending.reported(former, now - 1000)
    block = ReportBlock(1, 0, former.lost + round(1000 * loss), former.highest + 1000, 0, 0, 0)
    resending.reported(block, now)


def test_a_good_network_gets_one_copy_and_no_delay() -> None:
    """Who loses a packet an hour pays nothing for those who lose more."""
    resending = Resending()
    reports(resending, STRAY_LOSS - 0.001, 0)
    assert [resending.copies(number, 10 * number) for number in range(50)] == [1] * 50
    assert resending.playout(40, 500) is None


def test_a_lossy_viewer_gets_copies_and_a_deeper_buffer_until_it_is_well() -> None:
    resending = Resending()
    reports(resending, 0.05, 1000)
    assert resending.copies(1, 1000) == 2
    value = resending.playout(40, 1000)
    assert value is not None
    least, most = int.from_bytes(value, "big") >> 12, int.from_bytes(value, "big") & 0xFFF
    assert LEAST_DELAY_MS <= least * 10 == 2 * AGAIN_MS + 40 <= MOST_DELAY_MS < most * 10
    # A shorter trip does not shorten the buffer while it is needed…
    assert resending.playout(5, 2000) == value
    # …and a calm while ends it.
    reports(resending, 0, 2000)
    calm = 1000 + RELAPSE_MS
    assert resending.copies(2, calm) == 1
    assert resending.playout(40, calm) == (1000).to_bytes(3, "big")


def test_a_request_repeated_is_a_sign_of_loss_but_a_doubled_one_is_not_answered() -> None:
    resending = Resending()
    assert resending.copies(7, 1000) == 1
    assert resending.copies(7, 1000 + REPEATED_MS - 1) == 0
    assert resending.copies(7, 1000 + AGAIN_MS) == 2
    assert resending.copies(8, 1000 + AGAIN_MS) == 2


def test_a_choked_line_is_not_choked_further() -> None:
    resending = Resending()
    reports(resending, HEAVY_LOSS + 0.001, 1000)
    assert resending.copies(1, 1001) == 1


def test_loss_is_what_is_lost_on_the_whole() -> None:
    """Reports come with NACKs, of a few packets each, of which one is missed just then; some come late, some never."""
    resending = Resending()
    lost = 0
    for highest in range(0, 3000, 10):
        lost += highest % 100 == 0
        late = 4 if highest % 40 == 0 else 0
        if highest % 70:
            resending.reported(ReportBlock(1, 100, lost + late, highest, 0, 0, 0), 5 * highest)
    assert 0.005 <= resending.loss <= 0.035
    assert resending.copies(1, 15_000) == 2


def test_what_never_went_out_is_not_lost_on_a_viewers_line() -> None:
    """While a pitcher's line overflowed, half of some seconds never came to the relay. Then each of five hundred
    viewers was sent everything twice and every voice four times over, for half a minute."""
    resending, chooser, protection = Resending(), QualityChooser(), Protection()
    chooser.decide(0, Rates(layers=(100_000, 500_000)))
    absent = lost = 0
    for second in range(1, 20):
        absent += 60 if second in (5, 6, 7) else 0
        lost += 60 if second in (5, 6, 7) else 0
        block = ReportBlock(1, 0, lost, 120 * second, 0, 0, 0)
        chooser.on_report(block, 1000 * second, absent)
        counts = resending.reported(block, 1000 * second, absent)
        if counts is not None:
            protection.reported(*counts, 1000 * second)
        chooser.decide(1000 * second, Rates(layers=(100_000, 500_000)))
    assert resending.loss == 0
    assert resending.copies(1, 20_000) == 1
    assert protection.distance(20_000) == 0
    assert chooser.quality is Quality.HIGH


@given(
    st.lists(st.tuples(st.integers(-(1 << 23), 1 << 23), st.integers(0, 1 << 32), st.integers(0, 10_000)), max_size=30)
)
def test_whatever_is_reported_is_a_share(blocks: list[tuple[int, int, int]]) -> None:
    resending = Resending()
    for lost, highest, now in blocks:
        resending.reported(ReportBlock(1, 0, lost, highest, 0, 0, 0), now)
        assert 0 <= resending.loss <= 1


@given(st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 50)), max_size=300))
def test_what_is_remembered_of_a_viewer_is_bounded(requests: list[tuple[int, int]]) -> None:
    resending, now = Resending(), 0
    for number, wait in requests:
        now += wait
        assert 0 <= resending.copies(number, now) <= 2
    for number in range(3 * REMEMBERED):
        resending.copies(number, now)
    assert len(resending._asked) <= REMEMBERED


@pytest.mark.parametrize("data", [vp8(5, 90, marker=False), opus(9, 960, level=3)])
def test_an_extension_is_added_to_a_packet_with_others_or_none(data: bytes) -> None:
    before, after = parse(data), parse(with_extension(data, 9, b"abc"))
    assert before is not None
    assert after is not None
    assert after.extension(9) == b"abc"
    assert after.payload == before.payload
    assert (after.sequence, after.timestamp, after.marker) == (before.sequence, before.timestamp, before.marker)
    if before.extensions:
        assert after.extension(3) == find_extension(before.profile, before.extensions, 3)
