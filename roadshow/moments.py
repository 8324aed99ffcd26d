"""Points in time and spans between them, in whole milliseconds. Never a bare float, never a mixed-up unit."""

from functools import total_ordering
from typing import Any, Self, overload

from typing_extensions import override


@total_ordering
class Duration:
    """A span of time in milliseconds; may be negative."""

    __slots__ = ("ms",)
    ms: int

    def __init__(self, ms: int) -> None:
        object.__setattr__(self, "ms", ms)

    @classmethod
    def seconds(cls, seconds: int) -> Self:
        return cls(seconds * 1000)

    @classmethod
    def minutes(cls, minutes: int) -> Self:
        return cls(minutes * 60_000)

    def in_seconds(self) -> float:
        """For asyncio and other APIs that take seconds; the only way to a float."""
        return self.ms / 1000

    @override
    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def __add__(self, other: "Duration") -> "Duration":
        if not isinstance(other, Duration):
            return NotImplemented
        return Duration(self.ms + other.ms)

    def __sub__(self, other: "Duration") -> "Duration":
        if not isinstance(other, Duration):
            return NotImplemented
        return Duration(self.ms - other.ms)

    def __neg__(self) -> "Duration":
        return Duration(-self.ms)

    def __bool__(self) -> bool:
        return self.ms != 0

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Duration) and self.ms == other.ms

    def __lt__(self, other: "Duration") -> bool:
        if not isinstance(other, Duration):
            return NotImplemented
        return self.ms < other.ms

    @override
    def __hash__(self) -> int:
        return hash((Duration, self.ms))

    @override
    def __repr__(self) -> str:
        return f"Duration({self.ms})"


@total_ordering
class Instant:
    """A point in time: milliseconds since the Unix epoch."""

    __slots__ = ("ms",)
    ms: int

    def __init__(self, ms: int) -> None:
        object.__setattr__(self, "ms", ms)

    @override
    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def __add__(self, other: Duration) -> "Instant":
        if not isinstance(other, Duration):
            return NotImplemented
        return Instant(self.ms + other.ms)

    @overload
    def __sub__(self, other: "Instant") -> Duration: ...
    @overload
    def __sub__(self, other: Duration) -> "Instant": ...
    def __sub__(self, other: "Instant | Duration") -> "Duration | Instant":
        if isinstance(other, Instant):
            return Duration(self.ms - other.ms)
        if not isinstance(other, Duration):
            return NotImplemented
        return Instant(self.ms - other.ms)

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Instant) and self.ms == other.ms

    def __lt__(self, other: "Instant") -> bool:
        if not isinstance(other, Instant):
            return NotImplemented
        return self.ms < other.ms

    @override
    def __hash__(self) -> int:
        return hash((Instant, self.ms))

    @override
    def __repr__(self) -> str:
        return f"Instant({self.ms})"


ZERO = Duration(0)


def encode_moment(value: Any) -> int:
    """``enc_hook`` for msgspec: moments travel and rest as whole milliseconds."""
    if isinstance(value, (Instant, Duration)):
        return value.ms
    raise NotImplementedError(f"cannot encode {type(value).__name__}")


def decode_moment(wanted: type, value: Any) -> Any:
    """``dec_hook`` for msgspec, the inverse of ``encode_moment``."""
    if wanted is Instant or wanted is Duration:
        if type(value) is not int:
            raise ValueError("expected whole milliseconds")
        return wanted(value)
    raise NotImplementedError(f"cannot decode {wanted.__name__}")
