"""Stretches of an outgoing stream, and where its numbers stand. Values only."""

import msgspec

from roadshow.rooms.relay.sources.media import Media
from roadshow.rooms.relay.sources.source import Source


class Tail(msgspec.Struct, frozen=True):
    """Where numbers stand: the newest sequence number (unwrapped), timestamp and VP8 counters, and when it went out."""

    number: int
    timestamp: int
    at: int
    picture: int
    tl0: int


class Segment:
    """A stretch of the outgoing stream from one source without a break; the shifts map its numbers to ours."""

    __slots__ = (
        "continues",
        "epoch",
        "first",
        "lead",
        "least",
        "payload_type",
        "picture_shift",
        "shift",
        "source",
        "timestamp_shift",
        "tl0_shift",
    )

    source: Source
    epoch: int
    first: int
    """The outgoing (unwrapped) number it begins with."""
    least: int
    """The lowest number that a packet as it came may have."""
    lead: Media | None
    """What was put in front of it."""
    continues: bool
    """Whether it goes on with what the one before it had: nothing but its lead stands between them."""
    shift: int
    timestamp_shift: int
    picture_shift: int
    tl0_shift: int
    payload_type: int
