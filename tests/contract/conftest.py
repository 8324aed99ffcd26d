"""A real Valkey for the contract tests: one process for the whole run, empty for every test."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from roadshow.store.connection import Store, connect, socket_url
from roadshow.store.embedded import EmbeddedStore


@pytest.fixture(scope="session")
def embedded_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The socket of a running embedded store."""
    # Its own loop: the session outlives the loop of any one test.
    with asyncio.Runner() as runner:
        store = EmbeddedStore(tmp_path_factory.mktemp("store"))
        runner.run(store.__aenter__())
        yield store.socket
        runner.run(store.__aexit__(None, None, None))


@pytest.fixture
def store_url(embedded_store: Path) -> str:
    return socket_url(embedded_store)


@pytest.fixture
async def connected(store_url: str) -> AsyncIterator[Store]:
    """The store on the test's own loop; no keys and no functions in it."""
    async with connect(store_url) as store:
        await store.redis.flushall()
        await store.redis.function_flush()
        yield store


@pytest.fixture
def valkey(connected: Store) -> Redis:
    """Its client."""
    return connected.redis
