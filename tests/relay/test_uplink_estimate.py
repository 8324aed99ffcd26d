"""What an encoder without transport-wide feedback is told of its line, on generated lines: no sockets, no clock."""

import random
from collections.abc import Callable, Iterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadshow.rooms.relay.sources.estimate import LEAST, Estimate

LIMIT = 2_500_000
FRAMES, PACKET = 15, 1100
SEND_TIME, TURN = 1 << 18, 1 << 24
"""abs-send-time: parts of a second, and where it wraps."""


class Line(msgspec.Struct):
    """Bits a second by time, and what else happens to a packet. Times in seconds."""

    capacity: Callable[[float], float] = lambda at: 1e9
    queue: float = 0.3
    delay: Callable[[float], float] = lambda at: 0.02
    jitter: float = 0.0
    loss: float = 0.0


class Moment(msgspec.Struct):
    """A frame's."""

    at: float
    told: int
    queue: float
    lost: float


def play(line: Line, seconds: float, most: int = 2_000_000, heeds: bool = True, stamped: bool = False) -> list[Moment]:
    """An encoder of this rate that follows what it is told within two frames, unless it heeds nothing. ``stamped``: its
    packets have no time but their frame's."""
    chance = random.Random(7)
    estimate, moments = Estimate(LIMIT), list[Moment]()
    arrivals: list[tuple[float, float, float]] = []
    """Came, left, its frame's time."""
    free = came = lost = 0.0
    rate, following = float(most), [float(most)] * 2
    taken = packets = missed = 0
    for frame in range(round(seconds * FRAMES)):
        now = frame / FRAMES
        following = [*following[1:], min(most, estimate.bits) if heeds else most]
        rate = following[0]
        waits = max(0.0, free - now)
        sent = max(1, round(rate / FRAMES / 8 / PACKET))
        for number in range(sent):
            left = now + number * 0.002
            begins = max(free, left)
            if begins - left > line.queue or chance.random() < line.loss:
                lost += 1
                missed += 1
                continue
            free = begins + PACKET * 8 / line.capacity(left)
            jitter = abs(chance.gauss(0, line.jitter))
            arrivals.append((free + line.delay(left) + jitter, left, now))
            came += 1
        arrivals.sort()
        for arrived, left, captured in [packet for packet in arrivals if packet[0] <= now + 1 / FRAMES]:
            us = round((arrived + 1000) * 1e6)
            if estimate.due(us):
                estimate.look(packets, taken + missed, us)
            packets += 1
            if stamped:
                estimate.came(5, round(captured * 90_000) & 0xFFFFFFFF, 1 << 32, 90_000, us, PACKET)
            else:
                estimate.came(0, round(left * SEND_TIME) % TURN, TURN, SEND_TIME, us, PACKET)
        arrivals = [packet for packet in arrivals if packet[0] > now + 1 / FRAMES]
        moments.append(Moment(now, estimate.bits, waits, lost))
    return moments


def between(moments: list[Moment], since: float, until: float) -> Iterator[Moment]:
    return (moment for moment in moments if since <= moment.at < until)


def middle(values: Iterator[float]) -> float:
    found = sorted(values)
    return found[len(found) // 2]


@pytest.mark.parametrize("stamped", [False, True])
@pytest.mark.parametrize("capacity", [500_000, 1_000_000])
def test_a_line_that_becomes_thin_is_filled_and_no_queue_stands(capacity: int, stamped: bool) -> None:
    """2 Mbit/s into half of it, from the tenth second on; wide again from the fortieth."""
    moments = play(Line(lambda at: capacity if 10 < at < 40 else 10_000_000), 60, stamped=stamped)
    assert {moment.told for moment in between(moments, 1, 10)} == {LIMIT}
    thin = list(between(moments, 15, 40))
    assert 0.7 * capacity < middle(iter([float(moment.told) for moment in thin])) < 1.1 * capacity
    assert middle(moment.queue for moment in between(moments, 15, 40)) < 0.06
    assert thin[-1].lost == thin[0].lost, "nothing overflows once it was told"
    assert moments[-1].told > 1_500_000


@pytest.mark.parametrize(
    "line",
    [
        Line(jitter=0.03),
        Line(loss=0.05),
        Line(jitter=0.01, loss=0.1),
        Line(delay=lambda at: 0.02 if at < 20 else 0.12),
        Line(delay=lambda at: 0.02 + at * 100e-6),
    ],
    ids=["jitter", "loss", "both", "a longer route", "clocks that drift"],
)
def test_what_is_no_queue_costs_no_picture(line: Line) -> None:
    """A radio link's jitter and stray loss, a change of route, two clocks of which one goes wrong by 100 ppm."""
    moments = play(line, 60)
    assert min(moment.told for moment in moments) > 1_500_000
    assert moments[-1].told > 2_000_000


def test_a_much_longer_route_costs_it_for_seconds_only() -> None:
    """400 ms more look like a queue, until less comes and nothing drains: there is none where the line is not full."""
    moments = play(Line(delay=lambda at: 0.02 if at < 20 else 0.42), 30)
    assert min(moment.told for moment in moments) > 1_200_000
    assert moments[25 * FRAMES].told > 1_900_000


def test_a_queue_that_grows_slowly_is_seen_once_it_stands() -> None:
    """A line that is too narrow by a fiftieth: each third of a second is hardly worse than the last."""
    moments = play(Line(lambda at: 1_960_000), 60)
    assert max(moment.queue for moment in between(moments, 10, 60)) < 0.2


@pytest.mark.parametrize("queue", [0.015, 0.08])
def test_a_queue_too_short_to_stand_shows_in_its_loss(queue: float) -> None:
    """With some delay beside it, or so heavy that nothing else could be the cause."""
    moments = play(Line(lambda at: 800_000, queue=queue), 40)
    assert middle(float(moment.told) for moment in between(moments, 10, 40)) < 1_200_000
    assert moments[-1].lost - moments[10 * FRAMES].lost < 0.1 * 30 * 800_000 / 8 / PACKET


def test_whoever_heeds_nothing_is_told_no_less_than_a_bound() -> None:
    moments = play(Line(lambda at: 30_000), 40, heeds=False)
    assert all(LEAST <= moment.told <= LIMIT for moment in moments)


def test_silence_tells_nothing() -> None:
    """A camera that was off for a minute is as good as before."""
    estimate = Estimate(LIMIT)
    for at in (0, 60_000_000):
        for number in range(100):
            us = at + number * 10_000
            if estimate.due(us):
                assert not estimate.look(number, 0, us)
            estimate.came(0, us * SEND_TIME // 1_000_000 % TURN, TURN, SEND_TIME, us, PACKET)
    assert estimate.bits == LIMIT


@given(st.lists(st.tuples(st.integers(0, TURN - 1), st.integers(0, 500_000), st.integers(0, 40)), max_size=200))
def test_whatever_times_are_claimed_the_estimate_stays_in_its_bounds(packets: list[tuple[int, int, int]]) -> None:
    """The time of sending is what a publisher says it is."""
    estimate, us, lost = Estimate(LIMIT), 0, 0
    for number, (time, wait, missed) in enumerate(packets):
        us += wait
        lost += missed
        estimate.came(0, time, TURN, SEND_TIME, us, PACKET)
        if estimate.due(us):
            estimate.look(number, lost, us)
        assert LEAST <= estimate.bits <= LIMIT
