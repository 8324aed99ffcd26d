"""Whose turn it is to be let into the house."""

from collections import Counter, defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uvicorn.middleware.proxy_headers import _TrustedHosts

from roadshow.addresses.clients import client_of
from roadshow.front.lanes import Lane, Proxies, Waiting, lane_of


@pytest.mark.parametrize(
    ("target", "lane"),
    [
        (b"/as/judge/judge", Lane.STAFF),
        (b"/c/demo/as/judge/judge?lang=ru", Lane.STAFF),
        (b"/i/token", Lane.STAFF),
        (b"/c/demo/i/token", Lane.STAFF),
        (b"/live?as=chair-ai&lang=zh", Lane.STAFF),
        (b"/live?lang=zh&as=chair-ai", Lane.STAFF),
        (b"/c/demo/live?as=chair-ai", Lane.STAFF),
        (b"/rooms/ai/whip", Lane.STAFF),
        (b"/rooms/ai/whip?as=slides", Lane.STAFF),
        (b"/c/demo/rooms/ai/whip/session", Lane.STAFF),
        (b"/health", Lane.STAFF),
        (b"/metrics?x", Lane.STAFF),
        (b"/", Lane.CROWD),
        (b"", Lane.CROWD),
        (b"/live?lang=zh", Lane.CROWD),
        (b"/live?was=1", Lane.CROWD),
        (b"/rooms/ai/whep", Lane.CROWD),
        (b"/rooms/whip/watch", Lane.CROWD),
        (b"/healthy", Lane.CROWD),
        (b"/c/demo/health", Lane.CROWD),
        (b"/assets", Lane.CROWD),
        (b"/projects/as/x", Lane.CROWD),
    ],
)
def test_staff_are_known_by_the_addresses_that_are_theirs(target: bytes, lane: Lane) -> None:
    """Before anybody has looked at a cookie."""
    assert lane_of(target) is lane


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("unknown", "unknown"),
        ("x" * 500, "x" * 64),
    ],
)
def test_a_household_is_one_network(host: str, network: str) -> None:
    """Whoever has one IPv6 address has 2⁶⁴ of them."""
    assert client_of(host) == network


def test_a_proxys_word_counts_only_if_it_is_trusted() -> None:
    """Anybody can write a header, and would be as many networks as they like."""
    proxies = Proxies(["10.0.0.0/8", "::1/128"])
    assert proxies.network_of("10.1.1.1", "198.51.100.1, 203.0.113.7") == "203.0.113.7"
    assert proxies.network_of("192.0.2.1", "203.0.113.7") == "192.0.2.1"
    assert proxies.network_of("10.1.1.1", None) == "10.1.1.1"
    assert "::1" in proxies
    assert "fe80::1%eth0" not in proxies
    assert "10.1.1.1" not in Proxies([])


@pytest.mark.parametrize(
    ("forwarded", "network"),
    [
        ("198.51.100.1, 203.0.113.7, 10.2.2.2", "203.0.113.7"),
        ("198.51.100.1,203.0.113.7:4711,10.2.2.2:80, ::1", "203.0.113.7"),
        ("[2001:db8:1:2::7]:4711, [::1]:9", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::7]", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::7", "2001:db8:1:2::/64"),
        ("10.9.9.9, 10.2.2.2", "10.9.9.9"),
        ("203.0.113.7, somebody", "somebody"),
        ("203.0.113.7, [", "["),
        (", ".join(["10.2.2.2"] * 10_000), "10.2.2.2"),
    ],
)
def test_behind_several_proxies_a_client_is_who_the_house_takes_it_for(forwarded: str, network: str) -> None:
    """By the proxy next to the outer one, all its clients would be one network and delay each other."""
    trusted = ["10.0.0.0/8", "::1/128"]
    assert Proxies(trusted).network_of("10.1.1.1", forwarded) == network
    assert client_of(_TrustedHosts(trusted).get_trusted_client_address(forwarded)[0]) == network


def test_networks_take_turns() -> None:
    """One that sends hundreds delays itself."""
    waiting: Waiting[str] = Waiting(100)
    for number in range(5):
        waiting.add("hammer", f"hammer {number}", 0.0)
    waiting.add("guest", "guest", 1.0)
    assert [waiting.next() for _ in range(3)] == ["hammer 0", "guest", "hammer 1"]


def test_a_full_lane_sends_away_the_last_of_the_network_that_has_most() -> None:
    """And not whoever comes then, who may be anybody."""
    waiting: Waiting[str] = Waiting(3)
    assert [waiting.add("hammer", f"hammer {number}", 0.0) for number in range(3)] == [None] * 3
    assert waiting.add("guest", "guest", 0.0) == "hammer 2"
    assert waiting.add("hammer", "hammer 3", 0.0) == "hammer 3"
    assert len(waiting) == 3


ARRIVALS = st.lists(st.tuples(st.sampled_from("abcd"), st.booleans()), max_size=60)


@given(arrivals=ARRIVALS, most=st.integers(1, 12))
def test_nobody_is_lost_and_nobody_overtakes_in_their_network(arrivals: list[tuple[str, bool]], most: int) -> None:
    """Whoever was added is next, late or sent away exactly once, and a network's own are in order."""
    waiting: Waiting[tuple[str, int]] = Waiting(most)
    inside: dict[str, list[int]] = defaultdict(list)
    ended: Counter[tuple[str, int]] = Counter()
    for number, (network, takes) in enumerate(arrivals):
        inside[network].append(number)
        displaced = waiting.add(network, (network, number), float(number))
        if displaced is not None:
            ended[displaced] += 1
            assert inside[displaced[0]].pop() == displaced[1]
        assert len(waiting) <= most
        if takes and (who := waiting.next()) is not None:
            ended[who] += 1
            assert inside[who[0]].pop(0) == who[1]
    middle = len(arrivals) / 2
    for who in waiting.since(middle):
        ended[who] += 1
        assert who[1] <= middle
        assert inside[who[0]].pop(0) == who[1]
    while (who_next := waiting.next()) is not None:
        ended[who_next] += 1
        assert who_next[1] > middle
    assert len(waiting) == 0
    assert set(ended.values()) <= {1}
    assert sum(ended.values()) == len(arrivals)


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=40))
def test_between_two_of_one_network_each_other_that_waits_is_next_once(networks: list[str]) -> None:
    """The longest wait is as long as there are networks, whatever one of them sends."""
    waiting: Waiting[str] = Waiting(100)
    left = Counter(networks)
    for network in networks:
        waiting.add(network, network, 0.0)
    since: dict[str, int] = dict.fromkeys(left, 0)
    while (who := waiting.next()) is not None:
        left[who] -= 1
        since[who] = 0
        for other in left:
            if other != who and left[other]:
                since[other] += 1
                assert since[other] < 3
