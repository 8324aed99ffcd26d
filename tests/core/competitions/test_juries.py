"""What can be held and is still not wise: a jury whose chair nobody can stand in for."""

from dataclasses import replace

import msgspec
import pytest

from roadshow.competitions.cast import Cast, first_cast
from roadshow.competitions.jury import warnings
from roadshow.competitions.loading import load
from roadshow.competitions.people import Appointment, Person, Role
from roadshow.ids import PersonId, RoomId
from tests.core.competitions.definitions import SMALL, TODAY
from tests.people import somebody

COMPETITION = load(SMALL, "small", today=TODAY)
AI = RoomId("ai")


def _chaired_by_the_only_organiser(*others: Person) -> Cast:
    cast = first_cast(COMPETITION)
    people = {one.id: one for one in cast.people.values() if one.role is not Role.ORGANISER}
    chair = next(one for one in people.values() if one.role is Role.CHAIR)
    both = msgspec.structs.replace(chair, appointments=(*chair.appointments, Appointment(Role.ORGANISER)))
    return replace(cast, people={**people, chair.id: both, **{one.id: one for one in others}})


@pytest.mark.parametrize(
    ("others", "warned"),
    [
        ((), True),
        ((somebody("deng", Role.DEPUTY, AI),), False),
        ((somebody("olga", Role.ORGANISER),), False),
    ],
)
def test_a_chair_who_alone_organises_is_warned_of(others: tuple[Person, ...], warned: bool) -> None:
    """Nobody decides about ballots of their own: theirs would wait for ever."""
    cast = _chaired_by_the_only_organiser(*others)
    told = [one for one in warnings(cast, COMPETITION) if "nobody can decide" in one]
    assert [("ai" in one) for one in told] == ([True] if warned else [])


def test_a_definition_has_organisers_of_its_own() -> None:
    """Only the people desk can make a judge one."""
    cast = first_cast(COMPETITION)
    assert not [one for one in warnings(cast, COMPETITION) if "nobody can decide" in one]
    assert PersonId("organiser") in cast.people
