"""What a viewer may get of the pictures, from least to most, and what each of it takes. Pure.

Sound; slides; with them a still main picture now and then, slowly or faster; and the main picture in its layers.
"""

from functools import lru_cache

import msgspec

from roadshow.rooms.relay.offers.lanes import Quality

STILLS_BPS = (90_000, 180_000, 375_000)
"""At these rates stills leave, each about twice the one before. A key frame of 540 lines at 1,500 kbit/s has 150 to 400
kbit, after a cut 600: at the highest rate it is about one each second. On a line of 500 kbit/s that is 396 with
headers, beside a voice (58) and a probe now and then (20)."""
STILLS_SHARE = 0.6
"""Of the lowest layer's rate: stills that take more are no relief."""

SOUND, SLIDES = 0, 1
_STILLS = 2
_LOW = _STILLS + len(STILLS_BPS)
TOP = _LOW + 2
LOW, MEDIUM = _LOW, _LOW + 1
"""Levels."""

Steps = tuple[tuple[int, int, int], ...]
"""What there is to choose from, lowest first: (level, rate of all pictures in bits a second, the most of it lately)."""


class Rates(msgspec.Struct, frozen=True):
    """Bits a second, averaged over about two seconds: of the main picture's layers (of all the pictures that give way
    first), lowest first, 0 for one that does not come at present; and of the slides (all that give way last), 0 without
    any."""

    layers: tuple[int, ...]
    slides: int = 0
    peaks: tuple[int, ...] = ()
    """The most that each layer took lately (``peaks.py``); empty: as ``layers``."""


def quality_of(level: int) -> Quality | None:
    """Which of the main picture's layers; None: there is no picture of it."""
    return None if level < _STILLS else Quality(max(0, level - _LOW))


def stills_of(level: int) -> int:
    """Bits a second at which stills leave; 0: what there is moves."""
    return STILLS_BPS[level - _STILLS] if _STILLS <= level < _LOW else 0


def name_of(level: int) -> str:
    """As pages know it."""
    quality = quality_of(level)
    if quality is not None:
        return quality.name.lower()
    return "sound" if level == SOUND else "slides"


def is_moving(level: int) -> bool:
    """Whether it has the main picture, and not in stills."""
    return level >= _LOW


@lru_cache(maxsize=64)
def steps_of(rates: Rates, ceiling: int, stills: bool) -> Steps:
    """``stills``: whether there are any, for whoever can be measured by them. The same for a whole crowd."""
    slides = rates.slides
    steps = [(SOUND, 0, 0), (SLIDES, slides, slides)] if slides else [(SLIDES, 0, 0)]
    if ceiling == SOUND:
        return ((SOUND, 0, 0),)
    top = len(rates.layers) - 1
    pictures = [
        (max(_LOW, TOP - (top - number)), slides + rate, slides + max(rate, peak))
        for number, (rate, peak) in enumerate(zip(rates.layers, rates.peaks or rates.layers, strict=True))
        if rate > 0
    ]
    if stills and pictures:
        most = STILLS_SHARE * (pictures[0][1] - slides)
        rungs = [(place, slides + rate) for place, rate in enumerate(STILLS_BPS) if rate <= most]
        steps += [(_STILLS + place, rate, rate) for place, rate in rungs]
    # Where all layers are above the ceiling, the lowest is as near as it gets (as ``Publication.at`` has it).
    return (*steps, *([picture for picture in pictures if picture[0] <= ceiling] or pictures[:1]))


def place_of(level: int, steps: Steps) -> int:
    """Which step a level comes to at present."""
    if not is_moving(level):
        return max((number for number, step in enumerate(steps) if step[0] <= level), default=0)
    pictures = [number for number, step in enumerate(steps) if is_moving(step[0])]
    if not pictures:
        return len(steps) - 1
    # On a track of fewer layers the lower qualities are its lowest layer.
    return max((number for number in pictures if steps[number][0] <= level), default=pictures[0])
