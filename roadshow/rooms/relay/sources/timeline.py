"""Which RTP timestamp a moment of our clock has in a source, by its sender reports. Pure."""

from roadshow.rooms.relay.wire.rtcp import SenderReport
from roadshow.rooms.relay.wire.sync import SenderClock, ms_from_ntp


class Timeline:
    """``clock`` is shared by all tracks of a connection, so that they are moved together."""

    def __init__(self, clock: SenderClock, clock_rate: int) -> None:
        self._clock = clock
        self._clock_rate = clock_rate
        self._report: tuple[int, int] | None = None
        """Their wall clock in ms, and the RTP timestamp at that moment."""

    def reported(self, report: SenderReport, now: int) -> None:
        sent = ms_from_ntp(report.ntp)
        self._clock.observe(sent, now)
        self._report = (sent, report.timestamp)

    def begin_anew(self) -> None:
        """Timestamps are another stream's from now on: nothing is known until it reports."""
        self._report = None

    def timestamp_at(self, now: int) -> int | None:
        """The RTP timestamp of what was captured at this moment of our clock; None before the first sender report."""
        if self._report is None or self._clock.offset_ms is None:
            return None
        sent, timestamp = self._report
        return timestamp + (now - sent - self._clock.offset_ms) * self._clock_rate // 1000
