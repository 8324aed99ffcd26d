"""How fast large frames leave to one viewer: pure, time is an input."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from roadshow.rooms.relay.last_mile.tempo import LEAST_MS, MOST_MS, TRIED_MS, Tempo

LOOK_MS = 500


def played(shallow: bool, minutes: int) -> list[int]:
    """When brisk began, on a line that loses whenever it is served so, or never."""
    tempo, tries, lost_at = Tempo(), [0], -LEAST_MS
    for now in range(LOOK_MS, minutes * 60_000, LOOK_MS):
        if shallow and not tempo.gently:
            lost_at = now
        gently = tempo.gently
        if gently and not tempo.look(now - lost_at < LEAST_MS, now):
            tries.append(now)
        elif not gently:
            tempo.look(now - lost_at < LEAST_MS, now)
    return tries


def test_a_line_that_loses_nothing_is_served_briskly() -> None:
    assert played(shallow=False, minutes=60) == [0]


def test_a_shallow_queue_is_tried_ever_less_often() -> None:
    """Each try costs a key frame."""
    tries = played(shallow=True, minutes=60)
    gaps = [later - sooner for sooner, later in pairwise(tries)]
    assert gaps == sorted(gaps)
    assert LEAST_MS <= gaps[0] <= LEAST_MS + LOOK_MS * 2
    assert gaps[-1] >= MOST_MS
    assert len(tries) < 12


@given(st.integers(TRIED_MS, 3_600_000))
def test_loss_long_after_counts_as_the_first(later: int) -> None:
    """A minute of bad Wi-Fi is no shallow queue."""
    tempo = Tempo()
    tempo.look(True, 1000)
    assert not tempo.look(False, 1000 + LEAST_MS)
    assert tempo.look(True, 1000 + LEAST_MS + later)
    assert tempo.look(False, 1000 + 2 * LEAST_MS + later - 1)
    assert not tempo.look(False, 1000 + 2 * LEAST_MS + later)
