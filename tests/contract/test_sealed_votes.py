"""Questions to a jury whose votes the store cannot read, on every store there is."""

from typing import Any

import pytest
from redis.asyncio import Redis

from roadshow.errors import Conflict, NotFound
from roadshow.ids import CompetitionId
from roadshow.moments import Duration
from roadshow.store.connection import Store
from roadshow.store.fence import Fence
from roadshow.store.keys import Keys
from roadshow.voting.ledger.record import encode_record
from roadshow.voting.ledger.recount import recount
from roadshow.voting.looking import whole_ledger
from roadshow.voting.memory_store import MemoryVoteStore
from roadshow.voting.ports import VoteStore
from roadshow.voting.questions.acts import Vote
from roadshow.voting.redis_store import RedisVoteStore
from tests.clocks import HandClock
from tests.contract.sealing import BOXES, with_sealed_ballots
from tests.contract.test_questions import (
    ARM,
    BEST,
    CHAIR,
    EYE,
    INVESTORS,
    LEG,
    LEVEL,
    LIN,
    MEI,
    POLL,
    ROOM,
    SPEC,
    WITH_AWARDS,
    announced,
    asked,
    casting,
    command,
    counted,
    places,
    refused,
    vote,
)
from tests.contract.three_counts import assert_counts_agree, assert_recount_agrees

SEALED, SEALED_WITH_AWARDS = with_sealed_ballots(SPEC), with_sealed_ballots(WITH_AWARDS)
KEYS = Keys(CompetitionId("final"))


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture(params=["memory", "valkey"])
def store(request: pytest.FixtureRequest, clock: HandClock) -> VoteStore:
    if request.param == "memory":
        return MemoryVoteStore(clock, BOXES)
    return _in_valkey(request.getfixturevalue("connected"), clock)


def _in_valkey(connected: Store, clock: HandClock) -> RedisVoteStore:
    return RedisVoteStore(connected, KEYS, Fence(KEYS, clock), BOXES)


async def test_it_is_held_as_any_other(store: VoteStore) -> None:
    """Once, by whoever may, for what can be chosen; casting vote, minutes and record go by what the jury said."""
    service = await counted(store, SEALED, LEVEL, BOXES)
    question = await asked(service)
    same = command()
    await service.questions.vote(ROOM, LIN, Vote(question, LEG), same)
    await service.questions.vote(ROOM, LIN, Vote(question, LEG), same)
    await refused(service.questions.vote(ROOM, LIN, Vote(question, ARM), same), Conflict, "command.reused")
    await refused(service.questions.vote(ROOM, MEI, Vote(question, EYE), command()), NotFound, "vote.choice")
    await refused(service.questions.vote(ROOM, MEI, Vote(question + 9, ARM), command()), NotFound, "vote.unknown")
    await refused(casting(service, question, ARM), Conflict, "poll.open")
    await vote(service, question, mei=ARM, chair="")
    await assert_counts_agree(store, SEALED, POLL)
    await refused(casting(service, question, EYE), NotFound, "vote.choice")
    await casting(service, question, LEG)
    await announced(service)
    assert (await places(service))[:2] == [("leg", 1, "jury"), ("arm", 2, "jury")]
    minutes = await service.looking(store).minutes(ROOM)
    (put, *_) = (one.asked for one in minutes.acts if one.kind == "question")
    assert put is not None
    assert [(one.judge, one.choice) for one in put.votes] == [(LIN, LEG), (MEI, ARM), (CHAIR, "")]
    await assert_recount_agrees(service, store, SEALED, ROOM)


async def test_a_casting_vote_is_for_what_has_most_votes_alone(store: VoteStore, clock: HandClock) -> None:
    """The store takes all for level, which it cannot read: whoever can looks before."""
    service = await counted(store, SEALED_WITH_AWARDS, {**LEVEL, LEG: 80}, BOXES)
    question = await asked(service, ARM, LEG, award=BEST)
    await vote(service, question, lin=LEG, mei="")
    clock.advance(Duration.minutes(2))
    await refused(casting(service, question, ARM), NotFound, "vote.choice")
    await casting(service, question, LEG)
    await refused(casting(service, question, LEG), Conflict, "vote.decided")
    clear = await asked(service, ARM, EYE, award=INVESTORS)
    await vote(service, clear, guest=EYE)
    await refused(casting(service, clear, ARM), Conflict, "vote.decided")
    await announced(service)
    assert [one.projects for one in (await service.published(ROOM)).awards] == [(LEG,), (EYE,)]
    await assert_recount_agrees(service, store, SEALED_WITH_AWARDS, ROOM)


async def _everything_in(valkey: Redis) -> list[object]:
    found: list[object] = []
    for key in sorted(await valkey.keys()):
        kind = await valkey.type(key)
        reading: Any = valkey.hgetall if kind == b"hash" else valkey.xrange if kind == b"stream" else valkey.get
        found.append(await reading(key))
    return found


async def test_nothing_in_the_store_tells_what_was_voted_for(connected: Store, clock: HandClock) -> None:
    """Who holds it could tell those whose votes are still to come: courses that differ in that alone look the same."""
    seen: list[list[tuple[str, int]]] = []
    for choices in ({"lin": LEG, "mei": LEG}, {"lin": "", "mei": ARM}):
        await connected.redis.flushdb()
        store = _in_valkey(connected, clock)
        service = await counted(store, SEALED, LEVEL, BOXES)
        question = await asked(service)
        await vote(service, question, **choices)
        entries = await whole_ledger(store, POLL)
        votes = [one.body for one in entries if one.kind == "vote"]
        assert len(votes) == 2
        assert not any(name in body for body in votes for name in (b"choice", b"arm", b"leg"))
        everything: Any = await _everything_in(connected.redis)
        fields = {name: value for row in everything if isinstance(row, dict) for name, value in row.items()}
        kept = sorted((name, len(value)) for name, value in fields.items() if name.startswith(b"voted|"))
        assert len(kept) == 2
        seen.append([(one.kind, len(one.body)) for one in entries] + [(str(name), size) for name, size in kept])
    assert seen[0] == seen[1]


@pytest.mark.parametrize("put", ["in the open", "another's"])
async def test_a_vote_that_was_exchanged_is_found_out_at_once(store: VoteStore, put: str) -> None:
    """Whoever holds the store cannot read votes, but could give one judge's to another, or put in their own."""
    service = await counted(store, SEALED, LEVEL, BOXES)
    question = await asked(service)
    one = command()
    await service.questions.vote(ROOM, LIN, Vote(question, LEG), one)
    sealed = BOXES.sealed_vote(SEALED, LIN, Vote(question, LEG), one)
    await store.question(POLL, MEI, Vote(question, LEG) if put == "in the open" else sealed, command())
    with pytest.raises(Conflict, match=r"ledger\.rewritten"):
        await store.read(POLL)


async def test_the_record_opens_the_votes_and_tells_one_nobody_acknowledged(store: VoteStore) -> None:
    """Also of sealed ones, each has the server's seal."""
    service = await counted(store, SEALED, LEVEL, BOXES)
    question = await asked(service)
    await vote(service, question, lin=LEG, mei=LEG)
    forged = command()
    await store.question(POLL, CHAIR, BOXES.sealed_vote(SEALED, CHAIR, Vote(question, ARM), forged), forged)
    await announced(service)
    faults = recount(encode_record(await service.record(ROOM)), service.public_key).faults
    assert [one.check for one in faults] == ["acknowledged"]
    assert "vote" in faults[0].text
