"""When the packets of a large frame leave: in chunks, one after the other, instead of all at once. Pure.

A key frame is several times as large as others. Sent at once it fills the queue before a viewer's line, which may hold
no more than twenty packets, and what finds no room there is lost. So packets leave as a queue of ``ROOM`` packets would
take them that drains somewhat faster than the picture comes. A chunk is one call for each viewer all the same, cut by
the kernel; while one chunk goes to a whole crowd, the former one drains from each viewer's queue.
"""

from collections import deque
from collections.abc import Iterable, Sequence

import msgspec

from roadshow.rooms.relay.egress.outgoing import Outgoing

ROOM = 12
"""Packets: nearly all frames leave at once, and in a queue of twenty there is room for sound and another picture."""
REMEMBERED = 64
"""Streams whose queues are reckoned while nothing of them waits; a stage has fewer that are alive."""


class Pace(msgspec.Struct, frozen=True):
    """How fast large frames leave. A frame is seen when its last packet is there, so all of this is delay."""

    times: float
    """The queue drains at so many times the picture's rate…"""
    most_ms: int
    """…but no packet waits longer, whatever the rate."""
    chunk: int
    """Packets that leave together. With fewer, calls would cost more than a packet."""
    room: int = ROOM
    """Packets that the queue holds."""


BRISK = Pace(times=2.0, most_ms=60, chunk=10)
"""For lines that lose nothing: two frames at 30 a second. Encoders that pace themselves, as browsers do, take longer
over a key frame."""
GENTLE = Pace(times=1.3, most_ms=150, chunk=8)
"""For lines that lose packets. Where that is a shallow queue, the line has little more room than the picture takes: at
1.5 times its rate a key frame of 40 packets takes 160 ms to pass, sent at once or not, so this is no delay there."""


STILL = Pace(times=1.0, most_ms=6000, chunk=1, room=2)
"""For stills (``still_stream.py``), to lines that hold no more: at the stream's own rate and no faster, for sound must
pass between its packets. A large one takes so long at the lowest rate."""


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
        self._empty_at: dict[int, float] = {}
        """When the queue that is reckoned for a stream will have drained."""

    @property
    def empty(self) -> bool:
        return not self._waiting

    def add(self, stream: int, packets: Sequence[Outgoing], rate: int, now: int, pace: Pace | None = None) -> None:
        """A frame's packets, ready to leave, of one stream whose picture takes ``rate`` bits a second (0: unknown).
        ``pace``: the stream's own, if it has one."""
        pace, count = pace or self._pace, len(packets)
        each = pace.most_ms / max(count, pace.room)  # milliseconds that a packet takes to drain
        if rate > 0:
            each = min(each, 8000 * sum(len(packet.data) for packet in packets) / (pace.times * rate * count))
        empty_at = max(self._empty_at.get(stream, 0.0), float(now))
        chunks = self._waiting.setdefault(stream, deque())
        parts = 1 if empty_at + count * each <= now + pace.room * each else -(-count // pace.chunk)
        size = -(-count // parts)
        latest = chunks[-1].due if chunks else now
        for place in range(0, count, size):
            part = list(packets[place : place + size])
            fits = empty_at + (len(part) - pace.room) * each
            latest = max(latest, min(int(fits), now + pace.most_ms))
            if chunks and chunks[-1].due == latest and len(chunks[-1].packets) + len(part) <= pace.room:
                chunks[-1].packets += part
            else:
                chunks.append(Chunk(part, latest))
            empty_at = max(empty_at, float(latest)) + len(part) * each
        self._remember(stream, empty_at, now)

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
        return leaving

    def waits(self, streams: Iterable[int]) -> bool:
        """Whether anything of these does."""
        return not self._waiting.keys().isdisjoint(streams)

    def of(self, stream: int) -> list[Outgoing]:
        """What waits of one stream; it goes on waiting."""
        return [packet for chunk in self._waiting.get(stream, ()) for packet in chunk.packets]

    def held(self) -> set[tuple[int, int]]:
        """All that waits: (stream, number) of each packet."""
        return {(stream, packet.number) for stream in self._waiting for packet in self.of(stream)}

    def _remember(self, stream: int, empty_at: float, now: int) -> None:
        self._empty_at[stream] = empty_at
        if len(self._empty_at) > REMEMBERED:
            self._empty_at = {one: at for one, at in self._empty_at.items() if at > now}
