"""When another clock is believed to be off, and by how much."""

from hypothesis import example, given
from hypothesis import strategies as st

from roadshow.drift import SAME, SURE_AFTER, TOLERATED, Comparison
from roadshow.moments import ZERO, Duration

OFFS = st.integers(-100_000_000, 100_000_000).map(Duration)
SMALL = st.integers(-TOLERATED.ms, TOLERATED.ms).map(Duration)


def _read(comparison: Comparison, *readings: Duration) -> Duration:
    for reading in readings:
        comparison.read(reading)
    return comparison.off


def test_a_machine_that_booted_a_day_slow_and_was_set_right_is_found_out() -> None:
    """The clock was read once: links, credentials and times stayed a day off until the next start."""
    day = Duration.minutes(24 * 60)
    assert _read(Comparison(), *[day] * SURE_AFTER) == day


@given(readings=st.lists(SMALL, max_size=50))
def test_what_nobody_sees_is_nothing(readings: list[Duration]) -> None:
    """Warnings that come and go for milliseconds are read by nobody."""
    assert _read(Comparison(), *readings) == ZERO


@example(before=[Duration(501)], step=Duration(1001), times=3)
@given(before=st.lists(SMALL, max_size=20), step=OFFS, times=st.integers(1, SURE_AFTER - 1))
def test_a_step_that_is_taken_back_is_not_followed(before: list[Duration], step: Duration, times: int) -> None:
    """A wrong hand on the clock, and an answer that was late, are no reason to move a show."""
    comparison = Comparison()
    assert _read(comparison, *before, *[step] * times) == ZERO or abs(step.ms) <= TOLERATED.ms


@given(step=OFFS, noise=st.lists(st.integers(0, SAME.ms).map(Duration), min_size=SURE_AFTER, max_size=SURE_AFTER))
def test_a_step_that_stays_is_told_as_it_is(step: Duration, noise: list[Duration]) -> None:
    """To less than half a second, or it is tolerated."""
    off = _read(Comparison(), *(step + one for one in noise))
    assert off == ZERO or abs((off - step).ms) <= SAME.ms
    assert off != ZERO or abs(step.ms) <= TOLERATED.ms + SAME.ms


@given(step=OFFS, uncertain=st.integers(0, 10_000).map(Duration))
def test_nobody_is_warned_of_what_a_slow_answer_may_explain(step: Duration, uncertain: Duration) -> None:
    """A store that takes seconds to answer says what the time was somewhere in between."""
    comparison = Comparison()
    for _ in range(SURE_AFTER):
        comparison.read(step, uncertain)
    if abs(step.ms) <= uncertain.ms + TOLERATED.ms:
        assert comparison.off == ZERO
    else:
        assert abs(comparison.off.ms) == abs(step.ms) - uncertain.ms


@given(step=st.integers(TOLERATED.ms + SAME.ms + 1, 10**8).map(Duration), more=st.lists(SMALL, max_size=20))
def test_what_is_known_is_not_told_again_for_some_milliseconds(step: Duration, more: list[Duration]) -> None:
    """One line when it begins, one when it is over."""
    comparison = Comparison()
    told = sum(comparison.read(step) for _ in range(SURE_AFTER + 5))
    assert told == 1
    assert sum(comparison.read(step + Duration(one.ms // 3)) for one in more) == 0
    assert sum(comparison.read(ZERO) for _ in range(SURE_AFTER + 5)) == 1
    assert comparison.off == ZERO
