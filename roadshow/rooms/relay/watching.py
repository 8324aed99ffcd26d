"""A viewer's side of the relay: its lanes out, its feedback in."""

import secrets

from roadshow.rooms.relay import rtcp
from roadshow.rooms.relay.fanout import Fanout, Leg
from roadshow.rooms.relay.negotiation import CNAME, WatchPlan
from roadshow.rooms.relay.peer import Peer
from roadshow.rooms.relay.stage import Stage
from roadshow.rooms.relay.sync import ntp_from_ms


class Watching:
    """Satisfies ``PeerHandler``. One for each WHEP session."""

    def __init__(self, peer: Peer, stage: Stage, plan: WatchPlan, now: int) -> None:
        self.peer = peer
        self.stage = stage
        self.fraction_lost = 0
        """The worst lane's, in 1/256, as last reported."""
        self.round_trip_ms: int | None = None
        self._lanes: list[tuple[int, Fanout, Leg]] = []
        self._by_ssrc: dict[int, tuple[Fanout, Leg]] = {}
        self._streams = plan.streams
        for number, stream in plan.streams:
            fanout = stage.fanout(stream, now)
            fanout.reserved += 1
            leg = Leg(rtx_ssrc=(fanout.stream.ssrc ^ 0x5A5A5A5A) or 1, rtx_sequence=secrets.randbelow(0x8000))
            self._lanes.append((number, fanout, leg))
            self._by_ssrc[fanout.stream.ssrc] = (fanout, leg)
        stage.members += 1

    @property
    def ssrcs(self) -> list[tuple[int, int, int]]:
        """For the answer: section, SSRC, RTX SSRC."""
        return [(number, fanout.stream.ssrc, leg.rtx_ssrc) for number, fanout, leg in self._lanes]

    @property
    def nacked(self) -> int:
        return sum(leg.nacked for _, _, leg in self._lanes)

    @property
    def resent(self) -> int:
        return sum(leg.resent for _, _, leg in self._lanes)

    def connected(self, now: int) -> None:
        target = self.peer.target
        if target is None:
            return
        for _, fanout, leg in self._lanes:
            fanout.join(leg, target, now)
            if not leg.open:
                self.stage.need_key_frame(fanout)
        self.report(now)

    def moved(self) -> None:
        target = self.peer.target
        if target is not None:
            for _, fanout, leg in self._lanes:
                fanout.move(leg, target)

    def rtp(self, data: bytes, now: int) -> None:
        """Viewers have nothing to say here."""

    def rtcp(self, data: bytes, now: int) -> None:
        worst = -1
        for part in rtcp.parse(data):
            match part:
                case rtcp.KeyFrameRequest(ssrc=ssrc) if ssrc in self._by_ssrc:
                    fanout, leg = self._by_ssrc[ssrc]
                    if fanout.asks_for_key_frame(leg, now):
                        self.stage.need_key_frame(fanout)
                case rtcp.Nacked(ssrc=ssrc, sequences=sequences) if ssrc in self._by_ssrc:
                    fanout, leg = self._by_ssrc[ssrc]
                    fanout.resend(leg, sequences, now)
                case rtcp.ReportBlock(ssrc=ssrc) if ssrc in self._by_ssrc:
                    worst = max(worst, part.fraction)
                    if part.last_report:
                        middle = ntp_from_ms(now) >> 16
                        trip = (middle - part.last_report - part.delay) & 0xFFFFFFFF
                        self.round_trip_ms = trip * 1000 >> 16 if trip < 1 << 31 else self.round_trip_ms
                case _:
                    pass
        if worst >= 0:
            self.fraction_lost = worst

    def report(self, now: int) -> None:
        """Sender reports of all lanes whose source's clock is known, in one compound; and key frames still wanted."""
        for _, fanout, leg in self._lanes:
            if fanout.asks_still(leg, now):
                self.stage.need_key_frame(fanout)
        ntp = ntp_from_ms(now)
        parts: list[bytes] = []
        for _, fanout, leg in self._lanes:
            stream = fanout.stream
            timestamp = stream.timestamp_at(now) if leg.open else None
            if timestamp is not None:
                packets, octets = stream.packets - leg.started[0], stream.octets - leg.started[1]
                parts.append(rtcp.sender_report(stream.ssrc, ntp, timestamp, packets, octets))
        if parts:
            named = rtcp.source_description([fanout.stream.ssrc for _, fanout, _ in self._lanes], CNAME.encode())
            self.peer.send_rtcp(b"".join(parts) + named)

    def gone(self, now: int) -> None:
        for _, fanout, leg in self._lanes:
            fanout.leave(leg)
            fanout.reserved -= 1
        self.stage.members -= 1
        self.stage.drop_unwatched()
