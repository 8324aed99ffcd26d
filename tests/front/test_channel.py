"""What house and front tell each other, over a real pair of sockets."""

import asyncio
import os
import socket
import struct
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadshow.front.beginning import Beginning, packed, unpacked
from roadshow.front.channel import MOST_PAYLOAD, Broken, Channel, Frames, Kind
from roadshow.settings import Settings
from tests.front.conftest import until

Heard = list[tuple[Kind, bytes, int | None]]
FRAMES = st.lists(st.tuples(st.sampled_from(Kind), st.binary(max_size=40)), max_size=12)


def as_bytes(kind: int, payload: bytes) -> bytes:
    return struct.pack("!BI", kind, len(payload)) + payload


@given(frames=FRAMES, cuts=st.lists(st.integers(0, 400)))
def test_frames_come_out_as_they_went_in_however_they_are_cut(
    frames: list[tuple[Kind, bytes]], cuts: list[int]
) -> None:
    """A descriptor comes with the first byte of its frame, and no frame gets another's."""
    data = b"".join(as_bytes(*frame) for frame in frames)
    starts: dict[int, int] = {}
    place = 0
    for number, (kind, payload) in enumerate(frames):
        if kind is Kind.CONNECTION:
            starts[place] = number
        place += 5 + len(payload)
    reader, out = Frames(), []
    # A read ends behind what a descriptor came with, so no piece holds the beginnings of two such frames.
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data)), *starts})
    for begin, end in pairwise(edges):
        reader.add(data[begin:end], [starts[begin]] if begin in starts else [])
        while (frame := reader.next()) is not None:
            out.append(frame)
    assert [(kind, payload) for kind, payload, _ in out] == frames
    assert [descriptor for kind, _, descriptor in out if kind is Kind.CONNECTION] == list(starts.values())
    assert reader.left() == []


@pytest.mark.parametrize("data", [as_bytes(99, b""), struct.pack("!BI", Kind.FIGURES, MOST_PAYLOAD + 1)])
def test_what_is_no_frame_is_said_so(data: bytes) -> None:
    """Reading on would take everything after it for something else."""
    reader = Frames()
    reader.add(data, [])
    with pytest.raises(Broken):
        reader.next()


class Ends:
    def __init__(self) -> None:
        one, other = socket.socketpair()
        self.heard: Heard = []
        self.gone = asyncio.Event()
        self.here = Channel(one, lambda *_: None, lambda: None)
        self.there = Channel(other, lambda *frame: self.heard.append(frame), self.gone.set, reads_per_turn=4)

    def close(self) -> None:
        self.here.close()
        self.there.close()
        for _, _, descriptor in self.heard:
            if descriptor is not None:
                os.close(descriptor)


@pytest.fixture
async def ends() -> AsyncIterator[Ends]:
    both = Ends()
    yield both
    both.close()


async def test_each_connection_arrives_with_its_own_bytes(ends: Ends) -> None:
    """Somebody else's socket under one's request would be the worst that can happen here."""
    pairs = [socket.socketpair() for _ in range(40)]
    for number, (passed, _) in enumerate(pairs):
        ends.here.send(Kind.FIGURES, b"between")
        ends.here.send(Kind.CONNECTION, b"%d " % number + b"x" * 70_000, passed)
    await until(lambda: len(ends.heard) == 80)
    connections = [frame for frame in ends.heard if frame[0] is Kind.CONNECTION]
    for (_, payload, descriptor), (number, (_, kept)) in zip(connections, enumerate(pairs), strict=True):
        assert payload.startswith(b"%d " % number)
        assert descriptor is not None
        kept.send(b"hello %d" % number)
        assert os.read(descriptor, 100) == b"hello %d" % number
        kept.close()


async def test_the_other_end_is_missed(ends: Ends) -> None:
    """A front whose house is gone ends; a house whose front is gone begins another."""
    ends.here.close()
    async with asyncio.timeout(10):
        await ends.gone.wait()


async def test_what_cannot_be_sent_any_more_is_closed(ends: Ends) -> None:
    """A client whose front has just ended must not hang on a socket that nobody holds on purpose."""
    ends.here.close()
    passed, kept = socket.socketpair()
    with kept:
        ends.here.send(Kind.CONNECTION, b"", passed)
        assert kept.recv(1) == b""


def test_what_a_front_begins_with_arrives_as_it_was() -> None:
    """Secrets among it: over the channel, never on a command line."""
    beginning = Beginning(Settings(secret="s" * 40, port=8123), ())
    assert unpacked(packed(beginning)) == beginning
