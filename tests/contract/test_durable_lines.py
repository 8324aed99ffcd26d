"""DurableLines carry acts together, and yet each gets its own answer, whatever happens to the others."""

import asyncio

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from roadshow.errors import Unavailable
from roadshow.store import durable_lines as lines
from roadshow.store.connection import Store, connect
from roadshow.store.durable_lines import LINES, MAX_WAITING, DurableLines, packed, packed_call
from roadshow.store.functions import Library

LIBRARY = Library("""#!lua name=echo
server.register_function('echo_say', function(keys, args)
  server.call('RPUSH', keys[1], args[1])
  return args[1]
end)
server.register_function('echo_fail', function(keys, args)
  return server.error_reply('this one is wrong')
end)
""")


@pytest.fixture
async def carried(connected: Store) -> DurableLines:
    await LIBRARY.load(connected.redis)
    return connected.lines


async def _said(valkey: Redis) -> list[int]:
    return [int(word) for word in await valkey.lrange("said", 0, -1)]


async def test_everybody_gets_their_own_answer(carried: DurableLines, valkey: Redis) -> None:
    """A receipt for somebody else's ballot would be the worst of mix-ups."""
    numbers = range(500)
    answers = await asyncio.gather(*(carried.fcall("echo_say", 1, "said", number) for number in numbers))
    assert [int(answer) for answer in answers] == list(numbers)
    assert sorted(await _said(valkey)) == list(numbers)


async def test_one_that_fails_does_not_harm_its_neighbours(carried: DurableLines) -> None:
    """They travel in one batch."""
    acts = [carried.fcall("echo_fail" if number % 3 == 0 else "echo_say", 1, "said", number) for number in range(60)]
    answers = await asyncio.gather(*acts, return_exceptions=True)
    for number, answer in enumerate(answers):
        if number % 3 == 0:
            assert isinstance(answer, ResponseError)
        else:
            assert answer == b"%d" % number


@pytest.mark.parametrize("turns", range(12))
async def test_who_goes_away_takes_nobody_along(carried: DurableLines, valkey: Redis, turns: int) -> None:
    """A judge whose browser closes may have been carrying the others' ballots."""
    tasks = [asyncio.create_task(carried.fcall("echo_say", 1, "said", number)) for number in range(40)]
    for _ in range(turns):
        await asyncio.sleep(0)
    gone = tasks[:3] + tasks[-2:]
    for task in gone:
        task.cancel()
    async with asyncio.timeout(20):
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        assert await carried.fcall("echo_say", 1, "said", 99) == b"99"
    stayed = [answer for task, answer in zip(tasks, answers, strict=True) if task not in gone]
    assert stayed == [b"%d" % number for number in range(3, 38)]
    assert set(range(3, 38)) <= set(await _said(valkey))


async def test_a_connection_that_broke_is_not_noticed(carried: DurableLines, valkey: Redis) -> None:
    """A firewall may have forgotten it since the last project's votes."""
    await asyncio.gather(*(carried.fcall("echo_say", 1, "said", number) for number in range(50)))
    await valkey.client_kill_filter(_type="normal", skipme=True)
    answers = await asyncio.gather(*(carried.fcall("echo_say", 1, "said", number) for number in range(50)))
    assert len(answers) == 50


async def test_a_store_that_is_not_there_is_unavailable_to_all() -> None:
    """Nobody hangs, and the next one tries anew."""
    async with connect("unix:///nowhere/store.sock") as store:
        acts = (store.lines.fcall("echo_say", 1, "said", number) for number in range(30))
        answers = await asyncio.gather(*acts, return_exceptions=True)
        assert all(isinstance(answer, Unavailable) for answer in answers)
        with pytest.raises(Unavailable):
            await store.lines.fcall("echo_say", 1, "said", 1)


async def test_a_line_that_is_too_long_is_not_made_longer(
    carried: DurableLines, valkey: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory is bounded; whoever is sent away keeps the ballot."""
    assert MAX_WAITING > 1000
    monkeypatch.setattr(lines, "MAX_WAITING", 5)
    acts = (carried.fcall("echo_say", 1, "said", number) for number in range(20))
    answers = await asyncio.gather(*acts, return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, Unavailable)]
    assert len(refused) == 20 - 5 - LINES
    assert len(await _said(valkey)) == 5 + LINES


async def test_who_gave_up_in_line_is_not_carried_later(
    carried: DurableLines, valkey: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ballot must not be cast long after its judge was told that it may not have been."""
    monkeypatch.setattr(lines, "GIVES_UP_AFTER", 0.0)
    acts = (carried.fcall("echo_say", 1, "said", number) for number in range(20))
    answers = await asyncio.gather(*acts, return_exceptions=True)
    kept = [number for number, answer in enumerate(answers) if not isinstance(answer, Unavailable)]
    assert kept
    assert len(kept) < 20
    assert sorted(await _said(valkey)) == kept


def test_words_are_packed_as_the_protocol_wants_them() -> None:
    """RESP: an array of bulk strings, with lengths in bytes."""
    assert (
        packed("SET", "ключ", b"\r\n", 7)
        == b"*4\r\n$3\r\nSET\r\n$8\r\n" + "ключ".encode() + b"\r\n$2\r\n\r\n\r\n$1\r\n7\r\n"
    )
    call = ("FCALL", "echo_say", 2, "said", "heard", 7, "ключ")
    assert packed_call("echo_say", ("said", "heard"), (7, "ключ")) == packed(*call)
    for length in (0, 1023, 1024, 70_000):
        assert packed(b"w" * length) == b"*1\r\n$%d\r\n" % length + b"w" * length + b"\r\n"
