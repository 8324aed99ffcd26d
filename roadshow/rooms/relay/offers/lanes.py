"""What a viewer may be sent: lanes, the forms viewers want them in, their variants. Pure."""

from collections.abc import Sequence
from enum import IntEnum

import msgspec

from roadshow.ids import LaneId
from roadshow.rooms.lanes import LANES, GivesWay, Lane
from roadshow.rooms.relay.wire.codecs import Codec


class Quality(IntEnum):
    """What a viewer gets of a lane that has layers."""

    LOW = 0
    MEDIUM = 1
    HIGH = 2


class Variant(msgspec.Struct, frozen=True):
    """Which of a lane's renditions somebody gets; all viewers of one share one stream of packets."""

    quality: Quality = Quality.HIGH
    stills: int = 0
    """Of that quality key frames alone, one a second, which leave at so many bits a second; 0: the whole picture."""
    temporal: int = 0
    """Of that quality so many temporal layers, from the lowest (``thin_stream.py``); 0: all there are."""
    alternative: str = ""
    """Another content of the lane, where the programme has one under this name: a language, say. Empty: its own."""
    distance: int = 0
    """How many former packets each one of sound carries along (RFC 2198), for those who lose some."""


class StreamForm(msgspec.Struct, frozen=True):
    """How a viewer wants a lane: payload types by codec, those of its RTX, ids of header extensions (0: none)."""

    payload_types: tuple[tuple[Codec, int], ...]
    rtx_types: tuple[tuple[Codec, int], ...] = ()
    mid: str = ""
    mid_id: int = 0
    level_id: int = 0
    send_time_id: int = 0
    playout_id: int = 0
    """Carried by what is sent again, to those who lose packets (``resending.py``)."""
    red_type: int = 0
    """Of sound with redundancy (``redundancy.py``); 0: it cannot be read."""
    wide_id: int = 0
    """Transport-wide numbers: of pictures, and only where every codec has RTX. What is sent again as it was would have
    another number under the same sequence number, which breaks AES-GCM."""


class Wanted(msgspec.Struct, frozen=True):
    """A lane that will be sent in a section of an offer, and the form its viewer wants it in."""

    lane: LaneId
    video: bool
    form: StreamForm
    in_step: bool = False
    """Whether the receiver must play it in step with others."""


class LaneTable:
    """The rows of ``rooms/lanes.py`` as the relay looks them up; nothing in the relay knows a lane by its name."""

    def __init__(self, rows: Sequence[Lane] = LANES) -> None:
        self.rows = tuple(rows)
        ids = [lane for row in self.rows for lane in _ids(row)]
        self.places = {lane: number for number, lane in enumerate(ids)}
        """Where each lane stands among a viewer's lanes in the egress."""
        self.giving_way = {
            when: tuple(lane for row in self.rows if row.gives_way is when for lane in row.lanes) for when in GivesWay
        }
        self._row_of = {lane: row for row in self.rows for lane in _ids(row)}
        if len(self.places) < len(ids):
            raise ValueError(f"two lanes have one name: {', '.join(sorted(ids))}")

    def offered(self, kind: str, sections: int) -> list[LaneId]:
        """What sections of this kind get in turn, where an offer wants so many of them filled."""
        rows = [row for row in self.rows if row.kind == kind]
        if sections == 1 and rows and rows[0].speaker is not None:
            return [rows[0].speaker]
        return [lane for row in rows for lane in row.lanes]

    def gives_way(self, lane: LaneId) -> GivesWay:
        return self._row_of[lane].gives_way

    def in_step(self, lane: LaneId) -> bool:
        """As the row says, but of several voices only the first, and whoever speaks."""
        row = self._row_of[lane]
        return row.in_step and lane in (row.lanes[0], row.speaker)

    def is_video(self, lane: LaneId) -> bool:
        return self._row_of[lane].kind == "video"


def _ids(row: Lane) -> tuple[LaneId, ...]:
    return row.lanes if row.speaker is None else (row.speaker, *row.lanes)
