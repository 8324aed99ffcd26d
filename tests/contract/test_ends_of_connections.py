"""A store that its user has left holds no connection, whatever was going on just then. One that stays open is a place
in the store's own limit that nobody gives back."""

import asyncio
from contextlib import suppress

import pytest

from roadshow.errors import Unavailable
from roadshow.store.connection import Store, connect, guard
from roadshow.store.redis_pool import client
from tests.left_open import open_now

TURNS = 40
"""Of the loop; opening and asking takes some twenty."""


async def _ask(store: Store) -> None:
    with suppress(Unavailable), guard():
        await asyncio.gather(store.redis.ping(), store.lines.fcall("nothing", 0), return_exceptions=True)


async def test_whoever_asks_a_store_that_was_left_is_refused_and_opens_nothing(store_url: str) -> None:
    """A task may outlive its store by a moment."""
    async with connect(store_url) as store:
        await _ask(store)
    before = open_now()
    with pytest.raises(Unavailable), guard():
        await store.redis.ping()
    with pytest.raises(Unavailable), guard():
        await store.lines.fcall("nothing", 0)
    assert open_now() == before


async def test_a_connection_that_opens_while_its_store_is_left_is_closed_again(store_url: str) -> None:
    """At that moment there is nothing to close yet."""
    before = open_now()
    for turns in range(TURNS):
        async with connect(store_url) as store:
            asking = asyncio.create_task(_ask(store))
            for _ in range(turns):
                await asyncio.sleep(0)
        await asyncio.wait([asking])
        assert open_now() == before, f"after {turns} turns of the loop"


async def test_whoever_is_cancelled_while_leaving_a_store_leaves_it_all_the_same(store_url: str) -> None:
    """So ends the watch over an embedded store that has just come back when the server stops."""
    before = open_now()
    for turns in range(TURNS):
        asking = asyncio.create_task(_ask_and_leave(store_url))
        for _ in range(turns):
            await asyncio.sleep(0)
        asking.cancel()
        await asyncio.wait([asking])
        assert open_now() == before, f"after {turns} turns of the loop"


async def _ask_and_leave(store_url: str) -> None:
    async with client(store_url) as asked:
        await asked.ping()
