"""Points in time and spans between them."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadshow.moments import ZERO, Duration, Instant, decode_moment, encode_moment

MILLISECONDS = st.integers(min_value=-(2**53), max_value=2**53)
INSTANTS = MILLISECONDS.map(Instant)
DURATIONS = MILLISECONDS.map(Duration)


class Meeting(msgspec.Struct, frozen=True):
    starts: Instant
    lasts: Duration


@given(INSTANTS, DURATIONS)
def test_adding_a_span_and_taking_it_off_leads_back(start: Instant, span: Duration) -> None:
    """Pausing and going on must not move a deadline, however often."""
    assert start + span - span == start
    assert (start + span) - start == span


@given(DURATIONS, DURATIONS)
def test_spans_add_like_numbers(one: Duration, other: Duration) -> None:
    """Added time is what control entered, in any order."""
    assert one + other == other + one
    assert one + other - other == one
    assert one + -one == ZERO
    assert bool(one) == (one.ms != 0)


@given(INSTANTS, INSTANTS)
def test_instants_are_ordered_as_their_distance_says(one: Instant, other: Instant) -> None:
    """Whether a ballot is late is decided by this comparison."""
    assert (one < other) == (other - one > ZERO)
    assert (one <= other) == (other - one >= ZERO)
    assert (one == other) == (hash(one) == hash(other) and one - other == ZERO)


def test_an_instant_is_no_duration() -> None:
    """A time of day taken for a span is the oldest bug of show clocks."""
    assert Instant(5) != Duration(5)
    assert len({Instant(5), Duration(5)}) == 2
    with pytest.raises(TypeError):
        _ = Instant(5) < Duration(5)  # type: ignore[operator]
    with pytest.raises(TypeError):
        _ = Duration(5) >= Instant(5)  # type: ignore[operator]
    with pytest.raises(TypeError):
        _ = Instant(5) + Instant(5)  # type: ignore[operator]
    with pytest.raises(TypeError):
        _ = Duration(5) - Instant(5)  # type: ignore[operator]
    with pytest.raises(TypeError):
        _ = Duration(5) + 5  # type: ignore[operator]


def test_units_are_named() -> None:
    """A bare number says neither seconds nor milliseconds."""
    assert Duration.minutes(8) == Duration.seconds(480) == Duration(480_000)
    assert Duration(1500).in_seconds() == 1.5


@pytest.mark.parametrize("moment", [Instant(1), Duration(1)])
def test_a_moment_cannot_be_changed(moment: Instant | Duration) -> None:
    """They are shared between snapshots and used as keys."""
    with pytest.raises(AttributeError):
        moment.ms = 2


@given(INSTANTS, DURATIONS)
def test_moments_travel_as_whole_milliseconds(starts: Instant, lasts: Duration) -> None:
    """What is stored before a restart is what is read after it."""
    meeting = Meeting(starts, lasts)
    sent = msgspec.json.encode(meeting, enc_hook=encode_moment)
    assert msgspec.json.decode(sent) == {"starts": starts.ms, "lasts": lasts.ms}
    assert msgspec.json.decode(sent, type=Meeting, dec_hook=decode_moment) == meeting


@pytest.mark.parametrize("sent", ['{"starts":1.5,"lasts":1}', '{"starts":"1","lasts":1}', '{"starts":true,"lasts":1}'])
def test_anything_but_whole_milliseconds_is_refused(sent: str) -> None:
    """A float in the store would be a bug of ours, and must not become half a millisecond."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(sent, type=Meeting, dec_hook=decode_moment)
