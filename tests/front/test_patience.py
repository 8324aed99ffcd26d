"""Who has been waited for too long."""

from hypothesis import given
from hypothesis import strategies as st

from roadshow.front.crowds import Crowds
from roadshow.front.hall import ANSWER_WITHIN, FEW, IDLE, YOUNGEST_DISPLACED, Hall
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
    def __init__(self, hall: Hall, now: float, address: str = "192.0.2.1") -> None:
        self.hall = hall
        hall.came(self, now, address)

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


def test_a_network_that_holds_many_makes_room_also_by_what_is_sent_to_it_or_worked_for() -> None:
    """One address whose connections read a little now and then would keep everybody else out for as long as it likes.
    Whoever has a whole IPv6 network is one of them."""
    hall = Hall()
    guest = Guest(hall, 0.0, "198.51.100.7")
    hall.waits_for_us(guest)
    many = [Guest(hall, 1.0 + number, f"2001:db8:0:{number:x}::1") for number in range(FEW + 3)]
    for slow in many:
        hall.sending(slow, 20.0)
        hall.waits_for_us(slow)
    for slow in many[:3]:
        hall.takes(slow, 29.0)
        assert hall.make_room(30.0)
        assert slow not in hall.guests
    hall.begun(many[3], 29.5)
    hall.answered(guest, 30.0, has_more=False, is_proxy=False)
    assert hall.make_room(40.0)
    assert guest not in hall.guests, "idle ones come first"


def test_whoever_takes_an_answer_slowly_makes_room_last_but_does() -> None:
    """Many networks of a few connections each are a lock as well."""
    hall = Hall()
    slow = Guest(hall, 0.0)
    hall.sending(slow, 1.0)
    assert hall.make_room(5.0)
    assert not hall.guests


def test_an_answer_has_an_end_however_steadily_it_is_taken() -> None:
    """A byte every few seconds would hold a connection for hours."""
    hall = Hall()
    guest = Guest(hall, 0.0)
    hall.sending(guest, 0.0)
    now = 0.0
    while now < ANSWER_WITHIN - 5:
        now += 5
        hall.takes(guest, now)
        hall.sweep(now)
    assert hall.guests == {guest}
    hall.sweep(ANSWER_WITHIN)
    assert not hall.guests


CROWD = st.lists(st.tuples(st.sampled_from(["add", "begin", "remove"]), st.sampled_from("abc"), st.integers(0, 9)))


@given(CROWD, st.integers(0, 3))
def test_the_longest_held_of_the_network_that_holds_most_is_known(steps: list[tuple[str, str, int]], few: int) -> None:
    """Someone else's connection is closed otherwise, or nobody's."""
    crowds: Crowds[tuple[str, int]] = Crowds()
    since: dict[tuple[str, int], float] = {}
    for now, (step, network, number) in enumerate(steps):
        who = network, number
        if step == "add" and who not in since:
            crowds.add(network, who, now)
            since[who] = now
        elif step == "begin":
            crowds.begin(who, now)
            if who in since:
                since[who] = now
        elif step == "remove":
            crowds.remove(who)
            since.pop(who, None)
        sizes = {name: sum(one[0] == name for one in since) for name in "abc"}
        longest = {
            name: min((one for one in since if one[0] == name), key=since.__getitem__)
            for name, size in sizes.items()
            if size == max(sizes.values()) and size > few
        }
        found = crowds.longest(now, more_than=few)
        assert found in longest.values() if longest else found is None
        if found is not None:
            assert crowds.longest(since[found] - 1, more_than=few) is None
