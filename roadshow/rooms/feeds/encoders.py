"""A room's encoders: their names, and which of them comes first. Pure.

Each has a token of its own, made of the server's secret, its name and its *generation*: withdrawing a token raises the
generation, so the former token opens nothing and the next one is there at once.
"""

from collections.abc import Collection

import msgspec

from roadshow.ids import EncoderId, RoomId

MAIN = EncoderId("main")
BACKUP = EncoderId("backup")
ALWAYS = (MAIN, BACKUP)
"""There without having been named."""
MOST = 8
"""Encoders of one room: a desk lists them all, and each that stands by costs the relay as much as the one in use."""


class RoomEncoders(msgspec.Struct, frozen=True):
    """A room's, as they are kept."""

    generations: dict[EncoderId, int] = {}
    """Of each that was named, or whose token was ever withdrawn."""
    first: EncoderId | None = None
    """Whom the host put before all others; None: the order of the names."""

    def generation(self, encoder: EncoderId) -> int | None:
        """None: there is no such encoder."""
        return self.generations.get(encoder, 0 if encoder in ALWAYS else None)

    @property
    def names(self) -> tuple[EncoderId, ...]:
        """All there are, in their order."""
        return in_order({*ALWAYS, *self.generations})


Kept = dict[RoomId, RoomEncoders]
NONE_KEPT = RoomEncoders()


def rank(encoder: EncoderId, first: EncoderId | None = None) -> tuple[bool, bool, bool, str]:
    """The less, the sooner an encoder is taken: whom the host chose, main, backup, the others by name."""
    return encoder != first, encoder != MAIN, encoder != BACKUP, encoder


def in_order(encoders: Collection[EncoderId]) -> tuple[EncoderId, ...]:
    return tuple(sorted(encoders, key=rank))
