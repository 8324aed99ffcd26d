"""How well a source comes in, counted as RFC 3550 has it. Pure."""

from roadshow.rooms.relay.wire.rtcp import ReportBlock
from roadshow.rooms.relay.wire.rtp import unwrap

NO_LAYERS = (0, 0, 0)


class Reception:
    """Count each packet; then ``block`` is what to tell the publisher. Times in ms."""

    def __init__(self, clock_rate: int) -> None:
        self.packets = 0
        self.octets = 0
        """Of payload."""
        self.restored = 0
        """Of these packets, those that never came themselves: others carried them along (RFC 2198)."""
        self.bitrate = 0
        """Bits per second of payload, as last measured."""
        self.bitrates = NO_LAYERS
        """Of these, what each temporal layer above the lowest took, by its id less one."""
        self.line_loss = 0.0
        """Share that the line lost, before repair, between the last two reports of ours."""
        self._clock_rate = clock_rate
        self._transit: int | None = None
        self._jitter = 0.0
        """In timestamp units."""
        self._measured = (0, 0)
        self._above = [0, 0, 0]
        """Octets since the last measurement, by layer as well."""
        self._reported = (0, 0)
        """Packets expected and received by the last report of ours."""
        self._heard = (0, 0)
        """The middle of the NTP timestamp of their last report, and when it came."""

    @property
    def jitter_ms(self) -> float:
        """Interarrival jitter (section 6.4.1)."""
        return self._jitter * 1000 / self._clock_rate

    def count(self, timestamp: int, size: int, now: int) -> None:
        """A packet came (appendix A.8)."""
        self.packets += 1
        self.octets += size
        transit = (now * self._clock_rate // 1000 - timestamp) & 0xFFFFFFFF
        if self._transit is not None:
            self._jitter += (abs(unwrap(0, transit - self._transit, 1 << 32)) - self._jitter) / 16
        self._transit = transit

    def count_above(self, temporal: int, size: int) -> None:
        """The packet that came was of this temporal layer, above the lowest."""
        self._above[temporal - 1] += size

    def lowest(self, layers: int) -> int:
        """Bits per second of so many temporal layers, from the lowest."""
        return self.bitrate - sum(self.bitrates[layers - 1 :])

    def fitting(self, bits_per_second: int) -> int:
        """How many temporal layers fit into that, one at the least; 0: all do, or there is but one."""
        if bits_per_second >= self.bitrate or not any(self.bitrates):
            return 0
        return max((layers for layers in (2, 3) if self.lowest(layers) <= bits_per_second), default=1)

    def begin_anew(self) -> None:
        """Timestamps are another stream's from now on."""
        self._transit = None

    def heard(self, ntp: int, now: int) -> None:
        """Their sender report came."""
        self._heard = (ntp >> 16 & 0xFFFFFFFF, now)

    def measure(self, now: int) -> None:
        """Take the bit rate since the last call."""
        octets, at = self._measured
        if now > at:
            self.bitrate = (self.octets - octets) * 8000 // (now - at) if at else 0
            self._measured = (self.octets, now)
            if any(self._above) or self.bitrates is not NO_LAYERS:
                one, two, three = (octets * 8000 // (now - at) if at else 0 for octets in self._above)
                self.bitrates = (one, two, three) if one or two or three else NO_LAYERS
                self._above = [0, 0, 0]

    def block(self, ssrc: int, highest: int, expected: int, now: int) -> ReportBlock:
        """What to tell the publisher about this stream (appendix A.3)."""
        expected_before, received_before = self._reported
        # What is told is the line's own loss: by it encoders choose how much to protect.
        received = self.packets - self.restored
        self._reported = (expected, received)
        due = expected - expected_before
        missing = due - (received - received_before)
        self.line_loss = max(0, missing) / due if due > 0 else 0.0
        middle, came = self._heard
        return ReportBlock(
            ssrc=ssrc,
            fraction=min(255, (missing << 8) // due) if due > 0 and missing > 0 else 0,
            lost=min(max(0, expected - received), 0x7FFFFF),
            highest=highest,
            jitter=int(self._jitter) & 0xFFFFFFFF,
            last_report=middle,
            delay=((now - came) << 16) // 1000 & 0xFFFFFFFF if middle else 0,
        )
