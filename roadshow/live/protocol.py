"""Every message between a browser and ``/live``, both ways, put together from its families. docs/protocol.md explains
them; a test holds the two equal."""

from typing import TYPE_CHECKING, TypeAlias, Union

import msgspec

from roadshow.live.families import FAMILIES
from roadshow.live.messages import (
    ClockPing,
    ClockPong,
    CommandAccepted,
    Follow,
    Message,
    Refused,
    RoomAct,
    RoomChanged,
    RoomState,
    Superseded,
    Viewers,
    Welcome,
)
from roadshow.moments import encode_moment

_FROM = (Follow, ClockPing, *(ask for family in FAMILIES for ask in family.asks))
_TO = (
    Welcome,
    ClockPong,
    RoomState,
    RoomChanged,
    Viewers,
    *(told for family in FAMILIES for told in family.tells),
    CommandAccepted,
    Refused,
    Superseded,
)

if TYPE_CHECKING:
    FromBrowser: TypeAlias = Follow | ClockPing | RoomAct
    ToBrowser: TypeAlias = Message
else:
    FromBrowser = Union[_FROM]  # noqa: UP007  # made of the families, so that a new one is in it
    ToBrowser = Union[_TO]  # noqa: UP007

_decoder: msgspec.json.Decoder[FromBrowser] = msgspec.json.Decoder(FromBrowser)
_encoder = msgspec.json.Encoder(enc_hook=encode_moment)


def decode(text: str) -> FromBrowser:
    """Raises msgspec.DecodeError, UnicodeError, RecursionError."""
    return _decoder.decode(text)


def encode(message: Message) -> str:
    """One frame."""
    return _encoder.encode(message).decode()
