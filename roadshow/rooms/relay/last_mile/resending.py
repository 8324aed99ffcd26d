"""How to answer one viewer's NACKs on one lane, so that a lossy last mile shows no still pictures. Pure.

What is sent again is lost as easily as anything, and so is the request. A browser that measures no round trip (it only
receives) asks again after 100 ms, twice the time its buffer holds. So a viewer that reports stray loss gets each packet
again twice, which halves the rounds in vain; and is told by the playout-delay header extension to keep a deeper buffer,
so that a second and a third round still come in time. Only those who lose pay with that delay.
"""

from roadshow.rooms.relay.last_mile.reports import LossWindow, between
from roadshow.rooms.relay.wire.rtcp import ReportBlock

RESENDS_A_SECOND = 400
"""Packets sent again to one viewer on one lane, so that nobody can turn NACKs into a flood."""
REQUESTS_A_SECOND = 1500
"""Packets asked for again that are looked at, found or not: a second's blackout of 150, each asked for ten times."""
REPEATED_MS = 20
"""The same request within this time is a duplicate, and answered already."""
WANTED_MS = 1000
"""So long a packet that was asked for counts as not there: more than a request and its answer take."""
REMEMBERED = 512
"""Requests remembered: a second of a bad network."""
STRAY_LOSS, HEAVY_LOSS = 0.015, 0.2
"""From the one on loss is met with copies; from the other on it is a congested line, which more would choke."""
LIGHT_LOSS = 0.005
"""From here on large frames leave gently (``tempo.py``): a packet of each second, as one that found a queue full."""
RELAPSE_MS = 30_000
"""After the last sign of loss a viewer's network counts as bad for so long."""
AGAIN_MS = 100
"""A browser's wait until it asks again: libwebrtc's default round trip."""
LEAST_DELAY_MS, MOST_DELAY_MS = 200, 500
STEP_MS = 10
"""The extension's unit."""
_LONGEST_STEPS = 1000
"""The upper bound we give, 10 s, which is libwebrtc's own and so none."""

ANY_PLAYOUT = _LONGEST_STEPS.to_bytes(3, "big")
"""The extension's value that leaves it to the receiver."""
_AFTER_STILLS_STEPS = 50
"""The upper bound for pictures that move again after stills. By how long those took to come, a browser would hold what
follows for 1.6 s; with a bound of 500 ms or less, and none below, libwebrtc shows what comes as soon as it can. It does
so until it is told otherwise."""


class Allowance:
    """What one viewer may ask for again, and get again, on one lane within a second."""

    def __init__(self) -> None:
        self.most = RESENDS_A_SECOND
        """Packets a second; from the next one on."""
        self.packets = RESENDS_A_SECOND
        self.requests = REQUESTS_A_SECOND
        self._since = 0

    @property
    def bounded(self) -> bool:
        """Whether its line has little room for what is sent again."""
        return self.most < RESENDS_A_SECOND

    def bound(self, most: int) -> None:
        """From now on no more than so many packets a second, also in this one."""
        self.most, self.packets = most, min(self.packets, most)

    def looked_at(self, sequences: tuple[int, ...], now: int) -> tuple[int, ...]:
        """Those of these that were asked for which are looked at in this second."""
        self._renew(now)
        return sequences[: max(0, self.requests)]

    def spent(self, now: int) -> bool:
        """Whether nothing more is answered in this second."""
        self._renew(now)
        return self.packets <= 0 or self.requests <= 0

    def _renew(self, now: int) -> None:
        if now - self._since >= 1000:
            self.packets, self.requests, self._since = self.most, REQUESTS_A_SECOND, now


class Resending:
    """The memory of one leg. Times in ms, numbers unwrapped."""

    def __init__(self) -> None:
        self._asked: dict[int, int] = {}
        self._wants: dict[int, int] = {}
        """When each packet was asked for last."""
        self.loss = 0.0
        """The share that was lost, 0 to 1, by the last reports that cover enough."""
        self.missed = 0
        """Packets asked for, each counted once."""
        self.reported_at: int | None = None
        """When the last report came."""
        self._report: ReportBlock | None = None
        self._absent = 0
        self._window = LossWindow()
        self._bad_until = 0
        self._lost_until = 0
        self._delay: int | None = None
        """The least playout delay last told; None: none ever."""

    def reported(self, block: ReportBlock, now: int, absent: int = 0) -> tuple[int, int] | None:
        """A receiver report's block on the leg's stream, of whose numbers so many stand for nothing by now
        (``absent``). What it adds, as ``between`` has it."""
        former, self.reported_at, before = self._report, now, self._absent
        if former is None or block.highest != former.highest:
            self._report, self._absent = block, absent
        counts = between(former, block, absent - before) if former is not None else None
        loss = self._window.add(*counts, now) if counts is not None else None
        if loss is not None:
            self.loss = loss
            if loss >= LIGHT_LOSS:
                self._lost_until = now + RELAPSE_MS
            if loss >= STRAY_LOSS:
                self._bad_until = now + RELAPSE_MS
        return counts

    def loses(self, now: int) -> bool:
        """Whether its line lost any packets worth speaking of lately."""
        return now < self._lost_until

    def copies(self, number: int, now: int) -> int:
        """How many copies of this packet answer a NACK for it."""
        before = self._asked.pop(number, None)
        if before is not None and now - before < REPEATED_MS:
            self._asked[number] = before
            return 0
        self._asked[number] = now
        if len(self._asked) > REMEMBERED:
            del self._asked[next(iter(self._asked))]
        if before is not None:
            self._bad_until = now + RELAPSE_MS
        return 2 if now < self._bad_until and self.loss < HEAVY_LOSS else 1

    def disordered(self, now: int) -> None:
        """Its line changes the order of packets: what comes late is waited for like what is lost."""
        self._bad_until = now + RELAPSE_MS

    def asks(self, number: int, now: int, there: bool = True) -> None:
        """This packet was asked for, whatever is done about it. ``there``: it did go out."""
        self.missed += self._wants.pop(number, None) is None and there
        self._wants[number] = now
        if len(self._wants) > REMEMBERED:
            del self._wants[next(iter(self._wants))]

    def came(self, number: int, now: int) -> bool:
        """Whether a packet came, since others from before it are asked for and it is not."""
        asked = self._wants.get(number)
        return asked is None or now - asked > WANTED_MS

    def playout(self, round_trip_ms: int | None, now: int) -> bytes | None:
        """The playout-delay extension's value to send along; None while nothing need be said."""
        if now < self._bad_until:
            wanted = min(MOST_DELAY_MS, 2 * AGAIN_MS + (round_trip_ms or 0))
            # Not up and down with every report: each step would be seen.
            self._delay = max(LEAST_DELAY_MS, wanted, self._delay or 0)
        elif self._delay is not None:
            self._delay = 0
        else:
            return None
        return (self._delay // STEP_MS << 12 | _LONGEST_STEPS).to_bytes(3, "big")


def after_stills(playout: bytes | None) -> bytes:
    """The extension's value where pictures move again; ``playout``: what is told otherwise, if anything."""
    least = int.from_bytes(playout, "big") >> 12 if playout is not None else 0
    return (least << 12 | _AFTER_STILLS_STEPS).to_bytes(3, "big")


def with_extension(packet: bytes, ident: int, value: bytes) -> bytes:
    """An RTP packet without CSRCs, longer by one one-byte header extension (id 1 to 14, a value of 3 bytes)."""
    element = bytes((ident << 4 | 2,)) + value
    if packet[0] & 0x10:
        words = int.from_bytes(packet[14:16], "big") + 1
        return packet[:14] + words.to_bytes(2, "big") + element + packet[16:]
    return bytes((packet[0] | 0x10,)) + packet[1:12] + b"\xbe\xde\x00\x01" + element + packet[12:]
