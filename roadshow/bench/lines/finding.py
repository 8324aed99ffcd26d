"""What a case found."""

import msgspec


class Finding(msgspec.Struct, frozen=True):
    measured: str
    good: bool


def seconds(value: float | None) -> str:
    return "never" if value is None else f"{value:.1f} s"
