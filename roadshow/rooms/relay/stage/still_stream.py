"""A lane as one still picture after another: key frames alone, for a line that holds no more. Pure."""

from collections import deque

from typing_extensions import override

from roadshow.rooms.relay.egress.outgoing import Outgoing
from roadshow.rooms.relay.offers.lanes import StreamForm
from roadshow.rooms.relay.sources.media import Media
from roadshow.rooms.relay.sources.source import Source
from roadshow.rooms.relay.stage.lane_stream import REPLAY_AGE_MS, Beginning, LaneStream
from roadshow.rooms.relay.stage.pacing import STILL

STILL_MS = 1000
"""A picture is whole each second, if its encoder makes one, and as far as it leaves within that."""
LEAST_MS = 600
"""From one beginning to the next, whatever is expected: everybody pays for a key frame."""
REMEMBERED = 20
"""Pictures whose time is remembered: the next may take as long as any of them, so it begins as much sooner. A cut makes
a key frame three times as large, and a pause before one that takes two seconds would come on top of them."""
AHEAD_MS = 150
"""So long before the next is due its key frame is asked for: a publisher's round trip, and a frame at 15 a second."""
EARLY_MS = 300
"""So long before it is taken, whoever asked for it: the one after it would come too late."""
SHARED_BY = 10
"""So often a key frame is asked for where one of so many viewers needs it, since all pay for it…"""
SELDOM_MS = 10_000
"""…else no more often than this, whatever comes for others: in a crowd there is always somebody on a thin line."""

AT_ONCE = bytes(3)
"""Playout delay from 0 to 0: a still is shown when it is whole. By the time each takes to come, which differs by a
second, a browser would hold all of them."""


class StillStream(LaneStream):
    """Each key frame is a beginning, and then nothing goes out until the next is due: numbers run on, so a receiver
    misses nothing. ``leaves_at``: bits a second that it takes while a picture leaves, which may be longer than a
    second; the next is due then."""

    pace = STILL
    playout = AT_ONCE
    _due = _asks = _overdue = True
    _shown: tuple[Source, int, int] | None = None
    """Of the last picture: whose, epoch and timestamp."""
    _began = _bits = 0
    """When it began, and how large it is so far."""
    _firsts = (0, 0)
    """The numbers that the last two pictures begin with."""
    _gone = True
    """Whether all of the last picture has come, so that its time is known."""

    def __init__(self, leaves_at: int, form: StreamForm, video: bool, beginning: Beginning) -> None:
        super().__init__(form, video, beginning)
        self.leaves_at = leaves_at
        self._times = deque[int](maxlen=REMEMBERED)
        """ms that each of the last pictures takes to leave."""

    @property
    @override
    def bitrate(self) -> int:
        return self.leaves_at

    @property
    @override
    def useful_from(self) -> int:
        """Of the last two pictures: the newest may be on its way for long."""
        return self._firsts[0]

    @property
    @override
    def waits(self) -> bool:
        """Whether the next picture may begin and has not."""
        return self._wanted is not None and self._due

    @override
    def asks(self, takers: int, viewers: int) -> bool:
        return self.waits and self._asks and (self._overdue or takers * SHARED_BY >= viewers)

    @override
    def forward(self, source: Source, media: Media, now: int) -> Outgoing | None:
        picture = source, media.epoch, media.timestamp
        if picture != self._shown:
            due = self._next_at()
            self._due = self._due or now >= due - EARLY_MS
            self._asks = self._asks or now >= due - AHEAD_MS
            self._overdue = self._overdue or now - self._began >= SELDOM_MS
            if not self._due or source is not self._wanted or media not in (source.key_at, source.whole_key_at):
                return None
            self._live = None
        packet = super().forward(source, media, now)
        if packet is not None:
            if picture != self._shown:
                self._began, self._bits, self._gone = now, 0, False
                self._firsts = self._firsts[1], packet.number
            self._bits += 8 * len(packet.data)
            self._shown, self._due, self._asks, self._overdue = picture, False, False, False
        return packet

    def _next_at(self) -> int:
        """When the next picture may begin, once something else has come: the last is whole in this stream then, or as
        whole as it becomes."""
        took = 1000 * self._bits // self.leaves_at
        if not self._gone:
            self._times.append(took)
            self._gone = True
        pause = max(0, STILL_MS - max(self._times, default=0))
        return self._began + max(LEAST_MS, took + pause)

    @override
    def begin_late(self, now: int, max_age_ms: int) -> list[Outgoing]:
        """As for any stream, but a picture that was shown is not shown again."""
        source = self._wanted
        key = source.whole_key_at if source is not None else None
        if source is None or key is None or (source, key.epoch, key.timestamp) == self._shown:
            return []
        return super().begin_late(now, max_age_ms)

    @override
    def replay(self, now: int, max_age_ms: int = REPLAY_AGE_MS) -> tuple[int, list[Outgoing]] | None:
        """Of the present picture what went out: the source goes on, this stream does not."""
        found = super().replay(now, max_age_ms)
        if found is None:
            return None
        packets = [packet for packet in found[1] if packet.number <= self.newest]
        return (found[0], packets) if packets else None
