"""What a viewer's line is believed to carry, on modelled lines: overuse counts when it is congestion."""

from collections.abc import Callable

import pytest

from roadshow.rooms.relay.last_mile.estimate.line import PythonLine
from roadshow.rooms.relay.last_mile.estimate.rate import SETTLE_MS, Rate
from tests.relay.traces import Path, Trace

LOOK_MS = 500


class Watched:
    """A line that is looked at twice a second, and at once while the detector says overuse."""

    def __init__(self, path: Path, rate: Callable[[int], float], seed: int = 1) -> None:
        self.trace = Trace(PythonLine(), path, rate, seed)
        self.rate = Rate()
        self.congested_at: list[int] = []
        self.estimates: list[tuple[int, float]] = []

    def run(self, ms: int) -> "Watched":
        looked = 0
        for now, told in self.trace.run(ms):
            if now - looked >= LOOK_MS or told.signal:
                looked = now
                estimate = self.rate.look(told, now)
                if estimate is not None:
                    self.estimates.append((now, estimate / 1000))
                if self.rate.congested:
                    self.congested_at.append(now)
        return self


HARMLESS: dict[str, Callable[[], Path]] = {
    "constant": Path,
    "just wide enough": lambda: Path(rate=lambda now: 1100.0),
    "jitter": lambda: Path(jitter_ms=30.0),
    "reordering": lambda: Path(jitter_ms=30.0, reorders=True),
    "a step of 100 ms": lambda: Path(delay_ms=lambda now: 20.0 if now < 10_000 else 120.0),
    "a step back": lambda: Path(delay_ms=lambda now: 120.0 if now < 10_000 else 20.0),
    "steps and jitter": lambda: Path(delay_ms=lambda now: 20.0 + 100 * (now // 10_000 % 2), jitter_ms=15.0),
    "loss of 5 %": lambda: Path(loss=0.05),
    "loss of 5 % in bursts": lambda: Path(loss=0.05, burst=4.0),
    "jitter and loss": lambda: Path(loss=0.05, jitter_ms=30.0),
    "loss of 15 %": lambda: Path(loss=0.15),
}


@pytest.mark.parametrize("seed", range(2, 6))
@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_no_congestion_costs_nothing(name: str, seed: int) -> None:
    """A step down is another, smaller picture: nobody loses one to jitter, or to a longer way."""
    watched = Watched(HARMLESS[name](), lambda now: 900.0, seed).run(40_000)
    assert watched.congested_at == []
    assert watched.estimates[-1][1] >= 900


CONGESTED: dict[str, Callable[[], Path]] = {
    "half": lambda: Path(rate=lambda now: 3000.0 if now < 10_000 else 500.0),
    "half, a deep queue": lambda: Path(rate=lambda now: 3000.0 if now < 10_000 else 500.0, queue_ms=2000.0),
    "half, a shallow queue": lambda: Path(rate=lambda now: 3000.0 if now < 10_000 else 500.0, queue_ms=120.0),
    "half, with jitter": lambda: Path(rate=lambda now: 3000.0 if now < 10_000 else 500.0, jitter_ms=30.0),
    "another flow comes": lambda: Path(rate=lambda now: 1200.0, beside=lambda now: 0.0 if now < 10_000 else 800.0),
    "two thirds": lambda: Path(rate=lambda now: 3000.0 if now < 10_000 else 600.0, queue_ms=500.0),
}


@pytest.mark.parametrize("seed", range(2, 5))
@pytest.mark.parametrize("name", CONGESTED)
def test_a_line_that_is_too_narrow_is_found_in_a_second_and_a_half(name: str, seed: int) -> None:
    watched = Watched(CONGESTED[name](), lambda now: 900.0, seed).run(14_000)
    assert 10_000 < watched.congested_at[0] <= 11_500
    found = dict(watched.estimates)[watched.congested_at[0]]
    assert found < 810, "what is sent is above it"
    assert dict(watched.estimates)[watched.congested_at[-1]] >= 300, "nor is it far below what the line carries"


def test_a_line_that_was_full_from_the_start_is_found_by_its_loss() -> None:
    """Its delay was never lower, so it is not known to be high."""
    watched = Watched(Path(rate=lambda now: 400.0), lambda now: 900.0).run(6_000)
    assert watched.congested_at[0] <= 3_000
    assert watched.estimates[-1][1] <= 400


@pytest.mark.parametrize("seed", range(1, 4))
@pytest.mark.parametrize("packet", [600, 1100])
@pytest.mark.parametrize("key_frame_ms", [90, 200])
def test_what_the_former_picture_lost_is_not_put_down_to_the_smaller_one(
    seed: int, packet: int, key_frame_ms: int
) -> None:
    """A layer of 180 kbit/s was given up for stills, on a line of 440 that held it: a second and more after the
    change half of what was told of was lost, all of the picture before, whose last packets overflowed the queue."""
    rates = [1500.0]
    path = Path(rate=lambda now: 3000.0 if now < 10_000 else 440.0, delay_ms=lambda now: 5.0)
    watched = Watched(path, lambda now: rates[-1], seed).run(10_000)
    while not watched.congested_at:
        watched.run(100)
    changed = watched.trace.now
    watched.rate.changed(changed)
    watched.run(key_frame_ms)
    rates.append(180.0)
    watched.trace.packet = packet
    watched.run(5_000)
    assert all(at < changed + SETTLE_MS for at in watched.congested_at)


def test_who_sends_less_than_the_line_carries_learns_little_more() -> None:
    """1.5 times what comes is all that can be said without trying."""
    watched = Watched(Path(rate=lambda now: 5000.0), lambda now: 400.0).run(30_000)
    assert 400 * 1.2 <= watched.estimates[-1][1] <= 400 * 1.5 * 1.15 + 10


def test_after_a_limit_the_estimate_goes_up_again() -> None:
    """Half a megabit for five seconds, for a picture that gives way."""
    rate = Watched(
        Path(rate=lambda now: 500.0 if 10_000 < now < 15_000 else 3000.0),
        lambda now: 900.0 if now < 11_500 else 300.0 if now < 20_000 else 900.0,
    ).run(40_000)
    assert all(10_000 < at < 13_500 for at in rate.congested_at)
    assert rate.estimates[-1][1] >= 900


def test_a_line_of_which_nothing_more_is_told_is_not_called_full() -> None:
    """Between two stills nothing comes: what was there before it fell silent is no sign of how it stands."""
    watched = Watched(Path(rate=lambda now: 600.0), lambda now: 900.0).run(3_000)
    told = watched.trace.line.told
    watched.rate.look(told, 3_000)
    for now in range(3_500, 6_000, LOOK_MS):
        watched.rate.look(told, now)
        assert not watched.rate.congested
