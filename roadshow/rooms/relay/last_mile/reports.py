"""What a viewer's receiver reports say about loss (RFC 3550, section 6.4.1). Pure.

Not their fraction: browsers add a report to every NACK, so it covers a dozen packets of which one was just missed; a
packet that comes late makes the next one no smaller than 0; and what a lost report said, nobody knows. Where 5 % are
lost a third of Chromium's fractions say 15 % or more. The count of all that was lost has none of these faults.
"""

from roadshow.rooms.relay.wire.rtcp import ReportBlock

WINDOW_MS, WINDOW_PACKETS = 900, 100
"""Reports are taken together until they cover this: of 100 packets at 5 %, one time in a hundred over 10 are lost."""
STALE_MS = 10_000
"""What an unfinished window holds is forgotten then: browsers report sound alone every five seconds."""


def between(former: ReportBlock, block: ReportBlock, absent: int = 0) -> tuple[int, int] | None:
    """How many packets of a stream were sent from one report to another, and how many of them were lost (below 0:
    more came late). ``absent``: under so many of their numbers nothing was sent, as the publisher's line lost it. None:
    nothing new, or no sensible numbers."""
    numbers = block.highest - former.highest
    packets = numbers - max(0, absent)
    if not 0 < packets <= numbers < 0x10000:
        return None
    return packets, max(-packets, min(packets, block.lost - former.lost - absent))


class LossWindow:
    """Full once it covers so long and so many packets. Times in ms."""

    def __init__(self, window_ms: int = WINDOW_MS, packets: int = WINDOW_PACKETS) -> None:
        self.heard_at = 0
        self._length, self._enough = window_ms, packets
        self._since: int | None = None
        self._packets = 0
        self._lost = 0.0

    def add(self, packets: int, lost: float, now: int) -> float | None:
        """Of so many more packets so many were lost. The share that was, 0 to 1, each time a window is full."""
        if self._since is None or now - self.heard_at > STALE_MS:
            self._since, self._packets, self._lost = now - self._length, 0, 0.0
        self.heard_at = now
        self._packets += packets
        self._lost += lost
        if self._packets < self._enough or now - self._since < self._length:
            return None
        loss = max(0.0, self._lost / self._packets)
        self._since, self._packets, self._lost = now, 0, 0.0
        return loss

    def clear(self) -> None:
        """Begin a new window with the next report."""
        self._since = None
