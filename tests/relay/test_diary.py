"""What went wrong for whom, noted at one place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadshow.ids import RoomId
from roadshow.rooms.relay.diagnosis.diary import MOST, MOST_DETAIL, MOST_OF_ROOM, REMEMBERED_MS, Diary
from roadshow.rooms.relay.diagnosis.troubles import Trouble

ROOM = RoomId("ai")


def test_the_same_trouble_is_one_entry_that_is_counted() -> None:
    """A client that fails ten times a second must not push what happened to others out of sight."""
    diary = Diary()
    for now in range(0, 1000, 100):
        diary.note(ROOM, "wing", Trouble.HANDSHAKE, now, detail=f"alert {now}")
    [entry] = diary.of(ROOM, 1000)
    assert (entry.since, entry.at, entry.count, entry.detail) == (0, 900, 10, "alert 900")
    assert diary.totals == {Trouble.HANDSHAKE: 10}


def test_the_newest_is_told_first_and_what_is_long_over_not_at_all() -> None:
    """Somebody who looks during a pitch wants to know about this pitch."""
    diary = Diary()
    diary.note(ROOM, "wing", Trouble.HANDSHAKE, 0)
    diary.note(ROOM, "wing", Trouble.CODEC, 1000)
    diary.note(RoomId("other"), "wing", Trouble.TOO_FAST, 1000)
    assert [entry.trouble for entry in diary.of(ROOM, 1000)] == [Trouble.CODEC, Trouble.HANDSHAKE]
    assert [entry.trouble for entry in diary.of(ROOM, REMEMBERED_MS + 500)] == [Trouble.CODEC]
    diary.note(ROOM, "wing", Trouble.HANDSHAKE, REMEMBERED_MS + 1000)
    assert [entry.count for entry in diary.of(ROOM, REMEMBERED_MS + 1000, who="wing")] == [1, 1]


def test_what_is_over_is_told_no_more() -> None:
    """Who stood by and is shown now has no trouble, whatever else of theirs there is."""
    diary = Diary()
    for trouble in (Trouble.STANDING_BY, Trouble.TOO_FAST):
        diary.note(ROOM, "backup", trouble, 0)
    diary.settle(ROOM, "backup", Trouble.STANDING_BY)
    assert [entry.trouble for entry in diary.of(ROOM, 0)] == [Trouble.TOO_FAST]
    diary.settle(ROOM, "backup")
    assert diary.of(ROOM, 0) == ()


def test_only_what_began_since_the_last_time_is_fresh() -> None:
    """The log has a line when a trouble begins, not one for each packet of it."""
    diary = Diary()
    diary.note(ROOM, "wing", Trouble.TOO_FAST, 0)
    diary.note(ROOM, "wing", Trouble.TOO_FAST, 1)
    assert [entry.trouble for entry in diary.fresh()] == [Trouble.TOO_FAST]
    diary.note(ROOM, "wing", Trouble.TOO_FAST, 2)
    assert diary.fresh() == []


@pytest.mark.parametrize("words", ["a\x1b[2Jb\nc", "x" * 1000])
def test_a_detail_is_a_short_line_of_text(words: str) -> None:
    """It may be a client's own words, and is written to a log."""
    diary = Diary()
    diary.note(ROOM, "wing", Trouble.HANDSHAKE, 0, detail=words)
    detail = diary.of(ROOM, 0)[0].detail
    assert detail.isprintable()
    assert len(detail) <= MOST_DETAIL


@given(
    st.lists(
        st.tuples(st.integers(0, 40), st.integers(0, 40), st.sampled_from(Trouble), st.integers(0, REMEMBERED_MS * 2)),
        max_size=2000,
    )
)
def test_whatever_is_noted_it_stays_within_its_bounds(notes: list[tuple[int, int, Trouble, int]]) -> None:
    """Rooms and names may come from whoever has a token, for as long as the server runs."""
    diary, now = Diary(), 0
    for room, who, trouble, _ in sorted(notes, key=lambda note: note[3]):
        diary.note(RoomId(f"room-{room}"), f"who-{who}", trouble, now)
        assert diary.of(RoomId(f"room-{room}"), now)[0].trouble is trouble
    told = [len(diary.of(RoomId(f"room-{room}"), now)) for room in range(41)]
    assert max(told) <= MOST_OF_ROOM
    assert sum(told) <= MOST
    assert sum(diary.totals.values()) == len(notes)
    assert len(diary.fresh()) <= MOST_OF_ROOM


def test_one_room_does_not_push_out_what_was_noted_of_another() -> None:
    """A crowd that fails in one field is no reason to know nothing of the next."""
    diary = Diary()
    diary.note(RoomId("quiet"), "wing", Trouble.CODEC, 0)
    for number in range(MOST * 2):
        diary.note(ROOM, f"who-{number}", Trouble.NO_WAY, number)
    assert len(diary.of(RoomId("quiet"), 0)) == 1
    assert len(diary.of(ROOM, MOST)) == MOST_OF_ROOM
