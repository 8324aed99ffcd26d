"""A lane's outgoing stream and the viewers that get it: one rendering, many targets."""

from roadshow.rooms.relay.egress import Egress, Target
from roadshow.rooms.relay.lane import LaneStream
from roadshow.rooms.relay.source import Media, Source

LATE_REPLAY_MS = 700
"""A viewer that waits so long for a key frame gets an older picture's history: some encoders answer no request."""
LATE_REPLAY_AGE_MS = 5000
ASK_INTERVAL_MS = 2000
"""One viewer's requests for key frames count at most this often: they cost all the others' bandwidth."""
RESENDS_A_SECOND = 400
"""Packets sent again to one viewer on one lane, so that nobody can turn NACKs into a flood."""


class Leg:
    """One viewer on one lane."""

    __slots__ = (
        "asked_at",
        "asks_since",
        "budget",
        "budget_at",
        "first",
        "nacked",
        "open",
        "resent",
        "rtx_sequence",
        "rtx_ssrc",
        "since",
        "started",
        "target",
    )

    def __init__(self, rtx_ssrc: int, rtx_sequence: int) -> None:
        self.target: Target | None = None
        self.open = False
        """Whether packets flow; a picture first waits for a key frame."""
        self.first = 0
        """The first outgoing number this viewer got."""
        self.since = 0
        self.started = (0, 0)
        """The stream's packets and octets before that."""
        self.rtx_ssrc = rtx_ssrc
        self.rtx_sequence = rtx_sequence
        self.asked_at = 0
        """When it last asked for a key frame and was heeded."""
        self.asks_since: int | None = None
        """When it asked again, too soon."""
        self.budget = RESENDS_A_SECOND
        self.budget_at = 0
        self.nacked = 0
        self.resent = 0


class Fanout:
    """``targets`` is what the hot loop walks; it is rebuilt whenever a leg opens, moves or leaves."""

    def __init__(self, stream: LaneStream, lane: str, egress: Egress) -> None:
        self.stream = stream
        self.lane = lane
        self.targets: list[Target] = []
        self.reserved = 0
        """Viewers that were promised this stream's SSRC, connected or not."""
        self._egress = egress
        self._legs: dict[Leg, None] = {}
        self._waiting: dict[Leg, None] = {}

    @property
    def viewers(self) -> int:
        return len(self._legs)

    @property
    def needs_key_frame(self) -> bool:
        """Whether somebody sees no picture, or not the one that is shown."""
        return bool(self._waiting) or (self.stream.waits and bool(self._legs))

    def forward(self, source: Source, media: Media, now: int) -> None:
        """A packet of some source came; send it on if this lane carries it."""
        stream = self.stream
        data = stream.forward(source, media, now)
        if data is None:
            return
        if self._waiting and source.key_at is media:
            self._open(list(self._waiting), stream.number_of(media))
        self._egress.send_rtp(data, self.targets)
        if stream.begun_with is media:
            for late in list(stream.overtaken(now)):
                self._egress.send_rtp(late, self.targets)

    def join(self, leg: Leg, target: Target, now: int) -> None:
        """Begin to send: sound at once, a picture with its last key frame if that is recent, else with the next."""
        leg.target, leg.since = target, now
        self._legs[leg] = None
        if not self.stream.video:
            self._open([leg], self.stream.newest + 1)
        elif not self._replay(leg, now, None):
            self._waiting[leg] = None

    def move(self, leg: Leg, target: Target) -> None:
        leg.target = target
        self._rebuild()

    def leave(self, leg: Leg) -> None:
        self._legs.pop(leg, None)
        self._waiting.pop(leg, None)
        leg.open = False
        self._rebuild()

    def tick(self, now: int) -> None:
        """Serve from the cache who has waited too long: a new source's viewers, then late ones."""
        stream = self.stream
        if stream.waits and now - stream.wanted_since > LATE_REPLAY_MS:
            for packet in stream.begin_late(now, LATE_REPLAY_AGE_MS):
                self._egress.send_rtp(packet, self.targets)
        for leg in [leg for leg in self._waiting if now - leg.since > LATE_REPLAY_MS]:
            if not self._replay(leg, now, LATE_REPLAY_AGE_MS):
                return

    def asks_for_key_frame(self, leg: Leg, now: int) -> bool:
        """A viewer's decoder lost its footing. True: pass it on; False: too soon, ``asks_still`` will tell."""
        if now - leg.asked_at < ASK_INTERVAL_MS:
            leg.asks_since = now
            return False
        leg.asked_at, leg.asks_since = now, None
        return True

    def asks_still(self, leg: Leg, now: int) -> bool:
        """Whether a request that came too soon is due now; not if a key frame came meanwhile."""
        if leg.asks_since is None:
            return False
        key = self.stream.source.key_at if self.stream.source is not None else None
        if key is not None and key.arrived > leg.asks_since:
            leg.asks_since = None
            return False
        return self.asks_for_key_frame(leg, now)

    def resend(self, leg: Leg, sequences: tuple[int, ...], now: int) -> None:
        """A viewer missed these: send them again, as RTX if it knows that, else the very same bytes."""
        leg.nacked += len(sequences)
        if leg.target is None or not leg.open:
            return
        if now - leg.budget_at >= 1000:
            leg.budget, leg.budget_at = RESENDS_A_SECOND, now
        for sequence in sequences:
            if leg.budget <= 0:
                return
            found = self.stream.again(sequence, leg.first)
            if found is None:
                continue
            data, codec = found
            repeat = self.stream.retransmission(data, codec, leg.rtx_ssrc, leg.rtx_sequence)
            if repeat is not None:
                leg.rtx_sequence = (leg.rtx_sequence + 1) & 0xFFFF
            leg.budget -= 1
            leg.resent += 1
            self._egress.send_rtp(repeat or data, [leg.target])

    def _replay(self, leg: Leg, now: int, max_age_ms: int | None) -> bool:
        replay = self.stream.replay(now) if max_age_ms is None else self.stream.replay(now, max_age_ms)
        if replay is None or leg.target is None:
            return False
        first, packets = replay
        self._open([leg], first)
        for packet in packets:
            self._egress.send_rtp(packet, [leg.target])
        return True

    def _open(self, legs: list[Leg], first: int) -> None:
        for leg in legs:
            self._waiting.pop(leg, None)
            leg.open, leg.first = True, first
            leg.started = (self.stream.packets, self.stream.octets)
        self._rebuild()

    def _rebuild(self) -> None:
        self.targets = [leg.target for leg in self._legs if leg.open and leg.target is not None]
