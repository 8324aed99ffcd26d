"""What reading takes of the core is told truly, whatever step the datagrams come in."""

import random
import socket
import time
from collections.abc import Callable

import pytest

from roadshow.rooms.relay.transport import udp
from roadshow.rooms.relay.transport.udp import Reader

FRAME_S, PACKET_S = 0.005, 0.00005
TURNS = 4000


class Core:
    """Clocks that move only by what is done; ``share`` of the time that passes is the thread's."""

    def __init__(self, share: float) -> None:
        self.passed = self.had = 0.0
        self._share = share

    def work(self, seconds: float) -> None:
        self.had += seconds
        self.passed += seconds / self._share


@pytest.mark.parametrize("share", [1.0, 0.5])
@pytest.mark.parametrize("every", [2, 7, 8, 16])
async def test_a_frames_last_packet_in_step_with_the_clock_does_not_fool_it(
    every: int, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One turn in so many sends to the whole crowd. Were every eighth timed, it would be all of these or none."""
    core, turns = Core(share), iter(range(TURNS))
    monkeypatch.setattr(time, "perf_counter", lambda: core.passed)
    monkeypatch.setattr(time, "thread_time", lambda: core.had)
    monkeypatch.setattr(udp, "random", random.Random(1))
    drained: Callable[[], None] = lambda: core.work(PACKET_S if (next(turns) + 1) % every else FRAME_S)  # noqa: E731
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        reader = Reader(sock, udp.Plain(sock, lambda data, address: None), drained)
        try:
            told = 0.0
            for turn in range(TURNS):
                reader._turn()
                told += reader.spent() if turn % 240 == 239 else 0
            told += reader.spent()
        finally:
            reader.close()
    assert told == pytest.approx(core.had, rel=0.01)
    assert reader.spent() == 0
