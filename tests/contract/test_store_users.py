"""What the users of the store may do there: the very files of deploy/, on a store of their own."""

from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import NoPermissionError, RedisError

from roadshow.commands.functions import load
from roadshow.errors import SetupError
from roadshow.ids import CompetitionId, PollId
from roadshow.settings import Settings
from roadshow.store.connection import Store, connect
from roadshow.store.keys import Keys
from roadshow.voting.redis_store import RedisVoteStore
from tests.bend.final import ROOM, World, a_final, clear
from tests.contract.test_vote_store import SPEC
from tests.guarded_store import GuardedStore, guarded_store

POLL = Keys(CompetitionId("final")).poll(PollId("robotics"))


async def _forbidden(client: Redis, *words: str) -> None:
    with pytest.raises(NoPermissionError):
        await client.execute_command(*words)  # type: ignore[no-untyped-call]


async def test_a_final_is_played_to_its_end_by_a_user_who_may_no_more(guarded_url: str, tmp_path: Path) -> None:
    """Whatever a field needs of the store, from the first invitation to the record, has to be in the list."""
    async with a_final(World(guarded_url, tmp_path), clear) as final:
        await final.announced()
        await final.published()
        poll = final.poll
    async with Redis.from_url(guarded_url) as client:
        assert await client.hlen(poll.ballots) > 0
        # What a function does, its caller may do: no more than that.
        for asked in (
            ("GET", poll.ballots),
            ("DEL", poll.ballots),
            ("DEL", poll.ledger),
            ("XDEL", poll.ledger, "1-0"),
            ("XTRIM", poll.ledger, "MAXLEN", "0"),
            ("RENAME", poll.ballots, "roadshow:gone"),
            ("COPY", poll.ballots, "roadshow:copy"),
            ("DUMP", poll.ballots),
            ("EXPIRE", poll.ballots, "1"),
            ("UNLINK", poll.seals),
            ("HGETALL", "somebody:else"),
        ):
            await _forbidden(client, *asked)
    assert ROOM in poll.ledger


@pytest.mark.parametrize(
    "asked",
    [
        "KEYS *",
        "SCAN 0",
        "RANDOMKEY",
        "FLUSHALL",
        "FLUSHDB",
        "SWAPDB 0 1",
        "CONFIG GET *",
        "CONFIG SET appendonly no",
        "EVAL return_1 0",
        "SCRIPT LOAD return_1",
        "FUNCTION DELETE roadshow_voting",
        "FUNCTION FLUSH",
        "MONITOR",
        "SHUTDOWN NOSAVE",
        "REPLICAOF 127.0.0.1 1",
        "PSYNC ? -1",
        "BGREWRITEAOF",
        "ACL SETUSER roadshow allcommands",
        "CLIENT LIST",
        "SUBSCRIBE news",
        "PUBLISH news hello",
    ],
)
async def test_the_servers_user_may_not(guarded: Store, asked: str) -> None:
    """Whoever gets at its password must not read along, empty the store, or put in functions of their own."""
    await _forbidden(guarded.redis, *asked.split(" "))


async def test_functions_are_loaded_by_a_user_who_sees_no_vote(guarded_store_: GuardedStore) -> None:
    """And who is somebody else: the server cannot replace what it calls."""
    async with Redis.from_url(guarded_store_.url("loader")) as loader:
        for asked in (("HGETALL", POLL.ballots), ("FCALL", "roadshow_voting_read", "0"), ("CONFIG", "SET", "save", "")):
            await _forbidden(loader, *asked)
    async with Redis.from_url(guarded_store_.url("roadshow")) as server:
        with pytest.raises(NoPermissionError):
            await server.function_load("#!lua name=roadshow_voting\n", replace=True)


async def test_nobody_comes_in_without_a_name(guarded_store_: GuardedStore) -> None:
    """The network the store is in is not its lock."""
    nobody = guarded_store_.url("health").replace("health:any@", "")
    for url in (nobody, guarded_store_.url("roadshow").replace("5t0re", "store")):
        async with Redis.from_url(url, retry=None) as client:
            with pytest.raises(RedisError, match=r"authenticated|NOAUTH|invalid username-password"):
                await client.ping()
    async with Redis.from_url(guarded_store_.url("health")) as client:
        assert await client.ping()
        with pytest.raises(NoPermissionError):
            await client.get("roadshow:mark")


async def test_a_server_whose_functions_nobody_loaded_says_what_to_do(tmp_path: Path) -> None:
    """It could neither vote nor put them there."""
    with guarded_store(tmp_path) as store:
        async with connect(store.url("roadshow")) as connected:
            votes = RedisVoteStore(connected, Keys(CompetitionId("final")))
            with pytest.raises(SetupError, match="roadshow functions"):
                await votes.prepare(SPEC, "0" * 64)
        async with Redis.from_url(store.url("loader")) as loader:  # another version's
            await loader.function_load("#!lua name=roadshow_voting\nredis.register_function('x', function() end)")
        async with connect(store.url("roadshow")) as connected:
            votes = RedisVoteStore(connected, Keys(CompetitionId("final")))
            with pytest.raises(SetupError, match="roadshow functions"):
                await votes.prepare(SPEC, "0" * 64)
            await load(Settings(redis_url=store.url("loader")))
            await votes.prepare(SPEC, "0" * 64)
