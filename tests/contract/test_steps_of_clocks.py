"""Clocks that are set while votes are taken: a window is as long as it was said to be, whoever's clock says what."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from roadshow.clock import Clock
from roadshow.errors import Conflict
from roadshow.ids import CommandId, CompetitionId, PollId, ProjectId
from roadshow.moments import Duration, Instant
from roadshow.store.connection import Store, connect, socket_url
from roadshow.store.embedded import EmbeddedStore
from roadshow.store.fence import Fence
from roadshow.store.keys import Keys
from roadshow.voting.acts import CloseCount
from roadshow.voting.audience.award import AudienceStore, AwardState, Choice, Voter, VoterId
from roadshow.voting.audience.memory_store import MemoryAudienceStore
from roadshow.voting.audience.redis_store import RedisAudienceStore
from roadshow.voting.ledger.chain import genesis, verify
from roadshow.voting.memory_store import MemoryVoteStore
from roadshow.voting.ports import VoteStore
from roadshow.voting.redis_store import RedisVoteStore
from roadshow.voting.votes import Cast
from tests.contract.test_vote_store import ARM, IMPACT, LEG, LIN, MEI, POLL, SPEC, TEAM

KEYS = Keys(CompetitionId("final"))
AWARD = PollId("award")
HOUR = Duration.minutes(60)
SECOND = Duration.seconds(1)


class ServersClock:
    def __init__(self) -> None:
        self.time = Instant(1_700_000_000_000)

    def now(self) -> Instant:
        return self.time


@dataclass
class Site:
    clock: ServersClock
    votes: VoteStore
    awards: AudienceStore


def _of(store: Store, clock: Clock) -> tuple[VoteStore, AudienceStore]:
    fence = Fence(KEYS, clock)
    return RedisVoteStore(store, KEYS, fence), RedisAudienceStore(store, KEYS, fence)


@pytest.fixture(params=["memory", "valkey"])
def empty(request: pytest.FixtureRequest) -> Site:
    """The store's own clock is years ahead of the server's, and nothing may come of it."""
    clock = ServersClock()
    if request.param == "memory":
        return Site(clock, MemoryVoteStore(clock), MemoryAudienceStore(clock))
    return Site(clock, *_of(request.getfixturevalue("connected"), clock))


@pytest.fixture
async def site(empty: Site) -> Site:
    """With the poll prepared."""
    await empty.votes.prepare(SPEC, genesis(SPEC))
    return empty


def _cast(command: str, in_round: int = 1) -> Cast:
    return Cast(CommandId(f"command-{command}"), ARM, {IMPACT: 5, TEAM: 5}, 0, in_round)


async def _is_open(site: Site) -> bool:
    return any(window.open for window in (await site.votes.read(POLL)).windows)


async def test_a_window_is_as_long_as_the_servers_clock_says(site: Site) -> None:
    """Whatever the store's says."""
    await site.votes.open_window(POLL, ARM, Duration.seconds(5))
    site.clock.time += Duration(4_999)
    assert await _is_open(site)
    await site.votes.cast(POLL, LIN, _cast("1"))
    site.clock.time += Duration(1)
    assert not await _is_open(site)
    with pytest.raises(Conflict, match=r"ballot\.closed"):
        await site.votes.cast(POLL, MEI, _cast("2"))


async def test_after_the_clock_was_an_hour_ahead_a_revote_of_five_seconds_takes_five(site: Site) -> None:
    """Entries an hour ahead held a poll's time still for that hour, and what was opened stayed open."""
    site.clock.time += HOUR
    await site.votes.open_window(POLL, ARM, None)
    await site.votes.close_window(POLL, ARM)
    site.clock.time -= HOUR  # set right between two items, or a server whose clock is right took over
    await site.votes.prepare(SPEC, genesis(SPEC))
    await site.votes.act(POLL, LIN, CloseCount(1), CommandId("command-counted"))
    await site.votes.revote(POLL, LIN, (ARM, LEG), "a tie", Duration.seconds(5), CommandId("command-revote"))
    (window, _) = [one for one in (await site.votes.read(POLL)).windows if one.open]
    assert window.closes_at == site.clock.time + Duration.seconds(5), "desks count down by the server's clock"
    site.clock.time += Duration(4_999)
    await site.votes.cast(POLL, LIN, _cast("1", in_round=2))
    site.clock.time += Duration(1)
    assert not await _is_open(site)
    with pytest.raises(Conflict, match=r"ballot\.closed"):
        await site.votes.cast(POLL, MEI, _cast("2", in_round=2))
    assert verify(await site.votes.ledger(POLL, 0, 100), genesis(SPEC)) is None


async def test_a_poll_comes_back_to_the_clock_where_no_window_is_open(site: Site) -> None:
    """Its time may be ahead only for as long as somebody would notice that it is not."""
    site.clock.time += HOUR
    await site.votes.open_window(POLL, ARM, None)
    await site.votes.close_window(POLL, ARM)
    site.clock.time -= HOUR
    await site.votes.prepare(SPEC, genesis(SPEC))
    site.clock.time += HOUR + SECOND
    await site.votes.prepare(SPEC, genesis(SPEC))
    await site.votes.open_window(POLL, ARM, None)
    assert (await site.votes.ledger(POLL, 0, 100))[-1].at == site.clock.time


async def test_a_poll_does_not_come_back_under_an_open_window(site: Site) -> None:
    """It would be open for longer than was said."""
    site.clock.time += HOUR
    await site.votes.open_window(POLL, ARM, None)
    site.clock.time -= HOUR
    await site.votes.prepare(SPEC, genesis(SPEC))
    await site.votes.open_window(POLL, LEG, Duration.seconds(5))
    site.clock.time += Duration.seconds(4)
    await site.votes.prepare(SPEC, genesis(SPEC))  # as a server does that takes over
    site.clock.time += SECOND
    opened = {window.project for window in (await site.votes.read(POLL)).windows if window.open}
    assert opened == {ARM}


async def test_an_award_of_a_minute_takes_a_minute_after_the_clock_was_ahead(site: Site) -> None:
    """As a re-vote."""
    site.clock.time += HOUR
    await site.awards.open(AWARD, None, CommandId("command-open-1"))
    await site.awards.close(AWARD, CommandId("command-close"))
    site.clock.time -= HOUR
    await site.awards.open(AWARD, Duration.minutes(1), CommandId("command-open-2"))
    read = await site.awards.read(AWARD)
    assert (read.closes_at, read.now) == (site.clock.time + Duration.minutes(1), site.clock.time)
    site.clock.time += Duration(59_999)
    voter = Voter(VoterId("a" * 64), read.opening, site.clock.time, "origin")
    assert await site.awards.vote(AWARD, "writer", 1, (Choice(voter, ProjectId("arm")),)) == (None,)
    site.clock.time += Duration(1)
    assert (await site.awards.read(AWARD)).state is AwardState.CLOSED


# A store whose clock is off, for certain ---------------------------------------------------------------------------


def _library() -> str | None:
    """Debian's faketime, where it is installed."""
    found = Path("/usr/lib").glob("**/faketime/libfaketimeMT.so.1")
    return next(map(str, found), None)


@contextmanager
def _another_time(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Stores that are started meanwhile are off by what is given, and again by what is given later."""
    library = _library()
    if library is None:
        pytest.skip("needs libfaketime")
    off = folder / "off"
    off.write_text("+0")
    monkeypatch.setenv("LD_PRELOAD", library)
    monkeypatch.setenv("FAKETIME_TIMESTAMP_FILE", str(off))
    monkeypatch.setenv("FAKETIME_NO_CACHE", "1")
    monkeypatch.setenv("FAKETIME_DONT_FAKE_MONOTONIC", "1")

    def is_off_by(seconds: str) -> None:
        off.write_text(seconds)

    yield is_off_by


async def test_a_store_that_is_an_hour_ahead_for_a_while_cuts_and_stretches_no_window(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ended an open window for good, and left all later deadlines an hour off."""
    clock = ServersClock()
    with _another_time(tmp_path, monkeypatch) as is_off_by:
        async with EmbeddedStore(tmp_path / "store") as embedded, connect(socket_url(embedded.socket)) as store:
            votes, _ = _of(store, clock)
            await votes.prepare(SPEC, genesis(SPEC))
            await votes.open_window(POLL, ARM, Duration.minutes(5))
            before = (await store.redis.time())[0]
            is_off_by("+3600")
            async with asyncio.timeout(60):  # the library looks now and then what it is to say
                while (await store.redis.time())[0] < before + 3600:  # noqa: ASYNC110  # another program
                    await asyncio.sleep(0.05)
            await votes.cast(POLL, LIN, _cast("1"))
            await votes.close_window(POLL, ARM)
            is_off_by("+0")
            await votes.act(POLL, LIN, CloseCount(1), CommandId("command-counted"))
            await votes.revote(POLL, LIN, (ARM,), "a tie", Duration.seconds(5), CommandId("command-revote"))
            clock.time += Duration.seconds(5)
            with pytest.raises(Conflict, match=r"ballot\.closed"):
                await votes.cast(POLL, MEI, _cast("2", in_round=2))
