"""A room's media: what is published, what the programme shows, and the streams that carry it to viewers and sinks."""

import secrets
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import count
from typing import Protocol

import msgspec

from roadshow.ids import LaneId, RoomId, SourceId
from roadshow.rooms.lanes import GivesWay
from roadshow.rooms.ports import Programme
from roadshow.rooms.relay.egress.egress import Egress
from roadshow.rooms.relay.last_mile.beats import Beats
from roadshow.rooms.relay.last_mile.ladder import Rates
from roadshow.rooms.relay.last_mile.peaks import Peaks
from roadshow.rooms.relay.offers.lanes import LaneTable, Quality, StreamForm, Variant, Wanted
from roadshow.rooms.relay.sources.media import Media
from roadshow.rooms.relay.sources.publication import Publication
from roadshow.rooms.relay.sources.source import Source
from roadshow.rooms.relay.stage.carrier import Carrier
from roadshow.rooms.relay.stage.fanout import Fanout
from roadshow.rooms.relay.stage.lane_stream import Beginning, LaneStream
from roadshow.rooms.relay.stage.leg import Leg
from roadshow.rooms.relay.stage.outlet import Outlet
from roadshow.rooms.relay.stage.redundant_stream import RedundantStream
from roadshow.rooms.relay.stage.sinks import PLAIN, Sink, Tap
from roadshow.rooms.relay.stage.speaker import ActiveSpeaker
from roadshow.rooms.relay.stage.still_stream import StillStream
from roadshow.rooms.relay.stage.thin_fanout import ThinFanout
from roadshow.rooms.relay.stage.thin_stream import ThinStream

_idents = count(1)
OWN = Variant()
"""A lane's own content, as good as it comes."""
FRESH_MS = 500
"""A picture that began so long ago will be too old for a viewer that is about to connect (``REPLAY_AGE_MS``)."""
NO_PROGRAMME: Mapping[LaneId, SourceId] = {}
NO_ALTERNATIVES: Mapping[tuple[LaneId, str], SourceId] = {}


class Waits(Protocol):
    """A viewer to whom something is owed soon."""

    def answer(self, now: int) -> None: ...


class Stage:
    """All in one thread; every method returns at once."""

    def __init__(
        self, room: RoomId, egress: Egress, table: LaneTable, standing: Mapping[LaneId, SourceId] = NO_PROGRAMME
    ) -> None:
        """``standing``: the programme of a side room, which nobody changes."""
        self.room = room
        self.is_side = bool(standing)
        self.table = table
        self.sources: dict[SourceId, Publication] = {}
        self.cards: dict[SourceId, object] = {}
        """Publishers' cards that stand for their cameras, each with the session that said so last."""
        self.members = 0
        """Connections, publishers' and viewers', made or in the making."""
        self.outlet = Outlet(egress)
        self.beats = Beats()
        self.waiting: dict[Waits, None] = {}
        """Viewers whose requests are answered once it is known what came (``patience.py``)."""
        self._peaks = Peaks()
        self._programme: dict[tuple[LaneId, str], SourceId] = {(lane, ""): source for lane, source in standing.items()}
        """By lane and alternative, of which "" is the lane's own content."""
        self._fanouts: dict[tuple[LaneId, StreamForm, Variant], Fanout] = {}
        self._ssrcs: dict[tuple[LaneId, StreamForm], tuple[int, int]] = {}
        """SSRC of each lane in each form, whatever the variant; and how many viewers were promised it."""
        self._taps: dict[Tap, None] = {}
        self._routes: dict[Source, list[Carrier]] = {}
        """Where each source's packets may go out. A few more than do, for a while: a stream tells them apart."""
        self._speakers = {row.speaker: (ActiveSpeaker(), row.lanes) for row in table.rows if row.speaker is not None}
        """Lanes that carry whoever of several others speaks."""

    @property
    def idle(self) -> bool:
        """Whether nothing would be lost with this stage."""
        told = self._programme and not self.is_side  # a standing programme comes with the next stage by itself
        return not (self.sources or self.members or told or self._taps)

    def show(
        self, programme: Programme, now: int, alternatives: Mapping[tuple[LaneId, str], SourceId] = NO_ALTERNATIVES
    ) -> None:
        """``alternatives``: what else a lane has, by name, for those who take that (``Variant``)."""
        wanted = {(lane, ""): source for lane, source in programme.items()} | dict(alternatives)
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
        if not source.video:
            self._listen(source, media, now)
        for carrier in self._routes.get(source, ()):
            carrier.forward(source, media, now)

    def takes(self, source: Source) -> bool:
        """Whether anybody sees or hears it, or waits for it."""
        return any(one.wanted and source in one.stream.sources for one in self._routes.get(source, ()))

    def promise(self, wanted: Wanted) -> int:
        """The SSRC for a viewer that wants a lane in this form; ``release`` gives it back."""
        ssrc, viewers = self._ssrcs.get((wanted.lane, wanted.form), (0, 0))
        self._ssrcs[wanted.lane, wanted.form] = (ssrc or _new_ssrc(), viewers + 1)
        return self._ssrcs[wanted.lane, wanted.form][0]

    def release(self, wanted: Wanted) -> None:
        """A viewer left; forget what nobody was promised or gets."""
        ssrc, viewers = self._ssrcs.pop((wanted.lane, wanted.form))
        if viewers > 1:
            self._ssrcs[wanted.lane, wanted.form] = (ssrc, viewers - 1)
            return
        for key in [key for key in self._fanouts if key[:2] == (wanted.lane, wanted.form)]:
            del self._fanouts[key]
        self._route()

    def fanout(self, wanted: Wanted, variant: Variant, now: int) -> Fanout:
        """The stream for viewers that want a lane in this form and variant; made when the first asks."""
        key = (wanted.lane, wanted.form, variant)
        fanout = self._fanouts.get(key)
        if fanout is None:
            if variant.distance:
                plain = self.fanout(wanted, msgspec.structs.replace(variant, distance=0), now).stream
                stream: LaneStream = RedundantStream(plain, variant.distance, next(_idents))
            else:
                ssrc, _ = self._ssrcs[wanted.lane, wanted.form]
                stream = self._stream(wanted.lane, wanted.form, ssrc, _kind(variant))
            if isinstance(stream, ThinStream):
                fanout = ThinFanout(stream, wanted.lane, variant, self.outlet)
            else:
                fanout = Fanout(stream, wanted.lane, variant, self.outlet)
            self._fanouts[key] = fanout
            stream.show(self._source_of(fanout), now)
            self._route()
        return fanout

    def thin(self, wanted: Wanted, leg: Leg, bits_per_second: int, now: int) -> None:
        """Of the picture that a viewer has while it waits for a lesser one's key frame, leave out what is more than so
        many bits a second: the upper temporal layers, from the next frame's end on. Without such nothing changes."""
        whole, aim = leg.carrier, leg.waits_at
        if not isinstance(whole, Fanout) or aim is None or not _less(aim.variant, whole.variant):
            return
        source = whole.stream.source
        layers = source.reception.fitting(bits_per_second) if source is not None else 0
        if layers and not whole.variant.temporal:
            thin = self.fanout(wanted, msgspec.structs.replace(whole.variant, temporal=layers), now)
            if isinstance(thin, ThinFanout):
                thin.follow(leg, whole, now)

    def attach(self, sink: Sink, lane: LaneId, now: int, form: StreamForm = PLAIN, variant: Variant = OWN) -> Tap:
        """From now on the sink takes what the lane carries, until the tap is closed. Raises KeyError: no such lane."""
        tap = Tap(sink, self._stream(lane, form, _new_ssrc()), lane, variant, self.need_key_frame, self._detach)
        self._taps[tap] = None
        tap.stream.show(self._source_of(tap), now)
        self._route()
        return tap

    def rates(self, now: int) -> Rates:
        """What the pictures take, in bits a second: each layer of those that give way first (0: off); and those that
        give way last. To be asked regularly."""
        first = [_layers(shown) for shown in self._shown(GivesWay.FIRST)]
        last = [shown.at(Quality.HIGH).reception.bitrate for shown in self._shown(GivesWay.LAST)]
        layers = tuple(first[0] if len(first) == 1 else _together(first))
        return Rates(layers=layers, slides=sum(last), peaks=self._peaks.add(layers, now))

    def need_key_frame(self, carrier: Carrier) -> None:
        """Who takes this stream cannot go on without one."""
        source = self._source_of(carrier)
        # Who has not its codec waits for ever, and must not cost all others their bits.
        if source is not None and source.video and (source.codec is None or carrier.stream.takes(source.codec)):
            source.keyframes.wish()

    def expect(self, lanes: Iterable[LaneId], now: int) -> None:
        """A viewer of these lanes will be here in two round trips or so: let it find a key frame."""
        for lane in lanes:
            publication = self.publication_of(lane)
            source = publication.at(Quality.HIGH) if publication is not None else None
            if source is None or not source.video:
                continue
            key = source.whole_key_at
            if key is None or now - key.arrived > FRESH_MS:
                source.keyframes.wish()

    def tick(self, now: int) -> None:
        for viewer in list(self.waiting):
            viewer.answer(now)
        if [publication for publication in self.sources.values() if publication.refresh(now)]:
            self._cast(now)
        for carrier in self._carriers():
            if carrier.stream.video and carrier.needs_key_frame:
                self.need_key_frame(carrier)
                carrier.tick(now)
        fanouts = self._fanouts.items()
        if forgotten := [key for key, fanout in fanouts if fanout.may_be_forgotten and fanout.forgotten(now)]:
            for key in forgotten:
                del self._fanouts[key]
            self._route()

    def publication_of(self, lane: LaneId, alternative: str = "") -> Publication | None:
        """What a lane carries; an alternative whose source is not there is the lane's own content."""
        shown = self._programme.get((lane, alternative))
        if alternative and shown not in self.sources:
            return self.publication_of(lane)
        speaker = self._speakers.get(lane)
        ident = speaker[0].current if speaker is not None and not alternative else shown
        return self.sources.get(SourceId(ident)) if ident is not None else None

    @property
    def expected(self) -> list[LaneId]:
        """The lanes that something is to be on, there or not. A card is nothing that anybody sends."""
        return [
            lane
            for (lane, alternative), source in self._programme.items()
            if not alternative and source not in self.cards
        ]

    @property
    def shows_any(self) -> bool:
        """Whether anything that is to be shown is there."""
        return any(source in self.sources for source in self._programme.values())

    def lanes_of(self, source: SourceId) -> list[LaneId]:
        """Which lanes it is to be on."""
        return [lane for (lane, _), shown in self._programme.items() if shown == source]

    def _shown(self, when: GivesWay) -> list[Publication]:
        return [shown for lane in self.table.giving_way[when] if (shown := self.publication_of(lane)) is not None]

    def _listen(self, source: Source, media: Media, now: int) -> None:
        """Whoever speaks gets the floor."""
        level = media.level if source.payloads.has_levels else None
        for speaker, _ in self._speakers.values():
            if speaker.heard(source.id, level, now):
                self._cast(now)

    def _cast(self, now: int) -> None:
        """Let every stream carry what the programme and the floor say."""
        for speaker, lanes in self._speakers.values():
            shown = [self._programme.get((lane, "")) for lane in lanes]
            speaker.voices([source for source in shown if source in self.sources], now)
        for carrier in self._carriers():
            carrier.stream.show(self._source_of(carrier), now)
            if carrier.stream.video and carrier.stream.waits and carrier.wanted:
                self.need_key_frame(carrier)
        self._route()

    def _carriers(self) -> list[Carrier]:
        return [*self._fanouts.values(), *self._taps]

    def _detach(self, tap: Tap) -> None:
        if tap in self._taps:
            del self._taps[tap]
            self._route()

    def _route(self) -> None:
        """Streams or what they show have changed: reckon anew who is offered whose packets."""
        self._routes = {}
        for carrier in self._carriers():
            for source in carrier.stream.sources:
                self._routes.setdefault(source, []).append(carrier)

    def _stream(
        self, lane: LaneId, form: StreamForm, ssrc: int, kind: Callable[..., LaneStream] = LaneStream
    ) -> LaneStream:
        sequence, timestamp = secrets.randbelow(0x8000), secrets.randbits(32)
        beginning = Beginning(ssrc, sequence, timestamp, next(_idents), self.table.places[lane])
        return kind(form, self.table.is_video(lane), beginning)

    def _source_of(self, carrier: Carrier) -> Source | None:
        publication = self.publication_of(carrier.lane, carrier.variant.alternative)
        return publication.at(carrier.variant.quality) if publication is not None else None


def _less(one: Variant, other: Variant) -> bool:
    """Whether the one takes less of a line: still pictures than moving ones, a smaller picture than a larger one."""
    return (not one.stills, one.quality) < (not other.stills, other.quality)


def _kind(variant: Variant) -> Callable[..., LaneStream]:
    if variant.stills:
        return partial(StillStream, variant.stills)
    return partial(ThinStream, variant.temporal) if variant.temporal else LaneStream


def _new_ssrc() -> int:
    return secrets.randbelow(0xFFFFFFFE) + 1


def _together(tracks: list[list[int]]) -> list[int]:
    """The rates of several tracks' layers, summed: the highest of all go together, and of a track that has fewer the
    lowest goes with all that are below it."""
    most = max(map(len, tracks), default=0)
    return [sum(rates[max(0, len(rates) - most + place)] for rates in tracks) for place in range(most)]


def _layers(publication: Publication) -> list[int]:
    """Bits a second of its layers, lowest first, 0 for one that does not come; of a single one, as measured."""
    if len(publication.layers) == 1:
        return [publication.layers[0].reception.bitrate]
    return [
        layer.reception.bitrate if on else 0 for layer, on in zip(publication.layers, publication.live, strict=True)
    ]
