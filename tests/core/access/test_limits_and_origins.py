"""Rates of one socket, client addresses, and which origin is our own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import HTTPConnection

from roadshow.access.limits import Bucket, client_address
from roadshow.access.origin import is_own_origin
from roadshow.moments import Duration, Instant

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
