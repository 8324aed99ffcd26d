"""Everybody votes at once while the window closes, on the real store: what was accepted is what is counted."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from roadshow.errors import Conflict
from roadshow.ids import CommandId, CompetitionId, CriterionId, PersonId, PollId, ProjectId, RoomId
from roadshow.moments import Duration
from roadshow.store.connection import Store
from roadshow.store.keys import Keys
from roadshow.voting.ledger.chain import genesis, verify
from roadshow.voting.ledger.counting import fold
from roadshow.voting.ledger.signing import Signer, is_in
from roadshow.voting.redis_store import RedisVoteStore
from roadshow.voting.service import VotingService
from roadshow.voting.spec import Criterion, PollSpec, RuleSet
from roadshow.voting.votes import Cast, Receipt

ROOM, ARM, IMPACT = RoomId("robotics"), ProjectId("arm"), CriterionId("impact")
JUDGES = tuple(PersonId(f"judge-{number}") for number in range(40))
SPEC = PollSpec(
    poll=PollId("robotics"),
    projects=(ARM,),
    judges=JUDGES,
    chair=JUDGES[0],
    recused=(),
    criteria=(Criterion(IMPACT, 1, 10),),
    rules=RuleSet(estimator="mean", quorum=1, tie_chain=("shared",), rank_on="exact", places=3),
)
MOST = 90
"""Ballots of one judge, should the window never close."""


class _Deaf:
    def progress_changed(self, room: RoomId) -> None: ...

    def ceremony_changed(self, room: RoomId) -> None: ...


@dataclass
class Storm:
    service: VotingService
    pick: random.Random
    receipts: list[Receipt] = field(default_factory=list)
    refused: list[tuple[PersonId, Cast]] = field(default_factory=list)

    async def rage(self, when_taken: Callable[[int], Awaitable[None]]) -> None:
        async with asyncio.TaskGroup() as tasks:
            for judge in JUDGES:
                tasks.create_task(self._vote(judge, when_taken))

    async def _vote(self, judge: PersonId, when_taken: Callable[[int], Awaitable[None]]) -> None:
        """Ballot after ballot, until one is refused."""
        for revision in range(MOST):
            cast = Cast(CommandId(f"{judge}-{revision:04}"), ARM, {IMPACT: self.pick.randint(0, 10)}, revision)
            try:
                self.receipts.append(await self.service.cast(ROOM, judge, cast))
            except Conflict as refusal:
                assert refusal.code == "ballot.closed"  # noqa: PT017  # what is refused otherwise fails the test
                self.refused.append((judge, cast))
                return
            await when_taken(len(self.receipts))


@pytest.fixture
async def votes(connected: Store) -> RedisVoteStore:
    return RedisVoteStore(connected, Keys(CompetitionId("final")))


@pytest.fixture
async def service(votes: RedisVoteStore) -> VotingService:
    service = VotingService(votes, Signer(Ed25519PrivateKey.generate()), {ROOM: SPEC}, _Deaf())
    await service.prepare()
    return service


async def _check_counted(storm: Storm, votes: RedisVoteStore) -> None:
    state, entries = await votes.read(SPEC.poll), await votes.ledger(SPEC.poll, 0, 10_000)
    assert verify(entries, genesis(SPEC)) is None
    cast = [entry for entry in entries if entry.kind == "ballot"]
    accepted = sorted(storm.receipts, key=lambda receipt: receipt.sequence)
    assert len(cast) == len(accepted)
    assert all(is_in(receipt, entry) for receipt, entry in zip(accepted, cast, strict=True))
    newest = {receipt.judge: receipt.ballot_hash for receipt in accepted}
    assert {one.ballot.judge: one.hash for one in state.tally.ballots} == newest
    assert fold(entries).ballots == state.tally.ballots
    assert [entry.kind for entry in entries[len(cast) + 1 :]] == ["close"], "a ballot came in after the close"


@pytest.mark.parametrize("seed", range(4))
async def test_what_was_accepted_before_the_close_is_what_is_counted(
    service: VotingService, votes: RedisVoteStore, seed: int
) -> None:
    """Control ends the vote in the very moment in which most ballots come."""
    storm = Storm(service, random.Random(seed))
    await service.open_window(ROOM, ARM, None)
    closes_at = storm.pick.randint(1, len(JUDGES) * 10)

    async def close(count: int) -> None:
        if count == closes_at:
            await service.close_window(ROOM, ARM)

    await storm.rage(close)
    assert len(storm.refused) == len(JUDGES), "the storm was over before the close"
    await _check_counted(storm, votes)
    for judge, cast in storm.refused:  # sent again, it is as late as before
        with pytest.raises(Conflict):
            await service.cast(ROOM, judge, cast)
    repeated = (
        service.cast(ROOM, one.judge, Cast(one.command, ARM, one.scores, one.revision - 1)) for one in storm.receipts
    )
    assert await asyncio.gather(*repeated) == storm.receipts
    await _check_counted(storm, votes)


async def test_a_deadline_in_the_middle_of_a_storm_is_the_same_for_all(
    service: VotingService, votes: RedisVoteStore
) -> None:
    """The store's clock closes the window; who is told "too late" is not followed by somebody who is not."""
    storm = Storm(service, random.Random(7))
    await service.open_window(ROOM, ARM, Duration(50))
    (window,) = (await votes.read(SPEC.poll)).windows
    assert window.closes_at is not None

    async def go_on(count: int) -> None: ...

    await storm.rage(go_on)
    assert len(storm.refused) == len(JUDGES), "the storm was over before the deadline"
    assert all(receipt.cast_at < window.closes_at for receipt in storm.receipts)
    await _check_counted(storm, votes)
