"""How much of its core the relay takes: what decides whether one more viewer would be to everybody's cost. Pure.

Joining costs more than watching, but passes. So while people join, only the work that stays counts: receiving,
forwarding and reporting, with what the rest of the program took when last nobody joined.
"""

BUSY = 0.8
"""From here on new viewers are refused: above it a busy second overflows the ingest socket, and everybody loses the
same packets."""
BRINK = 0.95
"""From here on not even those who were invited: their picture would be of a show that everybody loses."""
WINDOW_S = 1.0
SMOOTHING = 0.4
"""Weight of the newest window."""


class LoadMeter:
    """Tell it what each window took, in seconds of the core."""

    def __init__(self) -> None:
        self.load = 0.0
        """Share of one core, 0 to 1."""
        self._media = 0.0
        self._other = 0.0

    @property
    def busy(self) -> bool:
        return self.load >= BUSY

    @property
    def on_the_brink(self) -> bool:
        return self.load >= BRINK

    def window(self, elapsed: float, media: float, total: float, joins: int) -> None:
        """What passed since the last call: time, that of media, that of the whole thread, and joins begun or ended.

        Media's is partly reckoned, so it is held to what the thread had."""
        if elapsed <= 0:
            return
        media = min(media, total)
        self._media += (media / elapsed - self._media) * SMOOTHING
        if not joins:
            self._other += (max(0.0, total - media) / elapsed - self._other) * SMOOTHING
        self.load = min(1.0, self._media + self._other)
