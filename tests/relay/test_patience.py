"""What a viewer asks for that is only late is not sent again; what is lost is, a moment later at most."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadshow.rooms.relay.last_mile.estimate.line import PythonLine
from roadshow.rooms.relay.last_mile.estimate.told import ident_of
from roadshow.rooms.relay.last_mile.patience import HOLD_MS, LEAST, MOST, TELL_MS, Patience
from roadshow.rooms.relay.wire.transport_wide import write

SSRC = 0x5EED


class Browser:
    """Packets of one stream each 7 ms to a browser that asks for what is missing as soon as something later came, and
    again each 100 ms; it tells each 50 ms what came. ``late``: ms that a packet takes longer; None: it is lost."""

    def __init__(self, late: list[int | None]) -> None:
        self.line, self.patience, self.late = PythonLine(), Patience(), late
        self.answers: list[tuple[int, int]] = []
        """When, and what."""
        self.asked: dict[int, int] = {}
        """When each was asked for first."""
        self.came: dict[int, int] = {}

    def run(self) -> "Browser":
        told_from, due = 0, dict[int, int]()
        for now in range(len(self.late) * 7 + 400):
            number = now // 7
            if now % 7 == 0 and number < len(self.late):
                self.line.depart(1000, now * 1000, ident_of(SSRC, number))
                late = self.late[number]
                if late is not None:
                    due[number] = now + 10 + late
            for arrived in [one for one, at in due.items() if at <= now]:
                self.came[arrived] = due.pop(arrived)
                told_from = min(told_from, arrived)
            newest = max(self.came, default=0)
            missing = [one for one in range(max(0, newest - 60), newest) if one not in self.came]
            asks = [one for one in missing if one not in self.asked or (now - self.asked[one]) % 100 == 0]
            for one in asks:
                self.asked.setdefault(one, now)
            if asks:
                self.answer(now)
                self.answers += [(now, one) for one in self.patience.asked(SSRC, asks, now)]
            if now % 20 == 0 and self.patience.waits:
                self.answer(now)
            if now % 50 == 0 and newest >= told_from and self.came:
                arrivals = [self.came.get(one) for one in range(told_from, newest + 1)]
                if any(one is not None for one in arrivals):
                    ticks = [None if one is None else 4 * one for one in arrivals]
                    packet, _ = write(1, 2, 0, told_from, ticks)
                    self.line.acknowledge(packet[4 : len(packet) - (packet[-1] if packet[0] & 0x20 else 0)])
                    told_from = newest + 1
        return self

    def answer(self, now: int) -> None:
        self.answers += [(now, sequence) for _, sequence in self.patience.due(self.line, now)]


def patient(now: int) -> Patience:
    """Of a line that changes the order, as is known; and told of a moment ago."""
    patience = Patience()
    patience._late.extend([True] * LEAST)
    patience._told_at = now
    return patience


def jitter(packets: int, seed: int, loss: float = 0.0) -> list[int | None]:
    """30 ms, half normal, twice that at the most: as the bench's line has it."""
    chance = random.Random(seed)
    return [None if chance.random() < loss else int(min(60.0, abs(chance.gauss(0, 30)))) for _ in range(packets)]


def test_a_line_that_changes_the_order_gets_next_to_no_repeats() -> None:
    """56 % of all that came were repeats."""
    browser = Browser(jitter(1500, 1)).run()
    assert len(browser.asked) > 500
    assert len(browser.answers) <= 0.02 * 1500  # most of them before it is known


@pytest.mark.parametrize("seed", [1, 2])
def test_on_such_a_line_what_is_lost_comes_again_a_moment_later(seed: int) -> None:
    browser = Browser(jitter(1500, seed, loss=0.02)).run()
    answered: dict[int, int] = {}
    for at, one in browser.answers:
        answered.setdefault(one, at)
    lost = [one for one, late in enumerate(browser.late) if late is None and one in browser.asked]
    assert len(lost) > 15
    assert all(answered[one] - browser.asked[one] <= HOLD_MS + 20 for one in lost)


def test_where_the_order_stays_every_answer_is_at_once() -> None:
    """Whatever is lost there: nobody's repair waits for a line that is not theirs."""
    chance = random.Random(3)
    browser = Browser([None if chance.random() < 0.1 else 0 for _ in range(1000)]).run()
    assert len(browser.answers) >= len(browser.asked) > 50
    first = {one: at for at, one in reversed(browser.answers)}
    assert all(first[one] == at for one, at in browser.asked.items())


def test_an_answer_that_was_lost_does_not_wait_again() -> None:
    patience, line = patient(1000), PythonLine()
    assert patience.asked(SSRC, [7], 1000) == ()
    assert patience.due(line, 1000 + HOLD_MS) == [(SSRC, 7)]
    assert patience.asked(SSRC, [7], 1200) == (7,)
    assert not patience.waits


def test_one_in_two_seconds_is_answered_at_once_for_what_rides_on_it() -> None:
    """A repeat tells the browser to hold its pictures longer."""
    patience = patient(0)
    at_once = [now for now in range(0, 10_000, 100) if patience.asked(SSRC, [now], now)]
    assert at_once == list(range(TELL_MS, 10_000, TELL_MS))


def test_who_asks_for_everything_has_no_more_remembered_than_that() -> None:
    patience = patient(1000)
    assert len(patience.asked(SSRC, range(10_000), 1000)) == 10_000 - MOST
    assert len(patience.due(PythonLine(), 1000 + HOLD_MS)) == MOST


@given(st.lists(st.tuples(st.integers(0, 200), st.lists(st.integers(0, 0xFFFF), max_size=60)), max_size=30))
def test_whatever_is_asked_for_is_answered_in_time_or_came(asks: list[tuple[int, list[int]]]) -> None:
    """And what is remembered has a bound, whatever a viewer sends."""
    patience, line, now = Patience(), PythonLine(), 0
    patience._late.extend([True] * LEAST)
    open_: dict[int, int] = {}
    for gap, sequences in asks:
        now += gap
        for _, sequence in patience.due(line, now):
            assert now - open_.pop(sequence) >= HOLD_MS
        for sequence in patience.asked(SSRC, sequences, now):
            open_.pop(sequence, None)
        held = {sequence for (_, sequence), (_, held) in patience._asked.items() if held}
        open_ |= {sequence: now for sequence in sequences if sequence in held and sequence not in open_}
        assert held == set(open_)
        assert len(patience._asked) <= MOST
        assert len(patience._answered) <= MOST
        assert patience.waits == bool(held)
    assert {sequence for _, sequence in patience.due(line, now + HOLD_MS)} == set(open_)
