"""What one viewer tells of its line between two looks at it. Pure.

Most of what comes from viewers is news: reports and estimates. Nothing need be done about it at once, so it is added up
here and looked at a few times a second; ``transport/native`` does the same in C. What calls for an act (a packet asked
for again, a key frame) does not wait, and transport-wide feedback is the line's own (``last_mile/estimate``).
"""

import msgspec

from roadshow.rooms.relay.wire.rtcp import Bandwidth, Part, ReportBlock

MAX_STREAMS = 32
"""Streams whose reports are kept: 16 lanes and their RTX. More are not read until the next look."""
MAX_BANDWIDTHS, SAME_MS = 16, 400
"""REMBs kept. Browsers add the same one to every NACK: what comes sooner than that is no other."""


class Report(msgspec.Struct, frozen=True, gc=False):
    """The newest report block of one stream."""

    block: ReportBlock
    at: int
    """When it came, in ms; so everywhere here."""


class Estimate(msgspec.Struct, frozen=True, gc=False):
    """A REMB."""

    bits_per_second: int
    at: int


class Feedback(msgspec.Struct):
    """Since the last look. Plain data: whoever reads it must keep nothing of it, for ``clear`` reuses the lists."""

    reports: dict[int, Report] = msgspec.field(default_factory=dict)
    """By SSRC."""
    estimates: list[Estimate] = msgspec.field(default_factory=list)

    def takes(self, part: Part, at: int) -> bool:
        """Keep this part of a compound packet. Whether it is news."""
        if isinstance(part, ReportBlock):
            if part.ssrc in self.reports or len(self.reports) < MAX_STREAMS:
                self.reports[part.ssrc] = Report(part, at)
        elif isinstance(part, Bandwidth):
            self._estimate(Estimate(part.bits_per_second, at))
        else:
            return False
        return True

    def clear(self) -> None:
        """It was looked at."""
        self.reports.clear()
        self.estimates.clear()

    def _estimate(self, new: Estimate) -> None:
        kept = self.estimates
        if kept and kept[-1].bits_per_second == new.bits_per_second and 0 <= new.at - kept[-1].at < SAME_MS:
            return
        if len(kept) == MAX_BANDWIDTHS:
            kept.pop()
        kept.append(new)
