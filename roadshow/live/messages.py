"""What every message is made of, and those that belong to the connection itself: who is there, what time it is, what a
room is like now. The others are in ``families/``; ``protocol`` has them all.

One JSON object a message, its kind in ``type``. Times are milliseconds since the epoch. A browser's identity is never
in a message: it comes from the connection (the cookie, and ``?as=`` naming which of the cookie's people is meant).
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from roadshow.fields.sections import SECTIONS
from roadshow.ids import ID_PATTERN
from roadshow.voting.ballot import LONGEST_REASON, SHORTEST_REASON

Slug = Annotated[str, Meta(pattern=rf"^{ID_PATTERN}\Z", max_length=64)]
Command = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{8,64}\Z", max_length=64)]
Reason = Annotated[str, Meta(min_length=SHORTEST_REASON, max_length=LONGEST_REASON)]

MAX_MESSAGE_BYTES = 16 * 1024


class Message(msgspec.Struct, frozen=True, tag_field="type", forbid_unknown_fields=True):
    """Root of every message."""


# From browsers ------------------------------------------------------------------------------------------------------


class Follow(Message, frozen=True, tag="follow"):
    """Follow a room. With ``epoch`` and ``offset`` of the last event seen, a browser that reconnects gets what it
    missed."""

    room: Slug
    epoch: Annotated[str, Meta(max_length=64)] = ""
    offset: Annotated[int, Meta(ge=0)] = 0


class ClockPing(Message, frozen=True, tag="clock.ping"):
    sent: float
    """The browser's own clock, given back untouched."""


class RoomAct(Message, frozen=True):
    """Asks something of a room. ``command`` makes a repetition known: it is answered as the first time."""

    command: Command
    room: Slug


# To browsers --------------------------------------------------------------------------------------------------------


class Welcome(Message, frozen=True, tag="welcome"):
    """First on every connection."""

    server_now: int
    role: str
    person: str | None
    retry_ms: int
    """Upper bound of the first reconnect delay: wait a random time up to it, doubling to 15 s (full jitter)."""


class ClockPong(Message, frozen=True, tag="clock.pong"):
    sent: float
    server_now: int


def _telling(name: str, tag: str, says: str, *more: tuple[str, type]) -> Any:
    """A message that tells sections, each under its name: as many of ``fields.sections.SECTIONS`` as it has."""
    head = [("room", str), ("epoch", str), ("offset", int), ("server_now", int), *more]
    told = [(section.name, section.view | msgspec.UnsetType, msgspec.UNSET) for section in SECTIONS]
    options: dict[str, Any] = {"bases": (Message,), "tag": tag, "namespace": {"__doc__": says}, "module": __name__}
    return msgspec.defstruct(name, [*head, *told], frozen=True, **options)


RoomState = _telling(
    "RoomState",
    "room.snapshot",
    "All sections the follower may see; replaces everything known.",
    ("viewers", int),
)
RoomChanged = _telling(
    "RoomChanged",
    "room.changed",
    "The new values of sections that changed together. ``offset`` is one more than the event's before; a gap means: "
    "follow again.",
)


class Viewers(Message, frozen=True, tag="room.viewers"):
    """How many follow the room; at most once a second, and not numbered."""

    room: str
    viewers: int


class CommandAccepted(Message, frozen=True, tag="command.accepted"):
    command: str


class Refused(Message, frozen=True, tag="refused"):
    """A message was not acted on. ``text`` is in the connection's language; ``retry`` says that sending the same
    command again later may succeed (a dependency was away, a rate limit)."""

    command: str | None
    code: str
    text: str
    details: dict[str, str | int]
    retry: bool


EndReason = Literal["revoked", "ended", "expired"]
"""``revoked``: the person's access was taken back, or a new link took the place of the one that was used here;
``ended``: signed out here, or by the person or an organiser on another device; ``expired``: the sign-in ran out."""


class Superseded(Message, frozen=True, tag="superseded"):
    """The sign-in behind this connection has ended; the connection closes. Nothing typed is lost."""

    reason: EndReason
