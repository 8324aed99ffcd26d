"""Who runs a competition: one server at a time, by a lease in the store.

A lease has an owner and an end, and its holder moves the end for as long as it lives. Whoever takes it gets a token
that no server had before; with every write the store compares it (fence.py). So two servers that both believe to have
the lease, because one of them slept, harm nothing: only the newer one's writes take effect.
"""

from dataclasses import dataclass
from typing import Protocol

from roadshow.errors import Unavailable
from roadshow.moments import Duration, Instant
from roadshow.store.trouble import Trouble

LASTS = Duration.seconds(3)
"""Until a server that died is known to be dead. A disk that takes two seconds for a write must not look like that;
people wait no longer than that for a server to come back either."""
RENEWED_EVERY = Duration(750)
"""One renewal may be lost, and the next take two seconds."""
LOOKED_AT_EVERY = Duration(250)
"""By a server that waits: a hand-over takes less than a second, most of which is reading where all stands."""
MOST_NAME = 200
"""Characters of an owner's name."""


class LeaseLost(Unavailable):
    """Another server has taken over, or the store has been emptied: nothing was written, and nothing can be."""

    def __init__(self) -> None:
        super().__init__("lease.lost")


@dataclass(frozen=True, slots=True)
class Holder:
    """Another server that has the lease."""

    name: str
    lasts: Duration
    """By the store's clock, from now."""
    sign: str
    """Differs after each renewal: a waiter that sees the same one for longer than ``LASTS`` need not believe a store
    whose clock was set back."""


class Lease(Protocol):
    """Of one competition, for one server. Every method raises Unavailable while the store is away: whether it happened
    is then unknown, and calling it again is safe."""

    async def take(self, dead: str = "") -> Holder | None:
        """Take it if it is free, at its end, or the server's already, with a new token; else say who has it. ``dead``:
        the sign of a holder who is known to be gone."""
        ...

    async def renew(self) -> Instant:
        """Move its end, durable; what the store's clock says. Raises LeaseLost when somebody else has taken it: one
        that has merely come to its end is renewed."""
        ...

    async def release(self) -> None:
        """Free for the next at once. What comes later with this token is refused. Nothing if it was lost."""
        ...

    def explain(self, problem: Unavailable) -> Trouble:
        """What an operator should know of a refusal."""
        ...

    async def bind_key(self, fingerprint: str, *, anew: bool = False) -> str:
        """Note which key signs here, or with ``anew`` that it is another one from now on. The noted one: the first
        that was bound. Raises LeaseLost."""
        ...
