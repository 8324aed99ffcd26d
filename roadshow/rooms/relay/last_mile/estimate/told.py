"""What transport-wide feedback told of one line, summed up: the estimators' input. Pure.

Each packet's part of the work (matching, grouping, the trend's sums) is done as feedback comes, natively or by
``line.py``; whoever decides looks at this a few times a second. Times in µs, delays in ms of an unknown zero: the two
ends' clocks have nothing in common but their pace.
"""

from enum import IntEnum
from typing import Protocol

import msgspec

SLOT_BITS = 16
"""A slot is 2¹⁶ µs of the receiver's clock, some 66 ms: two frames."""
SLOTS = 16
"""Of which the last ones are kept: about a second."""
RING = 512
"""Packets remembered after they left: three seconds of an ordinary picture, and more than a feedback's delay of any."""


class Signal(IntEnum):
    """What the overuse detector says (draft-ietf-rmcat-gcc-02, section 5.4)."""

    NORMAL = 0
    OVERUSE = 1
    UNDERUSE = 2


class Fate(IntEnum):
    """What became of a packet."""

    UNKNOWN = 0
    """It never left, or so long ago that nobody remembers."""
    ON_ITS_WAY = 1
    LOST = 2
    """Told not to have come; it may yet."""
    CAME = 3


def ident_of(ssrc: int, sequence: int) -> int:
    """A packet's name among those that left to one viewer: the lower half of its SSRC, and its sequence number."""
    return (ssrc & 0xFFFF) << 16 | sequence


class Slot(msgspec.Struct, frozen=True, gc=False):
    """What came in one slot of the receiver's time."""

    number: int
    octets: int
    delay_ms: float
    """The least of its packets' delays."""


class Probe(msgspec.Struct, frozen=True, gc=False):
    """The last cluster of packets that were sent to find out what the line carries, with all that left meanwhile. The
    octets are those that came after the first packet, so divided by the times they give rates."""

    cluster: int = 0
    departed: int = 0
    came: int = 0
    octets: int = 0
    sent_us: int = 0
    came_us: int = 0


class Told(msgspec.Struct, frozen=True):
    """Sums since the beginning, and how it stands."""

    departed: int = 0
    """Packets that left; so below."""
    came: int = 0
    lost: int = 0
    """Told not to have come, and not told otherwise since."""
    octets: int = 0
    """Of those that came: UDP payload."""
    signal: Signal = Signal.NORMAL
    overuses: int = 0
    """How often the detector changed its mind to overuse."""
    trend: float = 0.0
    """The modified trend, which is held against ``threshold``."""
    threshold: float = 0.0
    slots: tuple[Slot, ...] = ()
    """Newest last; those in which nothing came are left out."""
    probe: Probe = Probe()


class Line(Protocol):
    """One viewer's: numbers what leaves, hears what came."""

    def depart(self, octets: int, at_us: int, ident: int = 0) -> int:
        """A packet of this name (``ident_of``) leaves: its number, modulo 2¹⁶."""
        ...

    def fate(self, ident: int) -> Fate:
        """What became of the newest packet of this name."""
        ...

    def mark(self, cluster: int) -> None:
        """What leaves from now on is part of this probe (1 to 255), which is the one told of; 0: of none."""

    def acknowledge(self, body: bytes) -> Signal | None:
        """A transport-wide feedback, without RTCP's header: what the detector says then. None: it is malformed, and
        nothing of it counts."""
        ...

    @property
    def stirred(self) -> int:
        """Another number than before: something was lost, or overuse begins or ends. Costs a tenth of ``told``."""
        ...

    @property
    def told(self) -> Told: ...
