"""A publisher's side of the relay: packets in, feedback out."""

import secrets
from typing import Protocol

from roadshow.ids import PublisherId, RoomId, SourceId
from roadshow.rooms.relay import rtcp
from roadshow.rooms.relay.negotiation import CNAME, PublishPlan
from roadshow.rooms.relay.peer import Peer
from roadshow.rooms.relay.rtp import Packet, parse
from roadshow.rooms.relay.source import Source
from roadshow.rooms.relay.stage import Stage
from roadshow.rooms.relay.sync import SenderClock

REPORT_MS = 1000
EARLY_REPORT_MS = 200
EARLY_MS = 2000
"""An encoder trusts a bandwidth message fully in its first two seconds; so they come often at first."""
INHERIT_MS = 5000
"""After a publisher's new connection took over, a source of the former one has so long to appear again."""
MAX_SSRCS = 64
"""Streams told apart in one connection."""


class SourceListener(Protocol):
    """Told when a room's sources come and go; called in the event loop, must neither block nor raise."""

    def source_came(self, room: RoomId, source: SourceId) -> None: ...
    def source_went(self, room: RoomId, source: SourceId) -> None: ...


class Publishing:
    """Satisfies ``PeerHandler``. One for each WHIP session."""

    def __init__(
        self,
        peer: Peer,
        stage: Stage,
        publisher: PublisherId,
        slides: bool,
        plan: PublishPlan,
        listener: SourceListener,
        bitrate: int,
    ) -> None:
        self.peer = peer
        self.stage = stage
        self.publisher = publisher
        self.key = (stage.room, publisher, slides)
        """A new session with the same key takes this one's place."""
        clock = SenderClock()
        self.sources = [
            Source(track.source, track.video, dict(track.payload_types), track.level_id, clock) for track in plan.tracks
        ]
        self._listener = listener
        self._bitrate = bitrate * max(1, sum(source.video for source in self.sources))
        self._mid_id = plan.mid_id
        self._by_mid = {track.mid: source for track, source in zip(plan.tracks, self.sources, strict=True) if track.mid}
        self._by_ssrc = {
            ssrc: source for track, source in zip(plan.tracks, self.sources, strict=True) for ssrc in track.ssrcs
        }
        self._arrived: set[Source] = set()
        self._inherited: dict[SourceId, tuple[Source, int]] = {}
        """Sources of the former session that still stand on the stage, and until when they may."""
        self._ssrc = secrets.randbelow(0xFFFFFFFE) + 1
        self._connected_at = 0
        self._report_at = 0
        stage.members += 1

    def takes_over(self, former: "Publishing", now: int) -> None:
        """Sources of the former session that this one offers too stay where they are, for a while."""
        for ident in [source.id for source in self.sources]:
            standing, _ = former._inherited.pop(ident, (None, 0))
            for source in former._arrived:
                standing = source if source.id == ident else standing
            if standing is not None and self.stage.sources.get(ident) is standing:
                former._arrived.discard(standing)
                self._inherited[ident] = (standing, now + INHERIT_MS)

    def connected(self, now: int) -> None:
        self._connected_at = self._report_at = now

    def moved(self) -> None:
        """Feedback follows the peer's address by itself."""

    def rtp(self, data: bytes, now: int) -> None:
        packet = parse(data)
        if packet is None:
            return
        source = self._by_ssrc.get(packet.ssrc)
        if source is None:
            source = self._route(packet)
            if source is None:
                return
        media = source.accept(packet, now)
        if media is None:
            return
        stage = self.stage
        present = stage.sources.get(source.id)
        if present is not source and (present is None or source not in self._arrived):
            self._arrived.add(source)
            self._inherited.pop(source.id, None)
            if stage.arrive(source, now):
                self._listener.source_came(stage.room, source.id)
        stage.forward(source, media, now)

    def rtcp(self, data: bytes, now: int) -> None:
        for part in rtcp.parse(data):
            if isinstance(part, rtcp.SenderReport):
                source = self._by_ssrc.get(part.ssrc)
                if source is not None and source.ssrc == part.ssrc:
                    source.reported(part, now)

    def tick(self, now: int) -> None:
        """Repeat what is due: NACKs, key-frame requests, reports, the bandwidth message."""
        if not self.peer.connected:
            return
        parts: list[bytes] = []
        for source in self.sources:
            if source.ssrc is None:
                continue
            if not source.nacks.idle and (lost := source.nacks.due(now)):
                sequences = [source.sequence(index) for index in lost]
                parts.append(rtcp.negative_acknowledgement(self._ssrc, source.ssrc, sequences))
            if source.keyframes.due(now):
                parts.append(rtcp.picture_loss(self._ssrc, source.ssrc))
        if now >= self._report_at:
            self._report_at = now + (EARLY_REPORT_MS if now - self._connected_at < EARLY_MS else REPORT_MS)
            parts += self._bandwidth()
            blocks = [block for source in self.sources if (block := source.report_block(now)) is not None]
            for source in self.sources:
                source.measure(now)
        else:
            blocks = []
        if parts or blocks:
            # Every compound begins with a report and a name, for those that take nothing less (RFC 3550, 6.1).
            head = rtcp.receiver_report(self._ssrc, blocks) + rtcp.source_description([self._ssrc], CNAME.encode())
            self.peer.send_rtcp(head + b"".join(parts))
        for source, until in list(self._inherited.values()):
            if now > until:
                del self._inherited[source.id]
                self._depart(source, now)

    def gone(self, now: int) -> None:
        for source in [mine for mine in self.sources if mine in self._arrived]:
            self._depart(source, now)
        for source, _ in self._inherited.values():
            self._depart(source, now)
        self._arrived.clear()
        self._inherited.clear()
        self.stage.members -= 1

    def _depart(self, source: Source, now: int) -> None:
        if self.stage.depart(source, now):
            self._listener.source_went(self.stage.room, source.id)

    def _bandwidth(self) -> list[bytes]:
        """What the pictures together may take; nothing for sound alone, which needs no limit."""
        ssrcs = [source.ssrc for source in self.sources if source.video and source.ssrc is not None]
        ssrcs = ssrcs or [ssrc for ssrc, source in self._by_ssrc.items() if source.video][:8]
        return [rtcp.bandwidth_limit(self._ssrc, self._bitrate, ssrcs)] if ssrcs else []

    def _route(self, packet: Packet) -> Source | None:
        """Whose a new stream is: by its MID (RFC 9143, section 9.2), else by a payload type of its own."""
        found = None
        if self._mid_id and (mid := packet.extension(self._mid_id)) is not None:
            found = self._by_mid.get(mid.decode("ascii", "replace"))
        if found is None:
            takers = [source for source in self.sources if packet.payload_type in source.payload_types]
            found = takers[0] if len(takers) == 1 else None
        if found is None or packet.payload_type not in found.payload_types or len(self._by_ssrc) >= MAX_SSRCS:
            return None
        self._by_ssrc[packet.ssrc] = found
        return found
