"""From what is known of a picture and of who should see it to the reason why somebody does not. Pure."""

from collections import Counter
from collections.abc import Iterable

import msgspec

from roadshow.ids import LaneId
from roadshow.rooms.relay.diagnosis.troubles import Trouble

WAITS_MS = 3000
"""Who waits longer for a key frame does so because none comes: it is asked for twice a second, and after 0.7 s an older
picture's history makes do."""


class Shown(msgspec.Struct, frozen=True):
    """What a lane is to carry: one encoding of somebody's picture."""

    comes: bool
    """Whether packets do."""
    codec: str = ""
    """By the newest packet; empty before the first."""
    key_frames: int = 0
    """That could be decoded."""
    lacks_sets: bool = False
    """Whether the newest key frame could not, for want of parameter sets."""


class Blind(msgspec.Struct, frozen=True):
    """Viewers of one kind who do not see what a lane is to carry, and why."""

    lane: LaneId
    trouble: Trouble
    codec: str
    """Of the picture."""
    takes: tuple[str, ...]
    """Which codecs they agreed on; none: they had none of ours."""
    viewers: int = 1


def trouble_of_picture(shown: Shown | None) -> Trouble | None:
    """Why nobody can see it. ``shown``: None where who is to be shown sends nothing here."""
    if shown is None:
        return Trouble.ABSENT
    if not shown.comes:
        return Trouble.SILENT
    if shown.lacks_sets:
        return Trouble.NO_PARAMETER_SETS
    return Trouble.NO_KEY_FRAME if not shown.key_frames else None


def trouble_of_viewer(shown: Shown | None, takes: Iterable[str], waits_ms: int | None) -> Trouble | None:
    """Why this viewer does not see it. ``waits_ms``: how long it has waited for a key frame; None: it has one."""
    trouble = trouble_of_picture(shown)
    if trouble is not None or shown is None:
        return trouble
    if shown.codec not in takes:
        return Trouble.CODEC
    return Trouble.NO_KEY_FRAME if waits_ms is not None and waits_ms > WAITS_MS else None


def grouped(found: Iterable[Blind]) -> tuple[Blind, ...]:
    """Those who miss the same for the same reason, together; the largest group first."""
    counts = Counter(found)
    return tuple(msgspec.structs.replace(one, viewers=number) for one, number in counts.most_common())
