"""A room's media: what is published, what the programme shows, and the streams that carry it to viewers."""

import secrets
from itertools import count

from roadshow.ids import RoomId, SourceId
from roadshow.rooms.ports import Programme
from roadshow.rooms.relay.egress.egress import Egress
from roadshow.rooms.relay.last_mile.quality import Rates
from roadshow.rooms.relay.offers.lanes import FLOOR, SPEAKER, VIDEO_LANES, Quality, Stream, StreamForm
from roadshow.rooms.relay.sources.media import Media
from roadshow.rooms.relay.sources.publication import Publication
from roadshow.rooms.relay.sources.source import Source
from roadshow.rooms.relay.stage.fanout import Fanout
from roadshow.rooms.relay.stage.lane_stream import LaneStream
from roadshow.rooms.relay.stage.leg import Carrier
from roadshow.rooms.relay.stage.outlet import Outlet
from roadshow.rooms.relay.stage.speaker import ActiveSpeaker

PLACES = {lane: number for number, lane in enumerate((*VIDEO_LANES, SPEAKER, *FLOOR))}
"""Where each lane stands among a viewer's lanes in the egress, which has eight places."""
_idents = count(1)


class Stage:
    """All in one thread; every method returns at once."""

    def __init__(self, room: RoomId, egress: Egress) -> None:
        self.room = room
        self.sources: dict[SourceId, Publication] = {}
        self.members = 0
        """Connections, publishers' and viewers', made or in the making."""
        self.outlet = Outlet(egress)
        self._programme: dict[str, SourceId] = {}
        self._fanouts: dict[tuple[str, StreamForm, Quality], Fanout] = {}
        self._ssrcs: dict[tuple[str, StreamForm], tuple[int, int]] = {}
        """SSRC of each lane in each form, whatever the quality; and how many viewers were promised it."""
        self._routes: dict[Source, list[Fanout]] = {}
        """Where each source's packets may go out. A few more than do, for a while: a stream tells them apart."""
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

    def arrive(self, publication: Publication, now: int) -> bool:
        """A track is sent; it takes the place of a former one of the same name. Whether there was none."""
        fresh = publication.id not in self.sources
        self.sources[publication.id] = publication
        publication.refresh(now)
        self._cast(now)
        return fresh

    def refresh(self, publication: Publication, now: int) -> None:
        """Follow which layers of a track come."""
        if publication.refresh(now):
            self._cast(now)

    def depart(self, publication: Publication, now: int) -> bool:
        """A track ended. Whether its name is gone with it: not if another took its place."""
        if self.sources.get(publication.id) is not publication:
            return False
        del self.sources[publication.id]
        self._cast(now)
        return True

    def forward(self, source: Source, media: Media, now: int) -> None:
        """A packet came; send it wherever it is shown."""
        if not source.video and self._speaker.heard(
            source.id, media.level if source.payloads.has_levels else None, now
        ):
            self._cast(now)
        for fanout in self._routes.get(source, ()):
            fanout.forward(source, media, now)

    def promise(self, stream: Stream) -> int:
        """The SSRC for a viewer that wants a lane in this form; ``release`` gives it back."""
        ssrc, viewers = self._ssrcs.get((stream.lane, stream.form), (0, 0))
        self._ssrcs[stream.lane, stream.form] = (ssrc or secrets.randbelow(0xFFFFFFFE) + 1, viewers + 1)
        return self._ssrcs[stream.lane, stream.form][0]

    def release(self, stream: Stream) -> None:
        """A viewer left; forget what nobody was promised or gets."""
        ssrc, viewers = self._ssrcs.pop((stream.lane, stream.form))
        if viewers > 1:
            self._ssrcs[stream.lane, stream.form] = (ssrc, viewers - 1)
            return
        for key in [key for key in self._fanouts if key[:2] == (stream.lane, stream.form)]:
            del self._fanouts[key]
        self._route()

    def fanout(self, stream: Stream, quality: Quality, now: int) -> Fanout:
        """The stream for viewers that want a lane in this form and quality; made when the first asks."""
        key = (stream.lane, stream.form, quality)
        fanout = self._fanouts.get(key)
        if fanout is None:
            lane_stream = LaneStream(
                stream.form,
                stream.video,
                ssrc=self._ssrcs[stream.lane, stream.form][0],
                sequence=secrets.randbelow(0x8000),
                timestamp=secrets.randbits(32),
                ident=next(_idents),
                place=PLACES[stream.lane],
            )
            fanout = self._fanouts[key] = Fanout(lane_stream, stream.lane, quality, self.outlet)
            lane_stream.show(self._source_of(stream.lane, quality), now)
            self._route()
        return fanout

    def rates(self) -> Rates:
        """What the pictures take at present, in bits a second: each layer of the main one (0: off), and the slides."""
        main, slides = (self.publication_of(lane) for lane in VIDEO_LANES)
        layers: list[int] = []
        if main is not None and len(main.layers) > 1:
            layers = [layer.reception.bitrate if on else 0 for layer, on in zip(main.layers, main.live, strict=True)]
        elif main is not None:
            layers = [main.layers[0].reception.bitrate]
        return Rates(
            layers=tuple(layers), slides=slides.at(Quality.HIGH).reception.bitrate if slides is not None else 0
        )

    def need_key_frame(self, carrier: Carrier) -> None:
        """A viewer of this stream cannot go on without one."""
        source = self._source_of(carrier.lane, carrier.quality)
        if source is not None and source.video:
            source.keyframes.wish()

    def tick(self, now: int) -> None:
        if [publication for publication in self.sources.values() if publication.refresh(now)]:
            self._cast(now)
        pictures = [fanout for fanout in self._fanouts.values() if fanout.stream.video]
        for fanout in pictures:
            if fanout.needs_key_frame:
                self.need_key_frame(fanout)
                fanout.tick(now)
        if forgotten := [fanout for fanout in pictures if fanout.forgotten(now)]:
            for fanout in forgotten:
                del self._fanouts[fanout.lane, fanout.stream.form, fanout.quality]
            self._route()

    def _cast(self, now: int) -> None:
        """Let every stream carry what the programme and the floor say."""
        voices = [self._programme[lane] for lane in FLOOR if self._programme.get(lane) in self.sources]
        self._speaker.voices(voices, now)
        for fanout in self._fanouts.values():
            fanout.stream.show(self._source_of(fanout.lane, fanout.quality), now)
            if fanout.stream.video and fanout.stream.waits and fanout.wanted:
                self.need_key_frame(fanout)
        self._route()

    def _route(self) -> None:
        """Streams or what they show have changed: reckon anew who is offered whose packets."""
        self._routes = {}
        for fanout in self._fanouts.values():
            for source in fanout.stream.sources:
                self._routes.setdefault(source, []).append(fanout)

    def publication_of(self, lane: str) -> Publication | None:
        ident = self._speaker.current if lane == SPEAKER else self._programme.get(lane)
        return self.sources.get(SourceId(ident)) if ident is not None else None

    def _source_of(self, lane: str, quality: Quality) -> Source | None:
        publication = self.publication_of(lane)
        return publication.at(quality) if publication is not None else None
