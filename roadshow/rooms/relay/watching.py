"""A viewer's side of the relay: its lanes out, its feedback in."""

import secrets
from typing import Protocol

from roadshow.ids import RoomId
from roadshow.rooms.lanes import GivesWay
from roadshow.rooms.relay.diagnosis.diary import VIEWERS
from roadshow.rooms.relay.last_mile.estimate.measured import Measured
from roadshow.rooms.relay.last_mile.ladder import Rates
from roadshow.rooms.relay.last_mile.patience import Patience
from roadshow.rooms.relay.last_mile.protection import Protection
from roadshow.rooms.relay.last_mile.quality import Choice, QualityChooser
from roadshow.rooms.relay.last_mile.tempo import Tempo
from roadshow.rooms.relay.offers.answer import CNAME
from roadshow.rooms.relay.offers.known import Make
from roadshow.rooms.relay.offers.lanes import Quality, Variant, Wanted
from roadshow.rooms.relay.offers.negotiation import WatchPlan
from roadshow.rooms.relay.stage.leg import Leg
from roadshow.rooms.relay.stage.repeats import pad, resend
from roadshow.rooms.relay.stage.stage import Stage
from roadshow.rooms.relay.transport.peer import FEEDBACK_A_SECOND, Peer
from roadshow.rooms.relay.transport.ration import Ration
from roadshow.rooms.relay.wire import rtcp
from roadshow.rooms.relay.wire.feedback import Feedback
from roadshow.rooms.relay.wire.rtcp import Part, TransportWide
from roadshow.rooms.relay.wire.sync import ntp_from_ms

CALM_MS = 7_900
"""So long a viewer is left alone that gets all there is, loses nothing and has no queue: of the delay that is usual on
its line the last ten seconds are remembered (``rate.py``), so there is always a former look to compare with."""


class Seat(Protocol):
    """A viewer's place among those there are, as whoever counts them knows it. Nothing here may raise or wait."""

    @property
    def is_invited(self) -> bool:
        """Whether it is one of those kept for invited people."""
        ...

    def connected(self) -> None: ...
    def left(self) -> None:
        """Called once, after which nothing else is."""
        ...


class Uncounted:
    """Satisfies ``Seat``. Of the audience, where nobody counts."""

    is_invited = False

    def connected(self) -> None: ...
    def left(self) -> None: ...


class Watching:
    """Satisfies ``PeerHandler``. One for each WHEP session."""

    takes_media = True

    def __init__(
        self, peer: Peer, stage: Stage, plan: WatchPlan, now: int, seat: Seat, make: Make | None = None
    ) -> None:
        self.peer = peer
        self.seat = seat
        self._make = make
        peer.media = Ration(FEEDBACK_A_SECOND)
        peer.acts = self.acts
        self.stage = stage
        self.chooser = QualityChooser()
        self.round_trip_ms: int | None = None
        self.bandwidth: int | None = None
        """Bits a second that its line carries, by its last REMB or by our own estimate; None: nobody knows."""
        self.key_frames_asked = 0
        """PLIs and FIRs for its lanes, heeded or not."""
        self.joined_at: int | None = None
        self.lanes: list[tuple[int, Wanted, Leg]] = []
        """Number of the section, what was agreed on, and how it stands."""
        self.unreadable = plan.unreadable
        """Lanes it wanted in codecs that nothing here is sent in."""
        self._by_ssrc: dict[int, Leg] = {}
        self.protection = Protection()
        self._sounds: set[int] = set()
        """SSRCs of sound."""
        self._sound = 0
        """Packets of sound that went out, as of the last look."""
        self._followed: tuple[Quality | None, int, bool, int] | None = None
        """Quality, stills, slides, and the distance of sound's redundancy as the lanes have them."""
        self._connected = False
        self._feedback = Feedback()
        self._tempo = Tempo()
        self._patience = Patience()
        self.calm_until = 0
        """Until then it need not be looked at; anything that stirs ends it."""
        self.measured: Measured | None = None
        """What its feedback says of its line; None: it has agreed on none."""
        for number, wanted in plan.wanted:
            ssrc = stage.promise(wanted)
            leg = Leg(ssrc, rtx_ssrc=(ssrc ^ 0x5A5A5A5A) or 1, rtx_sequence=secrets.randbelow(0x8000))
            self.lanes.append((number, wanted, leg))
            self._by_ssrc[ssrc] = leg
            if not wanted.video:
                self._sounds.add(ssrc)
        self._description = rtcp.source_description(self._by_ssrc, CNAME.encode())
        stage.members += 1

    @property
    def room(self) -> RoomId:
        return self.stage.room

    @property
    def who(self) -> str:
        return VIEWERS

    @property
    def ssrcs(self) -> list[tuple[int, Wanted, int, int]]:
        """For the answer: section, lane, SSRC, RTX SSRC."""
        return [(number, wanted, leg.ssrc, leg.rtx_ssrc) for number, wanted, leg in self.lanes]

    @property
    def loss(self) -> float:
        """The share of packets lost on the worst lane, 0 to 1, as last reported; before anything is sent again."""
        return max((leg.resending.loss for _, _, leg in self.lanes), default=0.0)

    @property
    def nacked(self) -> int:
        return sum(leg.nacked for _, _, leg in self.lanes)

    @property
    def resent(self) -> int:
        return sum(leg.resent for _, _, leg in self.lanes)

    def nears(self, now: int) -> None:
        self.stage.expect([wanted.lane for _, wanted, _ in self.lanes], now)

    def connected(self, now: int) -> None:
        target = self.peer.target
        if target is None:
            return
        self._connected, self.joined_at = True, now
        if self._make is not None:
            self._make.agreed(aead=target.keys is not None, led=self.peer.remote.is_led)
        self.seat.connected()
        for _, _, leg in self.lanes:
            leg.target = target
        if any(wanted.form.wide_id for _, wanted, _ in self.lanes):
            self.measured = Measured(self.stage.outlet.measure(target))
            self.peer.measure(self.measured.line)
        self._follow(now)
        self.report(now)

    def failed(self, now: int, certain: bool) -> None:
        if self._make is not None and self.peer.remote.takes_aead:
            self._make.failed(now, certain)

    def choose(self, choice: Choice, now: int) -> None:
        """The viewer's own wish for a quality."""
        self.chooser.choose(choice)
        self.calm_until = 0
        if self._connected:
            self._decide(self.stage.rates(now), now)

    def rtp(self, data: bytes, now: int) -> None:
        """Viewers have nothing to say here."""

    def rtcp(self, data: bytes, now: int) -> None:
        for part in rtcp.parse(data):
            if not self._feedback.takes(part, now):
                self._act(part, now)

    def acts(self, data: bytes, now: int) -> None:
        """As ``rtcp``, where what is news was kept in C. Without any it is that which stirs."""
        self.calm_until = 0
        for part in rtcp.parse(data):
            self._act(part, now)

    def _act(self, part: Part, now: int) -> None:
        """What cannot wait for the next look."""
        match part:
            case rtcp.KeyFrameRequest(ssrc=ssrc) if ssrc in self._by_ssrc:
                self.key_frames_asked += 1
                leg = self._by_ssrc[ssrc]
                if leg.carrier is not None and leg.asking.heeded(now):
                    self.stage.need_key_frame(leg.carrier)
            case rtcp.Nacked(ssrc=ssrc, sequences=sequences) if ssrc in self._by_ssrc:
                leg, late = self._by_ssrc[ssrc], False
                before = leg.resending.missed
                if self.measured is not None and ssrc not in self._sounds:
                    self.answer(now)
                    sequences = self._patience.asked(ssrc, leg.allowance.looked_at(sequences, now), now)
                    if late := self._patience.patient:
                        leg.resending.disordered(now)
                    if self._patience.waits:
                        self.stage.waiting[self] = None
                resend(self.stage.outlet, leg, sequences, self.round_trip_ms, now, once=late)
                if leg.carrier is not None and not leg.carrier.stream.video and not self._full(now):
                    self.protection.missed(leg.resending.missed - before, now)
            case TransportWide(body=body) if self.measured is not None and self.measured.acknowledge(body, now):
                self._look(now)
                self._decide(self.stage.rates(now), now)
            case _:
                pass

    def answer(self, now: int) -> None:
        """What was asked for, waited to be told of, and never came."""
        if self.measured is None:
            return
        for ssrc, sequence in self._patience.due(self.measured.line, now):
            resend(self.stage.outlet, self._by_ssrc[ssrc], (sequence,), self.round_trip_ms, now)
        if not self._patience.waits:
            self.stage.waiting.pop(self, None)

    def _full(self, now: int, since: int | None = None) -> bool:
        """Whether pictures have filled its line, lately or after ``since``: what it lost then is no sign of what it
        loses."""
        return self.measured is not None and self.measured.full(now, since)

    def _look(self, now: int) -> None:
        """At what it told since the last time."""
        told = self._feedback
        self.peer.collect(told)
        thin = self.chooser.stills > 0  # a queue that overflows for a moment is not always noticed there
        for ssrc, report in told.reports.items():
            leg, block, at = self._by_ssrc.get(ssrc), report.block, report.at
            if leg is None:
                continue
            absent = leg.absent
            self.chooser.on_report(block, at, absent)
            full = thin or self._full(now, since=leg.resending.reported_at)  # of sound alone, it covers five seconds
            counts = leg.resending.reported(block, at, absent)
            # A repeat of sound comes under its own number, so reports know of no loss: what is asked for tells.
            if counts is not None and not full and not (ssrc in self._sounds and leg.resending.missed):
                self.protection.reported(*counts, at)
            if block.last_report:
                trip = ((ntp_from_ms(at) >> 16) - block.last_report - block.delay) & 0xFFFFFFFF
                self.round_trip_ms = trip * 1000 >> 16 if trip < 1 << 31 else self.round_trip_ms
        for estimate in told.estimates:
            self.bandwidth = estimate.bits_per_second
            self.chooser.on_remb(estimate.bits_per_second, estimate.at)
        told.clear()
        if self.measured is not None and (bits := self.measured.look(now)) is not None:
            self.bandwidth = bits
            self.chooser.on_estimate(bits, self.measured.rate.congested, now)
            most = self.measured.repeats(now, thin=self.chooser.stills > 0)
            for _, wanted, leg in self.lanes:
                if wanted.video and leg.allowance.most != most:
                    leg.allowance.bound(most)

    def tick(self, rates: Rates, now: int) -> None:
        """Twice a second or so, from ``calm_until`` on: let the quality follow the viewer's network; ask for key frames
        still wanted.

        ``rates`` are the stage's, at present."""
        if not self._connected:
            return
        self._look(now)
        self.protection.sent(self._sound_sent(), now)
        self._decide(rates, now)
        loses = False
        for _, _, leg in self.lanes:
            loses |= leg.resending.loses(now)
            if leg.carrier is not None and leg.asks_still(now):
                self.stage.need_key_frame(leg.carrier)
        if (target := self.peer.target) is not None:
            self.stage.outlet.pace(target, self._tempo.look(loses, now))
        if not loses and self._settled(now) and self.peer.rest():
            self.calm_until = now + CALM_MS

    def _settled(self, now: int) -> bool:
        """Whether nothing is under way, so that only what C hears could call for another decision."""
        if self.measured is None or not self.measured.calm or self._tempo.gently or self.protection.distance(now):
            return False
        waits = any(leg.waits_at is not None or leg.asking.since is not None for _, _, leg in self.lanes)
        return self.chooser.settled and not waits

    def _sound_sent(self) -> int:
        """Packets of sound since the last time."""
        before = self._sound
        self._sound = sum(leg.sent[0] for _, wanted, leg in self.lanes if not wanted.video)
        return self._sound - before

    def begin_probe(self, now: int) -> bool:
        """Find out whether the line carries more, if that is wished for and due. Whether ``probe`` is to be called."""
        measured, wish = self.measured, self.chooser.wish
        if measured is None or wish is None or not self._connected or not measured.prober.due(wish, now):
            return False
        measured.line.mark(measured.prober.begin(wish, now))
        return True

    def probe(self, now: int, tick_ms: int) -> bool:
        """Send what is due of the cluster that was begun. Whether there is more to come."""
        measured = self.measured
        if measured is None:
            return False
        leg = next((leg for _, wanted, leg in self.lanes if wanted.form.wide_id and leg.open), None)
        if (owed := measured.prober.owed(now, tick_ms)) > 0:
            measured.prober.sent(pad(self.stage.outlet, leg, owed, now) if leg is not None and self._connected else 0)
        if not measured.prober.sending:
            measured.line.mark(0)
        return measured.prober.sending

    def report(self, now: int) -> None:
        """Sender reports of all lanes whose source's clock is known, in one compound."""
        ntp = ntp_from_ms(now)
        parts: list[bytes] = []
        for _, _, leg in self.lanes:
            timestamp = leg.timestamp_at(now)
            if timestamp is not None:
                parts.append(rtcp.sender_report(leg.ssrc, ntp, timestamp, *leg.sent))
        if parts:
            self.peer.send_rtcp(b"".join(parts) + self._description, now)

    def beat(self, now: int) -> None:
        """Something to hear while nothing is sent (``beats.py``)."""
        self.peer.send_rtcp(rtcp.receiver_report(next(iter(self._by_ssrc), 1), []) + self._description, now)

    def gone(self, now: int) -> None:
        for _, wanted, leg in self.lanes:
            self._leave(leg, now)
            self.stage.release(wanted)
        target = self.peer.target
        if target is not None:
            self.stage.outlet.leave(target)
        self._connected = False
        self.stage.waiting.pop(self, None)
        self.stage.members -= 1
        self.seat.left()

    def _decide(self, rates: Rates, now: int) -> None:
        self.chooser.decide(now, rates)
        # Not what it was before this decision: an early wish of the viewer counts at once.
        chosen = self.chooser.quality, self.chooser.stills, self.chooser.slides
        if (*chosen, self.protection.distance(now)) != self._followed:
            self._follow(now)
            self._thin(rates, now)

    def _follow(self, now: int) -> None:
        """Let every lane have the quality decided on, or nothing."""
        distance, former = self.protection.distance(now), self._followed
        self._followed = self.chooser.quality, self.chooser.stills, self.chooser.slides, distance
        if self.measured is not None and former is not None:
            self.measured.rate.changed(now)
        for _, wanted, leg in self.lanes:
            quality: Quality | None = Quality.HIGH
            stills = 0
            match self.stage.table.gives_way(wanted.lane):
                case GivesWay.FIRST:
                    quality, stills = self.chooser.quality, self.chooser.stills
                case GivesWay.LAST if not self.chooser.slides:
                    quality = None
                case GivesWay.LAST | GivesWay.NEVER:
                    pass
            if quality is None:
                self._leave(leg, now)
                continue
            redundancy = distance if wanted.form.red_type else 0
            fanout = self.stage.fanout(wanted, Variant(quality, stills, distance=redundancy), now)
            fanout.join(leg, now)
            if leg.waits_at is fanout:
                self.stage.need_key_frame(fanout)

    def _thin(self, rates: Rates, now: int) -> None:
        """Relieve a line that is too narrow for what there is, until the picture that fits has begun."""
        if self.bandwidth is None:
            return
        for _, wanted, leg in self.lanes:
            if leg.waits_at is not None and self.stage.table.gives_way(wanted.lane) is GivesWay.FIRST:
                self.stage.thin(wanted, leg, self.bandwidth - rates.slides, now)

    def _leave(self, leg: Leg, now: int) -> None:
        for carrier in (leg.waits_at, leg.carrier):
            if carrier is not None:
                carrier.leave(leg, now)
