"""Which source feeds which lane. Pure.

A source is named ``<publisher>/<kind>``; a publisher is a project, or ``FEED``. Nothing
here waits for a source to exist: a programme may name one that is yet to come.
"""

from collections.abc import Collection
from enum import StrEnum

from roadshow.errors import InputError
from roadshow.ids import FEED, ProjectId, PublisherId, SourceId, is_slug
from roadshow.rooms.lanes import FLOOR_1, FLOOR_2, FLOOR_3, MAIN, SLIDES
from roadshow.rooms.phases import Phase, StageMode
from roadshow.rooms.ports import Programme


class SourceKind(StrEnum):
    CAMERA = "camera"
    MICROPHONE = "microphone"
    SLIDES = "slides"
    SLIDES_SOUND = "slides-sound"
    CARD = "card"
    """No track: the publisher's word that their camera is off, and their name stands for it."""


def source_id(publisher: PublisherId | ProjectId, kind: SourceKind) -> SourceId:
    """The name of one track."""
    return SourceId(f"{publisher}/{kind}")


def parse_source(source: str) -> tuple[PublisherId, SourceKind]:
    """The parts of a source's name. Raises InputError("room.bad_source")."""
    publisher, _, name = source.partition("/")
    try:
        kind = SourceKind(name)
    except ValueError:
        raise InputError("room.bad_source") from None
    if not is_slug(publisher):
        raise InputError("room.bad_source")
    return PublisherId(publisher), kind


def choose(
    mode: StageMode, phase: Phase, project: ProjectId | None, sources: Collection[SourceId], *, muted: bool
) -> Programme:
    """What the lanes carry. ``sources`` are those there now; ``muted`` says that the pitcher's time is up by policy."""
    match mode:
        case StageMode.EMPTY:
            return {}
        case StageMode.FEED:
            return _feed()
        case StageMode.PITCHER:
            return _pitcher(project, silent=muted)
        case StageMode.AUTO:
            if any(parse_source(source)[0] == FEED for source in sources):
                return _feed()
            match phase:
                case Phase.STANDBY | Phase.CLOSED:
                    return {}
                case Phase.PITCH | Phase.QUESTIONS:
                    return _pitcher(project, silent=muted)
                case Phase.VOTING:  # seen until the slot closes, but no longer heard
                    return _pitcher(project, silent=True)


def present(programme: Programme, sources: Collection[SourceId]) -> Programme:
    """The lanes whose source is there: what is to be seen of them. Where a camera is off that is its publisher's card,
    whatever comes out of the camera meanwhile."""
    seen = {lane: _card(source) if _card(source) in sources else source for lane, source in programme.items()}
    return {lane: source for lane, source in seen.items() if source in sources}


def _card(source: SourceId) -> SourceId:
    """What stands for a camera; for any other source itself."""
    publisher, kind = parse_source(source)
    return source_id(publisher, SourceKind.CARD) if kind is SourceKind.CAMERA else source


def one_publisher(publisher: PublisherId | ProjectId, *, silent: bool = False) -> Programme:
    """All that somebody sends, each track on its lane."""
    seen = {
        MAIN: source_id(publisher, SourceKind.CAMERA),
        SLIDES: source_id(publisher, SourceKind.SLIDES),
    }
    if silent:
        return seen
    return seen | {
        FLOOR_1: source_id(publisher, SourceKind.MICROPHONE),
        FLOOR_3: source_id(publisher, SourceKind.SLIDES_SOUND),
    }


def _feed() -> Programme:
    return {
        MAIN: source_id(FEED, SourceKind.CAMERA),
        SLIDES: source_id(FEED, SourceKind.SLIDES),
        FLOOR_2: source_id(FEED, SourceKind.MICROPHONE),
        FLOOR_3: source_id(FEED, SourceKind.SLIDES_SOUND),
    }


def _pitcher(project: ProjectId | None, *, silent: bool) -> Programme:
    return {} if project is None else one_publisher(project, silent=silent)
