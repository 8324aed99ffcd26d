"""Rooms without a field: whose they are, what they show, and what they never are."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from roadshow.competitions.cast import first_cast
from roadshow.competitions.loading import load_preset
from roadshow.errors import SetupError
from roadshow.fields.plans import field_of_room, poll_of, poll_spec
from roadshow.fields.rooms import (
    PrivateRooms,
    RoomKind,
    SideRoom,
    refuse_names_of_side_rooms,
    side_room,
    standing_programme,
)
from roadshow.ids import ID_PATTERN, FieldId, PersonId, ProjectId, RoomId, is_slug
from roadshow.rooms.lanes import FLOOR_1, FLOOR_3, MAIN, SLIDES

DEMO = load_preset("demo", today=date(2026, 1, 1))
ANNS = SideRoom(RoomKind.PRACTICE, PersonId("ann"))


@given(st.from_regex(ID_PATTERN, fullmatch=True))
def test_a_side_room_is_found_again_by_its_id(owner: str) -> None:
    """The id is all that a token and the relay carry of it."""
    for kind in RoomKind:
        room = SideRoom(kind, PersonId(owner))
        assert side_room(room.id) == room


def test_the_longest_id_of_a_person_leaves_room_for_the_kind() -> None:
    """A pitcher of a project with a long name could otherwise not practise, nor check their line: no address would take
    the room."""
    longest = replace(DEMO.projects[0], id=ProjectId("z" * 48))
    people = first_cast(replace(DEMO, projects=(longest,))).everybody()
    assert all(is_slug(SideRoom(kind, person.id).id) for person in people for kind in RoomKind)


def test_every_field_has_its_room_and_poll_and_no_side_room_has_a_field() -> None:
    """The one mapping: what is said of a field holds for its room and its votes, and for no other."""
    for field in DEMO.fields:
        assert field_of_room(DEMO, field.room) is field
        assert str(field.id) == poll_spec(DEMO, field, first_cast(DEMO)).poll == poll_of(field.room)
        assert side_room(field.room) is None
    assert field_of_room(DEMO, ANNS.id) is None
    assert field_of_room(DEMO, RoomId("elsewhere")) is None


@pytest.mark.parametrize("room", ["", "try", "try-", "try--ann", "trying-ann", "x-try-ann", "ai", "try-Ann", "try-a/b"])
def test_what_is_no_side_room_is_public_and_shows_nothing_by_itself(room: str) -> None:
    """A field's room must never be taken for somebody's own."""
    assert side_room(room) is None
    assert RoomId(room) not in PrivateRooms()
    assert standing_programme(RoomId(room)) == {}


def test_a_practice_room_is_private_and_shows_all_its_owner_sends_and_nobody_elses() -> None:
    """As on stage: the camera large, slides beside it, voice and the sound of the screen."""
    assert ANNS.id in PrivateRooms()
    shown = {MAIN: "ann/camera", SLIDES: "ann/slides", FLOOR_1: "ann/microphone", FLOOR_3: "ann/slides-sound"}
    assert standing_programme(ANNS.id) == shown
    assert standing_programme(RoomId(f"final-2026/{ANNS.id}")) == shown, "as the relay of several competitions calls it"


def test_no_field_may_have_the_name_of_a_side_room() -> None:
    """Its stage would be somebody's own, and that person's token would open it."""
    refuse_names_of_side_rooms(DEMO)
    field = replace(DEMO.fields[0], id=FieldId(ANNS.id))
    with pytest.raises(SetupError, match="try-ann"):
        refuse_names_of_side_rooms(replace(DEMO, fields=(field,)))
