"""The names of the store's keys."""

import inspect
import re
from dataclasses import astuple, is_dataclass

from hypothesis import given
from hypothesis import strategies as st

from roadshow.ids import ID_PATTERN, CompetitionId, PollId, RoomId
from roadshow.store.keys import Keys

SLUGS = st.from_regex(ID_PATTERN, fullmatch=True)


def _tag(key: str) -> str:
    """What Redis Cluster hashes of a key: the text between the first brace and the next closing one."""
    found = re.search(r"\{([^}]+)\}", key)
    return found[1] if found else key


@given(competition=SLUGS, one=SLUGS, other=SLUGS)
def test_no_two_things_share_a_key(competition: str, one: str, other: str) -> None:
    """A session read as an invitation, or one room's state as another's, would be silent and total confusion."""
    keys = Keys(CompetitionId(competition))
    names: list[str] = []
    for name, method in inspect.getmembers(keys, inspect.ismethod):
        if name.startswith("_"):
            continue
        parameters = len(inspect.signature(method).parameters)
        for arguments in {(one,), (other,)} if parameters else {()}:
            made = method(*arguments)
            names.extend(astuple(made) if is_dataclass(made) and not isinstance(made, type) else [made])
    assert len(names) == len(set(names))
    assert all(name.startswith(f"roadshow:{competition}:") for name in names)


@given(competition=SLUGS, poll=SLUGS)
def test_the_keys_of_a_poll_share_one_slot(competition: str, poll: str) -> None:
    """One server-side function touches them all, and a cluster permits that only within a slot."""
    keys = Keys(CompetitionId(competition)).poll(PollId(poll))
    assert {_tag(key) for key in astuple(keys)} == {f"poll:{competition}:{poll}"}


@given(competition=SLUGS, room=SLUGS)
def test_the_keys_of_a_room_share_one_slot(competition: str, room: str) -> None:
    """State and history are written by one function."""
    keys = Keys(CompetitionId(competition)).room(RoomId(room))
    assert {_tag(key) for key in astuple(keys)} == {f"room:{room}"}
