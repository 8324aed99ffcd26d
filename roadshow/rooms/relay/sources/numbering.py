"""Where a source's packets stand: sequence numbers without wraps, through every new beginning. Pure."""

from roadshow.rooms.relay.wire.codecs import Codec
from roadshow.rooms.relay.wire.rtp import Packet, unwrap

MAX_JUMP = 1000
"""A larger step of the sequence number is a new beginning, not a loss."""
MAX_TIMESTAMP_LEAP_S = 30
"""A newer packet whose timestamp leaps further, either way, is a new beginning too."""


class Numbering:
    """``index`` gives each packet its number. A new stream, codec or time line is a new ``epoch``; numbers run on.

    ``kept``: so many numbers behind the newest a packet is too old."""

    def __init__(self, clock_rate: int, kept: int) -> None:
        self.ssrc: int | None = None
        self.codec: Codec | None = None
        self.epoch = 0
        self.newest = 0
        """The highest index so far."""
        self._kept = kept
        self._max_leap = MAX_TIMESTAMP_LEAP_S * clock_rate
        self._first = 0
        self._shift = 0
        """An index is the unwrapped sequence number plus this."""
        self._newest_timestamp = 0
        self._interrupted = False

    @property
    def expected(self) -> int:
        """How many packets there should have been by now."""
        return self.newest - self._first + 1 if self.ssrc is not None else 0

    @property
    def highest(self) -> int:
        """The newest sequence number as reports have it (RFC 3550, section 6.4.1), wraps counted."""
        return (self.newest - self._shift) & 0xFFFFFFFF

    def interrupt(self) -> None:
        """What comes next is a beginning: what should have come before it was not taken."""
        self._interrupted = True

    def sequence(self, index: int) -> int:
        """The sequence number on the wire of an index of the present epoch."""
        return (index - self._shift) & 0xFFFF

    def place(self, sequence: int) -> int:
        """The index that a sequence number on the wire stands for, if it is of the present epoch."""
        return unwrap(self.newest - self._shift, sequence) + self._shift

    def index(self, packet: Packet, codec: Codec) -> int | None:
        """The packet's number; None: it is too old. ``newest`` and ``epoch`` tell whether it is new, or a beginning."""
        if self.ssrc is None:
            self._begin(packet, codec, 0x10000 + packet.sequence)
            self._first = self.newest
            return self.newest
        index = self.place(packet.sequence)
        step = index - self.newest
        anew = self._interrupted or packet.ssrc != self.ssrc or codec is not self.codec
        if anew or step > MAX_JUMP or self._leaps(packet, step):
            if packet.ssrc == self.ssrc and step <= 0:
                return None
            self._begin(packet, codec, self.newest + 1)
            return self.newest
        if step <= -self._kept or index < self._first:
            return None
        if step > 0:
            self.newest = index
            self._newest_timestamp = packet.timestamp
        return index

    def _begin(self, packet: Packet, codec: Codec, index: int) -> None:
        """Number on from ``index``: a new stream, codec or time line took the place of the former one."""
        self.epoch += 1
        self._interrupted = False
        self.ssrc = packet.ssrc
        self.codec = codec
        self._shift = index - packet.sequence
        self.newest = index
        self._newest_timestamp = packet.timestamp

    def _leaps(self, packet: Packet, step: int) -> bool:
        return step > 0 and abs(unwrap(0, packet.timestamp - self._newest_timestamp, 1 << 32)) > self._max_leap
