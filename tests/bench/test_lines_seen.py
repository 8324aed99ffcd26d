"""What ``roadshow bench lines`` makes of what a page saw."""

from collections.abc import Sequence

import pytest

from roadshow.bench.lines.seen import (
    Sample,
    Seen,
    back_after,
    concealed,
    freezes,
    gaps,
    height,
    rate,
    repeated,
    round_trip_ms,
)

FRAME = 1000 / 15
Frames = list[tuple[float, int]]


def shown(since: float, until: float, high: int = 540, every: float = FRAME) -> Frames:
    return [(since + number * every, high) for number in range(int((until - since) / every))]


def test_a_steady_picture_has_its_rate_and_no_freeze() -> None:
    frames = shown(0, 10_000)
    assert rate(frames, 0, 10_000) == pytest.approx(15, abs=0.1)
    assert freezes(frames, 0, 10_000) == []
    assert height(frames, 0, 10_000) == 540


@pytest.mark.parametrize(
    ("frames", "frozen"),
    [
        (shown(0, 4000) + shown(6000, 10_000), [2000]),  # in the middle
        (shown(0, 4000), [6000]),  # it never ends: Chromium counts none
        ([], [10_000]),
    ],
)
def test_a_stall_is_a_freeze_also_while_it_lasts(frames: Frames, frozen: Sequence[float]) -> None:
    """``freezeCount`` says 0 of a picture that stopped for good."""
    assert freezes(frames, 0, 10_000) == pytest.approx(frozen, abs=2 * FRAME)
    assert max(gaps(frames, 0, 10_000)) == pytest.approx(frozen[0], abs=2 * FRAME)


def test_a_slow_picture_is_slow_and_not_frozen() -> None:
    """As Chromium has it: three times the mean, and 150 ms more."""
    assert freezes(shown(0, 10_000, every=200), 0, 10_000) == []


def test_a_picture_is_back_with_the_first_frame_of_a_whole_second_at_its_size_and_rate() -> None:
    """One large frame on the way back, or a few after a stall, are not the picture."""
    small = shown(0, 5000, 270)
    flash = [(5000.0, 540)]
    frames = small + flash + shown(5100, 8000, 270) + shown(8000, 12_000)
    assert back_after(frames, 1000, least=14, high=540, until=12_000) == pytest.approx(7.0, abs=0.1)
    assert back_after(frames, 1000, least=14, high=270, until=12_000) == pytest.approx(0.0, abs=0.1)
    assert back_after(frames, 1000, least=14, high=540, until=8500) is None  # not a second yet
    assert back_after(shown(0, 9000, 540, every=500), 0, least=14, high=540, until=9000) is None


def sample(at: float, *streams: dict[str, object]) -> Sample:
    return Sample(at, list(streams))


def inbound(mid: str, **counts: object) -> dict[str, object]:
    return {"type": "inbound-rtp", "mid": mid, **counts}


def test_counts_go_on_over_a_connection_anew() -> None:
    """A page that comes back by a new session begins to count at 0."""
    seen = Seen([sample(at, inbound("0", framesDecoded=count)) for at, count in enumerate((10, 25, 5, 20))])
    assert seen.went("framesDecoded") == 15 + 5 + 15


def test_layers_are_counted_each_for_itself_and_added_up() -> None:
    """Their counts stand side by side in each report, in any order."""

    def outbound(layer: str, packets: int) -> dict[str, object]:
        return {"type": "outbound-rtp", "mid": "0", "rid": layer, "packetsSent": packets}

    seen = Seen([sample(0, outbound("l", 5), outbound("h", 100)), sample(1, outbound("h", 130), outbound("l", 7))])
    assert seen.went("packetsSent", of="outbound-rtp") == 32


def test_shares_are_of_the_voice_that_speaks_and_of_the_main_picture() -> None:
    """A viewer has three sections for voices; two are silent, and made up all the time."""
    first = (
        inbound("0", packetsReceived=100, retransmittedPacketsReceived=0),
        inbound("2", kind="audio", packetsReceived=0, totalSamplesReceived=0, concealedSamples=0),
        inbound("3", kind="audio", packetsReceived=50, totalSamplesReceived=1000, concealedSamples=0),
        {"type": "candidate-pair", "currentRoundTripTime": 0.03},
    )
    last = (
        inbound("0", packetsReceived=300, retransmittedPacketsReceived=10),
        inbound("2", kind="audio", packetsReceived=0, totalSamplesReceived=9000, concealedSamples=9000),
        inbound("3", kind="audio", packetsReceived=100, totalSamplesReceived=2000, concealedSamples=50),
        {"type": "candidate-pair", "currentRoundTripTime": 0.05},
    )
    seen = Seen([sample(0, *first), sample(1, *last)])
    assert concealed(seen) == pytest.approx(5)
    assert repeated(seen) == pytest.approx(5)
    assert round_trip_ms(seen) == 30
    assert concealed(Seen()) == 100  # nothing was heard
