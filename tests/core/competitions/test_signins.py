"""When a sign-in ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from roadshow.competitions.invitations import INVITATION_LIFE
from roadshow.competitions.people import JUDGING, Role
from roadshow.competitions.signins.life import (
    DAY,
    KEPT,
    LIFETIMES,
    LONGEST_WHOLE,
    SEEN_EVERY,
    Device,
    SignIn,
    Standing,
    ends_at,
    is_due,
    sign_in_id,
    standing,
)
from roadshow.ids import PersonId
from roadshow.moments import Duration, Instant

ADA = PersonId("ada")
NOW = Instant(1_600_000_000_000)
MOMENT = Duration(1)
SIGN_IN = SignIn(sign_in_id("b" * 64, ADA), ADA, 3, 1, Device(), NOW, NOW)


@pytest.mark.parametrize("role", Role)
def test_it_ends_when_nobody_uses_it_and_after_a_while_in_any_case(role: Role) -> None:
    """To the millisecond, for each role."""
    life = LIFETIMES[role]
    assert standing(SIGN_IN, 3, role, NOW + life.idle - MOMENT) is Standing.OPEN
    assert standing(SIGN_IN, 3, role, NOW + life.idle) is Standing.EXPIRED
    busy = replace(SIGN_IN, seen_at=NOW + life.whole - MOMENT)
    assert standing(busy, 3, role, NOW + life.whole - MOMENT) is Standing.OPEN
    assert standing(busy, 3, role, NOW + life.whole) is Standing.EXPIRED
    assert ends_at(busy, role) == NOW + life.whole


def test_an_organisers_is_the_shortest_and_a_long_weekend_does_not_end_it() -> None:
    """A forgotten laptop that runs everything is worth most to whoever finds it."""
    organiser = LIFETIMES[Role.ORGANISER]
    for role in (*JUDGING, Role.PITCHER):
        assert organiser.idle < LIFETIMES[role].idle
        assert organiser.whole < LIFETIMES[role].whole
    assert not organiser.idle < Duration(3 * DAY.ms)


def test_a_finals_day_throws_no_judge_out() -> None:
    """Invited as early as may be, signed in at once: the desk is there on the day on which the link would expire, and a
    fortnight after it."""
    for role in (*JUDGING, Role.PITCHER):
        life = LIFETIMES[role]
        assert not life.whole < INVITATION_LIFE + Duration(14 * DAY.ms)
        assert not life.idle < Duration(14 * DAY.ms)


@given(
    st.integers(3, 5),
    st.integers(0, 2),
    st.sampled_from(Role),
    st.integers(0, 100 * DAY.ms),
    st.integers(0, 100 * DAY.ms),
    st.none() | st.integers(0, 100 * DAY.ms),
)
def test_what_has_ended_stays_ended(
    era: int, later: int, role: Role, seen: int, passed: int, ended: int | None
) -> None:
    """Whatever else is true of it: no later moment opens a sign-in again."""
    one = replace(SIGN_IN, seen_at=NOW + Duration(seen), ended_at=None if ended is None else NOW + Duration(ended))
    before = standing(one, era, role, NOW + Duration(passed))
    if before is not Standing.OPEN:
        assert standing(one, era + later, role, NOW + Duration(passed) + DAY) is not Standing.OPEN
    if era != 3 or ended is not None:
        assert before in (Standing.REVOKED, Standing.ENDED)


def test_that_it_was_seen_is_written_once_in_a_while() -> None:
    """No durable write for every page view, and often enough for somebody who looks for a stranger."""
    assert not is_due(SIGN_IN, NOW + SEEN_EVERY - MOMENT)
    assert is_due(SIGN_IN, NOW + SEEN_EVERY)
    assert not Duration.minutes(15) < SEEN_EVERY


def test_it_is_remembered_for_longer_than_it_may_live() -> None:
    """Otherwise it would end by being forgotten."""
    assert max(life.idle for life in LIFETIMES.values()) < KEPT
    assert max(life.whole for life in LIFETIMES.values()) == LONGEST_WHOLE


def test_one_person_in_one_browser_has_one_id() -> None:
    """Both requests of a double click open the same; the id tells neither the cookie nor the person."""
    assert sign_in_id("b" * 64, ADA) == sign_in_id("b" * 64, ADA)
    assert len({sign_in_id(browser, PersonId(who)) for browser in "bc" for who in ("ada", "ben")}) == 4
