"""A store with a copy: no judge gets a receipt for a ballot that the copy does not have on disk."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from redis import Redis

from roadshow.errors import RoadshowError, SetupError, Unavailable
from roadshow.ids import CommandId, CompetitionId, CriterionId, PersonId, PollId, ProjectId, RoomId
from roadshow.settings import Settings
from roadshow.store import durable_lines
from roadshow.store.connection import connect, open_store
from roadshow.store.keys import Keys
from roadshow.voting.ledger.signing import Signer
from roadshow.voting.redis_store import RedisVoteStore
from roadshow.voting.service import VotingService
from roadshow.voting.spec import Criterion, PollSpec, RuleSet
from roadshow.voting.votes import Cast
from tests.chaos.replicated import Node, Pair

ROOM = RoomId("robotics")
ARM = ProjectId("arm")
LIN, MEI = PersonId("lin"), PersonId("mei")
IMPACT = CriterionId("impact")
KEYS = Keys(CompetitionId("final"))
SPEC = PollSpec(
    poll=PollId("robotics"),
    projects=(ARM,),
    judges=(LIN, MEI),
    chair=LIN,
    recused=(),
    criteria=(Criterion(IMPACT, 1, 10),),
    rules=RuleSet("mean", 1, ("shared",), "exact", 3),
)
SIGNER = Signer(Ed25519PrivateKey.generate())


class _Deaf:
    def progress_changed(self, room: RoomId) -> None: ...

    def ceremony_changed(self, room: RoomId) -> None: ...


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    with Pair(tmp_path) as running:
        yield running


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a frozen copy never answers need not be waited for so long."""
    monkeypatch.setattr(durable_lines, "COPIES_WITHIN", 0.3)


@asynccontextmanager
async def _voting(node: Node, replicas: int = 1) -> AsyncIterator[VotingService]:
    async with connect(node.url, replicas) as store:
        service = VotingService(RedisVoteStore(store, KEYS), SIGNER, {ROOM: SPEC}, _Deaf())
        await service.prepare()
        yield service


@pytest.fixture
async def voting(pair: Pair) -> AsyncIterator[VotingService]:
    """With an open window."""
    async with _voting(pair.primary) as service:
        await service.open_window(ROOM, ARM, None)
        yield service


def _cast(number: int, revision: int = 0, impact: int = 7) -> Cast:
    return Cast(CommandId(f"command-{number:04}"), ARM, {IMPACT: impact}, revision)


async def _not_durable(act: Awaitable[object]) -> None:
    with pytest.raises(Unavailable) as caught:
        await act
    assert caught.value.code == "store.not_durable"


def _ledger_length(node: Node) -> int:
    return int(node.client.xlen(KEYS.poll(SPEC.poll).ledger))


async def test_what_is_acknowledged_is_in_the_copy(pair: Pair, voting: VotingService) -> None:
    """That is what the copy is for."""
    for number in range(20):
        receipt = await voting.cast(ROOM, LIN, _cast(number, revision=number))
        assert _ledger_length(pair.replica) == receipt.sequence


async def test_waitaof_by_itself_says_nothing_on_a_new_connection(pair: Pair, voting: VotingService) -> None:
    """Why every batch ends with a write: if this fails one day, the store has closed the trap itself."""
    pair.replica.freeze()
    pair.primary.client.set("a", "b")
    with Redis(port=pair.primary.port) as fresh:
        assert fresh.waitaof(1, 1, 200) == [1, 1]
        assert fresh.get("a") == b"b"
        assert fresh.waitaof(1, 1, 200) == [1, 1]
        fresh.set("a", "c")
        assert fresh.waitaof(1, 1, 200) == [1, 0]


async def test_a_frozen_copy_never_lets_a_ballot_be_acknowledged(pair: Pair, voting: VotingService) -> None:
    """Neither at first, nor for the repetition, nor on new connections, nor by a reload of the desk; thawed, the same
    command gets its one receipt."""
    first = await voting.cast(ROOM, MEI, _cast(1))
    pair.replica.freeze()
    cast = _cast(2)
    await _not_durable(voting.cast(ROOM, LIN, cast))
    await _not_durable(voting.cast(ROOM, LIN, cast))
    for _ in range(3):
        assert pair.primary.cut_connections() > 0
        await _not_durable(voting.cast(ROOM, LIN, cast))
    await _not_durable(voting.own_ballots(ROOM, LIN))
    await _not_durable(voting.cast(ROOM, MEI, _cast(1)))
    pair.primary.cut_connections()
    with pytest.raises(Unavailable):  # the reading itself is not repeated
        await voting.own_ballots(ROOM, LIN)
    async with _unprepared(pair.primary) as another:
        await _not_durable(another.cast(ROOM, LIN, cast))
        await _not_durable(another.own_ballots(ROOM, LIN))

    pair.replica.thaw()
    receipt = await _in_the_end(voting, LIN, cast)
    assert receipt == await voting.cast(ROOM, LIN, cast)
    assert (await voting.own_ballots(ROOM, LIN)).receipts == (receipt,)
    assert await voting.cast(ROOM, MEI, _cast(1)) == first
    assert (receipt.revision, receipt.sequence) == (1, first.sequence + 1)
    assert _ledger_length(pair.primary) == _ledger_length(pair.replica) == receipt.sequence


@asynccontextmanager
async def _unprepared(node: Node) -> AsyncIterator[VotingService]:
    """Another server that knows the poll is there."""
    async with connect(node.url, 1) as store:
        yield VotingService(RedisVoteStore(store, KEYS), SIGNER, {ROOM: SPEC}, _Deaf())


async def _in_the_end(voting: VotingService, judge: PersonId, cast: Cast) -> object:
    """As the desk does it: again, until it is acknowledged."""
    async with asyncio.timeout(30):
        while True:
            try:
                return await voting.cast(ROOM, judge, cast)
            except Unavailable:
                await asyncio.sleep(0.05)


async def test_a_connection_that_breaks_between_write_and_wait_repeats_both(
    pair: Pair, voting: VotingService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new connection wrote nothing yet, so waiting on it alone would acknowledge at once."""
    monkeypatch.setattr(durable_lines, "COPIES_WITHIN", 5.0)
    async with connect(pair.primary.url, 1) as store:
        patient = VotingService(RedisVoteStore(store, KEYS), SIGNER, {ROOM: SPEC}, _Deaf())
        await patient.cast(ROOM, MEI, _cast(1))
        await patient.aclose()  # nothing else is on its way
        pair.replica.freeze()
        cast = asyncio.create_task(patient.cast(ROOM, LIN, _cast(2)))
        await _until_waited_for(pair.primary)
        pair.primary.cut_connections()
        await _until_waited_for(pair.primary)
        assert not cast.done()
        pair.replica.thaw()
        assert (await cast).revision == 1
    assert _ledger_length(pair.primary) == _ledger_length(pair.replica) == 3


async def _until_waited_for(node: Node) -> None:
    async with asyncio.timeout(10):
        while not node.client.info("clients")["blocked_clients"]:  # noqa: ASYNC110  # another process's state
            await asyncio.sleep(0.01)


async def test_after_a_failover_every_receipt_still_holds(pair: Pair, voting: VotingService) -> None:
    """The primary's machine is gone; the copy takes over."""
    casts = [_cast(number, revision=number) for number in range(25)]
    receipts = [await voting.cast(ROOM, LIN, cast) for cast in casts]
    pair.replica.freeze()
    await _not_durable(voting.cast(ROOM, MEI, _cast(99)))
    pair.primary.kill()
    pair.replica.thaw()
    pair.replica.promote()
    async with _voting(pair.replica, replicas=0) as promoted:
        assert [await promoted.cast(ROOM, LIN, cast) for cast in casts] == receipts
        assert (await promoted.own_ballots(ROOM, LIN)).receipts == (receipts[-1],)
        assert (await promoted.cast(ROOM, MEI, _cast(99))).revision == 1


async def test_a_primary_that_was_left_alone_acknowledges_nothing(pair: Pair, voting: VotingService) -> None:
    """Cut off from its copies it may already have been replaced; and refusals, too, could turn out to be untrue."""
    pair.replica.kill()
    await _not_durable(voting.cast(ROOM, LIN, _cast(1)))
    await _not_durable(voting.cast(ROOM, LIN, _cast(2, revision=5)))
    await _not_durable(voting.close_window(ROOM, ARM))


async def test_a_replica_takes_no_votes(pair: Pair, voting: VotingService) -> None:
    """A primary that was demoted under the running server: the ballot stays in the outbox."""
    pair.primary.client.replicaof("127.0.0.1", str(pair.replica.port))
    with pytest.raises(RoadshowError) as caught:
        await voting.cast(ROOM, LIN, _cast(1))
    assert isinstance(caught.value, Unavailable)


async def test_too_few_copies_are_named_at_the_start(
    pair: Pair, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Before the final, not in it."""
    settings = {"REDIS_URL": pair.primary.url, "ROADSHOW_STORE_REPLICAS": "1"}
    with caplog.at_level(logging.WARNING, "roadshow.store"):
        async with open_store(Settings.from_environment(settings, data=tmp_path)):
            pass
        assert "copies" not in caplog.text  # asyncio may say that a busy machine was slow
        async with open_store(Settings.from_environment({**settings, "ROADSHOW_STORE_REPLICAS": "2"}, data=tmp_path)):
            pass
    assert "has 1 of the 2 copies" in caplog.text
    pair.primary.client.config_set("appendonly", "no")
    with pytest.raises(SetupError, match="appendonly yes"):
        async with open_store(Settings.from_environment(settings, data=tmp_path)):
            pass
