"""The relay's figures, without a socket: what is recent, how viewers are spread, a source in one word."""

import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadshow.rooms.lanes import MAIN
from roadshow.rooms.relay.stats import (
    RECENT_MS,
    WEAK_AUDIO_LOSS,
    WEAK_JITTER_MS,
    WEAK_VIDEO_LOSS,
    Condition,
    IngestStats,
    LaneView,
    LayerStats,
    RecentLoss,
    ViewerStats,
    ViewerTotals,
    condition,
    spread,
    viewers_stats,
    worst_viewers,
)
from roadshow.rooms.relay.transport.kernel import in_table, ingest

SECOND = 1000
HEAD = "  sl local_address rem_address st tx_queue rx_queue tr tm->when retrnsmt uid timeout inode ref pointer drops"
ROW = "  318: 0100007F:E28F 00000000:0000 07 00000000:00000F00 00:00000000 00000000     0        0 1294091 2 0000 47"


def layer(**changes: Any) -> LayerStats:
    well: dict[str, Any] = {
        "rid": "",
        "codec": "VP8",
        "live": True,
        "silent_ms": 20,
        "bits_per_second": 1_000_000,
        "packets": 1000,
        "octets": 1_000_000,
        "lost": 0,
        "loss": 0.0,
        "jitter_ms": 2.0,
        "nacks": 0,
        "recovered": 0,
        "abandoned": 0,
        "key_frame_requests": 1,
        "key_frames": 3,
        "key_frame_age_ms": 800,
    }
    return LayerStats(**(well | changes))


def viewer(loss: float = 0.0, **changes: Any) -> ViewerStats:
    well: dict[str, Any] = {
        "connected": True,
        "loss": loss,
        "round_trip_ms": 40,
        "bandwidth": None,
        "lanes": (LaneView(MAIN, "high", False),),
        "totals": ViewerTotals(1, 2, 3, 4),
    }
    return ViewerStats(**(well | changes))


# -- recent loss ------------------------------------------------------------------------------------------------------


def test_old_loss_is_forgotten() -> None:
    """An organiser who has mended a line wants to see it, not an hour's average."""
    recent = RecentLoss()
    for second in range(10):
        recent.sample(second * SECOND, received=90 * second, lost=10 * second)
    assert recent.ratio == pytest.approx(0.1)
    for second in range(10, 30):
        recent.sample(second * SECOND, received=810 + 100 * (second - 9), lost=90)
    assert recent.ratio == 0


def test_new_loss_shows_at_once() -> None:
    """The window is ten seconds, but nobody waits ten seconds for a broken line to show."""
    recent = RecentLoss()
    for second in range(60):
        recent.sample(second * SECOND, received=100 * second, lost=0)
    recent.sample(60 * SECOND, received=5950, lost=50)
    assert recent.ratio == pytest.approx(0.05, rel=0.1)


@given(
    st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 500), st.integers(-20, 20)), max_size=60),
)
def test_a_ratio_is_one_and_memory_is_bounded(steps: list[tuple[int, int, int]]) -> None:
    """Repaired packets make loss fall again; clocks stand still; nothing may divide by zero or grow."""
    recent, now, received, lost = RecentLoss(), 0, 0, 0
    for elapsed, came, missing in steps:
        now, received, lost = now + elapsed, received + came, max(0, lost + missing)
        recent.sample(now, received, lost)
        assert 0 <= recent.ratio <= 1
        times = [at for at, _, _ in recent._samples]
        assert all(times[-1] - at < RECENT_MS for at in times[1:-1])


def test_a_stream_that_begins_anew_brings_no_loss_of_its_own() -> None:
    """A publisher that reconnects has counters of its own."""
    recent = RecentLoss()
    recent.sample(0, received=5000, lost=100)
    recent.sample(SECOND, received=10, lost=0)
    assert recent.ratio == 0


# -- one word for a source --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("video", "layers", "expected"),
    [
        (True, [layer()], Condition.GOOD),
        (False, [layer(key_frames=0, key_frame_age_ms=None)], Condition.GOOD),
        (True, [layer(live=False, silent_ms=4000)], Condition.LOST),
        (True, [], Condition.LOST),
        (True, [layer(loss=WEAK_VIDEO_LOSS)], Condition.WEAK),
        (True, [layer(loss=WEAK_VIDEO_LOSS / 2)], Condition.GOOD),
        # Sound conceals what breaks a picture.
        (False, [layer(loss=WEAK_VIDEO_LOSS)], Condition.GOOD),
        (False, [layer(loss=WEAK_AUDIO_LOSS)], Condition.WEAK),
        (False, [layer(jitter_ms=WEAK_JITTER_MS)], Condition.WEAK),
        # A still screen's packets are uneven by nature.
        (True, [layer(jitter_ms=10 * WEAK_JITTER_MS)], Condition.GOOD),
        (True, [layer(key_frames=0, key_frame_age_ms=None)], Condition.WEAK),
        (True, [layer(rid="l"), layer(rid="m"), layer(rid="h")], Condition.GOOD),
        # The publisher could not afford its best any more.
        (True, [layer(rid="l"), layer(rid="m"), layer(rid="h", live=False)], Condition.WEAK),
        # It never sent it: a small camera has no third size.
        (True, [layer(rid="l"), layer(rid="h", live=False, packets=0, silent_ms=None)], Condition.GOOD),
        (True, [layer(rid="l", live=False), layer(rid="h", live=False)], Condition.LOST),
    ],
)
def test_a_source_in_one_word(video: bool, layers: list[LayerStats], expected: Condition) -> None:
    """The host looks for a second: the word must be the right one."""
    assert condition(video, layers) is expected


# -- viewers together -------------------------------------------------------------------------------------------------


@given(st.lists(st.floats(0, 1), max_size=200))
def test_quantiles_are_ordered_and_somebodys(values: list[float]) -> None:
    """A figure that no viewer has would send somebody to look for a problem that is not there."""
    found = spread(values)
    assert found.count == len(values)
    if values:
        assert found.median <= found.p95 <= found.worst == max(values)
        assert {found.median, found.p95} <= set(values)
        assert sum(value <= found.p95 for value in values) >= 0.95 * len(values)
        least = spread(values, low_is_bad=True)
        assert least.median >= least.p95 >= least.worst == min(values)


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.sampled_from(["high", "low"])), max_size=40))
def test_every_viewer_is_counted_once(people: list[tuple[bool, bool, str]]) -> None:
    """Joining viewers see nothing yet, so they are in no quality; their requests count all the same."""
    all_of_them = [viewer(connected=there, lanes=(LaneView(MAIN, name, less),)) for there, less, name in people]
    gone = ViewerTotals(10, 20, 30, 40)
    found = viewers_stats(all_of_them, gone)
    assert found.connected + found.joining == len(people)
    assert sum(found.qualities.values()) == found.connected
    assert found.see_less == sum(there and less for there, less, _ in people)
    counted = len(people)
    assert found.totals == ViewerTotals(10 + counted, 20 + 2 * counted, 30 + 3 * counted, 40 + 4 * counted)


def test_the_worst_viewers_are_those_who_lose_most() -> None:
    """Ten of a thousand: who loses nothing is not among them, however far away."""
    people = [viewer(), viewer(0.02), viewer(0.3, connected=False), viewer(0.2), viewer(round_trip_ms=900), viewer(0.1)]
    assert [one.loss for one in worst_viewers(people, 2)] == [0.2, 0.1]
    assert [one.loss for one in worst_viewers(people, 9)] == [0.2, 0.1, 0.02]


# -- the kernel's table -----------------------------------------------------------------------------------------------


def test_a_row_is_found_by_its_inode() -> None:
    """A number that is in another column must not be taken for ours."""
    table = f"{HEAD}\n{ROW.replace('1294091', '12940911').replace(' 47', ' 5')}\n{ROW}\n"
    assert in_table(table, 1294091) == IngestStats(waiting=0xF00, dropped=47)
    assert in_table(table, 318) is None
    assert in_table("", 1294091) is None


@given(st.text(max_size=300), st.integers(0, 10))
def test_no_table_can_raise(noise: str, at: int) -> None:
    """Another kernel may write it otherwise."""
    columns = ROW.split()
    columns[at : at + 1] = [noise]
    in_table(f"{HEAD}\n{' '.join(columns)}\n{noise}", 1294091)


@pytest.mark.parametrize(("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_datagrams_that_nobody_reads_are_counted(family: socket.AddressFamily, host: str) -> None:
    """Every viewer misses what is thrown away here, and nothing else would tell why."""
    with socket.socket(family, socket.SOCK_DGRAM) as ours, socket.socket(family, socket.SOCK_DGRAM) as other:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        ours.bind((host, 0))
        assert ingest(ours) == IngestStats(0, 0)
        for _ in range(200):
            other.sendto(bytes(1000), ours.getsockname())
        found = ingest(ours)
        ours.setblocking(False)
        read = 0
        while True:
            try:
                ours.recv(2000)
            except BlockingIOError:
                break
            read += 1
        assert found is not None
        assert found.waiting > 0
        assert found.dropped == 200 - read


def test_without_a_socket_there_is_no_figure() -> None:
    """The page of figures is read before the relay starts, too."""
    assert ingest(None) is None
