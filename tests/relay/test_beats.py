"""A stage that falls silent tells its viewers something, ever more rarely."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from roadshow.rooms.relay.last_mile.beats import FIRST_MS, LAST_MS, LONGER, Beats

TICK_MS = 20


def beats(until: int, sent: list[int], tick: int = TICK_MS) -> list[int]:
    """When something is told, if media went out at these moments."""
    told, one = [], Beats()
    for now in range(0, until, tick):
        last = max((at for at in sent if at <= now), default=None)
        if one.due(last, now):
            told.append(now)
    return told


def test_nothing_is_told_while_media_go_out_and_before_there_were_any() -> None:
    """What it costs is paid in silence alone."""
    assert beats(10_000, list(range(0, 10_000, 50))) == []
    assert beats(10_000, []) == []


@given(tick=st.sampled_from([20, 50, 200]))
def test_pauses_grow_too_slowly_to_be_unusual(tick: int) -> None:
    """Pages doubt a silence of twice the longest pause of late, and none under half a second; all of a room would ask
    at once."""
    moments = [0, *beats(60_000, [0], tick)]
    pauses = [later - earlier for earlier, later in itertools.pairwise(moments)]
    assert pauses[0] <= FIRST_MS + tick
    for former, pause in itertools.pairwise(pauses):
        assert former < pause <= former * LONGER + 2 * tick
    assert len(pauses) < 10, "and they end, when sender reports do as well"
    assert pauses[-1] >= LAST_MS / LONGER


def test_it_begins_anew_after_more_media() -> None:
    """Each silence is one of its own."""
    first, again = beats(3_000, [0]), beats(6_000, [0, 3_000])
    assert again == [*first, *(at + 3_000 for at in first)]
