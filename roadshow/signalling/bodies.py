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
    choice = _read(text, _Choice)
    if choice is None:
        raise InputError("relay.quality")
    return choice.quality


def read_card(text: str) -> bool:
    """Whether a publisher's name stands for their camera. Raises InputError("relay.card")."""
    card = _read(text, _Card)
    if card is None:
        raise InputError("relay.card")
    return card.shown


def _read(text: str, kind: type[T]) -> T | None:
    """None: it is something else."""
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None
