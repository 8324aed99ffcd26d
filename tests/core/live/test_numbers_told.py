"""When a room's number of viewers is told again."""

from hypothesis import example, given
from hypothesis import strategies as st

from roadshow.live.hub import COUNT_MOVES, has_moved

NUMBERS = st.integers(0, 5_000)


@given(NUMBERS)
def test_the_first_number_is_told_and_never_again_while_it_stays(viewers: int) -> None:
    """Each telling wakes every socket of the room."""
    assert has_moved(None, viewers)
    assert not has_moved(viewers, viewers)


@given(NUMBERS, NUMBERS)
def test_what_a_page_shows_is_never_further_off_than_a_hundredth(told: int, viewers: int) -> None:
    """Before a thousand, nobody misses one."""
    if not has_moved(told, viewers):
        assert viewers == told or abs(viewers - told) < told / COUNT_MOVES


@example(COUNT_MOVES, COUNT_MOVES + 1)
@given(st.integers(0, COUNT_MOVES), NUMBERS)
def test_before_a_hundred_each_one_counts(told: int, viewers: int) -> None:
    """A pitcher before eleven people sees the twelfth come."""
    assert has_moved(told, viewers) is (viewers != told)
