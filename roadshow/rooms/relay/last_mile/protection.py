"""How far back a viewer's sound carries former packets along (RFC 2198): as far as its line's loss asks for. Pure.

Each former packet costs as much as the sound itself (24 kbit/s), so nobody gets any whose line loses nothing. Of single
losses p, p to the power of one more than the distance stays unrepaired: at each threshold 0.1 % or less.
"""

from roadshow.rooms.relay.last_mile.reports import LossWindow

NEEDED = (0.005, 0.04, 0.09)
"""The loss from which on one, two, three former packets are carried."""
HOLD_MS = 30_000
"""After the last window that asked for it a distance stays for so long: loss comes and goes, and with it comes sound
that is missing."""
WINDOW_MS, WINDOW_PACKETS = 2000, 400
"""Of 400 packets at 2 %, more than 4 % are lost once in two hundred times; at 5 %, more than 9 % once in a thousand."""
MISSED, MISSED_MS = 2, 4000
"""So many packets of sound asked for again within this time tell of loss sooner than reports, which of sound alone come
every five seconds. It is 1 %."""


class Protection:
    """One for each viewer. Times in ms."""

    def __init__(self) -> None:
        self._reports = LossWindow(WINDOW_MS, WINDOW_PACKETS)
        self._sound = LossWindow(WINDOW_MS, WINDOW_PACKETS)
        """By what is asked for again: reports count a repeat as received, which comes under its own number."""
        self._needed_until = [0] * len(NEEDED)
        self._missed: list[int] = []
        """When packets of sound were asked for lately; no more than ``MISSED``."""

    def reported(self, packets: int, lost: int, now: int) -> None:
        """By a report on any of the viewer's streams: of so many more packets so many were lost."""
        self._needs(self._reports.add(packets, lost, now), now)

    def sent(self, packets: int, now: int) -> None:
        """So many more packets of sound went out."""
        self._needs(self._sound.add(packets, 0, now), now)

    def missed(self, packets: int, now: int) -> None:
        """So many packets of sound were asked for again, each for the first time."""
        self._missed = [*self._missed, *[now] * min(packets, MISSED)][-MISSED:]
        if len(self._missed) == MISSED and now - self._missed[0] <= MISSED_MS:
            self._needed_until[0] = now + HOLD_MS
        self._needs(self._sound.add(0, packets, now), now)

    def distance(self, now: int) -> int:
        """How many former packets to carry; 0: none."""
        return max((far for far, until in enumerate(self._needed_until, 1) if now < until), default=0)

    def _needs(self, loss: float | None, now: int) -> None:
        """``loss``: of a window that is full."""
        for at, least in enumerate(NEEDED):
            if loss is not None and loss >= least:
                self._needed_until[at] = now + HOLD_MS
