"""Two machines with the token of one encoder. Pure: times are whole milliseconds of the relay's clock.

A connection that comes under a name takes the place of the former one: so does a machine that lost its network, and
nobody can tell it from a second one. But a machine whose former connection is still heard sends twice, which none does
for long. So the place of a connection that is heard is taken once; as long as anybody then goes on trying, whoever has
it keeps it until it goes silent. Encoders try again by themselves every few seconds, and would else take the stage from
each other for ever.
"""

from roadshow.rooms.relay.feeds.succession import is_heard

QUIET_MS = 15 * 60_000
"""A dispute is over when nobody has tried for so long: OBS, which waits longer after each failure, never waits more."""
TOLD_MS = 60_000
"""It is told for so long after the last try: by then whoever was refused has given up, or waits in growing pauses."""
RETRY_S = 10
"""What whoever is refused is told to wait."""


class Dispute:
    """Of one encoder's name, at one place of a stage."""

    def __init__(self) -> None:
        self._over_at = 0
        self._refused_at: int | None = None

    def may_take(self, heard: int | None, now: int) -> bool:
        """Whether a newcomer may have the place of a connection that was last ``heard`` then; None: never."""
        return heard is None or not is_heard(heard, now) or now >= self._over_at

    def taken(self, heard: int | None, now: int) -> bool:
        """A newcomer has it. Whether from one that is still heard."""
        contested = heard is not None and is_heard(heard, now)
        if contested:
            self._over_at = now + QUIET_MS
        return contested

    def refused(self, now: int) -> None:
        """A newcomer was turned away."""
        self._over_at = now + QUIET_MS
        self._refused_at = now

    def is_told(self, now: int) -> bool:
        """Whether somebody is being turned away just now."""
        return self._refused_at is not None and now - self._refused_at <= TOLD_MS
