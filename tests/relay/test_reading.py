"""The socket is read in turns: at once after a silence, then in step, and nothing is left lying."""

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from roadshow.rooms.relay.egress.native import NoNative
from roadshow.rooms.relay.transport.arrival import Arrival, stamp
from roadshow.rooms.relay.transport.native.reader import Limits, NativeIntake, NativeReader
from roadshow.rooms.relay.transport.udp import BATCH, Intake, Plain, Reader

PATIENCE_S = 10


class Desk:
    """What a reader handed over, turn by turn."""

    def __init__(self) -> None:
        self.turns: list[list[bytes]] = [[]]
        self.arrival = Arrival()
        self.came_us: list[int] = []
        self.news = asyncio.Event()

    def received(self, data: bytes, address: object) -> None:
        self.turns[-1].append(data)
        self.came_us.append(self.arrival.us())

    def acts(self, tag: int, plain: bytes, now: int) -> None: ...
    def tell(self, refused: int, dropped: int) -> None: ...

    def drained(self) -> None:
        self.turns.append([])
        self.news.set()

    @property
    def read(self) -> list[bytes]:
        return [data for turn in self.turns for data in turn]

    async def until(self, count: int) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while len(self.read) < count:
                self.news.clear()
                await self.news.wait()


def intake(path: str, sock: socket.socket, desk: Desk) -> Intake:
    if path == "python":
        return Plain(sock, desk.received, desk.arrival)
    try:
        native = NativeReader(Limits(1, 1, 1))
    except NoNative as why:
        pytest.skip(str(why))
    return NativeIntake(native, sock, desk, desk.arrival, lambda: 0)


@pytest.fixture(params=["native", "python"], autouse=True)
def _path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.PATH", request.param)


PATH = ""


@contextmanager
def reading(desk: Desk) -> Iterator[tuple[socket.socket, Reader]]:
    """A socket that sends to one that is read."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there,
    ):
        here.bind(("127.0.0.1", 0))
        here.setblocking(False)
        stamp(here)
        there.connect(here.getsockname())
        reader = Reader(here, intake(PATH, here, desk), desk.drained)
        try:
            yield there, reader
        finally:
            reader.close()


async def test_what_comes_together_is_read_in_one_turn() -> None:
    desk = Desk()
    with reading(desk) as (sender, _):
        for number in range(10):
            sender.send(b"%02d" % number)
        await desk.until(10)
    assert desk.turns[0] == [b"%02d" % number for number in range(10)]


async def test_whatever_comes_whenever_is_read_in_order() -> None:
    """In the middle of a rest, after it, and long after it, when the reader waits for the kernel again."""
    desk, sent = Desk(), 0
    with reading(desk) as (sender, _):
        for pause in (0, 0.001, 0.002, 0.004, 0.02, 0, 0.05, 0.003):
            sender.send(b"%02d" % sent)
            sent += 1
            await asyncio.sleep(pause)
        await desk.until(sent)
    assert desk.read == [b"%02d" % number for number in range(sent)]


async def test_a_full_turn_lets_others_have_theirs_and_then_goes_on() -> None:
    desk, count = Desk(), 3 * BATCH + 5
    with reading(desk) as (sender, _):
        for number in range(count):
            sender.send(b"%04d" % number)
        await desk.until(count)
    assert [len(turn) for turn in desk.turns if turn] == [BATCH, BATCH, BATCH, 5]


async def test_when_a_datagram_came_is_the_kernels_word_not_when_it_was_read() -> None:
    """Datagrams lie in the socket for milliseconds; an estimator would take each for a queue that grows."""
    desk = Desk()
    with reading(desk) as (sender, _):
        sender.send(b"first")
        await desk.until(1)
        before = time.monotonic_ns() // 1000
        sender.send(b"later")
        after = time.monotonic_ns() // 1000
        time.sleep(0.05)  # noqa: ASYNC251  (nobody reads meanwhile)
        await desk.until(2)
    # The wall clock, by which the kernel stamps, and ours are read one after the other.
    assert before - 5000 <= desk.came_us[1] <= after + 20_000


async def test_a_closed_reader_reads_no_more() -> None:
    desk = Desk()
    with reading(desk) as (sender, reader):
        sender.send(b"first")
        await desk.until(1)
        reader.close()
        sender.send(b"later")
        await asyncio.sleep(0.02)
    assert desk.read == [b"first"]
