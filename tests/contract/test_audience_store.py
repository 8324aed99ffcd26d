"""The audience award (``voting.audience.award.AudienceStore``), for every store there is, and the service over it."""

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from redis.asyncio import Redis

from roadshow.errors import Conflict, NotFound, RoadshowError, TooMany, Unavailable
from roadshow.ids import CommandId, CompetitionId, PollId, ProjectId, RoomId
from roadshow.moments import Duration, Instant
from roadshow.settings import Settings
from roadshow.store.connection import Store, guard, open_store
from roadshow.store.keys import Keys
from roadshow.voting.audience import service as audience_service
from roadshow.voting.audience.award import (
    FIRST_VOTE_WITHIN,
    NEW_VOTER_EVERY,
    NEW_VOTERS_AT_ONCE,
    AudienceStore,
    AwardState,
    Choice,
    ProjectVotes,
    StoredAward,
    Voter,
    VoterId,
)
from roadshow.voting.audience.memory_store import MemoryAudienceStore
from roadshow.voting.audience.redis_store import RedisAudienceStore
from roadshow.voting.audience.service import AudienceAward, AwardPlan

ROOM, AWARD = RoomId("robotics"), PollId("robotics")
ARM, LEG, EYE = ProjectId("arm"), ProjectId("leg"), ProjectId("eye")
ALL = (ARM, LEG, EYE)
MOST = 1_500
KEYS = Keys(CompetitionId("final"))


class _Clock:
    def __init__(self) -> None:
        self.time = Instant(1_700_000_000_000)

    def now(self) -> Instant:
        return self.time


@dataclass
class Site:
    store: AudienceStore
    pass_by: Callable[[Instant], Awaitable[None]]
    """Return when the store's clock has reached a moment."""
    number: int = 0

    async def vote(self, *votes: tuple[str, ProjectId], **token: Any) -> list[str]:
        """What each was refused with; empty: it counts. ``token``: what of it is not as usual."""
        self.number += 1
        choices = await self.choices(*votes, **token)
        outcomes = await self.store.vote(AWARD, "writer", self.number, choices)
        return ["" if refusal is None else refusal.code for refusal in outcomes]

    async def choices(self, *votes: tuple[str, ProjectId], **token: Any) -> tuple[Choice, ...]:
        """With tokens as they are made at this moment."""
        stored = await self.store.read(AWARD)
        usual = _voter("", stored)
        return tuple(Choice(replace(usual, id=VoterId(name), **token), project) for name, project in votes)

    async def tally(self) -> dict[ProjectId, int]:
        """By closing and announcing."""
        await self.store.close(AWARD, _command())
        await self.store.announce(AWARD, ALL, _command())
        tally = (await self.store.read(AWARD)).tally
        assert tally is not None
        return {project: votes for project, votes in tally.items() if votes}


def _command() -> CommandId:
    return CommandId(f"command-{random.getrandbits(48):x}")


def _voter(name: str, stored: StoredAward) -> Voter:
    return Voter(VoterId(name), stored.opening, stored.now, "hall")


@pytest.fixture(params=["memory", "valkey"])
def site(request: pytest.FixtureRequest) -> Site:
    if request.param == "memory":
        clock = _Clock()

        async def set_clock(moment: Instant) -> None:
            clock.time = max(clock.time, moment)

        return Site(MemoryAudienceStore(clock, most_voters=MOST), set_clock)
    connected: Store = request.getfixturevalue("connected")
    valkey: Redis = connected.redis

    async def wait(moment: Instant) -> None:
        while True:
            seconds, micros = await valkey.time()
            if seconds * 1000 + micros // 1000 >= moment.ms:
                return
            await asyncio.sleep(0.005)

    return Site(RedisAudienceStore(connected, KEYS, most_voters=MOST), wait)


async def test_one_vote_for_each_voter_and_a_change_moves_it(site: Site) -> None:
    """Whoever changes their mind, or presses twice, still has one vote."""
    await site.store.open(AWARD, None, _command())
    await site.vote(("ann", ARM), ("bo", ARM), ("bo", ARM))
    await site.vote(("ann", LEG))
    await site.vote(("cy", EYE), ("cy", LEG), ("cy", EYE))
    assert (await site.store.read(AWARD)).votes == 3
    assert await site.store.choice(AWARD, VoterId("ann")) == LEG
    assert await site.store.choice(AWARD, VoterId("nobody")) is None
    assert await site.tally() == {ARM: 1, LEG: 1, EYE: 1}


async def test_nothing_is_taken_before_the_opening_or_after_the_close(site: Site) -> None:
    """What control closes is closed for a vote that is on its way, too."""
    with pytest.raises(Conflict, match=r"audience\.closed"):
        await site.vote(("ann", ARM))
    await site.store.open(AWARD, None, _command())
    await site.vote(("ann", ARM))
    await site.store.close(AWARD, _command())
    with pytest.raises(Conflict, match=r"audience\.closed"):
        await site.vote(("ann", LEG), ("bo", LEG))
    assert await site.tally() == {ARM: 1}


async def test_the_stores_clock_closes_it(site: Site) -> None:
    """The deadline does not depend on anybody's clock but one."""
    await site.store.open(AWARD, Duration(150), _command())
    await site.vote(("ann", ARM))
    closes_at = (await site.store.read(AWARD)).closes_at
    assert closes_at is not None
    await site.pass_by(closes_at)
    with pytest.raises(Conflict, match=r"audience\.closed"):
        await site.vote(("ann", LEG))
    state = await site.store.read(AWARD)
    assert (state.state, state.votes) == (AwardState.CLOSED, 1)
    await site.store.open(AWARD, None, _command())  # control gives more time
    await site.vote(("ann", LEG))
    assert await site.tally() == {LEG: 1}


async def test_the_count_is_sealed_until_it_is_announced_and_then_final(site: Site) -> None:
    """A result that is public must not move any more, and one that is not must not be known."""
    with pytest.raises(Conflict, match=r"audience\.none"):
        await site.store.announce(AWARD, ALL, _command())
    await site.store.open(AWARD, None, _command())
    await site.vote(("ann", ARM))
    with pytest.raises(Conflict, match=r"audience\.open"):
        await site.store.announce(AWARD, ALL, _command())
    await site.store.close(AWARD, _command())
    assert (await site.store.read(AWARD)).tally is None
    command = _command()
    for _ in range(2):
        await site.store.announce(AWARD, ALL, command)
    state = await site.store.read(AWARD)
    assert (state.state, state.tally) == (AwardState.COUNTED, {ARM: 1, LEG: 0, EYE: 0})
    for act in (site.store.announce(AWARD, ALL, _command()), site.store.open(AWARD, None, _command())):
        with pytest.raises(Conflict, match=r"audience\.counted"):
            await act
    with pytest.raises(Conflict, match=r"audience\.closed"):
        await site.vote(("bo", ARM))


async def test_who_is_not_in_the_vote_is_not_counted(site: Site) -> None:
    """A project was taken out when it had votes already. It does not win, and none of its votes is among those counted;
    whether it comes back later, or another goes, is no matter: the award is given."""
    async with _award(site.store) as award:
        await award.open(ROOM, None, _command())
        stored = await award.state(ROOM)
        await asyncio.gather(
            *[_vote(award, name, LEG, stored) for name in ("ann", "bo")], _vote(award, "cy", EYE, stored)
        )
        assert (await award.view(ROOM)).votes == 3
        await award.close(ROOM, _command())
        with pytest.raises(Conflict, match=r"audience\.none"):
            await award.announce(ROOM, {LEG, EYE}, _command())
        await award.announce(ROOM, {LEG}, _command())
        view, result = await award.view(ROOM), award.result(ROOM, await award.state(ROOM))
    assert (view.votes, view.winners) == (1, (ProjectVotes(EYE, 1),))
    assert result == (ProjectVotes(EYE, 1), ProjectVotes(ARM, 0)), "nor is it listed"


async def test_a_repeated_act_of_control_does_not_undo_a_later_one(site: Site) -> None:
    """The desk sends again what was not answered; by then a colleague may have closed it."""
    opening = _command()
    await site.store.open(AWARD, None, opening)
    await site.store.close(AWARD, _command())
    await site.store.open(AWARD, None, opening)
    assert (await site.store.read(AWARD)).state is AwardState.CLOSED
    with pytest.raises(Conflict, match=r"command\.reused"):
        await site.store.close(AWARD, opening)


async def test_a_batch_that_was_given_up_cannot_undo_newer_votes(site: Site) -> None:
    """Its connection broke, but its bytes may still reach the store."""
    await site.store.open(AWARD, None, _command())
    for _ in range(2):  # the same once more is what a broken connection does
        await site.store.vote(AWARD, "writer", 2, await site.choices(("ann", LEG)))
    with pytest.raises(Conflict, match=r"audience\.overtaken"):
        await site.store.vote(AWARD, "writer", 1, await site.choices(("ann", ARM)))
    await site.store.vote(AWARD, "restarted", 1, await site.choices(("bo", ARM)))
    assert await site.tally() == {LEG: 1, ARM: 1}


async def test_a_full_house_refuses_new_voters_and_no_others(site: Site) -> None:
    """The store's memory has an end; whoever has voted may still change their mind."""
    await site.store.open(AWARD, None, _command())
    for start in range(0, MOST - 1, 499):
        votes = [(f"voter-{number}", ARM) for number in range(start, min(start + 499, MOST - 1))]
        await site.vote(*votes, origin=f"hall-{start}")
    outcomes = await site.vote(("voter-0", LEG), ("new-1", LEG), ("new-2", LEG), ("new-1", EYE), ("voter-1", LEG))
    assert outcomes == ["", "", "audience.full", "", ""]
    assert await site.tally() == {ARM: MOST - 3, LEG: 2, EYE: 1}


# Who may vote -------------------------------------------------------------------------------------------------------


async def test_a_token_is_of_one_opening_and_used_soon_or_never(site: Site) -> None:
    """Otherwise somebody gathers tokens for days and spends them in the last minute."""
    await site.store.open(AWARD, None, _command())
    stored = await site.store.read(AWARD)
    long_ago = stored.now - FIRST_VOTE_WITHIN - Duration(1)
    assert await site.vote(("ann", ARM), opening=stored.opening - 1) == ["audience.token_old"]
    assert await site.vote(("ann", ARM), made_at=long_ago) == ["audience.token_old"]
    assert await site.vote(("ann", ARM)) == [""]
    assert await site.vote(("ann", LEG), made_at=long_ago) == [""]  # who has voted may change until the close
    assert (await site.store.read(AWARD)).votes == 1


async def test_opened_again_it_is_the_same_award(site: Site) -> None:
    """Control gives more time: who has voted must neither lose the vote nor get a second one."""
    assert (await site.store.read(AWARD)).opening == 0
    await site.store.open(AWARD, None, _command())
    first = await site.store.read(AWARD)
    await site.vote(("ann", ARM))
    await site.store.close(AWARD, _command())
    await site.pass_by(first.now + Duration(2))
    await site.store.open(AWARD, None, _command())
    assert (await site.store.read(AWARD)).opening == first.opening > 0
    assert await site.vote(("ann", LEG), opening=first.opening) == [""]
    assert await site.tally() == {LEG: 1}


async def test_an_address_is_rationed_new_voters_and_nothing_else(site: Site) -> None:
    """A hall's whole audience votes at once; a factory of voters behind one address then stands in line, and takes
    nothing from anybody who has voted or sits elsewhere."""
    await site.store.open(AWARD, None, _command())
    for start in range(0, NEW_VOTERS_AT_ONCE, 400):
        assert await site.vote(*((f"guest-{number}", ARM) for number in range(start, start + 400))) == [""] * 400
    many = tuple((f"more-{number}", LEG) for number in range(200))
    refused = await site.vote(*many)
    assert refused[-1] == "rate.voters"
    at_once = refused.index("rate.voters")  # those for whom time has passed meanwhile
    assert set(refused[at_once:]) == {"rate.voters"}
    assert await site.vote(("guest-0", EYE)) == [""]
    assert await site.vote(("elsewhere", EYE), origin="home") == [""]
    await site.pass_by((await site.store.read(AWARD)).now + NEW_VOTER_EVERY)
    assert await site.vote(many[at_once]) == [""]
    assert (await site.store.read(AWARD)).largest == NEW_VOTERS_AT_ONCE + at_once + 1
    assert (await site.tally())[EYE] == 2


async def test_who_waits_in_line_is_told_how_long(site: Site) -> None:
    """The page sends the vote again by itself."""
    await site.store.open(AWARD, None, _command())
    for start in range(0, NEW_VOTERS_AT_ONCE, 400):
        await site.vote(*((f"guest-{number}", ARM) for number in range(start, start + 400)))
    site.number += 1
    outcomes = await site.store.vote(
        AWARD, "writer", site.number, await site.choices(*((f"more-{number}", ARM) for number in range(200)))
    )
    assert isinstance(outcomes[-1], TooMany)
    assert outcomes[-1].retry_after == 1


async def test_nothing_is_left_of_addresses_once_it_is_announced(site: Site, request: pytest.FixtureRequest) -> None:
    """What told control whether votes look like an audience's is nobody's business afterwards; the number may stay."""
    await site.store.open(AWARD, None, _command())
    await site.vote(("ann", ARM), ("bo", ARM))
    await site.vote(("cy", ARM), origin="home")
    await site.tally()
    assert (await site.store.read(AWARD)).largest == 2
    if isinstance(site.store, RedisAudienceStore):
        connected: Store = request.getfixturevalue("connected")
        assert not await connected.redis.exists(KEYS.audience(AWARD).origins)
    else:
        assert isinstance(site.store, MemoryAudienceStore)
        assert not site.store._award(AWARD).origins


# At work ------------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def _award(store: AudienceStore) -> AsyncIterator[AudienceAward]:
    award = AudienceAward(store, {ROOM: AwardPlan(AWARD, (ARM, LEG, EYE))})
    running = asyncio.create_task(award.run())
    yield award
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def _vote(award: AudienceAward, voter: str, project: ProjectId, stored: StoredAward) -> None:
    """``stored``: the award that the voter's token is made for."""
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def answered(refusal: RoadshowError | None) -> None:
        if refusal is None:
            done.set_result(None)
        else:
            done.set_exception(refusal)

    award.vote(ROOM, _voter(voter, stored), project, answered)
    await done


async def test_a_thousand_at_once_are_counted_exactly(site: Site) -> None:
    """Each changes their mind a few times; the last that was acknowledged counts."""
    pick = random.Random(11)
    last: dict[str, ProjectId] = {}

    async def person(award: AudienceAward, name: str) -> None:
        for _ in range(pick.randint(1, 4)):
            project = pick.choice((ARM, LEG, EYE))
            await _vote(award, name, project, stored)
            last[name] = project

    async with _award(site.store) as award:
        await award.open(ROOM, None, _command())
        stored = await award.state(ROOM)
        async with asyncio.TaskGroup() as tasks:
            for number in range(1_000):
                tasks.create_task(person(award, f"voter-{number}"))
        await award.close(ROOM, _command())
        assert (await award.view(ROOM)).winners is None
        await award.announce(ROOM, (), _command())
        view, result = await award.view(ROOM), award.result(ROOM, await award.state(ROOM))
    expected = Counter(last.values())
    assert view.votes == 1_000
    assert result is not None
    assert {one.project: one.votes for one in result} == expected
    assert [one.votes for one in result] == sorted(expected.values(), reverse=True)
    assert view.winners == result[:1]


async def test_what_is_acknowledged_in_a_storm_at_the_close_is_what_counts(site: Site) -> None:
    """Control closes in the very moment in which most votes come."""
    accepted: set[str] = set()

    async def person(award: AudienceAward, name: str) -> None:
        with suppress(Conflict):
            await _vote(award, name, ARM, stored)
            accepted.add(name)

    async with _award(site.store) as award:
        await award.open(ROOM, None, _command())
        stored = await award.state(ROOM)
        async with asyncio.TaskGroup() as tasks:
            for number in range(1_200):
                tasks.create_task(person(award, f"voter-{number}"))
                if number == 700:
                    tasks.create_task(award.close(ROOM, _command()))
                if number % 50 == 0:
                    await asyncio.sleep(0)
    assert (await site.store.read(AWARD)).votes == len(accepted)


async def test_a_vote_for_nobody_and_one_too_many_are_refused_at_once(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line of those who wait for the store has an end."""
    monkeypatch.setattr(audience_service, "MOST_WAITING", 3)
    award = AudienceAward(site.store, {ROOM: AwardPlan(AWARD, (ARM, LEG))})
    ann = _voter("ann", await site.store.read(AWARD))
    for _ in range(3):
        award.vote(ROOM, ann, ARM, lambda _refusal: None)
    with pytest.raises(Unavailable, match=r"audience\.busy"):
        award.vote(ROOM, ann, ARM, lambda _refusal: None)
    with pytest.raises(NotFound, match=r"project\.unknown"):
        award.vote(ROOM, ann, EYE, lambda _refusal: None)
    with pytest.raises(NotFound, match=r"room\.unknown"):
        award.vote(RoomId("other"), ann, ARM, lambda _refusal: None)


async def test_a_store_killed_between_batches_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """Power fails in the middle of the vote; who read "your vote counts" must find it counted."""
    last: dict[str, ProjectId] = {}
    unsure: dict[str, set[ProjectId]] = {}
    acknowledged = 0
    enough: dict[int, asyncio.Event] = {count: asyncio.Event() for count in (60, 180, 300)}

    async def person(store: Store, award: AudienceAward, name: str, pick: random.Random) -> None:
        nonlocal acknowledged
        for _ in range(12):
            project = pick.choice((ARM, LEG, EYE))
            try:
                await _vote(award, name, project, opened)
            except Unavailable:
                unsure.setdefault(name, set()).add(project)
                await _back(store)
            else:
                last[name] = project
                unsure.pop(name, None)
                acknowledged += 1
                if acknowledged in enough:
                    enough[acknowledged].set()

    async with open_store(Settings(data=tmp_path / "data")) as store:
        votes = RedisAudienceStore(store, KEYS)
        async with _award(votes) as award:
            await award.open(ROOM, None, _command())
            opened = await award.state(ROOM)
            async with asyncio.TaskGroup() as tasks:
                for number in range(60):
                    tasks.create_task(person(store, award, f"voter-{number}", random.Random(number)))
                for reached in enough.values():
                    async with asyncio.timeout(20):
                        await reached.wait()
                    os.kill(int((tmp_path / "data" / "store" / "lock").read_text()), signal.SIGKILL)
            async with asyncio.timeout(20):
                await _back(store)
            for name, project in last.items():
                stored = await votes.choice(AWARD, VoterId(name))
                assert stored == project or stored in unsure.get(name, set()), name
    assert len(last) == 60


async def _back(store: Store) -> None:
    while True:
        with suppress(Unavailable), guard():
            await store.redis.ping()
            return
        await asyncio.sleep(0.02)


async def test_level_projects_stay_in_the_order_of_the_rundown(site: Site) -> None:
    """Nobody is put ahead by the spelling of an id."""
    async with _award(site.store) as award:
        await award.open(ROOM, None, _command())
        stored = await award.state(ROOM)
        await asyncio.gather(_vote(award, "ann", EYE, stored), _vote(award, "bo", LEG, stored))
        await award.close(ROOM, _command())
        await award.announce(ROOM, (), _command())
        level = (ProjectVotes(LEG, 1), ProjectVotes(EYE, 1))
        assert award.result(ROOM, await award.state(ROOM)) == (*level, ProjectVotes(ARM, 0))
        assert (await award.view(ROOM)).winners == level, "everybody is told who has won, and nobody who got nothing"
