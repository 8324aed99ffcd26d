"""Acts of a field that look at one thing and change another come one after the other, whole."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from roadshow.errors import Conflict, Unavailable
from roadshow.fields.turns import MOST_WAITING, Turns


@pytest.fixture
async def turns() -> AsyncIterator[Turns]:
    turns = Turns()
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(turns.run())
        yield turns
        running.cancel()


async def test_answers_and_refusals_go_to_whoever_asked(turns: Turns) -> None:
    """And one refusal costs the next in line nothing."""

    async def refused() -> None:
        raise Conflict("result.not_over")

    async def done() -> int:
        return 7

    async with asyncio.TaskGroup() as tasks:
        first, second = tasks.create_task(_code(turns.take(refused))), tasks.create_task(turns.take(done))
    assert (first.result(), second.result()) == ("result.not_over", 7)


async def _code(taking: object) -> str:
    try:
        await taking  # type: ignore[misc]
    except Conflict as refusal:
        return refusal.code
    return "done"


async def test_what_was_begun_is_finished_though_nobody_waits_for_it(turns: Turns) -> None:
    """A chair's browser that goes away between check and act must not leave half of it behind."""
    begun, go_on, log = asyncio.Event(), asyncio.Event(), list[str]()

    async def slow() -> None:
        begun.set()
        await go_on.wait()
        log.append("first")

    async def next_one() -> None:
        log.append("second")

    gone = asyncio.ensure_future(turns.take(slow))
    await begun.wait()
    gone.cancel()
    waiting = asyncio.ensure_future(turns.take(next_one))
    await asyncio.sleep(0)
    assert log == []
    go_on.set()
    await waiting
    assert log == ["first", "second"]


async def test_what_was_not_begun_is_dropped_with_whoever_asked(turns: Turns) -> None:
    """It would otherwise happen behind the back of a person who was told it did not."""
    go_on, log = asyncio.Event(), list[str]()

    async def slow() -> None:
        await go_on.wait()

    async def never() -> None:
        log.append("never")

    first = asyncio.ensure_future(turns.take(slow))
    await asyncio.sleep(0)
    gone = asyncio.ensure_future(turns.take(never))
    await asyncio.sleep(0)
    gone.cancel()
    go_on.set()
    await first
    await turns.take(slow)
    assert log == []


async def test_the_line_has_an_end(turns: Turns) -> None:
    """A program that asks without end must not fill the memory."""
    go_on = asyncio.Event()

    async def slow() -> None:
        await go_on.wait()

    waiting = [asyncio.ensure_future(turns.take(slow)) for _ in range(MOST_WAITING)]
    while turns._waiting or len(waiting) < MOST_WAITING + 1:  # the first was taken up, and makes room for one
        await asyncio.sleep(0)
        if len(turns._waiting) == MOST_WAITING:
            break
        waiting.append(asyncio.ensure_future(turns.take(slow)))
    with pytest.raises(Unavailable, match=r"room\.busy"):
        await turns.take(slow)
    go_on.set()
    await asyncio.gather(*waiting)


async def test_at_the_end_everybody_is_told() -> None:
    """A browser that waits for an answer waits for ever otherwise."""
    turns, never = Turns(), asyncio.Event()

    async def stuck() -> None:
        await never.wait()

    running = asyncio.ensure_future(turns.run())
    waiting = [asyncio.ensure_future(turns.take(stuck)) for _ in range(2)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    running.cancel()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert [getattr(answer, "code", "") for answer in answers] == ["room.stopping"] * 2
    with pytest.raises(Unavailable, match=r"room\.stopping"):
        await turns.take(stuck)


async def test_nobody_waits_in_line_for_ever(turns: Turns, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each act before may take a store that hangs its own five seconds; people are told, and nothing happens later."""
    monkeypatch.setattr("roadshow.fields.turns.LONGEST_WAIT", 0.01)
    begun, go_on, log = asyncio.Event(), asyncio.Event(), list[str]()

    async def slow() -> str:
        begun.set()
        await go_on.wait()
        return "whole"

    async def never() -> None:
        log.append("never")

    first = asyncio.ensure_future(turns.take(slow))
    await begun.wait()
    with pytest.raises(Unavailable, match=r"room\.busy"):
        async with asyncio.timeout(30):
            await turns.take(never)
    go_on.set()
    assert await first == "whole"
    await turns.take(slow)
    assert log == []
