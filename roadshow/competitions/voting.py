"""What a definition says under ``[voting]``: how votes are kept, and what a jury calibrates on. (pure)"""

from typing import Annotated

import msgspec

from roadshow.texts import Label, Text

MOST_SAMPLES = 6
"""An hour of a jury that takes ten minutes for each."""
_SLUG = msgspec.Meta(
    pattern=r"\A[a-z0-9][a-z0-9-]{0,47}\Z",
    extra={"expected": "an id: 1 to 48 of a–z, 0–9 and hyphen, not starting with a hyphen"},
)
_LINK = msgspec.Meta(
    pattern=r"\A(https://[^\s\"'<>\\]{1,500})?\Z",
    extra={"expected": "an address that begins with https://, of at most 500 characters"},
)


class Sample(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A pitch that is none of the competition's, which a jury scores to compare its scales."""

    id: Annotated[str, _SLUG]
    title: Label
    text: Text | None = None
    """To be read, beside the scorecard."""
    link: Annotated[str, _LINK] = ""
    """To a film, say, which opens in a window of its own."""


class Voting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sealed: bool = False
    """Whether scores are sealed before they go to the store, for whoever does not trust where that is."""
    samples: Annotated[tuple[Sample, ...], msgspec.Meta(max_length=MOST_SAMPLES)] = ()
    """For calibration rounds before a field's first window. None: there are no such rounds."""
