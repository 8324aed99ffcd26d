"""The way to the store, and what is asked of it.

Commands are never repeated by themselves: a write whose answer was lost may or may not have happened, so only the
caller, who knows whether it is idempotent, may send it again. (redis-py repeats ten times in silence unless told.)
"""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from urllib.parse import quote, urlsplit

from redis.asyncio import Redis
from redis.exceptions import (
    AuthenticationError,
    ClusterDownError,
    MasterDownError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TryAgainError,
    WatchError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from roadshow.errors import SetupError, Unavailable
from roadshow.ids import CompetitionId
from roadshow.settings import Settings
from roadshow.store.durable_lines import DurableLines
from roadshow.store.embedded import EmbeddedStore
from roadshow.store.fence import FENCED
from roadshow.store.keys import Keys
from roadshow.store.lease import LeaseLost
from roadshow.store.redis_pool import client, connections
from roadshow.store.trouble import Trouble

log = logging.getLogger(__name__)

OLDEST_REDIS = (7, 0)
"""The first with functions."""
OLDEST_VALKEY = (7, 2)
"""The first Valkey."""
OLDEST_REDIS_WITH_COPIES = (7, 2)
"""The first with WAITAOF; all versions of Valkey have it."""

_CANNOT_NOW = (ClusterDownError, MasterDownError, OutOfMemoryError, ReadOnlyError, TryAgainError)
_CANNOT_NOW_CODES = ("BUSY ", "MISCONF ", "NOREPLICAS ")
"""Refusals that say the store cannot do it now, whatever was asked; redis-py has classes for some of them."""


class NeverServed(SetupError):
    """Nothing of a competition was ever kept there."""


@contextmanager
def guard() -> Iterator[None]:
    """Turn a store that is away, too slow or refusing all writes into Unavailable("store.away"), and the fence of
    another server into LeaseLost.

    Whether a write that fails with the former has happened is unknown. Other errors of the store are mistakes of ours
    and pass. What an operator is told of a store that refuses, ``trouble`` says once.
    """
    try:
        yield
    except (RedisConnectionError, RedisTimeoutError) as problem:
        raise Unavailable("store.away") from problem
    except WatchError as problem:
        raise LeaseLost from problem
    except ResponseError as problem:
        if str(problem).startswith(FENCED):
            raise LeaseLost from problem
        if not is_passing(problem):
            raise
        raise Unavailable("store.away") from problem


def is_passing(problem: ResponseError) -> bool:
    """Whether the store refuses because of its own state, not because of what was asked."""
    return isinstance(problem, _CANNOT_NOW) or str(problem).startswith(_CANNOT_NOW_CODES)


@dataclass(frozen=True, slots=True)
class Store:
    """The running store. Every use of either way to it belongs inside ``guard()``."""

    redis: Redis
    """For ordinary commands, each on any free connection of a pool. Answers are bytes."""
    lines: DurableLines
    """For acts that must be durable, in the store's copies too, before anybody is told of them."""
    explain: Callable[[], Trouble | None] = lambda: None
    """Why it is away, where somebody who watches over it knows."""
    is_ours_alone: bool = False
    """Whether a lock keeps every other server out: whoever had a lease here is dead."""


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[Store]:
    """The store for as long as the block runs: the one ``redis_url`` names, else the embedded one in ``data``.

    Raises SetupError when there is none to be had: not reachable, too old, or in use by another server.
    """
    if settings.redis_url is not None:
        async with connect(settings.redis_url, settings.store_replicas) as store:
            await _examine(store, settings.redis_url, settings.store_replicas)
            yield store
        return
    async with (
        EmbeddedStore(settings.data) as embedded,
        _alongside(embedded.supervise()),
        connect(socket_url(embedded.socket)) as store,
    ):
        yield replace(store, explain=lambda: embedded.trouble, is_ours_alone=True)


@asynccontextmanager
async def open_own_store(url: str) -> AsyncIterator[Store]:
    """The store at ``url``, looked at as for a server. Raises SetupError."""
    async with connect(url) as store:
        await _examine(store, url, 0)
        yield store


@asynccontextmanager
async def open_running_store(settings: Settings, competition: CompetitionId) -> AsyncIterator[Store]:
    """For a command beside a server: as ``open_store``, but the embedded store of a server that is running is shared
    with it, and none is made. Raises SetupError; NeverServed where nothing of the competition was ever served: what is
    done there would be done to nobody.
    """
    if settings.redis_url is None:
        embedded = EmbeddedStore(settings.data)
        if not embedded.has_files:
            raise _never_served(settings, competition)
        async with connect(socket_url(embedded.socket)) as running:
            if await _answers(running):
                await _require(running, settings, competition)
                yield running
                return
    async with open_store(settings) as store:
        await _require(store, settings, competition)
        yield store


async def _require(store: Store, settings: Settings, competition: CompetitionId) -> None:
    keys = Keys(competition)
    with guard():
        for trace in (keys.signer(), keys.cast(), keys.former_people()):  # one by one: each has a slot of its own
            if await store.redis.exists(trace):
                return
    raise _never_served(settings, competition)


def _never_served(settings: Settings, competition: CompetitionId) -> NeverServed:
    if settings.redis_url is not None:
        where = _without_password(settings.redis_url)
        return NeverServed(f"Nothing of {competition} was ever served from {where}. Set REDIS_URL as for the server.")
    return NeverServed(f"Nothing of {competition} was ever served from {settings.data}. Give the server's --data.")


async def _answers(store: Store) -> bool:
    try:
        with guard():
            await store.redis.ping()
    except Unavailable:
        return False
    return True


@asynccontextmanager
async def connect(url: str, replicas: int = 0) -> AsyncIterator[Store]:
    """A store that already runs at ``url`` (redis://, rediss:// or unix://), not examined. Connects on first use.
    ``replicas``: how many of its copies must have on disk what the lines acknowledge."""
    async with (
        client(url) as redis,
        connections(url) as connection,
        aclosing(DurableLines(connection, replicas)) as lines,
    ):
        yield Store(redis, lines)


def running_url(settings: Settings) -> str:
    """Where the store of a running house is."""
    return settings.redis_url or socket_url(EmbeddedStore(settings.data).socket)


def socket_url(path: object) -> str:
    """The URL of a Unix socket."""
    return f"unix://{quote(str(path))}"


@asynccontextmanager
async def _alongside(work: Coroutine[object, object, None]) -> AsyncIterator[None]:
    """Run ``work`` while the block runs. Unlike a task group, it lets the block's own exception through unwrapped, so
    that a SetupError ends the program with its text."""
    task = asyncio.create_task(work)
    task.add_done_callback(_say_if_failed)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _say_if_failed(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (problem := task.exception()) is not None:
        log.critical("The embedded store is no longer watched over.", exc_info=problem)


async def _examine(store: Store, url: str, replicas: int) -> None:
    """Refuse a store that cannot serve, and warn about one that may lose acknowledged votes."""
    where = _without_password(url)
    try:
        server = await store.redis.info("server")
        replication = await store.redis.info("replication")
        persistence = await store.redis.info("persistence")
    except AuthenticationError as problem:
        raise SetupError(f"The store at {where} refuses the name or password in REDIS_URL.") from problem
    except (RedisError, OSError) as problem:
        raise SetupError(f"The store at {where} does not answer: {problem}") from problem

    is_valkey = server.get("server_name") == "valkey"
    oldest_redis = OLDEST_REDIS_WITH_COPIES if replicas else OLDEST_REDIS
    name, oldest = ("Valkey", OLDEST_VALKEY) if is_valkey else ("Redis", oldest_redis)
    version = str(server.get("valkey_version" if is_valkey else "redis_version", ""))
    if _version(version) < oldest:
        raise SetupError(
            f"The store at {where} is {name} {version or '(unknown)'}; needed is {_dotted(oldest)} or newer."
        )
    if replication.get("role") != "master":
        raise SetupError(f"The store at {where} is a replica and takes no writes. Let REDIS_URL name its primary.")
    try:
        await store.redis.function_stats()
    except RedisError as problem:
        raise SetupError(f"The store at {where} does not offer functions (FUNCTION): {problem}") from problem

    appends = bool(persistence.get("aof_enabled"))
    if replicas and not appends:
        raise SetupError(f"The store at {where} keeps nothing on disk. With copies, too, it needs appendonly yes.")
    connected = int(replication.get("connected_slaves", 0))
    if connected < replicas:
        log.warning(
            "The store at %s has %d of the %d copies that votes need. They are not acknowledged before the others are "
            "there.",
            where,
            connected,
            replicas,
        )
    configuration: dict[str, str] | None = None
    try:
        configuration = await _configuration(store)
    except NoPermissionError:
        if appends:
            log.info("The store at %s does not let this user ask how it is set up. “roadshow functions” looks.", where)
            return
    for warning in _durability_warnings(appends, configuration):
        log.warning("The store at %s %s", where, warning)


async def _configuration(store: Store) -> dict[str, str] | None:
    """What decides about lost writes; None where nobody may ask, as with hosted stores. Raises NoPermissionError where
    this user may not, as by deploy/store.acl."""
    try:
        answer = await store.redis.config_get("appendfsync", "maxmemory", "maxmemory-policy")
    except NoPermissionError:
        raise
    except RedisError:
        return None
    return {_string(name): _string(value) for name, value in answer.items()}


def _durability_warnings(appends: bool, configuration: dict[str, str] | None) -> Iterator[str]:
    if not appends:
        yield "keeps nothing on disk: votes are lost when it stops. Set appendonly to yes."
    elif configuration is None:
        yield "does not tell its configuration. Make sure that appendfsync is always, or a crash can lose votes."
    elif configuration.get("appendfsync") != "always":
        yield "does not write every vote to disk at once: a crash can lose the last ones. Set appendfsync to always."
    if (
        configuration
        and configuration.get("maxmemory") != "0"
        and configuration.get("maxmemory-policy") != "noeviction"
    ):
        yield "may throw data away when its memory is full. Set maxmemory-policy to noeviction."


def _string(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:2])


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()
