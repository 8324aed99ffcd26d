"""A room's media: what is published, what the programme shows, and the streams that carry it to viewers."""

import secrets

from roadshow.ids import RoomId, SourceId
from roadshow.rooms.ports import Programme
from roadshow.rooms.relay.egress import Egress
from roadshow.rooms.relay.fanout import Fanout
from roadshow.rooms.relay.lane import LaneStream, StreamForm
from roadshow.rooms.relay.negotiation import FLOOR, SPEAKER, Stream
from roadshow.rooms.relay.source import Media, Source
from roadshow.rooms.relay.speaker import ActiveSpeaker


class Stage:
    """All in one thread; every method returns at once."""

    def __init__(self, room: RoomId, egress: Egress) -> None:
        self.room = room
        self.sources: dict[SourceId, Source] = {}
        self.members = 0
        """Connections, publishers' and viewers', made or in the making."""
        self._egress = egress
        self._programme: dict[str, SourceId] = {}
        self._fanouts: dict[tuple[str, StreamForm], Fanout] = {}
        self._video: list[Fanout] = []
        self._audio: list[Fanout] = []
        self._speaker = ActiveSpeaker()

    @property
    def idle(self) -> bool:
        """Whether nothing would be lost with this stage."""
        return not (self.sources or self.members or self._programme)

    def show(self, programme: Programme, now: int) -> None:
        wanted = {lane.value: source for lane, source in programme.items()}
        if wanted != self._programme:
            self._programme = wanted
            self._cast(now)

    def arrive(self, source: Source, now: int) -> bool:
        """A source sends; it takes the place of a former one of the same name. Whether there was none."""
        fresh = source.id not in self.sources
        self.sources[source.id] = source
        self._cast(now)
        return fresh

    def depart(self, source: Source, now: int) -> bool:
        """A source ended. Whether its name is gone with it: not if another took its place."""
        if self.sources.get(source.id) is not source:
            return False
        del self.sources[source.id]
        self._cast(now)
        return True

    def forward(self, source: Source, media: Media, now: int) -> None:
        """A packet came; send it wherever it is shown."""
        if source.video:
            for fanout in self._video:
                fanout.forward(source, media, now)
            return
        if self._speaker.heard(source.id, media.level if source.has_levels else None, now):
            self._cast(now)
        for fanout in self._audio:
            fanout.forward(source, media, now)

    def fanout(self, stream: Stream, now: int) -> Fanout:
        """The stream for viewers that want a lane in this form; made when the first asks."""
        key = (stream.lane, stream.form)
        fanout = self._fanouts.get(key)
        if fanout is None:
            lane_stream = LaneStream(
                stream.form,
                stream.video,
                ssrc=secrets.randbelow(0xFFFFFFFE) + 1,
                sequence=secrets.randbelow(0x8000),
                timestamp=secrets.randbits(32),
            )
            fanout = self._fanouts[key] = Fanout(lane_stream, stream.lane, self._egress)
            (self._video if stream.video else self._audio).append(fanout)
            lane_stream.show(self._source_of(stream.lane), now)
        return fanout

    def drop_unwatched(self) -> None:
        """Forget streams nobody gets."""
        for key, fanout in list(self._fanouts.items()):
            if not fanout.reserved:
                del self._fanouts[key]
                (self._video if fanout.stream.video else self._audio).remove(fanout)

    def need_key_frame(self, fanout: Fanout) -> None:
        """A viewer of this stream cannot go on without one."""
        source = self._source_of(fanout.lane)
        if source is not None and source.video:
            source.keyframes.wish()

    def tick(self, now: int) -> None:
        for fanout in self._video:
            if fanout.needs_key_frame:
                self.need_key_frame(fanout)
                fanout.tick(now)

    def _cast(self, now: int) -> None:
        """Let every stream carry what the programme and the floor say."""
        voices = [self._programme[lane] for lane in FLOOR if self._programme.get(lane) in self.sources]
        self._speaker.voices(voices, now)
        for fanout in self._video + self._audio:
            fanout.stream.show(self._source_of(fanout.lane), now)
            if fanout.stream.video and fanout.stream.waits:
                self.need_key_frame(fanout)

    def _source_of(self, lane: str) -> Source | None:
        ident = self._speaker.current if lane == SPEAKER else self._programme.get(lane)
        return self.sources.get(SourceId(ident)) if ident is not None else None
