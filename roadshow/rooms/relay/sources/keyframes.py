"""When to ask a source for a key frame: at most twice a second, and no wish is lost. Pure."""

MIN_INTERVAL_MS = 500
"""A key frame costs as much as many others; one serves everybody who asked meanwhile."""


class KeyFrameRequests:
    """Wishes for a key frame of one source. A wish stands, and is repeated, until a key frame begins after it."""

    def __init__(self) -> None:
        self._wanted = False
        self._sent_at: int | None = None
        self.sent = 0
        self.begun = 0
        """Key frames, asked for or not."""

    @property
    def wanted(self) -> bool:
        return self._wanted

    def wish(self) -> None:
        """Somebody needs a key frame."""
        self._wanted = True

    def recent(self, now: int) -> bool:
        """Whether one was sent so recently that no other may be."""
        return self._sent_at is not None and now - self._sent_at < MIN_INTERVAL_MS

    def due(self, now: int) -> bool:
        """Whether to send a request now; it then counts as sent."""
        if not self._wanted or self.recent(now):
            return False
        self._sent_at = now
        self.sent += 1
        return True

    def came(self) -> None:
        """A key frame began."""
        self._wanted = False
        self.begun += 1

    def settled(self) -> None:
        """Whoever wished meanwhile has got the one that just began."""
        self._wanted = False
