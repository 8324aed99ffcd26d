"""What a front has done, as values."""

from dataclasses import dataclass, field

import msgspec


@dataclass(slots=True)
class Tally:
    """Since the process began."""

    answered: int = 0
    """From memory."""
    handed: int = 0
    """To the house."""
    refused: int = 0
    """Asked to come back: the house was busy, or nothing was left."""
    displaced: int = 0
    """Ended early to make room."""

    def plus(self, other: "Tally") -> "Tally":
        return Tally(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


@dataclass(slots=True)
class Totals:
    """Of all fronts there are and were, for /metrics."""

    starts: int = 0
    ended: Tally = field(default_factory=Tally)
    """Of processes that are gone."""
    running: dict[int, Tally] = field(default_factory=dict)
    """By number of the front, as it said last."""

    def begun(self) -> None:
        self.starts += 1

    def told(self, number: int, figures: bytes) -> None:
        """Raises msgspec.MsgspecError."""
        self.running[number] = msgspec.json.decode(figures, type=Tally)

    def gone(self, number: int) -> None:
        self.ended = self.ended.plus(self.running.pop(number, Tally()))

    @property
    def all(self) -> Tally:
        total = self.ended
        for tally in self.running.values():
            total = total.plus(tally)
        return total


def encoded(tally: Tally) -> bytes:
    return msgspec.json.encode(tally)
