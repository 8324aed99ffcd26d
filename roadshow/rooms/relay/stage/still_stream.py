"""A lane as one still picture after another: key frames alone, for a line that holds no more. Pure."""

from typing_extensions import override

from roadshow.rooms.relay.egress.outgoing import Outgoing
from roadshow.rooms.relay.sources.media import Media
from roadshow.rooms.relay.sources.source import Source
from roadshow.rooms.relay.stage.lane_stream import REPLAY_AGE_MS, LaneStream
from roadshow.rooms.relay.stage.pacing import STILL

STILL_MS = 1000
"""A picture each second, if its encoder makes one."""
SHARED_BY = 10
"""So often a key frame is asked for where one of so many viewers needs it, since all pay for it…"""
SELDOM_MS = 10_000
"""…else no more often than this, whatever comes for others: in a crowd there is always somebody on a thin line."""


class StillStream(LaneStream):
    """Each key frame is a beginning, and then nothing goes out until the next is due: numbers run on, so a receiver
    misses nothing."""

    pace = STILL
    _due = _overdue = True
    _shown: tuple[Source, int, int] | None = None
    """Of the last picture: whose, epoch and timestamp."""

    @property
    @override
    def waits(self) -> bool:
        """Whether the next picture is due and has not begun."""
        return self._wanted is not None and self._due

    @override
    def asks(self, takers: int, viewers: int) -> bool:
        return self.waits and (self._overdue or takers * SHARED_BY >= viewers)

    @override
    def forward(self, source: Source, media: Media, now: int) -> Outgoing | None:
        self._due = self._due or now - self._last_at >= STILL_MS
        self._overdue = self._overdue or now - self._last_at >= SELDOM_MS
        picture = source, media.epoch, media.timestamp
        if picture != self._shown:
            if not self._due or source is not self._wanted or media not in (source.key_at, source.whole_key_at):
                return None
            self._live = None
        packet = super().forward(source, media, now)
        if packet is not None:
            self._shown, self._due, self._overdue = picture, False, False
        return packet

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
