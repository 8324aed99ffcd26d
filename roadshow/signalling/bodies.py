"""What the owners of sessions ask for beside WHIP and WHEP, as JSON: what it may be, read once. (pure)"""

from typing import TypeVar

import msgspec

from roadshow.errors import InputError
from roadshow.rooms.relay.last_mile.quality import Choice

MAX_BODY = 256
"""Bytes: one word."""

T = TypeVar("T")


class _Choice(msgspec.Struct, forbid_unknown_fields=True):
    quality: Choice


class _Card(msgspec.Struct, forbid_unknown_fields=True):
    shown: bool


def read_choice(text: str) -> Choice:
    """A viewer's, of quality. Raises InputError("relay.quality")."""
    return _read(text, _Choice, "relay.quality").quality


def read_card(text: str) -> bool:
    """Whether a publisher's name stands for their camera. Raises InputError("relay.card")."""
    return _read(text, _Card, "relay.card").shown


def _read(text: str, kind: type[T], code: str) -> T:
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise InputError(code) from error
