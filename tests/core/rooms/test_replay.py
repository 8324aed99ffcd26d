"""The log that lets a browser catch up after a gap."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadshow.rooms.replay import Numbered, Replay, Resync


def filled(count: int, limit: int) -> Replay[str]:
    log: Replay[str] = Replay("life", limit)
    for number in range(1, count + 1):
        assert log.append(f"item {number}") == number
    return log


@given(st.integers(0, 30), st.integers(1, 10), st.integers(-5, 40))
def test_a_follower_gets_exactly_what_it_missed_or_starts_afresh(count: int, limit: int, offset: int) -> None:
    """A browser that silently missed one event would show the wrong phase."""
    answer = filled(count, limit).since("life", offset)
    if 0 <= offset <= count and count - offset <= limit:
        assert answer == tuple(Numbered(number, f"item {number}") for number in range(offset + 1, count + 1))
    else:
        assert answer == Resync("life", count)


@given(st.integers(0, 5), st.integers(0, 5))
def test_numbers_of_another_life_mean_nothing(count: int, offset: int) -> None:
    """After a restart, counting begins anew; an equal number is not the same event."""
    assert filled(count, 10).since("former life", offset) == Resync("life", count)


def test_a_log_that_keeps_nothing_is_refused() -> None:
    """Everybody would resync for ever."""
    with pytest.raises(ValueError, match="at least one"):
        Replay("life", 0)
