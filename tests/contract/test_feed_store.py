"""What every store of encoders promises, in memory and in a real Valkey; and what is told of it."""

import asyncio
from collections.abc import Iterator

import pytest

from roadshow.errors import Conflict, InputError, NotFound
from roadshow.ids import CompetitionId, EncoderId, RoomId
from roadshow.rooms.feeds.crew import Crew
from roadshow.rooms.feeds.encoders import BACKUP, MAIN, MOST, RoomEncoders
from roadshow.rooms.feeds.memory_store import MemoryFeedStore
from roadshow.rooms.feeds.ports import FeedStore
from roadshow.rooms.feeds.redis_store import RedisFeedStore
from roadshow.store.keys import Keys

AI, BIO = RoomId("ai"), RoomId("bio")
BALCONY = EncoderId("balcony")
KEYS = Keys(CompetitionId("final"))


@pytest.fixture(params=["memory", "valkey"])
def store(request: pytest.FixtureRequest) -> Iterator[FeedStore]:
    if request.param == "memory":
        yield MemoryFeedStore()
    else:
        yield RedisFeedStore(request.getfixturevalue("valkey"), KEYS)


async def test_what_is_kept_is_found_again(store: FeedStore) -> None:
    """Of each room its own."""
    assert await store.encoders() == {}
    assert [await store.raise_generation(AI, MAIN) for _ in range(2)] == [1, 2]
    await store.name(AI, BALCONY)
    await store.put_first(AI, BACKUP)
    await store.put_first(BIO, MAIN)
    await store.put_first(BIO, BALCONY)
    assert await store.encoders() == {
        AI: RoomEncoders({MAIN: 2, BALCONY: 0}, BACKUP),
        BIO: RoomEncoders({}, BALCONY),
    }


async def test_naming_an_encoder_again_brings_no_withdrawn_token_back(store: FeedStore) -> None:
    """The command prints a token many times."""
    await store.raise_generation(AI, BALCONY)
    await store.name(AI, BALCONY)
    assert (await store.encoders())[AI].generation(BALCONY) == 1


async def test_withdrawals_at_once_all_count(store: FeedStore) -> None:
    """One at the desk, one at the console: neither gives out the other's token."""
    assert sorted(await asyncio.gather(*(store.raise_generation(AI, MAIN) for _ in range(20)))) == list(range(1, 21))


class Told:
    """Keeps what a crew tells."""

    def __init__(self, store: FeedStore) -> None:
        self.withdrawn: list[tuple[RoomId, EncoderId]] = []
        self.first: list[tuple[RoomId, EncoderId]] = []
        self.crew = Crew(
            store,
            when_withdrawn=lambda room, encoder: self.withdrawn.append((room, encoder)),
            when_first=lambda room, encoder: self.first.append((room, encoder)),
        )


async def test_each_token_ends_alone(store: FeedStore) -> None:
    """Before there were several, only another secret ended one, and all others with it."""
    crew = Told(store).crew
    assert await crew.withdraw(AI, BACKUP) == 1
    held = {(room, encoder): await crew.holds(room, encoder, 0) for room in (AI, BIO) for encoder in (MAIN, BACKUP)}
    assert held == {(AI, MAIN): True, (AI, BACKUP): False, (BIO, MAIN): True, (BIO, BACKUP): True}
    assert await crew.holds(AI, BACKUP, 1)


async def test_what_another_program_withdrew_is_told_once_and_nothing_of_the_past(store: FeedStore) -> None:
    """The machine that comes with the new token must not be ended for the former one."""
    console = Crew(store)
    await console.withdraw(AI, BACKUP)
    told = Told(store)
    assert await told.crew.look() == ()
    await console.withdraw(AI, MAIN)
    await told.crew.withdraw(BIO, MAIN)
    assert await told.crew.look() == ((AI, MAIN),)
    assert await told.crew.look() == ()
    assert told.withdrawn == [(BIO, MAIN), (AI, MAIN)]


async def test_the_first_withdrawal_ever_is_told_too(store: FeedStore) -> None:
    """An empty store is a look like any other."""
    told = Told(store)
    await told.crew.look()
    await Crew(store).withdraw(AI, MAIN)
    assert await told.crew.look() == ((AI, MAIN),)


async def test_whom_a_host_put_first_outlives_the_server(store: FeedStore) -> None:
    """After a crash, the camera that was taken off the stage must not be back on it."""
    await Told(store).crew.put_first(AI, BACKUP)
    again = Told(store)
    await again.crew.look()
    await again.crew.look()
    assert again.first == [(AI, BACKUP)]


async def test_a_room_has_so_many_encoders_and_no_more(store: FeedStore) -> None:
    """Each that stands by costs as much as the one in use, and a list of fifty helps nobody."""
    crew = Crew(store)
    for number in range(MOST - 2):
        await crew.name(AI, EncoderId(f"camera-{number}"))
    await crew.name(AI, MAIN)
    await crew.name(AI, EncoderId("camera-0"))
    with pytest.raises(Conflict, match=r"feed\.too_many"):
        await crew.name(AI, BALCONY)
    with pytest.raises(InputError, match=r"feed\.name"):
        await crew.name(BIO, EncoderId("Main camera"))
    with pytest.raises(NotFound, match=r"feed\.unknown"):
        await crew.withdraw(AI, BALCONY)
    with pytest.raises(NotFound, match=r"feed\.unknown"):
        await crew.put_first(AI, BALCONY)
    assert not await crew.holds(AI, BALCONY, 0)
