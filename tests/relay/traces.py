"""A line between the relay and one viewer, packet by packet: what leaves, what comes and when, what is told. Pure."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from roadshow.rooms.relay.last_mile.estimate.told import Line, Told
from roadshow.rooms.relay.wire.transport_wide import TICK_US, write

FEEDBACK_MS = 100
"""Browsers tell so often."""
CLOCK_US = 7_000_000_123
"""How far the receiver's clock is ahead."""


@dataclass
class Path:
    """What lies between. Functions of time (ms); ``rate`` in kbit/s, 0: no limit."""

    rate: Callable[[int], float] = lambda now: 0.0
    queue_ms: float = 300.0
    delay_ms: Callable[[int], float] = lambda now: 20.0
    jitter_ms: float = 0.0
    reorders: bool = False
    loss: float = 0.0
    burst: float = 1.0
    """How many are lost together, on the mean."""
    beside: Callable[[int], float] = lambda now: 0.0
    """Another flow's rate through the same queue, in kbit/s."""


@dataclass
class Trace:
    """Plays a sender of frames over a path. ``rate`` is what it sends, in kbit/s, by time (ms)."""

    line: Line
    path: Path
    rate: Callable[[int], float]
    seed: int = 1
    frame_ms: int = 67
    packet: int = 1100
    now: int = 0
    told_of: list[tuple[int, int | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._free = 0.0
        self._last = 0.0
        self._bad = False
        self._number = 0
        self._flying: list[tuple[int, float]] = []
        self._next_told = 0
        self._owed = 0.0

    def run(self, ms: int) -> Iterator[tuple[int, Told]]:
        """Go on for so long; after each feedback the time, and what the line tells."""
        end = self.now + ms
        while self.now < end:
            self.now += 1
            if self.now % self.frame_ms == 0:
                self._owed += self.rate(self.now) * self.frame_ms / 8
                while self._owed >= self.packet:
                    self._owed -= self.packet
                    self.send(self.packet)
            self._carry_beside()
            if self.now % FEEDBACK_MS == 0 and self._tell():
                yield self.now, self.line.told

    def send(self, octets: int) -> None:
        self.line.depart(octets, self.now * 1000)
        number, self._number = self._number, self._number + 1
        came = self._carry(octets)
        if came is not None:
            self._flying.append((number, came))

    def _carry_beside(self) -> None:
        rate = self.path.rate(self.now)
        if rate and (beside := self.path.beside(self.now)):
            self._free = min(max(self._free, self.now) + beside / rate, self.now + self.path.queue_ms)

    def _carry(self, octets: int) -> float | None:
        path, chance = self.path, self._chance
        left = float(self.now)
        if path.loss:
            turn = 1 / path.burst if self._bad else path.loss / path.burst / (1 - path.loss)
            if path.burst > 1:
                self._bad = self._bad != (chance.random() < turn)
            else:
                self._bad = chance.random() < path.loss
            if self._bad:
                return None
        rate = path.rate(self.now)
        if rate:
            done = max(self._free, left) + octets * 8 / rate
            if done - left > path.queue_ms:
                return None
            self._free = left = done
        came = left + path.delay_ms(self.now) + abs(chance.gauss(0, 0.6)) * path.jitter_ms
        if not path.reorders:
            came = max(came, self._last)
        self._last = came
        return came

    def _tell(self) -> bool:
        """All that came by now, from the first number not told of yet; what comes later than a later one is told of
        then, from that number on, as browsers do."""
        came = {number: at for number, at in self._flying if at <= self.now}
        if not came:
            return False
        self._flying = [(number, at) for number, at in self._flying if at > self.now]
        first = min(*came, self._next_told)
        last = max(came)
        ticks = [
            int(came[number] * 1000 + CLOCK_US) // TICK_US if number in came else None
            for number in range(first, last + 1)
        ]
        self._next_told = last + 1
        while any(tick is not None for tick in ticks):
            packet, told = write(1, 2, 0, first, ticks)
            padding = packet[-1] if packet[0] & 0x20 else 0
            assert self.line.acknowledge(packet[4 : len(packet) - padding]) is not None
            first, ticks = first + told, ticks[told:]
        return True
