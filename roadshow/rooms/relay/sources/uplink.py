"""A publisher's line into the relay: what is told of it, so that the sender finds what it holds. Pure.

Who numbers its packets hears when each came and estimates by itself; a limit (REMB) is an upper bound of that. For
whoever does not number them and heeds a limit, we estimate, and the limit is what the line holds.
"""

from roadshow.rooms.relay.offers.negotiation import PublishPlan
from roadshow.rooms.relay.sources.arrivals import Arrivals
from roadshow.rooms.relay.sources.estimate import Estimate
from roadshow.rooms.relay.sources.nack import Share
from roadshow.rooms.relay.sources.source import Source
from roadshow.rooms.relay.wire import rtcp
from roadshow.rooms.relay.wire.codecs import VIDEO_RATE
from roadshow.rooms.relay.wire.rtp import SEND_TIME_SECOND, SEND_TIME_TURN, Packet

REPORT_MS = 1000
EARLY_REPORT_MS = 200
EARLY_MS = 2000
"""An encoder trusts a bandwidth message fully in its first two seconds. So it comes often at first where nothing else
is known, and not at all where the sender measures: it would begin at the limit, whatever its line."""


class Uplink:
    """Of one connection. ``sender``: the SSRC of what is told; ``limit``: bits a second that its pictures may take."""

    def __init__(self, plan: PublishPlan, sender: int, limit: int) -> None:
        self.limit = limit
        self.arrivals = Arrivals(sender) if plan.wide_id else None
        """None: it does not number its packets."""
        self.estimate = Estimate(limit) if plan.heeds_limit and not plan.wide_id else None
        """None: it estimates by itself, or heeds nothing."""
        self.hurries = False
        """Whether the limit fell, and must be told now."""
        self.packets = 0
        self.share = Share()
        """Of what is asked for again."""
        self._wide_id = plan.wide_id
        self._send_time_id = plan.send_time_id
        self._sender = sender
        self._connected_at = 0
        self._media = 0

    def connected(self, now: int) -> None:
        self._connected_at = now

    def came(self, packet: Packet, source: Source | None, size: int, us: int) -> None:
        """Any packet, of a known stream or not, of so many bytes on the line."""
        self.packets += 1
        self.share.came()
        if self.estimate is not None:
            self._measure(self.estimate, packet, source, size, us)
        if self.arrivals is None:
            return
        number = packet.extension(self._wide_id)
        if number is not None and len(number) == 2:
            self._media = packet.ssrc
            self.arrivals.came(number[0] << 8 | number[1], us, size)

    def _measure(self, estimate: Estimate, packet: Packet, source: Source | None, size: int, us: int) -> None:
        if estimate.due(us):
            self.hurries = estimate.look(self.packets, self.share.lost, us) or self.hurries
        left = packet.extension(self._send_time_id) if self._send_time_id else None
        if left is not None and len(left) == 3:
            estimate.came(0, int.from_bytes(left, "big"), SEND_TIME_TURN, SEND_TIME_SECOND, us, size)
        elif source is not None and source.video and not self._send_time_id:
            estimate.came(packet.ssrc, packet.timestamp, 1 << 32, VIDEO_RATE, us, size)

    def feedback(self, now: int) -> list[bytes]:
        """What is to be told now of when packets came."""
        if self.arrivals is None or not self.arrivals.due(now):
            return []
        return self.arrivals.feedback(self._media, now)

    def report_ms(self, now: int) -> int:
        """Until the next report."""
        return EARLY_REPORT_MS if now - self._connected_at < EARLY_MS else REPORT_MS

    def bandwidth(self, ssrcs: list[int], now: int) -> list[bytes]:
        """With each report: how much the streams of pictures may take together."""
        self.hurries = False
        if not ssrcs or (self.arrivals is not None and now - self._connected_at < EARLY_MS):
            return []
        limit = self.limit if self.estimate is None else self.estimate.bits
        return [rtcp.bandwidth_limit(self._sender, limit, ssrcs)]
