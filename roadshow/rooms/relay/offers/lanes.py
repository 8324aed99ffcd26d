"""What a viewer may be sent: lanes, the forms viewers want them in, and qualities. Values only. Pure."""

from enum import IntEnum

import msgspec

from roadshow.rooms.ports import Lane
from roadshow.rooms.relay.wire.codecs import Codec

SPEAKER = "floor"
"""The audio lane that carries whoever of the floor speaks; for viewers that take one audio track."""
VIDEO_LANES = (Lane.MAIN.value, Lane.SLIDES.value)
FLOOR = (Lane.FLOOR_1.value, Lane.FLOOR_2.value, Lane.FLOOR_3.value)


class Quality(IntEnum):
    """What a viewer gets of a lane that has layers."""

    LOW = 0
    MEDIUM = 1
    HIGH = 2


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


class Stream(msgspec.Struct, frozen=True):
    """A lane that will be sent, and the form a viewer wants it in."""

    lane: str
    video: bool
    form: StreamForm
