"""Asking a publisher again for what got lost (RFC 4585, section 6.2.1), with back-off. Pure."""

FIRST_WAIT_MS = 10
"""A packet that is only out of order gets this long to arrive."""
RETRY_MS = 40
"""Wait before the second request; it doubles with each further one."""
MAX_TRIES = 6
"""40 + 80 + … + 640 ms: what comes later than that is no use to anybody."""
MAX_MISSING = 256
"""Of a larger hole nothing is asked again: a key frame costs less."""


class NackGenerator:
    """Follows the packet numbers (unwrapped) of one source and says which to ask for again."""

    def __init__(self) -> None:
        self._missing: dict[int, tuple[int, int]] = {}  # number → (tries so far, when the next is due)
        self.requested = 0

    @property
    def idle(self) -> bool:
        return not self._missing

    def gap(self, first: int, beyond: int, now: int) -> bool:
        """Numbers ``first`` up to, not including, ``beyond`` did not come. False: too many, nothing will be asked."""
        if beyond - first + len(self._missing) > MAX_MISSING:
            self._missing.clear()
            return False
        for number in range(first, beyond):
            self._missing[number] = (0, now + FIRST_WAIT_MS)
        return True

    def arrived(self, number: int) -> None:
        self._missing.pop(number, None)

    def clear(self) -> None:
        self._missing.clear()

    def due(self, now: int) -> list[int]:
        """The numbers to ask for now, in order; each counts as asked."""
        asked: list[int] = []
        for number, (tries, at) in list(self._missing.items()):
            if at > now:
                continue
            if tries >= MAX_TRIES:
                del self._missing[number]
                continue
            self._missing[number] = (tries + 1, now + (RETRY_MS << tries))
            asked.append(number)
        self.requested += len(asked)
        return sorted(asked)
