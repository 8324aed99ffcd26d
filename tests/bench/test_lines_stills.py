"""What ``roadshow bench lines`` holds the stills of a thin line to."""

import pytest

from roadshow.bench.lines.bursts import Packet
from roadshow.bench.lines.stills import least_gap_ms

PICTURE, VOICE, REPEATS = 1, 2, 3
OCTETS = 1250


def still(at: float, packets: int, lost: int = 0) -> list[Packet]:
    """Ten kbit each, one every 20 ms."""
    return [
        Packet(at + 20 * number, OCTETS, PICTURE, number, number == packets - 1, number < lost)
        for number in range(packets)
    ]


def voice(ms: int) -> list[Packet]:
    """50 kbit/s."""
    return [Packet(float(at), 125, VOICE, at // 20, False) for at in range(0, ms + 1, 20)]


def of(*parts: list[Packet]) -> list[Packet]:
    return sorted((packet for part in parts for packet in part), key=lambda packet: packet.at)


def test_the_largest_picture_and_the_voice_are_what_a_line_needs() -> None:
    """Neither what the others take, nor what was sent again or in vain: that is no excuse."""
    repeats = [Packet(3000.0 + number, OCTETS, REPEATS, number, False) for number in range(40)]
    came = of(still(0, 20), still(1000, 54, lost=9), still(3000, 20), repeats, voice(10_000))
    assert least_gap_ms(came, kbps=500.0) == pytest.approx(540 / 450 * 1000, rel=0.01)


def test_a_picture_that_goes_on_after_a_pause_is_one() -> None:
    """Its end is marked, not its packets' distance."""
    whole = still(0, 30)
    apart = [*whole[:10], *(Packet(one.at + 500, OCTETS, PICTURE, one.number, one.ends_frame) for one in whole[10:])]
    assert least_gap_ms(of(apart, voice(2000)), kbps=500.0) == pytest.approx(300 / 450 * 1000, rel=0.01)


def test_without_a_voice_the_picture_has_the_line() -> None:
    assert least_gap_ms(still(0, 50), kbps=500.0) == pytest.approx(1000.0)
