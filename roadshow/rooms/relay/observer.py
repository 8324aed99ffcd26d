"""Reads how the relay is doing. Remembers just enough to tell what was recent, and what those who left had counted."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from roadshow.ids import RoomId
from roadshow.rooms.relay.diagnosing import groups, shown, unreadable_by
from roadshow.rooms.relay.diagnosis.diary import Diary
from roadshow.rooms.relay.diagnosis.rules import Blind, trouble_of_picture
from roadshow.rooms.relay.egress.egress import Egress
from roadshow.rooms.relay.offers.lanes import Quality
from roadshow.rooms.relay.sources.publication import Publication
from roadshow.rooms.relay.sources.source import Source
from roadshow.rooms.relay.stage.stage import Stage
from roadshow.rooms.relay.stats import (
    FAILED_WITHIN_MS,
    LOST_AFTER_MS,
    EgressStats,
    LaneView,
    LayerStats,
    RecentLoss,
    RoomStats,
    SourceStats,
    ViewerStats,
    ViewerTotals,
    condition,
    viewers_stats,
    worst_viewers,
)
from roadshow.rooms.relay.watching import Watching

MOST_FAILED = 1000
"""Moments kept of a room: more connections than this do not fail in a minute, for so many places are not given."""


class Observer:
    """Changes nothing of what it looks at. Costs nothing while nobody asks, but for ``sample``."""

    def __init__(self, diary: Diary) -> None:
        self._diary = diary
        self._failed: dict[RoomId, deque[int]] = {}
        """When viewers' connections were given up, by room."""
        self._recent: dict[Source, RecentLoss] = {}
        self._gone: dict[RoomId, ViewerTotals] = {}
        """Of rooms that ever had a viewer: no more than the competition has."""

    def sample(self, stages: Iterable[Stage], now: int) -> None:
        """Call about once a second."""
        known, self._recent = self._recent, {}
        for stage in stages:
            for publication in stage.sources.values():
                for layer in publication.layers:
                    recent = self._recent[layer] = known.get(layer) or RecentLoss()
                    recent.sample(now, layer.reception.packets, layer.lost())

    def left(self, viewer: Watching, now: int) -> None:
        """A viewer is going: keep what it has counted. Side rooms come and go, and are nobody's business."""
        room = viewer.stage.room
        if viewer.stage.is_side:
            return
        if viewer.joined_at is None:
            self._failed.setdefault(room, deque(maxlen=MOST_FAILED)).append(now)
        self._gone[room] = self._gone.get(room, ViewerTotals()).plus(_totals(viewer))

    def rooms(
        self,
        stages: Iterable[Stage],
        viewers: Sequence[Watching],
        now: int,
        lines: Mapping[Publication, int] = MappingProxyType({}),
    ) -> tuple[RoomStats, ...]:
        """Every room that has anything, and every room that had viewers; but no side room. ``lines``: bits a second
        that publishers' lines hold, where we estimate it."""
        standing = {stage.room: stage for stage in stages if not stage.is_side}
        found: list[RoomStats] = []
        for room in [*standing, *(gone for gone in self._gone if gone not in standing)]:
            stage = standing.get(room)
            present = [viewer for viewer in viewers if viewer.stage is stage]
            blind = groups(stage, present, now) if stage is not None else ()
            found.append(
                RoomStats(
                    room,
                    self._sources(stage, blind, now, lines) if stage is not None else (),
                    viewers_stats([_viewer(viewer) for viewer in present], self._gone.get(room, ViewerTotals())),
                    blind,
                    self._diary.of(room, now),
                    sum(now - at <= FAILED_WITHIN_MS for at in self._failed.get(room, ())),
                )
            )
        return tuple(found)

    def worst(self, room: RoomId, viewers: Iterable[Watching], most: int) -> list[ViewerStats]:
        """A room's viewers with the greatest loss."""
        return worst_viewers((_viewer(viewer) for viewer in viewers if viewer.stage.room == room), most)

    def missing(self, stage: Stage | None) -> float | None:
        """The greatest share of late of what somebody sends that never came, also not after asking again; None:
        nothing is sent, or nothing was counted yet."""
        sent = (layer for publication in (stage.sources.values() if stage else ()) for layer in publication.layers)
        return max((self._recent[layer].ratio for layer in sent if layer in self._recent), default=None)

    def _sources(
        self, stage: Stage, blind: Sequence[Blind], now: int, lines: Mapping[Publication, int]
    ) -> tuple[SourceStats, ...]:
        found: list[SourceStats] = []
        for publication in stage.sources.values():
            layers = tuple(self._layers(publication, now))
            trouble = trouble_of_picture(shown(publication, now)) if publication.video else None
            lanes = stage.lanes_of(publication.id)
            unseen = trouble is not None or any(group.lane in lanes for group in blind)
            found.append(
                SourceStats(
                    source=publication.id,
                    video=publication.video,
                    condition=condition(publication.video, layers, unseen=unseen),
                    layers=layers,
                    round_trip_ms=_round_trip(publication),
                    dropped=publication.dropped,
                    trouble=trouble,
                    blind=unreadable_by(blind, lanes),
                    line_bits=lines.get(publication),
                )
            )
        return tuple(found)

    def _layers(self, publication: Publication, now: int) -> Iterable[LayerStats]:
        for layer, on in zip(publication.layers, publication.live, strict=True):
            newest = layer.kept(layer.newest)
            silent = None if newest is None else max(0, now - newest.arrived)
            key, recent = layer.whole_key_at, self._recent.get(layer)
            yield LayerStats(
                rid=layer.rid,
                codec=layer.codec.value if layer.codec is not None else "",
                # A track of one layer has nothing to be compared with.
                live=silent is not None and silent < LOST_AFTER_MS and (on or len(publication.layers) == 1),
                silent_ms=silent,
                bits_per_second=layer.reception.bitrate,
                packets=layer.reception.packets,
                octets=layer.reception.octets,
                lost=layer.lost(),
                loss=recent.ratio if recent is not None else 0.0,
                jitter_ms=layer.reception.jitter_ms,
                nacks=layer.nacks.requested,
                recovered=layer.nacks.recovered,
                abandoned=layer.nacks.abandoned,
                key_frame_requests=layer.keyframes.sent,
                key_frames=layer.keyframes.begun,
                key_frame_age_ms=None if key is None else max(0, now - key.arrived),
                restored=layer.reception.restored,
                line_loss=layer.reception.line_loss,
            )


def egress_stats(egress: Egress) -> EgressStats:
    sent = egress.sent
    return EgressStats(egress.native, egress.gso, sent.packets, sent.octets, sent.calls, sent.dropped)


def _round_trip(publication: Publication) -> int | None:
    """By the packets that were asked for again; of the layer that tells the least."""
    known = [trip for layer in publication.layers if (trip := layer.nacks.round_trip_ms) is not None]
    return round(min(known)) if known else None


def _lanes(viewer: Watching) -> Iterable[LaneView]:
    """What it gets of pictures; "less" is by what comes now, so nobody gets less of a track that has but one layer."""
    for _, wanted, leg in viewer.lanes:
        if not wanted.video:
            continue
        best = viewer.stage.publication_of(wanted.lane)
        if leg.carrier is not None:
            shown = leg.carrier.stream.source
            less = best is not None and shown in best.layers and shown is not best.at(Quality.HIGH)
            yield LaneView(wanted.lane, leg.carrier.variant.quality.name.lower(), less)
        elif leg.waits_at is not None:
            yield LaneView(wanted.lane, "waiting", False)
        else:
            yield LaneView(wanted.lane, "off", best is not None)


def _totals(viewer: Watching) -> ViewerTotals:
    sound = sum(leg.resent for _, wanted, leg in viewer.lanes if not wanted.video)
    return ViewerTotals(viewer.nacked, viewer.resent, viewer.key_frames_asked, sound)


def _viewer(viewer: Watching) -> ViewerStats:
    return ViewerStats(
        connected=viewer.peer.connected,
        loss=viewer.loss,
        round_trip_ms=viewer.round_trip_ms,
        bandwidth=viewer.bandwidth,
        lanes=tuple(_lanes(viewer)),
        totals=_totals(viewer),
        has_redundancy=any(leg.carrier is not None and leg.carrier.variant.distance for _, _, leg in viewer.lanes),
    )
