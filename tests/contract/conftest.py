"""A real Valkey for the contract tests: one process for the whole run, empty for every test."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from roadshow.commands.functions import load
from roadshow.settings import Settings
from roadshow.store.connection import Store, connect, socket_url
from roadshow.store.embedded import EmbeddedStore
from tests.guarded_store import GuardedStore, guarded_store


@pytest.fixture(scope="session")
def embedded_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The socket of a running embedded store."""
    # Its own loop: the session outlives the loop of any one test.
    with asyncio.Runner() as runner:
        store = EmbeddedStore(tmp_path_factory.mktemp("store"))
        runner.run(store.__aenter__())
        yield store.socket
        runner.run(store.__aexit__(None, None, None))


@pytest.fixture(scope="session")
def guarded_store_(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedStore]:
    """As it is deployed: with users, and the functions of this version. Nobody can empty it: tests take names of their
    own."""
    with guarded_store(tmp_path_factory.mktemp("guarded")) as store:
        with asyncio.Runner() as runner:
            runner.run(load(Settings(redis_url=store.url("loader"))))
        yield store


@pytest.fixture
def guarded_url(guarded_store_: GuardedStore) -> str:
    """For the server's user."""
    return guarded_store_.url("roadshow")


@pytest.fixture
async def guarded(guarded_url: str) -> AsyncIterator[Store]:
    """The same on the test's own loop, with whatever tests before it left there."""
    async with connect(guarded_url) as store:
        yield store


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
