"""Keys with which judges sign, as enrolled before their field's voting. (pure)

The first one stays: whoever signs in as a judge later, from another browser, does not put theirs in its place. Once the
voting has begun another can be asked for there, which a second person signs.
"""

from typing import Annotated

import msgspec

from roadshow.errors import Conflict
from roadshow.ids import PersonId, RoomId


class Enrolment(msgspec.Struct, frozen=True, omit_defaults=True, tag="key"):
    """One judge's key for one field."""

    person: PersonId
    room: RoomId
    key: Annotated[str, msgspec.Meta(max_length=120)]
    """As ``voting.identity.keys`` writes it."""
    at: int
    """Milliseconds since the epoch."""

    @property
    def id(self) -> str:
        return f"{self.person}.{self.room}"


def require_first(former: Enrolment | None, key: str) -> None:
    """Raises Conflict("key.early") if another was enrolled."""
    if former is not None and former.key != key:
        raise Conflict("key.early")
