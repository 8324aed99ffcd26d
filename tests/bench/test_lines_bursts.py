"""What ``roadshow bench lines`` reckons of a shallow queue."""

import ctypes as c

import pytest

from roadshow.bench.lines.bursts import Packet, at_once, largest, overflow, packets
from roadshow.bench.lines.network import OVERFLOWED, PASSED, Record

PICTURE, VOICE = 1, 2


def packet(at: float, number: int = 0, *, ssrc: int = PICTURE, ends_frame: bool = False, length: int = 1000) -> Packet:
    return Packet(at, length, ssrc, number, ends_frame)


def test_a_frame_leaves_when_it_is_whole_or_has_waited_long_enough() -> None:
    """As the relay's Burst has it without pacing."""
    came = [packet(0), packet(3), packet(6, ends_frame=True), packet(70), packet(75), packet(84), packet(90)]
    assert [one.at for one in at_once(came)] == [6, 6, 6, 80, 80, 90, 90]


def test_a_burst_beyond_the_queue_is_lost_and_a_spread_one_is_not() -> None:
    """20 wait; at 1 Mbit/s one of 1,000 bytes leaves in 8 ms."""
    burst = [packet(0, number) for number in range(30)]
    assert overflow(burst, PICTURE, kbps=1000, room=20) == pytest.approx(100 * 10 / 30)
    spread = [packet(8 * number, number) for number in range(30)]
    assert overflow(spread, PICTURE, kbps=1000, room=20) == 0


def test_others_take_room_and_do_not_count() -> None:
    voices = [packet(0, number, ssrc=VOICE) for number in range(15)]
    burst = [packet(1, number) for number in range(10)]
    assert overflow([*burst, *voices], PICTURE, kbps=1000, room=20) == pytest.approx(50)
    assert largest([*burst, packet(0, ssrc=VOICE)]) == PICTURE


def record(head: bytes, *, host: int = 1, down: int = 1, fate: int = PASSED, udp: int = 1) -> Record:
    return Record(5.0, 1000, host, down, fate, udp, (c.c_uint8 * 24)(*head))


def test_only_rtp_of_one_direction_is_read() -> None:
    """STUN, DTLS and RTCP go the same way, and feedback comes back on the other."""
    rtp = bytes([0x80, 0x80 | 96, 0, 7, 0, 0, 0, 9, 0, 0, 0, 1])
    others = [
        record(bytes([0x80, 200]) + rtp[2:]),  # RTCP
        record(b"\x16\xfe\xfd" + rtp[3:]),  # DTLS
        record(rtp, down=0),
        record(rtp, host=2),
        record(rtp, udp=0),
    ]
    (one,) = packets([*others, record(rtp, fate=OVERFLOWED)], 1, down=True)
    assert one == Packet(5.0, 1000, PICTURE, 7, ends_frame=True, overflowed=True)
