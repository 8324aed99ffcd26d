"""A thin stream's viewers: those who had all frames and go on with fewer, between two packets, without a key frame."""

from typing_extensions import override

from roadshow.ids import LaneId
from roadshow.rooms.relay.offers.lanes import Variant
from roadshow.rooms.relay.sources.media import Media
from roadshow.rooms.relay.sources.source import Source
from roadshow.rooms.relay.stage.fanout import Fanout
from roadshow.rooms.relay.stage.leg import Leg
from roadshow.rooms.relay.stage.outlet import Outlet
from roadshow.rooms.relay.stage.thin_stream import ThinStream


class ThinFanout(Fanout):
    """Beside what every fanout does. Offered each packet after the fanout of the whole picture."""

    def __init__(self, stream: ThinStream, lane: LaneId, variant: Variant, outlet: Outlet) -> None:
        super().__init__(stream, lane, variant, outlet)
        self.thin = stream
        self._coming: dict[Leg, Fanout] = {}
        """Who is to come from where at the next frame's end."""

    @override
    def forward(self, source: Source, media: Media, now: int) -> None:
        super().forward(source, media, now)
        if self._coming and media.marker:
            for leg, whole in list(self._coming.items()):
                self.follow(leg, whole, now)

    def follow(self, leg: Leg, whole: Fanout, now: int) -> None:
        """Take over a viewer of the whole picture that waits for another one: now, or at the next frame's end, if it
        still waits then."""
        self._coming.pop(leg, None)
        if leg.carrier is not whole or leg.waits_at is None or leg.target is None:
            return
        if self.thin.fresh:
            self.thin.spring_from(whole.stream)
        shift = self.thin.shift_from(whole.stream, leg.shift)
        if shift is None:
            self._coming[leg] = whole
            return
        useful_from = leg.useful_from
        whole.leave(leg, now)
        leg.go_on(self, shift, useful_from)
        self._legs[leg] = None
        self._outlet.take(leg.target, self.stream, leg.shift, leg.roc, now)
