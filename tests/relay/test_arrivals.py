"""What a publisher is told of when its packets came: no sockets, times are numbers."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from roadshow.rooms.relay.sources.arrivals import LATE_MS, LEAST_MS, MAX_JUMP, MOST_MS, Arrivals
from roadshow.rooms.relay.wire.transport_wide import TICK_US, read

SIZE = 1100


def told(arrivals: Arrivals, now: int) -> dict[int, int | None]:
    """By number; in ticks."""
    found: dict[int, int | None] = {}
    for packet in arrivals.feedback(9, now):
        feedback = read(packet[4 : len(packet) - packet[-1]] if packet[0] & 0x20 else packet[4:])
        for place, tick in enumerate(feedback.arrivals):
            found[(feedback.base + place) & 0xFFFF] = tick
    return found


def test_each_number_is_told_once_with_its_time_and_the_missing_as_missing() -> None:
    arrivals = Arrivals(1)
    assert not arrivals.due(1000)
    for number in (0xFFFE, 0xFFFF, 1, 2):
        arrivals.came(number, 10_000 * TICK_US + number % 8 * TICK_US, SIZE)
    assert told(arrivals, 1000) == {0xFFFE: 10_006, 0xFFFF: 10_007, 0: None, 1: 10_001, 2: 10_002}
    assert not arrivals.due(2000)
    arrivals.came(3, 11_000 * TICK_US, SIZE)
    assert arrivals.due(2000)
    assert told(arrivals, 2000) == {3: 11_000}


def test_what_comes_late_is_told_of_again_with_what_followed() -> None:
    """Else a reordered packet stays lost for the sender, which then slows down for nothing."""
    arrivals = Arrivals(1)
    for number in (1, 2, 4):
        arrivals.came(number, number * TICK_US, SIZE)
    assert told(arrivals, 1000)[3] is None
    arrivals.came(3, 9 * TICK_US, SIZE)
    assert told(arrivals, 1060) == {3: 9, 4: 4}


def test_what_comes_too_late_is_not_told_of() -> None:
    """What followed it is forgotten, and would seem lost."""
    arrivals = Arrivals(1)
    for number in (1, 2, 4, 5):
        arrivals.came(number, number * TICK_US, SIZE)
    told(arrivals, 1000)
    for step in range(1, 5):
        arrivals.came(5 + step, 0, SIZE)
        told(arrivals, 1000 + step * LATE_MS // 2)
    arrivals.came(3, 0, SIZE)
    assert not arrivals.due(9000)


def test_a_doubled_packet_keeps_its_first_time() -> None:
    arrivals = Arrivals(1)
    arrivals.came(7, 4 * TICK_US, SIZE)
    arrivals.came(7, 8 * TICK_US, SIZE)
    assert told(arrivals, 1000) == {7: 4}
    assert arrivals.packets == 1


def test_a_leap_is_a_beginning() -> None:
    """A sender that begins to number anew has not lost thousands of packets."""
    arrivals = Arrivals(1)
    arrivals.came(7, 4 * TICK_US, SIZE)
    arrivals.came(7 + MAX_JUMP + 1, 8 * TICK_US, SIZE)
    assert told(arrivals, 1000) == {8 + MAX_JUMP: 8}
    arrivals.came(3, 9 * TICK_US, SIZE)
    assert told(arrivals, 2000) == {3: 9}


def test_feedback_takes_a_share_of_what_comes() -> None:
    """20 a second of a picture; fewer where hardly anything comes, but never so few that a queue could grow unseen."""
    arrivals = Arrivals(1)
    now, number, moments = 1000, 0, list[int]()
    for rate in (1_000_000, 100_000, 8_000):
        moments.clear()
        for _ in range(100):
            now += 20
            for _ in range(max(1, rate // 50 // 8 // SIZE)):
                number += 1
                arrivals.came(number & 0xFFFF, now * 1000, min(SIZE, rate // 50 // 8))
            if arrivals.due(now):
                arrivals.feedback(9, now)
                moments.append(now)
        waits = [after - before for before, after in itertools.pairwise(moments)]
        expected = min(MOST_MS, max(LEAST_MS, 8 * 140 / 0.05 / rate * 1000))
        assert all(LEAST_MS <= wait <= MOST_MS + 20 for wait in waits)
        assert abs(waits[-1] - expected) <= 20


@given(st.lists(st.tuples(st.integers(0, 0xFFFF) | st.integers(-3, 8), st.integers(0, 300)), max_size=300))
def test_whatever_numbers_come_memory_and_words_are_bounded(steps: list[tuple[int, int]]) -> None:
    """A publisher may number its packets as it likes. What is told is what came, or that it did not."""
    arrivals, number, now = Arrivals(1), 0, 1000
    came: dict[int, set[int]] = {}
    for step, wait in steps:
        number = (number + step) & 0xFFFF if step < 10 else step
        now += wait
        arrivals.came(number, now * 1000, 10)
        came.setdefault(number, set()).add(now * 1000 // TICK_US)
        assert len(arrivals._ticks) <= 2 * MAX_JUMP
        if arrivals.due(now):
            for each, tick in told(arrivals, now).items():
                assert tick is None or tick in came[each]
            assert not arrivals.due(now + MOST_MS)
