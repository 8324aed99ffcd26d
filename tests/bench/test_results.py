"""What the bench concludes from what it counted."""

import msgspec
import pytest

from roadshow.bench.results import (
    COLUMNS,
    Limits,
    Reached,
    Step,
    advise,
    faults,
    percentile,
    quantile,
    reach_row,
    row,
)


def step(wanted: int, **changes: object) -> Step:
    """Eight seconds of a server at 1 µs a packet; ``changes`` are the faults put in."""
    packets = wanted * 226 * 8
    good = Step(
        viewers=wanted, wanted=wanted, seconds=8.0, packets=packets, expected=packets, frames=wanted * 240,
        user_s=packets * 0.6e-6, system_s=packets * 0.4e-6, least_us=0.9, load_s=1.0, drops=0, duplicates=0, late=0,
        backwards=0, authentic=1000, forged=0, p50_ms=2.0, p99_ms=8.0, longest_gap_ms=60.0,
        join_cpu_s=wanted * 2e-3 + 0.1, join_packets=100_000, joined=wanted, refused=0, joins_per_second=240.0,
        picture_p95_ms=90.0, memory_bytes=wanted * 80_000,
    )  # fmt: skip
    return msgspec.structs.replace(good, **changes)


def test_prices_and_shares() -> None:
    """The table's figures are these divisions and no others."""
    one = step(1000)
    assert one.us_per_packet == pytest.approx(1.0)
    assert one.server_percent == pytest.approx(22.6)
    assert one.frames_percent == pytest.approx(100)
    assert one.memory_each == 80_000
    # What was forwarded while they joined is not the joins' fault.
    assert one.join_ms == pytest.approx(2.0)
    assert step(1000, join_cpu_s=0.0).join_ms == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"packets": 1_800_000}, "0.442 % of the packets lost"),
        ({"frames": 235_000}, "97.9 % of the frames"),
        ({"frames": 245_000}, "102.1 % of the frames"),
        ({"user_s": 8.0}, "109 % of the core"),
        ({"p99_ms": 200.0}, "p99 of 200 ms"),
        ({"viewers": 990}, "10 did not get in"),
        ({"viewers": 990, "refused": 10}, "the server refused 10"),
        ({"forged": 1}, "packets did not authenticate"),
        ({"authentic": 0}, "nothing was authenticated"),
        ({"backwards": 3}, "3 timestamps ran backwards"),
    ],
)
def test_every_fault_is_seen(changes: dict[str, float], said: str) -> None:
    """A bench that misses one of these would praise a broken server."""
    assert faults(step(1000)) == []
    assert faults(step(1000, **changes)) == [said]


def test_a_frame_at_the_edge_of_a_short_count_is_no_fault_unless_asked() -> None:
    """One frame of a second's thirty is three per cent; over eight seconds the same share is a stall."""
    short = step(10, seconds=1.0, packets=2260, expected=2260, frames=10 * 31, user_s=0.1, system_s=0.1)
    assert faults(short) == []
    assert faults(short, exact=True) == ["103.3 % of the frames"]


def test_limits_are_the_callers() -> None:
    strict = Limits(lost_percent=0.0, p99_ms=5.0)
    assert faults(step(1000), strict) == ["p99 of 8 ms"]
    assert faults(step(1000, packets=1_807_999), strict)[0] == "0.000 % of the packets lost"


def test_the_advice_is_the_last_step_before_the_first_that_failed() -> None:
    """A later good one after a bad one is luck."""
    advice = advise([step(100), step(200), step(300, p99_ms=500.0), step(400)])
    assert (advice.holds, advice.is_lower_bound, advice.setting) == (200, False, 200)
    assert "about 200 viewers on one core; set ROADSHOW_MAX_VIEWERS=200" in advice.text
    assert "With 300 it did not: p99 of 500 ms." in advice.text


def test_the_setting_leaves_a_fifth_of_the_core() -> None:
    """Past 100 % every viewer loses packets, so the last step that went well is too many."""
    busy = step(500, user_s=5.4, system_s=1.8)
    assert faults(busy) == []
    assert busy.server_percent == pytest.approx(90)
    advice = advise([busy])
    assert (advice.holds, advice.is_lower_bound, advice.setting) == (500, True, 440)
    assert "at least 500" in advice.text


def test_a_load_client_at_its_end_is_not_held_against_the_server() -> None:
    advice = advise([step(100), step(200, packets=300_000, drops=61_600)])
    assert "the server may hold more" in advice.text


def test_no_advice_without_a_good_step() -> None:
    advice = advise([step(50, p99_ms=500.0)])
    assert (advice.holds, advice.setting) == (0, 0)
    assert "does not hold 50 viewers: p99 of 500 ms" in advice.text
    assert advise([]).holds == 0


def test_one_core_is_said_to_be_shared() -> None:
    assert "only one core" in advise([step(50)], shared_core=True).text
    assert "only one core" not in advise([step(50)]).text


def test_percentiles_are_the_upper_edges_of_buckets() -> None:
    histogram = [0] * 100_001
    assert percentile(histogram, 0.5) is None
    histogram[99] = 98  # just under a millisecond
    histogram[1999] = 1
    histogram[100_000] = 1  # longer than a second
    assert percentile(histogram, 0.5) == pytest.approx(1.0)
    assert percentile(histogram, 0.99) == pytest.approx(20.0)
    assert percentile(histogram, 0.999) == pytest.approx(1000.01)


def test_quantiles_never_flatter() -> None:
    values = [float(number) for number in range(1, 21)]
    assert quantile(values, 0.95) == 19
    assert quantile(values, 1.0) == 20
    assert quantile(values, 0.01) == 1
    assert quantile([], 0.95) is None


def test_rows_stand_under_their_columns() -> None:
    """A figure under the wrong heading is worse than none."""
    for one in (step(1000), step(7, p50_ms=None, p99_ms=None, picture_p95_ms=None)):
        text = row(one)
        assert len(text) == len(COLUMNS)
        words = dict(zip(COLUMNS.split(), text.split(), strict=True))
        assert words["viewers"] == str(one.viewers)
        assert words["us/pkt"] == "1.00"
        assert words["kB/viewer"] == "80"
        assert words["p99"] == ("-" if one.p99_ms is None else "8.0")


def test_a_row_of_aims_says_whether_it_was_reached() -> None:
    assert reach_row(Reached("price", "≤ 2 us", "1.9 us", True)).startswith("reached ")
    assert reach_row(Reached("price", "≤ 2 us", "2.1 us", False)).startswith("NOT REACHED ")
    assert reach_row(Reached("price", "≤ 2 us", "", None)).startswith("not measured ")
