"""Two machines with one token: the stage is not taken to and fro, and a machine that lost its network is let in."""

from hypothesis import given
from hypothesis import strategies as st

from roadshow.rooms.relay.feeds.dispute import QUIET_MS, TOLD_MS, Dispute
from roadshow.rooms.relay.feeds.succession import SILENT_MS

FAR = 10 * QUIET_MS


def test_a_newcomer_takes_the_place_of_one_that_is_heard_once() -> None:
    """The former may be the same machine's, whose network has just changed; whoever then goes on trying is another."""
    dispute = Dispute()
    assert dispute.may_take(1_000, 1_020)
    assert dispute.taken(1_000, 1_020)
    assert not dispute.may_take(3_000, 3_020)


def test_one_that_is_silent_or_gone_has_nothing_to_keep() -> None:
    """A machine that lost its network is back at once, as often as that happens, and amid a dispute."""
    dispute = Dispute()
    dispute.taken(0, 0)
    for again in range(10):
        at = 10_000 * again
        assert dispute.may_take(None, at)
        assert dispute.may_take(at - SILENT_MS - 1, at)
        assert not dispute.taken(at - SILENT_MS - 1, at)


def test_it_is_told_of_while_somebody_is_turned_away() -> None:
    """A deliberate change of machines is none; and of a dispute that is over, no word must stand."""
    dispute = Dispute()
    dispute.taken(0, 0)
    assert not dispute.is_told(0)
    dispute.refused(2_000)
    assert dispute.is_told(2_000)
    assert not dispute.is_told(2_000 + TOLD_MS + 1)


@given(tries=st.lists(st.integers(1, QUIET_MS // 20), min_size=2, max_size=300))
def test_machines_that_go_on_trying_change_places_once_in_a_quarter_of_an_hour(tries: list[int]) -> None:
    """Whatever their pauses: both are heard, and each tries when it likes."""
    taken: list[int] = []
    dispute, now, last = Dispute(), FAR, FAR
    for pause in tries:
        now += pause
        if dispute.may_take(now - 20, now):
            if taken:
                assert now - last >= QUIET_MS
            assert dispute.taken(now - 20, now)
            taken.append(now)
        else:
            dispute.refused(now)
        last = now
    assert len(taken) <= 1 + (now - FAR) // QUIET_MS
