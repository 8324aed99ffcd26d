"""Who of the strangers gets a place: everybody while there is room, and under pressure nobody new from the network that
holds most."""

import math
from collections import Counter
from contextlib import suppress
from functools import partial

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from roadshow.access.admission.flows import Flow
from roadshow.access.admission.history import REMEMBERED, STAYED, History
from roadshow.access.admission.origins import Origin, origin_of
from roadshow.access.admission.places import (
    CUSTOMER_SHARE,
    FEW,
    NETWORK_SHARE,
    PRESSURE,
    TIMES_WHAT_IS_LEFT,
    NoPlace,
    Place,
    Places,
    Reason,
)
from roadshow.access.admission.viewing import (
    FEWEST_PEOPLE,
    PER_PERSON,
    ViewerPlace,
    Viewing,
    kept_for_people,
)
from roadshow.access.admission.waiting import FEWEST, PATIENCE, StillWaiting
from roadshow.access.crowding import tell
from roadshow.moments import Duration, Instant

NOW = Instant(1_000_000)
HALL = origin_of("192.0.2.7")
ATTACKER = origin_of("203.0.113.9")


def taken(places: Places, origin: Origin, most: int = 10_000, now: Instant = NOW) -> list[Place]:
    """As many as it gets."""
    got: list[Place] = []
    for _ in range(most):
        try:
            got.append(places.take(origin, now))
        except NoPlace:
            break
    return got


def home(number: int) -> Origin:
    """Somebody's, alone in their network."""
    return origin_of(f"10.{number // 250}.{number % 250}.5")


@pytest.mark.parametrize(
    ("address", "narrow", "wide"),
    [
        ("192.0.2.7", ("192.0.2.7",), "192.0.2.0/24"),
        ("2001:db8:1:2ff::/64", ("2001:db8:1:2ff::/64", "2001:db8:1:200::/56"), "2001:db8:1::/48"),
        ("", ("",), ""),
        ("testclient", ("testclient",), "testclient"),
    ],
)
def test_an_address_is_counted_with_the_networks_it_is_in(address: str, narrow: tuple[str, ...], wide: str) -> None:
    """One machine has as many IPv6 addresses as it likes, and a data centre a /24 of the others."""
    assert origin_of(address) == Origin(narrow, wide)


def test_a_hall_behind_one_address_and_a_campus_behind_a_48_get_in() -> None:
    """Both are one network, and nothing is wrong with them."""
    places = Places("viewers", 1500)
    assert len(taken(places, HALL, 500)) == 500
    campus = [origin_of(f"2001:db8:1:{number:x}::/64") for number in range(400)]
    assert sum(len(taken(places, one, 1)) for one in campus) == 400


@pytest.mark.parametrize(("addresses", "hall"), [(1, 500), (200, 330)])
def test_what_one_attacker_leaves_is_enough_for_a_hall(addresses: int, hall: int) -> None:
    """The attacker came first, has all the time there is, and one address; of a whole network there is less left."""
    places = Places("viewers", 1500)
    for number in range(addresses):
        taken(places, origin_of(f"203.0.113.{number}"))
    assert len(taken(places, HALL, 500)) >= hall
    with pytest.raises(NoPlace):
        places.take(ATTACKER, NOW)


def test_four_ipv6_customers_of_one_site_do_not_hold_every_place() -> None:
    """Each was counted as an address of its own, and four of them filled the house."""
    places = Places("viewers", 1000)
    for number in range(4):
        taken(places, origin_of(f"2001:db8:1:{number:x}00::/64"))
    assert places.taken == math.ceil(NETWORK_SHARE * 1000)
    assert len(taken(places, home(1), 100)) == 100


def test_under_pressure_the_largest_network_waits_and_the_others_do_not() -> None:
    """Also if it did not grow past its own share: the rest is for those who hold less."""
    places = Places("sockets", 1000)
    taken(places, HALL, 450)
    taken(places, ATTACKER, 350)
    with pytest.raises(NoPlace) as refused:
        places.take(HALL, NOW)
    assert refused.value.reason is Reason.NETWORK
    places.take(ATTACKER, NOW)
    for number in range(199):
        places.take(home(number), NOW)
    with pytest.raises(NoPlace) as full:
        places.take(home(200), NOW)
    assert full.value.reason is Reason.FULL


@pytest.mark.parametrize(("attackers", "hall"), [(1, 500), (2, 160), (3, 50), (4, 15)])
def test_each_further_attacker_takes_less(attackers: int, hall: int) -> None:
    """Nobody can promise a hall its places against a thousand networks; against a few there are some left."""
    places = Places("viewers", 1500)
    for number in range(attackers):
        taken(places, origin_of(f"203.0.{number}.9"))
    assert len(taken(places, HALL, 500)) >= hall


def test_a_household_is_never_the_largest() -> None:
    """Where everybody sits at home, each network holds one place, and the second one of a family is no attack."""
    places = Places("sockets", 100)
    for number in range(90):
        places.take(home(number), NOW)
    assert len(taken(places, home(1), FEW - 1)) == FEW - 1


def test_a_hall_that_comes_back_has_its_places_before_others_get_them() -> None:
    """Its network failed for a minute, and everybody is new again. It gets back what it had, and no more."""
    places = Places("sockets", 1000)
    hall = taken(places, HALL, 500)
    later = NOW + STAYED
    for place in hall[:450]:
        place.give_back(later)
    for number in range(300):
        taken(places, home(number), 2)
    again = later + Duration.seconds(30)
    for place in hall[450:]:
        place.give_back(NOW)  # hardly came
    returned = taken(places, HALL, now=again)
    assert len(returned) == 400, "all there were"
    for place in returned:
        place.give_back(again)
    assert len(taken(places, HALL, now=again + REMEMBERED)) < 400, "hours later it is as new as anybody"


def test_who_voted_is_known_at_once() -> None:
    """Whoever does what the evening is for need not sit for a minute first."""
    places = Places("sockets", 100)
    first, *others = taken(places, ATTACKER, 50)
    first.prove()
    for place in (first, *others[:9]):
        place.give_back(NOW)
    for number in range(50):
        places.take(home(number), NOW)
    assert len(taken(places, ATTACKER)) == 1


def test_places_kept_for_people_are_theirs_alone() -> None:
    """Whoever fills the house must not keep a judge out, nor may the jury's own network."""
    places = Places("sockets", 10, kept=2)
    for number in range(10):
        places.take(home(number), NOW)
    with pytest.raises(NoPlace):
        places.take(home(11), NOW)
    for _ in range(2):
        places.take(home(1), NOW, invited=True)
    with pytest.raises(NoPlace) as full:
        places.take(home(1), NOW, invited=True)
    assert full.value.reason is Reason.FULL


def test_who_holds_most_is_told_with_what_was_refused() -> None:
    """Whoever runs the house sees from where it is being filled."""
    places = Places("sockets", 100)
    taken(places, ATTACKER)
    occupancy = places.occupancy
    assert (occupancy.network, occupancy.held, occupancy.share) == ("203.0.113.0/24", 50, 0.5)
    assert occupancy.refused == {Reason.NETWORK: 1}
    assert occupancy.is_tight
    assert not Places("sockets", 1).occupancy.is_tight


crowds = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 20), st.booleans(), st.integers(0, 90)), max_size=400)
"""Of each step: the network, the address in it, whether somebody comes (else goes), and seconds until the next."""


@given(most=st.integers(1, 60), steps=crowds)
def test_places_are_never_more_than_there_are_and_never_leak(
    most: int, steps: list[tuple[int, int, bool, int]]
) -> None:
    """Whatever happens, and however often somebody says that a place is free again."""
    places, held, now = Places("any", most), list[Place](), NOW
    for network, address, comes, seconds in steps:
        now += Duration.seconds(seconds)
        origin = origin_of(f"198.51.{network}.{address}")
        if comes:
            full = places.taken >= most
            before = places.refused[Reason.FULL]
            with suppress(NoPlace):
                held.append(places.take(origin, now))
            assert (places.refused[Reason.FULL] > before) == full
        elif held:
            gone = held.pop(address % len(held))
            gone.give_back(now)
            gone.give_back(now)
        assert places.taken == len(held) <= most
        counted = Counter(place.origin.wide for place in held if place.origin is not None)
        assert places.occupancy.held == max(counted.values(), default=0)
        assert places._holdings.largest == places.occupancy.held
    for place in held:
        place.give_back(now)
    assert places.taken == 0
    assert len(places._holdings) == 0
    with suppress(NoPlace):
        places.take(HALL, now + REMEMBERED).give_back(now + REMEMBERED)
    assert places.remembered == 0, "and of nobody anything is known when their time is over"


@given(most=st.integers(20, 300), steps=crowds)
def test_with_room_everybody_gets_in_and_under_pressure_all_but_the_largest(
    most: int, steps: list[tuple[int, int, bool, int]]
) -> None:
    """The one rule: nobody is turned away while there is room, but from a network that has its share already; and when
    it is tight, nobody but those from the network that holds most, or much more than is left."""
    places, held = Places("any", most), list[Place]()
    for network, address, comes, _ in steps:
        origin = origin_of(f"198.51.{network}.{address}")
        wide = sum(place.origin == origin or (place.origin or origin).wide == origin.wide for place in held)
        narrow = sum((place.origin or origin).address == origin.address for place in held)
        others = Counter(place.origin.wide for place in held if place.origin is not None)
        is_largest = wide >= FEW and wide >= max(others.values(), default=0)
        is_large = wide >= max(FEW, TIMES_WHAT_IS_LEFT * (most - len(held)))
        is_tight = len(held) >= PRESSURE * most
        has_its_share = narrow >= max(FEW, CUSTOMER_SHARE * most) or wide >= max(FEW, NETWORK_SHARE * most)
        if not comes and held:
            held.pop().give_back(NOW)
            continue
        try:
            held.append(places.take(origin, NOW))
            assert not has_its_share
            assert not is_tight or not (is_largest or is_large)
        except NoPlace:
            assert len(held) == most or has_its_share or (is_tight and (is_largest or is_large))


visits = st.lists(
    st.tuples(st.integers(0, 1), st.booleans(), st.integers(1, 90), st.sampled_from([1, 61, 200, 601])), max_size=10
)
"""Of each step: which of two addresses, whether it comes (else goes), with how many, and seconds until the next."""
TWO_ATTACKERS = [
    ("198.51.100.7", "203.0.113.9", 10),
    ("198.51.100.7", "198.51.100.8", 20),
    ("2001:db8:0:1::/64", "2001:db8:0:2::/64", 30),
]
"""What they leave to a hall of 30 in a house of 90: two strangers to each other, neighbours, one customer."""
FILL_IN_TURNS = [(0, True, 90, 61), (0, False, 90, 1), (1, True, 90, 61), (0, True, 90, 1)]
"""One fills what it may and goes, so that the other may fill as much, and comes back."""


class Visits:
    """What two attackers hold in a house of 90."""

    def __init__(self, *addresses: str) -> None:
        self.places, self.now = Places("any", 90), NOW
        self._origins = [origin_of(address) for address in addresses]
        self._held: list[list[Place]] = [[] for _ in addresses]

    def make(self, steps: list[tuple[int, bool, int, int]], until: Instant | None = None) -> None:
        for who, comes, many, seconds in steps:
            if until is not None and self.now >= until:
                return
            held = self._held[who]
            if comes:
                held += taken(self.places, self._origins[who], many, self.now)
            else:
                for place in held[:many]:
                    place.give_back(self.now)
                del held[:many]
            self.now += Duration.seconds(seconds)


@pytest.mark.parametrize(("one", "other", "hall"), TWO_ATTACKERS)
@given(steps=visits)
@example(steps=FILL_IN_TURNS)
def test_whatever_two_addresses_do_before_a_hall_gets_what_is_promised(
    one: str, other: str, hall: int, steps: list[tuple[int, bool, int, int]]
) -> None:
    """Two that went and came back in turns held every place: what they had left was given to them and to others."""
    attack = Visits(one, other)
    attack.make(steps)
    assert len(taken(attack.places, HALL, 30, attack.now)) >= hall


@pytest.mark.parametrize(("one", "other", "_hall"), TWO_ATTACKERS)
@given(before=visits, meanwhile=visits)
@example(before=[], meanwhile=[(0, True, 90, 1), (1, True, 90, 61), *FILL_IN_TURNS])
def test_a_hall_whose_network_fails_gets_back_what_it_had_whatever_two_addresses_do(
    one: str,
    other: str,
    _hall: int,
    before: list[tuple[int, bool, int, int]],
    meanwhile: list[tuple[int, bool, int, int]],
) -> None:
    """They must not take what a hall has left for a moment."""
    attack = Visits(one, other)
    attack.make(before)
    hall = taken(attack.places, HALL, 30, attack.now)
    attack.now += STAYED
    for place in hall:
        place.give_back(attack.now)
    back = attack.now + REMEMBERED - Duration(1)
    attack.make(meanwhile, until=back)
    assert len(taken(attack.places, HALL, len(hall), min(attack.now, back))) == len(hall)


@given(st.lists(st.tuples(st.integers(0, 10_000), st.booleans()), max_size=300))
def test_history_is_never_more_than_what_was_left(steps: list[tuple[int, bool]]) -> None:
    """Going in and out for ever must not earn more places than one ever held."""
    history, now, owed = History(20), NOW, 0
    for ms, leaves in steps:
        now += Duration(ms)
        owed -= len(list(history.forgotten(now)))
        if leaves:
            history.left(HALL, now)
            owed += 1
        elif history.may_return(HALL):
            assert history.returns(HALL) == HALL
            owed -= 1
        assert len(history) == owed <= 20 + 1
        assert history.may_return(HALL) == (owed > 0)


def test_a_household_needs_no_history() -> None:
    """It always gets in; remembered, a thousand homes that left would keep a hall waiting in an empty house."""
    places = Places("viewers", 1500)
    homes = [places.take(home(number), NOW) for number in range(1500)]
    for place in homes:
        place.give_back(NOW + STAYED)
    assert len(taken(places, HALL, 500, NOW + STAYED)) == 500


def test_memory_is_bounded_however_many_come() -> None:
    """Somebody with a whole provider's addresses must not fill the machine's memory."""
    places, now = Places("sockets", 50), NOW
    for number in range(1000):
        for place in taken(places, origin_of(f"2001:db8:{number:x}::/64"), FEW, now):
            place.prove()
            place.give_back(now)
    assert FEW <= places.remembered <= 50 + 3 * 50
    taken(places, HALL, now=now)
    assert places.remembered <= 50 + 2 * 3 * 50


def test_a_flow_lets_as_many_through_in_any_span() -> None:
    """A rate is shared as places are: half of it is the most that one address gets."""
    flow = Flow("handshakes", 100, Duration.seconds(2))
    passed = 0
    for ms in range(0, 10_000, 10):
        try:
            flow.take(ATTACKER, NOW + Duration(ms))
            passed += 1
        except NoPlace:
            pass
    assert passed == 5 * 50
    for _ in range(33):
        flow.take(HALL, NOW + Duration(9_999))


def test_a_flow_whose_clock_is_set_back_goes_on() -> None:
    """It waited for what seemed to lie ahead: nobody new came in for as long as the step."""
    flow = Flow("handshakes", 10, Duration.seconds(2))
    for number in range(8):
        flow.take(home(number), NOW)
    flow.take(HALL, NOW - Duration.minutes(60))
    assert flow.occupancy.taken == 1


def offers(viewing: Viewing, origin: Origin, most: int = 10_000) -> list[ViewerPlace]:
    got: list[ViewerPlace] = []
    for _ in range(most):
        try:
            got.append(viewing.take(origin, NOW))
        except NoPlace:
            break
    return got


@pytest.mark.parametrize("networks", [1, 4, 40])
def test_offers_that_never_connect_hold_a_quarter_of_the_places_at_most(networks: int) -> None:
    """From however many networks they come, and a hall that means it gets in all the same: one after another, as each
    connects."""
    viewing, later = Viewing(1500), NOW + PATIENCE
    for _ in range(3):
        for number in range(networks):
            offers(viewing, origin_of(f"2001:db8:{number:x}::/64"), 100)
    assert viewing.places.taken <= 1500 // 4
    for _ in range(500):
        viewing.take(HALL, later).connected()
    assert viewing.places.occupancy.held == 500


def test_a_hall_that_joins_at_once_waits_for_nobody_but_itself() -> None:
    """Who is refused for those on their way is told so: it passes in a second or two."""
    viewing = Viewing(1500)
    coming = offers(viewing, HALL, 500)
    assert len(coming) == 188
    with pytest.raises(StillWaiting):
        viewing.take(HALL, NOW)
    for place in coming:
        place.connected()
    assert len(offers(viewing, HALL, 188)) == 188


def test_who_waits_gives_way_only_to_a_network_of_fewer_and_not_at_once() -> None:
    """Two who mean it must not push each other out for ever; and whoever is lost is told, so that the session ends."""
    viewing, lost = Viewing(4 * FEWEST), list[int]()
    for number in range(2):
        for place in offers(viewing, origin_of(f"203.0.{number}.9"), FEWEST // 2):
            place.when_lost = partial(lost.append, number)
    with pytest.raises(NoPlace):
        viewing.take(HALL, NOW)
    later = NOW + PATIENCE
    got = [viewing.take(HALL, later) for _ in range(5)]
    with pytest.raises(NoPlace):
        viewing.take(HALL, later)
    assert sorted(lost) == [0, 0, 0, 1, 1]
    assert viewing.places.taken == FEWEST
    for place in got:
        place.give_back(later)
    assert viewing.places.taken == FEWEST - 5


def test_an_offer_that_finds_no_place_waits_nowhere() -> None:
    """Else a full house would fill its waiting room with nobody."""
    viewing = Viewing(FEWEST)
    for number in range(FEWEST):
        viewing.take(home(number), NOW).connected()
    for number in range(3 * FEWEST):
        with pytest.raises(NoPlace) as full:
            viewing.take(home(100 + number), NOW)
        assert full.value.reason is Reason.FULL
    _, waiting = viewing.occupancy()
    assert waiting.taken == 0


def test_in_a_full_house_people_have_their_places_and_each_of_them_a_few() -> None:
    """A judge still gets a picture; a token that got out takes no more than its owner's."""
    viewing = Viewing(20)
    for number in range(20):
        viewing.take(home(number), NOW).connected()
    mine = [viewing.take(HALL, NOW, "final/judge") for _ in range(PER_PERSON)]
    assert all(place.is_invited for place in mine)
    with pytest.raises(NoPlace):
        viewing.take(HALL, NOW, "final/judge")
    others = [viewing.take(HALL, NOW, f"final/judge-{n}") for n in range(FEWEST_PEOPLE - PER_PERSON)]
    assert len(mine) + len(others) == kept_for_people(20)
    with pytest.raises(NoPlace):
        viewing.take(HALL, NOW, "final/one-too-many")
    for place in (*mine, *mine, *others):
        place.give_back(NOW)
    assert viewing.places.taken == 20
    assert viewing.take(HALL, NOW, "final/judge").is_invited


def test_a_persons_further_pictures_are_of_the_audience() -> None:
    """Whoever opens twenty windows takes nothing that is kept for the others."""
    viewing = Viewing(100)
    seen = [viewing.take(home(number), NOW, "final/judge").is_invited for number in range(PER_PERSON + 2)]
    assert seen == [True] * PER_PERSON + [False] * 2


def test_a_crowd_is_told_in_one_line_and_only_while_somebody_waits(caplog: pytest.LogCaptureFixture) -> None:
    """Thousands are refused in a minute; the log says so once, with the network that holds most and its share."""
    places, quiet = Places("sockets", 100), Places("pages", 100)
    told = tell((places.occupancy, quiet.occupancy), {})
    assert not caplog.records
    for _ in range(90):
        with suppress(NoPlace):
            places.take(ATTACKER, NOW)
    told = tell((places.occupancy, quiet.occupancy), told)
    (line,) = caplog.records
    assert line.message == "crowd"
    fields = {name: vars(line)[name] for name in ("of", "taken", "most", "network", "share", "refused")}
    assert fields == {
        "of": "sockets",
        "taken": 50,
        "most": 100,
        "network": "203.0.113.0/24",
        "share": 0.5,
        "refused": 40,
    }
    caplog.clear()
    tell((Places("sockets", 100).occupancy, quiet.occupancy), {"sockets": 40})
    assert not caplog.records
