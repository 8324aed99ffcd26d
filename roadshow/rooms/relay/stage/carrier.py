"""What a stage's packets go through: the stream of a lane, and those who get it."""

from typing import Protocol

from roadshow.ids import LaneId
from roadshow.rooms.relay.offers.lanes import Variant
from roadshow.rooms.relay.sources.media import Media
from roadshow.rooms.relay.sources.source import Source
from roadshow.rooms.relay.stage.lane_stream import LaneStream


class Carrier(Protocol):
    """One for each lane, form and variant that somebody wants: ``Fanout`` for viewers, ``Tap`` for a sink."""

    @property
    def stream(self) -> LaneStream: ...
    @property
    def lane(self) -> LaneId: ...
    @property
    def variant(self) -> Variant: ...
    @property
    def wanted(self) -> bool:
        """Whether anybody gets it or waits for it."""
        ...

    @property
    def needs_key_frame(self) -> bool:
        """Whether somebody sees no picture, or not the one that is shown."""
        ...

    def forward(self, source: Source, media: Media, now: int) -> None:
        """A packet of some source came; send it on if this lane carries it."""

    def tick(self, now: int) -> None:
        """While a key frame is needed: make do with an older one, if the wait is long."""
