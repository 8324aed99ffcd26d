"""How large frames leave: in chunks, in order, in time, and nothing else behind them. Pure, time is an input."""

from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from roadshow.rooms.relay.egress.egress import Egress, Target
from roadshow.rooms.relay.egress.outgoing import NO_SHIFT, Outgoing, Shift
from roadshow.rooms.relay.stage.burst import AUDIO_HOLD_MS, CROWD
from roadshow.rooms.relay.stage.lane_stream import LaneStream
from roadshow.rooms.relay.stage.outlet import Outlet
from roadshow.rooms.relay.stage.pacing import BRISK, GENTLE, ROOM, STILL, Pace, Pacing
from tests.relay.test_burst import a_packet, a_stream

RATE = 1_500_000
FRAMES = st.lists(st.tuples(st.integers(0, 80), st.integers(1, 2), st.integers(1, 56)), min_size=1, max_size=25)
"""Milliseconds since the one before, which stream's, packets."""


def frame(stream: LaneStream, packets: int, size: int = 1100) -> list[Outgoing]:
    return [a_packet(stream, size, ends=place == packets - 1) for place in range(packets)]


def left_by(pacing: Pacing, now: int, until: int) -> list[tuple[int, Outgoing]]:
    """What leaves from now on, and when, as a caller has it that wakes when told."""
    found: list[tuple[int, Outgoing]] = []
    while (wait := pacing.wait(now)) is not None and now + wait < until:
        now += wait
        found += [(now, packet) for packet in pacing.take(now)]
    return found


@given(FRAMES, st.sampled_from([0, 50_000, RATE, 20_000_000]), st.sampled_from([BRISK, GENTLE]))
def test_all_leaves_once_in_order_and_in_time(frames: list[tuple[int, int, int]], rate: int, pace: Pace) -> None:
    """A packet that overtakes is asked for again as if it were lost; one that waits is delay."""
    pacing, streams, now = Pacing(pace), {1: a_stream(), 2: a_stream()}, 1000
    added: dict[int, list[tuple[int, int]]] = {1: [], 2: []}
    left: dict[int, list[tuple[int, int]]] = {1: [], 2: []}
    for gap, number, count in frames:
        for at, packet in left_by(pacing, now, now + gap):
            left[packet.lane].append((packet.number, at))
        now += gap
        for packet in (packets := frame(streams[number], count)):
            packet.lane = number
            added[number].append((packet.number, now))
        pacing.add(number, packets, rate, now)
        held = pacing.held()
        assert len(held) == sum(len(added[one]) - len(left[one]) for one in added)
    for at, packet in left_by(pacing, now, now + 10_000):
        left[packet.lane].append((packet.number, at))
    assert pacing.empty
    for number, packets_of in added.items():
        assert [one for one, _ in left[number]] == [one for one, _ in packets_of]
        waits = [then - came for (_, came), (_, then) in zip(packets_of, left[number], strict=True)]
        assert all(0 <= wait <= pace.most_ms for wait in waits)


@given(st.integers(1, ROOM))
def test_an_ordinary_frame_leaves_at_once(packets: int) -> None:
    pacing, stream = Pacing(), a_stream()
    pacing.add(1, frame(stream, packets), RATE, 1000)
    assert len(pacing.take(1000)) == packets
    assert pacing.empty


@given(FRAMES, st.sampled_from([RATE, 4 * RATE, 20 * RATE]), st.sampled_from([BRISK, GENTLE]))
def test_what_leaves_has_room_in_a_shallow_queue(frames: list[tuple[int, int, int]], rate: int, pace: Pace) -> None:
    """Whatever came before, as long as no frame is so large that all of its time is used up."""
    pacing, stream, now = Pacing(pace), a_stream(), 1000
    each = 8000 * 1100 / (pace.times * rate)
    added: dict[int, int] = {}
    queue = drained_at = 0.0
    for gap, _, count in [*frames, (10_000, 1, 1)]:
        for at, packet in left_by(pacing, now, now + gap):
            queue = max(0.0, queue - (at - drained_at) / each) + 1
            drained_at = at
            hurried = at - added[packet.number] >= pace.most_ms
            if hurried:
                return
            assert queue <= ROOM + 1 / each + 0.01
        now += gap
        if count * each > pace.most_ms:
            return
        packets = frame(stream, count)
        added |= {packet.number: now for packet in packets}
        pacing.add(1, packets, rate, now)


@given(st.integers(ROOM + 1, 56), st.sampled_from([0, 300_000, RATE]), st.sampled_from([BRISK, GENTLE]))
def test_a_large_frame_is_spread(packets: int, rate: int, pace: Pace) -> None:
    """Over its time at least, where the picture's rate would have it take longer."""
    pacing, stream = Pacing(pace), a_stream()
    pacing.add(1, frame(stream, packets), rate, 1000)
    left = left_by(pacing, 1000, 2000)
    times = sorted({at for at, _ in left})
    assert times[0] == 1000
    assert all(sum(at == one for at, _ in left) <= ROOM for one in times)
    if 8000 * 1100 * packets / (pace.times * (rate or 1)) >= pace.most_ms:
        assert times[-1] - 1000 >= int(pace.most_ms * (1 - ROOM / packets)) - 1


def test_where_a_crowd_takes_longer_chunks_follow_each_other_without_a_rest() -> None:
    """A core that is late sends the next chunk to all, not two of them to each."""
    pacing, stream = Pacing(), a_stream()
    pacing.add(1, frame(stream, 40), RATE, 1000)
    sizes: list[int] = []
    while not pacing.empty:
        assert pacing.wait(1100) == 0 or not sizes
        sizes.append(len(pacing.take(1100)))
    assert sizes == [10, 10, 10, 10]


class Members:
    """A crowd."""

    def __init__(self) -> None:
        self.all: list[Viewer] = []

    @property
    def size(self) -> int:
        return len(self.all)

    def add(self, target: "Viewer") -> None:
        if target.crowd is not self:
            target.crowd = self
            self.all.append(target)

    def remove(self, target: "Viewer") -> None:
        if target.crowd is self:
            target.crowd = None
            self.all.remove(target)

    def take(self, target: "Viewer", lane: int, stream: int, shift: Shift, roc: int) -> None:
        target.legs[lane] = stream, shift


class Viewer:
    def __init__(self) -> None:
        self.crowd: Members | None = None
        self.got: list[list[Outgoing]] = []
        self.legs: dict[int, tuple[int, Shift]] = {}

    @property
    def packets(self) -> list[Outgoing]:
        return [packet for call in self.got for packet in call]


class Sending:
    """An egress whose viewers keep what they are sent, call by call."""

    def crowd(self) -> Members:
        return Members()

    def send(self, crowd: Members, packets: list[Outgoing]) -> None:
        for one in crowd.all:
            one.got.append(packets)

    def send_to(self, target: Viewer, packets: list[Outgoing]) -> None:
        target.got.append(packets)


def an_outlet(viewers: int = 1) -> tuple[Outlet, list[Any]]:
    """And its viewers, who take all that is put in."""
    outlet = Outlet(cast("Egress", Sending()))
    found = [Viewer() for _ in range(viewers)]
    for viewer in found:
        outlet.take(cast("Target", viewer), a_stream(), NO_SHIFT, 0, 1000)
    return outlet, found


@given(st.lists(st.tuples(st.integers(1, 20), st.sampled_from([0, 0, 1, 6, 30])), min_size=1, max_size=30))
def test_sound_never_waits_behind_a_picture(steps: list[tuple[int, int]]) -> None:
    """It leaves when it would without any picture's chunks, or sooner, riding with one."""
    picture, voice = a_stream(), a_stream(video=False)
    voice.ident = 99
    (outlet, (viewer,)), now, came = an_outlet(), 1000, dict[int, int]()
    for gap, packets in steps:
        for _ in range(gap):
            outlet.ready(now)
            left = {packet.number for packet in viewer.packets if not packet.video}
            assert all(number in left or now - at < AUDIO_HOLD_MS for number, at in came.items())
            now += 1
        if packets:
            for packet in frame(picture, packets):
                outlet.put(packet, picture, now)
        else:
            sound = a_packet(voice, 160)
            came[sound.number] = now
            outlet.put(sound, voice, now)


def test_sound_rides_with_the_next_chunk() -> None:
    """A call of its own for each viewer would cost as much as a chunk's."""
    picture, voice = a_stream(), a_stream(video=False)
    outlet, viewers = an_outlet(CROWD)
    for packet in frame(picture, 40):
        outlet.put(packet, picture, 1000)
    assert outlet.ready(1000) == 12
    outlet.put(a_packet(voice, 160), voice, 1005)
    assert outlet.ready(1005) == 7
    assert len(viewers[0].got) == 1
    outlet.ready(1012)
    assert [packet.video for packet in viewers[0].got[1]] == [True] * 10 + [False]


def test_a_viewer_that_gives_up_a_picture_gets_first_what_waits() -> None:
    """Its numbers run on after those: left out, they would be asked for again as lost."""
    stream = a_stream()
    outlet, (viewer,) = an_outlet()
    packets = frame(stream, 40)
    for packet in packets:
        outlet.put(packet, stream, 1000)
    outlet.drop(viewer, stream, 1000)
    assert viewer.packets == packets


def test_a_late_viewer_gets_no_packet_twice() -> None:
    """What waits for its time comes with the crowd's; the same in its replay would be sent, and encrypted, again."""
    stream = a_stream()
    outlet, (viewer,) = an_outlet()
    packets = frame(stream, 40)
    for packet in packets:
        outlet.put(packet, stream, 1000)
    outlet.flush(1000)
    late = Viewer()
    outlet.take(cast("Target", late), stream, NO_SHIFT, 0, 1000)
    outlet.replay(cast("Target", late), stream, packets)
    for now in range(1000, 1000 + BRISK.most_ms):
        outlet.ready(now)
    assert late.packets == viewer.packets == packets


@given(
    st.lists(
        st.tuples(st.integers(0, 50), st.integers(1, 50), st.integers(0, 2), st.booleans()), min_size=1, max_size=20
    )
)
def test_who_changes_its_pace_gets_all_once_and_in_order(steps: list[tuple[int, int, int, bool]]) -> None:
    """A packet left out is a repair; one sent twice is a number encrypted twice."""
    stream, now = a_stream(), 1000
    outlet, viewers = an_outlet(3)
    put: list[Outgoing] = []
    for gap, count, turn, gently in steps:
        for _ in range(gap):
            outlet.ready(now)
            now += 1
        outlet.pace(viewers[turn], gently)
        for packet in frame(stream, count):
            put.append(packet)
            outlet.put(packet, stream, now)
    for now in range(now, now + 1000):  # noqa: B020
        outlet.ready(now)
    assert all(viewer.packets == put for viewer in viewers)


def test_a_chunk_for_lines_that_lose_costs_the_others_no_call() -> None:
    """Their sound would leave alone, one call for each of a thousand viewers for the sake of one."""
    picture, voice = a_stream(), a_stream(video=False)
    outlet, viewers = an_outlet(CROWD + 1)
    outlet.pace(viewers[-1], gently=True)
    for packet in frame(picture, 40):
        outlet.put(packet, picture, 1000)
    for now in range(1000, 1060):
        outlet.ready(now)
    calls = len(viewers[0].got)
    outlet.put(a_packet(voice, 160), voice, 1060)
    for now in range(1060, 1060 + AUDIO_HOLD_MS):
        outlet.ready(now)
    assert len(viewers[0].got) == calls
    outlet.ready(1060 + AUDIO_HOLD_MS)
    assert [packet.video for packet in viewers[0].got[calls]] == [False]


def test_lines_that_lose_get_a_large_frame_gently() -> None:
    """And nobody else waits for them."""
    stream = a_stream()
    outlet, (brisk, gentle) = an_outlet(2)
    outlet.pace(gentle, gently=True)
    for packet in frame(stream, 40):
        outlet.put(packet, stream, 1000)
    for now in range(1000, 1000 + BRISK.most_ms):
        outlet.ready(now)
    assert (len(brisk.packets), len(brisk.got)) == (40, 4)
    assert [len(call) for call in gentle.got] == [8, 8, 8]
    assert len(outlet.held(brisk)) == 0
    assert len(outlet.held(gentle)) == 16


def test_a_still_leaves_packet_by_packet_at_its_own_rate() -> None:
    """Sound passes between: two packets at once are 40 ms of a line of 500 kbit/s, ten would be 200."""
    pacing, packets = Pacing(), frame(a_stream(), 30)
    pacing.add(1, packets, 350_000, 1000, STILL)
    left = [(now, len(pacing.take(now))) for now in range(1000, 2000)]
    left = [(now, count) for now, count in left if count]
    each = 8000 * len(packets[0].data) / 350_000
    assert [count for _, count in left] == [2] + [1] * 28
    assert all(now >= 1000 + int((number - 1) * each) for number, (now, _) in enumerate(left))
    assert left[-1][0] <= 1000 + 30 * each
    pacing.add(2, frame(a_stream(), 8), 350_000, 3000, STILL)
    assert len(pacing.take(3000)) == 2, "a small one as well"


def test_stills_that_leave_all_the_time_keep_nobody_else_from_another_pace() -> None:
    """A viewer moves once nothing that it takes waits, whatever others take."""
    stills, picture = a_stream(), a_stream()
    stills.ident, stills.pace = 7, Pace(times=1.0, most_ms=6000, chunk=1, room=2)
    outlet, (thin, other) = an_outlet(2)
    outlet.take(thin, stills, NO_SHIFT, 0, 1000)
    for packet in frame(stills, 40):
        packet.stream = 7
        outlet.put(packet, stills, 1000)
    outlet.flush(1000)
    outlet.pace(thin, gently=True)
    outlet.pace(other, gently=True)
    outlet.put(a_packet(picture, 100), picture, 1010)
    outlet.flush(1010)
    assert outlet.gentle == 1
