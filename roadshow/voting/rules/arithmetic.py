"""Exact numbers, and how they are shown. (pure)"""

from collections.abc import Collection
from fractions import Fraction
from math import floor, isqrt

from roadshow.voting.explanation import Figure

DECIMALS = 2
"""Of every score that is shown, and of ``rank_on = "rounded"``."""


def mean(values: Collection[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)


def round_half_up(value: Fraction, decimals: int = DECIMALS) -> Fraction:
    """85.125 → 85.13; never to even, as Python's ``round`` does. −1.255 → −1.25: up is towards the greater."""
    unit = 10**decimals
    return Fraction(floor(value * unit + Fraction(1, 2)), unit)


def root(square: Fraction, decimals: int) -> Fraction:
    """The square root, rounded half up."""
    unit = 10**decimals
    twice = isqrt(floor(4 * square * unit * unit))
    return Fraction((twice + 1) // 2, unit)


def show(value: Fraction, decimals: int = DECIMALS) -> str:
    """Rounded half up: ``85.13``."""
    unit = 10**decimals
    number = floor(value * unit + Fraction(1, 2))
    whole, rest = divmod(abs(number), unit)
    return f"{'-' if number < 0 else ''}{whole}.{rest:0{decimals}d}"


def figure(value: Fraction, decimals: int = DECIMALS) -> Figure:
    return Figure(exact(value), show(value, decimals))


def exact(value: Fraction) -> str:
    """Decimals if they end, else a fraction in lowest terms: ``87.5``, ``263/3``."""
    rest, places = value.denominator, [0, 0]
    for index, factor in enumerate((2, 5)):
        while rest % factor == 0:
            rest //= factor
            places[index] += 1
    if rest != 1:
        return str(value)
    return show(value, decimals) if (decimals := max(places)) else str(value.numerator)
