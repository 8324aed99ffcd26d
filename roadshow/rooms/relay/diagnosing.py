"""Reads why pictures are not seen, of stages, viewers and publishers as they stand; what follows, the rules say."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from weakref import WeakKeyDictionary

import msgspec

from roadshow.ids import LaneId, RoomId, SourceId
from roadshow.rooms.lanes import GivesWay
from roadshow.rooms.relay.diagnosis.diary import Diary
from roadshow.rooms.relay.diagnosis.rules import Blind, Shown, grouped, trouble_of_picture, trouble_of_viewer
from roadshow.rooms.relay.diagnosis.troubles import Trouble
from roadshow.rooms.relay.last_mile.quality import Choice
from roadshow.rooms.relay.offers.lanes import Quality
from roadshow.rooms.relay.publishing import Publishing
from roadshow.rooms.relay.sources.publication import Publication
from roadshow.rooms.relay.stage.leg import Leg
from roadshow.rooms.relay.stage.stage import Stage
from roadshow.rooms.relay.stats import LOST_AFTER_MS
from roadshow.rooms.relay.watching import Watching
from roadshow.rooms.relay.wire.sdp import BadCodec

LOOK_MS = 1000
"""For publishers it is looked up anew at most so often, however fast they ask: of a thousand viewers it takes 25 ms, in
which no packet goes out."""

logger = logging.getLogger(__name__)


class Missing(msgspec.Struct, frozen=True):
    """Why a viewer does not see what a lane is to carry, and in which codec that comes."""

    trouble: Trouble
    codec: str


class Told(msgspec.Struct, frozen=True):
    """What a viewer asked for, what it is sent, and which pictures it misses although they are on."""

    quality: Choice
    sent: str
    missing: dict[LaneId, Missing]


class SourceReport(msgspec.Struct, frozen=True):
    source: SourceId
    trouble: Trouble | None
    codec: str
    viewers: int
    """Who should see it, of those connected."""
    blind: int
    """Who of them cannot, for their player has not its codec."""


class Noted(msgspec.Struct, frozen=True):
    trouble: Trouble
    detail: str
    count: int


class Audience(msgspec.Struct, frozen=True):
    viewers: int
    """Connected."""
    blind: tuple[Blind, ...]


class Report(msgspec.Struct, frozen=True):
    """What a publisher is told of its own session."""

    sources: tuple[SourceReport, ...]
    noted: tuple[Noted, ...]


def shown(publication: Publication | None, now: int) -> Shown | None:
    """What it is at its best."""
    if publication is None:
        return None
    layer = publication.at(Quality.HIGH)
    newest = layer.kept(layer.newest)
    return Shown(
        comes=newest is not None and now - newest.arrived < LOST_AFTER_MS,
        codec=layer.codec.value if layer.codec is not None else "",
        key_frames=layer.keyframes.begun,
        lacks_sets=layer.lacks_sets,
    )


def on(stage: Stage, now: int) -> dict[LaneId, Shown | None]:
    """The pictures that are on. Slides that nobody sends are not, nor is a camera that is off while slides come."""
    found: dict[LaneId, Shown | None] = {}
    for lane in stage.expected:
        if not stage.table.is_video(lane):
            continue
        picture = shown(stage.publication_of(lane), now)
        if picture is None and (stage.table.gives_way(lane) is GivesWay.LAST or stage.shows_any):
            continue
        found[lane] = picture
    return found


def blind(viewer: Watching, pictures: Mapping[LaneId, Shown | None], now: int) -> Iterator[Blind]:
    """What a connected viewer does not see although it is on. What it left out by its own choice, or for its line, is
    not missing."""
    for lane in viewer.unreadable:
        if (picture := pictures.get(lane)) is not None:
            yield Blind(lane, Trouble.CODEC, picture.codec, ())
    for _, wanted, leg in viewer.lanes:
        if wanted.lane not in pictures or (leg.carrier is None and leg.waits_at is None):
            continue
        picture = pictures[wanted.lane]
        takes = [codec.value for codec, _ in wanted.form.payload_types]
        trouble = trouble_of_viewer(picture, takes, _waits(leg, now))
        if trouble is not None:
            yield Blind(wanted.lane, trouble, picture.codec if picture is not None else "", tuple(sorted(takes)))


def groups(stage: Stage, viewers: Iterable[Watching], now: int) -> tuple[Blind, ...]:
    """Of a stage's viewers."""
    pictures = on(stage, now)
    return grouped(one for viewer in viewers if viewer.peer.connected for one in blind(viewer, pictures, now))


def told(viewer: Watching, now: int) -> Told:
    received, found = viewer.chooser.received, blind(viewer, on(viewer.stage, now), now)
    return Told(received.quality, received.sent, {one.lane: Missing(one.trouble, one.codec) for one in found})


def unreadable_by(found: Iterable[Blind], lanes: Iterable[LaneId]) -> int:
    """How many have not the codec of what these lanes carry."""
    wanted = set(lanes)
    return sum(one.viewers for one in found if one.trouble is Trouble.CODEC and one.lane in wanted)


class Audiences:
    """Who watches each stage, and what they miss."""

    def __init__(self) -> None:
        self._last: WeakKeyDictionary[Stage, tuple[int, Audience]] = WeakKeyDictionary()

    def of(self, stage: Stage, viewers: Iterable[Watching], now: int) -> Audience:
        """As it is, or was less than ``LOOK_MS`` ago. ``viewers``: those of all stages."""
        at, audience = self._last.get(stage, (now - LOOK_MS, None))
        if audience is None or now - at >= LOOK_MS:
            here = [viewer for viewer in viewers if viewer.stage is stage and viewer.peer.connected]
            audience = Audience(len(here), groups(stage, here, now))
            self._last[stage] = now, audience
        return audience


def report(publishing: Publishing, audience: Audience, diary: Diary, now: int) -> Report:
    stage = publishing.stage
    sources: list[SourceReport] = []
    for publication in publishing.publications:
        picture = shown(publication, now) if publication.video else None
        trouble = trouble_of_picture(picture) if publication.video else None
        if trouble is None and publishing.stands_by:
            trouble = Trouble.STANDING_BY
        lanes = stage.lanes_of(publication.id) if publishing.used else ()
        sources.append(
            SourceReport(
                publication.id,
                trouble,
                picture.codec if picture is not None else "",
                audience.viewers if lanes else 0,
                unreadable_by(audience.blind, lanes),
            )
        )
    noted = diary.of(stage.room, now, who=publishing.who)
    return Report(tuple(sources), tuple(Noted(entry.trouble, entry.detail, entry.count) for entry in noted))


@contextmanager
def codec_noted(diary: Diary, room: RoomId, who: str, now: int) -> Iterator[None]:
    """Around a look at an offer: if it is refused for its codecs, that is noted."""
    try:
        yield
    except BadCodec as refused:
        diary.note(room, who, Trouble.CODEC, now, detail=str(refused.details["offered"]))
        raise


def log_fresh(diary: Diary) -> None:
    """A line for each trouble that began since the last time."""
    for entry in diary.fresh():
        detail = f" ({entry.detail})" if entry.detail else ""
        logger.info("No picture in %s of %s: %s%s.", entry.room, entry.who, entry.trouble, detail)


def _waits(leg: Leg, now: int) -> int | None:
    """How long it has waited for its first picture, or for that of the source that is now shown."""
    if leg.carrier is None:
        return now - leg.since
    stream = leg.carrier.stream
    return now - stream.wanted_since if stream.waits else None
