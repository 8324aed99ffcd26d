"""The way to the store, and what is asked of it.

Commands are never repeated by themselves: a write whose answer was lost may or may not have happened, so only the
caller, who knows whether it is idempotent, may send it again. (redis-py repeats ten times in silence unless told.)
"""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    ClusterDownError,
    MasterDownError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TryAgainError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.maint_notifications import MaintNotificationsConfig

from roadshow.errors import SetupError, Unavailable
from roadshow.settings import Settings
from roadshow.store.embedded import EmbeddedStore

log = logging.getLogger(__name__)

POOL_SIZE = 32
"""Connections for ordinary commands. One store thread answers them all; more would only queue there."""
POOL_WAIT = 2.0
"""Seconds a command waits for a free connection before it is told the store is away."""
CONNECT_TIMEOUT = 2.0
"""Seconds."""
ANSWER_TIMEOUT = 5.0
"""Seconds; every write waits for the disk, and a slow disk may take a second or two."""
OLDEST_REDIS = (7, 0)
"""The first with functions."""
OLDEST_VALKEY = (7, 2)
"""The first Valkey."""

_CANNOT_NOW = (ClusterDownError, MasterDownError, OutOfMemoryError, ReadOnlyError, TryAgainError)
_CANNOT_NOW_CODES = ("BUSY ", "MISCONF ", "NOREPLICAS ")
"""Refusals that say the store cannot do it now, whatever was asked; redis-py has classes for some of them."""


@contextmanager
def guard() -> Iterator[None]:
    """Turn a store that is away, too slow or refusing all writes into Unavailable("store.away").

    Whether a write that fails so has happened is unknown. Other errors of the store are mistakes of ours and pass.
    """
    try:
        yield
    except (RedisConnectionError, RedisTimeoutError) as problem:
        raise Unavailable("store.away") from problem
    except ResponseError as problem:
        if not isinstance(problem, _CANNOT_NOW) and not str(problem).startswith(_CANNOT_NOW_CODES):
            raise
        log.error("The store refuses commands: %s", problem)  # noqa: TRY400  # for operators; a trace adds nothing
        raise Unavailable("store.away") from problem


@dataclass(frozen=True, slots=True)
class Store:
    """The running store. Every use of either client belongs inside ``guard()``."""

    redis: Redis
    """For ordinary commands, each on any free connection of a pool. Answers are bytes."""
    url: str

    @asynccontextmanager
    async def dedicated(self) -> AsyncIterator[Redis]:
        """A client with one connection of its own, for commands that depend on what the same connection did before,
        such as WAITAOF after a write. Not for several tasks at once."""
        client = _client(self.url, connections=1)
        try:
            yield client
        finally:
            await client.aclose()


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[Store]:
    """The store for as long as the block runs: the one ``redis_url`` names, else the embedded one in ``data``.

    Raises SetupError when there is none to be had: not reachable, too old, or in use by another server.
    """
    if settings.redis_url is not None:
        async with connect(settings.redis_url) as store:
            await _examine(store)
            yield store
        return
    async with (
        EmbeddedStore(settings.data) as embedded,
        _alongside(embedded.supervise()),
        connect(socket_url(embedded.socket)) as store,
    ):
        yield store


@asynccontextmanager
async def connect(url: str) -> AsyncIterator[Store]:
    """A store that already runs at ``url`` (redis://, rediss:// or unix://), not examined. Connects on first use."""
    store = Store(_client(url, connections=POOL_SIZE), url)
    try:
        yield store
    finally:
        await store.redis.aclose()


def socket_url(path: object) -> str:
    """The URL of a Unix socket."""
    return f"unix://{quote(str(path))}"


def _client(url: str, *, connections: int) -> Redis:
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=connections,
        timeout=POOL_WAIT,
        socket_timeout=ANSWER_TIMEOUT,
        **({} if url.startswith("unix:") else {"socket_connect_timeout": CONNECT_TIMEOUT}),
        retry=Retry(NoBackoff(), 0),
        decode_responses=False,
        maint_notifications_config=MaintNotificationsConfig(enabled=False),
    )
    return Redis.from_pool(pool)


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


async def _examine(store: Store) -> None:
    """Refuse a store that cannot serve, and warn about one that may lose acknowledged votes."""
    where = _without_password(store.url)
    try:
        server = await store.redis.info("server")
        replication = await store.redis.info("replication")
        persistence = await store.redis.info("persistence")
    except AuthenticationError as problem:
        raise SetupError(f"The store at {where} refuses the name or password in REDIS_URL.") from problem
    except (RedisError, OSError) as problem:
        raise SetupError(f"The store at {where} does not answer: {problem}") from problem

    is_valkey = server.get("server_name") == "valkey"
    name, oldest = ("Valkey", OLDEST_VALKEY) if is_valkey else ("Redis", OLDEST_REDIS)
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

    for warning in _durability_warnings(bool(persistence.get("aof_enabled")), await _configuration(store)):
        log.warning("The store at %s %s", where, warning)


async def _configuration(store: Store) -> dict[str, str] | None:
    """What decides about lost writes; None where asking is forbidden, as hosted stores often do."""
    try:
        answer = await store.redis.config_get("appendfsync", "maxmemory", "maxmemory-policy")
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
