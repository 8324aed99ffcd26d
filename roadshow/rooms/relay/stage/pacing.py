"""When the packets of a large frame leave: in chunks, one after the other, instead of all at once. Pure.

A key frame is several times as large as others. Sent at once it fills the queue before a viewer's line, which may hold
no more than twenty packets, and what finds no room there is lost. A chunk is one call for each viewer all the same, cut
by the kernel; while one chunk goes to a whole crowd, the former one drains from each viewer's queue.
"""

from collections import deque
from collections.abc import Sequence

import msgspec

from roadshow.rooms.relay.egress.outgoing import Outgoing

LARGE = 12
"""Packets that a frame may have and still leave at once, as nearly all do: shallow queues hold twenty."""


class Pace(msgspec.Struct, frozen=True):
    """How fast large frames leave. A frame is seen when its last packet is there, so all of this is delay."""

    times: float
    """A frame leaves at so many times its picture's rate…"""
    most_ms: int
    """…but no packet waits longer, whatever the rate."""
    chunk: int
    """Packets that leave together. With fewer, calls would cost more than a packet."""


BRISK = Pace(times=2.0, most_ms=60, chunk=10)
"""For lines that lose nothing: two frames at 30 a second. Encoders that pace themselves, as browsers do, take longer
over a key frame."""
GENTLE = Pace(times=1.3, most_ms=150, chunk=8)
"""For lines that lose packets. Where that is a shallow queue, the line has little more room than the picture takes: at
1.5 times its rate a key frame of 40 packets takes 160 ms to pass, sent at once or not, so this is no delay there. Where
it is something else, the viewer was told to hold 200 ms anyway (``resending.py``)."""


class Chunk:
    """Packets of one stream that leave together, at ``due`` or as soon after as can be."""

    __slots__ = ("due", "packets")

    def __init__(self, packets: list[Outgoing], due: int) -> None:
        self.packets = packets
        self.due = due


class Pacing:
    """What waits, by stream. Within one all leaves in the order it was added; streams do not wait for each other, and
    sound never comes here. Times in milliseconds."""

    def __init__(self, pace: Pace = BRISK) -> None:
        self._pace = pace
        self._waiting: dict[int, deque[Chunk]] = {}
        self._next: dict[int, float] = {}
        """When what is added behind a waiting stream's chunks may leave."""

    @property
    def empty(self) -> bool:
        return not self._waiting

    def add(self, stream: int, packets: Sequence[Outgoing], rate: int, now: int) -> None:
        """A frame's packets, ready to leave, of one stream whose picture takes ``rate`` bits a second (0: unknown)."""
        pace, chunks = self._pace, self._waiting.get(stream)
        if chunks is None:
            chunks = self._waiting[stream] = deque()
            if len(packets) <= LARGE:
                chunks.append(Chunk(list(packets), now))
                return
        elif len(chunks[-1].packets) + len(packets) <= pace.chunk:
            chunks[-1].packets += packets
            return
        count = -(-len(packets) // pace.chunk)
        size = -(-len(packets) // count)
        bits = 8 * sum(len(packet.data) for packet in packets)
        whole = 1000 * bits / (pace.times * rate) if rate > 0 else pace.most_ms
        step = min(whole, pace.most_ms) / count
        begin = max(float(now), self._next.get(stream, 0.0)) if chunks else float(now)
        for place in range(count):
            due = min(int(begin + place * step), now + pace.most_ms)
            chunks.append(Chunk(list(packets[place * size : (place + 1) * size]), due))
        self._next[stream] = begin + count * step

    def wait(self, now: int) -> int | None:
        """Milliseconds until something is to leave, 0: now. None: nothing waits."""
        if not self._waiting:
            return None
        return max(0, min(chunks[0].due for chunks in self._waiting.values()) - now)

    def take(self, now: int) -> list[Outgoing]:
        """What leaves now, in order. Of each stream one chunk at most: where a crowd takes longer than the time between
        two, that is all the time there need be."""
        leaving: list[Outgoing] = []
        for stream, chunks in list(self._waiting.items()):
            if chunks[0].due <= now:
                leaving += chunks.popleft().packets
                if not chunks:
                    del self._waiting[stream]
                    self._next.pop(stream, None)
        return leaving

    def all(self) -> list[Outgoing]:
        """All that waits; it goes on waiting."""
        return [packet for stream in self._waiting for packet in self.of(stream)]

    def of(self, stream: int) -> list[Outgoing]:
        """What waits of one stream; it goes on waiting."""
        return [packet for chunk in self._waiting.get(stream, ()) for packet in chunk.packets]

    def held(self) -> set[tuple[int, int]]:
        """All that waits: (stream, number) of each packet."""
        return {(stream, packet.number) for stream in self._waiting for packet in self.of(stream)}
