"""Who has been waited for too long."""

from hypothesis import given
from hypothesis import strategies as st

from roadshow.front.hall import IDLE, YOUNGEST_DISPLACED, Hall
from roadshow.front.patience import Patience

STEPS = st.lists(st.tuples(st.sampled_from(["begin", "end", "over"]), st.integers(0, 4), st.integers(0, 5)))


@given(STEPS)
def test_exactly_those_are_over_who_were_waited_for_so_long(steps: list[tuple[str, int, int]]) -> None:
    """One who is missed is held for ever, one too many is cut off in the middle of a request."""
    patience: Patience[int] = Patience(7.0)
    began: dict[int, float] = {}
    now = 0.0
    for step, who, later in steps:
        now += later
        if step == "begin":
            patience.begin(who, now)
            began[who] = now
        elif step == "end":
            patience.end(who)
            began.pop(who, None)
        else:
            expected = {one for one, since in began.items() if since <= now - 7.0}
            assert set(patience.over(now)) == expected
            for one in expected:
                del began[one]
        assert len(patience) == len(began)


class Guest:
    def __init__(self, hall: Hall, now: float) -> None:
        self.hall = hall
        hall.came(self, now)

    def close(self) -> None:
        self.hall.left(self)


def test_room_is_made_by_idle_connections_first() -> None:
    """A browser opens one again without a word; whoever is in the middle of a request would see an error."""
    hall = Hall()
    slow, idle = Guest(hall, 0.0), Guest(hall, 1.0)
    hall.answered(idle, 2.0, has_more=False, is_proxy=False)
    assert hall.make_room(10.0)
    assert hall.guests == {slow}
    assert hall.make_room(10.0)
    assert not hall.make_room(10.0)


def test_a_connection_that_just_came_or_is_worked_for_makes_no_room() -> None:
    """Its request is on its way, or its answer."""
    hall = Hall()
    Guest(hall, 0.0)
    assert not hall.make_room(YOUNGEST_DISPLACED / 2)
    served = Guest(hall, 0.0)
    hall.waits_for_us(served)
    assert hall.make_room(5.0)
    assert not hall.make_room(5.0)
    hall.sweep(1e6)
    assert hall.guests == {served}


def test_whoever_asks_again_in_time_stays() -> None:
    """Each request begins the wait anew."""
    hall = Hall()
    guest = Guest(hall, 0.0)
    now = 0.0
    for _ in range(5):
        hall.begun(guest, now)
        hall.answered(guest, now, has_more=False, is_proxy=False)
        now += IDLE * 0.9
        hall.sweep(now)
    assert hall.guests == {guest}
    hall.sweep(now + IDLE)
    assert not hall.guests
