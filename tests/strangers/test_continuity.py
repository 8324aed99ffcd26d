"""When a stream counts as unbroken."""

import pytest

from tests.strangers.continuity import FIRST_WITHIN, LONGEST_GAP, Continuity


def seen(pictures: dict[float, int], sounds: dict[float, int]) -> Continuity:
    found = Continuity(0.0)
    for at in sorted({*pictures, *sounds}):
        found.told(at, pictures.get(at, found.video.count), sounds.get(at, found.audio.count))
    return found


def steady(first: float, last: float, without: tuple[float, float] = (0.0, 0.0)) -> dict[float, int]:
    """More each second, but for a break."""
    moments = [first + n for n in range(int(last - first) + 1)]
    return {at: n for n, at in enumerate(moments, 1) if not without[0] < at < without[1]}


def test_a_minute_without_a_break_is_good() -> None:
    """Also when it began after a while, as encoders do."""
    assert seen(steady(5, 65), steady(5, 65)).trouble(65.5, 60) == ""


@pytest.mark.parametrize(
    ("pictures", "sounds", "trouble"),
    [
        ({}, steady(1, 61), "no picture"),
        (steady(1, 61), {}, "no sound"),
        (steady(1, 61, without=(20, 25)), steady(1, 61), "5 s without picture"),
        (steady(1, 61), steady(1, 61, without=(20, 25)), "5 s without sound"),
        (steady(1, 31), steady(1, 61), "30 s without picture"),
        (steady(10, 61), steady(1, 61), "picture for 51 s alone"),
        (steady(FIRST_WITHIN + 1, 99), steady(1, 99), "the first picture came after 26 s"),
    ],
)
def test_any_break_is_told(pictures: dict[float, int], sounds: dict[float, int], trouble: str) -> None:
    """A client that is cut after half a minute, or comes late, must not pass for one that works."""
    until = max({*pictures, *sounds})
    assert seen(pictures, sounds).trouble(until, 60) == trouble


def test_the_same_number_again_is_no_picture() -> None:
    """Who watches tells its numbers each second, whether or not anything came."""
    still = dict.fromkeys(steady(2, 61), 1)
    assert seen(still, steady(1, 61)).trouble(61, 10) == "59 s without picture"
    assert LONGEST_GAP < 10
