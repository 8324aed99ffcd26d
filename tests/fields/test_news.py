"""What changed, on its way to those who follow."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import pytest

from roadshow.clock import SystemClock
from roadshow.fields.news import TELL_EVERY, AwardNews, News
from roadshow.fields.sections import View
from roadshow.ids import RoomId
from roadshow.moments import Instant
from roadshow.voting.audience.award import AudienceView, AwardState, StoredAward, TurnoutView
from roadshow.voting.results import CeremonyState, CeremonyView

AI, BIO = RoomId("ai"), RoomId("bio")


class Followers:
    def __init__(self) -> None:
        self.told: list[tuple[RoomId, Sequence[View]]] = []
        self.something = asyncio.Event()

    def publish(self, room: RoomId, views: Sequence[View]) -> None:
        self.told.append((room, views))
        self.something.set()

    def viewers(self, _room: RoomId) -> int:
        return 7


async def test_what_thousands_change_is_told_once_with_its_last_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each clap of a full house, told to a full house, would be millions of frames a second."""
    later: list[Callable[[], None]] = []

    def call_later(delay: float, call: Callable[..., None], *given: Any) -> None:
        assert delay == TELL_EVERY
        later.append(partial(call, *given))

    monkeypatch.setattr(asyncio.get_running_loop(), "call_later", call_later)
    votes = 0

    async def read(_wanted: Any) -> tuple[View, ...]:
        return (AudienceView(votes=votes),)

    fields = cast("Any", {AI: SimpleNamespace(read=read)})
    followers = Followers()
    news = News(followers)
    async with asyncio.TaskGroup() as tasks, asyncio.timeout(10):
        running = tasks.create_task(news.run(fields))
        for _ in range(2):
            followers.something.clear()
            for _ in range(100):
                votes += 1
                news.soon(AI, AudienceView)
                await asyncio.sleep(0)
            (now,) = later
            later.clear()
            now()
            await followers.something.wait()
        running.cancel()
    assert followers.told == [(AI, (AudienceView(votes=100),)), (AI, (AudienceView(votes=200),))]


async def test_a_field_whose_news_cannot_be_told_holds_up_no_other(caplog: pytest.LogCaptureFixture) -> None:
    """A mistake in one section is for the log; elsewhere a place is being announced."""

    async def fails(_wanted: Any) -> tuple[View, ...]:
        raise KeyError("a section nobody can make")

    async def read(_wanted: Any) -> tuple[View, ...]:
        return (CeremonyView(CeremonyState.CONFIRMED),)

    fields = cast("Any", {AI: SimpleNamespace(read=fails), BIO: SimpleNamespace(read=read)})
    followers = Followers()
    news = News(followers)
    news.ceremony_changed(AI)
    news.ceremony_changed(BIO)
    async with asyncio.TaskGroup() as tasks, asyncio.timeout(10):
        running = tasks.create_task(news.run(fields))
        await followers.something.wait()
        running.cancel()
    assert [room for room, _ in followers.told] == [BIO]
    assert [line.message for line in caplog.records] == ["News of the voting could not be told"]


async def test_an_award_that_cannot_be_told_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """The task is one of the house's: were it to fail, everything would stop."""
    votes = AudienceView(votes=3)

    async def fails(_room: RoomId) -> StoredAward:
        raise ValueError("votes nobody can read")

    async def state(_room: RoomId) -> StoredAward:
        return StoredAward(AwardState.OPEN, None, 3, None, Instant(1), largest=2)

    def award(of: object) -> object:
        return SimpleNamespace(state=of, result=lambda *_: None, told=lambda *_: votes)

    fields = cast(
        "Any",
        {room: SimpleNamespace(id=room, award=award(one)) for room, one in ((AI, fails), (BIO, state))},
    )
    followers = Followers()
    news = AwardNews(followers, followers.viewers, SystemClock())
    async with asyncio.TaskGroup() as tasks, asyncio.timeout(10):
        running = tasks.create_task(news.run(fields))
        await followers.something.wait()
        running.cancel()
    assert followers.told == [(BIO, (votes,)), (BIO, (TurnoutView(votes=3, viewers=7, largest=2),))]
    assert [line.message for line in caplog.records] == ["News of the audience award could not be told"]
