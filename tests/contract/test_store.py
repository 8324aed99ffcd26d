"""Connections and function libraries, against a real Valkey."""

import asyncio
import logging
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from roadshow.errors import SetupError, Unavailable
from roadshow.ids import CompetitionId
from roadshow.settings import Settings
from roadshow.store.connection import connect, guard, open_running_store, open_store
from roadshow.store.functions import Library, library_name, load_functions
from roadshow.store.keys import Keys

LIBRARY = """#!lua name=greeting
server.register_function('greeting_say', function(keys, args)
  return server.call('INCRBY', keys[1], args[1])
end)
"""


def _served(store_url: str, data: Path) -> Settings:
    return Settings.from_environment({"REDIS_URL": store_url}, data=data)


async def test_a_write_is_on_disk_before_it_is_acknowledged(valkey: Redis) -> None:
    """The whole promise to judges rests on these three lines of configuration."""
    found = await valkey.config_get("appendonly", "appendfsync", "maxmemory-policy")
    assert found == {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}


async def test_the_embedded_store_listens_on_no_network(valkey: Redis) -> None:
    """It has no password: its socket's permissions are its protection."""
    assert await valkey.config_get("port") == {"port": "0"}
    assert await valkey.config_get("unixsocketperm") == {"unixsocketperm": "600"}


async def test_a_store_that_suits_is_taken_without_a_warning(
    store_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A warning that is always there is never read."""
    async with open_store(_served(store_url, tmp_path)) as store:
        assert await store.redis.ping()
    assert [record for record in caplog.records if record.name.startswith("roadshow")] == []


async def test_a_command_takes_no_store_that_knows_nothing_of_the_competition(
    valkey: Redis, store_url: str, tmp_path: Path
) -> None:
    """What it did there would be done to nobody."""
    competition = CompetitionId("never-served")
    with pytest.raises(SetupError, match=r"Nothing of never-served was ever served from .*Set REDIS_URL"):
        async with open_running_store(_served(store_url, tmp_path), competition):
            pass
    await valkey.set(Keys(competition).signer(), "key")
    async with open_running_store(_served(store_url, tmp_path), competition) as store:
        assert await store.redis.ping()


@pytest.mark.parametrize(
    ("setting", "value", "usual", "warning"),
    [
        ("appendfsync", "everysec", "always", "Set appendfsync to always"),
        ("appendonly", "no", "yes", "Set appendonly to yes"),
        ("maxmemory-policy", "allkeys-lru", "noeviction", "Set maxmemory-policy to noeviction"),
    ],
)
async def test_a_store_that_may_lose_votes_is_warned_about(
    valkey: Redis,
    store_url: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    setting: str,
    value: str,
    usual: str,
    warning: str,
) -> None:
    """The operator of a store of their own must know before the final, not after."""
    try:
        await valkey.config_set(setting, value, "maxmemory", "1gb")
        with caplog.at_level(logging.WARNING, "roadshow.store"):
            async with open_store(_served(store_url, tmp_path)):
                pass
    finally:
        await valkey.config_set(setting, usual, "maxmemory", "0")
    assert warning in caplog.text


async def test_a_store_that_is_not_there_stops_the_start_without_showing_the_password(tmp_path: Path) -> None:
    """Better no server than one that takes votes it cannot keep; and logs get shared."""
    settings = _served("redis://user:hunter2hunter2@127.0.0.1:1/0", tmp_path)
    with pytest.raises(SetupError, match=r"127\.0\.0\.1:1/0 does not answer") as refusal:
        async with open_store(settings):
            pass
    assert "hunter2" not in str(refusal.value)


async def test_a_store_that_went_away_is_unavailable(tmp_path: Path) -> None:
    """A desk then says so and keeps the ballot, rather than showing an internal error."""
    async with connect(f"unix://{tmp_path}/nobody.sock") as store:
        with pytest.raises(Unavailable) as refusal, guard():
            await store.redis.get("a")
    assert refusal.value.code == "store.away"


async def test_a_mistake_of_ours_is_not_passed_off_as_an_outage(valkey: Redis) -> None:
    """Telling people to try again would hide the bug."""
    await valkey.set("text", "a")
    with pytest.raises(ResponseError, match="WRONGTYPE"), guard():
        await valkey.lrange("text", 0, -1)


async def test_a_store_that_refuses_all_writes_is_unavailable(valkey: Redis) -> None:
    """A full memory or disk mends with the operator's help, so the ballot stays in the outbox."""
    try:
        await valkey.config_set("maxmemory", "1")
        with pytest.raises(Unavailable), guard():
            await valkey.set("a", "b")
    finally:
        await valkey.config_set("maxmemory", "0")


async def test_a_lost_answer_is_never_asked_for_twice(valkey: Redis, store_url: str) -> None:
    """A repeated write that is not idempotent would count twice."""
    async with connect(store_url) as store:
        await store.redis.ping()
        own = await store.redis.client_id()
        await valkey.client_kill_filter(_id=str(own))
        # The pool may notice the dead connection before it writes; then the command runs, once.
        try:
            with guard():
                await store.redis.incr("counter")
        except Unavailable:
            assert await valkey.get("counter") in (None, b"1")
        else:
            assert await valkey.get("counter") == b"1"


async def test_a_library_that_was_lost_is_loaded_again(valkey: Redis) -> None:
    """A store that was emptied or replaced must not stop the voting until somebody restarts the server."""
    library = Library(LIBRARY)
    await library.load(valkey)
    assert await library.call(valkey, "greeting_say", ["counter"], 1) == 1
    await valkey.function_flush()
    assert await library.call(valkey, "greeting_say", ["counter"], 1) == 2


async def test_what_an_earlier_version_left_in_the_store_is_replaced(valkey: Redis) -> None:
    """The store keeps functions with its data: after an upgrade the old ones would go on answering."""
    await load_functions(valkey, LIBRARY.replace("INCRBY", "DECRBY"))
    assert await Library(LIBRARY).call(valkey, "greeting_say", ["counter"], 1) == 1


async def test_an_error_inside_a_function_is_not_taken_for_a_lost_library(valkey: Redis) -> None:
    """Running it once more could do its work twice."""
    library = Library(LIBRARY)
    await library.load(valkey)
    with pytest.raises(ResponseError):
        await library.call(valkey, "greeting_say", ["counter"], "no number")
    assert await valkey.exists("counter") == 0


async def test_a_library_that_does_not_compile_stops_the_start(valkey: Redis) -> None:
    """The first ballot is the wrong moment to find out."""
    with pytest.raises(SetupError, match="broken"):
        await load_functions(valkey, "#!lua name=broken\nthis is no Lua")


def test_a_library_must_name_itself() -> None:
    """Without a name it could replace another's."""
    with pytest.raises(ValueError, match="#!lua"):
        library_name("return 1")


async def test_a_cancelled_command_stays_cancelled_at_whatever_moment(store_url: str) -> None:
    """A task that misses its cancellation would keep the server from stopping."""

    async def ask() -> bool:
        with guard():
            return bool(await store.redis.ping())

    for turns in range(40):
        async with connect(store_url) as store:
            asked = asyncio.create_task(ask())
            for _ in range(turns):
                await asyncio.sleep(0)
            was_running = asked.cancel()
            await asyncio.wait([asked])
            assert asked.cancelled() is was_running, f"after {turns} turns of the loop"
