"""A store that takes no writes: the server knows it at once, says why in words, once, and recovers by itself."""

import asyncio
import functools
import logging
import resource
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from roadshow.clock import SystemClock
from roadshow.ids import CompetitionId
from roadshow.settings import Settings
from roadshow.store.connection import Store, connect, open_store, socket_url
from roadshow.store.embedded import EmbeddedStore
from roadshow.store.fence import Fence
from roadshow.store.keys import Keys
from roadshow.store.redis_lease import RedisLease
from roadshow.store.tenure import Standing, in_office

KEYS = Keys(CompetitionId("final"))
LESS = 200_000
"""Bytes: less than the append-only file has, more than the store's log needs."""
Process = subprocess.Popen[bytes]
WITHIN = 30.0
"""Seconds: some renewals, or a restarted store's longest pause, on a busy machine."""


@pytest.fixture
async def own(tmp_path: Path) -> AsyncIterator[EmbeddedStore]:
    """A store of the test's own, which it may treat as it likes."""
    async with EmbeddedStore(tmp_path / "own") as store:
        yield store


@asynccontextmanager
async def _serving(store: Store) -> AsyncIterator[Standing]:
    standing = Standing()
    lease = RedisLease(store, KEYS, Fence(KEYS, SystemClock()), "here")
    async with in_office({CompetitionId("final"): lease}, standing, lambda _now, _took: None):
        yield standing


async def _until(standing: Standing, code: str) -> None:
    """What ``/ready`` would tell."""
    async with asyncio.timeout(WITHIN):
        while True:
            trouble = standing.trouble()
            if ("" if trouble is None else trouble.code) == code:
                return
            await asyncio.sleep(0.02)


def _told(log: pytest.LogCaptureFixture, text: str) -> int:
    return sum(text in record.getMessage() for record in log.records)


async def test_a_full_memory_is_known_and_told_once(own: EmbeddedStore, caplog: pytest.LogCaptureFixture) -> None:
    """``/health`` was 200 while no ballot could be stored."""
    async with connect(socket_url(own.socket)) as store, _serving(store) as standing:
        await _until(standing, "")
        await store.redis.config_set("maxmemory", "1")
        await _until(standing, "store.memory_full")
        trouble = standing.trouble()
        assert trouble is not None
        assert "maxmemory" in trouble.words
        await asyncio.sleep(2)  # two more renewals, and nothing more to read
        await store.redis.config_set("maxmemory", "0")
        await _until(standing, "")
    assert _told(caplog, "Nothing can be written (store.memory_full)") == 1
    assert _told(caplog, "The store takes writes again.") == 1


async def test_a_store_that_became_a_replica_is_known(own: EmbeddedStore, caplog: pytest.LogCaptureFixture) -> None:
    """A failover that the server has not heard of."""
    async with connect(socket_url(own.socket)) as store, _serving(store) as standing:
        await store.redis.replicaof("127.0.0.1", 1)
        await _until(standing, "store.read_only")
        await store.redis.replicaof("NO", "ONE")
        await _until(standing, "")
    assert _told(caplog, "Nothing can be written (store.read_only)") == 1


async def test_a_full_disk_of_a_store_that_goes_on_without_it_is_known(
    own: EmbeddedStore, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A store of one's own with ``appendfsync everysec`` refuses writes from then on (MISCONF)."""
    _let_files_end(monkeypatch)
    async with EmbeddedStore(tmp_path / "full") as full, connect(socket_url(full.socket)) as store:
        await store.redis.config_set("appendfsync", "everysec")
        async with _serving(store) as standing:
            _end_files_at(full.pid, 0)
            await _until(standing, "store.disk_full")
            _end_files_at(full.pid, resource.RLIM_INFINITY)
            await _until(standing, "")
    assert _told(caplog, "Nothing can be written (store.disk_full)") == 1
    assert _told(caplog, "Make room on it.") == 1


async def test_a_full_disk_of_the_embedded_store_is_named_in_the_log(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With every write on disk at once Valkey ends itself there; the log said that it died and runs again, for ever."""
    _let_files_end(monkeypatch)
    started: list[int] = []
    spawn = EmbeddedStore._spawn
    longest = resource.RLIM_INFINITY

    def remember(store: EmbeddedStore, lock: int) -> Process:
        process = spawn(store, lock)
        started.append(process.pid)
        _end_files_at(process.pid, longest)
        return process

    monkeypatch.setattr(EmbeddedStore, "_spawn", remember)
    with caplog.at_level(logging.WARNING, "roadshow.store"):
        async with open_store(Settings(data=tmp_path / "data")) as store, _serving(store) as standing:
            await store.redis.set("what is there already", b"x" * 2 * LESS)
            longest = LESS
            _end_files_at(started[-1], longest)
            await _until(standing, "store.disk_full")
            longest = resource.RLIM_INFINITY
            _end_files_at(started[-1], longest)
            await _until(standing, "")
    assert _told(caplog, "died (store.disk_full): The store's disk is full. Make room on it.") == 1
    assert _told(caplog, "The store takes writes again.") == 1


async def test_a_frozen_store_is_known(own: EmbeddedStore) -> None:
    """It refuses nothing and answers nothing."""
    async with connect(socket_url(own.socket)) as store, _serving(store) as standing:
        await store.redis.client_pause(4500)
        await _until(standing, "store.away")
        await _until(standing, "")


def _let_files_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process whose files may not grow is told so by its writes, as by a full disk, instead of being killed."""
    monkeypatch.setattr(
        "roadshow.store.embedded.subprocess.Popen", functools.partial(subprocess.Popen, restore_signals=False)
    )


def _end_files_at(pid: int, size: int) -> None:
    with suppress(ProcessLookupError):  # it died of it
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
