"""Sender reports of many publishers on one time line, so that sound and picture stay together across switches. Pure.

A publisher's reports give its own wall clock (NTP format) for an RTP timestamp. ``SenderClock`` finds how far that
clock is from ours, once for all tracks of a connection, so tracks that belong together are moved together.
"""

NTP_EPOCH_MS = 2_208_988_800_000
"""1970-01-01 on the NTP time line, in milliseconds since 1900-01-01."""
SETTLE_REPORTS = 64
"""After so many reports the offset may grow again by one report's worth, to follow a drifting clock."""


def ntp_from_ms(ms: int) -> int:
    """A Unix time in milliseconds as a 64-bit NTP timestamp (RFC 3550, section 4)."""
    return ((ms + NTP_EPOCH_MS) << 32) // 1000 & 0xFFFFFFFFFFFFFFFF


def ms_from_ntp(ntp: int) -> int:
    """The inverse of ``ntp_from_ms``, to the nearest millisecond."""
    return (ntp * 1000 + 0x80000000 >> 32) - NTP_EPOCH_MS


class SenderClock:
    """How far a publisher's wall clock is from ours: the least (arrival − sent), so the quickest report counts."""

    def __init__(self) -> None:
        self.offset_ms: int | None = None
        self._reports = 0

    def observe(self, sent_ms: int, arrived_ms: int) -> None:
        offset = arrived_ms - sent_ms
        self._reports += 1
        if self.offset_ms is None or offset < self.offset_ms or self._reports % SETTLE_REPORTS == 0:
            self.offset_ms = offset
