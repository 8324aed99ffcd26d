"""What there is to choose from, and what of it a measured viewer goes up to."""

from hypothesis import given
from hypothesis import strategies as st

from roadshow.rooms.relay.last_mile.ladder import STILLS_BPS, STILLS_SHARE, TOP, Rates, name_of, steps_of, stills_of
from roadshow.rooms.relay.last_mile.peaks import SECONDS, Peaks
from roadshow.rooms.relay.last_mile.quality import QualityChooser
from roadshow.rooms.relay.offers.lanes import Quality

DECIDE_MS = 500


@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 10**6), st.integers(0, 10**6)), min_size=1))
def test_the_most_of_late_is_told(asked: list[tuple[int, int, int]]) -> None:
    """Of ten seconds, give or take the one that began before them; never less than at present."""
    peaks, now, given_at = Peaks(), 1_000_000, list[tuple[int, tuple[int, ...]]]()
    for gap, low, high in asked:
        now += gap
        given_at.append((now, (low, high)))
        told = peaks.add((low, high), now)
        sure = [rates for at, rates in given_at if now - at <= (SECONDS - 1) * 1000]
        maybe = [rates for at, rates in given_at if now - at <= SECONDS * 1000]
        for layer in range(2):
            assert max(rates[layer] for rates in sure) <= told[layer] <= max(rates[layer] for rates in maybe)


def test_other_layers_begin_anew() -> None:
    peaks = Peaks()
    peaks.add((500_000,), 1000)
    assert peaks.add((100_000, 200_000), 1100) == (100_000, 200_000)


def test_stills_are_a_relief_and_called_what_they_are_of() -> None:
    """A layer that takes little has none: they would take as much."""
    steps = steps_of(Rates((1_500_000,)), TOP, stills=True)
    assert [stills_of(level) for level, _, _ in steps] == [0, *STILLS_BPS, 0]
    assert [name_of(level) for level, _, _ in steps] == ["slides", *["low"] * len(STILLS_BPS), "high"]
    few = steps_of(Rates((200_000,)), TOP, stills=True)
    assert max(stills_of(level) for level, _, _ in few) <= STILLS_SHARE * 200_000
    assert not any(stills_of(level) for level, _, _ in steps_of(Rates((100_000,)), TOP, stills=True))
    assert not any(stills_of(level) for level, _, _ in steps_of(Rates((1_500_000,)), TOP, stills=False))


def chosen(peaks: tuple[int, ...], estimate: int) -> Quality | None:
    """By whoever had to leave all but the lowest layer, on a line that carries this, a while later."""
    chooser, rates = QualityChooser(), Rates((150_000, 350_000, 1_500_000), peaks=peaks)
    for now in range(0, 20_000, DECIDE_MS):
        full = now < 2_000
        chooser.on_estimate(300_000 if full else estimate, full, now)
        chooser.decide(now, rates)
    return chooser.quality


def test_nobody_goes_up_to_what_took_more_than_the_line_carries_a_moment_ago() -> None:
    """It would fall again with the next cut: a freeze each ten seconds."""
    assert chosen((), 450_000) is Quality.MEDIUM
    assert chosen((190_000, 500_000, 2_000_000), 450_000) is Quality.LOW
    assert chosen((190_000, 500_000, 2_000_000), 530_000) is Quality.MEDIUM
