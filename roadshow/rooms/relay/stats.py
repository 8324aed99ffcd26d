"""How the relay is doing, as values: for the control desk, for ``/metrics`` and for measurements. Pure.

``observer.py`` fills them in. Ratios are from 0 to 1, times in milliseconds; None is "not known".
"""

import math
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

import msgspec

from roadshow.ids import LaneId, RoomId, SourceId
from roadshow.rooms.relay.diagnosis.diary import Entry
from roadshow.rooms.relay.diagnosis.rules import Blind
from roadshow.rooms.relay.diagnosis.troubles import Trouble

RECENT_MS = 10_000
"""What "recent" loss is taken over: long enough for a steady figure, short enough to see an intervention work."""
LOST_AFTER_MS = 3000
"""A source that is silent for so long is lost. A still screen is sent once a second, a silent microphone more often."""
FAILED_WITHIN_MS = 60_000
"""A page whose network lets no video through tries some five times in it, so a few of them are seen as a few dozen."""
WEAK_VIDEO_LOSS = 0.02
"""After repair: each lost packet breaks the picture until the next key frame."""
WEAK_AUDIO_LOSS = 0.03
"""After repair as well: of so much that every player has to make up, people hear it."""
WEAK_JITTER_MS = 100.0
"""Of sound: more than a player's buffer takes without growing. A still screen's packets are uneven by nature."""


class Condition(StrEnum):
    """A source in one word."""

    GOOD = "good"
    WEAK = "weak"
    LOST = "lost"


class Refusal(StrEnum):
    """Why a connection was not taken on."""

    VIEWERS = "viewers"
    """As many viewers as the setting allows."""
    PUBLISHERS = "publishers"
    LOAD = "load"
    """The machine has no core left."""
    SIDE_ROOMS = "side_rooms"
    STOPPING = "stopping"


class Closed(StrEnum):
    """Why we ended a connection by TCP."""

    FULL = "full"
    """As many connections as there may be."""
    WAITING = "waiting"
    """As many that were not answered yet, of all addresses together."""
    ADDRESS = "address"
    """…of that address."""
    UNANSWERED = "unanswered"
    """It did not say in time who it is."""
    MALFORMED = "malformed"
    """What came are no frames, or do not begin with a check."""


class StreamTally(msgspec.Struct):
    """Media by TCP, since the relay started."""

    octets_in: int = 0
    """Of datagrams, without what frames them."""
    octets_out: int = 0
    dropped: int = 0
    """Datagrams there was no room for: nobody reads so fast."""
    closed: dict[Closed, int] = {}

    def close(self, reason: Closed) -> None:
        self.closed[reason] = self.closed.get(reason, 0) + 1


class StreamStats(msgspec.Struct, frozen=True):
    """Media by TCP."""

    connections: int
    unproved: int
    """Of these, those that were not answered yet."""
    tally: StreamTally


class Tally(msgspec.Struct):
    """What the relay itself counts, since it started."""

    refused: dict[Refusal, int] = {}
    handshakes_failed: int = 0
    """DTLS ended before there were keys."""
    never_connected: int = 0
    """Sessions given up because nobody finished connecting in time."""
    stun_rejected: int = 0
    """Connectivity checks that were malformed, of no session, or not authentic."""
    strangers: int = 0
    """Datagrams from addresses that have proved nothing."""
    undecryptable: int = 0
    """SRTP that failed its authentication or was seen before, of connections that are over."""

    def refuse(self, reason: Refusal) -> None:
        self.refused[reason] = self.refused.get(reason, 0) + 1


class RecentLoss:
    """Loss over the last ``RECENT_MS``, from samples of two totals."""

    def __init__(self) -> None:
        self._samples: deque[tuple[int, int, int]] = deque()

    def sample(self, now: int, received: int, lost: int) -> None:
        """``lost`` may fall again: what was asked for once more came late."""
        samples = self._samples
        if samples and received < samples[-1][1]:
            samples.clear()
        samples.append((now, received, lost))
        # One sample from before the window stays: the window is taken from there.
        while len(samples) > 2 and now - samples[1][0] >= RECENT_MS:
            samples.popleft()

    @property
    def ratio(self) -> float:
        if len(self._samples) < 2:
            return 0.0
        (_, received, lost), (_, received_now, lost_now) = self._samples[0], self._samples[-1]
        missing = max(0, lost_now - lost)
        expected = missing + received_now - received
        return missing / expected if expected > 0 else 0.0


class LayerStats(msgspec.Struct, frozen=True):
    """One RTP stream of a source: the only one, or one encoding of a simulcast."""

    rid: str
    """The publisher's name for it (RFC 8851); empty without simulcast."""
    codec: str
    live: bool
    """Whether packets come."""
    silent_ms: int | None
    """Since the newest packet; None before the first."""
    bits_per_second: int
    packets: int
    octets: int
    lost: int
    """That never came, also not after asking again."""
    loss: float
    """The same, recently, of all that should have come."""
    jitter_ms: float
    """Interarrival jitter (RFC 3550, section 6.4.1)."""
    nacks: int
    """Packets asked for again; one that is asked for twice counts twice."""
    recovered: int
    """Packets that came after they were asked for."""
    abandoned: int
    """Packets that were asked for and given up: each costs a key frame."""
    key_frame_requests: int
    key_frames: int
    key_frame_age_ms: int | None
    restored: int = 0
    """Packets of sound that others carried along (RFC 2198)."""
    line_loss: float = 0.0
    """What the line lost of it, before repair, between our last two reports to the publisher."""


class SourceStats(msgspec.Struct, frozen=True):
    """``layers``: the lowest first."""

    source: SourceId
    video: bool
    condition: Condition
    layers: tuple[LayerStats, ...]
    round_trip_ms: int | None
    """To the publisher and back, by the packets that were asked for again."""
    trouble: Trouble | None = None
    """Why nobody can see the picture."""
    blind: int = 0
    """Connected viewers who should see it and have not its codec."""
    dropped: int = 0
    """Packets that were more than is taken of one source."""
    line_bits: int | None = None
    """Bits a second that the publisher's line holds, by our estimate; None where the sender estimates by itself."""

    @property
    def bits_per_second(self) -> int:
        return sum(layer.bits_per_second for layer in self.layers)

    @property
    def loss(self) -> float:
        """The worst of the layers that are live."""
        return max((layer.loss for layer in self.layers if layer.live), default=0.0)


class Spread(msgspec.Struct, frozen=True):
    """How a figure is spread over viewers; ``count``: of how many it is known."""

    count: int = 0
    median: float = 0.0
    p95: float = 0.0
    worst: float = 0.0


class ViewerTotals(msgspec.Struct, frozen=True):
    """What viewers have asked for and got, those who left among them: so these only grow."""

    nacks: int = 0
    """Packets asked for again."""
    resent: int = 0
    key_frame_requests: int = 0
    sound_resent: int = 0
    """Of those sent again, the ones of sound."""

    def plus(self, other: "ViewerTotals") -> "ViewerTotals":
        return ViewerTotals(
            self.nacks + other.nacks,
            self.resent + other.resent,
            self.key_frame_requests + other.key_frame_requests,
            self.sound_resent + other.sound_resent,
        )


class LaneView(msgspec.Struct, frozen=True):
    """What one viewer gets of a video lane: ``high``, ``medium``, ``low``, ``waiting`` (for a key frame) or ``off``.
    ``less``: not the best there is."""

    lane: LaneId
    quality: str
    less: bool


class ViewerStats(msgspec.Struct, frozen=True):
    """One viewer. Nothing here tells who it is: no address, no session."""

    connected: bool
    loss: float
    """Of its worst lane, as it last reported."""
    round_trip_ms: int | None
    bandwidth: int | None
    """Bits a second it says it can take (REMB)."""
    lanes: tuple[LaneView, ...]
    totals: ViewerTotals
    has_redundancy: bool = False
    """Whether its sound carries former packets along (RFC 2198)."""

    @property
    def sees_less(self) -> bool:
        return any(lane.less for lane in self.lanes)


class ViewersStats(msgspec.Struct, frozen=True):
    """A room's viewers, together."""

    connected: int
    joining: int
    qualities: Mapping[tuple[str, str], int]
    """How many are on each (lane, quality)."""
    see_less: int
    loss: Spread
    round_trip_ms: Spread
    bandwidth: Spread
    """``worst`` is the least here: the viewer with the narrowest line."""
    totals: ViewerTotals
    with_redundancy: int = 0
    """How many get sound that carries former packets along."""


class RoomStats(msgspec.Struct, frozen=True):
    room: RoomId
    sources: tuple[SourceStats, ...]
    viewers: ViewersStats
    blind: tuple[Blind, ...] = ()
    """Viewers who do not see what is on, by the reason."""
    noted: tuple[Entry, ...] = ()
    """What went wrong lately, for whom; the newest first."""
    failed: int = 0
    """Viewers' connections that never came about, in the last ``FAILED_WITHIN_MS``."""


class EgressStats(msgspec.Struct, frozen=True):
    """``native`` and ``segmented`` (UDP GSO) say which way out is taken; the counts are of all viewers' media."""

    native: bool
    segmented: bool
    packets: int
    octets: int
    calls: int
    """System calls that sent them."""
    dropped: int
    """Packets the kernel did not take, or that could not be encrypted."""


class IngestStats(msgspec.Struct, frozen=True):
    """The relay's socket, as the kernel sees it."""

    waiting: int
    """Bytes that came and were not read yet."""
    dropped: int
    """Datagrams the kernel threw away because they were not read in time. Every viewer misses these."""


class RelayStats(msgspec.Struct, frozen=True):
    rooms: tuple[RoomStats, ...]
    publishers: int
    """Publishing connections, connected or connecting."""
    side_rooms: int
    """Open ones; what is in them is not told."""
    tally: Tally
    egress: EgressStats
    load: float | None
    """Share of a core that the relay's thread takes."""
    ingest: IngestStats | None
    """None where the system does not tell."""
    streams: StreamStats | None = None
    """None where media go by UDP alone."""
    troubles: Mapping[Trouble, int] = msgspec.field(default_factory=dict)
    """How often each was noted, side rooms' among them."""


def condition(video: bool, layers: Sequence[LayerStats], *, unseen: bool = False) -> Condition:
    """``unseen``: somebody who should see the picture cannot, whatever the line to us is like."""
    found = _reception(video, layers)
    return Condition.WEAK if unseen and found is Condition.GOOD else found


def _reception(video: bool, layers: Sequence[LayerStats]) -> Condition:
    live = [layer for layer in layers if layer.live]
    if not live:
        return Condition.LOST
    if any(layer.packets and not layer.live for layer in layers):
        return Condition.WEAK  # an encoding the publisher can no longer afford
    if not video:
        bad = any(layer.loss >= WEAK_AUDIO_LOSS or layer.jitter_ms >= WEAK_JITTER_MS for layer in live)
        return Condition.WEAK if bad else Condition.GOOD
    if any(layer.loss >= WEAK_VIDEO_LOSS for layer in live):
        return Condition.WEAK
    # Without a key frame there is nothing that a decoder could begin with.
    return Condition.WEAK if all(layer.key_frames == 0 for layer in live) else Condition.GOOD


def spread(values: Iterable[float], *, low_is_bad: bool = False) -> Spread:
    """Nearest-rank quantiles: each is a value that some viewer has. ``low_is_bad``: p95 and worst are small ones."""
    ranked = sorted(values, reverse=low_is_bad)
    if not ranked:
        return Spread()

    def rank(share: float) -> float:
        return ranked[max(0, math.ceil(share * len(ranked)) - 1)]

    return Spread(len(ranked), rank(0.5), rank(0.95), ranked[-1])


def viewers_stats(viewers: Sequence[ViewerStats], gone: ViewerTotals) -> ViewersStats:
    """``gone``: what those who left had counted."""
    there = [viewer for viewer in viewers if viewer.connected]
    qualities: dict[tuple[str, str], int] = {}
    totals = gone
    for viewer in viewers:
        totals = totals.plus(viewer.totals)
    for viewer in there:
        for lane in viewer.lanes:
            qualities[lane.lane, lane.quality] = qualities.get((lane.lane, lane.quality), 0) + 1
    return ViewersStats(
        connected=len(there),
        joining=len(viewers) - len(there),
        qualities=qualities,
        see_less=sum(viewer.sees_less for viewer in there),
        loss=spread(viewer.loss for viewer in there),
        round_trip_ms=spread(viewer.round_trip_ms for viewer in there if viewer.round_trip_ms is not None),
        bandwidth=spread((viewer.bandwidth for viewer in there if viewer.bandwidth is not None), low_is_bad=True),
        totals=totals,
        with_redundancy=sum(viewer.has_redundancy for viewer in there),
    )


def worst_viewers(viewers: Iterable[ViewerStats], most: int) -> list[ViewerStats]:
    """Those with the greatest loss, then the longest way; none that lose nothing."""
    losing = [viewer for viewer in viewers if viewer.connected and viewer.loss > 0]
    return sorted(losing, key=lambda viewer: (viewer.loss, viewer.round_trip_ms or 0), reverse=True)[:most]
