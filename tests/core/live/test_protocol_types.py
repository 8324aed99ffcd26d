"""What the browser's code is told of the messages is what the server sends and takes."""

from enum import StrEnum
from typing import Annotated

import msgspec
import pytest
from msgspec import Meta

from roadshow.live.protocol import FromBrowser, ToBrowser
from roadshow.moments import Instant
from scripts.protocol_types import PATH, open_to_all, types_of


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Part(msgspec.Struct):
    """A part. ``at`` None: not yet.

    More for whoever reads Python.
    """

    at: Instant | None
    colour: Colour = Colour.RED
    points: dict[str, int] = msgspec.field(default_factory=dict)


class Told(msgspec.Struct, tag_field="type", tag="it.told"):
    parts: tuple[Part, ...]
    either: tuple[Colour | None, ...] = ()
    hidden: Colour | msgspec.UnsetType = msgspec.UNSET


class Asked(msgspec.Struct, tag_field="type", tag="it.asked"):
    name: Annotated[str, Meta(max_length=3)]
    share: float = 0.5
    sure: bool = msgspec.field(default=False, name="is_sure")


class Other(msgspec.Struct, tag_field="type", tag="it.other"):
    pass


def test_the_committed_types_are_those_of_the_messages() -> None:
    """A field added in Python alone would be missing, or misspelt, in a browser on the day."""
    wanted = types_of(ToBrowser, FromBrowser, open_to_all())
    assert PATH.read_text(encoding="utf-8") == wanted, "scripts/protocol_types.py write"


def test_structs_enums_and_moments_are_told_as_they_travel() -> None:
    """All fields come to a browser, defaults too, unless they are unset; times come as numbers."""
    written = types_of(Told, Asked | Other)
    assert '/** @typedef {"red"|"blue"} Colour */' in written
    assert " * A part. `at` null: not yet.\n * @typedef {{at: number|null, colour: Colour, points:" in written
    assert "points: Record<string, number>}} Part" in written
    told = '{{type: "it.told", parts: Part[], either: (Colour|null)[], hidden?: Colour}}'
    assert f"/** @typedef {told} Told */" in written
    assert "/** @typedef {Told} ToBrowser */" in written
    assert "More for whoever" not in written


def test_a_browser_may_leave_out_what_has_a_default() -> None:
    """And is not bound to send what the server fills in."""
    written = types_of(Told, Asked | Other)
    assert ' *   "it.asked": {name: string, share?: number, is_sure?: boolean},' in written
    assert ' *   "it.other": {},' in written


def test_two_types_of_one_name_are_refused() -> None:
    """The second would silently be taken for the first."""
    stranger = msgspec.defstruct("Part", [("size", int)])
    holder = msgspec.defstruct("Holder", [("one", Part), ("other", stranger)], tag_field="type", tag="it.holds")
    with pytest.raises(TypeError, match="two types of messages are named Part"):
        types_of(holder, Asked)


def test_a_type_that_no_browser_knows_is_refused() -> None:
    """Bytes would travel as text of some kind: somebody has to say which."""
    holder = msgspec.defstruct("Holder", [("raw", bytes)], tag_field="type", tag="it.holds")
    with pytest.raises(TypeError, match="does not know"):
        types_of(holder, Asked)
