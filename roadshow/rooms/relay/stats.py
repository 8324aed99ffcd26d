"""How the relay is doing, for the control desk and for measurements."""

from collections.abc import Sequence

import msgspec

from roadshow.ids import RoomId, SourceId
from roadshow.rooms.relay.source import Source
from roadshow.rooms.relay.stage import Stage
from roadshow.rooms.relay.watching import Watching


class SourceStats(msgspec.Struct, frozen=True):
    room: RoomId
    source: SourceId
    codec: str
    bits_per_second: int
    packets: int
    octets: int
    lost: int
    nacks: int
    key_frame_requests: int


class RoomStats(msgspec.Struct, frozen=True):
    """``nacks`` and ``resent`` are the viewers'; ``worst_loss`` is the worst viewer's last report, in per cent."""

    room: RoomId
    viewers: int
    connected: int
    nacks: int
    resent: int
    worst_loss: float
    sources: tuple[SourceStats, ...]


def room_stats(stage: Stage, viewers: Sequence[Watching]) -> RoomStats:
    return RoomStats(
        room=stage.room,
        viewers=len(viewers),
        connected=sum(viewer.peer.connected for viewer in viewers),
        nacks=sum(viewer.nacked for viewer in viewers),
        resent=sum(viewer.resent for viewer in viewers),
        worst_loss=max((viewer.fraction_lost for viewer in viewers), default=0) / 2.56,
        sources=tuple(_source_stats(stage.room, source) for source in stage.sources.values()),
    )


def _source_stats(room: RoomId, source: Source) -> SourceStats:
    return SourceStats(
        room=room,
        source=source.id,
        codec=source.codec.value if source.codec is not None else "",
        bits_per_second=source.bitrate,
        packets=source.packets,
        octets=source.octets,
        lost=source.lost(),
        nacks=source.nacks.requested,
        key_frame_requests=source.keyframes.sent,
    )
