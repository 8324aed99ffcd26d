"""The one table of who may do what."""

from typing import get_args

import pytest
from msgspec.structs import replace

from roadshow.access.roles import MESSAGES, ROUTES, Visitor, allowed, authorise
from roadshow.competitions.people import Appointment, Role
from roadshow.errors import NotAllowed, NotSignedIn
from roadshow.ids import RoomId
from roadshow.live.families.award import AwardFamily
from roadshow.live.families.ballots import BallotFamily
from roadshow.live.families.result import ResultFamily
from roadshow.live.families.session import SessionFamily
from roadshow.live.protocol import FromBrowser
from tests.people import somebody

TAGS = {str(message.__struct_config__.tag): message for message in get_args(FromBrowser)}
ROOM, OTHER = "ai", "bio"
ANNOUNCING = ("cards.show", "result.reveal", "overall.confirm", "overall.reveal")


def _visitor(role: Role) -> Visitor:
    if role is Role.AUDIENCE:
        return Visitor(None, "192.0.2.1")
    room = None if role is Role.ORGANISER else RoomId(ROOM)
    return Visitor(somebody("somebody", role, room), "192.0.2.1")


def test_the_table_names_every_message_and_no_other() -> None:
    """A message somebody adds must be given to a role, or it is nobody's."""
    assert set(MESSAGES) == set(TAGS)


def test_routes_and_messages_do_not_share_a_name() -> None:
    """They stand in one table; a right to one must not be one to the other."""
    assert not set(ROUTES) & set(MESSAGES)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("tag", TAGS)
def test_every_command_belongs_to_the_roles_that_do_that_work(role: Role, tag: str) -> None:
    """Walks the whole matrix, written out the other way round than the table."""
    message = TAGS[tag]
    if tag == "audience.vote":
        expected = True
    elif message in (*SessionFamily.asks, *AwardFamily.asks) or tag in ANNOUNCING:
        expected = role is Role.ORGANISER
    elif tag == "overall.countersign":
        expected = role in (Role.CHAIR, Role.ORGANISER)
    elif tag == "result.countersign":
        expected = role in (Role.JUDGE, Role.DEPUTY, Role.CHAIR, Role.ORGANISER)
    elif tag in ("result.confirm", "count.close", "jury.deliberate"):
        expected = role is Role.CHAIR
    elif tag == "call.hear":
        expected = role is Role.ORGANISER
    elif tag in ("call.make", "call.withdraw"):
        expected = role in (Role.CHAIR, Role.DEPUTY, Role.JUDGE, Role.PITCHER, Role.CLERK)
    elif tag == "key.ask":
        expected = role in (Role.JUDGE, Role.DEPUTY, Role.CHAIR)
    elif tag in ("seat.ask", "seat.sign", "chair.ask", "chair.sign", "key.sign", "jury.ask", "jury.casting"):
        expected = role in (Role.CHAIR, Role.DEPUTY, Role.ORGANISER)
    elif tag == "count.ask":
        expected = role in (Role.CHAIR, Role.DEPUTY)
    elif tag == "count.reopen":
        expected = role in (Role.DEPUTY, Role.ORGANISER)
    elif message in ResultFamily.asks:
        expected = role in (Role.CHAIR, Role.DEPUTY, Role.ORGANISER)
    elif message in BallotFamily.asks or tag == "jury.vote":
        expected = role in (Role.JUDGE, Role.DEPUTY, Role.CHAIR)
    else:
        expected = True
    assert allowed(role, tag) is expected


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("action", [*ROUTES, *MESSAGES])
def test_rooms_bound_whatever_is_not_for_everybody(role: Role, action: str) -> None:
    """A judge of one field must not touch another; an organiser has all."""
    visitor = _visitor(role)
    if not allowed(role, action):
        with pytest.raises(NotSignedIn if role is Role.AUDIENCE else NotAllowed):
            authorise(visitor, action, ROOM)
        return
    authorise(visitor, action, ROOM)
    if role in (Role.AUDIENCE, Role.ORGANISER) or allowed(Role.AUDIENCE, action):
        authorise(visitor, action, OTHER)
    else:
        with pytest.raises(NotAllowed, match=r"room\.not_yours"):
            authorise(visitor, action, OTHER)


def test_an_act_is_told_with_the_role_held_where_it_was_done() -> None:
    """The chair of one field who scores in another does so as a judge, and the log must say so."""
    held = (Appointment(Role.CHAIR, RoomId(ROOM)), Appointment(Role.JUDGE, RoomId(OTHER)))
    visitor = Visitor(replace(somebody("lev", Role.CHAIR), appointments=held), "192.0.2.1")
    assert [visitor.role_in(room) for room in (ROOM, OTHER, "nowhere")] == [Role.CHAIR, Role.JUDGE, Role.CHAIR]
    assert visitor.role is Role.CHAIR


@pytest.mark.parametrize("role", Role)
def test_what_the_table_does_not_name_nobody_may_do(role: Role) -> None:
    """Forgetting an entry must close the door, not open it."""
    assert not allowed(role, "made.up")
    with pytest.raises((NotAllowed, NotSignedIn)):
        authorise(_visitor(role), "made.up")


def test_what_is_open_to_the_audience_is_open_to_all() -> None:
    """Nobody loses by being invited."""
    for action in (*ROUTES, *MESSAGES):
        if allowed(Role.AUDIENCE, action):
            assert all(allowed(role, action) for role in Role)
