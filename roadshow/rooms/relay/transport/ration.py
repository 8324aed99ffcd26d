"""How much of something a peer gets done in a second, so that none takes the core from all the others. Pure."""


class Ration:
    """Counts within windows of one second, the first of which begins with the first call."""

    __slots__ = ("_most", "_since", "_taken")

    def __init__(self, most: int) -> None:
        self._most = most
        self._since = 0
        self._taken = 0

    def take(self, now: int) -> bool:
        """Count one more, at this moment in ms. Whether it is within the ration."""
        if not 0 <= now - self._since < 1000:
            self._since, self._taken = now, 0
        self._taken += 1
        return self._taken <= self._most
