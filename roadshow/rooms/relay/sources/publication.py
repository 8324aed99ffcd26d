"""One published track with its encodings: one, or with simulcast (RFC 8853) up to three of one picture. Pure.

Which encodings come is the publisher's own doing: its bandwidth adaptation stops and resumes them, and its page may
pause one. ``refresh`` follows that by what arrives.
"""

from collections.abc import Sequence
from itertools import chain

from roadshow.rooms.relay.offers.lanes import Quality
from roadshow.rooms.relay.sources.source import Source

SILENCE_MS = 700
"""A layer that sends nothing for so long, while another layer of the same picture sends, is off. Some twenty frames:
no frame dropping takes that long, and the change to another layer still comes within a second of the freeze."""
STEP_MS = 100
"""Silence is counted in steps of this length: two frame intervals at 20 frames a second."""
RETURN_MS = 1000
"""A layer that was off must send for so long before it counts again; twice as long after each time it went off…"""
MAX_RETURN_MS = 8000
STEADY_MS = 30_000
"""…until it stayed on for so long."""


class _Liveness:
    """Whether one layer is on. ``packets`` is its count at the last look."""

    __slots__ = ("live", "packets", "returns", "silent_ms", "since", "times_off")

    def __init__(self) -> None:
        self.live = False
        self.packets = 0
        self.silent_ms = 0
        self.since = 0
        """When it last went on or off."""
        self.returns: int | None = None
        """Since when an absent layer sends again."""
        self.times_off = 0

    def heard(self, now: int) -> None:
        """Packets came since the last look."""
        self.silent_ms = 0
        if self.live:
            if self.times_off and now - self.since > STEADY_MS:
                self.times_off = 0
        elif not self.times_off:
            self.live, self.since = True, now  # the first time, it is believed at once
        elif self.returns is None:
            self.returns = now
        elif now - self.returns >= min(MAX_RETURN_MS, RETURN_MS << self.times_off - 1):
            self.live, self.since, self.returns = True, now, None

    def trust(self, now: int) -> None:
        """There is nothing better."""
        if not self.live:
            self.live, self.since, self.returns = True, now, None

    def silent(self, elapsed: int, now: int) -> None:
        """None came for this time, in ms, while the picture's other layers did."""
        self.silent_ms += elapsed
        if self.silent_ms > SILENCE_MS:
            self.returns = None
            if self.live:
                self.live, self.since = False, now
                self.times_off = min(self.times_off + 1, 8)


class Publication:
    """All of one kind and one name. Identity counts, not equality."""

    def __init__(self, layers: Sequence[Source]) -> None:
        self.layers: tuple[Source, ...] = tuple(layers)
        """From the lowest to the highest: as given, until the sizes of their pictures say otherwise."""
        self.id = self.layers[0].id
        self.video = self.layers[0].video
        self._states = {layer: _Liveness() for layer in self.layers}
        self._looked_at = 0
        self.dropped = 0
        """Packets that came and were more than is taken (``policing.py``)."""

    @property
    def live(self) -> tuple[bool, ...]:
        """Which of the layers come at present."""
        return tuple(self.comes(layer) for layer in self.layers)

    def comes(self, layer: Source) -> bool:
        """Whether it is sent at present. There is nothing to measure the only layer by: it counts from its first
        packet on."""
        return layer.reception.packets > 0 if len(self.layers) == 1 else self._states[layer].live

    def at(self, quality: Quality) -> Source:
        """The layer for a wish: its own, or the nearest below that comes, else above. Without any, its own."""
        top = len(self.layers) - 1
        wish = top if quality is Quality.HIGH else max(0, top - 1) if quality is Quality.MEDIUM else 0
        for number in chain(range(wish, -1, -1), range(wish + 1, top + 1)):
            if self.comes(self.layers[number]):
                return self.layers[number]
        return self.layers[wish]

    def refresh(self, now: int) -> bool:
        """Look at what came since the last look. Whether other layers come than before, or in another order.

        Only while some layer comes do the others count as silent: when the network stalls, nothing changes."""
        if len(self.layers) == 1:
            return False
        before = self.live, self.layers
        elapsed = now - self._looked_at
        whole = elapsed >= STEP_MS
        if whole:
            self._looked_at = now
        heard = {layer for layer, state in self._states.items() if layer.reception.packets > state.packets}
        for layer, state in self._states.items():
            if layer in heard and (whole or not state.live):
                state.heard(now)
            elif whole and heard and layer not in heard:
                state.silent(min(elapsed, 2 * STEP_MS), now)
            if whole:
                state.packets = layer.reception.packets
        if not any(state.live for state in self._states.values()):
            for layer in heard:
                self._states[layer].trust(now)
        self._order()
        return (self.live, self.layers) != before

    def _order(self) -> None:
        """Those whose size is known change places among themselves; of equal ones the former order stays."""
        sized = sorted((layer for layer in self.layers if layer.payloads.size is not None), key=_pixels)
        if len(sized) > 1:
            following = iter(sized)
            self.layers = tuple(layer if layer.payloads.size is None else next(following) for layer in self.layers)


def _pixels(layer: Source) -> int:
    width, height = layer.payloads.size or (0, 0)
    return width * height
