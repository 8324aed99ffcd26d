"""What a line's figures mean for a pitch."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from roadshow.rooms.lines.verdict import DATAGRAMS, NEEDS, TRUSTED, Figures, Reason, Verdict, Way, judge, up_rate

RANK = {Verdict.ANOTHER: 0, Verdict.SLIDES: 1, Verdict.FULL: 2}
GOOD = Figures(Way.UDP, estimate=2_500_000, carried=2_000_000, round_trip=40, spread=10, lost=0.0)
MILLISECONDS, SHARES, RATES = st.integers(0, 60_000), st.floats(0, 1), st.integers(0, 10_000_000)
FIGURES = st.builds(
    Figures,
    way=st.none() | st.sampled_from(Way),
    estimate=st.none() | RATES,
    carried=RATES,
    round_trip=MILLISECONDS,
    spread=MILLISECONDS,
    lost=SHARES,
)


def test_a_good_line_carries_all_of_it() -> None:
    """Nobody is sent to look for another network without need."""
    assert judge(GOOD, 0.0) == (Verdict.FULL, ())
    assert judge(replace(GOOD, way=Way.TURN_UDP)) == (Verdict.FULL, ())


@pytest.mark.parametrize(
    ("changed", "verdict", "reason"),
    [
        ({"way": None}, Verdict.ANOTHER, Reason.UNREACHED),
        ({"way": Way.TCP}, Verdict.SLIDES, Reason.STREAM),
        ({"way": Way.TURN_TCP}, Verdict.SLIDES, Reason.STREAM),
        ({"estimate": 900_000}, Verdict.SLIDES, Reason.RATE),
        ({"estimate": 90_000}, Verdict.ANOTHER, Reason.RATE),
        ({"estimate": None, "carried": 400_000, "spread": 90}, Verdict.SLIDES, Reason.RATE),
        ({"estimate": None, "carried": 400_000, "lost": 0.02}, Verdict.SLIDES, Reason.RATE),
        ({"round_trip": 600}, Verdict.SLIDES, Reason.DELAY),
        ({"round_trip": 2_000}, Verdict.ANOTHER, Reason.DELAY),
        ({"spread": 300}, Verdict.SLIDES, Reason.SPREAD),
        ({"spread": 900}, Verdict.ANOTHER, Reason.SPREAD),
        ({"lost": 0.08}, Verdict.SLIDES, Reason.LOSS),
        ({"lost": 0.3}, Verdict.ANOTHER, Reason.LOSS),
    ],
)
def test_what_stands_in_the_way_is_named(changed: dict[str, object], verdict: Verdict, reason: Reason) -> None:
    """By it somebody is told what to do: a cable helps against one, an open port against another."""
    assert judge(replace(GOOD, **changed)) == (verdict, (reason,))


@pytest.mark.parametrize(("missing", "verdict"), [(0.01, Verdict.FULL), (0.05, Verdict.SLIDES), (0.2, Verdict.ANOTHER)])
def test_what_the_relay_never_got_counts_whatever_the_browser_says(missing: float, verdict: Verdict) -> None:
    """A loss that repeats do not mend is a broken picture."""
    assert judge(GOOD, missing)[0] is verdict


def test_a_slow_device_is_no_slow_line() -> None:
    """Firefox tells no estimate. What it sent on a line that neither delays nor loses was all it had to send."""
    assert judge(replace(GOOD, estimate=None, carried=541_217, spread=45)) == (Verdict.FULL, ())
    assert judge(replace(GOOD, estimate=None, carried=0)) == (Verdict.ANOTHER, (Reason.RATE,))


@given(FIGURES, st.none() | SHARES)
def test_a_full_picture_is_what_nothing_stands_in_the_way_of(figures: Figures, missing: float | None) -> None:
    """A verdict without a reason, or a reason beside a full picture, would leave somebody at a loss."""
    verdict, reasons = judge(figures, missing)
    assert (verdict is Verdict.FULL) == (reasons == ())
    assert (Reason.UNREACHED in reasons) == (figures.way is None)
    assert len(set(reasons)) == len(reasons)


@given(FIGURES, st.none() | SHARES, st.data())
def test_a_better_line_is_never_judged_worse(figures: Figures, missing: float | None, data: st.DataObject) -> None:
    """Somebody who plugs in a cable and is told less would stop believing the check."""
    better = replace(
        figures,
        way=data.draw(st.sampled_from([figures.way, *DATAGRAMS])),
        estimate=None if figures.estimate is None else figures.estimate + data.draw(RATES),
        carried=figures.carried + data.draw(RATES),
        round_trip=data.draw(st.integers(0, figures.round_trip)),
        spread=data.draw(st.integers(0, figures.spread)),
        lost=data.draw(st.floats(0, figures.lost)),
    )
    mended = None if missing is None else data.draw(st.floats(0, missing))
    assert RANK[judge(better, mended)[0]] >= RANK[judge(figures, missing)[0]]


@given(FIGURES)
def test_an_estimate_counts_for_no_more_than_was_shown(figures: Figures) -> None:
    """A burst of probes goes through many a line that holds a tenth of it."""
    assert up_rate(figures) <= max(figures.carried, TRUSTED * figures.carried)


def test_the_table_asks_for_less_of_what_is_less() -> None:
    """Else a line could be good for a picture and too bad for slides."""
    full, slides = NEEDS[Verdict.FULL], NEEDS[Verdict.SLIDES]
    assert full.up > slides.up
    assert full.ways <= slides.ways
    for name in ("round_trip", "spread", "lost", "missing"):
        assert getattr(full, name) < getattr(slides, name)
