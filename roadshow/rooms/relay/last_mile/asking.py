"""One viewer's requests for key frames on one lane: each costs all others bandwidth, so not all are heeded. Pure."""

ASK_INTERVAL_MS = 2000
"""One viewer's requests count at most this often."""
MAX_ASKS, SLOW_ASK_MS, CONTENT_MS = 5, 10_000, 30_000
"""After so many it is the viewer's decoder that is broken, or its will that is bad: it is heeded this rarely, until it
was content for so long."""


class Asking:
    """Times in ms."""

    def __init__(self) -> None:
        self._heeded_at = 0
        self.since: int | None = None
        """When it asked again, too soon, and was not answered yet."""
        self._times = 0
        """How often it was heeded since it was last content for a while."""

    def heeded(self, now: int) -> bool:
        """The viewer's decoder lost its footing. True: pass it on; False: too soon, ``still`` will tell."""
        if now - self._heeded_at >= CONTENT_MS:
            self._times = 0
        if now - self._heeded_at < (ASK_INTERVAL_MS if self._times < MAX_ASKS else SLOW_ASK_MS):
            self.since = now
            return False
        self._heeded_at, self.since, self._times = now, None, self._times + 1
        return True

    def still(self, key_frame_at: int | None, now: int) -> bool:
        """Whether a request that came too soon is due now; not if a key frame came meanwhile."""
        if self.since is None:
            return False
        if key_frame_at is not None and key_frame_at > self.since:
            self.since = None
            return False
        return self.heeded(now)
