"""What takes up the house for a moment: a handshake, a message, a page. Each is a place that comes back by itself, so
that a rate is shared as places are. Pure."""

from collections import deque

from roadshow.access.admission.origins import Origin
from roadshow.access.admission.places import Occupancy, Place, Places
from roadshow.moments import Duration, Instant


class Flow:
    """``most`` in any ``span``, by all strangers together."""

    def __init__(self, name: str, most: int, span: Duration) -> None:
        self.span = span
        self._places = Places(name, most)
        self._begun: deque[tuple[Instant, Place]] = deque()

    def take(self, origin: Origin, now: Instant) -> None:
        """Count one. Raises NoPlace; what was refused is not counted against them."""
        while self._begun and self._is_over(self._begun[0][0], now):
            self._begun.popleft()[1].give_back(now)
        self._begun.append((now, self._places.take(origin, now)))

    def _is_over(self, begun: Instant, now: Instant) -> bool:
        """Also where it lies ahead: by a clock that was set back, it would be under way for as long as the step."""
        return now < begun or now - begun >= self.span

    @property
    def occupancy(self) -> Occupancy:
        return self._places.occupancy

    @property
    def remembered(self) -> int:
        return self._places.remembered
