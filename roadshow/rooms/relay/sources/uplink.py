"""A publisher's line into the relay: what is told of it, so that the sender finds what it holds. Pure.

Who numbers its packets hears when each came and estimates by itself. Anybody's pictures are told a limit (REMB), which
such a sender takes for an upper bound of its own estimate.
"""

from roadshow.rooms.relay.offers.negotiation import PublishPlan
from roadshow.rooms.relay.sources.arrivals import Arrivals
from roadshow.rooms.relay.wire import rtcp
from roadshow.rooms.relay.wire.rtp import Packet

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
        self._wide_id = plan.wide_id
        self._sender = sender
        self._connected_at = 0
        self._media = 0

    def connected(self, now: int) -> None:
        self._connected_at = now

    def came(self, packet: Packet, size: int, us: int) -> None:
        """Any packet, of a known stream or not, of so many bytes on the line."""
        if self.arrivals is None:
            return
        number = packet.extension(self._wide_id)
        if number is not None and len(number) == 2:
            self._media = packet.ssrc
            self.arrivals.came(number[0] << 8 | number[1], us, size)

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
        if not ssrcs or (self.arrivals is not None and now - self._connected_at < EARLY_MS):
            return []
        return [rtcp.bandwidth_limit(self._sender, self.limit, ssrcs)]
