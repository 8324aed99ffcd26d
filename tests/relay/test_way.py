"""Where a peer may be sent to: a rule that holds whatever comes, in whatever order, under whatever address."""

import itertools
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from roadshow.rooms.relay.transport.transactions import MAX_TRANSACTIONS, REMEMBERED_MS, Transactions
from roadshow.rooms.relay.transport.way import (
    ANSWERED_WITHIN_MS,
    CONSENT_MS,
    FACTOR,
    HANDSHAKE_OCTETS,
    MAX_ADDRESSES,
    MOVE_MS,
    NAMED_MS,
    RENEW_MS,
    SILENT_MS,
    Way,
)

HOME, MOBILE, VICTIM, OTHER = (("192.0.2.1", 1), ("192.0.2.2", 2), ("203.0.113.1", 3), ("203.0.113.2", 4))
START = 1_000_000
REQUEST = 110


def a_way() -> Way:
    counter = itertools.count()
    return Way(lambda: next(counter).to_bytes(12, "big"), START)


def answer(way: Way, address: Any, now: int) -> None:
    """Be asked, and answer."""
    transaction = way.asks(address, now)
    assert transaction is not None
    assert way.asked(address, transaction, now)
    way.proved(address, now)


def watching(now: int = START) -> Way:
    """A viewer that is at home and answered."""
    way = a_way()
    way.checked(HOME, 100, False, now)
    way.greeted(HOME, 200)
    way.shook_hands(now)
    answer(way, HOME, now + RENEW_MS)
    return way


class Anybody(RuleBasedStateMachine):
    """A peer that may be at two addresses, and claims to be at two others."""

    TRUE, CLAIMED = (HOME, MOBILE), (VICTIM, OTHER)
    anywhere = st.sampled_from((*TRUE, *CLAIMED))

    def __init__(self) -> None:
        super().__init__()
        self.way, self.now = a_way(), START
        self.came: dict[Any, int] = {}
        self.went: dict[Any, int] = {}
        self.out: list[tuple[Any, bytes, int]] = []
        """Requests that reached who is asked."""
        self.flights_seen = self.shaken = False
        self.former: Any = None
        """Where media went a step ago."""

    def send(self, address: Any, size: int, handshake: bool = False) -> bool:
        pays = self.way.pays(address, size, handshake)
        if pays:
            self.went[address] = self.went.get(address, 0) + size
        return pays

    def take(self, address: Any, size: int) -> None:
        self.came[address] = self.came.get(address, 0) + size

    @initialize()
    def begin(self) -> None:
        self.check(HOME, 100, named=False)

    @rule(address=anywhere, size=st.integers(60, 500), named=st.booleans())
    def check(self, address: Any, size: int, named: bool) -> None:
        self.take(address, size)
        self.way.checked(address, size, named, self.now)
        self.way.named(address, self.now)
        assert self.send(address, 76), "an authentic check is always answered"
        self.ask(address)

    @rule(address=anywhere)
    def ask(self, address: Any) -> None:
        transaction = self.way.asks(address, self.now)
        if transaction is not None and self.send(address, REQUEST) and address in self.TRUE:
            self.out.append((address, transaction, self.now))

    @precondition(lambda self: self.out)
    @rule(data=st.data())
    def reply(self, data: st.DataObject) -> None:
        """From where it was sent to, or under another address, in time or late, once or again."""
        _, transaction, asked_at = data.draw(st.sampled_from(self.out))
        address = data.draw(self.anywhere)
        if self.way.asked(address, transaction, self.now):
            assert self.now - asked_at <= ANSWERED_WITHIN_MS
            self.way.proved(address, self.now)

    @precondition(lambda self: not self.shaken)
    @rule(address=anywhere, size=st.integers(13, 1400), flight=st.integers(50, 1400))
    def greet(self, address: Any, size: int, flight: int) -> None:
        if address not in self.way.places:
            return
        self.take(address, size)
        self.way.greeted(address, size)
        assert self.way.address is not None
        if self.send(self.way.address, flight, handshake=True) and self.way.address in self.TRUE:
            self.flights_seen = True

    @precondition(lambda self: self.flights_seen and not self.shaken)
    @rule(address=anywhere)
    def finish(self, address: Any) -> None:
        """Whoever saw our flights can say the last word from anywhere."""
        if address in self.way.places:
            self.take(address, 100)
            self.way.greeted(address, 100)
            self.way.shook_hands(self.now)
            self.shaken = True

    @precondition(lambda self: self.shaken)
    @rule(address=anywhere)
    def media(self, address: Any) -> None:
        if address not in self.way.places:
            return
        if address == self.way.address:
            self.way.heard_at = self.now
        else:
            self.way.heard(address, self.now)

    @rule(ms=st.sampled_from((1, 20, 400, 1000, 2500, 9000, 31_000)))
    def wait(self, ms: int) -> None:
        self.now += ms

    @invariant()
    def nobody_is_sent_media_who_did_not_ask(self) -> None:
        assert not (self.way.open(self.now) and self.way.address in self.CLAIMED)
        assert not (self.way.reaches(self.now) and self.way.address in self.CLAIMED)

    @invariant()
    def a_claim_gets_three_times_what_it_sent(self) -> None:
        for address in self.CLAIMED:
            assert self.went.get(address, 0) <= FACTOR * self.came.get(address, 0) + HANDSHAKE_OCTETS
        assert sum(self.went.get(one, 0) - FACTOR * self.came.get(one, 0) for one in self.CLAIMED) <= HANDSHAKE_OCTETS

    @invariant()
    def while_it_is_sure_there_is_nothing_to_do(self) -> None:
        """Nobody looks at it so long, so nothing may be missed by that."""
        if self.shaken and self.now < self.way.sure_until:
            assert self.way.address is not None
            for now in (self.now, self.way.sure_until - 1):
                assert self.way.open(now)
                assert self.way.alive(now)
                place = self.way.places[self.way.address]
                assert place.proved_at is not None
                assert now - place.proved_at < RENEW_MS, "it would be asked"

    @invariant()
    def only_what_is_proved_is_moved_to(self) -> None:
        if self.former not in (None, self.way.address):
            here = self.way.places[self.way.address or ()]
            assert here.proved_at is not None
            assert self.now - here.proved_at <= CONSENT_MS
        if self.shaken:
            self.former = self.way.address
        assert len(self.way.places) <= MAX_ADDRESSES


TestAnybody = Anybody.TestCase
TestAnybody.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


def test_checks_alone_keep_nothing_open() -> None:
    """Whoever overheard some can repeat them for ever."""
    way = watching()
    for now in range(START + RENEW_MS, START + RENEW_MS + 2 * CONSENT_MS, 500):
        way.checked(HOME, 100, True, now)
        assert way.open(now) is way.alive(now) is (now <= START + RENEW_MS + CONSENT_MS)


def test_an_answer_keeps_it_open_and_is_asked_for_in_time() -> None:
    """By one a second, of which two thirds are lost."""
    way, lost = watching(), itertools.cycle((True, True, False))
    for now in range(START + RENEW_MS, START + 10 * CONSENT_MS, 1000):
        transaction = way.asks(HOME, now)
        if transaction is not None and not next(lost):
            assert way.asked(HOME, transaction, now)
            way.proved(HOME, now)
        assert way.open(now)


def test_reports_alone_do_not_keep_open_what_used_to_answer() -> None:
    """The way in works, the way back does not: the stream would go nowhere."""
    way = watching()
    now = START + RENEW_MS + CONSENT_MS + 1
    way.heard_at = now
    assert not way.open(now)
    assert way.alive(now)


def test_who_cannot_answer_is_believed_by_what_it_sends_where_it_shook_hands() -> None:
    """Some encoders and players answer no request; but only their first address was ever proved."""
    way = a_way()
    way.checked(HOME, 100, False, START)
    way.greeted(HOME, 200)
    way.shook_hands(START)
    for now in range(START, START + 10 * CONSENT_MS, CONSENT_MS):
        way.heard_at = now
        assert way.open(now + CONSENT_MS)
    assert not way.open(way.heard_at + CONSENT_MS + 1)
    way.checked(MOBILE, 100, True, now)
    assert not way.heard(MOBILE, now)
    assert way.address == HOME


def test_who_answered_until_it_was_connected_and_never_since_cannot_answer() -> None:
    """FFmpeg reads no more of what we send than its handshake."""
    way = a_way()
    way.checked(HOME, 100, False, START)
    answer(way, HOME, START)
    way.greeted(HOME, 200)
    way.shook_hands(START)
    way.heard_at = START + CONSENT_MS + 1
    assert way.open(way.heard_at)


def test_a_handshake_ended_from_elsewhere_proves_neither_address() -> None:
    """Its last words can be said under anybody's address."""
    way = a_way()
    for address in (HOME, VICTIM):
        way.checked(address, 100, False, START)
        way.greeted(address, 200)
    way.shook_hands(START)
    assert not way.open(START)
    answer(way, HOME, START)
    assert (way.address, way.open(START)) == (HOME, True)


def test_media_move_at_once_to_where_the_peer_speaks_if_that_is_proved_already() -> None:
    """A browser checks a pair before it uses it; so nothing is lost when it does."""
    way = watching()
    now = START + RENEW_MS
    way.checked(MOBILE, 100, False, now)
    answer(way, MOBILE, now)
    way.heard_at = now + MOVE_MS - 1
    assert way.address == HOME
    assert way.heard(MOBILE, now + MOVE_MS)
    assert (way.address, way.open(now + MOVE_MS)) == (MOBILE, True)


def test_media_move_with_the_answer_if_the_peer_spoke_before() -> None:
    way = watching()
    now = START + RENEW_MS
    way.checked(MOBILE, 100, False, now)
    assert not way.heard(MOBILE, now + 10)
    transaction = way.asks(MOBILE, now + 10)
    assert transaction is not None
    assert way.proved(MOBILE, now + 60)


def test_media_do_not_move_with_an_answer_if_the_peer_spoke_from_the_former_since() -> None:
    way = watching()
    now = START + RENEW_MS
    way.checked(MOBILE, 100, False, now)
    assert not way.heard(MOBILE, now + 10)
    way.heard_at = now + 20
    answer(way, MOBILE, now + 60)
    assert way.address == HOME


def test_a_pair_named_for_use_is_taken_when_the_former_is_quiet() -> None:
    """Before the show nobody sends anything, and a NAT forgets; some clients name every pair."""
    way = watching()
    way.checked(MOBILE, 100, True, START + 1000)
    answer(way, MOBILE, START + RENEW_MS + 1000)
    assert way.address == HOME
    later = START + RENEW_MS + NAMED_MS
    way.checked(MOBILE, 100, True, later)
    assert way.named(MOBILE, later)


def test_an_address_that_is_new_is_taken_with_its_answer_if_nothing_came_from_the_former_since() -> None:
    """A NAT forgot the former. To wait for the viewer's next report would be a second of a still picture."""
    way = watching()
    now = START + RENEW_MS + MOVE_MS
    way.checked(MOBILE, 100, True, now)
    answer(way, MOBILE, now + 20)
    assert way.address == MOBILE


def test_any_proved_address_is_taken_when_the_former_was_silent_for_long() -> None:
    way = watching()
    now = START + RENEW_MS + SILENT_MS
    way.checked(MOBILE, 100, False, now)
    answer(way, MOBILE, now)
    assert way.address == MOBILE


def test_a_proved_address_is_nobody_elses() -> None:
    """Though no check came from there for long: some clients send none once they are connected."""
    way = watching()
    way.checked(MOBILE, 100, False, START)
    assert not way.holds(MOBILE, START)
    way.heard_at = START + 10 * CONSENT_MS
    assert way.holds(HOME, START + 11 * CONSENT_MS)
    assert not way.holds(HOME, START + 11 * CONSENT_MS + 1)


def test_addresses_claimed_push_out_no_proved_one() -> None:
    way = watching()
    way.checked(MOBILE, 100, False, START + RENEW_MS)
    answer(way, MOBILE, START + RENEW_MS)
    for port in range(4 * MAX_ADDRESSES):
        way.checked(("203.0.113.9", port), 100, False, START + RENEW_MS)
    assert {HOME, MOBILE} < set(way.places)


@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from((HOME, VICTIM)), st.integers(0, 2000)), max_size=300))
def test_a_check_counts_from_one_address_for_as_long_as_it_is_remembered(steps: list[tuple[int, Any, int]]) -> None:
    """However many others came meanwhile."""
    transactions, now, first = Transactions(), START, dict[int, tuple[int, Any]]()
    for number, address, ms in steps:
        now += ms
        seen_at, owner = first.get(number, (now - REMEMBERED_MS - 1, address))
        if now - seen_at > REMEMBERED_MS:
            first[number], owner = (now, address), address
        assert transactions.admit(number.to_bytes(12, "big"), address, now) is (owner == address)
        assert len(transactions) <= len(first)


def test_when_too_many_checks_are_remembered_more_are_refused_and_none_forgotten() -> None:
    transactions = Transactions()
    for number in range(2 * MAX_TRANSACTIONS):
        admitted = transactions.admit(number.to_bytes(12, "big"), HOME, START)
        assert admitted is (number < MAX_TRANSACTIONS)
    assert not transactions.admit(bytes(12), VICTIM, START + REMEMBERED_MS)
    assert transactions.admit(b"one that's new"[:12], VICTIM, START + REMEMBERED_MS + 1)
    assert len(transactions) == 1
