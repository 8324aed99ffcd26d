"""Where a lane goes beside viewers: a recorder, an outlet to another service. See docs/relay.md, "Sinks"."""

import logging
from collections.abc import Callable
from typing import Protocol

from roadshow.ids import LaneId
from roadshow.rooms.relay.egress.outgoing import Outgoing
from roadshow.rooms.relay.offers.lanes import StreamForm, Variant
from roadshow.rooms.relay.sources.media import Media
from roadshow.rooms.relay.sources.source import Source
from roadshow.rooms.relay.stage.fanout import LATE_REPLAY_AGE_MS, LATE_REPLAY_MS
from roadshow.rooms.relay.stage.lane_stream import LaneStream
from roadshow.rooms.relay.wire.codecs import Codec

PLAIN = StreamForm(payload_types=((Codec.VP8, 96), (Codec.H264, 97), (Codec.OPUS, 111)))
"""The form of a sink that has no wishes: every codec, no header extensions."""

logger = logging.getLogger(__name__)


class Sink(Protocol):
    """Takes what lanes carry. Everything waits meanwhile, viewers too: a packet must be put away in microseconds, so
    whatever takes longer is done elsewhere, and a sink that cannot keep up drops what it must by itself. One that
    raises is let go, and the log says so."""

    def take(self, lane: LaneId, packet: Outgoing, now: int) -> None:
        """The lane's next packet, at this moment in ms: plain RTP in ``data``, under one SSRC whatever is shown.
        ``number`` is its sequence number without wraps: as the publisher's come, with gaps, and where one comes late it
        is lower than the last; none comes twice. A picture begins with a key frame, also after each switch."""


class Tap:
    """One sink on one lane, in one form and variant, with a stream of its own; whoever watches notices nothing of it.
    A ``Carrier``. ``asks`` and ``closes`` are the stage's."""

    wanted = True

    def __init__(
        self,
        sink: Sink,
        stream: LaneStream,
        lane: LaneId,
        variant: Variant,
        asks: Callable[["Tap"], None],
        closes: Callable[["Tap"], None],
    ) -> None:
        self.stream = stream
        self.lane = lane
        self.variant = variant
        self._sink = sink
        self._asks = asks
        self._closes = closes

    @property
    def needs_key_frame(self) -> bool:
        return self.stream.waits

    def ask_key_frame(self) -> None:
        """What was taken is of no use without one. Of all who ask for one within half a second one is heeded."""
        self._asks(self)

    def close(self) -> None:
        """Take nothing any more. Again: nothing happens."""
        self._closes(self)

    def forward(self, source: Source, media: Media, now: int) -> None:
        stream = self.stream
        packet = stream.forward(source, media, now)
        if packet is None:
            return
        for each in stream.with_lead(media, packet):
            self._take(each, now)
        if stream.begun_with is media:
            for late in list(stream.overtaken(now)):
                self._take(late, now)

    def tick(self, now: int) -> None:
        if now - self.stream.wanted_since > LATE_REPLAY_MS:
            for packet in self.stream.begin_late(now, LATE_REPLAY_AGE_MS):
                self._take(packet, now)

    def _take(self, packet: Outgoing, now: int) -> None:
        try:
            self._sink.take(self.lane, packet, now)
        except Exception:  # whatever it is, nobody's picture may stop for it
            logger.exception("A sink on %s failed and gets nothing any more.", self.lane)
            self.close()
