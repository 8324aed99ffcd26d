"""The most that a picture's layers took lately. Pure.

A layer of 350 kbit/s takes 280 in one moment and 500 in another. Whoever goes up to it by what it takes at present
falls again with the next cut.
"""

from collections import deque

SECONDS = 10
"""Of so long the most is told: what a picture does it does again, and after a cut all is smaller."""


class Peaks:
    """Times in ms, rates in bits a second."""

    def __init__(self) -> None:
        self._of: deque[tuple[int, tuple[int, ...]]] = deque(maxlen=SECONDS)
        """Of each second in which it was asked: the most of each layer."""

    def add(self, layers: tuple[int, ...], now: int) -> tuple[int, ...]:
        """These rates are the present ones: the most of each layer lately, these included."""
        second = now // 1000
        if self._of and len(self._of[-1][1]) != len(layers):
            self._of.clear()  # other layers
        if self._of and self._of[-1][0] == second:
            layers = _most(self._of.pop()[1], layers)
        self._of.append((second, layers))
        most = layers
        for since, rates in self._of:
            if second - since < SECONDS:
                most = _most(most, rates)
        return most


def _most(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(map(max, one, other))
