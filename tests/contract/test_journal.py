"""What every journal promises, in memory and in a real Valkey."""

import asyncio
from collections.abc import Iterator

import pytest

from roadshow.clock import SystemClock
from roadshow.errors import Conflict, Unavailable
from roadshow.ids import CompetitionId, RoomId
from roadshow.rooms.memory_store import MemoryJournal
from roadshow.rooms.ports import HISTORY, Journal, Saved
from roadshow.rooms.redis_store import RedisJournal
from roadshow.store.connection import connect
from roadshow.store.keys import Keys

ROOM, OTHER = RoomId("ai"), RoomId("robotics")
KEYS = Keys(CompetitionId("final"))


@pytest.fixture(params=["memory", "valkey"])
def journal(request: pytest.FixtureRequest) -> Iterator[Journal]:
    if request.param == "memory":
        yield MemoryJournal(SystemClock())
    else:
        yield RedisJournal(request.getfixturevalue("valkey"), KEYS)


async def test_a_room_that_never_was_is_none(journal: Journal) -> None:
    """A first start begins from the plan."""
    assert await journal.load(ROOM) is None
    assert await journal.history(ROOM) == ()


async def test_what_was_saved_is_loaded(journal: Journal) -> None:
    """Byte by byte, whatever the bytes."""
    saved = Saved(1, bytes(range(256)))
    await journal.save(ROOM, saved, "begun")
    assert await journal.load(ROOM) == saved
    newer = Saved(2, b"")
    await journal.save(ROOM, newer, "start")
    assert await journal.load(ROOM) == newer


async def test_rooms_do_not_touch_each_other(journal: Journal) -> None:
    """Three fields play at the same time."""
    await journal.save(ROOM, Saved(1, b"ai"), "begun")
    await journal.save(OTHER, Saved(1, b"robotics"), "begun")
    assert await journal.load(ROOM) == Saved(1, b"ai")
    assert len(await journal.history(OTHER)) == 1


@pytest.mark.parametrize("revision", [0, 1, 2, 4, 10**9])
async def test_a_revision_that_does_not_follow_is_refused(journal: Journal, revision: int) -> None:
    """A second server must not overwrite the first."""
    await journal.save(ROOM, Saved(1, b"one"), "begun")
    await journal.save(ROOM, Saved(2, b"two"), "start")
    with pytest.raises(Conflict, match=r"room\.stale"):
        await journal.save(ROOM, Saved(revision, b"other"), "next")
    assert await journal.load(ROOM) == Saved(2, b"two")
    assert len(await journal.history(ROOM)) == 2


async def test_the_first_revision_is_one(journal: Journal) -> None:
    """Numbers count saves."""
    with pytest.raises(Conflict, match=r"room\.stale"):
        await journal.save(ROOM, Saved(2, b""), "begun")
    assert await journal.load(ROOM) is None


async def test_saving_the_same_again_does_nothing(journal: Journal) -> None:
    """A save whose answer was lost is sent again."""
    for _ in range(2):
        await journal.save(ROOM, Saved(1, b"one"), "begun")
    assert [note.note for note in await journal.history(ROOM)] == ["begun"]


async def test_of_two_writers_one_wins(journal: Journal) -> None:
    """The check and the write are one step."""
    saves = (journal.save(ROOM, Saved(1, f"writer {number}".encode()), "begun") for number in range(8))
    outcomes = await asyncio.gather(*saves, return_exceptions=True)
    assert outcomes.count(None) == 1
    assert all(outcome is None or isinstance(outcome, Conflict) for outcome in outcomes)
    assert await journal.load(ROOM) == Saved(1, f"writer {outcomes.index(None)}".encode())


async def test_history_is_kept_in_order_and_bounded(journal: Journal) -> None:
    """A long day must not fill the store."""
    for revision in range(1, HISTORY + 6):
        await journal.save(ROOM, Saved(revision, b""), f"note {revision}")
    history = await journal.history(ROOM)
    assert [(note.revision, note.note) for note in history] == [
        (revision, f"note {revision}") for revision in range(6, HISTORY + 6)
    ]
    assert [note.at for note in history] == sorted(note.at for note in history)


async def test_a_store_that_is_away_is_unavailable() -> None:
    """The room tries again; it must be able to tell this from a refusal."""
    async with connect("redis://127.0.0.1:1") as store:
        journal = RedisJournal(store.redis, KEYS)
        with pytest.raises(Unavailable):
            await journal.save(ROOM, Saved(1, b""), "begun")
        with pytest.raises(Unavailable):
            await journal.load(ROOM)
        with pytest.raises(Unavailable):
            await journal.history(ROOM)
