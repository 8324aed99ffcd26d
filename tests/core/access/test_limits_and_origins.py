"""Rates of one socket, client addresses, and which origin is our own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import HTTPConnection

from roadshow.access.limits import Bucket, Limits, Rule, client_address
from roadshow.access.origin import is_own_origin
from roadshow.errors import TooMany
from roadshow.moments import Duration, Instant
from tests.clocks import HandClock

NOW = Instant(1_000_000)


@given(st.lists(st.integers(0, 3_000), max_size=300))
def test_a_bucket_never_gives_more_than_its_rate(pauses: list[int]) -> None:
    """In any stretch of time: the burst, and what was refilled."""
    bucket, now, given_out = Bucket(20, 40, NOW), NOW, 0
    for pause in pauses:
        now += Duration(pause)
        given_out += bucket.take(now)
        assert given_out <= 40 + (now - NOW).ms * 20 / 1000


def test_a_bucket_gives_all_of_its_burst_and_then_its_rate() -> None:
    """A desk that reconnects repeats what it has; it must not be throttled for that."""
    bucket = Bucket(20, 40, NOW)
    assert [bucket.take(NOW) for _ in range(41)] == [True] * 40 + [False]
    assert [bucket.take(NOW + Duration(50)) for _ in range(2)] == [True, False]


async def _refusal(limits: Limits, rule: Rule, who: str = "") -> TooMany | None:
    try:
        await limits.spend(rule, who)
    except TooMany as refusal:
        return refusal
    return None


@given(st.integers(1, 5), st.integers(1, 60), st.lists(st.integers(0, 90_000), max_size=60))
async def test_who_comes_back_when_told_to_is_let_in(amount: int, seconds: int, pauses: list[int]) -> None:
    """``Retry-After`` is a promise: later than needed keeps people out, sooner sends all of them here for nothing."""
    clock, rule = HandClock(), Rule("rate.media", amount, seconds, "test")
    limits = Limits(clock)
    for pause in pauses:
        clock.advance(Duration(pause))
        if (refused := await _refusal(limits, rule)) is None:
            continue
        assert refused.retry_after is not None
        assert 1 <= refused.retry_after <= seconds
        clock.advance(Duration.seconds(refused.retry_after - 1))
        early = await _refusal(limits, rule)
        assert early is None or early.retry_after == 1
        if early is not None:
            clock.advance(Duration.seconds(1))
            assert await _refusal(limits, rule) is None


@given(st.integers(1, 5), st.lists(st.integers(0, 30_000), max_size=200))
async def test_no_stretch_of_time_gives_twice_what_the_rule_says(amount: int, pauses: list[int]) -> None:
    """Two windows are counted for the moments themselves; this is all it may cost."""
    clock, rule = HandClock(), Rule("rate.media", amount, 60, "test")
    limits = Limits(clock)
    taken: list[int] = []
    for pause in pauses:
        clock.advance(Duration(pause))
        if await _refusal(limits, rule) is None:
            taken.append(clock.now().ms)
        assert sum(clock.now().ms - moment < 60_000 for moment in taken) < 2 * amount + 1


async def test_a_new_minute_forgives_by_and_by() -> None:
    """Whoever spent all of a minute's in its last second must not get as much again in the next one's first."""
    clock, rule = HandClock(), Rule("rate.media", 60, 60, "test")
    limits = Limits(clock)
    await limits.spend(rule, "somebody else")
    clock.advance(Duration.seconds(59))
    assert [await _refusal(limits, rule) for _ in range(60)] == [None] * 60
    clock.advance(Duration.seconds(11))  # ten into the next window: ten have faded, and of the next one a part
    assert [await _refusal(limits, rule) is None for _ in range(12)] == [True] * 11 + [False]


async def test_rules_and_people_are_counted_apart() -> None:
    """One who floods is one, and what they flood is one thing."""
    limits, rule, other = Limits(HandClock()), Rule("rate.media", 1, 60, "one"), Rule("rate.media", 1, 60, "other")
    await limits.spend(rule, "a")
    await limits.spend(rule, "b")
    await limits.spend(other, "a")
    assert await _refusal(limits, rule, "a") is not None


async def test_who_is_gone_for_two_windows_is_forgotten() -> None:
    """Somebody with a billion addresses must not fill the memory for ever."""
    clock, rule = HandClock(), Rule("rate.media", 1, 60, "test")
    limits = Limits(clock)
    for name in range(100):
        await limits.spend(rule, str(name))
    clock.advance(Duration.seconds(120))
    await limits.spend(rule, "new")
    (window,) = limits._windows.values()
    assert window.people == 1


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("unix", "unix"),
    ],
)
def test_addresses_are_counted_as_their_holders_have_them(host: str, counted: str) -> None:
    """With IPv6 everybody has billions to choose from."""
    assert client_address(HTTPConnection({"type": "http", "headers": [], "client": (host, 1)})) == counted
    assert client_address(HTTPConnection({"type": "http", "headers": [], "client": None})) == ""


@pytest.mark.parametrize(
    ("origin", "public_url", "scheme", "host", "own"),
    [
        ("https://show.example", "https://show.example", "http", "10.0.0.2:8000", True),
        ("https://show.example", "https://show.example:443", "http", "show.example", True),
        ("http://show.example", "https://show.example", "http", "show.example", False),
        ("http://192.0.2.7:8000", "https://show.example", "http", "192.0.2.7:8000", False),
        ("https://show.example.evil.example", "https://show.example", "http", "show.example", False),
        ("http://localhost:8000", "http://localhost:8000", "http", "localhost:8000", True),
        ("http://127.0.0.1:8000", "http://localhost:8000", "http", "127.0.0.1:8000", True),
        ("http://[::1]:8000", "http://localhost:8000", "http", "[::1]:8000", True),
        ("http://192.0.2.7:8000", "http://localhost:8000", "http", "192.0.2.7:8000", True),
        ("http://192.0.2.7:9000", "http://localhost:8000", "http", "192.0.2.7:8000", False),
        ("http://rebound.example:8000", "http://localhost:8000", "http", "rebound.example:8000", False),
        ("null", "http://localhost:8000", "http", "localhost:8000", False),
        ("", "http://localhost:8000", "http", "", False),
        ("http://[", "http://localhost:8000", "http", "[", False),
    ],
)
def test_our_own_origin_is_the_public_one_or_a_plain_number(
    origin: str, public_url: str, scheme: str, host: str, own: bool
) -> None:
    """On a LAN people type the machine's number; a name that somebody made lead here is somebody else's page."""
    assert is_own_origin(origin, public_url, scheme, host) is own
